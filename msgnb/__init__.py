"""Explore, send and test on BLiP, NetSapiens and SMSDrop.

    import msgnb

    with msgnb.offline() as world:           # no account, no network
        world.netsapiens.sessions()

    bot = msgnb.connect("blip", profile="work")
    bot.messages("5511999998888@wa.gw.msging.net")

Everything loads when it is first used, so that `import msgnb` costs next to nothing.
"""

from importlib import import_module
from sys import modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msgnb.archive import Archive as Archive
    from msgnb.asynchronous import aio as aio
    from msgnb.blip import Blip as Blip
    from msgnb.campaign import Campaign as Campaign
    from msgnb.campaign import MessageType as MessageType
    from msgnb.campaign import Template as Template
    from msgnb.client import Client as Client
    from msgnb.errors import AlreadyExists as AlreadyExists
    from msgnb.errors import AuthError as AuthError
    from msgnb.errors import IncompleteHistory as IncompleteHistory
    from msgnb.errors import InsufficientCredit as InsufficientCredit
    from msgnb.errors import InvalidRequest as InvalidRequest
    from msgnb.errors import MsgnbError as MsgnbError
    from msgnb.errors import NotFound as NotFound
    from msgnb.errors import NotSupported as NotSupported
    from msgnb.errors import OutcomeUnknown as OutcomeUnknown
    from msgnb.errors import RateLimited as RateLimited
    from msgnb.errors import Rejected as Rejected
    from msgnb.errors import SettingsError as SettingsError
    from msgnb.errors import Unreachable as Unreachable
    from msgnb.http import Attempt as Attempt
    from msgnb.listener import Listener as Listener
    from msgnb.modes import Mode as Mode
    from msgnb.modes import use as use
    from msgnb.netsapiens import NetSapiens as NetSapiens
    from msgnb.recipient_lists import recipients as recipients
    from msgnb.secrets import Secret as Secret
    from msgnb.sending import SendResult as SendResult
    from msgnb.settings import connect as connect
    from msgnb.smsdrop import SmsDrop as SmsDrop
    from msgnb.testing import offline as offline
    from msgnb.tokens import KeyringStore as KeyringStore
    from msgnb.tokens import MemoryStore as MemoryStore
    from msgnb.tokens import NoStore as NoStore
    from msgnb.tokens import RedisStore as RedisStore

__version__ = "0.1.0"

_HOMES = {
    "msgnb.archive": ("Archive",),
    "msgnb.asynchronous": ("aio",),
    "msgnb.blip": ("Blip",),
    "msgnb.campaign": ("Campaign", "MessageType", "Template"),
    "msgnb.client": ("Client",),
    "msgnb.errors": (
        "AlreadyExists",
        "AuthError",
        "IncompleteHistory",
        "InsufficientCredit",
        "InvalidRequest",
        "MsgnbError",
        "NotFound",
        "NotSupported",
        "OutcomeUnknown",
        "RateLimited",
        "Rejected",
        "SettingsError",
        "Unreachable",
    ),
    "msgnb.http": ("Attempt",),
    "msgnb.listener": ("Listener",),
    "msgnb.modes": ("Mode", "use"),
    "msgnb.netsapiens": ("NetSapiens",),
    "msgnb.recipient_lists": ("recipients",),
    "msgnb.secrets": ("Secret",),
    "msgnb.sending": ("SendResult",),
    "msgnb.settings": ("connect",),
    "msgnb.smsdrop": ("SmsDrop",),
    "msgnb.testing": ("offline",),
    "msgnb.tokens": ("KeyringStore", "MemoryStore", "NoStore", "RedisStore"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
_MODULES = ("analysis", "sms", "tables", "testing", "widgets")

__all__ = sorted([*_HOME_OF, *_MODULES])  # noqa: PLE0605 - pinned by a test


def __getattr__(name: str) -> Any:
    if "pandas" in modules:
        import_module("msgnb.accessor")
    if name in _MODULES:
        return import_module(f"msgnb.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"msgnb has no {name!r}; it has {', '.join(__all__)}")
    value = globals()[name] = getattr(import_module(_HOME_OF[name]), name)
    return value


def __dir__() -> list[str]:
    return __all__
