"""Periods, weekdays and durations, in a named time zone.

pandas and Polars convert time zones themselves. SQL engines differ in how they do it, so for them the UTC
offset that applies between two clock changes is added to the times.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import narwhals as nw

from msgnb.analysis.frames import UTC_NAMES, Frame
from msgnb.core.errors import InvalidRequest
from msgnb.core.times import parse_zone

PERIODS = {"hour": "1h", "day": "1d", "week": "1d", "month": "1mo", "year": "1y"}


def check_period(by: str) -> None:
    """Raise an error for a period that does not exist.

    Raises:
        InvalidRequest: it is not one of `PERIODS`.
    """
    if by not in PERIODS:
        raise InvalidRequest.of(by=f"{by!r} is no period; there are {', '.join(PERIODS)}")


def with_period(frame: Frame, by: str) -> Frame:
    """Return a frame with a column `period`: the start of each message's period in local time."""
    period = nw.col("_local").dt.truncate(PERIODS[by])
    if by != "week":
        return frame.with_columns(period.alias("period"))
    today = weekday(nw.col("_local"))
    monday = period
    # An offset is a constant in narwhals, so each weekday needs one of its own.
    for day in range(2, 8):
        monday = nw.when(today == day).then(period.dt.offset_by(f"-{day - 1}d")).otherwise(monday)
    return frame.with_columns(monday.alias("period"))


def weekday(local: Any) -> Any:
    """Return the weekday from 1 for Monday to 7 for Sunday, for which Spark has 0."""
    day = local.dt.weekday().cast(nw.Int64)
    return nw.when(day == 0).then(nw.lit(7)).otherwise(day).cast(nw.Int64)


def seconds(frame: Frame, later: Any, earlier: Any) -> Any:
    """Return the whole seconds between two times."""
    if not frame.implementation.is_spark_like():
        return (later - earlier).dt.total_seconds()
    # narwhals has no durations on Spark, but Spark casts times to seconds.
    span = later.cast(nw.Float64) - earlier.cast(nw.Float64)
    # A difference of floats may be a little less than the whole second that it stands for.
    return (span + 0.0005).floor().cast(nw.Int64)


def with_local_time(frame: Frame, zone: str) -> Frame:
    """Return a frame with a column `_local`: the time on a clock in a zone, as a time without a zone.

    Messages without a time belong to no period, and are left out.

    Raises:
        InvalidRequest: the zone does not exist, or the database connection does not use UTC.
    """
    wanted = parse_zone(zone)
    frame = _with_times(frame)
    kept = getattr(frame.collect_schema()["at"], "time_zone", None)
    at = nw.col("at")
    if isinstance(frame, nw.DataFrame) or frame.implementation.is_polars():
        there = at if kept else at.dt.replace_time_zone("UTC")
        return frame.with_columns(there.dt.convert_time_zone(zone).dt.replace_time_zone(None).alias("_local"))
    if (kept or "UTC") not in UTC_NAMES:
        words = f"the connection counts times in {kept}; say SET TimeZone = 'UTC' first"
        raise InvalidRequest.of(messages=words)
    bare = at.dt.replace_time_zone(None) if kept else at
    frame = frame.with_columns(bare.alias("_utc"))
    if zone in UTC_NAMES:
        return frame.with_columns(nw.col("_utc").alias("_local"))
    # In SQL: add the offset that applies from one clock change to the next.
    utc = nw.col("_utc")
    (_, first), *changes = _offsets(wanted, *_first_and_last(frame))
    moved = utc.dt.offset_by(f"{first}s")
    for since, offset in changes:
        moved = nw.when(utc >= since).then(utc.dt.offset_by(f"{offset}s")).otherwise(moved)
    return frame.with_columns(moved.alias("_local"))


def _with_times(frame: Frame) -> Frame:
    """The messages that have a time; a frame is copied only if some have none."""
    if isinstance(frame, nw.DataFrame) and not frame["at"].null_count():
        return frame
    return frame.filter(~nw.col("at").is_null())


def _first_and_last(frame: Frame) -> tuple[datetime, datetime]:
    """The times of the earliest and the latest message."""
    found = frame.select(nw.col("_utc").min().alias("first"), nw.col("_utc").max().alias("last"))
    first, last = found.collect().row(0)
    nothing = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
    return first or nothing, last or nothing


def _offsets(zone: tzinfo, first: datetime, last: datetime) -> Iterator[tuple[datetime, int]]:
    """The UTC offsets of a zone in seconds, each with the second from which it applies."""
    moment = first
    offset = _utc_offset(zone, moment)
    yield moment, offset
    while moment < last:
        later = moment + timedelta(days=7)
        if _utc_offset(zone, later) != offset:
            change = _find_change(zone, moment, later, offset)
            offset = _utc_offset(zone, change)
            yield change, offset
        moment = later


def _find_change(zone: tzinfo, low: datetime, high: datetime, offset: int) -> datetime:
    """The second, between two times, in which the offset changes."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if _utc_offset(zone, middle) == offset else (low, middle)
    whole = high.replace(microsecond=0)
    return whole if _utc_offset(zone, whole) != offset else whole + timedelta(seconds=1)


def _utc_offset(zone: tzinfo, utc: datetime) -> int:
    offset = utc.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
