"""The client of Echo SMS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from echo_sms import NAME
from msgnb import tables
from msgnb.core.errors import InvalidRequest, NotSupported
from msgnb.core.http import DEFAULT_TIMEOUT, READ, WRITE, Hook, Http, Signature, Timeout, path_segment
from msgnb.core.paging import offset_pages
from msgnb.core.phones import parse_e164
from msgnb.core.responses import Explanation
from msgnb.core.secrets import Secret, parse_key
from msgnb.core.sending import SendResult
from msgnb.core.times import When, parse_when
from msgnb.platforms.base import Client
from msgnb.platforms.resources import Connection, Resource

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
HOST = "https://api.echo-sms.example"
PAGE = 50


class KeyAuth:
    """Signs requests with the account's key."""

    def __init__(self, key: str | Secret) -> None:
        self._key = parse_key(key, f"{NAME}: key")

    def headers(self) -> Signature:
        """Return the header that signs a request."""
        return {"X-Api-Key": self._key}

    def renew(self, used: Signature) -> bool:
        """A key that is refused stays refused."""
        return False

    def secrets(self) -> Iterable[Secret]:
        """Return what must never be shown."""
        return [self._key]


class EchoConnection(Connection):
    """The requests that the resources share."""

    @cached_property
    def number(self) -> str:
        """The account's number, asked for once."""
        return str(self.http.send("GET", "/v1/account", policy=READ).body["number"])

    def whose(self) -> str:
        """Return the account's number, which a key does not tell."""
        return self.number

    def pages(self, path: str, key: str, what: str, limit: int | None = None) -> Iterator[list[Row]]:
        """Return the pages of a list."""

        def fetch(offset: int, size: int) -> list[Row]:
            span = {"offset": offset, "limit": size}
            return list(self.http.send("GET", path, policy=READ, params=span).body["items"])

        return offset_pages(fetch, size=PAGE, key=lambda row: row[key], what=what, limit=limit)

    def items(self, path: str, key: str, what: str, limit: int | None = None) -> list[Row]:
        """Return a whole list."""
        return list(chain.from_iterable(self.pages(path, key, what, limit)))

    def message_rows(self, session: str, since: datetime | None, until: datetime | None) -> list[Row]:
        """Return the messages of a conversation within a span, newest first."""
        found: list[Row] = []
        for page in self.pages(f"/v1/conversations/{path_segment(session)}/messages", "id", "messages"):
            found += [row for row in page if until is None or _time(row) < until]
            if since and page and _time(page[-1]) < since:
                break
        return [row for row in found if since is None or _time(row) >= since]


class Sessions(Resource):
    """Conversations."""

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the conversations, newest first, as a table `sessions`."""
        found = self._connection.items("/v1/conversations", "phone", "sessions", limit)
        phones = tables.texts(found, "phone")
        values = {
            "platform": NAME,
            "account": self._connection.whose(),
            "session": phones,
            "contact": phones,
            "name": tables.texts(found, "name"),
            "kind": "sms",
            "last_at": [row["last_at"] for row in found],
            "last_text": tables.texts(found, "last_text"),
            "last_direction": [_direction(row) for row in found],
        }
        return tables.SESSIONS.frame(len(found), values, raw=found if raw else None)


class Messages(Resource):
    """Messages of one conversation."""

    def __call__(
        self,
        session: str,
        *,
        since: When | None = None,
        until: When | None = None,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return the messages of one conversation, newest first, as a table `messages`."""
        phone, connection = parse_e164(session, "session"), self._connection
        found = connection.message_rows(phone, parse_when(since, "since"), parse_when(until, "until"))[:limit]
        return tables.MESSAGES.joined([make_rows(found, connection.whose(), phone)], raw=raw)


class Contacts(Resource):
    """Contacts."""

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the contacts as a table `contacts`."""
        found = self._connection.items("/v1/contacts", "phone", "contacts", limit)
        phones = tables.texts(found, "phone")
        values = {
            "platform": NAME,
            "account": self._connection.whose(),
            "contact": phones,
            "phone": phones,
            "name": tables.texts(found, "name"),
        }
        return tables.CONTACTS.frame(len(found), values, raw=found if raw else None)


class EchoReader:
    """Reads the history: conversation by conversation, page by page back to a time."""

    platform = NAME

    def __init__(self, connection: EchoConnection) -> None:
        self._connection = connection
        self.now = connection.now

    @property
    def account(self) -> str:
        """The account's number."""
        return self._connection.whose()

    def list_sessions(self) -> pd.DataFrame:
        """Return all conversations."""
        return Sessions(self._connection)()

    def sessions(self, since: datetime | None) -> list[str]:
        """Return the conversations with messages since a time."""
        found = self.list_sessions()
        return list(found["session"] if since is None else found.loc[found["last_at"] >= since, "session"])

    def read(self, session: str, since: datetime | None, until: datetime | None) -> tables.Rows:
        """Return the messages of one conversation."""
        return make_rows(self._connection.message_rows(session, since, until), self.account, session)


class EchoSms(Client):
    """An account on Echo SMS.

    >>> echo = EchoSms("my-key")
    >>> echo.send_text("+15550100101", "Hello")
    """

    platform = NAME
    connection: EchoConnection

    def __init__(
        self,
        key: str | Secret,
        base_url: str = HOST,
        *,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
    ) -> None:
        options = {"timeout": timeout, "verify": verify, "on_attempt": on_attempt}
        http = Http(NAME, base_url, auth=KeyAuth(key), explain=_explain, **options)
        super().__init__(EchoConnection(http, "an Echo SMS key"))

    @cached_property
    def sessions(self) -> Sessions:
        """Conversations: a table `sessions`."""
        return Sessions(self.connection)

    @cached_property
    def messages(self) -> Messages:
        """Messages of one conversation: a table `messages`."""
        return Messages(self.connection)

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts: a table `contacts`."""
        return Contacts(self.connection)

    def history_reader(self, *, raw: bool = False) -> EchoReader:
        """Return what reads the account's history."""
        return EchoReader(self.connection)

    def send_text(
        self, to: str, text: str, *, sender: str | None = None, at: datetime | None = None
    ) -> SendResult:
        """Send a text to one phone."""
        if at is not None:
            raise NotSupported("Echo SMS can't send later; leave `at` out")
        if sender:
            raise InvalidRequest.of(sender="is always the account's own number; leave it out")
        body = {"to": parse_e164(to, "to"), "text": text}
        response = self.connection.http.send("POST", "/v1/messages", policy=WRITE, json=body).body
        return self.connection.sent(to, message=response["id"], session=body["to"], response=response)


def make_rows(found: list[Row], account: str, session: str) -> tables.Rows:
    """Return messages as rows of a table `messages`."""
    values = {
        "platform": NAME,
        "account": account,
        "session": session,
        "message": tables.texts(found, "id"),
        "at": [row["at"] for row in found],
        "direction": [_direction(row) for row in found],
        "sender": [session if row["inbound"] else account for row in found],
        "recipient": [account if row["inbound"] else session for row in found],
        "kind": "sms",
        "content_type": "text/plain",
        "text": tables.texts(found, "text"),
        "status": "delivered",
    }
    return tables.Rows(len(found), values, found)


def _direction(row: Row) -> str:
    return "inbound" if row["inbound"] else "outbound"


def _time(row: Row) -> datetime:
    return datetime.fromisoformat(row["at"])


def _explain(body: Any) -> Explanation:
    return Explanation(body.get("error") if isinstance(body, dict) else None)
