"""What a mock platform can do: a table of operations, the requests they serve and the responses they return.

* The table is data: it routes requests, and the OpenAPI document and the list in the docs are made from it.
* An operation says how sure its contract is (`Evidence`) and which errors it may return.
* No transport is involved: `hosting` carries bytes in and out.
* A handler returns a `Response`; to refuse, it raises `Refusal`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

import orjson

Json = Any
"""Anything that a JSON body contains."""

EVIDENCE_HEADER = "X-Msgnb-Evidence"
JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"
JSON_HEADERS: Mapping[str, str] = {"Content-Type": JSON_TYPE}


class Evidence(StrEnum):
    """How sure the contract of an operation is."""

    DOCUMENTED = "documented"
    SEEN = "seen"
    INFERRED = "inferred"


@dataclass(frozen=True)
class Request:
    """One HTTP request as it was received: `path` without the query, header names in lower case."""

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def query(self) -> dict[str, str]:
        """The parameters of the query; the last one of each name counts."""
        # An empty parameter is not the same as a missing one.
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The body as a web form."""
        # Any body is asked for its form, binary ones too, so decoding must not fail.
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Json:
        """Return the body as JSON.

        Raises:
            ValueError: it is not JSON.
        """
        return orjson.loads(self.body)

    def json_object(self) -> dict[str, Any] | None:
        """Return the body as a JSON object; `None` if it is anything else."""
        try:
            found = self.json()
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


@dataclass(frozen=True)
class Response:
    """One HTTP response.

    Attributes:
        status: the HTTP status.
        body: the whole body.
        headers: headers beyond those that every response has.
        evidence: how sure the operation is that returned it; `None` if none did.
        stream: makes a body that goes on; the connection ends with it.
    """

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence | None = None
    stream: Callable[[], Iterator[bytes]] | None = None

    def by(self, operation: Operation) -> Response:
        """Return the same response, marked with the evidence of an operation."""
        # Faster than `replace`, and nearly every response passes through here.
        return Response(self.status, self.body, self.headers, operation.evidence, self.stream)

    def make_headers(self, now: datetime) -> dict[str, str]:
        """Return all headers, with the date and the evidence."""
        found = {"Date": format_datetime(now, usegmt=True), **self.headers}
        if self.evidence is not None:
            found[EVIDENCE_HEADER] = self.evidence.value
        return found

    @classmethod
    def of(cls, body: Json, status: int = 200) -> Response:
        """Return a response with a JSON body."""
        return cls(status, orjson.dumps(body), JSON_HEADERS)


class Refusal(Exception):
    """Raised to refuse a request with a response."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass(frozen=True)
class Call:
    """A request on its way to a handler, with the parts of its path."""

    request: Request
    parts: Mapping[str, str]


@dataclass(frozen=True)
class Operation:
    """One thing that a platform can do.

    Most operations are an HTTP method and path. Some platforms have commands instead, which are sent in the
    body of a request to one shared path: then `method` and `path` are the command's own, and `postmasters`
    names the nodes that process it.

    Attributes:
        name: unique name that starts with the platform's: `platform.what`.
        method: HTTP method, or the command's.
        path: path, or the command's URI, with `{name}` for a part that varies.
        handler: serves it; the first line of its docstring is the operation's summary.
        evidence: how sure its contract is.
        section: where the contract is described.
        postmasters: domains of the nodes that process a command, the documented one first; none for HTTP.
        errors: what it may return: HTTP statuses, or the reason codes of commands.
        request_type: media type of the request's body.
        secrets: parts of the path and fields that are secret, beside those whose names say so.
        shown: fields of a request that signs in which are no secrets; the journal hides all others. `None`
            for other operations.
    """

    name: str
    method: str
    path: str
    handler: Callable[..., Any]
    evidence: Evidence
    section: str
    postmasters: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()
    request_type: str = JSON_TYPE
    secrets: tuple[str, ...] = ()
    shown: tuple[str, ...] | None = None

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression; a part never contains a slash."""
        # Splitting at a group returns literal text and names in turn.
        parts = re.split(r"\{(\w+)\}", self.path)
        literal = (re.escape(part) if i % 2 == 0 else f"(?P<{part}>[^/]+)" for i, part in enumerate(parts))
        return re.compile("".join(literal))

    def match(self, path: str) -> dict[str, str] | None:
        """Return the unescaped parts of a path that this operation serves; `None` if it doesn't."""
        # Parts are unescaped after matching, so that an escaped slash stays inside its part.
        found = self.pattern.fullmatch(path)
        return {name: unquote(part) for name, part in found.groupdict().items()} if found else None

    def fill(self, parts: Mapping[str, str]) -> str:
        """Return its path with these parts."""
        return self.path.format(**{name: quote(part, safe="@~") for name, part in parts.items()})

    def named(self, platform: str) -> Operation:
        """Return the same operation with the platform's name in front of its own."""
        return replace(self, name=f"{platform}.{self.name}")


Route = tuple[Operation, dict[str, str]]
"""An operation that serves a request, and the parts of the request's path."""


class Router:
    """Finds the operation that serves a method and a path.

    Paths without parts are looked up in a dictionary; the others are tried in the table's order.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._fixed: dict[tuple[str, str], Operation] = {}
        self._patterns: dict[str, list[Operation]] = {}
        for operation in operations:
            if "{" in operation.path:
                self._patterns.setdefault(operation.method, []).append(operation)
            else:
                self._fixed[operation.method, operation.path] = operation

    def find(self, method: str, path: str) -> Route | None:
        """Return the operation and the parts of the path; `None` if no operation serves it."""
        if fixed := self._fixed.get((method, path)):
            return fixed, {}
        for operation in self._patterns.get(method, ()):
            parts = operation.match(path)
            if parts is not None:
                return operation, parts
        return None
