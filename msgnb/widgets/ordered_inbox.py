"""Handles the messages of a browser in the order in which it sent them.

JupyterLab receives widget messages in a thread of their own once the kernel has one. Messages that were sent
before that may still wait until the kernel is idle, while later ones have arrived already.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

Handler = Callable[[Any, Sequence[Any]], None]
Message = tuple[Any, Sequence[Any]]


class OrderedInbox:
    """Handles messages one by one: those of each browser view by their numbers, others immediately.

    Args:
        handle: called with the content of a message and its buffers.
    """

    def __init__(self, handle: Handler) -> None:
        self._handle = handle
        self._early: dict[str, dict[int, Message]] = {}
        self._next: dict[str, int] = {}
        self._turn = threading.RLock()

    def receive(self, _widget: Any, content: Any, buffers: Sequence[Any]) -> None:
        """Take a message, and handle all messages whose turn it is."""
        match content:
            case {"view": str(view), "number": int(number), "message": message}:
                with self._turn:
                    self._early.setdefault(view, {})[number] = (message, buffers)
                    self._handle_due(view)
            case _:
                self._handle(content, buffers)

    def _handle_due(self, view: str) -> None:
        early = self._early[view]
        while (number := self._next.get(view, 0)) in early:
            # Counted first, so that a message whose handling fails does not hold up the next ones.
            self._next[view] = number + 1
            self._handle(*early.pop(number))
