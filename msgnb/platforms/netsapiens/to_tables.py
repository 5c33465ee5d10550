"""How NetSapiens' objects become rows of the tables.

Servers send numbers where the documents say text, and times under two names and in several formats; all of
them are read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.times import parse_wire_time
from msgnb.platforms.netsapiens import NAME
from msgnb.platforms.netsapiens.field_names import CALL_KEYS, MESSAGE_KEYS, SESSION_KEYS, rename_rows
from msgnb.platforms.netsapiens.payloads import Wire

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]

# All other types are kinds of chat; the platform's list of them is open (NetSapiens 3.1).
_CHANNELS = {"sms": "sms", "mms": "mms"}
DIRECTIONS = {"orig": "inbound", "term": "outbound"}
_STATUSES = {
    "sending": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
}
_MESSAGE_KEYS = (
    "id", "timestamp", "type", "direction", "from-number", "from-user-id", "dialed", "terminating-user-id",
    "text", "status", "media-type", "media-size", "file-access-url",
)  # fmt: skip
CALL_STATES = {"alerting": "ringing", "active": "active"}
_PHONES = ("cell", "work", "home")
"""The phone numbers of a contact, the one to write to first."""


def sessions(wire: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Return message sessions as a table `sessions` (NetSapiens 2)."""
    found = rename_rows(wire, SESSION_KEYS)
    owners = [_owner(row, account) for row in found]
    values = {
        "platform": NAME,
        "account": owners,
        "session": tables.texts(found, "messagesession-id"),
        "contact": tables.texts(found, "messagesession-remote"),
        "name": tables.texts(found, "messagesession-name"),
        "kind": tables.choices(_CHANNELS, (row.get("messagesession-last-type") for row in found), "chat"),
        "participants": tables.texts(found, "messagesession-participants"),
        "started_at": _times(found, "messagesession-start"),
        "last_at": _times(found, "messagesession-last"),
        "last_text": tables.texts(found, "messagesession-last-message"),
        "last_direction": [_last_direction(row, owner) for row, owner in zip(found, owners, strict=True)],
        "unread": [_unread(row.get("messagesession-last-status")) for row in found],
    }
    return tables.SESSIONS.frame(len(found), values, raw=wire if raw else None)


def messages(pages: Iterable[Sequence[Row]], account: str, session: str, *, raw: bool) -> pd.DataFrame:
    """Return pages of messages as a table `messages` (NetSapiens 3.1)."""
    return tables.MESSAGES.joined([message_rows(pages, account, session, raw=raw)], raw=raw)


def message_rows(pages: Iterable[Sequence[Row]], account: str, session: str, *, raw: bool) -> tables.Rows:
    """Return pages of messages as rows of a table `messages` (NetSapiens 3.1)."""
    # Pages come from an iterator, and with `raw` they are read twice.
    pages = list(pages) if raw else pages
    wire = tables.columns((rename_rows(page, MESSAGE_KEYS) for page in pages), *_MESSAGE_KEYS)
    media = tables.as_texts(wire["media-type"])
    directions = _directions(wire["direction"], wire["from-user-id"], account)
    values = {
        "platform": NAME,
        "account": account,
        "session": session,
        "message": tables.as_texts(wire["id"]),
        "at": wire["timestamp"],
        "direction": directions,
        "sender": _first(wire["from-number"], wire["from-user-id"]),
        "recipient": _first(wire["dialed"], wire["terminating-user-id"]),
        "kind": tables.choices(_CHANNELS, wire["type"], "chat"),
        "content_type": [kind or "text/plain" for kind in media] if media else "text/plain",
        "text": tables.as_texts(wire["text"]),
        "media_url": tables.as_texts(wire["file-access-url"]),
        "media_type": media,
        # A message without media has the size 0.
        "media_size": [tables.count(size) if size else None for size in wire["media-size"]],
        "status": list(map(message_status, wire["status"], directions)),
    }
    return tables.Rows(len(directions), values, list(chain(*pages)) if raw else ())


def contacts(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Return contacts as a table `contacts` (NetSapiens 5)."""
    values = {
        "platform": NAME,
        "account": account,
        "contact": [tables.text(row.get("unique-id") or row.get("uid")) for row in found],
        "name": [_full_name(row) for row in found],
        "phone": [
            next((tables.text(row[f"phonenumber-{k}"]) for k in _PHONES if row.get(f"phonenumber-{k}")), None)
            for row in found
        ],
        "email": tables.texts(found, "email"),
        "group": tables.texts(found, "company"),
    }
    return tables.CONTACTS.frame(len(found), values, raw=found if raw else None)


def numbers(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Return SMS numbers as a table `numbers` (NetSapiens 4)."""
    values = {
        "platform": NAME,
        "account": account,
        "number": tables.texts(found, "number"),
        "application": tables.texts(found, "application"),
        "owner": tables.texts(found, "dest"),
        "carrier": tables.texts(found, "carrier"),
        "mms": tables.flags(found, "mms-capable"),
        "group_mms": tables.flags(found, "group-mms-capable"),
    }
    return tables.NUMBERS.frame(len(found), values, raw=found if raw else None)


def calls(wire: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Return active calls as a table `calls` (NetSapiens 6)."""
    found = rename_rows(wire, CALL_KEYS)
    values = {
        "platform": NAME,
        "account": account,
        "call": tables.texts(found, "call-orig-call-id"),
        "user": tables.as_texts([row.get("call-by-user") or row.get("call-orig-user") for row in found]),
        "caller": tables.texts(found, "caller-id-number"),
        "caller_name": tables.texts(found, "call-orig-name"),
        "called": tables.texts(found, "call-dialed-number"),
        "status": [CALL_STATES.get(str(row.get("term-orig-info"))) for row in found],
        "started_at": [time_text(row.get("call-start-datetime")) for row in found],
        "answered_at": [time_text(row.get("call-answer-datetime")) for row in found],
        "codec": tables.texts(found, "call-audio-codec"),
    }
    return tables.CALLS.frame(len(found), values, raw=wire if raw else None)


def message_status(status: Any, direction: str | None) -> str:
    """Return what the platform reports of a message; it reports nothing of those that were received."""
    default = "delivered" if direction == "inbound" else "unknown"
    return _STATUSES.get(status, default) if isinstance(status, str) else default


def time_text(value: Any) -> str | None:
    """Return a time as the tables read it; `None` for the year 0, which stands for no time.

    Some events have seconds since 1970 instead of text.
    """
    if isinstance(value, int | float):
        try:
            return datetime.fromtimestamp(value, UTC).isoformat()
        except (OverflowError, OSError, ValueError):
            # One number that is no time must not cost the whole table.
            return None
    return value if isinstance(value, str) and value and not value.startswith("0000") else None


def parse_time(value: Any) -> datetime | None:
    """Return a time; without a zone it is in UTC. `None` if it is missing or cannot be read."""
    return parse_wire_time(time_text(value))


def within(found: Iterable[Wire], since: datetime | None, until: datetime | None) -> list[Wire]:
    """Return the messages of a span of time; those without a time are in none."""
    timed = ((row, parse_time(row.get("timestamp"))) for row in found)
    return [
        row
        for row, time in timed
        if time and (since is None or time >= since) and (until is None or time < until)
    ]


def subscriptions(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Return event subscriptions as a table `subscriptions` (NetSapiens 7.2)."""
    values = {
        "platform": NAME,
        "account": account,
        "subscription": tables.texts(found, "id"),
        "kind": "events",
        "topic": tables.texts(found, "model"),
        "target": tables.texts(found, "post-url"),
        "status": tables.texts(found, "status"),
        "created_at": _times(found, "subscription-creation"),
        "expires_at": _times(found, "subscription-expires"),
        "posts": tables.counts(found, "posts-count"),
        "errors": tables.counts(found, "error-count"),
    }
    return tables.SUBSCRIPTIONS.frame(len(found), values, raw=found if raw else None)


def _times(found: Sequence[Row], prefix: str) -> list[str | None]:
    # Schemas and live servers have the first name, all published examples the second (NetSapiens 2).
    return [row.get(f"{prefix}-datetime") or row.get(f"{prefix}-timestamp") for row in found]


def _owner(row: Row, account: str) -> str:
    user, domain = row.get("user"), row.get("domain")
    return f"{user}@{domain}" if user and domain else account


def _directions(reported: list[Any], senders: list[Any], account: str) -> list[str | None]:
    """The directions as the platform reports them; for chat it reports none, so the sender decides."""
    read = tables.choices(DIRECTIONS, reported)
    if None not in read:
        return read
    return [
        direction or (None if not sender else "outbound" if sender == account else "inbound")
        for direction, sender in zip(read, senders, strict=True)
    ]


def _first(ones: list[Any], others: list[Any]) -> list[str | None] | None:
    """The first values as text, and the others if those are missing."""
    return tables.as_texts([one or other for one, other in zip(ones, others, strict=True)])


def _last_direction(row: Row, owner: str) -> str | None:
    # As text, since a phone number may come as a JSON number on either side (NetSapiens 2).
    sender = tables.text(row.get("messagesession-last-sender"))
    if sender is None:
        return None
    return "outbound" if sender in {owner, tables.text(row.get("messagesession-sms-number"))} else "inbound"


def _unread(status: str | None) -> int | None:
    return None if status is None else int(status == "unread")


def _full_name(row: Row) -> str | None:
    parts = (row.get(f"name-{part}-name") for part in ("first", "middle", "last"))
    return " ".join(str(part) for part in parts if part) or None
