"""Explore, send and test on BLiP, NetSapiens and SMSDrop.

    import msgnb

    with msgnb.offline() as world:           # no account, no network
        world.netsapiens.sessions()

    bot = msgnb.connect("blip", profile="work")
    bot.messages("5511999998888@wa.gw.msging.net")

Every public name loads on first use, so that `import msgnb` costs next to nothing; `__init__.pyi` lists them.
The one thing that happens on import is that `frame.msg` is registered, see `msgnb.pandas_hook`.
"""

from typing import Any

import lazy_loader

from msgnb import pandas_hook

__version__ = "0.1.0"

_load, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"msgnb has no {name!r}; it has {', '.join(__all__)}")
    return _load(name)


pandas_hook.register()
