"""Event tracks (BLiP 2.3)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip.lime import (
    Command,
    Document,
    collection,
    not_found,
    parse_time,
    require_text,
    stamp,
)
from msgnb_mocks.platforms.blip.state import State, Track

TRACK = "application/vnd.iris.eventTrack+json"
# The counters count days in Brazilian time.
MIDNIGHT = timedelta(hours=3)


def track(state: State, command: Command) -> None:
    """Track an event."""
    category, action = (require_text(command.resource, key) for key in ("category", "action"))
    now = state.now
    state.tracks.append(Track(now, category, action, {**command.resource, "storageDate": stamp(now)}))


def get_categories(state: State, command: Command) -> Document:
    """List the categories."""
    skip, take = command.page(100, 10_000)
    names = list(dict.fromkeys(entry.category for entry in state.tracks))
    # Neither categories nor counters have a total (BLiP 2.3).
    return collection([{"category": name} for name in names[skip : skip + take]], TRACK)


def get_counters(state: State, command: Command) -> Document:
    """List the counters of a category by day and action; a count is text."""
    skip, take = command.page(100, 10_000)
    category = command.parts["category"]
    counted = Counter(
        (day(entry.at), entry.action) for entry in _between(state, command) if entry.category == category
    )
    rows = [
        _counter(date, category, action, count)
        for (date, action), count in sorted(counted.items(), reverse=True)
    ]
    return collection(rows[skip : skip + take], TRACK)


def get_details(state: State, command: Command) -> Document:
    """List the events of a category and action; today's if no dates are given."""
    # Up to 500 items, while categories and counters have up to 10,000 (BLiP 2.3).
    skip, take = command.page(100, 500)
    wanted = (command.parts["category"], command.parts["action"])
    dated = {"startDate", "endDate"} & command.query.keys()
    today = day(state.now)
    found = [
        entry
        for entry in _between(state, command)
        if (entry.category, entry.action) == wanted and (dated or day(entry.at) == today)
    ]
    found.sort(key=lambda entry: entry.at, reverse=True)
    return collection([entry.wire for entry in found[skip : skip + take]], TRACK, len(found))


def delete_category(state: State, command: Command) -> None:
    """Delete a category with all its events."""
    kept = [entry for entry in state.tracks if entry.category != command.parts["category"]]
    if len(kept) == len(state.tracks):
        raise not_found()
    state.tracks[:] = kept


def _between(state: State, command: Command) -> list[Track]:
    """Return the events from startDate to endDate, both days included."""
    start, end = command.query.get("startDate"), command.query.get("endDate")
    first = parse_time(start) if start else datetime.min.replace(tzinfo=UTC)
    last = parse_time(end) if end else datetime.max.replace(tzinfo=UTC)
    if end and len(end) == len("YYYY-MM-DD"):
        last += timedelta(days=1)
    return [entry for entry in state.tracks if first <= entry.at <= last]


def day(at: datetime) -> datetime:
    """Return the start of a time's day, as the counters count days."""
    return (at - MIDNIGHT).replace(hour=0, minute=0, second=0, microsecond=0) + MIDNIGHT


def _counter(date: datetime, category: str, action: str, count: int) -> dict[str, Json]:
    return {"storageDate": stamp(date), "category": category, "action": action, "count": str(count)}
