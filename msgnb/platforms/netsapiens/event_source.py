"""The subscriptions behind `listen`, at a URL that no one can guess (NetSapiens 7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from msgnb.core.errors import NotFound, OutcomeUnknown
from msgnb.events.event import Event
from msgnb.platforms.netsapiens.connection import NetSapiensConnection
from msgnb.platforms.netsapiens.events import parse_event
from msgnb.platforms.netsapiens.subscriptions import Subscriptions


class NetSapiensEventSource:
    """Event subscriptions of one account.

    Args:
        connection: the connection.
        subscriptions: the account's subscriptions.
        user: the user whose events are received; `*` is all users. If `None`, all users for those who manage
            the domain, and oneself for others.
        domain: the domain; one's own if `None`.
    """

    def __init__(
        self,
        connection: NetSapiensConnection,
        subscriptions: Subscriptions,
        user: str | None,
        domain: str | None,
    ) -> None:
        self.platform = connection.platform
        # Each event that arrives is given a time, which must not wait for a sign-in.
        self.now = connection.http.now
        self._connection = connection
        self._subscriptions = subscriptions
        self._user = user
        self._domain = domain

    @property
    def account(self) -> str:
        """The account: `user@domain`."""
        return self._connection.account

    def subscribe(self, topic: str, url: str, lifetime: timedelta) -> str:
        """Subscribe a URL to a topic for some time, and return the subscription's ID."""
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
        except OutcomeUnknown:
            # The URL is used for nothing else, so the subscription can be looked up by it.
            found = self._find(url)
            if found is None:
                raise
            return found
        return str(made["id"])

    def renew(self, subscription: str, lifetime: timedelta) -> None:
        """Let a subscription live for some time from now.

        Raises:
            NotFound: it no longer exists.
        """
        self._subscriptions.renew(subscription, lifetime)

    def unsubscribe(self, subscription: str) -> None:
        """Delete a subscription, if it still exists."""
        try:
            self._subscriptions.delete(subscription, domain=self._domain)
        except NotFound:
            return

    def parse_event(self, topic: str, wire: Any, arrived: datetime) -> Event:
        """Return a posted object as an event."""
        return parse_event(topic, wire, self.account, arrived)

    def _find(self, url: str) -> str | None:
        rows = self._subscriptions.read()
        return next(
            (str(row["id"]) for row in rows if isinstance(row, dict) and row.get("post-url") == url), None
        )
