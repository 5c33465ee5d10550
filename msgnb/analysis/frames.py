"""Tables of any kind as narwhals sees them: the columns that are needed, sums, and sessions in order.

Tables that are counted at once (pandas, Polars) are put in order once; of those that are counted later, and
perhaps elsewhere (DuckDB, Spark), every step says its order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import narwhals as nw

from msgnb.core.errors import InvalidRequest

Table = TypeVar("Table")
Frame = Any
"""A table as narwhals sees it, eager or lazy."""

SESSION = ("platform", "account", "session")
ORDER = ("at", "message")
COUNTS = ("messages", "inbound", "outbound")
STAGES = ("accepted", "sent", "delivered", "read")
"""What becomes of a message, one after the other; who got to one got to those before it."""


def frame_of(messages: Any, *columns: str) -> Frame:
    """The columns that are needed, as narwhals sees them.

    Raises:
        InvalidRequest: it is no table, or one without these columns.
    """
    try:
        frame = nw.from_native(messages)
    except TypeError:
        words = f"a {type(messages).__name__} is no table of pandas, Polars, DuckDB, Dask or PySpark"
        raise InvalidRequest.of(messages=words) from None
    there = frame.collect_schema().names()
    if missing := [name for name in columns if name not in there]:
        words = f"the columns {', '.join(missing)} are missing: a table `messages` is needed"
        raise InvalidRequest.of(messages=words)
    chosen = frame.select(*dict.fromkeys(columns))
    # pandas compares and groups categories as they are, and several times faster than text.
    return chosen if chosen.implementation.is_pandas_like() else plain(chosen)


def plain(frame: Frame) -> Frame:
    """With text for categories, which stand in an order that other kinds of tables don't have."""
    kinds = frame.collect_schema()
    named = [name for name, kind in kinds.items() if kind in {nw.Categorical, nw.Enum}]
    return frame.with_columns(*(nw.col(name).cast(nw.String) for name in named)) if named else frame


def given(frame: Frame, *by: str, columns: Sequence[str] = (), descending: bool | list[bool] = False) -> Any:
    """The rows in an order, with all columns or some, in the kind of table that came in."""
    ordered = plain(frame).sort(*by, descending=descending)
    native = (ordered.select(*columns) if columns else ordered).to_native()
    return native.reset_index(drop=True) if frame.implementation.is_pandas_like() else native


def flags(conditions: Mapping[str, Any]) -> list[Any]:
    """Columns of ones and zeros, which every kind of table can sum quickly."""
    return [condition.cast(nw.Int64).alias(name) for name, condition in conditions.items()]


def counted(frame: Frame) -> Frame:
    """With what `COUNTS` sums beside each message."""
    sides = {name: nw.col("direction") == name for name in ("inbound", "outbound")}
    return frame.with_columns(nw.lit(1).alias("messages"), *flags(sides))


def grouped(
    frame: Frame, keys: Sequence[str], counts: Sequence[str], *further: Any, sessions: bool = False
) -> Frame:
    """One row for each value of the keys, with sums of counts, and further aggregates.

    Args:
        frame: the rows, with a column for each count.
        keys: the columns to group by.
        counts: the columns to sum.
        further: aggregates.
        sessions: whether to count how many sessions there are, too.
    """
    distinct = [nw.col("session").n_unique().alias("sessions")] if sessions else []
    sums = [nw.col(name).sum() for name in counts]
    found = frame.group_by(*keys).agg(*sums, *further, *distinct)
    whole = (*counts, "sessions") if sessions else counts
    return found.with_columns(*(nw.col(name).cast(nw.Int64) for name in whole))


class Sessions:
    """Messages whose sessions are looked at one by one, in the order of their times.

    Attributes:
        frame: the messages.
        keys: the columns that tell sessions apart.
        in_order: whether the rows stand in order; otherwise each step says which it is.
    """

    def __init__(self, frame: Frame) -> None:
        self.keys: tuple[str, ...] = SESSION
        self.frame = frame
        self.in_order = isinstance(frame, nw.DataFrame)
        self._names: Frame | None = None
        if self.in_order:
            self._number()

    def _number(self) -> None:
        """Put the messages in order once, and number their sessions: numbers group faster than names."""
        ordered = self.frame.sort(*SESSION, *ORDER)
        begins = nw.any_horizontal(*map(_changed, SESSION), ignore_nulls=True)
        marked = ordered.with_columns(begins.cast(nw.Int64).alias("_session"))
        self._names = plain(marked.filter(nw.col("_session") == 1).select(*SESSION, "_session"))
        self._names = self._names.with_columns(nw.col("_session").cum_sum())
        self.frame = marked.with_columns(nw.col("_session").cum_sum())
        self.keys = ("_session",)

    def over(self, expression: Any, order: Sequence[str] = ORDER) -> Any:
        """An expression that is reckoned in each session by its order."""
        return expression.over(*self.keys, order_by=None if self.in_order else order)

    def named(self, frame: Frame) -> Frame:
        """With the columns that name the session beside each row."""
        if self._names is None:
            return frame
        return frame.join(self._names, on="_session", how="left").drop("_session")


def _changed(name: str) -> Any:
    """Whether a value is another one than that of the row before; what is missing is one value."""
    value, before = nw.col(name), nw.col(name).shift(1)
    here, there = ~value.is_null(), ~before.is_null()
    return (here != there) | ((value != before) & here & there)
