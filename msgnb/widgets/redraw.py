"""Draws what changes often: a few times per second at most, and always the last state."""

from __future__ import annotations

import threading
from collections.abc import Callable

BETWEEN_SECONDS = 0.25


class Redraw:
    """Combines many changes into one drawing.

    Args:
        draw: draws the state at the time when it is called.
    """

    def __init__(self, draw: Callable[[], None]) -> None:
        self._draw = draw
        self._planning = threading.Lock()
        self._planned: threading.Timer | None = None

    def soon(self) -> None:
        """Draw within a quarter of a second, together with all changes until then."""
        with self._planning:
            if self._planned is None:
                self._planned = threading.Timer(BETWEEN_SECONDS, self._due)
                # A process that ends does not wait for the drawing.
                self._planned.daemon = True
                self._planned.start()

    def _due(self) -> None:
        with self._planning:
            # Cleared before drawing: a change from here on plans the next drawing.
            self._planned = None
        self._draw()
