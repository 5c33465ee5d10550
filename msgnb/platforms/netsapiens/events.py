"""How posted objects become events, under either of the names that they have (NetSapiens 7.4, 7.5)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgnb.core.sending import new_id
from msgnb.events.event import Event
from msgnb.platforms.netsapiens.field_names import CALL_KEYS, MESSAGE_KEYS, SESSION_KEYS, Names, respelt
from msgnb.platforms.netsapiens.to_tables import CALL_STATES, moment
from msgnb.tables import text

PLATFORM = "netsapiens"
CALL_TOPICS = {"call", "call_origid", "cdr"}
NAMES: Mapping[str, Names] = {
    "message": MESSAGE_KEYS,
    "messagesession": SESSION_KEYS,
    **dict.fromkeys(CALL_TOPICS, CALL_KEYS),
}


def event_of(topic: str, wire: Any, account: str, arrived: datetime) -> Event:
    """A posted object as an event; what can't be read is kept all the same."""
    row = respelt(wire, NAMES.get(topic, {})) if isinstance(wire, dict) else {}
    if topic == "message":
        return _message(row, wire, account, arrived)
    if topic == "messagesession":
        return _session(row, wire, account, arrived)
    if topic in CALL_TOPICS:
        return _call(topic, row, wire, account, arrived)
    user = text(row.get("uid") or row.get("user"))
    return Event(
        PLATFORM,
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
    told = {"orig": "inbound", "term": "outbound"}.get(str(row.get("direction")))
    # Chat leaves the direction empty, and there the sender tells.
    action = told or ("outbound" if text(row.get("from-user-id")) == account else "inbound")
    return Event(
        PLATFORM,
        account,
        text(row.get("id")) or new_id(),
        "message",
        action,
        _time(row, arrived),
        session,
        recipient if action == "outbound" else sender,
        value,
        raw=wire,
        subject=(session, value),
        teller="message",
    )


def _session(row: Mapping[str, Any], wire: Any, account: str, arrived: datetime) -> Event:
    user, domain = text(row.get("user")), text(row.get("domain"))
    owner = f"{user}@{domain}" if user and domain else account
    session, value = text(row.get("messagesession-id")), text(row.get("messagesession-last-message"))
    sender = text(row.get("messagesession-last-sender"))
    own = sender in {owner, text(row.get("messagesession-sms-number"))}
    read = row.get("messagesession-last-status") == "read"
    action = "outbound" if own else "read" if read else "inbound"
    return Event(
        PLATFORM,
        owner,
        new_id(),
        "messagesession",
        action,
        _time(row, arrived),
        session,
        text(row.get("messagesession-remote")),
        value,
        raw=wire,
        # A read mark is news; its text was told when it came.
        subject=None if action == "read" else (session, value),
        teller=("messagesession", owner),
    )


def _call(topic: str, row: Mapping[str, Any], wire: Any, account: str, arrived: datetime) -> Event:
    state = CALL_STATES.get(str(row.get("term-orig-info")))
    action = "ended" if topic == "cdr" or row.get("remove") == "yes" else state
    session = _first(row, "call-orig-call-id", "cdr_id")
    called = text(row.get("call-dialed-number"))
    return Event(
        PLATFORM,
        account,
        new_id(),
        topic,
        action,
        _time(row, arrived),
        session,
        called,
        raw=wire,
        subject=(session, action),
        teller=topic,
    )


def _first(row: Mapping[str, Any], *keys: str) -> str | None:
    return next((found for key in keys if (found := text(row.get(key)))), None)


def _time(row: Mapping[str, Any], arrived: datetime) -> datetime:
    """When it happened; a call's event happens when it comes, whenever the call began."""
    told = moment(row.get("timestamp") or row.get("messagesession-last-datetime"))
    try:
        found = datetime.fromisoformat(told) if told else arrived
    except ValueError:
        return arrived
    return found if found.tzinfo else found.replace(tzinfo=UTC)
