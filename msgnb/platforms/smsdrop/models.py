"""What SMSDrop's verbs take and return (SMSDrop 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgnb.campaigns.campaign import Campaign, MessageType
from msgnb.core.errors import InvalidRequest

_KNOWN = (
    "message", "sender", "recipient_list", "title", "message_type", "defer_until", "defer_by", "id", "status",
    "delivery_percentage", "message_count", "sms_count", "created_at",
)  # fmt: skip


def make_body(campaign: Campaign) -> dict[str, Any]:
    """What is sent to create a campaign.

    Raises:
        InvalidRequest: it has no sender or no recipients.
    """
    missing = {}
    if not campaign.sender.strip():
        missing["sender"] = "is empty; it is what recipients see"
    if not campaign.recipient_list:
        missing["recipient_list"] = "is no list with at least one phone number"
    if missing:
        raise InvalidRequest.of(**missing)
    return {
        "title": campaign.title,
        "message": campaign.message,
        "message_type": int(campaign.message_type),
        "sender": campaign.sender,
        "recipient_list": list(campaign.recipient_list),
        "defer_until": campaign.defer_until.isoformat() if campaign.defer_until else None,
        "defer_by": campaign.defer_by,
    }


def parse_campaign(answer: Mapping[str, Any]) -> Campaign:
    """The campaign in an answer; what the platform keeps is not held against our rules."""
    campaign = Campaign.__new__(Campaign)
    campaign.recipient_list = []
    update_campaign(campaign, answer)
    return campaign


def update_campaign(campaign: Campaign, answer: Mapping[str, Any]) -> None:
    """Take over what an answer says of a campaign; what the platform may add is left out."""
    known = {name: answer[name] for name in _KNOWN if name in answer}
    for name in ("defer_until", "created_at"):
        if isinstance(known.get(name), str):
            known[name] = datetime.fromisoformat(known[name])
    if "message_type" in known:
        known["message_type"] = MessageType(known["message_type"] or 0)
    for name, value in known.items():
        setattr(campaign, name, value)


@dataclass(frozen=True)
class Subscription:
    """The account's plan: `nbr_sms` is the credit left, in SMS."""

    id: str
    nbr_sms: int
    created_at: datetime | None = None


@dataclass(frozen=True)
class User:
    """The account's profile."""

    id: str
    email: str
    is_active: bool
    is_verified: bool | None = None
    is_superuser: bool | None = None
