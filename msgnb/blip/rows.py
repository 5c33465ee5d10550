"""How BLiP's objects become rows of the tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.blip.content import media_of, text_of

if TYPE_CHECKING:
    import pandas as pd

Row = Mapping[str, Any]

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
_STATUSES = {
    "accepted": "accepted",
    "dispatched": "sent",
    "received": "delivered",
    "consumed": "read",
    "failed": "failed",
}
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
        "last_text": [text_of(message.get("content")) for message in last],
        "last_direction": [_DIRECTIONS.get(message.get("direction", "")) for message in last],
        "unread": tables.counts(threads, "unreadMessages"),
    }
    return tables.SESSIONS.frame(len(threads), values, raw=threads if raw else None)


def messages(found: Sequence[Row], account: str, session: str, *, raw: bool) -> pd.DataFrame:
    """Thread messages as a table `messages` (BLiP 2.2)."""
    outbound = [message.get("direction") == "sent" for message in found]
    media = [media_of(message.get("type"), message.get("content")) for message in found]
    values = {
        "platform": "blip",
        "account": account,
        "session": session,
        "message": tables.texts(found, "id"),
        "at": [message.get("date") for message in found],
        "direction": [_DIRECTIONS.get(message.get("direction", "")) for message in found],
        "sender": [account if out else session for out in outbound],
        "recipient": [session if out else account for out in outbound],
        "kind": channel(session),
        "content_type": tables.texts(found, "type"),
        "text": [text_of(message.get("content")) for message in found],
        "media_url": tables.texts(media, "uri"),
        "media_type": tables.texts(media, "type"),
        "media_size": tables.counts(media, "size"),
        "status": [_STATUSES.get(message.get("status", ""), "unknown") for message in found],
        "error": [(message.get("reason") or {}).get("description") for message in found],
    }
    return tables.MESSAGES.frame(len(found), values, raw=found if raw else None)


def contacts(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
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
    return tables.CONTACTS.frame(len(found), values, raw=found if raw else None)


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


def campaigns(found: Sequence[Row], account: str, *, raw: bool) -> pd.DataFrame:
    """Active campaigns as a table `campaigns` (BLiP 2.7)."""
    values = {
        "platform": "blip",
        "account": account,
        "campaign": tables.texts(found, "id"),
        "title": tables.texts(found, "name"),
        "kind": tables.texts(found, "campaignType"),
        "text": tables.texts(found, "messageTemplate"),
        "status": [_CAMPAIGN_STATUSES.get(str(row.get("status", "")).lower()) for row in found],
        "created_at": [row.get("created") for row in found],
        "scheduled_at": [row.get("scheduled") for row in found],
    }
    return tables.CAMPAIGNS.frame(len(found), values, raw=found if raw else None)
