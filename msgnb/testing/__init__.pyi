from .audit import Finding as Finding
from .audit import check as check
from .comparing import compare as compare
from .worlds import MockWorld as MockWorld
from .worlds import Offline as Offline
from .worlds import Served as Served
from .worlds import offline as offline
from .worlds import serve as serve
