"""Runs what awaits in its own thread: the browser's tests leave an event loop running in the main one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


def aside(function: Callable[..., T], *args: Any) -> T:
    """Call a function in a thread where no event loop runs."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *args).result()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns."""
    return aside(asyncio.run, coroutine)
