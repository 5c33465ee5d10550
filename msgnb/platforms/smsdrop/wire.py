"""The names in SMSDrop's requests and responses, and what they say (SMSDrop 1, 2)."""

from __future__ import annotations

from msgnb.platforms.wire import Wire

_FIELDS = (
    "defer_by", "defer_until", "delivery_percentage", "email", "limit", "message", "message_type", "password",
    "recipient_list", "sender", "skip", "title", "username",
)  # fmt: skip
_ERRORS = frozenset({
    "assertion_error", "json_invalid", "missing", "string_type", "string_too_long", "string_too_short",
    "type_error", "value_error", "value_error.any_str.max_length", "value_error.email", "value_error.missing",
})  # fmt: skip
"""Kinds of errors that its framework reports."""
WIRE = Wire(
    fields={
        "access_token": "secret",
        "created_at": "time",
        "defer_by": "amount",
        "defer_until": "time",
        "delivery_percentage": "amount",
        "detail": frozenset({"LOGIN_BAD_CREDENTIALS", "Unauthorized", "Not Found"}),
        "email": "address",
        "id": "id",
        "message": "text",
        "message_count": "amount",
        "message_type": "amount",
        "msg": "text",
        "loc": frozenset({"body", "query", "path", "header", *_FIELDS}),
        "nbr_sms": "amount",
        "password": "secret",
        "recipient_list": "address",
        "sender": "address",
        "sms_count": "amount",
        "status": frozenset({"PENDING", "SENDING", "COMPLETED", "ABORTED", "SCHEDULED"}),
        "title": "text",
        "token_type": frozenset({"bearer"}),
        "type": _ERRORS,
        "username": "address",
    },
    parameters={"skip": "amount", "limit": "amount"},
    paths={
        "api": None,
        "auth": None,
        "login": None,
        "users": None,
        "me": None,
        "subscriptions": None,
        "campaigns": "id",
        "retry": None,
    },
    names=frozenset({"is_active", "is_superuser", "is_verified"}),
    hosts=frozenset({"smsdrop.edevtecapps.com"}),
)
