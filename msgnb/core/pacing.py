"""Client-side rate limiting: keeps to the requests per second that a platform allows.

A client has one `Pacing`, which all of its threads share. Each request reserves a place in time before it
leaves, so that threads which come at the same moment are spread out instead of being refused. After a refusal
(429) all of them back off together: the limit is the account's, not one thread's.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Mapping

from msgnb.core import cancellation

SECOND = 1.0


class Pacing:
    """Rate limits by path.

    Args:
        rates: requests per second by the start of a path, such as `{"/messages": 50}`; other paths have no
            limit.
        penalty: seconds to back off after a refusal that doesn't say how long.
    """

    def __init__(self, rates: Mapping[str, int], penalty: float) -> None:
        self.penalty = penalty
        self._rates = dict(rates)
        # When the requests of each path leave, in order: those of the last second, and those that wait.
        self._due: dict[str, list[float]] = {path: [] for path in rates}
        self._blocked_until = 0.0
        self._lock = threading.Lock()

    def wait(self, path: str, pause: Callable[[float], None]) -> None:
        """Reserve a place for a request, and wait until it is due.

        Args:
            path: the path of the request.
            pause: waits for some seconds.

        Raises:
            CancelledError: the call was cancelled meanwhile; its place is free again.
        """
        limited = next((start for start in self._rates if path.startswith(start)), None)
        while True:
            due, blocked_until = self._reserve(limited)
            try:
                if (delay := due - time.monotonic()) > 0:
                    pause(delay)
                    cancellation.check("a request that waited for the rate limit")
            except BaseException:
                self._release(limited, due)
                raise
            if self._blocked_until <= blocked_until:
                return
            # Another thread was refused while this one waited: reserve a place behind the back-off.
            self._release(limited, due)

    def back_off(self, seconds: float) -> None:
        """Let no request of any path start for some seconds."""
        with self._lock:
            self._blocked_until = max(self._blocked_until, time.monotonic() + seconds)

    def _reserve(self, limited: str | None) -> tuple[float, float]:
        """Return when the request may leave, and until when all are blocked as far as that is known now."""
        with self._lock:
            now = time.monotonic()
            due = max(now, self._blocked_until)
            if limited is not None:
                times, rate = self._due[limited], self._rates[limited]
                del times[: bisect_right(times, now - SECOND)]
                if len(times) >= rate:
                    due = max(due, times[-rate] + SECOND)
                # Places that were released may leave a gap before the last ones.
                insort(times, due)
            return due, self._blocked_until

    def _release(self, limited: str | None, due: float) -> None:
        """Free the place of a request that is not made, so that later ones don't wait behind it."""
        with self._lock:
            times = self._due[limited] if limited is not None else []
            place = bisect_left(times, due)
            if place < len(times) and times[place] == due:
                del times[place]
