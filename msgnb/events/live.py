"""Events as they happen: subscribed, received and stored until the end of a `with`.

Three threads share the work, so that none of them waits for another:

* The listener's thread turns posts into events and stores them, and the post is answered after that. It must
  answer quickly, so it does nothing more.
* The callbacks run in a thread of their own (`msgnb.events.callbacks`).
* A third thread renews the subscriptions at half of their lifetime (`msgnb.events.subscriber`). Lifetimes are
  short: if this process crashes, the platform stops posting on its own. Where a renewal finds that events may
  have been lost, they are read from the platform's history.

Only the latest events are stored; those that are dropped are counted. What is posted is not always an event
that the platform documents: everybody who learns the URL can post to it. Such objects are kept apart, and
reach no callback.

At the end, also after an exception or a cancellation, every subscription is deleted, and one that can't be
deleted is named in a warning. What was posted before is received before.
"""

from __future__ import annotations

import logging
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from msgnb.core import cancellation
from msgnb.core.errors import InvalidRequest, MsgnbError, NotSupported
from msgnb.core.times import When, parse_when
from msgnb.core.views import load_view
from msgnb.core.visible import escape_invisible
from msgnb.events.callbacks import Callback, Callbacks
from msgnb.events.event import Deduplicator, Event, NotAnEvent, Unrecognised, make_frame
from msgnb.events.listener import Listener
from msgnb.events.source import EventSource
from msgnb.events.subscriber import Gap, Subscriber

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("msgnb.live")

MIN_LIFETIME = timedelta(seconds=10)
RETRY_SECONDS = 5.0
"""How long to wait before a renewal that failed is repeated."""
CHECK_SECONDS = 0.2
"""How often a thread that waits for an event looks whether its call was cancelled."""
SLICE_SECONDS = 30.0
"""How often a thread that waits for the next renewal looks whether the machine has slept meanwhile."""

Predicate = Callable[[Event], bool]


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
        settle: how long `stop` waits for the posts of what has already happened.

    Attributes:
        dropped: how many events were dropped because more arrived than are stored.

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
        settle: timedelta = timedelta(),
    ) -> None:
        if lifetime < MIN_LIFETIME:
            raise InvalidRequest.of(lifetime=f"is {lifetime}; the shortest is {MIN_LIFETIME}")
        if keep < 1:
            raise InvalidRequest.of(keep=f"is {keep}; at least one event must be kept")
        self.dropped = 0
        self._source = source
        self._topics = topics
        self._lifetime = lifetime
        self._settle = settle
        self._own_listener = listener is None
        self._listener = listener or Listener()
        self._subscriber = Subscriber(source, self._listener, lifetime, self._receive)
        self._callbacks = Callbacks()
        self._events: deque[Event] = deque(maxlen=keep)
        self._unrecognised: deque[Unrecognised] = deque(maxlen=keep)
        self._count = 0
        self._duplicates = Deduplicator()
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self._stopping = threading.Lock()
        self._renewing: threading.Thread | None = None

    # Start and stop

    def start(self) -> Self:
        """Subscribe and start to receive; if that fails, nothing is left behind.

        Raises:
            MsgnbError: a subscription can't be created, or the listener's port is taken.
        """
        if self.running:
            return self
        if self._own_listener:
            self._listener.start()
        try:
            for topic in self._topics:
                self._subscriber.open(topic)
            # If the caller has given up meanwhile, nobody will call `stop`.
            cancellation.check("listening")
        except BaseException:
            self._close()
            raise
        self._stopped.clear()
        self._callbacks.start()
        self._renewing = threading.Thread(target=self._keep_alive, name="msgnb renewals", daemon=True)
        self._renewing.start()
        return self

    def stop(self) -> None:
        """Delete the subscriptions and stop receiving; the events that arrived are kept.

        Before that, wait for the posts of what has already happened (as long as `listen` was
        told; by default, as long as the platform takes), and for the callbacks to have had every event.
        """
        self._stop(settle=True)

    def _stop(self, *, settle: bool) -> None:
        # Whoever comes second waits for the first one; a callback may be either.
        with self._stopping:
            if self.running:
                self._end(settle=settle)
        self._callbacks.join()

    def _end(self, *, settle: bool) -> None:
        self._stopped.set()
        try:
            if settle:
                self._source.settle(self._settle.total_seconds())
                self._listener.drain()
                self._subscriber.look()
                self._find_missed()
        finally:
            try:
                self._close()
            finally:
                self._callbacks.finish()
                renewing, self._renewing = self._renewing, None
                if renewing:
                    renewing.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Who leaves with an exception, such as by Ctrl-C, does not wait for further posts.
        self._stop(settle=kind is None)

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
    def unrecognised(self) -> list[Unrecognised]:
        """The latest posted objects that are not events which the platform documents, the newest last.

        They are in neither `events` nor `frame()`, and reach no callback. Either somebody else has learnt the
        URL, or the platform has changed.
        """
        with self._changed:
            return list(self._unrecognised)

    @property
    def renewal_errors(self) -> list[str]:
        """The latest errors of renewals, the newest last."""
        return list(self._subscriber.errors)

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
        examined = 0
        while True:
            with self._changed:
                # Each event is examined once, however often this thread wakes up.
                new = list(self._events)[max(0, len(self._events) - (self._count - examined)) :]
                examined = self._count
            # Without the lock, since a predicate may be slow.
            for event in new:
                if predicate is None or predicate(event):
                    return event
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no such event within {timeout:g} s; {self._summary()}")
            with self._changed:
                if self._count == examined:
                    self._changed.wait(min(left, CHECK_SECONDS))
            cancellation.check("waiting for an event")

    def on(self, callback: Callback, *, duplicates: bool = False) -> Callback:
        """Call a function for each event from now on, in a thread, in the order of arrival.

        What it raises is logged (`msgnb.live`), and stops nothing. It can be used as a decorator.

        Args:
            callback: called with an `Event`.
            duplicates: also call it for an event that was reported before, such as the change of a session
                after its message. By default it is called once, so that a reply is not sent twice.
        """
        self._callbacks.add(callback, duplicates=duplicates)
        return callback

    def off(self, callback: Callback) -> None:
        """Remove a callback."""
        self._callbacks.remove(callback)

    def catch_up(self, since: When | None = None) -> int:
        """Read what was not received from the platform's history; return how many events were added.

        While it is listening, that happens by itself when a renewal finds that posts have failed, or that a
        subscription had expired or was deleted. Call it after a restart: the platform does not repeat posts.

        >>> live.catch_up(since=datetime(2026, 11, 2, 9, tzinfo=UTC))

        Args:
            since: from when on; a time with a zone, or a day. From where events may be missing if `None`.

        Raises:
            InvalidRequest: the time has no zone.
            MsgnbError: the history can't be read.
        """
        begin = parse_when(since, "since")
        gaps = [Gap(topic, begin) for topic in self._topics] if begin else self._subscriber.gaps
        return sum(map(self._fill, gaps))

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
        return self._renewing is not None

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __repr__(self) -> str:
        state = "listening" if self.running else "stopped"
        shown = f"<Live {self._source.platform} {', '.join(self._topics)}, {state}: {self._summary()}>"
        return escape_invisible(shown, keep="")

    def _summary(self) -> str:
        with self._changed:
            last = self._events[-1] if self._events else None
            summary = f"{self._count} events came"
        if last:
            details = [last.topic, last.action, repr(last.value) if last.value else None]
            summary += f", the last one {' '.join(filter(None, details))}"
        summary += f", {self.dropped} dropped" if self.dropped else ""
        return f"{summary}, {len(self._unrecognised)} unrecognised" if self._unrecognised else summary

    # Receiving

    def _receive(self, topic: str, objects: list[Any]) -> None:
        """Store the events of one post; runs in the listener's thread."""
        arrived = self._source.now()
        found = [self._parse(topic, wire, arrived) for wire in objects]
        with self._changed:
            for each in found:
                if isinstance(each, Event):
                    self._store(each)
                else:
                    self._unrecognised.append(each)
            self._changed.notify_all()

    def _parse(self, topic: str, wire: Any, arrived: datetime) -> Event | Unrecognised:
        try:
            return self._source.parse_event(topic, wire, arrived)
        except NotAnEvent as error:
            reason = str(error)
        except Exception as error:
            # Whatever was posted, the other objects of the post are stored.
            log.exception("an event of %s could not be read", topic)
            reason = f"it could not be read: {error!r}"
        return Unrecognised(topic, arrived, reason, wire)

    def _store(self, event: Event) -> None:
        """Store an event, and pass it to the callbacks; the lock is held."""
        original = self._duplicates.find_original(event)
        event = replace(event, duplicate_of=original) if original else event
        self.dropped += len(self._events) == self._events.maxlen
        self._events.append(event)
        self._count += 1
        self._callbacks.put(event)

    def _fill(self, gap: Gap) -> int:
        """Read the events of a gap, and store those that were not posted; return how many."""
        until = self._source.now()
        wires = self._source.read_missed(gap.topic, gap.since)
        found = [self._parse(gap.topic, wire, until) for wire in wires]
        events = [each for each in found if isinstance(each, Event) and each.at >= gap.since]
        listed = {event.event for event in events}
        with self._changed:
            missed = [event for event in events if not self._duplicates.knows(event, listed)]
            for event in missed:
                # A channel of its own: its post may still be on the way.
                self._store(replace(event, channel="history"))
            self._changed.notify_all()
        self._subscriber.confirm(gap, until)
        return len(missed)

    # Renewing and closing

    def renew(self) -> bool:
        """Let all subscriptions live for another lifetime, which also happens automatically at half of it.

        Subscriptions that no longer exist are created again, and events that may have been lost are read from
        the platform's history. Return whether all of it succeeded; failures are added to `renewal_errors`,
        and repeated.
        """
        renewed = self._subscriber.renew()
        return self._find_missed() and renewed

    def _find_missed(self) -> bool:
        """Read what may have been lost; return whether that succeeded."""
        try:
            self.catch_up()
        except MsgnbError as error:
            self._subscriber.errors.append(f"events may be missing: {error}")
            log.warning("events may be missing: %s", error)
            return False
        return True

    def _keep_alive(self) -> None:
        succeeded = True
        while True:
            seconds = self._lifetime.total_seconds() / 2 if succeeded else RETRY_SECONDS
            if self._wait(seconds):
                return
            try:
                succeeded = self.renew()
            except Exception:
                # Whatever it was, the next renewal must come.
                log.exception("a renewal failed")
                succeeded = False

    def _wait(self, seconds: float) -> bool:
        """Wait, and return whether it was stopped meanwhile."""
        due, wall_due = time.monotonic() + seconds, time.time() + seconds
        # In slices, since the clock that counts does not go on while the machine sleeps.
        while (left := min(due - time.monotonic(), wall_due - time.time())) > 0:
            if self._stopped.wait(min(left, SLICE_SECONDS)):
                return True
        return self._stopped.is_set()

    def _close(self) -> None:
        try:
            # Also after a cancellation: a platform would go on posting to a URL that no longer exists.
            with cancellation.shielded():
                remaining = self._subscriber.close()
        finally:
            if self._own_listener:
                self._listener.stop()
        for topic, reason in remaining.items():
            message = f"the subscription to {topic} is still there and ends within {self._lifetime}: {reason}"
            warnings.warn(escape_invisible(message, keep=""), stacklevel=4)
