"""What became of a message that was sent, and the ids that msgnb gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4


def new_id() -> str:
    """A new id for a message or command: 32 hexadecimal digits, which every platform takes."""
    return uuid4().hex


@dataclass(frozen=True)
class SendResult:
    """One message to one recipient.

    Attributes:
        platform: where it was sent.
        recipient: whom to.
        state: `sent`, `rejected` or `unknown`; a client's `send_text` returns only `sent` and raises for
            the others.
        message: id of the message, where there is one.
        session: id of the session it is in, where there is one.
        campaign: id of the campaign it is, where it is one.
        error: why it was rejected or is unknown.
        answer: the platform's answer.
    """

    platform: str
    recipient: str
    state: Literal["sent", "rejected", "unknown"]
    message: str | None = None
    session: str | None = None
    campaign: str | None = None
    error: str | None = None
    answer: Any = field(default=None, repr=False)
