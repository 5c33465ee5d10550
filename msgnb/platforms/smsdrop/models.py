"""The objects that the client accepts and returns, and their fields in requests and responses (SMSDrop 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgnb.campaigns.campaign import Campaign, MessageType
from msgnb.core.errors import InvalidRequest

_FIELDS = (
    "message", "sender", "recipient_list", "title", "message_type", "defer_until", "defer_by", "id", "status",
    "delivery_percentage", "message_count", "sms_count", "created_at",
)  # fmt: skip


def make_body(campaign: Campaign) -> dict[str, Any]:
    """Return the body of a request that creates a campaign.

    Raises:
        InvalidRequest: it has no sender or no recipients.
    """
    missing = {}
    if not campaign.sender.strip():
        missing["sender"] = "is empty; it is what recipients see"
    if not campaign.recipient_list:
        missing["recipient_list"] = "is not a list with at least one phone number"
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


def parse_campaign(body: Mapping[str, Any]) -> Campaign:
    """Return the campaign in a response."""
    # Without `__init__`: it would refuse campaigns that the platform has accepted by older or other rules.
    campaign = Campaign.__new__(Campaign)
    campaign.recipient_list = []
    update_campaign(campaign, body)
    return campaign


def update_campaign(campaign: Campaign, body: Mapping[str, Any]) -> None:
    """Set the fields of a campaign to those in a response; fields that the platform may add are ignored."""
    known = {name: body[name] for name in _FIELDS if name in body}
    for name in ("defer_until", "created_at"):
        if isinstance(known.get(name), str):
            known[name] = datetime.fromisoformat(known[name])
    if "message_type" in known:
        known["message_type"] = MessageType(known["message_type"] or 0)
    for name, value in known.items():
        setattr(campaign, name, value)


@dataclass(frozen=True)
class Subscription:
    """The account's plan.

    Attributes:
        id: ID of the plan.
        nbr_sms: number of SMS credits left.
        created_at: when it was created.
    """

    id: str
    nbr_sms: int
    created_at: datetime | None = None


@dataclass(frozen=True)
class User:
    """The account's profile.

    Attributes:
        id: ID of the user.
        email: email of the account.
        is_active: whether the account may be used.
        is_verified: whether its email was verified, if the platform reports it.
        is_superuser: whether it may manage other accounts, if the platform reports it.
    """

    id: str
    email: str
    is_active: bool
    is_verified: bool | None = None
    is_superuser: bool | None = None
