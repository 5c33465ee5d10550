"""Faults between a client and a platform, simulated by rule.

* A rule says what fails, for which operation, and when: at the nth request, or for a share of them by the
  seed.
* A rule for an operation that doesn't exist is refused when it is added; rules that never fired can be
  listed.
* Faults that need timing or sockets are simulated by servers only, and refused in process.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Literal

import orjson

from msgnb_mocks.core.operations import JSON_HEADERS, Request, Response

Place = Literal["before", "after"]


class Broken(Exception):
    """The connection breaks.

    Attributes:
        way: how; the kind of the fault.
        response: what would have been returned.
        seconds: how long it takes, for faults that take time.
    """

    def __init__(self, way: str, response: Response | None = None, seconds: float = 0.0) -> None:
        super().__init__(way)
        self.way = way
        self.response = response
        self.seconds = seconds


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        doc: what happens.
        place: whether it happens `before` the platform does what is asked, or `after`.
        response: what is returned in any case.
        server_only: whether it needs a socket.
        breaks: whether the connection breaks if there is no `response`.
        seconds: how long it takes by default, for faults that take time.
    """

    doc: str
    place: Place = "before"
    response: Response | None = None
    server_only: bool = False
    breaks: bool = True
    seconds: float = 0.0


def _status(status: int, **headers: str) -> Response:
    return Response(status, b"{}", {**JSON_HEADERS, **{k.replace("_", "-"): v for k, v in headers.items()}})


HTML = Response(
    200, b"<html><body>Please log in to the network.</body></html>", {"Content-Type": "text/html"}
)
# The header says JSON, so that a client tries to parse it.
GARBAGE = Response(200, b"\x00\xff{[", JSON_HEADERS)
FAULTS: dict[str, Fault] = {
    "429": Fault("too many requests, without a time to wait", response=_status(429)),
    "429-retry-after": Fault(
        "too many requests, with the seconds to wait", response=_status(429, Retry_After="2")
    ),
    "500": Fault("an internal error", response=_status(500)),
    "502": Fault("a bad gateway", response=_status(502)),
    "503": Fault("not available", response=_status(503)),
    "504": Fault("a gateway timeout", response=_status(504)),
    "504-after": Fault("a gateway timeout, although the request was processed", "after", _status(504)),
    "401": Fault("the token has expired", response=_status(401)),
    "html": Fault("a page instead of JSON, as from a captive portal", response=HTML),
    "garbage": Fault("bytes that are not JSON", response=GARBAGE),
    "garbage-after": Fault("bytes that are not JSON, although the request was processed", "after", GARBAGE),
    "refused": Fault("no connection"),
    "reset": Fault("the connection breaks before the request is processed"),
    "reset-after": Fault("the connection breaks after the request was processed", "after"),
    "truncated": Fault("the response ends in the middle", "after"),
    "wrong-length": Fault("the response announces fewer bytes than it has", "after"),
    "latency": Fault("the response takes a while", "after", breaks=False, seconds=1.0),
    "stale-page": Fault("a list is returned as it was at the first request for it", "after", breaks=False),
    "duplicate-page": Fault("a page of a list is returned again instead of the next", "after", breaks=False),
    "drip": Fault("the response is sent byte by byte", "after", server_only=True, seconds=0.05),
    "hang": Fault("no response is ever sent", server_only=True),
}


@dataclass
class Rule:
    """When a fault happens.

    Attributes:
        kind: one of `FAULTS`.
        operation: a pattern of operations' names.
        nth: the numbers of the requests that it happens to, counted from 1; if empty, `share` decides.
        share: the share of requests that it happens to.
        seconds: how long it takes.
        met: how many requests there were.
        fired: how often it happened.
    """

    kind: str
    operation: str
    nth: frozenset[int]
    share: float
    seconds: float
    random: Random = field(repr=False)
    met: int = 0
    fired: int = 0

    @property
    def fault(self) -> Fault:
        """What happens."""
        return FAULTS[self.kind]

    def respond(
        self, pages: Pages, operation: str | None, request: Request, done: Response | None
    ) -> Response | None:
        """Return the response that the client receives; `None` if the connection breaks.

        Args:
            pages: the responses so far.
            operation: the operation's name.
            request: the request.
            done: the platform's response, if it processed the request.
        """
        # A fault that breaks the connection has no response, and `None` says so.
        if self.fault.response or self.fault.breaks or done is None:
            return self.fault.response
        return pages.repeat(self.kind, operation, request) or done

    def fires(self) -> bool:
        """Count a request, and return whether the fault happens to it."""
        self.met += 1
        happens = self.met in self.nth if self.nth else self.random.random() < self.share
        self.fired += happens
        return happens


class Pages:
    """The responses so far, for faults that repeat one."""

    def __init__(self) -> None:
        self._first: dict[tuple[str | None, bytes], Response] = {}
        self._last: dict[str | None, tuple[bytes, Response]] = {}

    def keep(self, operation: str | None, request: Request, response: Response) -> None:
        """Store a response."""
        target = _fingerprint(request)
        self._first.setdefault((operation, target), response)
        self._last[operation] = target, response

    def repeat(self, kind: str, operation: str | None, request: Request) -> Response | None:
        """Return an earlier response as if it was the response to this request; `None` if there is none."""
        target = _fingerprint(request)
        if kind == "stale-page":
            return _readdress(self._first.get((operation, target)), request)
        if kind == "duplicate-page":
            before, response = self._last.get(operation, (target, None))
            # The same request again is a retry and not the next page.
            return _readdress(response, request) if before != target else None
        return None


def _fingerprint(request: Request) -> bytes:
    """Return what distinguishes a request, without the random ID of a command."""
    body = request.json_object()
    content = request.body if body is None else orjson.dumps({**body, "id": None})
    return f"{request.method} {request.path}?{request.query_string}\n".encode() + content


def _readdress(response: Response | None, request: Request) -> Response | None:
    """Return a response with the ID of a command that is sent in the body."""
    # A response to another command's ID would be a fault of its own.
    asked = request.json_object() or {}
    if response is None or "id" not in asked:
        return response
    return Response.of({**orjson.loads(response.body), "id": asked["id"]}, response.status)


class Faults:
    """The rules of a world.

    >>> world.faults.add("reset-after", operation="acme.campaigns.launch", nth=1)

    Args:
        operations: the names of all operations.
        seed: of the shares.
        server: whether there are sockets.
    """

    def __init__(self, operations: Iterable[str], *, seed: int, server: bool) -> None:
        self._operations = sorted(operations)
        self._random = Random(seed)
        self.server = server
        self._lock = threading.Lock()
        self.rules: list[Rule] = []

    def add(
        self,
        kind: str,
        *,
        operation: str = "*",
        nth: int | Collection[int] | None = None,
        share: float | None = None,
        seconds: float | None = None,
    ) -> Rule:
        """Add a rule, and return it; it counts how often it fired.

        Args:
            kind: one of `FAULTS`.
            operation: name of an operation, as in docs/operations.md; `*` matches any text.
            nth: which of its requests, counted from 1; all requests if neither this nor `share` is given.
            share: share of its requests, by the world's seed.
            seconds: of a latency, or between two bytes of a drip. In process a latency advances the world's
                clock instead of taking time.

        Raises:
            ValueError: there is no such kind or operation, `share` is not valid, or it needs a server.
        """
        self._check(kind, operation, share)
        listed = frozenset() if nth is None else frozenset([nth] if isinstance(nth, int) else nth)
        seconds = FAULTS[kind].seconds if seconds is None else seconds
        rule = Rule(kind, operation, listed, 1.0 if share is None else share, seconds, self._random)
        with self._lock:
            self.rules.append(rule)
        return rule

    def _check(self, kind: str, operation: str, share: float | None) -> None:
        if kind not in FAULTS:
            raise ValueError(f"no fault {kind!r}; there are {', '.join(FAULTS)}")
        if FAULTS[kind].server_only and not self.server:
            way = "msgnb.testing.serve(), or @pytest.mark.msgnb(server=True)"
            raise ValueError(f"{kind!r} needs a socket: {way}")
        if kind == "refused" and self.server:
            raise ValueError("a server that listens can't refuse by operation: 'reset' is the nearest")
        if not any(fnmatchcase(name, operation) for name in self._operations):
            platform = operation.partition(".")[0]
            near = [name for name in self._operations if name.startswith(f"{platform}.")]
            raise ValueError(f"no operation {operation!r}; there are {', '.join(near or self._operations)}")
        if share is not None and not 0 < share <= 1:
            raise ValueError(f"{share!r} is no share; it is more than 0 and at most 1")

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self.rules.clear()

    def unused(self) -> list[Rule]:
        """Return the rules that never fired."""
        return [rule for rule in self.rules if not rule.fired]

    def matrix(self) -> tuple[str, ...]:
        """Return all kinds that can be simulated here, for a parametrized test."""
        return matrix(server=self.server)

    def next_rule(self, operation: str | None) -> Rule | None:
        """Return the rule that fires for the next request of an operation; `None` if none does."""
        with self._lock:
            for rule in self.rules:
                # The pattern is tested first, because `fires` counts the request.
                if fnmatchcase(operation or "", rule.operation) and rule.fires():
                    return rule
        return None


def matrix(*, server: bool = False) -> tuple[str, ...]:
    """Return all kinds of faults that can be simulated in this process, or by a server.

    >>> @pytest.mark.parametrize("fault", msgnb_mocks.core.faults.matrix())
    """
    if server:
        # The operation is known only when a request was received, which is too late to refuse the connection.
        return tuple(kind for kind in FAULTS if kind != "refused")
    return tuple(kind for kind, fault in FAULTS.items() if not fault.server_only)
