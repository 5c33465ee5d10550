"""Commands and their responses in the format of LIME (BLiP 1.5 to 1.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from msgnb_mocks.core.operations import Json

TEXT = "text/plain"
MEDIA = "application/vnd.lime.media-link+json"
COLLECTION = "application/vnd.lime.collection+json"
IDENTITY = "application/vnd.lime.identity"
METHODS = frozenset({"get", "set", "merge", "delete", "subscribe", "unsubscribe", "observe"})

NOT_SUPPORTED = 62
METHOD_NOT_SUPPORTED = 63
INVALID_ARGUMENT = 64
NOT_FOUND = 67


class Failure(Exception):
    """Raised by a handler if a command fails; it has the reason's code and description."""

    def __init__(self, code: int | None, description: str) -> None:
        super().__init__(description)
        self.code = code
        self.description = description


def not_found() -> Failure:
    """Return the failure for a resource that doesn't exist."""
    return Failure(NOT_FOUND, "The requested resource was not found")


def invalid(description: str) -> Failure:
    """Return the failure for an argument that is not valid."""
    return Failure(INVALID_ARGUMENT, description)


@dataclass(frozen=True)
class Document:
    """A resource and its type."""

    type: str
    resource: Json


@dataclass(frozen=True)
class Command:
    """A command on its way to a handler; `parts` are the unescaped parts of its path."""

    wire: Mapping[str, Any]
    parts: Mapping[str, str]
    query: Mapping[str, str]
    generous: bool = False
    """Whether a `$take` that is too large is reduced instead of refused; some clients rely on that."""

    @property
    def resource(self) -> Any:
        """The resource in the command."""
        return self.wire.get("resource")

    def page(self, default: int, most: int) -> tuple[int, int]:
        """Return `$skip` and `$take`; raise `Failure` if they are out of range."""
        skip, take = (_number(self.query, name, value) for name, value in (("$skip", 0), ("$take", default)))
        take = min(take, most) if self.generous else take
        if not 1 <= take <= most:
            raise invalid(f"The take parameter must be between 1 and {most}")
        return skip, take


def parse_uri(uri: str) -> tuple[str, dict[str, str]]:
    """Return the path and the query of a URI, which may be absolute; `%24take` is `$take`."""
    parts = urlsplit(uri)
    path = parts.path if parts.scheme != "lime" else parts.path or "/"
    # LIME trims a trailing slash. A plus stays a plus, as in phone numbers: spaces are written `%20` (BLiP
    # 1.8).
    return path.rstrip("/") or "/", dict(parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True))


def collection(items: Sequence[Json], item_type: str, total: int | None = None) -> Document:
    """Return a collection; like LIME, it has no `total` if that is 0."""
    counted = {"total": total} if total else {}
    return Document(COLLECTION, {**counted, "itemType": item_type, "items": list(items)})


def stamp(moment: datetime) -> str:
    """Return a time in the format of BLiP."""
    # BLiP writes milliseconds, while `%f` would write microseconds.
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_time(text: str) -> datetime:
    """Return a time that a client wrote, in UTC if it has no zone."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise invalid(f"Invalid date '{text}'") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def require_text(resource: Any, key: str) -> str:
    """Return a text that a resource must have."""
    value = resource.get(key) if isinstance(resource, Mapping) else None
    if not isinstance(value, str) or not value:
        raise invalid(f"The {key} is missing")
    return value


def _number(query: Mapping[str, str], name: str, default: int) -> int:
    value = query.get(name, str(default))
    if not value.isdigit():
        raise invalid(f"Invalid value for {name}")
    return int(value)
