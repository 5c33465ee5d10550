"""The names in SMSDrop's requests and responses, and what they say (SMSDrop 1, 2)."""

from __future__ import annotations

from msgnb.platforms.wire import Wire

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
        "loc": "category",
        "nbr_sms": "amount",
        "password": "secret",
        "recipient_list": "address",
        "sender": "address",
        "sms_count": "amount",
        "status": frozenset({"PENDING", "SENDING", "COMPLETED", "ABORTED", "SCHEDULED"}),
        "title": "text",
        "token_type": frozenset({"bearer"}),
        "type": "category",
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
    hosts=frozenset({"smsdrop.edevtecapps.com"}),
)
