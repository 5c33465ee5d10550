"""Tables of Dask: counted in each of their partitions by the same functions, in pandas, and put together.

Before that the messages of a session come into one partition, so that sessions are whole, and their numbers
add up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar, cast

import narwhals as nw

from msgnb.analysis.frames import COUNTS, STAGES, frame_of

if TYPE_CHECKING:
    import pandas as pd

Function = TypeVar("Function", bound=Callable[..., Any])

SUMS = frozenset({*COUNTS, *STAGES, "failed", "unknown", "sessions", "count"})
ENDS = {"first_at": "min", "last_at": "max"}


def one_by_one(*order: str) -> Callable[[Function], Function]:
    """For a function whose rows are each of one session; in the order of some columns."""

    def put_together(found: Any, _options: Any) -> Any:
        return found.sort_values(list(order), na_position="first").reset_index(drop=True)

    return _decorated(put_together)


def added_up(most: str | None = None) -> Callable[[Function], Function]:
    """For a function whose rows are counts, in the order of what is counted; `most` comes first of a column.

    Where it has an argument `least`, that is the least of that column.
    """

    def put_together(found: Any, options: Any) -> Any:
        whole = found.repartition(npartitions=1)
        return whole.map_partitions(_added, most, options.get("least", 0), meta=found._meta)  # noqa: SLF001

    return _decorated(put_together)


def _decorated(put_together: Callable[[Any, Any], Any]) -> Callable[[Function], Function]:
    def decorated(function: Function) -> Function:
        @wraps(function)
        def made(messages: Any, *args: Any, **named: Any) -> Any:
            if not _is_dask(messages):
                return function(messages, *args, **named)
            options = _options(function, messages, *args, **named)
            every = {**options, "least": 1} if "least" in options else options

            def part(native: pd.DataFrame) -> Any:
                return function(native, **every)

            apart = messages.shuffle(on="session") if "session" in messages.columns else messages
            found = apart.map_partitions(part, meta=part(messages._meta))  # noqa: SLF001 - Dask's own way
            return put_together(found, options)

        return cast("Function", made)

    return decorated


def latest(messages: Any) -> Any:
    """The time of the latest message."""
    if _is_dask(messages):
        return messages["at"].max().compute()
    found = frame_of(messages, "at").select(nw.col("at").max())
    return (found.collect() if isinstance(found, nw.LazyFrame) else found).item()


def _is_dask(messages: Any) -> bool:
    return type(messages).__module__.startswith("dask.")


def _options(function: Callable[..., Any], messages: Any, *args: Any, **named: Any) -> dict[str, Any]:
    """What a function is called with beside the table, to be used more than once."""
    bound = signature(function).bind(messages, *args, **named)
    bound.apply_defaults()
    _, *options = bound.arguments.items()
    return {name: tuple(value) if isinstance(value, Iterator) else value for name, value in options}


def _added(found: pd.DataFrame, most: str | None, least: int) -> pd.DataFrame:
    """What was counted in all partitions, as one table."""
    keys = [name for name in found.columns if name not in SUMS and name not in ENDS]
    ways = {name: ENDS.get(name, "sum") for name in found.columns if name not in keys}
    added = found.groupby(keys, dropna=False, observed=True).agg(ways).reset_index()[list(found.columns)]
    enough = added[added[most] >= least] if most else added
    order = [*([most] if most else []), *keys]
    ways_up = [name != most for name in order]
    return enough.sort_values(order, ascending=ways_up, na_position="first", ignore_index=True)
