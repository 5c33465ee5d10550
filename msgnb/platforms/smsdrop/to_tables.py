"""Converts campaigns, as the platform sends them, to tables.

The platform knows campaigns only. A session is what one phone number received over all campaigns, and a
message is one recipient of one campaign. Its ID is made of both, and its status is what the campaign's status
says of every recipient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.times import parse_wire_time
from msgnb.platforms.smsdrop import NAME

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
UNDATED = datetime.min.replace(tzinfo=UTC)
"""Sorts campaigns without a time before all others."""


def campaigns(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Return campaigns as a table `campaigns` (SMSDrop 2)."""
    values = {
        "platform": NAME,
        "account": account,
        "campaign": tables.texts(found, "id"),
        "title": tables.texts(found, "title"),
        "kind": tables.choices(_KINDS, (row.get("message_type") or 0 for row in found)),
        "text": tables.texts(found, "message"),
        "sender": tables.texts(found, "sender"),
        "status": tables.choices(_STATUSES, (row.get("status") for row in found)),
        "recipients": [len(_phone_list(row)) for row in found],
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
    """Return what one phone number received, newest first, as a table `messages`."""
    mine = sorted((row for row in found if session in _phones(row)), key=_time, reverse=True)[:limit]
    return tables.MESSAGES.joined([message_rows(mine, session, account, raw=raw)], raw=raw)


def filter_span(found: Sequence[Row], since: datetime | None, until: datetime | None) -> list[Row]:
    """Return the campaigns that were, or will be, sent in a span of time."""
    return [
        row
        for row in found
        if (since is None or _time(row) >= since) and (until is None or _time(row) < until)
    ]


def group_by_phone(found: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the campaigns that were sent to each phone number."""
    phones: dict[str, list[dict[str, Any]]] = {}
    for row in found:
        for phone in _phones(row):
            phones.setdefault(phone, []).append(row)
    return phones


def message_rows(mine: Sequence[Row], phone: str, account: str, *, raw: bool) -> tables.Rows:
    """Return campaigns that were sent to a phone number as rows of a table `messages`."""
    values = {
        "platform": NAME,
        "account": account,
        "session": phone,
        "message": [f"{row['id']}/{phone}" for row in mine],
        "at": [_format_time(_time(row)) for row in mine],
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
    """Return the phone numbers that campaigns were sent to, the latest first, as a table `sessions`."""
    times: dict[str, list[datetime]] = {}
    last: dict[str, Row] = {}
    # Latest first: the first campaign of a phone number is its last one, and the numbers are in order.
    for row in sorted(found, key=_time, reverse=True):
        for phone in _phones(row):
            last.setdefault(phone, row)
            times.setdefault(phone, []).append(_time(row))
    phones = list(last)[:limit]
    values = {
        "platform": NAME,
        "account": account,
        "session": phones,
        "contact": phones,
        "kind": "sms",
        "started_at": [_format_time(times[phone][-1]) for phone in phones],
        "last_at": [_format_time(times[phone][0]) for phone in phones],
        "last_text": tables.texts([last[phone] for phone in phones], "message"),
        "last_direction": "outbound",
    }
    return tables.SESSIONS.frame(len(phones), values, raw=[last[phone] for phone in phones] if raw else None)


def contacts(found: Sequence[Row], account: str, *, limit: int | None, raw: bool) -> pd.DataFrame:
    """Return the phone numbers that campaigns were sent to, as a table `contacts`."""
    known = sessions(found, account, limit=limit, raw=raw)
    phones = list(known["contact"])
    values = {
        "platform": NAME,
        "account": account,
        "contact": phones,
        "phone": phones,
        "last_at": known["last_at"],
    }
    return tables.CONTACTS.frame(len(known), values, raw=list(known["raw"]) if raw else None)


def subscriptions(found: Row, account: str, *, raw: bool) -> pd.DataFrame:
    """Return the plan as a table `subscriptions` of one row."""
    values = {
        "platform": NAME,
        "account": account,
        "subscription": tables.texts([found], "id"),
        "kind": "credit",
        "topic": "sms",
        "created_at": [found.get("created_at")],
        "credit": tables.counts([found], "nbr_sms"),
    }
    return tables.SUBSCRIPTIONS.frame(1, values, raw=[found] if raw else None)


def _phones(row: Row) -> dict[str, None]:
    """Return the phone numbers of a campaign, each once and with its `+`, in their order."""
    return {f"+{phone.removeprefix('+')}": None for phone in _phone_list(row)}


def _phone_list(row: Row) -> list[str]:
    found = row.get("recipient_list")
    return list(map(str, found)) if isinstance(found, list) else []


def _time(row: Row) -> datetime:
    """Return when a campaign was, or will be, sent; a time without a zone is UTC."""
    return parse_wire_time(row.get("defer_until")) or parse_wire_time(row.get("created_at")) or UNDATED


def _format_time(time: datetime) -> str | None:
    return None if time == UNDATED else time.isoformat()


def message_status(status: str | None, percent: int | None) -> str:
    """Return the status that is certain for every recipient of a campaign.

    Args:
        status: the platform's status of the campaign.
        percent: share of the recipients that it has reached.
    """
    match status:
        case "SCHEDULED" | "PENDING":
            return "accepted"
        case "SENDING":
            return "sent"
        case "COMPLETED" if percent in (0, 100):
            return "delivered" if percent else "failed"
    return "unknown"
