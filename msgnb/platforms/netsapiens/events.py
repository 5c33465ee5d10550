"""How posted objects become events, whichever of its two names a field has (NetSapiens 7.4, 7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgnb.core.sending import new_id
from msgnb.events.event import Event
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


def parse_event(topic: str, wire: Any, account: str, arrived: datetime) -> Event:
    """Return a posted object as an event; what is not an object becomes one without content.

    Args:
        topic: the event model.
        wire: the posted object.
        account: the account that receives it.
        arrived: when it arrived, for events that have no time of their own.
    """
    row = rename_row(wire, NAMES.get(topic, {})) if isinstance(wire, dict) else {}
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
