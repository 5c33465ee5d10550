"""How BLiP's objects become rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.campaigns.journal import BatchResult
from msgnb.platforms.blip import NAME
from msgnb.platforms.blip.content import find_media, parse_text
from msgnb.platforms.blip.identities import parse_channel

if TYPE_CHECKING:
    import pandas as pd

Wire = Mapping[str, Any]
Notifications = Mapping[str, Sequence[Wire]]
"""The notifications of messages, by the messages' IDs."""

STATUSES = {
    "accepted": "accepted",
    "dispatched": "sent",
    "received": "delivered",
    "consumed": "read",
    "failed": "failed",
}
"""The delivery status that each event of a notification means, in the order of events (BLiP 2.8)."""
_TIMES = {
    "accepted": "accepted_at",
    "dispatched": "sent_at",
    "received": "delivered_at",
    "consumed": "read_at",
    "failed": "failed_at",
}
_AUDIENCE_STATUSES = {
    "PROCESSED": "accepted",
    "SENT": "sent",
    "DELIVERED": "delivered",
    "READ": "read",
    "FAILED": "failed",
}
_STATES = {**dict.fromkeys(("accepted", "sent", "delivered", "read"), "sent"), "failed": "rejected"}
# Latest step first: the time in a row is that of the last step that a recipient has reached.
_AUDIENCE_TIMES = ("read", "received", "sent", "processed")
MAX_EPOCH_DIGITS = 14
"""Digits of a time in milliseconds, up to the year 5138."""
_DIRECTIONS = {"sent": "outbound", "received": "inbound"}
# The platform documents no list of these; one that is not here is a missing value (BLiP 2.7).
_CAMPAIGN_STATUSES = {
    "scheduled": "scheduled",
    "waiting": "pending",
    "processing": "sending",
    "processed": "completed",
    "completed": "completed",
    "canceled": "aborted",
    "failed": "failed",
}


def sessions(threads: Sequence[Wire], account: str, *, raw: bool) -> pd.DataFrame:
    """Return threads as a table `sessions` (BLiP 2.2)."""
    last = [tables.as_object(thread.get("lastMessage")) for thread in threads]
    identities = [tables.text(thread.get("identity")) or "" for thread in threads]
    values = {
        "platform": NAME,
        "account": [thread.get("ownerIdentity") or account for thread in threads],
        "session": identities,
        "contact": identities,
        "kind": list(map(parse_channel, identities)),
        "last_at": [message.get("date") for message in last],
        "last_text": [parse_text(message.get("content"), message.get("type")) for message in last],
        "last_direction": tables.choices(_DIRECTIONS, (message.get("direction") for message in last)),
        "unread": tables.counts(threads, "unreadMessages"),
    }
    return tables.SESSIONS.frame(len(threads), values, raw=threads if raw else None)


def messages(
    found: Sequence[Wire],
    account: str,
    session: str,
    *,
    notifications: Notifications | None = None,
    raw: bool,
) -> pd.DataFrame:
    """Return messages of a thread as a table `messages` (BLiP 2.2).

    With notifications, the columns of a table `deliveries` follow.
    """
    rows = message_rows(found, account, session)
    if notifications is None:
        frame = tables.MESSAGES.joined([rows])
    else:
        frame = _with_deliveries(rows, found, notifications)
    return tables.with_raw(frame, found if raw else None)


def message_rows(found: Sequence[Wire], account: str, session: str, *, raw: bool = False) -> tables.Rows:
    """Return messages of a thread as rows of a table `messages` (BLiP 2.2)."""
    wire = tables.columns([found], "id", "date", "direction", "type", "content", "status", "reason")
    outbound = [direction == "sent" for direction in wire["direction"]]
    contents = list(zip(wire["content"], wire["type"], strict=True))
    media = [find_media(kind, content) for content, kind in contents]
    values = {
        "platform": NAME,
        "account": account,
        "session": session,
        "message": tables.as_texts(wire["id"]),
        "at": wire["date"],
        "direction": tables.choices(_DIRECTIONS, wire["direction"]),
        "sender": [account if out else session for out in outbound],
        "recipient": [session if out else account for out in outbound],
        "kind": parse_channel(session),
        "content_type": tables.as_texts(wire["type"]),
        "text": [parse_text(content, kind) for content, kind in contents],
        "media_url": tables.texts(media, "uri"),
        "media_type": tables.texts(media, "type"),
        "media_size": tables.counts(media, "size") if any(media) else None,
        # A thread also lists events of the desk, which have no status (BLiP 2.2).
        "status": tables.choices(STATUSES, wire["status"], "unknown"),
        "error": [_describe(reason) if reason else None for reason in wire["reason"]],
    }
    return tables.Rows(len(found), values, found if raw else ())


def _with_deliveries(rows: tables.Rows, found: Sequence[Wire], notifications: Notifications) -> pd.DataFrame:
    deliveries = [_parse_delivery(notifications.get(str(message.get("id")), ())) for message in found]
    known = {
        name: [each.get(name) or own for each, own in zip(deliveries, rows.values[name], strict=True)]
        for name in ("status", "error")
    }
    times = {name: [each.get(name) for each in deliveries] for name in _TIMES.values()}
    frames = (
        tables.MESSAGES.frame(rows.size, {**rows.values, **known}),
        tables.DELIVERIES.frame(rows.size, times),
    )
    return tables.concat_columns(*frames)


def _parse_delivery(notifications: Sequence[Wire]) -> dict[str, Any]:
    """Return how far a message came, when it reached each step, and why it failed."""
    delivery: dict[str, Any] = {}
    # The events are in order, so the last one that was reported determines the status and the error.
    for event, status in STATUSES.items():
        for each in notifications:
            if each.get("event") == event:
                delivery["status"] = status
                delivery[_TIMES[event]] = _stored_at(each)
                delivery["error"] = _describe(each.get("reason"))
    return delivery


def _describe(reason: Any) -> str | None:
    """Return the words of a reason; it may be missing."""
    return tables.text(tables.as_object(reason).get("description"))


def _join(tags: Any) -> str | None:
    return ", ".join(map(str, tags)) or None if isinstance(tags, list) else None


def _stored_at(notification: Wire) -> str | None:
    # Older notifications have milliseconds since the epoch only.
    metadata = tables.as_object(notification.get("metadata"))
    epoch = metadata.get("#envelope.timestamp")
    if isinstance(epoch, str) and epoch.isdecimal() and len(epoch) <= MAX_EPOCH_DIGITS:
        return datetime.fromtimestamp(int(epoch) / 1000, UTC).isoformat()
    return tables.text(metadata.get("#envelope.storageDate"))


def notifications(found: Sequence[Wire], account: str, *, raw: bool) -> pd.DataFrame:
    """Return notifications as a table `events` (BLiP 2.8)."""
    values = {
        "platform": NAME,
        "account": account,
        "event": tables.texts(found, "id"),
        "topic": "notification",
        "action": tables.texts(found, "event"),
        "at": list(map(_stored_at, found)),
        "session": tables.texts(found, "from"),
        "contact": tables.texts(found, "from"),
        "value": [_describe(each.get("reason")) for each in found],
        "extras": _json_texts(found, "metadata"),
    }
    return tables.EVENTS.frame(len(found), values, raw=found if raw else None)


def events(found: Sequence[Wire], account: str, *, raw: bool) -> pd.DataFrame:
    """Return event tracks, counted by day or one by one, as a table `events` (BLiP 2.3)."""
    # `identity` is the old form of `contact` (BLiP 2.3).
    people = tables.as_texts(
        [tables.as_object(each.get("contact")).get("identity") or each.get("identity") for each in found]
    )
    values = {
        "platform": NAME,
        "account": account,
        "event": tables.texts(found, "id"),
        "topic": tables.texts(found, "category"),
        "action": tables.texts(found, "action"),
        "at": [each.get("storageDate") for each in found],
        "session": people,
        "contact": people,
        # It is a text in current responses, and was a number in those of 2017 (BLiP 2.3).
        "count": tables.counts(found, "count"),
        "value": tables.as_texts([each.get("value", each.get("label")) for each in found]),
        "extras": _json_texts(found, "extras"),
    }
    return tables.EVENTS.frame(len(found), values, raw=found if raw else None)


def metrics(found: Sequence[Wire], account: str, name: str, *, raw: bool) -> pd.DataFrame:
    """Return a metric as a table `metrics` (BLiP 2.4)."""
    values = {
        "platform": NAME,
        "account": account,
        "metric": name,
        "start_at": [each.get("intervalStart") for each in found],
        "end_at": [each.get("intervalEnd") for each in found],
        "domain": tables.texts(found, "domain"),
        "count": tables.counts(found, "count"),
    }
    return tables.METRICS.frame(len(found), values, raw=found if raw else None)


def schedules(found: Sequence[Wire], account: str, *, raw: bool) -> pd.DataFrame:
    """Return scheduled messages as a table `schedules` (BLiP 2.6)."""
    sent = [tables.as_object(each.get("message")) for each in found]
    values = {
        "platform": NAME,
        "account": account,
        "schedule": tables.texts(sent, "id"),
        "name": tables.texts(found, "name"),
        "at": [each.get("when") for each in found],
        "recipient": tables.texts(sent, "to"),
        "content_type": tables.texts(sent, "type"),
        # A list of schedules may omit the contents, which are null then (BLiP 2.6).
        "text": [parse_text(each.get("content"), each.get("type")) for each in sent],
        "status": [str(each.get("status", "")).lower() for each in found],
    }
    return tables.SCHEDULES.frame(len(found), values, raw=found if raw else None)


def tickets(found: Sequence[Wire], account: str, *, raw: bool) -> pd.DataFrame:
    """Return tickets of the desk as a table `tickets` (BLiP 2.11)."""
    values = {
        "platform": NAME,
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
        "tags": [_join(each.get("tags")) for each in found],
    }
    return tables.TICKETS.frame(len(found), values, raw=found if raw else None)


def change_outcomes(
    recipients: Sequence[str], found: Sequence[BatchResult | None], not_attempted: str
) -> pd.DataFrame:
    """Return the results of many changes as a table `outcomes`.

    Args:
        recipients: whom each change is about.
        found: the results; `None` for a change that was not attempted.
        not_attempted: why it was not.
    """
    results = [BatchResult("skipped", error=not_attempted) if each is None else each for each in found]
    values = {
        "recipient": list(recipients),
        "state": [each.state for each in results],
        "message": [each.message for each in results],
        "error_code": [each.error_code for each in results],
        "error": [each.error for each in results],
        "attempts": [0 if each is None else 1 for each in found],
    }
    return tables.OUTCOMES.frame(len(found), values)


def list_outcomes(members: Sequence[str], found: Sequence[Wire], message: str) -> pd.DataFrame:
    """Return what notifications report of each member of a list as a table `outcomes` (BLiP 2.8)."""
    by_member: dict[str, list[Wire]] = {}
    for each in found:
        # A sender may be a node, with an instance; members are identities without one (BLiP 1.5).
        by_member.setdefault(str(each.get("from", "")).partition("/")[0], []).append(each)
    # Someone who has left the list since then may have received the message.
    everybody = list(dict.fromkeys([*members, *by_member]))
    deliveries = [_parse_delivery(by_member.get(member, ())) for member in everybody]
    codes = [_reason_code(by_member.get(member, ())) for member in everybody]
    values = {
        "recipient": everybody,
        "state": [_STATES.get(each.get("status", ""), "unknown") for each in deliveries],
        "status": [each.get("status", "unknown") for each in deliveries],
        "message": message,
        "error_code": tables.as_texts(codes),
        "error": [each.get("error") for each in deliveries],
        "at": list(map(_latest, deliveries)),
    }
    return tables.OUTCOMES.frame(len(everybody), values)


def _reason_code(notifications: Sequence[Wire]) -> Any:
    return next(
        (reason.get("code") for each in notifications if (reason := tables.as_object(each.get("reason")))),
        None,
    )


def _latest(delivery: Wire) -> str | None:
    return max((delivery[name] for name in _TIMES.values() if delivery.get(name)), default=None)


def campaign_outcomes(audience: Sequence[Wire], summary: Wire, campaign: str, *, raw: bool) -> pd.DataFrame:
    """Return how far a campaign came with each recipient as a table `outcomes` (BLiP 2.7)."""
    found = list(map(_lower_keys, audience))
    counted = _lower_keys(summary)
    people = {
        _local_part(each.get("recipientidentity")): each
        for each in map(_lower_keys, tables.as_objects(counted.get("statusaudience")))
    }
    # The audience names phone numbers and no reasons, the summary identities and reasons (BLiP 2.7).
    reasons = [people.get(_local_part(each.get("recipient")), {}) for each in found]
    statuses = [_AUDIENCE_STATUSES.get(str(each.get("status", "")).upper(), "unknown") for each in found]
    values = {
        "recipient": tables.texts(found, "recipient"),
        "state": [_STATES.get(status, "unknown") for status in statuses],
        "status": statuses,
        "campaign": campaign,
        "error_code": tables.as_texts([each.get("reasoncode") for each in reasons]),
        "error": tables.texts(reasons, "reasondescription"),
        "at": [next((each[key] for key in _AUDIENCE_TIMES if each.get(key)), None) for each in found],
    }
    return tables.OUTCOMES.frame(len(found), values, raw=audience if raw else None)


def _lower_keys(row: Wire) -> dict[str, Any]:
    """Return an object with its keys in lower case; the platform mixes their casing (BLiP 5)."""
    return {str(key).lower(): value for key, value in row.items()}


def _local_part(address: Any) -> str:
    """Return what an identity and a phone number have in common."""
    return str(address or "").partition("@")[0].removeprefix("+")


def contacts(found: Sequence[Wire], account: str, *, flatten: bool = False, raw: bool) -> pd.DataFrame:
    """Return contacts as a table `contacts`; with `flatten`, each key of extras has a column (BLiP 2.1)."""
    values = {
        "platform": NAME,
        "account": account,
        "contact": tables.texts(found, "identity"),
        "name": tables.texts(found, "name"),
        "phone": [tables.text(row.get("phoneNumber") or row.get("cellPhoneNumber")) for row in found],
        "email": tables.texts(found, "email"),
        "group": tables.texts(found, "group"),
        "last_at": [row.get("lastMessageDate") for row in found],
        "extras": _json_texts(found, "extras"),
    }
    frame = tables.CONTACTS.frame(len(found), values)
    if flatten:
        extras = [tables.as_object(each.get("extras")) for each in found]
        keys = sorted({key for each in extras for key in each})
        columns = {f"extras.{key}": tables.texts(extras, key) for key in keys}
        frame = tables.concat_columns(frame, tables.text_columns(columns, len(found)))
    return tables.with_raw(frame, found if raw else None)


def memberships(found: Sequence[tuple[str, str]], account: str, *, raw: bool) -> pd.DataFrame:
    """Return pairs of list and member as a table `subscriptions` (BLiP 2.5)."""
    values = {
        "platform": NAME,
        "account": account,
        "subscription": [f"{name}/{member}" for name, member in found],
        "kind": "list",
        "topic": [name for name, _ in found],
        "target": [member for _, member in found],
    }
    wire = [{"list": name, "recipient": member} for name, member in found]
    return tables.SUBSCRIPTIONS.frame(len(found), values, raw=wire if raw else None)


def campaigns(found: Sequence[Wire], summaries: Sequence[Wire], account: str, *, raw: bool) -> pd.DataFrame:
    """Return active campaigns, with what their summaries count, as a table `campaigns` (BLiP 2.7)."""
    rows = list(map(_lower_keys, found))
    by_id = {str(each.get("id")): each for each in map(_lower_keys, summaries)}
    counted = [by_id.get(str(row.get("id")), {}) for row in rows]
    audiences = [list(map(_lower_keys, tables.as_objects(each.get("statusaudience")))) for each in counted]
    templates = [
        row.get("messagetemplate") or each.get("messagetemplate")
        for row, each in zip(rows, counted, strict=True)
    ]
    values = {
        "platform": NAME,
        "account": account,
        "campaign": tables.texts(rows, "id"),
        "title": tables.texts(rows, "name"),
        "kind": tables.texts(rows, "campaigntype"),
        "text": tables.as_texts(templates),
        "sender": tables.texts(rows, "masterstate"),
        "status": [_CAMPAIGN_STATUSES.get(str(row.get("status", "")).lower()) for row in rows],
        "recipients": [len(people) or None for people in audiences],
        "messages": [len(people) or None for people in audiences],
        "delivered_percent": list(map(_percent, audiences)),
        "created_at": [row.get("created") for row in rows],
        "scheduled_at": [row.get("scheduled") for row in rows],
    }
    return tables.CAMPAIGNS.frame(len(found), values, raw=found if raw else None)


def _percent(people: Sequence[Wire]) -> int | None:
    reached = sum(str(person.get("status", "")).upper() in {"DELIVERED", "READ"} for person in people)
    return 100 * reached // len(people) if people else None


def _json_texts(found: Sequence[Wire], key: str) -> list[str | None]:
    return [tables.text(each[key]) if each.get(key) else None for each in found]
