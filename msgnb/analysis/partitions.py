"""What Dask can't count by itself is counted in each of its partitions, by the same functions, in pandas."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import narwhals as nw

from msgnb.analysis.frames import SESSION, Frame

Function = TypeVar("Function", bound=Callable[..., Any])


def row_by_row(function: Function) -> Function:
    """For a function of a frame that looks at each row alone."""

    @wraps(function)
    def made(frame: Frame, *args: Any) -> Frame:
        if not frame.implementation.is_dask():
            return function(frame, *args)

        def part(native: Any) -> Any:
            return function(nw.from_native(native), *args).to_native()

        native = frame.to_native()
        return nw.from_native(native.map_partitions(part, meta=part(native._meta)))  # noqa: SLF001 - Dask's way

    return cast("Function", made)


def session_by_session(*order: str) -> Callable[[Function], Function]:
    """For a function of a table that looks at each session alone, and the order of what it makes."""

    def decorated(function: Function) -> Function:
        @wraps(function)
        def made(messages: Any, *args: Any, **options: Any) -> Any:
            if not nw.dependencies.is_dask_dataframe(messages):
                return function(messages, *args, **options)

            def part(native: Any) -> Any:
                return function(native, *args, **options)

            apart = messages.shuffle(on=list(SESSION))
            found = apart.map_partitions(part, meta=part(messages._meta))  # noqa: SLF001 - Dask's way
            return found.sort_values(list(order)).reset_index(drop=True)

        return cast("Function", made)

    return decorated
