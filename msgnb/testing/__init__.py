"""What tests of clients need: mock platforms, recordings without secrets, and pytest fixtures.

Everything loads on first use, because the pytest plugin is in this package: a test run that asks for no
fixture loads neither pandas nor the mocks. May import from `platforms` and the rooms below it, and from the
mocks; only `app` and `widgets` import from here.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
