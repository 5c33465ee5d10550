"""Keeps to the number of requests that a platform takes in a second, and rests when it asks for rest.

One `Pacing` belongs to one client and is shared by its threads: whoever would be too early waits.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

SECOND = 1.0


class Pacing:
    """Rates in requests a second, by what a path begins with.

    Args:
        rates: such as `{"/messages": 50}`; what begins otherwise is not paced.
        penalty: seconds to rest after a refusal that does not say how long.
    """

    def __init__(self, rates: Mapping[str, int], penalty: float) -> None:
        self.penalty = penalty
        self._recent = {path: deque[float](maxlen=rate) for path, rate in rates.items()}
        self._rests_until = 0.0
        self._lock = threading.Lock()

    def wait(self, path: str, pause: Callable[[float], None]) -> None:
        """Take a place in the queue, and wait until it is due."""
        delay = self._reserved(path) - time.monotonic()
        if delay > 0:
            pause(delay)

    def rest(self, seconds: float) -> None:
        """Let nobody begin for some seconds."""
        with self._lock:
            self._rests_until = max(self._rests_until, time.monotonic() + seconds)

    def _reserved(self, path: str) -> float:
        with self._lock:
            due = max(time.monotonic(), self._rests_until)
            recent = next((recent for start, recent in self._recent.items() if path.startswith(start)), None)
            if recent is None:
                return due
            if len(recent) == recent.maxlen:
                due = max(due, recent[0] + SECOND)
            recent.append(due)
            return due
