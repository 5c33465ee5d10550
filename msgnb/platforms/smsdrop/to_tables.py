"""How SMSDrop's campaigns become rows of the tables.

The platform knows campaigns only. A conversation is what one phone got over all campaigns, and a message is
one recipient of one campaign; its status is what the campaign's status tells of each of its recipients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgnb import tables

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]

_STATUSES = {
    "PENDING": "pending",
    "SENDING": "sending",
    "COMPLETED": "completed",
    "ABORTED": "aborted",
    "SCHEDULED": "scheduled",
}
_KINDS = {0: "plain text", 1: "flash", 2: "unicode"}
NEVER = datetime.min.replace(tzinfo=UTC)


def campaigns(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Campaigns as a table `campaigns` (SMSDrop 2)."""
    values = {
        "platform": "smsdrop",
        "account": account,
        "campaign": tables.texts(found, "id"),
        "title": tables.texts(found, "title"),
        "kind": [_KINDS.get(row.get("message_type") or 0) for row in found],
        "text": tables.texts(found, "message"),
        "sender": tables.texts(found, "sender"),
        "status": [_STATUSES.get(row.get("status", "")) for row in found],
        "recipients": [len(row.get("recipient_list") or ()) for row in found],
        "messages": tables.counts(found, "message_count"),
        "segments": tables.counts(found, "sms_count"),
        "delivered_percent": tables.counts(found, "delivery_percentage"),
        "created_at": [row.get("created_at") for row in found],
        "scheduled_at": [row.get("defer_until") for row in found],
    }
    return tables.CAMPAIGNS.frame(len(found), values, raw=found if raw else None)


def messages(
    found: Sequence[Row], account: str, session: str, *, limit: int | None, raw: bool
) -> pd.DataFrame:
    """What one phone got, newest first, as a table `messages`."""
    mine = sorted((row for row in found if session in _phones(row)), key=_time, reverse=True)[:limit]
    return tables.MESSAGES.joined([message_rows(mine, session, account, raw=raw)], raw=raw)


def within(found: Sequence[Row], since: datetime | None, until: datetime | None) -> list[Row]:
    """Return the campaigns that were, or will be, launched within a span."""
    return [
        row
        for row in found
        if (since is None or _time(row) >= since) and (until is None or _time(row) < until)
    ]


def by_phone(found: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """The campaigns that went to each phone."""
    phones: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        for phone in _phones(row):
            phones.setdefault(phone, []).append(row)
    return phones


def message_rows(mine: Sequence[Row], phone: str, account: str, *, raw: bool) -> tables.Rows:
    """Campaigns that went to a phone, as rows of a table `messages`."""
    values = {
        "platform": "smsdrop",
        "account": account,
        "session": phone,
        "message": [f"{row['id']}/{phone}" for row in mine],
        "at": [_shown(_time(row)) for row in mine],
        "direction": "outbound",
        "sender": tables.texts(mine, "sender"),
        "recipient": phone,
        "kind": "sms",
        "content_type": "text/plain",
        "text": tables.texts(mine, "message"),
        "status": [message_status(row.get("status"), row.get("delivery_percentage")) for row in mine],
        "campaign": tables.texts(mine, "id"),
    }
    return tables.Rows(len(mine), values, mine if raw else ())


def sessions(found: Sequence[Row], account: str, *, limit: int | None, raw: bool) -> pd.DataFrame:
    """The phones that campaigns went to, the latest first, as a table `sessions`."""
    times: dict[str, list[datetime]] = {}
    last: dict[str, Row] = {}
    for row in sorted(found, key=_time, reverse=True):
        for phone in _phones(row):
            last.setdefault(phone, row)
            times.setdefault(phone, []).append(_time(row))
    phones = list(last)[:limit]
    values = {
        "platform": "smsdrop",
        "account": account,
        "session": phones,
        "contact": phones,
        "kind": "sms",
        "started_at": [_shown(times[phone][-1]) for phone in phones],
        "last_at": [_shown(times[phone][0]) for phone in phones],
        "last_text": tables.texts([last[phone] for phone in phones], "message"),
        "last_direction": "outbound",
    }
    return tables.SESSIONS.frame(len(phones), values, raw=[last[phone] for phone in phones] if raw else None)


def contacts(found: Sequence[Row], account: str, *, limit: int | None, raw: bool) -> pd.DataFrame:
    """The phones that campaigns went to, as a table `contacts`."""
    sessions_ = sessions(found, account, limit=limit, raw=raw)
    values = {
        "platform": "smsdrop",
        "account": account,
        "contact": list(sessions_["contact"]),
        "phone": list(sessions_["contact"]),
        "last_at": sessions_["last_at"],
    }
    return tables.CONTACTS.frame(len(sessions_), values, raw=list(sessions_["raw"]) if raw else None)


def credit(found: Row, account: str, *, raw: bool) -> pd.DataFrame:
    """The plan as a table `subscriptions` of one row."""
    values = {
        "platform": "smsdrop",
        "account": account,
        "subscription": tables.texts([found], "id"),
        "kind": "credit",
        "topic": "sms",
        "created_at": [found.get("created_at")],
        "credit": tables.counts([found], "nbr_sms"),
    }
    return tables.SUBSCRIPTIONS.frame(1, values, raw=[found] if raw else None)


def _phones(row: Row) -> dict[str, None]:
    """A campaign's phones, each once and with its `+`, in their order."""
    return {f"+{phone.removeprefix('+')}": None for phone in map(str, row.get("recipient_list") or ())}


def _time(row: Row) -> datetime:
    """When a campaign was, or will be, launched; a time without a zone is UTC."""
    written = row.get("defer_until") or row.get("created_at")
    if not written:
        return NEVER
    moment = datetime.fromisoformat(written)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _shown(moment: datetime) -> str | None:
    return None if moment == NEVER else moment.isoformat()


def message_status(status: str | None, percent: int | None) -> str:
    """What is sure of every single recipient of a campaign."""
    match status:
        case "SCHEDULED" | "PENDING":
            return "accepted"
        case "SENDING":
            return "sent"
        case "COMPLETED" if percent in {0, 100}:
            return "delivered" if percent else "failed"
    return "unknown"
