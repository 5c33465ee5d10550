"""How NetSapiens' objects become rows of the tables.

Live servers send numbers where the contract says text, and two spellings of the times; both are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgnb import tables

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]

_CHANNELS = {"sms": "sms", "mms": "mms"}
_DIRECTIONS = {"orig": "inbound", "term": "outbound"}
_STATUSES = {
    "sending": "accepted",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "failed": "failed",
}
_PHONES = ("cell", "work", "home")


def channel(kind: str | None) -> str:
    """The channel of a message type: SMS, MMS, or one of the many sorts of chat (NetSapiens 3.1)."""
    return _CHANNELS.get(kind or "", "chat")


def sessions(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Message sessions as a table `sessions` (NetSapiens 2)."""
    remote = tables.texts(found, "messagesession-remote")
    own = tables.texts(found, "messagesession-sms-number")
    senders = tables.texts(found, "messagesession-last-sender")
    values = {
        "platform": "netsapiens",
        "account": [_owner(row, account) for row in found],
        "session": tables.texts(found, "messagesession-id"),
        "contact": remote,
        "name": tables.texts(found, "messagesession-name"),
        "kind": [channel(row.get("messagesession-last-type")) for row in found],
        "participants": tables.texts(found, "messagesession-participants"),
        "started_at": _times(found, "messagesession-start"),
        "last_at": _times(found, "messagesession-last"),
        "last_text": tables.texts(found, "messagesession-last-message"),
        "last_direction": [
            None if sender is None else "outbound" if sender in {_owner(row, account), number} else "inbound"
            for row, sender, number in zip(found, senders, own, strict=True)
        ],
        "unread": [_unread(row.get("messagesession-last-status")) for row in found],
    }
    return tables.SESSIONS.frame(len(found), values, raw=found if raw else None)


def messages(found: Sequence[Row], account: str, session: str, *, raw: bool) -> pd.DataFrame:
    """Messages as a table `messages` (NetSapiens 3.1)."""
    media = tables.texts(found, "media-type")
    directions = [_direction(row, account) for row in found]
    values = {
        "platform": "netsapiens",
        "account": account,
        "session": session,
        "message": tables.texts(found, "id"),
        "at": [row.get("timestamp") for row in found],
        "direction": directions,
        "sender": [tables.text(row.get("from-number") or row.get("from-user-id")) for row in found],
        "recipient": [tables.text(row.get("dialed") or row.get("terminating-user-id")) for row in found],
        "kind": [channel(row.get("type")) for row in found],
        "content_type": [kind or "text/plain" for kind in media],
        "text": tables.texts(found, "text"),
        "media_url": tables.texts(found, "file-access-url"),
        "media_type": media,
        "media_size": [tables.count(row.get("media-size")) or None for row in found],
        "status": [
            _STATUSES.get(row.get("status") or "", "delivered" if direction == "inbound" else "unknown")
            for row, direction in zip(found, directions, strict=True)
        ],
    }
    return tables.MESSAGES.frame(len(found), values, raw=found if raw else None)


def contacts(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Contacts as a table `contacts` (NetSapiens 5)."""
    values = {
        "platform": "netsapiens",
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


def subscriptions(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Event subscriptions as a table `subscriptions` (NetSapiens 7.2)."""
    values = {
        "platform": "netsapiens",
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
    return [row.get(f"{prefix}-datetime") or row.get(f"{prefix}-timestamp") for row in found]


def _owner(row: Row, account: str) -> str:
    user, domain = row.get("user"), row.get("domain")
    return f"{user}@{domain}" if user and domain else account


def _direction(row: Row, account: str) -> str | None:
    """As the platform says; chat leaves it empty, and there the sender tells."""
    told = _DIRECTIONS.get(row.get("direction") or "")
    if told is None and (sender := row.get("from-user-id")):
        return "outbound" if sender == account else "inbound"
    return told


def _unread(status: str | None) -> int | None:
    return None if status is None else int(status == "unread")


def _full_name(row: Row) -> str | None:
    parts = (row.get(f"name-{part}-name") for part in ("first", "middle", "last"))
    return " ".join(str(part) for part in parts if part) or None
