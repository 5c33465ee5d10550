"""The result of sending one message, and the IDs that msgnb generates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

SendState = Literal["sent", "rejected", "unknown", "skipped"]
"""What is known of one message.

* `sent`: the platform accepted it.
* `rejected`: the platform refused it, in its own documented way.
* `unknown`: it may have been sent. It is never sent again by itself.
* `skipped`: msgnb did not try, or nothing arrived for certain; an error code says why.
"""

RESENDABLE: frozenset[SendState] = frozenset({"rejected", "skipped"})
"""The states in which the recipient does not have the message, so that it may be sent again."""


def new_id() -> str:
    """Return a new ID for a message or command: 32 hexadecimal digits, which every platform accepts."""
    return uuid4().hex


@dataclass(frozen=True)
class SendResult:
    """One message to one recipient.

    Attributes:
        platform: the platform.
        recipient: the recipient.
        state: as in `SendState`; a client's `send_text` returns only `sent`, and raises an error otherwise.
        message: the ID of the message, if it has one.
        session: the ID of its session, if there is one.
        campaign: the ID of the campaign, on platforms that send each message as a campaign.
        error: why it was rejected, or why the state is unknown.
        source: what answered instead of the platform, such as a mock world or a recording; `None` if it was
            the platform.
        response: the platform's response.
    """

    platform: str
    recipient: str
    state: SendState
    message: str | None = None
    session: str | None = None
    campaign: str | None = None
    error: str | None = None
    source: str | None = None
    response: Any = field(default=None, repr=False)
