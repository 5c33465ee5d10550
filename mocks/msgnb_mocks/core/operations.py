"""What a mock platform is, without any transport.

* A platform is a table of `Operation`s and one `handle(request) -> Answer`; sockets, event loops and
  `responses` live elsewhere and only carry bytes in and out.
* The table is data: it routes requests, and the OpenAPI document and the list in the docs are made from it.
* Each operation says how sure its contract is (`Evidence`) and which errors it may answer.
* A handler is called with the call it serves and returns an `Answer`; to refuse, it raises `Refusal`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import format_datetime
from enum import StrEnum
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

import orjson

from msgnb_mocks.core.clock import Clock
from msgnb_mocks.world.history import Heard

Json = Any
"""Anything that a JSON body holds."""

EVIDENCE_HEADER = "X-Msgnb-Evidence"
JSON_HEADERS: Mapping[str, str] = {"Content-Type": "application/json"}


class Evidence(StrEnum):
    """How sure the contract of an operation is."""

    DOCUMENTED = "documented"
    SEEN = "seen"
    INFERRED = "inferred"


@dataclass(frozen=True)
class Request:
    """One HTTP request as it came in: `path` without the query, header names in lower case."""

    method: str
    path: str
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @cached_property
    def query(self) -> dict[str, str]:
        """The query's parameters; the last one wins."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @cached_property
    def form(self) -> dict[str, str]:
        """The body read as a web form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Json:
        """The body read as JSON; raises `ValueError` where it is none."""
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    evidence: Evidence | None = None
    """How sure the operation is that answered; `None` where none did."""
    stream: Callable[[], Iterator[bytes]] | None = None
    """Makes a body that goes on; the connection ends with it."""

    def by(self, operation: Operation) -> Answer:
        """The same, as the answer of an operation."""
        return Answer(self.status, self.body, self.headers, operation.evidence)

    @classmethod
    def of(cls, body: Json, status: int = 200) -> Answer:
        """An answer with a JSON body."""
        return cls(status, orjson.dumps(body), JSON_HEADERS)


class Refusal(Exception):
    """Raised by a handler to answer with an error."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class Said:
    """What a request says to one recipient: the text, or the name of what has none."""

    to: str
    text: str
    by: str = field(default="", compare=False)
    """The account's own number, user or identity, which the recipient may answer to."""
    session: str | None = field(default=None, compare=False)
    """The session it was said in, where the request names one."""


@dataclass(frozen=True)
class Operation:
    """One thing that a platform can do.

    `method` and `path` are HTTP's, with `{name}` for a part of the path. For a LIME command they are the
    command's own method and uri, and `postmasters` names the nodes that take it (the first is the documented
    one). `section` is where the contract is described; `errors` lists what it may answer: HTTP statuses, or
    LIME reason codes for a command.
    """

    name: str
    method: str
    path: str
    handler: Callable[..., Any]
    evidence: Evidence
    section: str
    postmasters: tuple[str, ...] = ()
    errors: tuple[int, ...] = ()

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The path as a regular expression; a part never crosses a slash."""
        parts = re.split(r"\{(\w+)\}", self.path)
        literal = (re.escape(part) if i % 2 == 0 else f"(?P<{part}>[^/]+)" for i, part in enumerate(parts))
        return re.compile("".join(literal))

    def match(self, path: str) -> dict[str, str] | None:
        """The unescaped parts of a path that this operation serves, or `None`."""
        found = self.pattern.fullmatch(path)
        return {name: unquote(part) for name, part in found.groupdict().items()} if found else None


class Application(Protocol):
    """One mock platform: what `server` and `inprocess` carry."""

    name: str
    operations: tuple[Operation, ...]
    credentials: dict[str, str]
    """What signs in there."""
    further_credentials: dict[str, dict[str, str]]
    """Other ways to sign in, by their names."""
    clock: Clock
    """The world's; answers are dated by it."""

    @property
    def state(self) -> Any:
        """All that it remembers; `msgnb_mocks.snapshots` keeps it and puts it back."""
        ...

    def handle(self, request: Request) -> Answer:
        """Answer one request; never raises."""
        ...

    def operation_of(self, request: Request) -> str | None:
        """The name of the operation that a request asks for; `None` where there is none."""
        ...

    def said_in(self, request: Request) -> list[Said]:
        """What a request would say, to each of its recipients."""
        ...

    def examples(self) -> dict[str, str]:
        """Something that there is, for each name of a part of a path."""
        ...

    def history(self) -> Iterable[Heard]:
        """All that was said."""
        ...

    def remember(self, sayings: Iterable[Heard]) -> None:
        """Put what was said elsewhere, the oldest first, in the place of the history."""
        ...

    def received(self) -> dict[str, list[str]]:
        """What each phone, user or identity really got from clients: texts, the oldest first."""
        ...

    def receive(
        self,
        from_: str,
        to: str,
        text: str,
        *,
        session: str | None = None,
        media: tuple[str, int] | None = None,
    ) -> dict[str, str]:
        """Let somebody else write to the account; returns the ids of the `session` and the `message`.

        `media` is the MIME type and the size in bytes of what comes with the text.

        Raises:
            ValueError: there is no such sender, recipient or session.
        """
        ...


Handler = Callable[[Request], Answer]
"""What answers a request."""


def names_of(applications: Iterable[Application]) -> list[str]:
    """The names of all operations."""
    return [operation.name for application in applications for operation in application.operations]


def headers_of(answer: Answer, clock: Clock) -> dict[str, str]:
    """The headers of an answer, with its date, and how sure its contract is."""
    found = {"Date": format_datetime(clock.now(), usegmt=True), **answer.headers}
    if answer.evidence is not None:
        found[EVIDENCE_HEADER] = answer.evidence.value
    return found


def json_object(request: Request) -> dict[str, Any] | None:
    """The JSON object of a body, `None` where it is none."""
    try:
        found = request.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def said_to(recipients: Json, text: Json, by: str = "", session: str | None = None) -> list[Said]:
    """The same text to each of some recipients, of whatever a body holds in their places."""
    listed = recipients if isinstance(recipients, list) else [recipients]
    return [Said(str(each), str(text), by, session) for each in listed if isinstance(each, str | int)]


def check_quirks(chosen: frozenset[str], known: Collection[str]) -> None:
    """Refuse a second reading of the contract that there is not.

    Raises:
        ValueError: it is named, with those there are.
    """
    if unknown := sorted(chosen.difference(known)):
        raise ValueError(f"unknown quirks {', '.join(unknown)}; known are {', '.join(sorted(known))}")


class Router:
    """Finds the operation that serves a method and a path.

    Paths without parts are looked up at once; the others are tried in the table's order.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._fixed: dict[tuple[str, str], Operation] = {}
        self._patterns: dict[str, list[Operation]] = {}
        for operation in operations:
            if "{" in operation.path:
                self._patterns.setdefault(operation.method, []).append(operation)
            else:
                self._fixed[operation.method, operation.path] = operation

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation and the parts of the path, or `None` where nothing serves it."""
        if fixed := self._fixed.get((method, path)):
            return fixed, {}
        for operation in self._patterns.get(method, ()):
            parts = operation.match(path)
            if parts is not None:
                return operation, parts
        return None
