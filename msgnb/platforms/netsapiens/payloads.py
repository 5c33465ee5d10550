"""What is sent to NetSapiens, checked before it leaves."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from msgnb.core.errors import InvalidRequest
from msgnb.core.phones import parse_dialable

Wire = dict[str, Any]
Expiry = str | datetime | timedelta
"""When a subscription ends: a time with a zone, a span from now, or `YYYY-MM-DD HH:MM:SS` in UTC."""

PHONE_KINDS = ("sms", "mms")
MEDIA_KINDS = ("mms", "chat-media")
KINDS = ("chat", "sms", "mms", "chat-media")
SESSION_ID = re.compile(r"[A-Za-z0-9_]{32,}")
MODELS = (
    "agent", "auditlog", "auditlog_lite", "call", "call_origid", "cdr", "message", "messagesession",
    "presence", "subscriber", "voicemail",
)  # fmt: skip
"""The kinds of events, which NetSapiens calls models (NetSapiens 7.2)."""
NATIONAL_DIGITS = 10
"""Digits of a North American number without its country code, which servers accept too."""


def is_phone(to: str) -> bool:
    """Whether a recipient is a phone number; user IDs are shorter."""
    return to.startswith("+") or ("@" not in to and sum(map(str.isdigit, to)) >= NATIONAL_DIGITS)


def check_session_id(session: str) -> str:
    """Return a session's ID (NetSapiens 3.2).

    Raises:
        InvalidRequest: it is too short, or has other characters than letters, digits and underscores.
    """
    if not isinstance(session, str) or not SESSION_ID.fullmatch(session):
        raise InvalidRequest.of(
            messagesession=f"{session!r} is not the ID of a session, which has 32 or more of A-Z a-z 0-9 _"
        )
    return session


def make_message(kind: str, text: str, to: str | Sequence[str], media: Wire) -> Wire:
    """Return the body that sends a message, without the number that it is sent from (NetSapiens 3.2).

    Args:
        kind: one of `KINDS`.
        text: the text; it may be empty if there are media.
        to: one recipient, or several for a group.
        media: the fields of the media; those that are `None` are left out.

    Raises:
        InvalidRequest: kind, recipients, text or media are not valid.
    """
    if kind not in KINDS:
        raise InvalidRequest.of(message_type=f"{kind!r} is none of {', '.join(KINDS)}")
    recipients = [to] if isinstance(to, str) else list(to)
    if not recipients or not all(recipients):
        raise InvalidRequest.of(destination="is empty: whom to send to?")
    if kind in PHONE_KINDS:
        recipients = [parse_dialable(number) for number in recipients]
    fields = {key: value for key, value in media.items() if value is not None}
    _check_media(kind, fields)
    if not text and not fields:
        raise InvalidRequest.of(message="is empty")
    destination = recipients[0] if len(recipients) == 1 else recipients
    # A text is required with media too; the documentation writes this one.
    return {"type": kind, "message": text or "media", "destination": destination, **fields}


def _check_media(kind: str, fields: Wire) -> None:
    if kind in MEDIA_KINDS and not {"data", "mime-type"} <= fields.keys():
        missing = "media is missing" if "data" not in fields else "its mime_type is missing"
        raise InvalidRequest.of(media=f"{missing}; {kind} takes a path, bytes or a picture as media=")
    if kind not in MEDIA_KINDS and fields:
        instead = "mms" if kind in PHONE_KINDS else "chat-media"
        raise InvalidRequest.of(message_type=f"{kind!r} carries no media; {instead!r} does")


def check_model(model: str) -> str:
    """Return the name of an event model (NetSapiens 7.2).

    Raises:
        InvalidRequest: there is no such model.
    """
    if model not in MODELS:
        raise InvalidRequest.of(model=f"{model!r} is none of {', '.join(MODELS)}")
    return model


def check_url(url: str) -> str:
    """Return the URL that events are posted to.

    Raises:
        InvalidRequest: it is not a web address.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidRequest.of(post_url=f"{url!r} is no web address; write it as https://host/path")
    return url


def format_expiry(expires: Expiry | None, clock: Callable[[], datetime]) -> str | None:
    """Return the end of a subscription as the platform writes it (NetSapiens 7.2).

    Args:
        expires: the end; text is returned unchanged.
        clock: returns the platform's time.

    Raises:
        InvalidRequest: the time has no zone, or has passed.
    """
    if not isinstance(expires, datetime | timedelta):
        return expires
    now = clock()
    end = now + expires if isinstance(expires, timedelta) else expires
    if end.tzinfo is None:
        raise InvalidRequest.of(expires=f"{end} has no zone; write datetime(…, tzinfo=UTC)")
    if end <= now:
        raise InvalidRequest.of(expires=f"{end} is in the past")
    # The platform returns ISO 8601 with an offset, but this is the form to write (NetSapiens 7.2).
    return f"{end.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def make_subscription(**fields: str | int | None) -> Wire:
    """Return the fields of a subscription that are not `None`, under the platform's hyphenated names."""
    return {name.replace("_", "-"): value for name, value in fields.items() if value is not None}
