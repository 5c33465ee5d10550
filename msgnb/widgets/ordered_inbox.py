"""What a browser tells comes to a form in the order in which it was told.

JupyterLab moves the messages of widgets to a thread of their own once the kernel has one. Those from before
may then still wait behind what the kernel is busy with, while later ones are here already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

Told = tuple[Any, Sequence[Any]]


class Hearing:
    """Hands on messages one by one, those of each view by their numbers; others at once.

    Args:
        hear: gets a message's content and its buffers.
    """

    def __init__(self, hear: Callable[[Any, Sequence[Any]], None]) -> None:
        self._hear = hear
        self._early: dict[str, dict[int, Told]] = {}
        self._next: dict[str, int] = {}
        self._turn = threading.RLock()

    def told(self, _widget: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Take a message, and hand on all whose turn it is."""
        match content:
            case {"view": str(view), "number": int(number), "told": message}:
                self._early.setdefault(view, {})[number] = (message, buffers)
                self._hand_on(view)
            case _:
                self._hear(content, buffers)

    def _hand_on(self, view: str) -> None:
        with self._turn:
            early = self._early[view]
            while (number := self._next.get(view, 0)) in early:
                self._next[view] = number + 1
                self._hear(*early.pop(number))
