"""The one clock of a world.

It starts at a fixed moment, so that the same seed gives the same history on every day, and runs with the
machine's steady clock from there. Tests move it on instead of waiting, or stop it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


class Clock:
    """Tells the world's time, always in UTC.

    Attributes:
        start: the moment at which it began.
        frozen: whether it stands still, until it is moved or let run.
        moved: what is called after it was moved on.
    """

    def __init__(self, start: datetime = START) -> None:
        self.start = start
        self.frozen = False
        self.moved: list[Callable[[], None]] = []
        self._shown = start
        self._since = time.monotonic()

    def __repr__(self) -> str:
        return f"<Clock {self.now():%Y-%m-%d %H:%M:%S} UTC{', frozen' if self.frozen else ''}>"

    def now(self) -> datetime:
        """The world's time."""
        if self.frozen:
            return self._shown
        return self._shown + timedelta(seconds=time.monotonic() - self._since)

    def advance(self, **span: float) -> datetime:
        """Move on, e.g. `clock.advance(hours=2)`, with the arguments of `timedelta`; returns the new time.

        Raises:
            ValueError: it would go back.
        """
        step = timedelta(**span)
        if step < timedelta():
            raise ValueError(f"the clock can't go back by {step}")
        self.set(self.now() + step)
        for moved in self.moved:
            moved()
        return self.now()

    def freeze(self) -> datetime:
        """Stand still; it can still be moved. Returns the time."""
        self.set(self.now())
        self.frozen = True
        return self._shown

    def run(self) -> datetime:
        """Run on from where it stands; returns the time."""
        self.set(self.now())
        self.frozen = False
        return self._shown

    def set(self, moment: datetime) -> None:
        """Show a moment, of the past too, as when a world is restored."""
        self._shown, self._since = moment, time.monotonic()
