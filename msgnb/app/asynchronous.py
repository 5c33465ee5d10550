"""Every client for those who write `await`.

A client's calls wait for the network, and so each runs in a thread of a small pool, while the event loop
goes on. One that is cancelled makes no further attempt, and one that has not begun never begins.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from msgnb.core import cancellation

T = TypeVar("T")


def aio(thing: T, *, threads: int = 8) -> Awaiting[T]:
    """A client whose methods are awaited.

    >>> async with msgnb.aio(msgnb.connect("netsapiens")) as pbx:
    ...     sessions = await pbx.sessions()
    ...     tables = await asyncio.gather(*(pbx.messages(name) for name in sessions["session"]))

    Works for all that blocks: a client, or what its `listen` returns. Cancelling a call that is on its way
    does not take a message back: look it up before you send it again.

    Args:
        thing: whose methods are to be awaited.
        threads: how many of its calls run side by side.
    """
    return Awaiting(thing, threads)


class Awaiting(Generic[T]):
    """Another object with its methods to be awaited, and its values as they are; made by `aio`.

    Use it with `async with`, or await `aclose()` at the end.

    Attributes:
        wrapped: the object itself.
    """

    def __init__(self, thing: T, threads: int) -> None:
        self.wrapped = thing
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="msgnb aio")

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.wrapped, name)
        return self._awaited(found) if callable(found) else found

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self.wrapped)})

    def __repr__(self) -> str:
        return f"<aio {self.wrapped!r}>"

    async def aclose(self) -> None:
        """Close it, as its own `close` does, and let the threads go."""
        close = getattr(self.wrapped, "close", None)
        if close is not None:
            await self._call(close)
        self._pool.shutdown(wait=False)

    async def __aenter__(self) -> Self:
        await self._call(type(self.wrapped).__enter__, self.wrapped)  # type: ignore[attr-defined]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What must be ended is ended, also when the one who waits is cancelled meanwhile.
        leave = type(self.wrapped).__exit__  # type: ignore[attr-defined]
        await asyncio.shield(self._call(leave, self.wrapped, kind, error, trace))
        self._pool.shutdown(wait=False)

    def _awaited(self, function: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
        @wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await self._call(function, *args, **kwargs)

        return awaited

    async def _call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        given_up = threading.Event()
        future = self._pool.submit(cancellation.run, given_up, function, *args, **kwargs)
        try:
            return await asyncio.wrap_future(future)
        except asyncio.CancelledError:
            given_up.set()
            raise
