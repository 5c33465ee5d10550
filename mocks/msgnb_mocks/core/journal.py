"""What clients asked of the mocks, in the order in which it came.

* Each request is an entry: when, which platform, which operation, what was said to whom, and the answer.
* No secret is kept: headers are left out, and telling names are hidden in bodies and queries.
* An assertion that fails says what was sent instead, the nearest first.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import orjson

from msgnb_mocks.core.contract import unnamed
from msgnb_mocks.core.operations import Answer, Application, Request, Said, json_object

if TYPE_CHECKING:
    import pandas as pd

MOST = 100_000
"""Requests that are kept; earlier ones are dropped."""
MOST_BYTES = 32_000_000
"""Of answers that are kept; of earlier requests only the rest is."""
NEAREST = 5
WAITING = frozenset({429, 503})
"""The statuses that come with a time to wait for."""
NOTHING = Answer(0)
HIDDEN = "hidden"
SECRETS = frozenset({
    "password", "client_secret", "access_token", "refresh_token", "refresh", "token", "passcode", "key",
    "apikey",
})  # fmt: skip


Kept = tuple[int, datetime, str, int, str | None, bool, float, str, str, str, bytes]
"""Of a request: number, time, platform, status, fault, whether it was done, how long to wait after it;
method, path, query and body."""


class Entry:
    """One request and its answer; bodies are read when they are asked for.

    Attributes:
        number: counted from 1.
        at: the world's time.
        platform: whose mock it was.
        method: HTTP's.
        status: HTTP's, of the answer that the platform gave, also where that got lost; 0 where it gave none.
        fault: what went wrong on the way, by rule.
        done: whether the platform was asked at all, and did not refuse.
        wait: the seconds that the answer asked to wait for.
    """

    def __init__(self, kept: Kept, application: Application, answer: bytes) -> None:
        self.number, self.at, self.platform, self.status, self.fault, self.done, self.wait = kept[:7]
        self.method, path, query, body = kept[7:]
        self._request = Request(self.method, path, query, {}, body)
        self._application = application
        self._answer = answer

    @property
    def operation(self) -> str | None:
        """The operation's name, as docs/operations.md has it; `None` where none serves it."""
        return self._application.operation_of(self._request)

    @property
    def said(self) -> tuple[Said, ...]:
        """What was said in it to whom."""
        return tuple(self._application.said_in(self._request))

    @property
    def path(self) -> str:
        """With its query; secrets are hidden."""
        query = self._request.query_string
        return f"{self._request.path}?{_query(query)}" if query else self._request.path

    @property
    def request(self) -> Any:
        """The body as JSON values, or as text; secrets are hidden."""
        return _content(self._request.body)

    @property
    def answer(self) -> Any:
        """The answer's body likewise; `None` also where it was dropped to save memory."""
        return _content(self._answer)

    @property
    def unread(self) -> list[str]:
        """The names in the request that no document has: the service would not read them."""
        body = self._request.body
        content = json_object(self._request) if body.lstrip()[:1] == b"{" else self._request.form
        return unnamed(self.operation, "request", content)

    @property
    def unnamed(self) -> list[str]:
        """The names in the mock's answer that no document has."""
        try:
            return unnamed(self.operation, "answer", orjson.loads(self._answer)) if self.status < 400 else []
        except orjson.JSONDecodeError:
            return []

    @property
    def size(self) -> int:
        """Bytes of the answer that are kept."""
        return len(self._answer)

    def __repr__(self) -> str:
        words = ", ".join(f"{each.text!r} to {each.to}" for each in self.said[:3])
        more = f" and {len(self.said) - 3} more" if len(self.said) > 3 else ""
        what = f": {words}{more}" if words else ""
        asked = self.operation or f"{self.method} {self.path}"
        wrong = f" ({self.fault})" if self.fault else ""
        return f"#{self.number} {self.at:%H:%M:%S} {asked} → {self.status}{wrong}{what}"


class Journal:
    """The requests of a world, the oldest first; iterate over it, or ask it.

    >>> world.journal.assert_sent_once(to="+22963588213", text="Hello")
    """

    def __init__(self) -> None:
        # Plain values, which the garbage collector leaves alone, however many there are.
        self._kept: deque[Kept] = deque(maxlen=MOST)
        self._answers: OrderedDict[int, bytes] = OrderedDict()
        self._applications: dict[str, Application] = {}
        self._bytes = 0
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._waiting = 0

    @property
    def entries(self) -> list[Entry]:
        """All requests that are kept."""
        return self._after(0)

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __repr__(self) -> str:
        sent = sum(1 for entry in self.entries if entry.said)
        return f"<Journal: {len(self)} requests, {sent} of them with messages>"

    def clear(self) -> None:
        """Forget all requests so far."""
        with self._changed:
            self._kept.clear()
            self._answers.clear()
            self._bytes = 0

    @property
    def last(self) -> int:
        """The number of the last request; 0 where there was none."""
        return max((kept[0] for kept in self._kept.copy()), default=0)

    def rewind(self, number: int) -> None:
        """Forget all requests after one."""
        with self._changed:
            for kept in [each for each in self._kept if each[0] > number]:
                self._kept.remove(kept)
                self._bytes -= len(self._answers.pop(kept[0], b""))

    def sent(
        self, *, to: str | None = None, text: str | re.Pattern[str] | None = None, platform: str | None = None
    ) -> list[Said]:
        """What was said, the oldest first; each recipient of a request counts.

        Args:
            to: whom to; numbers with and without `+` are the same.
            text: the text, or a pattern that is found in it.
            platform: on which platform.
        """
        return [said for _, said in self._found(to, text, platform)]

    def assert_sent_once(
        self, *, to: str | None = None, text: str | re.Pattern[str] | None = None, platform: str | None = None
    ) -> None:
        """Fail unless exactly one such message was sent; arguments as those of `sent`.

        Raises:
            AssertionError: it says how many were, and what was sent instead, the nearest first.
        """
        found = self._found(to, text, platform)
        if len(found) == 1:
            return
        wanted = _wanted(to, text, platform)
        if found:
            raise AssertionError(f"{wanted} was sent {len(found)} times: in {_numbers(found)}")
        raise AssertionError(f"{wanted} was not sent; {self._instead(to, text, platform)}")

    def assert_not_sent(
        self, *, to: str | None = None, text: str | re.Pattern[str] | None = None, platform: str | None = None
    ) -> None:
        """Fail if any such message was sent; arguments as those of `sent`.

        Raises:
            AssertionError: it names the requests.
        """
        found = self._found(to, text, platform)
        if found:
            wanted = _wanted(to, text, platform)
            raise AssertionError(f"{wanted} was sent, though it should not have been: in {_numbers(found)}")

    def twice(self) -> dict[tuple[str, str, str], int]:
        """Who would have got the same text more than once: platform, recipient and text, and how often.

        What the platform refused, or never heard of, does not count; what it did although the answer got
        lost does.
        """
        counts: dict[tuple[str, str, str], int] = {}
        for entry, said in self._all(None):
            if entry.done:
                key = entry.platform, said.to, said.text
                counts[key] = counts.get(key, 0) + 1
        return {key: count for key, count in counts.items() if count > 1}

    def undocumented(self) -> list[str]:
        """Where client and mock went beyond the documents, each once, in words.

        What a client sends there may be a slip of the pen; what a mock answers there is a guess.
        """
        found: dict[str, None] = {}
        for entry in self.entries:
            sent = [f"{entry.operation}: nobody documents the sent {name}" for name in entry.unread]
            guessed = [f"{entry.operation}: the mock guesses {name}" for name in entry.unnamed]
            found |= dict.fromkeys(sent + guessed)
        return list(found)

    def disobeyed(self) -> list[str]:
        """What the client did against the platforms' rules, in words; nothing where it obeyed.

        It came again before the time was over that an answer named (`Retry-After`), it asked for more than
        its plan allows and was refused for it, or it sent somebody the same text again.
        """
        found: list[str] = []
        told: dict[str, Entry] = {}
        for entry in self.entries:
            before = told.get(entry.platform)
            if before and (early := before.wait - (entry.at - before.at).total_seconds()) > 0:
                found.append(
                    f"#{entry.number} came {early:.1f} s too early: #{before.number} said {before.wait:g} s"
                )
            told[entry.platform] = entry
            if entry.status == 429 and not entry.fault:
                found.append(f"#{entry.number} was refused with 429: more was asked than the plan allows")
        return found + [
            f"{count} times {text!r} to {to} on {platform}"
            for (platform, to, text), count in self.twice().items()
        ]

    def assert_obeyed(self) -> None:
        """Fail if the client did anything against the platforms' rules; see `disobeyed`.

        Raises:
            AssertionError: it says what.
        """
        if found := self.disobeyed():
            raise AssertionError("\n".join(["the client did not obey:", *(f"  {each}" for each in found)]))

    def wait_for(self, predicate: Callable[[Entry], bool], timeout: float = 10.0) -> Entry:
        """The first request that fits, of those that came already or that come within the time.

        >>> journal.wait_for(lambda entry: entry.operation == "smsdrop.campaigns.launch")

        Args:
            predicate: tells whether a request fits.
            timeout: seconds.

        Raises:
            TimeoutError: none did; it says what came instead.
        """
        found: list[Entry] = []

        def came() -> bool:
            found[:] = [entry for entry in self.entries if predicate(entry)][:1]
            return bool(found)

        with self._changed:
            self._waiting += 1
            try:
                in_time = self._changed.wait_for(came, timeout)
            finally:
                self._waiting -= 1
            if not in_time:
                last = "\n".join(str(entry) for entry in self.entries[-NEAREST:])
                raise TimeoutError(f"no such request within {timeout:g} s; the last ones:\n{last}")
        return found[0]

    def after(self, number: int, timeout: float) -> list[Entry]:
        """The requests after one; waits some seconds for the first of them."""
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: self.last > number, timeout)
            finally:
                self._waiting -= 1
        return self._after(number)

    def frame(self) -> pd.DataFrame:
        """The requests as a table, with their recipients and the first text."""
        import pandas as pd  # noqa: PLC0415 - loads when first used

        names = ["number", "at", "platform", "operation", "method", "path", "status", "recipients", "text"]
        rows = []
        for entry in self.entries:
            plain = [getattr(entry, name) for name in names[:7]]
            recipients = ",".join(said.to for said in entry.said) or None
            rows.append([*plain, recipients, entry.said[0].text if entry.said else None])
        return pd.DataFrame(rows, columns=names)

    def note(
        self,
        application: Application,
        request: Request,
        answer: Answer,
        fault: str | None = None,
        *,
        done: bool = True,
    ) -> None:
        """Keep one request and its answer.

        Adding to a deque needs no lock, which under many connections costs more than all the rest.
        """
        number, name = next(self._numbers), application.name
        self._applications[name] = application
        if answer.body:
            self._answers[number] = answer.body
            self._bytes += len(answer.body)
            if self._bytes > MOST_BYTES:
                self._shrink()
        done = done and answer.status < 400
        wait = float(answer.headers.get("Retry-After", 0)) if answer.status in WAITING else 0.0
        asked = request.method, request.path, request.query_string, request.body
        self._kept.append((number, application.clock.now(), name, answer.status, fault, done, wait, *asked))
        if self._waiting:
            with self._changed:
                self._changed.notify_all()

    def _after(self, number: int) -> list[Entry]:
        """The requests after one; threads may have overtaken one another."""
        return [
            Entry(kept, self._applications[kept[2]], self._answers.get(kept[0], b""))
            for kept in sorted(each for each in self._kept.copy() if each[0] > number)
        ]

    def _shrink(self) -> None:
        """Drop the oldest answers until the others are few enough."""
        with self._changed:
            while self._bytes > MOST_BYTES and self._answers:
                self._bytes -= len(self._answers.popitem(last=False)[1])

    def _found(self, to: str | None, text: Any, platform: str | None) -> list[tuple[Entry, Said]]:
        return [(entry, said) for entry, said in self._all(platform) if _fits(said, to, text)]

    def _all(self, platform: str | None) -> Iterator[tuple[Entry, Said]]:
        for entry in self.entries:
            if platform is None or entry.platform == platform:
                yield from ((entry, said) for said in entry.said)

    def _instead(self, to: str | None, text: Any, platform: str | None) -> str:
        wanted = f"{_number(to or '')} {getattr(text, 'pattern', text) or ''}"
        others = [(entry.number, said) for entry, said in self._all(platform)]
        if not others:
            return f"nothing was sent at all, in {len(self)} requests"

        def likeness(other: tuple[int, Said]) -> float:
            return SequenceMatcher(None, wanted, f"{_number(other[1].to)} {other[1].text[:500]}").ratio()

        nearest = sorted(others, key=likeness, reverse=True)[:NEAREST]
        lines = [f"  #{number} {said.text!r} to {said.to}" for number, said in nearest]
        return "\n".join([f"what was sent, the nearest of {len(others)} first:", *lines])


def _numbers(found: list[tuple[Entry, Said]]) -> str:
    return ", ".join(f"#{entry.number}" for entry, _ in found)


def _fits(said: Said, to: str | None, text: str | re.Pattern[str] | None) -> bool:
    if to is not None and _number(said.to) != _number(to):
        return False
    return text is None or (said.text == text if isinstance(text, str) else bool(text.search(said.text)))


def _number(to: str) -> str:
    return to.removeprefix("+")


def _wanted(to: str | None, text: Any, platform: str | None) -> str:
    what = "a message" if text is None else repr(getattr(text, "pattern", text))
    return what + (f" to {to}" if to else "") + (f" on {platform}" if platform else "")


def _content(body: bytes) -> Any:
    """A body without its secrets: JSON as values, a form as a form, everything else as text."""
    if not body:
        return None
    try:
        return _hidden(orjson.loads(body))
    except orjson.JSONDecodeError:
        return _query(body.decode("utf-8", "replace"))


def _hidden(content: Any) -> Any:
    if isinstance(content, list):
        return [_hidden(each) for each in content]
    if isinstance(content, Mapping):
        return {name: HIDDEN if _telling(name, value) else _hidden(value) for name, value in content.items()}
    return content


def _telling(name: str, value: Any) -> bool:
    return name.lower() in SECRETS and isinstance(value, str)


def _query(text: str) -> str:
    """A query or form with its secrets hidden; other text as it is."""
    fields = parse_qsl(text, keep_blank_values=True)
    if not any(_telling(name, value) for name, value in fields):
        return text
    return urlencode([(name, HIDDEN if _telling(name, value) else value) for name, value in fields])
