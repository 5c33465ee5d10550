"""Periods, weekdays and spans, in a zone that is named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import narwhals as nw

from msgnb.analysis.frames import Frame
from msgnb.core.errors import InvalidRequest
from msgnb.core.times import zone_of

PERIODS = {"hour": "1h", "day": "1d", "week": "1d", "month": "1mo", "year": "1y"}
UTC_NAMES = frozenset({"UTC", "Etc/UTC", "Z", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu", "Universal", "UCT"})


def check_period(by: str) -> None:
    """Refuse a period that there is not.

    Raises:
        InvalidRequest: it is none of `PERIODS`.
    """
    if by not in PERIODS:
        raise InvalidRequest.of(by=f"{by!r} is no period; there are {', '.join(PERIODS)}")


def with_period(frame: Frame, by: str) -> Frame:
    """With the beginning of its period beside each message."""
    period = nw.col("_local").dt.truncate(PERIODS[by])
    if by != "week":
        return frame.with_columns(period.alias("period"))
    today = weekday(nw.col("_local"))
    monday = period
    for day in range(2, 8):
        monday = nw.when(today == day).then(period.dt.offset_by(f"-{day - 1}d")).otherwise(monday)
    return frame.with_columns(monday.alias("period"))


def weekday(local: Any) -> Any:
    """From 1 for Monday to 7; Spark has 0 for Sunday."""
    day = local.dt.weekday().cast(nw.Int64)
    return nw.when(day == 0).then(nw.lit(7)).otherwise(day).cast(nw.Int64)


def seconds(frame: Frame, later: Any, earlier: Any) -> Any:
    """The whole seconds between two times."""
    if not frame.implementation.is_spark_like():
        return (later - earlier).dt.total_seconds()
    # Spark has no spans, but its times are numbers of seconds.
    span = later.cast(nw.Float64) - earlier.cast(nw.Float64)
    return (span + 0.0005).floor().cast(nw.Int64)


def local(frame: Frame, zone: str) -> Frame:
    """With the time in a zone, without saying so, beside each message."""
    wanted = zone_of(zone)
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
    # SQL moves times by spans only: by what the zone is ahead, from each change of its clock to the next.
    spans = list(_offsets(wanted, *_span(frame)))
    moved = nw.col("_utc").dt.offset_by(f"{spans[0][1]}s")
    for since, ahead in spans[1:]:
        moved = (
            nw.when(nw.col("_utc") >= since).then(nw.col("_utc").dt.offset_by(f"{ahead}s")).otherwise(moved)
        )
    return frame.with_columns(moved.alias("_local"))


def _span(frame: Frame) -> tuple[datetime, datetime]:
    """The earliest and the latest message."""
    found = frame.select(nw.col("_utc").min().alias("first"), nw.col("_utc").max().alias("last"))
    first, last = found.collect().row(0)
    nothing = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
    return first or nothing, last or nothing


def _offsets(zone: tzinfo, first: datetime, last: datetime) -> Iterator[tuple[datetime, int]]:
    """From when on a zone is how many seconds ahead of UTC, over a span; bounds are to the second."""
    moment = first
    seconds = _ahead(zone, moment)
    yield moment, seconds
    while moment < last:
        later = moment + timedelta(days=7)
        if _ahead(zone, later) != seconds:
            change = _change(zone, moment, later, seconds)
            seconds = _ahead(zone, change)
            yield change, seconds
        moment = later


def _change(zone: tzinfo, low: datetime, high: datetime, seconds: int) -> datetime:
    """When, between two moments, the offset changes."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if _ahead(zone, middle) == seconds else (low, middle)
    whole = high.replace(microsecond=0)
    return whole if _ahead(zone, whole) != seconds else whole + timedelta(seconds=1)


def _ahead(zone: tzinfo, utc: datetime) -> int:
    offset = utc.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
