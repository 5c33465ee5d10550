"""What every platform's client offers: the tables, one way to send a text, and an end.

A platform is one folder with one class that obeys `Client`, and one line in `PLATFORMS`. What a platform has
not raises `NotSupported`; the platform's own verbs stand beside these methods in its class.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from msgnb.errors import SettingsError
from msgnb.http import Http
from msgnb.sending import SendResult

if TYPE_CHECKING:
    import pandas as pd

PLATFORMS: Mapping[str, str] = {
    "blip": "msgnb.blip:Blip",
    "netsapiens": "msgnb.netsapiens:NetSapiens",
    "smsdrop": "msgnb.smsdrop:SmsDrop",
}


class Client(Protocol):
    """One account on one platform. Use it as a context manager, or call `close` at the end."""

    platform: ClassVar[str]
    settings: ClassVar[Mapping[str, bool]]
    """The arguments that a profile may give, and whether each is a secret."""
    required: ClassVar[tuple[str, ...]]
    """The arguments that it can't do without."""
    recipient_hint: ClassVar[str]
    """How a recipient is written, by example."""
    sender_hint: ClassVar[str | None]
    """How a sender is written, by example; `None` where the account is always the sender."""
    http: Http

    @classmethod
    def lacking(cls, given: Collection[str]) -> list[str]:
        """The arguments that are missing beside those that are given."""
        return [name for name in cls.required if name not in given]

    @property
    def account(self) -> str:
        """Whose view it is: bot identity, user@domain or account e-mail."""
        ...

    def sessions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The conversations, newest first, as a table `sessions`."""
        ...

    def messages(self, session: str, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The messages of one session, newest first, as a table `messages`."""
        ...

    def contacts(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The contacts, as a table `contacts`."""
        ...

    def subscriptions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The subscriptions, as a table `subscriptions`."""
        ...

    def campaigns(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The campaigns, as a table `campaigns`."""
        ...

    def events(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The events that the platform keeps, as a table `events`."""
        ...

    def send_text(self, to: str, text: str, *, sender: str | None = None) -> SendResult:
        """Send a text to one recipient; `sender` is the number or name that the recipient sees."""
        ...

    def close(self) -> None:
        """Close the open connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.account} at {self.http.base_url}>"


def client_class(platform: str) -> type[Client]:
    """The client of a platform.

    Raises:
        SettingsError: there is no such platform.
    """
    if platform not in PLATFORMS:
        raise SettingsError(f"no platform {platform!r}; the known ones are {', '.join(PLATFORMS)}")
    module, _, name = PLATFORMS[platform].partition(":")
    found: type[Client] = getattr(import_module(module), name)
    return found
