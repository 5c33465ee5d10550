"""Draws what changes often: a few times a second at most, and always the last state."""

from __future__ import annotations

import threading
from collections.abc import Callable

BETWEEN_SECONDS = 0.25


class Redraw:
    """Gathers what comes meanwhile into one drawing.

    Args:
        draw: draws the state as it is when it is called.
    """

    def __init__(self, draw: Callable[[], None]) -> None:
        self._draw = draw
        self._planning = threading.Lock()
        self._planned: threading.Timer | None = None

    def soon(self) -> None:
        """Draw, together with all that comes until then."""
        with self._planning:
            if self._planned is None:
                self._planned = threading.Timer(BETWEEN_SECONDS, self._due)
                self._planned.daemon = True
                self._planned.start()

    def _due(self) -> None:
        with self._planning:
            # Before it is drawn: what comes from here on plans the next drawing.
            self._planned = None
        self._draw()
