"""What goes wrong between a client and a platform, by rule.

* A rule says what goes wrong, at which operation, and when: at the nth request, or at a share by the seed.
* A rule for an operation that there is not is refused when it is made; one that never fired is named.
* What timing and sockets are needed for is played by servers only, and refused elsewhere.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Literal

import orjson

from msgnb_mocks.core.operations import JSON_HEADERS, Answer, Request, json_object

Place = Literal["before", "after"]


class Broken(Exception):
    """The connection breaks; `way` says how, and `answer` is what would have been answered."""

    def __init__(self, way: str, answer: Answer | None = None, seconds: float = 0.0) -> None:
        super().__init__(way)
        self.way = way
        self.answer = answer
        self.seconds = seconds


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        doc: what happens.
        place: `before` the platform has done what was asked, or `after`.
        answer: what is answered in any case.
        server_only: whether it needs a socket.
        breaks: whether the connection breaks where there is no `answer`.
        seconds: how long it takes, where it takes a time.
    """

    doc: str
    place: Place = "before"
    answer: Answer | None = None
    server_only: bool = False
    breaks: bool = True
    seconds: float = 0.0


def _status(status: int, **headers: str) -> Answer:
    return Answer(status, b"{}", {**JSON_HEADERS, **{k.replace("_", "-"): v for k, v in headers.items()}})


HTML = Answer(200, b"<html><body>Please log in to the network.</body></html>", {"Content-Type": "text/html"})
FAULTS: dict[str, Fault] = {
    "429": Fault("too many requests, without saying when to come again", answer=_status(429)),
    "429-retry-after": Fault(
        "too many requests, with the seconds to wait", answer=_status(429, Retry_After="2")
    ),
    "500": Fault("an internal error", answer=_status(500)),
    "502": Fault("a bad gateway", answer=_status(502)),
    "503": Fault("not available", answer=_status(503)),
    "504": Fault("the gateway gave up", answer=_status(504)),
    "504-after": Fault("the gateway gave up, though it was done", "after", _status(504)),
    "401": Fault("the token has expired", answer=_status(401)),
    "html": Fault("a page instead of JSON, as a captive portal has it", answer=HTML),
    "garbage": Fault("bytes that are nothing", answer=Answer(200, b"\x00\xff{[", JSON_HEADERS)),
    "garbage-after": Fault(
        "bytes that are nothing, though it was done", "after", Answer(200, b"\x00\xff{[", JSON_HEADERS)
    ),
    "refused": Fault("no connection"),
    "reset": Fault("the connection breaks before anything was done"),
    "reset-after": Fault("the connection breaks after it was done", "after"),
    "truncated": Fault("the answer ends in the middle", "after"),
    "wrong-length": Fault("fewer bytes are announced than belong to the answer", "after"),
    "latency": Fault("the answer takes a while", "after", breaks=False, seconds=1.0),
    "stale-page": Fault("a list is as it was when it was asked for first", "after", breaks=False),
    "duplicate-page": Fault("a page of a list comes once more instead of the next", "after", breaks=False),
    "drip": Fault("the answer comes byte by byte", "after", server_only=True, seconds=0.05),
    "hang": Fault("nothing is ever answered", server_only=True),
}


@dataclass
class Rule:
    """When a fault happens; `fired` counts how often it did."""

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

    def given(
        self, pages: Pages, operation: str | None, request: Request, done: Answer | None
    ) -> Answer | None:
        """What is answered instead of what was done; `None` where the connection breaks."""
        if self.fault.answer or self.fault.breaks or done is None:
            return self.fault.answer
        return pages.instead(self.kind, operation, request) or done

    def fires(self) -> bool:
        """Whether it happens to the next request that it is for."""
        self.met += 1
        happens = self.met in self.nth if self.nth else self.random.random() < self.share
        self.fired += happens
        return happens


class Pages:
    """The answers so far, for those that come once more."""

    def __init__(self) -> None:
        self._first: dict[tuple[str | None, bytes], Answer] = {}
        self._last: dict[str | None, tuple[bytes, Answer]] = {}

    def keep(self, operation: str | None, request: Request, answer: Answer) -> None:
        """Remember an answer."""
        target = _target(request)
        self._first.setdefault((operation, target), answer)
        self._last[operation] = target, answer

    def instead(self, kind: str, operation: str | None, request: Request) -> Answer | None:
        """What was answered before, as if it was the answer to this; `None` where there was nothing."""
        target = _target(request)
        if kind == "stale-page":
            return _again(self._first.get((operation, target)), request)
        if kind == "duplicate-page":
            before, answer = self._last.get(operation, (target, None))
            return _again(answer, request) if before != target else None
        return None


def _target(request: Request) -> bytes:
    """What tells a request apart, but for the random id of a command."""
    body = json_object(request)
    content = request.body if body is None else orjson.dumps({**body, "id": None})
    return f"{request.method} {request.path}?{request.query_string}\n".encode() + content


def _again(answer: Answer | None, request: Request) -> Answer | None:
    asked = json_object(request) or {}
    if answer is None or "id" not in asked:
        return answer
    return Answer.of({**orjson.loads(answer.body), "id": asked["id"]}, answer.status)


class Faults:
    """The rules of a world.

    >>> world.faults.add("reset-after", operation="smsdrop.campaigns.launch", nth=1)

    Args:
        operations: the names of all operations.
        seed: of the shares.
        server: whether sockets are there.
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
        """Let something go wrong from now on.

        Args:
            kind: one of `FAULTS`.
            operation: the name of an operation, as docs/operations.md has it; `*` stands for anything.
            nth: which of the requests for it, counted from 1; all where neither this nor `share` is given.
            share: of the requests for it, by the world's seed.
            seconds: of the latency, or between two bytes of a drip; in process a latency moves the world's
                clock instead of taking time.

        Returns:
            The rule, which counts how often it fired.

        Raises:
            ValueError: there is no such kind or operation, `share` is none, or a server is needed.
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
        """Let nothing go wrong any more."""
        with self._lock:
            self.rules.clear()

    def unused(self) -> list[Rule]:
        """The rules that never fired."""
        return [rule for rule in self.rules if not rule.fired]

    def matrix(self) -> tuple[str, ...]:
        """All kinds that can be played here, for a parametrised test."""
        return matrix(server=self.server)

    def of(self, operation: str | None) -> Rule | None:
        """The rule that fires for the next request of an operation."""
        with self._lock:
            for rule in self.rules:
                if fnmatchcase(operation or "", rule.operation) and rule.fires():
                    return rule
        return None


def matrix(*, server: bool = False) -> tuple[str, ...]:
    """All kinds of faults that can be played in this process, or by a server.

    >>> @pytest.mark.parametrize("fault", msgnb_mocks.faults.matrix())
    """
    if server:
        return tuple(kind for kind in FAULTS if kind != "refused")
    return tuple(kind for kind, fault in FAULTS.items() if not fault.server_only)
