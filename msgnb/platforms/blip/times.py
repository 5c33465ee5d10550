"""Times in the format that BLiP uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgnb.core.errors import InvalidRequest
from msgnb.core.times import When, parse_day_or_time, parse_when, parse_wire_time

MIDNIGHT = timedelta(hours=3)
"""A day of the platform's counters starts at 03:00 UTC, which is midnight in Brazil (BLiP 2.3)."""


def future_time(given: When | timedelta, field: str, clock: Callable[[], datetime]) -> datetime:
    """Return a time that is to come, or that is some span from now.

    Raises:
        InvalidRequest: it has passed, is not a time, or has no zone; `field` is what the error calls it.
    """
    moment = given if isinstance(given, timedelta) else parse_when(given, field)
    now = clock()
    found = now + moment if isinstance(moment, timedelta) else moment
    if found <= now:
        raise InvalidRequest.of(**{field: f"{found:%Y-%m-%d %H:%M:%S %Z} is in the past"})
    return found


def timestamp(moment: datetime) -> str:
    """Return a time as the platform writes it: in UTC, with milliseconds."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def message_time(message: Mapping[str, Any]) -> datetime | None:
    """Return when a message of a thread was stored; without a zone it is in UTC.

    `None` if that is missing, or can't be read.
    """
    return parse_wire_time(message.get("date"))


def span_of_days(since: When | None, until: When | None) -> dict[str, str | None]:
    """Return the parameters of a uri that select some of the platform's days (BLiP 2.3).

    Raises:
        InvalidRequest: one is not a time, or has no zone.
    """
    return {"startDate": first_moment(since, "since"), "endDate": last_moment(until, "until")}


def first_moment(given: When | None, field: str) -> str | None:
    """Return the start of a span of the platform's days."""
    return None if given is None else timestamp(_start(given, field))


def last_moment(given: When | None, field: str) -> str | None:
    """Return the end of a span of the platform's days; a day is part of the span."""
    if given is None:
        return None
    moment = parse_day_or_time(given, field)
    if isinstance(moment, datetime):
        return timestamp(parse_when(moment, field))
    # Whether the end belongs to the span is not documented, so it must not touch the next day (BLiP 2.3).
    return timestamp(_start(moment, field) + timedelta(days=1) - timedelta(milliseconds=1))


def _start(given: When, field: str) -> datetime:
    moment = parse_day_or_time(given, field)
    return parse_when(given, field) if isinstance(moment, datetime) else parse_when(moment, field) + MIDNIGHT
