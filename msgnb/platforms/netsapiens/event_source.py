"""The subscriptions behind `listen`: opened at an address that nobody can guess, renewed and closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import NotFound, OutcomeUnknown
from msgnb.events.event import Event
from msgnb.platforms.netsapiens.events import event_of

if TYPE_CHECKING:
    from msgnb.platforms.netsapiens.subscriptions import Subscriptions


class EventSource:
    """Event subscriptions of one account, as `Live` uses them."""

    platform = "netsapiens"

    def __init__(self, pbx: Subscriptions, user: str | None, domain: str | None) -> None:
        self._pbx = pbx
        self._user = user
        self._domain = domain

    @property
    def account(self) -> str:
        """Whose view it is."""
        return self._pbx.account

    def now(self) -> datetime:
        """The platform's time."""
        return self._pbx.http.now()

    def open(self, topic: str, url: str, lifetime: timedelta) -> str:
        """Subscribe the address to a model for that long; returns the subscription's id."""
        who = self._pbx.identity()
        try:
            made = self._pbx.create_subscription(
                topic,
                url,
                domain=self._domain or who.domain or None,
                user=self._user or ("*" if who.manages or not who.user else who.user),
                subscription_expires_datetime=lifetime,
            )
        except OutcomeUnknown:
            # Its address is found nowhere else, so it can be looked up.
            found = self._found(url)
            if found is None:
                raise
            return found
        return str(made["id"])

    def renew(self, subscription: str, lifetime: timedelta) -> None:
        """Let a subscription live that long from now.

        Raises:
            NotFound: it is gone.
        """
        self._pbx.renew_subscription(subscription, lifetime)

    def close(self, subscription: str) -> None:
        """Delete a subscription; one that is gone is what was wanted."""
        try:
            self._pbx.delete_subscription(subscription, domain=self._domain)
        except NotFound:
            return

    def event(self, topic: str, wire: Any, arrived: datetime) -> Event:
        """A posted object as an event."""
        return event_of(topic, wire, self.account, arrived)

    def _found(self, url: str) -> str | None:
        rows = self._pbx.read_subscription()
        return next(
            (str(row["id"]) for row in rows if isinstance(row, dict) and row.get("post-url") == url), None
        )
