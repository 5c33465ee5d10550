"""One posted event, whatever the platform, and the table of many.

Platforms tell the same thing twice: under two models, to two users, or by a post that is repeated. `Deduplicator`
finds the earlier event that told the same.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from msgnb import tables

if TYPE_CHECKING:
    import pandas as pd

APART = timedelta(seconds=5)
"""How far the times of two events may lie apart that tell the same."""
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Event:
    """One event; the fields are the columns of the table `events`.

    `raw` is what the platform posted. `subject` is what the event tells, equal for two that may tell the
    same, `None` where nothing else tells it; `teller` is who tells it, once.
    """

    platform: str
    account: str
    event: str
    topic: str
    action: str | None
    at: datetime
    session: str | None = None
    contact: str | None = None
    value: str | None = None
    duplicate_of: str | None = None
    raw: Any = field(default=None, repr=False)
    subject: Hashable = field(default=None, repr=False)
    teller: Hashable = field(default=None, repr=False)


@dataclass(slots=True)
class _Happening:
    """Something that was told, by whom, and the first event that did."""

    event: str
    at: datetime
    tellers: set[Hashable]


class Deduplicator:
    """Remembers what was told, the latest thousands of it."""

    def __init__(self) -> None:
        self._told: OrderedDict[Hashable, list[_Happening]] = OrderedDict()
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    def first(self, event: Event) -> str | None:
        """The event that told the same before, `None` where this is the first."""
        if event.subject is None:
            return None
        if (event.topic, event.event) in self._ids:
            return event.event
        _remember(self._ids, (event.topic, event.event), None)
        happenings = self._told.get(event.subject, [])
        for happening in happenings:
            # Who has told one thing and tells it again, tells another: "ok", and "ok" once more.
            if event.teller not in happening.tellers and abs(event.at - happening.at) <= APART:
                happening.tellers.add(event.teller)
                return happening.event
        recent = [each for each in happenings if event.at - each.at <= APART]
        made = _Happening(event.event, event.at, {event.teller})
        _remember(self._told, event.subject, [*recent, made])
        return None


def _remember(memory: OrderedDict[Any, Any], key: Hashable, value: Any) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)


def frame(events: Iterable[Event], *, raw: bool = False) -> pd.DataFrame:
    """Events as a table `events`, in their order."""
    found = list(events)
    names = ("account", "event", "topic", "action", "session", "contact", "value", "duplicate_of")
    values: dict[str, Any] = {name: [getattr(event, name) for event in found] for name in names}
    values["platform"] = [event.platform for event in found]
    values["at"] = [event.at.isoformat() for event in found]
    values["extras"] = [orjson.dumps(event.raw).decode() for event in found]
    return tables.EVENTS.frame(len(found), values, raw=[event.raw for event in found] if raw else None)
