"""The objects that the client accepts and returns, and their fields in requests and responses (SMSDrop 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgnb.campaigns.campaign import Campaign, MessageType
from msgnb.core.errors import InvalidRequest
from msgnb.core.responses import parse_words
from msgnb.core.times import parse_wire_time

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


def is_campaign(body: Any) -> bool:
    """Return whether a body is a campaign: it has the fields that each one has, with their types."""
    if not isinstance(body, dict):
        return False
    phones = body.get("recipient_list")
    return isinstance(phones, list) and all(
        isinstance(each, str) for each in (body.get("id"), body.get("message"), body.get("sender"), *phones)
    )


def update_campaign(campaign: Campaign, body: Mapping[str, Any]) -> None:
    """Set the fields of a campaign to those in a response.

    Fields that the platform may add, and values that can't be read, are ignored: the campaign exists.
    """
    for name in _FIELDS:
        if name in body:
            try:
                setattr(campaign, name, _PARSERS.get(name, _unchanged)(body[name]))
            except (TypeError, ValueError):
                continue


def _unchanged(value: Any) -> Any:
    return value


def _parse_count(value: Any) -> int | None:
    return None if value is None else int(value)


_PARSERS: Mapping[str, Callable[[Any], Any]] = {
    "defer_until": parse_wire_time, "created_at": parse_wire_time,
    "message_type": lambda value: MessageType(value or 0),
    "delivery_percentage": _parse_count, "message_count": _parse_count, "sms_count": _parse_count,
    "id": str, "status": parse_words,
}  # fmt: skip


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
