"""What a platform implements so that its events can be received."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from msgnb.events.event import Event


class EventSource(ABC):
    """Subscribes URLs to an account's events, and reads what is posted to them.

    Attributes:
        platform: the platform's name.
    """

    platform: str

    @property
    @abstractmethod
    def account(self) -> str:
        """The account whose events they are."""

    @property
    def feed(self) -> str:
        """What distinguishes these events from others of the same topic: the account and all filters."""
        return self.account

    @abstractmethod
    def now(self) -> datetime:
        """Return the platform's time; called for every post, so it must not wait for a request."""

    @abstractmethod
    def subscribe(self, topic: str, url: str, lifetime: timedelta) -> str:
        """Subscribe a URL to a topic for some time, and return the subscription's ID.

        If the URL is subscribed already, as after a crash, that subscription is renewed.
        """

    @abstractmethod
    def renew(self, subscription: str, lifetime: timedelta) -> None:
        """Let a subscription live for some time from now, also if it has expired.

        Raises:
            NotFound: it no longer exists.
        """

    @abstractmethod
    def unsubscribe(self, subscription: str) -> None:
        """Delete a subscription, if it still exists."""

    @abstractmethod
    def parse_event(self, topic: str, wire: Any, arrived: datetime) -> Event:
        """Return a posted object, or one of `read_missed`, as an event.

        Raises:
            NotAnEvent: it is not what the platform documents.
        """

    def settle(self, seconds: float) -> None:  # noqa: B027 - a platform that posts at once has nothing to do
        """Wait until what has already happened was posted, for some seconds at most."""

    def count_failed_posts(self, subscription: str) -> int:  # noqa: ARG002
        """Return how many posts of a subscription have failed; 0 if the platform does not count them.

        Raises:
            NotFound: it no longer exists.
        """
        return 0

    def read_missed(self, topic: str, since: datetime) -> Iterable[Any]:  # noqa: ARG002
        """Return what happened from a time on, as the platform's own objects, the oldest first.

        By default nothing, as for topics of which the platform keeps no history.
        """
        return ()
