"""Events as they happen: subscribed, received and stored until the end of a `with`.

Three threads share the work, so that none of them waits for another:

* The listener's thread turns posts into events and stores them. It must answer quickly, so it does nothing
  more.
* The callbacks run in a thread of their own, in the order of arrival. A slow callback delays later ones, but
  loses nothing.
* A third thread renews the subscriptions at half of their lifetime. Lifetimes are short: if this process
  crashes, the platform stops posting on its own.

Only the latest events are stored; those that are dropped are counted. At the end, also after an exception or
a cancellation, every subscription is deleted, and one that can't be deleted is named in a warning.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from msgnb.core import cancellation
from msgnb.core.errors import InvalidRequest, MsgnbError, NotFound, NotSupported
from msgnb.core.views import load_view
from msgnb.events.event import Deduplicator, Event, make_frame
from msgnb.events.listener import Listener

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("msgnb.live")

MIN_LIFETIME = timedelta(seconds=10)
RETRY_SECONDS = 5.0
"""How long to wait before a renewal that failed is repeated."""
CHECK_SECONDS = 0.2
"""How often a thread that waits for an event looks whether its call was cancelled."""

Predicate = Callable[[Event], bool]
Callback = Callable[[Event], Any]


class EventSource(Protocol):
    """What a platform implements so that its events can be received."""

    platform: str

    @property
    def account(self) -> str:
        """The account whose events they are."""
        ...

    def now(self) -> datetime:
        """Return the platform's time; called for every post, so it must not wait for a request."""
        ...

    def subscribe(self, topic: str, url: str, lifetime: timedelta) -> str:
        """Subscribe a URL to a topic for some time, and return the subscription's ID."""
        ...

    def renew(self, subscription: str, lifetime: timedelta) -> None:
        """Let a subscription live for some time from now.

        Raises:
            NotFound: it no longer exists.
        """
        ...

    def unsubscribe(self, subscription: str) -> None:
        """Delete a subscription, if it still exists."""
        ...

    def parse_event(self, topic: str, wire: Any, arrived: datetime) -> Event:
        """Return a posted object as an event.

        It never raises an error: what can't be read becomes an event as well.
        """
        ...


class Live:
    """The events of some topics as they happen; made by `client.listen(…)`.

    Use it as a context manager. If a `with` does not fit, as in a notebook, call `start` and `stop`.

    >>> with pbx.listen("message") as live:
    ...     live.on(lambda event: print(event.contact, event.value))
    ...     live.wait(lambda event: event.action == "inbound", timeout=60)

    Args:
        source: subscribes, and reads what is posted.
        topics: what to subscribe to.
        lifetime: how long a subscription lives if it is not renewed.
        listener: what receives the posts; one of its own, on this machine only, if `None`.
        keep: how many events are stored.

    Attributes:
        dropped: how many events were dropped because more arrived than are stored.
        renewal_errors: the latest errors of renewals, the newest last.

    Raises:
        InvalidRequest: the lifetime is too short, or no event would be stored.
    """

    def __init__(
        self,
        source: EventSource,
        topics: tuple[str, ...],
        *,
        lifetime: timedelta,
        listener: Listener | None,
        keep: int,
    ) -> None:
        if lifetime < MIN_LIFETIME:
            raise InvalidRequest.of(lifetime=f"is {lifetime}; the shortest is {MIN_LIFETIME}")
        if keep < 1:
            raise InvalidRequest.of(keep=f"is {keep}; at least one event must be kept")
        self.dropped = 0
        self.renewal_errors: deque[str] = deque(maxlen=100)
        self._source = source
        self._topics = topics
        self._lifetime = lifetime
        self._own_listener = listener is None
        self._listener = listener or Listener()
        self._events: deque[Event] = deque(maxlen=keep)
        self._count = 0
        self._duplicates = Deduplicator()
        self._changed = threading.Condition()
        self._callbacks: list[Callback] = []
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        # topic → URL and subscription. The lock keeps a renewal from creating anew what `stop` has just
        # deleted.
        self._subscriptions: dict[str, tuple[str, str]] = {}
        self._subscriptions_lock = threading.Lock()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    # Start and stop

    def start(self) -> Self:
        """Subscribe and start to receive; if that fails, nothing is left behind.

        Raises:
            MsgnbError: a subscription can't be created, or the listener's port is taken.
        """
        if self._threads:
            return self
        self._stopped.clear()
        if self._own_listener:
            self._listener.start()
        try:
            for topic in self._topics:
                self._subscribe(topic)
            # If the caller has given up meanwhile, nobody will call `stop`.
            cancellation.check("listening")
        except BaseException:
            self._close()
            raise
        self._threads = [
            threading.Thread(target=target, name=f"msgnb {target.__name__.strip('_')}", daemon=True)
            for target in (self._dispatch, self._keep_alive)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Delete the subscriptions and stop receiving; the events that arrived are kept."""
        if not self._threads:
            return
        self._stopped.set()
        try:
            self._close()
        finally:
            self._queue.put(None)
            for thread in self._threads:
                # A callback may call `stop`.
                if thread is not threading.current_thread():
                    thread.join()
            self._threads = []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # What arrived

    @property
    def account(self) -> str:
        """The account whose events they are."""
        return self._source.account

    @property
    def events(self) -> list[Event]:
        """The stored events, in the order of arrival."""
        with self._changed:
            return list(self._events)

    @property
    def count(self) -> int:
        """How many events have arrived so far, including dropped ones."""
        with self._changed:
            return self._count

    def frame(self, *, raw: bool = False) -> pd.DataFrame:
        """Return the stored events as a table `events`, in the order of arrival.

        An event that was reported twice, such as a message and the change of its session, has `duplicate_of`.

        >>> live.frame().query("duplicate_of.isna()")

        Args:
            raw: add the posted objects as a last column.
        """
        return make_frame(self.events, raw=raw)

    def wait(self, predicate: Predicate | None = None, timeout: float = 30.0) -> Event:
        """Return the first event that matches, among those that have arrived and those that arrive in time.

        >>> live.wait(lambda event: event.value == "yes", timeout=60)

        Args:
            predicate: returns whether an event matches; any event does if `None`.
            timeout: seconds to wait.

        Raises:
            TimeoutError: no event matches; the message says what arrived instead.
        """
        end = time.monotonic() + timeout
        with self._changed:
            examined = 0
            while True:
                # Each event is examined once, however often this thread wakes up.
                new = list(self._events)[max(0, len(self._events) - (self._count - examined)) :]
                examined = self._count
                for event in new:
                    if predicate is None or predicate(event):
                        return event
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"no such event within {timeout:g} s; {self._summary()}")
                self._changed.wait(min(left, CHECK_SECONDS))
                cancellation.check("waiting for an event")

    def on(self, callback: Callback) -> Callback:
        """Call a function for each event from now on, in a thread, in the order of arrival.

        What it raises is logged (`msgnb.live`), and stops nothing. It can be used as a decorator.
        """
        self._callbacks.append(callback)
        return callback

    def off(self, callback: Callback) -> None:
        """Remove a callback."""
        if callback in self._callbacks:
            self._callbacks.remove(callback)

    def widget(self, rows: int = 20) -> Any:
        """Return a table for the notebook that updates as events arrive, the newest first.

        Args:
            rows: the most rows that are shown.

        Raises:
            NotSupported: no view of this kind is installed.
        """
        make_table = load_view("live_table")
        if make_table is None:
            raise NotSupported("no view for live events is installed; live.frame() returns them as a table")
        return make_table(self, rows)

    @property
    def running(self) -> bool:
        """Whether it is receiving."""
        return bool(self._threads)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __repr__(self) -> str:
        state = "listening" if self.running else "stopped"
        return f"<Live {self._source.platform} {', '.join(self._topics)}, {state}: {self._summary()}>"

    def _summary(self) -> str:
        with self._changed:
            last = self._events[-1] if self._events else None
            summary = f"{self._count} events came"
        if last:
            details = [last.topic, last.action, repr(last.value) if last.value else None]
            summary += f", the last one {' '.join(filter(None, details))}"
        return f"{summary}, {self.dropped} dropped" if self.dropped else summary

    # Receiving

    def _subscribe(self, topic: str) -> None:
        url = self._listener.add_route(lambda objects: self._receive(topic, objects))
        try:
            subscription = self._source.subscribe(topic, url, self._lifetime)
        except BaseException:
            self._listener.remove_route(url)
            raise
        self._subscriptions[topic] = url, subscription

    def _receive(self, topic: str, objects: list[Any]) -> None:
        """Store the events of one post; runs in the listener's thread."""
        arrived = self._source.now()
        with self._changed:
            for wire in objects:
                event = self._source.parse_event(topic, wire, arrived)
                original = self._duplicates.find_original(event)
                event = replace(event, duplicate_of=original) if original else event
                self.dropped += len(self._events) == self._events.maxlen
                self._events.append(event)
                self._count += 1
                self._queue.put(event)
            self._changed.notify_all()

    def _dispatch(self) -> None:
        """Pass events to the callbacks until `stop` puts a `None`."""
        while (event := self._queue.get()) is not None:
            for callback in list(self._callbacks):
                try:
                    callback(event)
                except Exception:
                    log.exception("a callback failed at %s", event)

    # Renewing and closing

    def _keep_alive(self) -> None:
        seconds = self._lifetime.total_seconds() / 2
        while not self._stopped.wait(seconds):
            seconds = self._lifetime.total_seconds() / 2 if self.renew() else RETRY_SECONDS

    def renew(self) -> bool:
        """Let all subscriptions live for another lifetime, which also happens automatically at half of it.

        Subscriptions that no longer exist are created again. Return whether every renewal succeeded; failures
        are added to `renewal_errors`, and repeated.
        """
        succeeded = True
        with self._subscriptions_lock:
            for topic, (url, subscription) in list(self._subscriptions.items()):
                try:
                    try:
                        self._source.renew(subscription, self._lifetime)
                    except NotFound:
                        created = self._source.subscribe(topic, url, self._lifetime)
                        self._subscriptions[topic] = url, created
                except MsgnbError as error:
                    succeeded = False
                    self.renewal_errors.append(f"{topic}: {error}")
                    log.warning("the subscription to %s could not be renewed: %s", topic, error)
        return succeeded

    def _close(self) -> None:
        remaining = {}
        try:
            # Also after a cancellation: a platform would go on posting to a URL that no longer exists.
            with cancellation.shielded(), self._subscriptions_lock:
                for topic, (url, subscription) in self._subscriptions.items():
                    try:
                        self._source.unsubscribe(subscription)
                    except MsgnbError as error:
                        remaining[topic] = f"{subscription} ({error})"
                    self._listener.remove_route(url)
                self._subscriptions.clear()
        finally:
            if self._own_listener:
                self._listener.stop()
        for topic, reason in remaining.items():
            message = f"the subscription to {topic} is still there and ends within {self._lifetime}: {reason}"
            warnings.warn(message, stacklevel=3)
