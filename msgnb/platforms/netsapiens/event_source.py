"""The subscriptions behind `listen`, at a URL that no one can guess (NetSapiens 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from msgnb.core.errors import AlreadyExists, NotFound, OutcomeUnknown
from msgnb.events.event import Event
from msgnb.events.source import EventSource
from msgnb.platforms.netsapiens.connection import NetSapiensConnection
from msgnb.platforms.netsapiens.events import parse_event
from msgnb.platforms.netsapiens.field_names import MESSAGE_KEYS, SESSION_KEYS, rename_row
from msgnb.platforms.netsapiens.messages import Messages
from msgnb.platforms.netsapiens.sessions import Sessions
from msgnb.platforms.netsapiens.subscriptions import Subscriptions
from msgnb.platforms.netsapiens.to_tables import parse_time, within
from msgnb.tables import counts, text

TOLERANCE = timedelta(seconds=5)
"""How long a response takes at most; if the platform's clock has moved further, ours was wrong before."""


class NetSapiensEventSource(EventSource):
    """Event subscriptions of one account.

    Args:
        connection: the connection.
        subscriptions: the account's subscriptions.
        sessions: the account's sessions.
        messages: the account's messages.
        user: the user whose events are received; `*` is all users. If `None`, all users for those who manage
            the domain, and oneself for others.
        domain: the domain; one's own if `None`.
    """

    def __init__(
        self,
        connection: NetSapiensConnection,
        subscriptions: Subscriptions,
        sessions: Sessions,
        messages: Messages,
        user: str | None,
        domain: str | None,
    ) -> None:
        self.platform = connection.platform
        self._connection = connection
        self._subscriptions = subscriptions
        self._sessions = sessions
        self._messages = messages
        self._user = user
        self._domain = domain

    @property
    def account(self) -> str:
        """The account: `user@domain`."""
        return self._connection.account

    @property
    def feed(self) -> str:
        """The account, in one spelling however somebody signed in, and whose events are received."""
        return f"{self._connection.journal_account()} {self._user} {self._domain}"

    def now(self) -> datetime:
        """Return the platform's time, without waiting for a sign-in."""
        return self._connection.http.now()

    def subscribe(self, topic: str, url: str, lifetime: timedelta) -> str:
        """Subscribe a URL to a topic for some time, and return the subscription's ID."""
        began = self.now()
        subscription, is_new = self._create(topic, url, lifetime)
        if not is_new or self._was_behind(began):
            self.renew(subscription, lifetime)
        return subscription

    def renew(self, subscription: str, lifetime: timedelta) -> None:
        """Let a subscription live for some time from now, also if it has expired.

        Raises:
            NotFound: it no longer exists.
        """
        began = self.now()
        self._subscriptions.renew(subscription, lifetime)
        # The end was counted from the time of the last response, which may be long past by the platform's
        # clock. This response has brought its time.
        if self._was_behind(began):
            self._subscriptions.renew(subscription, lifetime)

    def unsubscribe(self, subscription: str) -> None:
        """Delete a subscription, if it still exists."""
        try:
            self._subscriptions.delete(subscription, domain=self._domain)
        except NotFound:
            return

    def parse_event(self, topic: str, wire: Any, arrived: datetime) -> Event:
        """Return a posted object, or a row of a list, as an event.

        Raises:
            NotAnEvent: it is not what the platform documents.
        """
        return parse_event(topic, wire, self.account, arrived)

    def settle(self, seconds: float) -> None:
        """Wait for the posts of what has happened: the platform looks for it every three seconds (7.4)."""
        connection = self._connection
        (connection.wait_for_posts or connection.http.pause)(seconds)

    def count_failed_posts(self, subscription: str) -> int:
        """Return the number of posts that have failed; it comes as a number or as text (NetSapiens 7.3).

        Raises:
            NotFound: the subscription no longer exists.
        """
        [failed] = counts([self._subscriptions.get(subscription)], "error-count")
        return failed or 0

    def read_missed(self, topic: str, since: datetime) -> Iterator[Any]:
        """Return the messages, or the sessions with the last message of each, from a time on.

        The platform keeps nothing that could be read of its other topics.
        """
        if topic not in {"message", "messagesession"}:
            return
        who = self._connection.identity()
        domain = self._domain or "~"
        user = self._user or ("*" if who.manages else "~")
        # Each participant of a session has a row of it.
        for wire in self._sessions.read(user=None if user == "*" else user, domain=domain):
            row = rename_row(wire, SESSION_KEYS)
            last_at = parse_time(row.get("messagesession-last-datetime"))
            if last_at is not None and last_at < since:
                continue
            if topic == "messagesession":
                yield wire
            else:
                owner = text(row.get("user")) or "~" if user == "*" else user
                yield from self._read_messages(str(row.get("messagesession-id")), owner, domain, since)

    def _read_messages(
        self, session: str, user: str, domain: str, since: datetime
    ) -> Iterator[dict[str, Any]]:
        """Return a session's messages from a time on, the oldest first, each with its session."""
        pages = self._messages.pages(session, since=since, user=user, domain=domain)
        for wire in reversed(within(chain.from_iterable(pages), since, None)):
            # A list of messages need not repeat whose they are (NetSapiens 3.1).
            yield {"messagesession-id": session, **rename_row(wire, MESSAGE_KEYS)}

    def _create(self, topic: str, url: str, lifetime: timedelta) -> tuple[str, bool]:
        """Create a subscription; return its ID, and whether it is new."""
        who = self._connection.identity()
        everybody = who.manages or not who.user
        try:
            made = self._subscriptions.create(
                topic,
                url,
                expires=lifetime,
                domain=self._domain or who.domain or None,
                user=self._user or ("*" if everybody else who.user),
            )
            if not made.get("id"):
                raise OutcomeUnknown(f"{self.platform}: the new subscription to {topic} has no id", id=url)
        except AlreadyExists as error:
            # A listener with a secret has the URLs that it had before it crashed.
            if error.id is None:
                raise
            return error.id, False
        except OutcomeUnknown:
            # The URL is used for nothing else, so the subscription can be looked up by it.
            found = self._find(url)
            if found is None:
                raise
            return found, True
        return str(made["id"]), True

    def _was_behind(self, began: datetime) -> bool:
        """Whether the platform's clock has moved much further than a response takes."""
        return self.now() - began > TOLERANCE

    def _find(self, url: str) -> str | None:
        rows = self._subscriptions.read()
        return next(
            (str(row["id"]) for row in rows if isinstance(row, dict) and row.get("post-url") == url), None
        )
