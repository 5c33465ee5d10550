"""One posted event, the table of many, and how duplicates are recognized.

Platforms report the same occurrence more than once. A message is posted as a message and as a change of its
session, perhaps to several users, and a post whose response got lost is repeated. IDs recognize only the last
case, so an event also has two fields that its platform fills in:

* `fingerprint` is equal for events that may report the same occurrence, for example session and text.
* `channel` is the way on which it was reported, for example the topic and the user.

Two events with the same fingerprint, a few seconds apart and on different channels, are one occurrence. On
the same channel they are two: a person who writes "ok" twice has sent two messages.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from msgnb import tables

if TYPE_CHECKING:
    import pandas as pd

DUPLICATE_WINDOW = timedelta(seconds=5)
"""How far apart the times of two events may be that report the same occurrence."""
MAX_REMEMBERED = 10_000
"""Fingerprints, and IDs, that are remembered; the oldest are forgotten first."""
MAX_ALIKE = 100
"""Events that are remembered of one fingerprint, such as everybody's "ok" in a chat."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        platform: the platform.
        account: the account that received it.
        event: its ID, which msgnb generates if the platform has none.
        topic: what was subscribed to.
        action: what happened, such as `inbound`.
        at: when it happened.
        session: the ID of the session.
        contact: the other side.
        value: the content, such as the text of a message.
        duplicate_of: the ID of the earlier event that reported the same; `None` if this is the first one.
        raw: what the platform posted.
        fingerprint: equal for events that may report the same occurrence; `None` if no other event reports
            it.
        channel: the way on which it was reported.
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
    fingerprint: Hashable = field(default=None, repr=False)
    channel: Hashable = field(default=None, repr=False)


@dataclass(slots=True)
class _Occurrence:
    """Something that was reported: the first event that did so, and the channels that have reported it."""

    event: str
    at: datetime
    channels: set[Hashable]


class NotAnEvent(ValueError):
    """A posted object is not what the platform documents; the text says in which respect."""


@dataclass(frozen=True, slots=True)
class Unrecognised:
    """A posted object that is not an event that the platform documents. It reaches no callback.

    Attributes:
        topic: what was subscribed to.
        at: when it arrived.
        reason: what is wrong with it.
        raw: what was posted.
    """

    topic: str
    at: datetime
    reason: str
    raw: Any = field(repr=False)


class Deduplicator:
    """Recognizes events that report what an earlier one has reported."""

    def __init__(self) -> None:
        self._occurrences: OrderedDict[Hashable, list[_Occurrence]] = OrderedDict()
        self._ids: OrderedDict[tuple[str, str], None] = OrderedDict()

    def find_original(self, event: Event) -> str | None:
        """Return the ID of the event that reported the same before; `None` if there is none.

        The event is remembered, so call this once for each event, in the order of arrival.
        """
        if event.fingerprint is None:
            return None
        if (event.topic, event.event) in self._ids:
            return event.event
        _remember(self._ids, (event.topic, event.event), None)
        occurrences = self._occurrences.get(event.fingerprint, [])
        for occurrence in occurrences:
            close = abs(event.at - occurrence.at) <= DUPLICATE_WINDOW
            # A channel reports an occurrence once. If it does so again, that is another one: "ok", and "ok"
            # again.
            if close and event.channel not in occurrence.channels:
                occurrence.channels.add(event.channel)
                return occurrence.event
        new = _Occurrence(event.event, event.at, {event.channel})
        _remember(self._occurrences, event.fingerprint, [*occurrences[-MAX_ALIKE:], new])
        return None

    def knows(self, event: Event, listed: Collection[str]) -> bool:
        """Return whether an event that was read from the history had been posted before; remembers nothing.

        Args:
            event: the event.
            listed: the IDs of all events that were read with it. An occurrence of the same moment with none
                of these IDs was posted without the platform's ID, and is this one.
        """
        if event.fingerprint is None or (event.topic, event.event) in self._ids:
            return True
        occurrences = self._occurrences.get(event.fingerprint, [])
        return any(each.at == event.at and each.event not in listed for each in occurrences)


def _remember(memory: OrderedDict[Any, Any], key: Hashable, value: Any) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)


def make_frame(events: Iterable[Event], *, raw: bool = False) -> pd.DataFrame:
    """Return events as a table `events`, in their order.

    Args:
        events: the events.
        raw: add the posted objects as a last column.
    """
    rows = list(events)
    names = ("account", "event", "topic", "action", "session", "contact", "value", "duplicate_of")
    values: dict[str, Any] = {name: [getattr(event, name) for event in rows] for name in names}
    values["platform"] = [event.platform for event in rows]
    values["at"] = [event.at.isoformat() for event in rows]
    values["extras"] = [orjson.dumps(event.raw).decode() for event in rows]
    return tables.EVENTS.frame(len(rows), values, raw=[event.raw for event in rows] if raw else None)
