"""What SMSDrop's verbs take and return (SMSDrop 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import IntEnum
from typing import Any, Self

from msgnb.errors import InvalidRequest
from msgnb.phones import international

LONGEST_NAME = 11
LONGEST_NUMBER = 18


class MessageType(IntEnum):
    """How a phone shows a message."""

    PLAIN_TEXT = 0
    FLASH_MESSAGE = 1
    UNICODE = 2


@dataclass
class Campaign:
    """One text to many phones. Give the first seven; the platform fills in the others.

    >>> Campaign(message="Hello", sender="MyShop", recipient_list=["+22963588213"])

    Attributes:
        message: the text.
        sender: what recipients see: up to 11 letters and digits, or up to 18 digits.
        recipient_list: phones with country code; a leading `+` is optional.
        title: to find it again; the platform makes one up where it is `None`.
        message_type: plain, flash or Unicode.
        defer_until: when to launch it; with a zone.
        defer_by: seconds to wait before launching it; not together with `defer_until`.
        id: the campaign's id, once it was created.
        status: `PENDING`, `SENDING`, `COMPLETED`, `ABORTED` or `SCHEDULED`.
        delivery_percentage: 0 to 100.
        message_count: recipients × segments.
        sms_count: segments of one message.
        created_at: when it was created.

    Raises:
        InvalidRequest: sender, recipients or times can't be right; `fields` says which and why.
    """

    message: str
    sender: str
    recipient_list: list[str] = field(repr=False)
    title: str | None = None
    message_type: MessageType = MessageType.PLAIN_TEXT
    defer_until: datetime | None = None
    defer_by: int | None = None
    id: str | None = None
    status: str | None = None
    delivery_percentage: int | None = None
    message_count: int | None = None
    sms_count: int | None = None
    created_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.id is None:
            problems = dict(self._problems())
            if problems:
                raise InvalidRequest.of(**problems)

    def _problems(self) -> list[tuple[str, str]]:
        checks = (self._about_message, self._about_sender, self._about_recipients, self._about_times)
        return [problem for check in checks if (problem := check())]

    def _about_message(self) -> tuple[str, str] | None:
        return None if self.message.strip() else ("message", "is empty")

    def _about_sender(self) -> tuple[str, str] | None:
        sender, longest = self.sender, LONGEST_NUMBER if self.sender.isdigit() else LONGEST_NAME
        if not sender.strip():
            return "sender", "is empty; it is what recipients see"
        if len(sender) > longest:
            kind = "digits" if sender.isdigit() else "characters"
            return "sender", f"{sender!r} has {len(sender)} {kind}, {longest} are allowed"
        return None

    def _about_recipients(self) -> tuple[str, str] | None:
        if isinstance(self.recipient_list, str) or not self.recipient_list:
            return "recipient_list", "is no list with at least one phone number"
        for number in self.recipient_list:
            try:
                international(number, "recipient_list")
            except InvalidRequest as error:
                return "recipient_list", error.fields["recipient_list"]
        return None

    def _about_times(self) -> tuple[str, str] | None:
        if self.defer_until is not None and self.defer_by is not None:
            return "defer_by", "is given together with defer_until; give one of them"
        if self.defer_until is not None and self.defer_until.tzinfo is None:
            return (
                "defer_until",
                f"{self.defer_until.isoformat()} has no zone; give one, such as datetime.UTC",
            )
        if self.defer_by is not None and self.defer_by < 0:
            return "defer_by", f"{self.defer_by} s lie in the past"
        return None

    def wire(self) -> dict[str, Any]:
        """What is sent to create it."""
        return {
            "title": self.title,
            "message": self.message,
            "message_type": int(self.message_type),
            "sender": self.sender,
            "recipient_list": list(self.recipient_list),
            "defer_until": self.defer_until.isoformat() if self.defer_until else None,
            "defer_by": self.defer_by,
        }

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """The campaign in an answer."""
        return cls(**_known(answer))

    def update(self, answer: Mapping[str, Any]) -> None:
        """Take over what an answer says of it."""
        for name, value in _known(answer).items():
            setattr(self, name, value)


def _known(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a campaign has, as Python has them; what the platform may add is left out."""
    known = {name.name: answer[name.name] for name in fields(Campaign) if name.name in answer}
    for name in ("defer_until", "created_at"):
        if isinstance(known.get(name), str):
            known[name] = datetime.fromisoformat(known[name])
    if "message_type" in known:
        known["message_type"] = MessageType(known["message_type"] or 0)
    return known


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
