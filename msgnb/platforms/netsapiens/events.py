"""How posted objects become events, whichever of its two names a field has (NetSapiens 7.4, 7.5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgnb.core.sending import new_id
from msgnb.events.event import Event, NotAnEvent
from msgnb.platforms.netsapiens import NAME
from msgnb.platforms.netsapiens.field_names import CALL_KEYS, MESSAGE_KEYS, SESSION_KEYS, Names, rename_row
from msgnb.platforms.netsapiens.to_tables import CALL_STATES, DIRECTIONS, parse_time
from msgnb.tables import text

CALL_TOPICS = {"call", "call_origid", "cdr"}
NAMES: Mapping[str, Names] = {
    "message": MESSAGE_KEYS,
    "messagesession": SESSION_KEYS,
    **dict.fromkeys(CALL_TOPICS, CALL_KEYS),
}


# Of the others no post was ever published, so they may have any fields (NetSapiens 7.5).
_REQUIRED: Mapping[str, Sequence[tuple[str, ...]]] = {
    "message": (
        ("messagesession-id",),
        ("text", "media-type", "file-access-url"),
        ("from-number", "from-user-id", "dialed", "terminating-user-id"),
    ),
    "messagesession": (
        ("messagesession-id",),
        ("messagesession-last-message", "messagesession-last-status", "messagesession-last-sender"),
    ),
    "call": (("call-orig-call-id", "call-term-call-id"),),
    "call_origid": (("call-orig-call-id",),),
    "cdr": (("cdr_id", "call-orig-call-id"),),
}
"""Fields that a posted object has, one of each group."""


def parse_event(topic: str, wire: Any, account: str, arrived: datetime) -> Event:
    """Return a posted object as an event.

    Args:
        topic: the event model.
        wire: the posted object.
        account: the account that receives it.
        arrived: when it arrived, for events that have no time of their own.

    Raises:
        NotAnEvent: it is not an object, or lacks what the platform documents for the topic.
    """
    row = _check(topic, wire)
    if topic == "message":
        return _message(row, wire, account, arrived)
    if topic == "messagesession":
        return _session(row, wire, account, arrived)
    if topic in CALL_TOPICS:
        return _call(topic, row, wire, account, arrived)
    user = text(row.get("uid") or row.get("user"))
    return Event(
        NAME,
        account,
        new_id(),
        topic,
        text(row.get("action")),
        _time(row, arrived),
        contact=user,
        raw=wire,
    )


def _check(topic: str, wire: Any) -> dict[str, Any]:
    """Return a posted object with hyphenated names, if it is what the platform documents."""
    if not isinstance(wire, dict) or not wire:
        raise NotAnEvent("it is not an object with fields")
    row = rename_row(wire, NAMES.get(topic, {}))
    groups = _REQUIRED.get(topic, ())
    for group in groups:
        if any(isinstance(row.get(key), dict | list) for key in group):
            raise NotAnEvent(f"{group[0]} is not text")
        if not any(text(row.get(key)) for key in group):
            raise NotAnEvent(f"it has no {' or '.join(group)}")
    direction = text(row.get("direction"))
    if topic == "message" and direction is not None and direction not in DIRECTIONS:
        raise NotAnEvent(f"its direction is {direction!r}")
    return row


def _message(row: Mapping[str, Any], wire: Any, account: str, arrived: datetime) -> Event:
    sender = _first(row, "from-number", "from-user-id")
    recipient = _first(row, "dialed", "terminating-user-id")
    session, value = text(row.get("messagesession-id")), text(row.get("text"))
    reported = DIRECTIONS.get(str(row.get("direction")))
    # Chat has no direction, so the sender decides.
    action = reported or ("outbound" if text(row.get("from-user-id")) == account else "inbound")
    return Event(
        NAME,
        account,
        text(row.get("id")) or new_id(),
        "message",
        action,
        _time(row, arrived),
        session,
        recipient if action == "outbound" else sender,
        value,
        raw=wire,
        # A subscription to sessions posts the same text within about a second (NetSapiens 7.4).
        fingerprint=(session, value),
        channel="message",
    )


def _session(row: Mapping[str, Any], wire: Any, account: str, arrived: datetime) -> Event:
    user, domain = text(row.get("user")), text(row.get("domain"))
    owner = f"{user}@{domain}" if user and domain else account
    session, value = text(row.get("messagesession-id")), text(row.get("messagesession-last-message"))
    sender = text(row.get("messagesession-last-sender"))
    # These events have no direction, so the last sender shows it.
    own = sender in {owner, text(row.get("messagesession-sms-number"))}
    read = row.get("messagesession-last-status") == "read"
    # The platform also posts a session when it is marked as read (NetSapiens 7.4).
    action = "outbound" if own else "read" if read else "inbound"
    return Event(
        NAME,
        owner,
        new_id(),
        "messagesession",
        action,
        _time(row, arrived),
        session,
        text(row.get("messagesession-remote")),
        value,
        raw=wire,
        # A read mark is new; its text was reported when it arrived.
        fingerprint=None if action == "read" else (session, value),
        channel=("messagesession", owner),
    )


def _call(topic: str, row: Mapping[str, Any], wire: Any, account: str, arrived: datetime) -> Event:
    state = CALL_STATES.get(str(row.get("term-orig-info")))
    # `remove` marks the last event of a call; a CDR is written after it (NetSapiens 7.5).
    action = "ended" if topic == "cdr" or row.get("remove") == "yes" else state
    session = _first(row, "call-orig-call-id", "cdr_id")
    called = text(row.get("call-dialed-number"))
    return Event(
        NAME,
        account,
        new_id(),
        topic,
        action,
        _time(row, arrived),
        session,
        called,
        raw=wire,
        fingerprint=(session, action),
        channel=topic,
    )


def _first(row: Mapping[str, Any], *keys: str) -> str | None:
    return next((found for key in keys if (found := text(row.get(key)))), None)


def _time(row: Mapping[str, Any], arrived: datetime) -> datetime:
    """When it happened; an event of a call happens when it arrives, whenever the call started."""
    return parse_time(row.get("timestamp") or row.get("messagesession-last-datetime")) or arrived
