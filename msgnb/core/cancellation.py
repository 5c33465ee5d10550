"""Cancellation that reaches every thread that works for a call.

Whoever may give up on a call, such as `msgnb.aio`, runs it with an event of its own. A `ContextVar` carries the
event, and `Workers` carries the context into the threads of a pool, which plain executors don't do. Each request
asks `check` right before it leaves, so that a cancelled call makes no request beyond those already on the wire.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

cancelled: ContextVar[threading.Event | None] = ContextVar("cancelled", default=None)
"""The event that is set when the caller of this code has given up."""


def check(what: str) -> None:
    """Stop here if the caller has given up.

    Raises:
        CancelledError: it has; `what` says what was about to happen.
    """
    if (event := cancelled.get()) and event.is_set():
        raise CancelledError(f"{what} was cancelled")


def run(event: threading.Event, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that gives up once the event is set."""

    def inside() -> T:
        cancelled.set(event)
        return function(*args, **kwargs)

    return copy_context().run(inside)


class Workers(ThreadPoolExecutor):
    """A pool of threads whose calls are cancelled together with the call that made them."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call in one of the threads, in a copy of the caller's context."""
        context = copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))
