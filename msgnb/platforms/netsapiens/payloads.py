"""What is sent to NetSapiens, checked before it leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from msgnb.core.errors import InvalidRequest
from msgnb.core.phones import dialable

Wire = dict[str, Any]

PHONE_KINDS = ("sms", "mms")
MEDIA_KINDS = ("mms", "chat-media")
KINDS = ("chat", "sms", "mms", "chat-media")
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


def message_body(kind: str, message: str, destination: str | Sequence[str], media: Wire) -> Wire:
    """The body that sends a message, but for the number it goes out from; checked (NetSapiens 3.2)."""
    if kind not in KINDS:
        raise InvalidRequest.of(message_type=f"{kind!r} is none of {', '.join(KINDS)}")
    to = [destination] if isinstance(destination, str) else list(destination)
    if not to or not all(to):
        raise InvalidRequest.of(destination="is empty: whom to send to?")
    if kind in PHONE_KINDS:
        to = [dialable(number) for number in to]
    about = {key: value for key, value in media.items() if value is not None}
    _check_media(kind, about)
    if not message and not about:
        raise InvalidRequest.of(message="is empty")
    # A text is required with media too; the documentation writes this one.
    text = message or "media"
    return {"type": kind, "message": text, "destination": to[0] if len(to) == 1 else to, **about}


def _check_media(kind: str, about: Wire) -> None:
    if kind in MEDIA_KINDS and not {"data", "mime-type"} <= about.keys():
        missing = "media is missing" if "data" not in about else "its mime_type is missing"
        raise InvalidRequest.of(media=f"{missing}; {kind} takes a path, bytes or a picture as media=")
    if kind not in MEDIA_KINDS and about:
        instead = "mms" if kind in PHONE_KINDS else "chat-media"
        raise InvalidRequest.of(message_type=f"{kind!r} carries no media; {instead!r} does")


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


Moment = str | datetime | timedelta


def expiry(given: Moment | None, clock: Callable[[], datetime]) -> str | None:
    """When a subscription ends, as the platform writes it; a `timedelta` counts from now (NetSapiens 7.2)."""
    if not isinstance(given, datetime | timedelta):
        return given
    now = clock()
    given = now + given if isinstance(given, timedelta) else given
    if given.tzinfo is None:
        raise InvalidRequest.of(expires=f"{given} has no zone; write datetime(…, tzinfo=UTC)")
    if given <= now:
        raise InvalidRequest.of(expires=f"{given} is over already")
    return f"{given.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def hyphenated(**fields: str | int | None) -> Wire:
    """What is given of a subscription's fields, under the wire's names."""
    return {name.replace("_", "-"): value for name, value in fields.items() if value is not None}
