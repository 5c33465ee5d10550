"""The one clock of a world.

It starts at a fixed moment, so that the same seed gives the same history on every day, and runs with the
machine's steady clock from there. Tests move it on instead of waiting.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


class Clock:
    """Tells the world's time, always in UTC; `start` is the moment at which it began."""

    def __init__(self, start: datetime = START) -> None:
        self.start = start
        self._began = time.monotonic()
        self._moved = timedelta()

    def now(self) -> datetime:
        """The world's time."""
        return self.start + self._moved + timedelta(seconds=time.monotonic() - self._began)

    def advance(self, **span: float) -> datetime:
        """Move on, e.g. `clock.advance(hours=2)`, with the arguments of `timedelta`; returns the new time."""
        step = timedelta(**span)
        if step < timedelta():
            raise ValueError(f"the clock can't go back by {step}")
        self._moved += step
        return self.now()
