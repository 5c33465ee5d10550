"""Events as they happen: subscribed, received, kept and shown, until the end of a `with`.

* The listener's thread only normalises and keeps what comes; callbacks run in a thread of their own, in the
  order of arrival, so that a slow one loses nothing.
* What is kept has a limit; what falls out is counted.
* A subscription lives a little longer than it is renewed: should this process die, it ends by itself.
* At the end, also after an exception, every subscription is deleted; one that can't be is named in a warning.
"""

from __future__ import annotations

import logging
import queue
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from msgnb.core.errors import InvalidRequest, MsgnbError, NotFound, NotSupported
from msgnb.core.views import load_view
from msgnb.events.event import Deduplicator, Event, frame
from msgnb.events.listener import Listener

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("msgnb.live")

SHORTEST_LIFE = timedelta(seconds=10)
AGAIN_SECONDS = 5.0
"""How long to wait before a renewal that failed is tried again."""

Predicate = Callable[[Event], bool]
Callback = Callable[[Event], Any]


class EventSource(Protocol):
    """What a platform implements so that its events can be received."""

    platform: str

    @property
    def account(self) -> str:
        """Whose view it is."""
        ...

    def now(self) -> datetime:
        """The platform's time."""
        ...

    def open(self, topic: str, url: str, lifetime: timedelta) -> str:
        """Subscribe the address to a topic for that long; returns the subscription's id."""
        ...

    def renew(self, subscription: str, lifetime: timedelta) -> None:
        """Let a subscription live that long from now; raises `NotFound` where it is gone."""
        ...

    def close(self, subscription: str) -> None:
        """Delete a subscription, if it is still there."""
        ...

    def event(self, topic: str, wire: Any, arrived: datetime) -> Event:
        """A posted object as an event; never raises."""
        ...


class Live:
    """The events of some topics while it is open; made by `client.listen(…)`.

    Use it as a context manager; where no `with` fits, as in a notebook, `start()` and `stop()` it.

    >>> with pbx.listen("message") as live:
    ...     live.on(lambda event: print(event.contact, event.value))
    ...     live.wait(lambda event: event.action == "inbound", timeout=60)

    Attributes:
        dropped: how many events were dropped because more came than are kept.
        troubles: what went wrong with renewals, the latest last.
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
        if lifetime < SHORTEST_LIFE:
            raise InvalidRequest.of(lifetime=f"is {lifetime}; the shortest is {SHORTEST_LIFE}")
        if keep < 1:
            raise InvalidRequest.of(keep=f"is {keep}; at least one event must be kept")
        self.dropped = 0
        self.troubles: deque[str] = deque(maxlen=100)
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
        # topic → its address and its subscription
        self._open: dict[str, tuple[str, str]] = {}
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    # Beginning and end

    def start(self) -> Self:
        """Subscribe and begin to receive; on a failure nothing stays behind.

        Raises:
            MsgnbError: a subscription can't be made, or the listener's port is taken.
        """
        if self._threads:
            return self
        self._over.clear()
        if self._own_listener:
            self._listener.start()
        try:
            for topic in self._topics:
                self._subscribe(topic)
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
        """Delete the subscriptions and stop receiving; what came is kept."""
        if not self._threads:
            return
        self._over.set()
        self._close()
        self._queue.put(None)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()
        self._threads = []

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # What came

    @property
    def account(self) -> str:
        """Whose events they are."""
        return self._source.account

    @property
    def events(self) -> list[Event]:
        """The events that are kept, in the order in which they came."""
        with self._changed:
            return list(self._events)

    @property
    def count(self) -> int:
        """How many events came so far, dropped ones too."""
        with self._changed:
            return self._count

    def frame(self, *, raw: bool = False) -> pd.DataFrame:
        """The events that are kept, in the order in which they came, as a table `events`.

        What was told twice, such as a message and the change of its session, has `duplicate_of`.

        >>> live.frame().query("duplicate_of.isna()")

        Args:
            raw: add the posted objects as a last column.
        """
        return frame(self.events, raw=raw)

    def wait(self, predicate: Predicate | None = None, timeout: float = 30.0) -> Event:
        """The first event that fits, of those that came already or that come within the time.

        >>> live.wait(lambda event: event.value == "yes", timeout=60)

        Args:
            predicate: tells whether an event fits; the first one does where it is `None`.
            timeout: seconds.

        Raises:
            TimeoutError: none did; the text says what came instead.
        """
        looked = 0

        def fitting() -> Event | None:
            nonlocal looked
            # Each event is looked at once, however often this is asked.
            fresh = list(self._events)[max(0, len(self._events) - (self._count - looked)) :]
            looked = self._count
            return next((event for event in fresh if predicate is None or predicate(event)), None)

        with self._changed:
            found = self._changed.wait_for(fitting, timeout)
        if found is None:
            raise TimeoutError(f"no such event within {timeout:g} s; {self._summary()}")
        return found

    def on(self, callback: Callback) -> Callback:
        """Call a function for each event from now on, in a thread, in the order of arrival.

        What it raises is logged (`msgnb.live`) and stops nothing. Usable as a decorator.
        """
        self._callbacks.append(callback)
        return callback

    def off(self, callback: Callback) -> None:
        """Call a function no more."""
        if callback in self._callbacks:
            self._callbacks.remove(callback)

    def widget(self, rows: int = 20) -> Any:
        """A table that grows in the notebook, the newest event first.

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
        """Whether it receives."""
        return bool(self._threads)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __repr__(self) -> str:
        state = "listening" if self.running else "stopped"
        return f"<Live {self._source.platform} {', '.join(self._topics)}, {state}: {self._summary()}>"

    def _summary(self) -> str:
        with self._changed:
            last = self._events[-1] if self._events else None
            words = f"{self._count} events came"
        if last:
            told = [last.topic, last.action, repr(last.value) if last.value else None]
            words += f", the last one {' '.join(filter(None, told))}"
        return f"{words}, {self.dropped} dropped" if self.dropped else words

    # Receiving

    def _subscribe(self, topic: str) -> None:
        address = self._listener.open(lambda objects: self._take(topic, objects))
        try:
            subscription = self._source.open(topic, address, self._lifetime)
        except BaseException:
            self._listener.shut(address)
            raise
        self._open[topic] = address, subscription

    def _take(self, topic: str, objects: list[Any]) -> None:
        """Keep what one post told; runs in the listener's thread."""
        arrived = self._source.now()
        with self._changed:
            for wire in objects:
                event = self._source.event(topic, wire, arrived)
                first = self._duplicates.first(event)
                event = replace(event, duplicate_of=first) if first else event
                self.dropped += len(self._events) == self._events.maxlen
                self._events.append(event)
                self._count += 1
                self._queue.put(event)
            self._changed.notify_all()

    def _dispatch(self) -> None:
        while (event := self._queue.get()) is not None:
            for callback in list(self._callbacks):
                try:
                    callback(event)
                except Exception:
                    log.exception("a callback failed at %s", event)

    # Renewing and closing

    def _keep_alive(self) -> None:
        seconds = self._lifetime.total_seconds() / 2
        while not self._over.wait(seconds):
            seconds = self._lifetime.total_seconds() / 2 if self.renew() else AGAIN_SECONDS

    def renew(self) -> bool:
        """Let all subscriptions live on by their lifetime, as happens by itself at half of it.

        One that is gone is made anew. Says whether all went well; what did not is in `troubles`, and is tried
        again.
        """
        well = True
        for topic, (address, subscription) in list(self._open.items()):
            try:
                try:
                    self._source.renew(subscription, self._lifetime)
                except NotFound:
                    self._open[topic] = address, self._source.open(topic, address, self._lifetime)
            except MsgnbError as error:
                well = False
                self.troubles.append(f"{topic}: {error}")
                log.warning("the subscription to %s could not be renewed: %s", topic, error)
        return well

    def _close(self) -> None:
        left = {}
        for topic, (address, subscription) in self._open.items():
            try:
                self._source.close(subscription)
            except MsgnbError as error:
                left[topic] = f"{subscription} ({error})"
            self._listener.shut(address)
        self._open.clear()
        if self._own_listener:
            self._listener.stop()
        for topic, words in left.items():
            told = f"the subscription to {topic} is still there and ends within {self._lifetime}: {words}"
            warnings.warn(told, stacklevel=3)
