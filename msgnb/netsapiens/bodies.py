"""What is sent to NetSapiens, checked before it leaves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from msgnb.errors import InvalidRequest
from msgnb.phones import dialable

Wire = dict[str, Any]

SESSION_ID = re.compile(r"[A-Za-z0-9_]{32,}")
MODELS = (
    "agent", "auditlog", "auditlog_lite", "call", "call_origid", "cdr", "message", "messagesession",
    "presence", "subscriber", "voicemail",
)  # fmt: skip


def session_id(session: str) -> str:
    """A session's id, checked (NetSapiens 3.2)."""
    if not SESSION_ID.fullmatch(session):
        raise InvalidRequest.of(
            messagesession=f"{session!r} has {len(session)} characters; an id has 32 or more of A-Z a-z 0-9 _"
        )
    return session


def message_body(kind: str, message: str, destination: str | Sequence[str], from_number: str | None) -> Wire:
    """The body that sends a message, its numbers checked (NetSapiens 3.2)."""
    to = [destination] if isinstance(destination, str) else list(destination)
    if not to or not all(to):
        raise InvalidRequest.of(destination="is empty: whom to send to?")
    body = {"type": kind, "message": message, "destination": to[0] if len(to) == 1 else to}
    if kind in {"sms", "mms"}:
        if not from_number:
            raise InvalidRequest.of(from_number=f"is missing; {kind} needs one of the user's own numbers")
        numbers = [dialable(number) for number in to]
        body["destination"] = numbers[0] if len(numbers) == 1 else numbers
        body["from-number"] = dialable(from_number, "from_number")
    return body


def model_name(model: str) -> str:
    """The name of an event model, checked (NetSapiens 7.2)."""
    if model not in MODELS:
        raise InvalidRequest.of(model=f"{model!r} is none of {', '.join(MODELS)}")
    return model


def post_address(url: str) -> str:
    """The URL that events are posted to, checked."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidRequest.of(post_url=f"{url!r} is no web address; write it as https://host/path")
    return url


def hyphenated(**fields: str | int | None) -> Wire:
    """What is given of a subscription's fields, under the wire's names."""
    return {name.replace("_", "-"): value for name, value in fields.items() if value is not None}
