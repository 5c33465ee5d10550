"""Times and time zones as people write them.

Arguments such as `since` take a `When`: a `datetime`, a `date`, or either of them as ISO text. A day without
a time is its midnight in UTC. A time without a zone is refused rather than guessed, since a guess would move
messages into another day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import Any, overload
from zoneinfo import ZoneInfo

from msgnb.core.errors import InvalidRequest

When = datetime | date | str


def parse_wire_time(value: Any) -> datetime | None:
    """Return a time in ISO 8601 that a platform wrote, in UTC; without a zone it is in UTC.

    `None` if it is missing, can't be read, or lies beyond the calendar in UTC.

    >>> parse_wire_time("2026-11-02 09:00:00")
    datetime.datetime(2026, 11, 2, 9, 0, tzinfo=datetime.timezone.utc)
    """
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        return None


@overload
def parse_when(given: When, field: str) -> datetime: ...
@overload
def parse_when(given: None, field: str) -> None: ...
def parse_when(given: When | None, field: str) -> datetime | None:
    """Return a time with its zone; `None` stays `None`.

    >>> parse_when("2026-10-31", "since")
    datetime.datetime(2026, 10, 31, 0, 0, tzinfo=datetime.timezone.utc)

    Args:
        given: a time with a zone, or a day.
        field: the name of the argument, for the error.

    Raises:
        InvalidRequest: it is not a time, or is a time without a zone.
    """
    if given is None:
        return None
    moment = parse_day_or_time(given, field)
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            problem = "has a time but no zone; write datetime(…, tzinfo=UTC), or a day as 2026-10-31"
            raise InvalidRequest.of(**{field: f"{given} {problem}"})
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def parse_day_or_time(given: When, field: str) -> datetime | date:
    """Return a day as a `date` and a time as a `datetime`.

    It is for platforms whose days don't start at midnight in UTC.

    Raises:
        InvalidRequest: it is neither.
    """
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given) if len(given) == len("YYYY-MM-DD") else datetime.fromisoformat(given)
    except ValueError:
        raise InvalidRequest.of(**{field: f"{given!r} is no time; write it like 2026-10-31"}) from None


def parse_zone(zone: str | tzinfo) -> tzinfo:
    """Return a time zone by its IANA name, such as `America/Sao_Paulo`.

    Raises:
        InvalidRequest: there is no zone of this name.
    """
    if not isinstance(zone, str):
        return zone
    try:
        return ZoneInfo(zone)
    # Which of them is raised depends on the name: empty, a folder of the database, or unknown.
    except (ValueError, OSError, KeyError):
        raise InvalidRequest.of(zone=f"{zone!r} is none; write it like America/Sao_Paulo") from None
