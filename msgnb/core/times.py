"""Moments as people write them: a day, or a time with its zone; and zones by their names."""

from __future__ import annotations

from datetime import UTC, date, datetime, tzinfo
from typing import overload
from zoneinfo import ZoneInfo

from msgnb.core.errors import InvalidRequest

When = datetime | date | str


@overload
def instant(given: When, field: str) -> datetime: ...
@overload
def instant(given: None, field: str) -> None: ...
def instant(given: When | None, field: str) -> datetime | None:
    """A moment; a day without a time is its midnight in UTC, and none is none.

    Raises:
        InvalidRequest: it is no time, or a time without a zone.
    """
    if given is None:
        return None
    moment = read(given, field)
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            words = "has a time but no zone; write datetime(…, tzinfo=UTC), or a day as 2026-10-31"
            raise InvalidRequest.of(**{field: f"{given} {words}"})
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def read(given: When, field: str) -> datetime | date:
    """What is written, as a time or a day.

    Raises:
        InvalidRequest: it is neither.
    """
    if not isinstance(given, str):
        return given
    try:
        return date.fromisoformat(given) if len(given) == len("YYYY-MM-DD") else datetime.fromisoformat(given)
    except ValueError:
        raise InvalidRequest.of(**{field: f"{given!r} is no time; write it like 2026-10-31"}) from None


def zone_of(zone: str | tzinfo) -> tzinfo:
    """A zone by its name.

    Raises:
        InvalidRequest: there is none of that name.
    """
    if not isinstance(zone, str):
        return zone
    try:
        return ZoneInfo(zone)
    except (ValueError, OSError, KeyError):
        raise InvalidRequest.of(zone=f"{zone!r} is none; write it like America/Sao_Paulo") from None
