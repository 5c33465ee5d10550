"""Async versions of every client.

A client's calls wait for the network, so each of them runs in a thread of a small pool while the event loop
continues. A call that is cancelled makes no further request, in any of the threads that work for it; a call
that has not started never starts.

The proxies here are dynamic and work for anything that blocks. Their types are in `msgnb/app/aio.pyi`, which
is generated from the clients, so that a misspelt method is an error for a type checker.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from msgnb.core import cancellation

T = TypeVar("T")


class Pool:
    """The threads in which the calls of one proxy and its resources run.

    Args:
        threads: how many calls run at the same time.
    """

    def __init__(self, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="msgnb aio")

    async def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a call in a thread, and cancel it with the task that waits for it."""
        cancelled = threading.Event()
        future = self._threads.submit(cancellation.run, cancelled, function, *args, **kwargs)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            # A thread can't be stopped from outside; the call checks this before each request.
            cancelled.set()
            raise

    def wrap(self, attribute: Any) -> Any:
        """Return an attribute as a proxy offers it.

        Methods are awaited, resources become proxies of their own, and everything else stays as it is.
        """
        if inspect.isroutine(attribute):
            return self._make_awaitable(attribute)
        return AsyncResource(attribute, self) if callable(attribute) else attribute

    def _make_awaitable(self, function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        @wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await self.call(function, *args, **kwargs)

        return awaited

    def release(self) -> None:
        """Let the threads end once their calls are done."""
        # Waiting for the threads would block the event loop.
        self._threads.shutdown(wait=False)


class AsyncResource:
    """A resource whose table and methods are awaited, as in `await bot.contacts()`."""

    def __init__(self, resource: Any, pool: Pool) -> None:
        self._resource = resource
        self._pool = pool
        self.__doc__ = resource.__doc__

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return the resource's table."""
        return await self._pool.call(self._resource, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return self._pool.wrap(getattr(self._resource, name))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._resource)})

    def __repr__(self) -> str:
        return f"<aio {self._resource!r}>"


class AsyncProxy(Generic[T]):
    """An object whose methods are awaited; made by `aio`.

    Use it with `async with`, or await `aclose()` at the end.

    Attributes:
        wrapped: the object itself.
    """

    def __init__(self, thing: T, threads: int) -> None:
        self.wrapped = thing
        self._pool = Pool(threads)

    def __getattr__(self, name: str) -> Any:
        return self._pool.wrap(getattr(self.wrapped, name))

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self.wrapped)})

    def __repr__(self) -> str:
        return f"<aio {self.wrapped!r}>"

    async def aclose(self) -> None:
        """Close the wrapped object as its own `close` does, and release the threads."""
        close = getattr(self.wrapped, "close", None)
        if close is not None:
            await self._pool.call(close)
        self._pool.release()

    async def __aenter__(self) -> Self:
        # Special methods are those of the type, as for the `with` statement.
        await self._pool.call(type(self.wrapped).__enter__, self.wrapped)  # type: ignore[attr-defined]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Leaving must be completed even if the waiting task is cancelled: `listen` deletes subscriptions
        # then.
        leave = type(self.wrapped).__exit__  # type: ignore[attr-defined]
        await asyncio.shield(self._pool.call(leave, self.wrapped, kind, error, trace))
        self._pool.release()
