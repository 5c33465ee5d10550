"""Messages as BLiP takes them, and what sends them (BLiP 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgnb.core.sending import SendResult
from msgnb.platforms.blip.connection import BlipConnection
from msgnb.platforms.blip.content import Content, text
from msgnb.platforms.blip.identities import check_identity

Metadata = Mapping[str, str]


def make_message(
    to: str,
    content: Content | str,
    *,
    id: str | None = None,  # noqa: A002 - the wire's word
    metadata: Metadata | None = None,
) -> dict[str, Any]:
    """Return a message to one identity.

    Args:
        to: identity of the recipient.
        content: what it contains; a `str` is a plain text.
        id: its ID; the connection adds a new one if `None`.
        metadata: what is attached to it.

    Raises:
        InvalidRequest: `to` is not an identity, or the text is empty.
    """
    made = text(content) if isinstance(content, str) else content
    message = {"to": check_identity(to, "to"), "type": made.type, "content": made.content}
    further = {"id": id, "metadata": dict(metadata or {})}
    return message | {name: value for name, value in further.items() if value}


def send_content(
    connection: BlipConnection, to: str, content: Content | str, metadata: Metadata | None = None
) -> SendResult:
    """Send content to one identity now; the arguments are those of `make_message`."""
    sent = connection.send_message(make_message(to, content, metadata=metadata))
    return connection.sent(to, message=sent["id"], session=to, response=sent)
