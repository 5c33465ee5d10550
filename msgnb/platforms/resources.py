"""What a client is made of: a connection, and resources that get the connection and nothing else.

A resource is callable for its table and carries its verbs, as pandas does with `df.plot()` and
`df.plot.bar()`:

    bot.contacts()                       # the table
    bot.contacts.get("…@wa.gw.msging.net")

The protocols here are what can be called on every client, whatever its platform. A platform's own resources
satisfy them without inheriting from them; they accept further arguments and have further verbs. The same
argument has the same name, type and meaning on every platform:

* `to`, `text` or `content`, then by keyword `sender` and `at` for what is sent;
* `since`, `until`, `limit` and `raw`, by keyword and in this order, for what is read;
* an item by its ID, under the name of the table's column: `session`, `campaign`, `subscription`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, Protocol, TypeVar, runtime_checkable
from urllib.parse import urlsplit

from msgnb.campaigns.journal import default_folder, load_journals
from msgnb.campaigns.table import make_campaigns_table
from msgnb.core.errors import NotSupported
from msgnb.core.http import Http
from msgnb.core.sending import SendResult
from msgnb.core.times import When
from msgnb.platforms.registry import get_platform, platforms

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.campaigns.journal import Journal

T = TypeVar("T")
PlannedTime = When | timedelta
"""When to send something: a time with a zone, a day (its start in UTC), or a span from now."""


class Connection:
    """The connection to one account: its requests, its name and its clock.

    A platform derives from it and adds the requests that several of its resources share.

    Args:
        http: sends the requests.
        account: bot identity, `user@domain` or account email. A platform that learns it only from a response
            overrides the property `account`.

    Attributes:
        http: sends the requests.
        journals: folder of the journals of campaigns; the user's own state folder if `None`.
        wait_for_posts: waits until the events of what has happened were posted, given the most seconds; a
            mock world sets it. `None` for a platform, which does not tell.
    """

    def __init__(self, http: Http, account: str = "") -> None:
        self.http = http
        if (descriptor := platforms().get(http.platform)) is not None:
            http.evidence = descriptor.evidence
        self.journals: Path | None = None
        self.wait_for_posts: Callable[[float], object] | None = None
        self._account = account

    @cached_property
    def campaign_rate(self) -> int | None:
        """The most requests of a campaign per second; set it to use another rate than the platform's own."""
        return get_platform(self.platform).campaign_rate

    @property
    def platform(self) -> str:
        """The platform's name."""
        return self.http.platform

    @property
    def account(self) -> str:
        """The account: bot identity, `user@domain` or account email."""
        return self._account

    @property
    def installation(self) -> str:
        """The server, by the one name that all of its addresses have in journals."""
        parts = urlsplit(self.http.base_url.lower())
        host = (parts.hostname or "").rstrip(".")
        port = "" if parts.port in (None, 443) else f":{parts.port}"
        return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"

    def whose(self) -> str:
        """Return the account, after a request for it if only the platform knows it."""
        return self.account

    def journal_account(self) -> str:
        """Return the account by the one name that it has in journals, however somebody signed in.

        Raises:
            SettingsError: the platform does not tell which account it is.
        """
        return self.whose().strip().casefold()

    def now(self) -> datetime:
        """Return the platform's time, as its last response reported it; this machine's time before that."""
        return self.http.now()

    def journals_folder(self) -> Path:
        """Return the folder of the journals of campaigns."""
        return self.journals or default_folder()

    def journaled_campaigns(self) -> list[Journal]:
        """Return the journals of the campaigns that were sent from this account, the latest first."""
        return load_journals(self.journals_folder(), self.platform, self.installation, self.journal_account())

    def sent(
        self,
        recipient: str,
        *,
        message: str | None = None,
        session: str | None = None,
        campaign: str | None = None,
        response: Any = None,
    ) -> SendResult:
        """Return the result of a message that the platform accepted; the arguments are its attributes."""
        return SendResult(
            self.platform,
            recipient,
            "sent",
            message=message,
            session=session,
            campaign=campaign,
            source=self.http.source,
            response=response,
        )

    def close(self) -> None:
        """Close the open connections."""
        self.http.close()


class Resource:
    """Base of all resources.

    Args:
        connection: the connection of the account; a subclass annotates `_connection` with its platform's
            class.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        if (call := vars(cls).get("__call__")) is not None:
            # Here rather than in each table, so that none of them forgets it.
            cls.__call__ = _with_source(call)  # type: ignore[method-assign]


def _with_source(call: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(call)
    def table(self: Resource, *args: Any, **named: Any) -> Any:
        return mark_source(call(self, *args, **named), self._connection)

    return table


def mark_source(found: T, connection: Any) -> T:
    """Return a table after its `attrs["source"]` was set to where its rows come from.

    Args:
        found: a table; anything else is returned as it is.
        connection: the connection that it was read by.
    """
    attrs = getattr(found, "attrs", None)
    if isinstance(attrs, dict) and isinstance(connection, Connection):
        attrs["source"] = connection.http.source or connection.http.base_url
    return found


class ListTable(Protocol):
    """A resource that is called for a table."""

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the table.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the platform's own objects as a last column `raw`.

        Raises:
            NotSupported: the platform has no such thing.
        """
        ...


class MessagesTable(Protocol):
    """A resource that is called for the messages of one session."""

    def __call__(
        self,
        session: str,
        *,
        since: When | None = None,
        until: When | None = None,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return the messages of one session, newest first, as a table `messages`.

        Args:
            session: ID of the session, as in the column `session` of `sessions()`.
            since: messages from this time on; a day, or a time with a zone. All if `None`.
            until: messages before this time.
            limit: the most rows; all rows if `None`.
            raw: add the platform's own objects as a last column `raw`.

        Raises:
            InvalidRequest: the session's ID is not valid, or a time has no zone.
        """
        ...


@runtime_checkable
class Webhooks(Protocol):
    """Subscriptions that post events to a URL."""

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the subscriptions as a table `subscriptions`."""
        ...

    def create(self, topic: str, url: str, *, expires: Any = None) -> Any:
        """Subscribe a URL to events.

        Args:
            topic: one of the platform's topics.
            url: receives the events.
            expires: when the subscription ends; the platform's default if `None`.
        """
        ...

    def renew(self, subscription: str, expires: Any, *, reset: bool = False) -> Any:
        """Let a subscription end later.

        Args:
            subscription: ID of the subscription.
            expires: when it ends.
            reset: also set its counters of posts and errors to zero.
        """
        ...

    def delete(self, subscription: str) -> Any:
        """Delete a subscription."""
        ...


class _MissingVerb(NotSupported, AttributeError):
    """A verb of a resource that the platform does not have; `hasattr` sees that it is missing."""


class Unsupported:
    """Takes the place of a resource that the platform does not have: every use raises `NotSupported`.

    >>> sms.events.categories()
    Traceback (most recent call last):
    NotSupported: SMSDrop does not provide events; campaigns() shows the status of each campaign

    Args:
        message: why it is not supported, and what to use instead.
    """

    def __init__(self, message: str) -> None:
        self._message = message

    def __call__(self, *_: Any, **__: Any) -> NoReturn:
        """Raise the error, whatever the arguments are.

        Raises:
            NotSupported: always.
        """
        raise NotSupported(self._message)

    if not TYPE_CHECKING:  # a type checker reports a verb that the resource does not have

        def __getattr__(self, name: str) -> NoReturn:
            """Raise the error for a verb too, for code that was written for another platform."""
            raise AttributeError(name) if name.startswith("_") else _MissingVerb(self._message)


class JournaledCampaigns(Resource):
    """The campaigns that `send_campaign` sent, on a platform that has no campaigns of its own."""

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the campaigns, the latest first, as a table `campaigns`; they are read from the journals.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the headers of the journals as a last column `raw`.
        """
        journals = self._connection.journaled_campaigns()
        return make_campaigns_table(journals, self._connection.http.now(), raw=raw).iloc[:limit]
