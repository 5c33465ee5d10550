"""Messages of any library as narwhals frames: the columns that are needed, sums, and sessions in order.

narwhals has one API for pandas, Polars, DuckDB, Dask and PySpark. Eager frames (pandas, Polars) are sorted
once. Lazy frames (DuckDB, Spark, lazy Polars) have no row order, so each window expression names its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw

from msgnb.core.errors import InvalidRequest

Messages = Any
"""A `messages` table of pandas, Polars, DuckDB, Dask or PySpark."""
Frame = Any
"""A narwhals frame, eager or lazy."""

SESSION = ("platform", "account", "session")
"""The columns that identify a session."""
ORDER = ("at", "message", "direction")
"""The order of the messages of a session: by time, then by ID; the direction decides between missing IDs."""
UTC_NAMES = frozenset({"UTC", "Etc/UTC", "Z", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu", "Universal", "UCT"})
COUNTS = ("messages", "inbound", "outbound")
STAGES = ("accepted", "sent", "delivered", "read")
"""The delivery statuses in the order in which a message reaches them."""


def select_columns(messages: Messages, *columns: str) -> Frame:
    """Return the columns that are needed, as a narwhals frame.

    Times are converted to UTC where that does not depend on a database connection.

    Raises:
        InvalidRequest: it is not a table, or a column is missing.
    """
    try:
        frame = nw.from_native(messages)
    except TypeError:
        words = f"a {type(messages).__name__} is no table of pandas, Polars, DuckDB, Dask or PySpark"
        raise InvalidRequest.of(messages=words) from None
    available = frame.collect_schema().names()
    if missing := [name for name in columns if name not in available]:
        words = f"the columns {', '.join(missing)} are missing: a table `messages` is needed"
        raise InvalidRequest.of(messages=words)
    chosen = _in_utc(frame.select(*dict.fromkeys(columns)))
    # pandas compares and groups categories as they are, and several times faster than text.
    return chosen if chosen.implementation.is_pandas_like() else categories_as_text(chosen)


def _in_utc(frame: Frame) -> Frame:
    """A frame of pandas or Polars whose times of another zone are converted to UTC."""
    if frame.implementation.is_pandas_like():
        # narwhals does not recognize zones with an underscore in pandas, such as America/Sao_Paulo.
        native = frame.to_native()
        zone = getattr(getattr(native.get("at"), "dt", None), "tz", None)
        if zone is None or str(zone) in UTC_NAMES:
            return frame
        return nw.from_native(native.assign(at=native["at"].dt.tz_convert("UTC")))
    if not frame.implementation.is_polars():
        return frame
    zone = getattr(frame.collect_schema().get("at"), "time_zone", None)
    if zone is None or zone in UTC_NAMES:
        return frame
    return frame.with_columns(nw.col("at").dt.convert_time_zone("UTC"))


def categories_as_text(frame: Frame) -> Frame:
    """Return a frame with text instead of categories, which sort differently in each library."""
    schema = frame.collect_schema()
    named = [name for name, dtype in schema.items() if dtype in {nw.Categorical, nw.Enum}]
    return frame.with_columns(*(nw.col(name).cast(nw.String) for name in named)) if named else frame


def indicator_columns(conditions: Mapping[str, Any]) -> list[Any]:
    """Return conditions as columns of ones and zeros, which every library sums quickly."""
    return [condition.cast(nw.Int64).alias(name) for name, condition in conditions.items()]


def with_counts(frame: Frame) -> Frame:
    """Return a frame with the columns `COUNTS`, which are ones and zeros to be summed."""
    sides = {name: nw.col("direction") == name for name in ("inbound", "outbound")}
    return frame.with_columns(nw.lit(1).alias("messages"), *indicator_columns(sides))


def aggregate(
    frame: Frame, keys: Sequence[str], counts: Sequence[str], *further: Any, sessions: bool = False
) -> Frame:
    """Return one row per value of the keys, with the sums of counts and further aggregates.

    Args:
        frame: the rows, with a column for each count.
        keys: the columns to group by.
        counts: the columns to sum.
        further: more aggregate expressions.
        sessions: whether to count the distinct sessions too.
    """
    distinct = [nw.col("session").n_unique().alias("sessions")] if sessions else []
    sums = [nw.col(name).sum() for name in counts]
    grouped = frame.group_by(*keys).agg(*sums, *further, *distinct)
    # Libraries differ in the types of their sums and counts.
    integers = (*counts, "sessions") if sessions else counts
    return grouped.with_columns(*(nw.col(name).cast(nw.Int64) for name in integers))


class Sessions:
    """Messages for window expressions that look at each session in the order of its messages.

    Attributes:
        frame: the messages.
        keys: the columns that identify a session in `frame`.
        in_order: whether the rows are sorted; if not, each window expression sorts.
    """

    def __init__(self, frame: Frame) -> None:
        self.keys: tuple[str, ...] = SESSION
        self.frame = frame
        self.in_order = isinstance(frame, nw.DataFrame)
        self._names: Frame | None = None
        if self.in_order:
            self._number()

    def _number(self) -> None:
        """Sort the messages once, and number their sessions: numbers group faster than three text columns."""
        ordered = self.frame.sort(*SESSION, *ORDER)
        starts = nw.any_horizontal(*map(_differs_from_previous, SESSION), ignore_nulls=True)
        marked = ordered.with_columns(starts.cast(nw.Int64).alias("_session"))
        self._names = categories_as_text(marked.filter(nw.col("_session") == 1).select(*SESSION, "_session"))
        self._names = self._names.with_columns(nw.col("_session").cum_sum())
        self.frame = marked.with_columns(nw.col("_session").cum_sum())
        self.keys = ("_session",)

    def over(self, expression: Any, order: Sequence[str] = ORDER) -> Any:
        """Return an expression that is computed within each session, in order."""
        return expression.over(*self.keys, order_by=None if self.in_order else order)

    def with_names(self, frame: Frame) -> Frame:
        """Return a frame with the columns `SESSION` instead of the number of the session."""
        if self._names is None:
            return frame
        return frame.join(self._names, on="_session", how="left").drop("_session")


def _differs_from_previous(name: str) -> Any:
    """Whether a value differs from that of the previous row; two missing values are equal."""
    value, before = nw.col(name), nw.col(name).shift(1)
    here, there = ~value.is_null(), ~before.is_null()
    return (here != there) | ((value != before) & here & there)
