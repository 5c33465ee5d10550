"""Metrics of a bot, computed from its threads (BLiP 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip.lime import (
    Command,
    Document,
    collection,
    invalid,
    not_found,
    parse_time,
    stamp,
)
from msgnb_mocks.platforms.blip.state import Message, State
from msgnb_mocks.platforms.blip.tracking import day

INDICATORS = "application/vnd.iris.analytics.metric-indicators+json"
IDENTITY = "application/vnd.iris.analytics.metric-identity+json"
DEFAULT_DAYS = 30

ThreadMessage = tuple[str, Message]
"""A message with the identity whose thread it is in."""
Count = Callable[[list[ThreadMessage]], int]


def _received(messages: list[ThreadMessage]) -> int:
    return sum(not message.sent for _, message in messages)


def _sent(messages: list[ThreadMessage]) -> int:
    return sum(message.sent for _, message in messages)


def _users(messages: list[ThreadMessage]) -> int:
    return len({identity for identity, _ in messages})


def _engaged(messages: list[ThreadMessage]) -> int:
    return len({identity for identity, message in messages if not message.sent})


METRICS: dict[str, Count] = {
    "active-messages": len,
    "active-messages-per-domain": len,
    "active-identity": _users,
    "engaged-identity": _engaged,
    "received-messages": _received,
    "sent-messages": _sent,
}


def get_metric(state: State, command: Command) -> Document:
    """Return a metric by day, by month, or for the whole time."""
    count = METRICS.get(command.parts["name"])
    if count is None:
        raise not_found()
    start, end = _range(state, command)
    rows: list[dict[str, Json]] = []
    for first, last in _intervals(command.parts["interval"], start, end):
        messages = [each for each in _messages(state) if first <= each[1].at < last]
        bounds: dict[str, Json] = {"intervalStart": stamp(first), "intervalEnd": stamp(last)}
        if command.parts["name"].endswith("per-domain"):
            rows += [
                {**bounds, "domain": name, "count": count(some)} for name, some in _domains(messages).items()
            ]
        else:
            rows.append({**bounds, "count": count(messages)})
    item_type = IDENTITY if "metric-identity" in state.quirks else INDICATORS
    return collection(rows, item_type, len(rows))


def _range(state: State, command: Command) -> tuple[datetime, datetime]:
    given = command.query
    end = parse_time(given["endDate"]) if given.get("endDate") else state.now
    start = (
        parse_time(given["startDate"]) if given.get("startDate") else day(end) - timedelta(days=DEFAULT_DAYS)
    )
    if start > end:
        raise invalid("The startDate must be before the endDate")
    return start, end


def _intervals(interval: str, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    if interval == "NI":
        yield start, end
        return
    if interval not in {"D", "M"}:
        raise invalid(f"Invalid interval '{interval}'")
    while start < end:
        following = min(end, start + timedelta(days=1) if interval == "D" else _month_later(start))
        yield start, following
        start = following


def _month_later(at: datetime) -> datetime:
    # Every month has a 28th.
    return at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1, day=min(at.day, 28))


def _messages(state: State) -> Iterator[ThreadMessage]:
    return ((identity, message) for identity, thread in state.threads.items() for message in thread)


def _domains(messages: list[ThreadMessage]) -> dict[str, list[ThreadMessage]]:
    found: dict[str, list[ThreadMessage]] = {}
    for identity, message in messages:
        found.setdefault(identity.partition("@")[2], []).append((identity, message))
    return found
