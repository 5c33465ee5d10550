"""Callbacks, which get events in a thread of their own, in the order of arrival.

A slow callback delays later ones, and loses nothing. One that raises is logged, and stops nothing.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Any

from msgnb.events.event import Event

log = logging.getLogger("msgnb.live")

Callback = Callable[[Event], Any]


class Callbacks:
    """Passes events to callbacks."""

    def __init__(self) -> None:
        self._callbacks: list[tuple[Callback, bool]] = []
        self._queue: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def add(self, callback: Callback, *, duplicates: bool) -> None:
        """Call a function for each event from now on; without `duplicates`, once for each occurrence."""
        self._callbacks = [*self._callbacks, (callback, duplicates)]

    def remove(self, callback: Callback) -> None:
        """Call a function no longer."""
        self._callbacks = [each for each in self._callbacks if each[0] != callback]

    def put(self, event: Event) -> None:
        """Pass an event on; returns at once."""
        self._queue.put(event)

    def start(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(
            target=self._run, args=(self._queue,), name="msgnb callbacks", daemon=True
        )
        self._thread.start()

    def finish(self) -> None:
        """Let the thread end after the events that were put so far."""
        # The next start has a queue of its own: this thread may still be at work then.
        finished, self._queue = self._queue, queue.SimpleQueue()
        finished.put(None)

    def join(self) -> None:
        """Wait until the callbacks have had all events, unless one of them is calling."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self, events: queue.SimpleQueue[Event | None]) -> None:
        while (event := events.get()) is not None:
            for callback, duplicates in self._callbacks:
                if event.duplicate_of and not duplicates:
                    continue
                try:
                    callback(event)
                except BaseException:
                    # `sys.exit` in a callback must not end the thread, either.
                    log.exception("a callback failed at %s", event)
