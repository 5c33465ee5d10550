"""How the service validates requests, and how it reports what is wrong (SMSDrop 1, 2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from msgnb_mocks.core.operations import Refusal, Request, Response

TYPES: Mapping[str, type] = {
    "message": str,
    "sender": str,
    "recipient_list": list,
    "message_type": int,
    "defer_by": int,
}

Problem = tuple[list[str | int], str, str]


def find_problems(body: Mapping[str, Any]) -> list[Problem]:
    """Return what is wrong with a new campaign, in the words of the service's validation."""
    found = [*_missing(body), *_mistyped(body)]
    # Fields of a wrong type can't be checked any further.
    return found or [
        *_about_sender(body["sender"]),
        *_about_recipients(body["recipient_list"]),
        *_about_times(body),
    ]


def _missing(body: Mapping[str, Any]) -> Iterator[Problem]:
    for name in ("message", "sender", "recipient_list"):
        if not body.get(name):
            yield [name], "field required", "value_error.missing"


def _mistyped(body: Mapping[str, Any]) -> Iterator[Problem]:
    for name, kind in TYPES.items():
        # Fields that are not set may be sent as null (SMSDrop 2).
        if body.get(name) and not isinstance(body[name], kind):
            yield [name], f"value is not a valid {kind.__name__}", f"type_error.{kind.__name__}"


def _about_sender(sender: str) -> Iterator[Problem]:
    longest, kind = (18, "numeric") if sender.isdigit() else (11, "alphanumeric")
    if len(sender) > longest or not sender.replace(" ", "").isalnum():
        yield ["sender"], f"must be <= {longest} character if {kind}", "value_error"


def _about_recipients(recipients: list[Any]) -> Iterator[Problem]:
    for number, phone in enumerate(recipients):
        if not str(phone).removeprefix("+").isdigit():
            yield ["recipient_list", number], "invalid phone number", "value_error"


def _about_times(body: Mapping[str, Any]) -> Iterator[Problem]:
    if body.get("defer_until") and body.get("defer_by"):
        yield ["defer_by"], "use either 'defer_until' or 'defer_by'", "value_error"


def refuse_invalid(problems: list[Problem]) -> Refusal:
    """Return the refusal that says what is wrong."""
    detail = [{"loc": ["body", *where], "msg": words, "type": kind} for where, words, kind in problems]
    return Refusal(Response.of({"detail": detail}, 422))


def parse_body(request: Request) -> dict[str, Any]:
    """Return the JSON object of a body; anything else is refused."""
    body = request.json_object()
    if body is None:
        raise refuse_invalid([([], "value is not a valid dict", "type_error.dict")])
    return body


def parse_count(query: Mapping[str, str], name: str, default: int) -> int:
    """Return a count of the query; anything else is refused."""
    value = query.get(name, str(default))
    if not value.isdigit():
        error = {"loc": ["query", name], "msg": "value is not a valid integer", "type": "type_error.integer"}
        raise Refusal(Response.of({"detail": [error]}, 422))
    return int(value)


def parse_time(value: Any) -> datetime | None:
    """Return a time, in UTC if it has no zone; anything else is refused."""
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise refuse_invalid([(["defer_until"], "invalid datetime format", "value_error.datetime")]) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
