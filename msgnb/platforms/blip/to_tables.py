"""How BLiP's objects become rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.campaigns.journal import Result
from msgnb.platforms.blip.content import media_of, text_of

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]
DeliveryStatus = Mapping[str, Sequence[Row]]

_CHANNELS = {
    "0mn.io": "chat",
    "wa.gw.msging.net": "whatsapp",
    "messenger.gw.msging.net": "messenger",
    "instagram.gw.msging.net": "instagram",
    "telegram.gw.msging.net": "telegram",
    "mailgun.gw.msging.net": "email",
    "take.io": "sms",
    "tangram.com.br": "sms",
}
STATUSES = {
    "accepted": "accepted",
    "dispatched": "sent",
    "received": "delivered",
    "consumed": "read",
    "failed": "failed",
}
_TIMES = {
    "accepted": "accepted_at",
    "dispatched": "sent_at",
    "received": "delivered_at",
    "consumed": "read_at",
    "failed": "failed_at",
}
_CAMPAIGN_FATES = {
    "PROCESSED": "accepted",
    "SENT": "sent",
    "DELIVERED": "delivered",
    "READ": "read",
    "FAILED": "failed",
}
_REACHED = {**dict.fromkeys(("accepted", "sent", "delivered", "read"), "sent"), "failed": "rejected"}
_REACHED_AT = ("read", "received", "sent", "processed")
_DIRECTIONS = {"sent": "outbound", "received": "inbound"}
_CAMPAIGN_STATUSES = {
    "scheduled": "scheduled",
    "waiting": "pending",
    "processing": "sending",
    "processed": "completed",
    "completed": "completed",
    "canceled": "aborted",
    "failed": "failed",
}


def channel(identity: str) -> str:
    """The channel of an identity, by its domain (BLiP 1.5)."""
    return _CHANNELS.get(identity.partition("@")[2].partition("/")[0], "other")


def sessions(threads: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Threads as a table `sessions` (BLiP 2.2)."""
    last = [thread.get("lastMessage") or {} for thread in threads]
    identities = [thread.get("identity") or "" for thread in threads]
    values = {
        "platform": "blip",
        "account": [thread.get("ownerIdentity") or account for thread in threads],
        "session": identities,
        "contact": identities,
        "kind": [channel(identity) for identity in identities],
        "last_at": [message.get("date") for message in last],
        "last_text": [text_of(message.get("content"), message.get("type")) for message in last],
        "last_direction": [_DIRECTIONS.get(message.get("direction", "")) for message in last],
        "unread": tables.counts(threads, "unreadMessages"),
    }
    return tables.SESSIONS.frame(len(threads), values, raw=threads if raw else None)


def messages(
    found: Sequence[Row], account: str, session: str, *, told: DeliveryStatus | None = None, raw: bool
) -> pd.DataFrame:
    """Messages of a thread as a table `messages`; where asked for, `deliveries` beside them (BLiP 2.2)."""
    rows = message_rows(found, account, session)
    frame = tables.MESSAGES.joined([rows]) if told is None else _with_fates(rows, found, told)
    return tables.with_raw(frame, found if raw else None)


def message_rows(found: Sequence[Row], account: str, session: str, *, raw: bool = False) -> tables.Rows:
    """Messages of a thread as rows of a table `messages` (BLiP 2.2)."""
    wire = tables.columns([found], "id", "date", "direction", "type", "content", "status", "reason")
    outbound = [direction == "sent" for direction in wire["direction"]]
    contents = list(zip(wire["content"], wire["type"], strict=True))
    media = [media_of(kind, content) for content, kind in contents]
    values = {
        "platform": "blip",
        "account": account,
        "session": session,
        "message": tables.as_texts(wire["id"]),
        "at": wire["date"],
        "direction": [_DIRECTIONS.get(direction) for direction in wire["direction"]],
        "sender": [account if out else session for out in outbound],
        "recipient": [session if out else account for out in outbound],
        "kind": channel(session),
        "content_type": tables.as_texts(wire["type"]),
        "text": [text_of(content, kind) for content, kind in contents],
        "media_url": tables.texts(media, "uri"),
        "media_type": tables.texts(media, "type"),
        "media_size": tables.counts(media, "size") if any(media) else None,
        "status": [STATUSES.get(status, "unknown") for status in wire["status"]],
        "error": [reason and reason.get("description") for reason in wire["reason"]],
    }
    return tables.Rows(len(found), values, found if raw else ())


def _with_fates(rows: tables.Rows, found: Sequence[Row], told: DeliveryStatus) -> pd.DataFrame:
    """The messages, and what became of them beside each."""
    fates = [_fate(told.get(str(message.get("id")), ())) for message in found]
    known = {
        name: [fate.get(name) or own for fate, own in zip(fates, rows.values[name], strict=True)]
        for name in ("status", "error")
    }
    times = {name: [fate.get(name) for fate in fates] for name in _TIMES.values()}
    frames = (
        tables.MESSAGES.frame(rows.size, {**rows.values, **known}),
        tables.DELIVERIES.frame(rows.size, times),
    )
    return tables.concat_columns(*frames)


def _fate(notifications: Sequence[Row]) -> dict[str, Any]:
    """How far a message came, when it got there, and why not further."""
    fate: dict[str, Any] = {}
    for event, status in STATUSES.items():
        for each in notifications:
            if each.get("event") == event:
                fate["status"] = status
                fate[_TIMES[event]] = _stored(each)
                fate["error"] = (each.get("reason") or {}).get("description")
    return fate


def _stored(notification: Row) -> str | None:
    """When a notification was stored; of older ones only the milliseconds of the epoch are there."""
    told = notification.get("metadata") or {}
    epoch = told.get("#envelope.timestamp")
    if isinstance(epoch, str) and epoch.isdigit():
        return datetime.fromtimestamp(int(epoch) / 1000, UTC).isoformat()
    return told.get("#envelope.storageDate")


def notifications(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Notifications as a table `events` (BLiP 2.8)."""
    values = {
        "platform": "blip",
        "account": account,
        "event": tables.texts(found, "id"),
        "topic": "notification",
        "action": tables.texts(found, "event"),
        "at": [_stored(each) for each in found],
        "session": tables.texts(found, "from"),
        "contact": tables.texts(found, "from"),
        "value": [(each.get("reason") or {}).get("description") for each in found],
        "extras": [tables.text(each["metadata"]) if each.get("metadata") else None for each in found],
    }
    return tables.EVENTS.frame(len(found), values, raw=found if raw else None)


def events(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Event tracks, counted by day or one by one, as a table `events` (BLiP 2.3)."""
    people = [(each.get("contact") or {}).get("identity") or each.get("identity") for each in found]
    values = {
        "platform": "blip",
        "account": account,
        "event": tables.texts(found, "id"),
        "topic": tables.texts(found, "category"),
        "action": tables.texts(found, "action"),
        "at": [each.get("storageDate") for each in found],
        "session": people,
        "contact": people,
        "count": tables.counts(found, "count"),
        "value": tables.as_texts([each.get("value", each.get("label")) for each in found]),
        "extras": [tables.text(each["extras"]) if each.get("extras") else None for each in found],
    }
    return tables.EVENTS.frame(len(found), values, raw=found if raw else None)


def metrics(found: Sequence[Row], account: str, name: str, *, raw: bool) -> pd.DataFrame:
    """A metric as a table `metrics` (BLiP 2.4)."""
    values = {
        "platform": "blip",
        "account": account,
        "metric": name,
        "start_at": [each.get("intervalStart") for each in found],
        "end_at": [each.get("intervalEnd") for each in found],
        "domain": tables.texts(found, "domain"),
        "count": tables.counts(found, "count"),
    }
    return tables.METRICS.frame(len(found), values, raw=found if raw else None)


def schedules(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Scheduled messages as a table `schedules` (BLiP 2.6)."""
    sent = [each.get("message") or {} for each in found]
    values = {
        "platform": "blip",
        "account": account,
        "schedule": tables.texts(sent, "id"),
        "name": tables.texts(found, "name"),
        "at": [each.get("when") for each in found],
        "recipient": tables.texts(sent, "to"),
        "content_type": tables.texts(sent, "type"),
        "text": [text_of(each.get("content"), each.get("type")) for each in sent],
        "status": [str(each.get("status", "")).lower() for each in found],
    }
    return tables.SCHEDULES.frame(len(found), values, raw=found if raw else None)


def tickets(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Tickets of the desk as a table `tickets` (BLiP 2.11)."""
    values = {
        "platform": "blip",
        "account": [each.get("ownerIdentity") or account for each in found],
        "ticket": tables.texts(found, "id"),
        "number": tables.counts(found, "sequentialId"),
        "contact": tables.texts(found, "customerIdentity"),
        "agent": tables.texts(found, "agentIdentity"),
        "team": tables.texts(found, "team"),
        "status": tables.texts(found, "status"),
        "closed": tables.flags(found, "closed"),
        "created_at": [each.get("storageDate") for each in found],
        "opened_at": [each.get("openDate") for each in found],
        "first_response_at": [each.get("firstResponseDate") for each in found],
        "closed_at": [each.get("closeDate") for each in found],
        "unread": tables.counts(found, "unreadMessages"),
        "rating": tables.counts(found, "rating"),
        "tags": [", ".join(each["tags"]) if each.get("tags") else None for each in found],
    }
    return tables.TICKETS.frame(len(found), values, raw=found if raw else None)


def outcomes(recipients: Sequence[str], found: Sequence[Result | None], untried: str) -> pd.DataFrame:
    """What became of each recipient of many as a table `outcomes`; `None` was not tried."""
    results = [Result("rejected", error=untried) if each is None else each for each in found]
    values: dict[str, Any] = {"recipient": list(recipients)}
    for name in ("state", "message", "error_code", "error"):
        values[name] = [getattr(each, name) for each in results]
    values["attempts"] = [0 if each is None else 1 for each in found]
    return tables.OUTCOMES.frame(len(found), values)


def list_outcomes(members: Sequence[str], told: Sequence[Row], message: str) -> pd.DataFrame:
    """What became of a message to a list for each of its members (BLiP 2.8)."""
    by_member: dict[str, list[Row]] = {}
    for each in told:
        by_member.setdefault(str(each.get("from", "")).partition("/")[0], []).append(each)
    everybody = list(dict.fromkeys([*members, *by_member]))
    fates = [_fate(by_member.get(member, ())) for member in everybody]
    codes = [_reason_code(by_member.get(member, ())) for member in everybody]
    values = {
        "recipient": everybody,
        "state": [_REACHED.get(fate.get("status", ""), "unknown") for fate in fates],
        "status": [fate.get("status", "unknown") for fate in fates],
        "message": message,
        "error_code": tables.as_texts(codes),
        "error": [fate.get("error") for fate in fates],
        "at": [_latest(fate) for fate in fates],
    }
    return tables.OUTCOMES.frame(len(everybody), values)


def _reason_code(notifications: Sequence[Row]) -> Any:
    return next((each["reason"].get("code") for each in notifications if each.get("reason")), None)


def _latest(fate: Row) -> str | None:
    return max((fate[name] for name in _TIMES.values() if fate.get(name)), default=None)


def campaign_outcomes(audience: Sequence[Row], summary: Any, campaign: str, *, raw: bool) -> pd.DataFrame:
    """How far a campaign came with each recipient, whatever the casing of its keys (BLiP 2.7)."""
    found = [lowered(each) for each in audience]
    told = lowered(summary) if isinstance(summary, Mapping) else {}
    people = {
        _name(each.get("recipientidentity")): each for each in map(lowered, told.get("statusaudience") or ())
    }
    reasons = [people.get(_name(each.get("recipient")), {}) for each in found]
    statuses = [_CAMPAIGN_FATES.get(str(each.get("status", "")).upper(), "unknown") for each in found]
    values = {
        "recipient": tables.texts(found, "recipient"),
        "state": [_REACHED.get(status, "unknown") for status in statuses],
        "status": statuses,
        "campaign": campaign,
        "error_code": tables.as_texts([each.get("reasoncode") for each in reasons]),
        "error": tables.texts(reasons, "reasondescription"),
        "at": [next((each[key] for key in _REACHED_AT if each.get(key)), None) for each in found],
    }
    return tables.OUTCOMES.frame(len(found), values, raw=audience if raw else None)


def lowered(row: Row) -> dict[str, Any]:
    """Keys in lower case: the platform mixes their casing (BLiP 5)."""
    return {str(key).lower(): value for key, value in row.items()}


def _name(identity: Any) -> str:
    """What an identity and a phone number have in common."""
    return str(identity or "").partition("@")[0].removeprefix("+")


def contacts(found: Sequence[Row], account: str, *, flatten: bool = False, raw: bool) -> pd.DataFrame:
    """Contacts as a table `contacts` (BLiP 2.1)."""
    values = {
        "platform": "blip",
        "account": account,
        "contact": tables.texts(found, "identity"),
        "name": tables.texts(found, "name"),
        "phone": [tables.text(row.get("phoneNumber") or row.get("cellPhoneNumber")) for row in found],
        "email": tables.texts(found, "email"),
        "group": tables.texts(found, "group"),
        "last_at": [row.get("lastMessageDate") for row in found],
        "extras": [tables.text(row["extras"]) if row.get("extras") else None for row in found],
    }
    frame = tables.CONTACTS.frame(len(found), values)
    if flatten:
        extras = [each.get("extras") or {} for each in found]
        keys = sorted({key for each in extras for key in each})
        columns = {f"extras.{key}": tables.texts(extras, key) for key in keys}
        frame = tables.concat_columns(frame, tables.text_columns(columns, len(found)))
    return tables.with_raw(frame, found if raw else None)


def memberships(found: Sequence[tuple[str, str]], account: str, *, raw: bool) -> pd.DataFrame:
    """Pairs of list and member as a table `subscriptions` (BLiP 2.5)."""
    values = {
        "platform": "blip",
        "account": account,
        "subscription": [f"{name}/{member}" for name, member in found],
        "kind": "list",
        "topic": [name for name, _ in found],
        "target": [member for _, member in found],
    }
    wire = [{"list": name, "recipient": member} for name, member in found]
    return tables.SUBSCRIPTIONS.frame(len(found), values, raw=wire if raw else None)


def campaigns(found: Sequence[Row], summaries: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Active campaigns with what their summaries count as a table `campaigns` (BLiP 2.7)."""
    plain = [lowered(row) for row in found]
    counted = {str(each.get("id")): each for each in map(lowered, summaries)}
    told = [counted.get(str(row.get("id")), {}) for row in plain]
    audiences = [[lowered(person) for person in each.get("statusaudience") or ()] for each in told]
    values = {
        "platform": "blip",
        "account": account,
        "campaign": tables.texts(plain, "id"),
        "title": tables.texts(plain, "name"),
        "kind": tables.texts(plain, "campaigntype"),
        "text": tables.as_texts(
            [
                row.get("messagetemplate") or each.get("messagetemplate")
                for row, each in zip(plain, told, strict=True)
            ]
        ),
        "sender": tables.texts(plain, "masterstate"),
        "status": [_CAMPAIGN_STATUSES.get(str(row.get("status", "")).lower()) for row in plain],
        "recipients": [len(people) or None for people in audiences],
        "messages": [len(people) or None for people in audiences],
        "delivered_percent": [_percent(people) for people in audiences],
        "created_at": [row.get("created") for row in plain],
        "scheduled_at": [row.get("scheduled") for row in plain],
    }
    return tables.CAMPAIGNS.frame(len(found), values, raw=found if raw else None)


def _percent(people: Sequence[Row]) -> int | None:
    reached = sum(str(person.get("status", "")).upper() in {"DELIVERED", "READ"} for person in people)
    return 100 * reached // len(people) if people else None
