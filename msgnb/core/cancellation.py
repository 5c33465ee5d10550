"""Cancellation that reaches every thread that works for a call.

Python can't stop a thread, so a call that is cancelled has to notice it. The code that may give up on a call,
such as `msgnb.aio`, runs it with an event of its own, which it sets to cancel. Three pieces make that enough:

* A `ContextVar` holds the event, so that no function has to pass it on.
* `Workers` carries the context into the threads of a pool, which plain executors don't do.
* `msgnb.core.http` calls `check` as the last thing before each request. A cancelled call makes no request
  beyond those that are on the wire already; their responses are still received.

Pauses end as soon as the event is set, and the request after a pause is never made. What must be undone also
after a cancellation, such as a subscription, is undone inside `shielded`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

cancelled: ContextVar[threading.Event | None] = ContextVar("cancelled", default=None)
"""The event that is set when the caller of this code has given up; `None` if nobody can."""


def check(what: str) -> None:
    """Stop here if the caller has given up.

    Args:
        what: what was about to happen, for the error.

    Raises:
        CancelledError: the caller has given up.
    """
    if (event := cancelled.get()) and event.is_set():
        raise CancelledError(f"{what} was cancelled")


def run(event: threading.Event, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that gives up once the event is set.

    >>> event = threading.Event()
    >>> pool.submit(cancellation.run, event, client.history)
    >>> event.set()
    """

    def call() -> T:
        cancelled.set(event)
        return function(*args, **kwargs)

    # In a copy, so that the event is not left behind in a thread that is used again.
    return copy_context().run(call)


@contextmanager
def shielded() -> Iterator[None]:
    """Let requests inside the `with` be made although the call was cancelled: those that clean up."""
    token = cancelled.set(None)
    try:
        yield
    finally:
        cancelled.reset(token)


class Workers(ThreadPoolExecutor):
    """A pool of threads whose calls are cancelled together with the call that submitted them."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a call in one of the threads, in a copy of the caller's context."""
        # One copy for each call: a context can't be entered by two threads at the same time.
        context = copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))
