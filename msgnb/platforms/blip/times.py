"""Times as BLiP takes them, from what people write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgnb.core.errors import InvalidRequest
from msgnb.core.times import When, instant, read

MIDNIGHT = timedelta(hours=3)
"""A day of the platform's counters begins at three in UTC, which is midnight in Brazil (BLiP 2.3)."""


def coming(given: When | timedelta, field: str, clock: Callable[[], datetime]) -> datetime:
    """A moment to come, or a span from now.

    Raises:
        InvalidRequest: it is over, no time, or a time without a zone.
    """
    moment = given if isinstance(given, timedelta) else instant(given, field)
    now = clock()
    found = now + moment if isinstance(moment, timedelta) else moment
    if found <= now:
        raise InvalidRequest.of(**{field: f"{found:%Y-%m-%d %H:%M:%S %Z} is over already"})
    return found


def stamp(moment: datetime) -> str:
    """A moment as the platform writes it, in UTC to the millisecond."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def first_moment(given: When | None, field: str) -> str | None:
    """Where a span of the platform's days begins."""
    return None if given is None else stamp(_day_or_moment(given, field))


def last_moment(given: When | None, field: str) -> str | None:
    """Where a span of the platform's days ends; a day is part of it."""
    if given is None:
        return None
    moment = read(given, field)
    if isinstance(moment, datetime):
        return stamp(instant(moment, field))
    return stamp(_day_or_moment(moment, field) + timedelta(days=1) - timedelta(milliseconds=1))


def _day_or_moment(given: When, field: str) -> datetime:
    moment = read(given, field)
    return instant(given, field) if isinstance(moment, datetime) else instant(moment, field) + MIDNIGHT
