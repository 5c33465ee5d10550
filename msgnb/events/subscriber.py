"""Subscriptions that are kept alive: created, renewed, revived and deleted.

A platform posts an event once. If the receiver was not there, the subscription had expired, or somebody had
deleted it, the event is lost. None of these is reported, but each leaves a trace: a number of failed posts,
an expiry in the past, a missing subscription. Every renewal looks for these traces. Where it finds one,
`gaps` says from when on events may be missing.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from msgnb.core.errors import MsgnbError, NotFound
from msgnb.events.listener import Listener
from msgnb.events.source import EventSource

log = logging.getLogger("msgnb.live")

MARGIN = timedelta(seconds=5)
"""How much earlier than the last check a gap may begin: an event of that moment may not have been posted."""

Receive = Callable[[str, list[Any]], None]


@dataclass(frozen=True, slots=True)
class Gap:
    """Events of a topic may be missing from a time on."""

    topic: str
    since: datetime


@dataclass(slots=True)
class _Subscription:
    """A subscription.

    Attributes:
        failed: how many of its posts had failed when it was last looked at.
        intact_at: the time until which no event is missing.
        broken: whether events may be missing since then; until `confirm`, which a failure may delay.
    """

    topic: str
    url: str
    id: str
    expires_at: datetime
    intact_at: datetime
    failed: int = 0
    broken: bool = False

    @property
    def gap(self) -> Gap:
        """Where events may be missing."""
        return Gap(self.topic, self.intact_at - MARGIN)


class Subscriber:
    """The subscriptions of one live feed.

    Args:
        source: creates and renews them.
        listener: receives their posts.
        lifetime: how long they live if they are not renewed.
        receive: called with a topic and the objects of each post.

    Attributes:
        errors: the latest errors of renewals, the newest last.
    """

    def __init__(
        self, source: EventSource, listener: Listener, lifetime: timedelta, receive: Receive
    ) -> None:
        self.errors: deque[str] = deque(maxlen=100)
        self._source = source
        self._listener = listener
        self._lifetime = lifetime
        self._receive = receive
        self._subscriptions: dict[str, _Subscription] = {}
        # Keeps a renewal from creating anew what `close` has just deleted.
        self._lock = threading.Lock()

    def open(self, topic: str) -> None:
        """Subscribe a URL of the listener to a topic.

        Raises:
            MsgnbError: the subscription can't be created; nothing is left behind.
        """
        name = f"{self._source.platform} {self._source.feed} {topic}"
        url = self._listener.add_route(lambda objects: self._receive(topic, objects), name)
        began = self._source.now()
        try:
            subscription = self._source.subscribe(topic, url, self._lifetime)
        except BaseException:
            self._listener.remove_route(url)
            raise
        now = self._source.now()
        # The response may have corrected the clock, in either direction.
        self._subscriptions[topic] = _Subscription(
            topic, url, subscription, now + self._lifetime, min(began, now)
        )

    def renew(self) -> bool:
        """Let all subscriptions live for another lifetime; return whether that succeeded."""
        succeeded = True
        with self._lock:
            for each in self._subscriptions.values():
                # Until when posts were looked at, and not until when the renewal was answered.
                looked_at = self._source.now()
                self._look(each)
                try:
                    self._renew(each, looked_at)
                except MsgnbError as error:
                    succeeded = False
                    self._note(f"the subscription to {each.topic} could not be renewed", each, error)
        return succeeded

    def look(self) -> None:
        """Look for traces of lost events."""
        with self._lock:
            for each in self._subscriptions.values():
                self._look(each)

    @property
    def gaps(self) -> list[Gap]:
        """Where events may be missing."""
        with self._lock:
            return [each.gap for each in self._subscriptions.values() if each.broken]

    def confirm(self, gap: Gap, until: datetime) -> None:
        """Note that the events of a gap were found."""
        with self._lock:
            if (each := self._subscriptions.get(gap.topic)) is not None and each.gap == gap:
                each.broken, each.intact_at = False, until

    def close(self) -> dict[str, str]:
        """Delete all subscriptions; return those that can't be deleted, and why, by topic."""
        remaining = {}
        with self._lock:
            for topic, each in self._subscriptions.items():
                try:
                    self._source.unsubscribe(each.id)
                except MsgnbError as error:
                    remaining[topic] = f"{each.id} ({error})"
            # What was posted until now is still received.
            self._listener.drain()
            for each in self._subscriptions.values():
                self._listener.remove_route(each.url)
            self._subscriptions.clear()
        return remaining

    def _renew(self, each: _Subscription, looked_at: datetime) -> None:
        try:
            self._source.renew(each.id, self._lifetime)
        except NotFound:
            each.broken = True
            each.id = self._source.subscribe(each.topic, each.url, self._lifetime)
            each.failed = 0
        each.expires_at = self._source.now() + self._lifetime
        if not each.broken:
            each.intact_at = max(each.intact_at, looked_at)

    def _look(self, each: _Subscription) -> None:
        try:
            failed = self._source.count_failed_posts(each.id)
        except NotFound:
            each.broken = True
            return
        except MsgnbError as error:
            self._note(f"the subscription to {each.topic} could not be read", each, error)
            each.broken = True
            return
        # Somebody may have set the counter to zero. The question has also brought the platform's time.
        known = each.failed if failed >= each.failed else 0
        each.broken |= failed > known or self._source.now() >= each.expires_at
        each.failed = failed

    def _note(self, what: str, each: _Subscription, error: MsgnbError) -> None:
        self.errors.append(f"{each.topic}: {error}")
        log.warning("%s: %s", what, error)
