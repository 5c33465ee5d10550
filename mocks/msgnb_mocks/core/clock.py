"""The clock that all mocks of a world share.

It starts at a fixed time, so that a seed gives the same history on every day, and runs at the speed of the
machine's monotonic clock from there. Tests advance it instead of waiting, or freeze it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


class Clock:
    """The world's time, always in UTC.

    Attributes:
        start: the time at which the clock started.
        frozen: whether it is stopped.
        on_advance: functions to call after the clock was advanced.
    """

    def __init__(self, start: datetime = START) -> None:
        self.start = start
        self.frozen = False
        self.on_advance: list[Callable[[], None]] = []
        self._shown = start
        # Not the machine's time: when that is set back, a message would be dated before an earlier one.
        self._since = time.monotonic()

    def __repr__(self) -> str:
        return f"<Clock {self.now():%Y-%m-%d %H:%M:%S} UTC{', frozen' if self.frozen else ''}>"

    def now(self) -> datetime:
        """Return the world's time."""
        if self.frozen:
            return self._shown
        return self._shown + timedelta(seconds=time.monotonic() - self._since)

    def advance(self, **span: float) -> datetime:
        """Move the clock forward and return the new time.

        >>> clock.advance(hours=2)

        Args:
            span: the arguments of `timedelta`.

        Raises:
            ValueError: it would go back.
        """
        step = timedelta(**span)
        if step < timedelta():
            raise ValueError(f"the clock can't go back by {step}")
        self.set(self.now() + step)
        # After the clock was set, because these functions ask it what is due.
        for call in self.on_advance:
            call()
        return self.now()

    def freeze(self) -> datetime:
        """Stop the clock and return its time; it can still be advanced."""
        self.set(self.now())
        # Last, because a frozen clock returns the time that was set.
        self.frozen = True
        return self._shown

    def run(self) -> datetime:
        """Let a frozen clock run again from its time, which is returned."""
        # Otherwise the clock would jump forward by the time for which it was frozen.
        self.set(self.now())
        self.frozen = False
        return self._shown

    def set(self, moment: datetime) -> None:
        """Set the clock to any time, also to an earlier one, as when a world is restored."""
        self._shown, self._since = moment, time.monotonic()
