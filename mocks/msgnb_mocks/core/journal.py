"""The request journal: every request to the mocks of a world, in the order in which it was received.

* Each request is an entry with its time, platform, operation, the messages that it sent, and the response.
* No secret is shown: headers are left out, and `msgnb_mocks.core.hiding` hides what paths, queries and bodies
  contain.
* A failed assertion says what was sent instead, the closest match first.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from datetime import datetime
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import orjson

from msgnb_mocks.core.application import Application
from msgnb_mocks.core.contract import undocumented
from msgnb_mocks.core.hiding import Hider
from msgnb_mocks.core.messages import OutboundMessage
from msgnb_mocks.core.operations import Request, Response

if TYPE_CHECKING:
    import pandas as pd

MOST = 100_000
"""Requests that are stored; earlier ones are dropped."""
MOST_BYTES = 32_000_000
"""Bytes of responses that are stored; earlier requests are stored without theirs."""
CLOSEST = 5
WAITING = frozenset({429, 503})
"""The statuses that come with a time to wait."""
NOTHING = Response(0)
COLUMNS = ["number", "at", "platform", "operation", "method", "path", "status", "recipients", "text"]

Text = str | re.Pattern[str] | None
Stored = tuple[int, datetime, str, int, str | None, bool, float, str, str, str, bytes]
"""What is stored of a request: number, time, platform, status, fault, whether it was processed, seconds to
wait after it, method, path, query and body."""


class Entry:
    """One request and its response; bodies are read when they are asked for.

    Attributes:
        number: counted from 1.
        at: the world's time.
        platform: the platform's name.
        method: the HTTP method.
        status: the HTTP status of the platform's response, even if the response got lost; 0 if there was
            none.
        fault: the fault that happened to it.
        done: whether the platform processed the request, and did not refuse it.
        wait: the seconds to wait that the response asked for.
    """

    def __init__(self, stored: Stored, application: Application, response: bytes) -> None:
        self.number, self.at, self.platform, self.status, self.fault, self.done, self.wait = stored[:7]
        self.method, path, query, body = stored[7:]
        self._request = Request(self.method, path, query, {}, body)
        self._application = application
        self._response = response

    @property
    def operation(self) -> str | None:
        """The operation's name, as in docs/operations.md; `None` if there is none."""
        found = self._application.find_operation(self._request)
        return found.name if found else None

    def _hider(self) -> Hider:
        return Hider(self._application.find_operation(self._request))

    @property
    def messages(self) -> tuple[OutboundMessage, ...]:
        """The messages that it sends, one per recipient."""
        return tuple(self._application.messages_in(self._request))

    @property
    def path(self) -> str:
        """The path with its query; secrets are hidden."""
        hider, query = self._hider(), self._request.query_string
        path = hider.path(self._request.path)
        return f"{path}?{hider.query(query)}" if query else path

    @property
    def request(self) -> Any:
        """The body as JSON values, or as text; secrets are hidden."""
        return self._hider().request(self._request.body)

    @property
    def response(self) -> Any:
        """The response's body in the same way; `None` also if it was dropped to save memory."""
        hider = self._hider()
        # What is hidden there may be repeated here.
        hider.path(self._request.path)
        hider.query(self._request.query_string)
        hider.request(self._request.body)
        return hider.response(self._response)

    @property
    def unknown_fields(self) -> list[str]:
        """The fields of the request that no document has: the real service would not read them."""
        body = self._request.body
        content = self._request.json_object() if body.lstrip()[:1] == b"{" else self._request.form
        return undocumented(self.operation, "request", content)

    @property
    def guessed_fields(self) -> list[str]:
        """The fields of the mock's response that no document has."""
        if self.status >= 400:
            return []
        try:
            return undocumented(self.operation, "response", orjson.loads(self._response))
        except orjson.JSONDecodeError:
            return []

    @property
    def size(self) -> int:
        """Bytes of the response that are stored."""
        return len(self._response)

    def __repr__(self) -> str:
        messages = self.messages
        shown = ", ".join(f"{each.text!r} to {each.to}" for each in messages[:3])
        more = f" and {len(messages) - 3} more" if len(messages) > 3 else ""
        what = f": {shown}{more}" if shown else ""
        asked = self.operation or f"{self.method} {self.path}"
        wrong = f" ({self.fault})" if self.fault else ""
        return f"#{self.number} {self.at:%H:%M:%S} {asked} → {self.status}{wrong}{what}"


class Journal:
    """The requests of a world, the oldest first. Iterate over it, or use its assertions.

    >>> world.journal.assert_sent_once(to="+22963588213", text="Hello")
    """

    def __init__(self) -> None:
        # Tuples of plain values: the garbage collector leaves them alone, however many there are.
        self._stored: deque[Stored] = deque(maxlen=MOST)
        self._responses: OrderedDict[int, bytes] = OrderedDict()
        self._applications: dict[str, Application] = {}
        self._bytes = 0
        self._numbers = itertools.count(1)
        self._changed = threading.Condition()
        self._waiting = 0

    @property
    def entries(self) -> list[Entry]:
        """All requests that are stored."""
        return self._after(0)

    def __len__(self) -> int:
        return len(self._stored)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __repr__(self) -> str:
        sent = sum(1 for entry in self.entries if entry.messages)
        return f"<Journal: {len(self)} requests, {sent} of them with messages>"

    def clear(self) -> None:
        """Forget all requests."""
        with self._changed:
            self._stored.clear()
            self._responses.clear()
            self._bytes = 0

    @property
    def last(self) -> int:
        """The number of the last request; 0 if there was none."""
        # A copy, because a deque to which another thread appends can't be iterated over.
        return max((stored[0] for stored in self._stored.copy()), default=0)

    def rewind(self, number: int) -> None:
        """Forget all requests after the one with this number."""
        with self._changed:
            for stored in [each for each in self._stored if each[0] > number]:
                self._stored.remove(stored)
                self._bytes -= len(self._responses.pop(stored[0], b""))

    def sent(
        self, *, to: str | None = None, text: Text = None, platform: str | None = None
    ) -> list[OutboundMessage]:
        """Return the messages that were sent, the oldest first; each recipient of a request counts.

        Args:
            to: only to this recipient; numbers match with and without `+`.
            text: only with this text, or with a match of this pattern.
            platform: only on this platform.
        """
        return [message for _, message in self._find(to, text, platform)]

    def assert_sent_once(
        self, *, to: str | None = None, text: Text = None, platform: str | None = None
    ) -> None:
        """Fail unless exactly one such message was sent; the arguments are those of `sent`.

        Raises:
            AssertionError: it says how many there were, or what was sent instead, the closest match first.
        """
        found = self._find(to, text, platform)
        if len(found) == 1:
            return
        wanted = _wanted(to, text, platform)
        if found:
            raise AssertionError(f"{wanted} was sent {len(found)} times: in {_numbers(found)}")
        raise AssertionError(f"{wanted} was not sent; {self._instead(to, text, platform)}")

    def assert_not_sent(
        self, *, to: str | None = None, text: Text = None, platform: str | None = None
    ) -> None:
        """Fail if any such message was sent; the arguments are those of `sent`.

        Raises:
            AssertionError: it names the requests.
        """
        found = self._find(to, text, platform)
        if found:
            wanted = _wanted(to, text, platform)
            raise AssertionError(f"{wanted} was sent, though it should not have been: in {_numbers(found)}")

    def twice(self) -> dict[tuple[str, str, str], int]:
        """Return who would have received the same text more than once.

        A request counts if the platform processed it, even if its response got lost.

        Returns:
            How often, by platform, recipient and text.
        """
        counts: dict[tuple[str, str, str], int] = {}
        for entry, message in self._all(None):
            if entry.done:
                key = entry.platform, message.to, message.text
                counts[key] = counts.get(key, 0) + 1
        return {key: count for key, count in counts.items() if count > 1}

    def undocumented(self) -> list[str]:
        """Return where client and mock went beyond the documents, each case once, in words.

        What a client sends there may be a misspelt field; what a mock returns there is a guess.
        """
        found: dict[str, None] = {}
        for entry in self.entries:
            sent = [f"{entry.operation}: nobody documents the sent {name}" for name in entry.unknown_fields]
            guessed = [f"{entry.operation}: the mock guesses {name}" for name in entry.guessed_fields]
            found |= dict.fromkeys(sent + guessed)
        return list(found)

    def disobeyed(self) -> list[str]:
        """Return where the client broke the platforms' rules, in words.

        It came back before the time was over that a response asked for (`Retry-After`), it exceeded the rate
        limit of its plan, or it sent somebody the same text again.
        """
        found: list[str] = []
        latest: dict[str, Entry] = {}
        for entry in self.entries:
            before = latest.get(entry.platform)
            if before and (early := before.wait - (entry.at - before.at).total_seconds()) > 0:
                found.append(
                    f"#{entry.number} came {early:.1f} s too early: #{before.number} said {before.wait:g} s"
                )
            latest[entry.platform] = entry
            # A simulated 429 is not the client's fault.
            if entry.status == 429 and not entry.fault:
                found.append(f"#{entry.number} was refused with 429: more was asked than the plan allows")
        return found + [
            f"{count} times {text!r} to {to} on {platform}"
            for (platform, to, text), count in self.twice().items()
        ]

    def assert_obeyed(self) -> None:
        """Fail if the client broke the platforms' rules; see `disobeyed`.

        Raises:
            AssertionError: it says where.
        """
        if found := self.disobeyed():
            raise AssertionError("\n".join(["the client did not obey:", *(f"  {each}" for each in found)]))

    def wait_for(self, predicate: Callable[[Entry], bool], timeout: float = 10.0) -> Entry:
        """Return the first matching request, of those so far or of those within the timeout.

        >>> journal.wait_for(lambda entry: entry.operation == "acme.campaigns.launch")

        Args:
            predicate: returns whether a request matches.
            timeout: seconds to wait.

        Raises:
            TimeoutError: no request matched; it names the last ones.
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
                last = "\n".join(str(entry) for entry in self.entries[-CLOSEST:])
                raise TimeoutError(f"no such request within {timeout:g} s; the last ones:\n{last}")
        return found[0]

    def after(self, number: int, timeout: float) -> list[Entry]:
        """Return the requests after the one with this number; wait some seconds if there are none yet."""
        with self._changed:
            self._waiting += 1
            try:
                self._changed.wait_for(lambda: self.last > number, timeout)
            finally:
                self._waiting -= 1
        return self._after(number)

    def frame(self) -> pd.DataFrame:
        """Return the requests as a table, with their recipients and the first text."""
        import pandas as pd  # noqa: PLC0415 - loads when first used

        rows = []
        for entry in self.entries:
            messages = entry.messages
            about = entry.number, entry.at, entry.platform, entry.operation, entry.method, entry.path
            recipients = ",".join(message.to for message in messages) or None
            rows.append([*about, entry.status, recipients, messages[0].text if messages else None])
        return pd.DataFrame(rows, columns=COLUMNS)

    def note(
        self,
        application: Application,
        request: Request,
        response: Response,
        fault: str | None = None,
        *,
        done: bool = True,
    ) -> None:
        """Store one request and its response.

        Appending to a deque needs no lock; under many connections a lock would cost more than everything
        else.
        """
        number, name = next(self._numbers), application.name
        self._applications[name] = application
        if response.body:
            self._responses[number] = response.body
            self._bytes += len(response.body)
            if self._bytes > MOST_BYTES:
                self._shrink()
        done = done and response.status < 400
        wait = float(response.headers.get("Retry-After", 0)) if response.status in WAITING else 0.0
        asked = request.method, request.path, request.query_string, request.body
        self._stored.append(
            (number, application.clock.now(), name, response.status, fault, done, wait, *asked)
        )
        # The lock is taken only if somebody waits. Nobody is missed: the request is stored before this is
        # read, so whoever begins to wait afterwards finds it.
        if self._waiting:
            with self._changed:
                self._changed.notify_all()

    def _after(self, number: int) -> list[Entry]:
        """Return the requests after one, in their order: threads may have overtaken each other."""
        return [
            Entry(stored, self._applications[stored[2]], self._responses.get(stored[0], b""))
            for stored in sorted(each for each in self._stored.copy() if each[0] > number)
        ]

    def _shrink(self) -> None:
        """Drop the oldest responses until the others fit."""
        with self._changed:
            while self._bytes > MOST_BYTES and self._responses:
                self._bytes -= len(self._responses.popitem(last=False)[1])

    def _find(self, to: str | None, text: Text, platform: str | None) -> list[tuple[Entry, OutboundMessage]]:
        return [(entry, message) for entry, message in self._all(platform) if _matches(message, to, text)]

    def _all(self, platform: str | None) -> Iterator[tuple[Entry, OutboundMessage]]:
        for entry in self.entries:
            if platform is None or entry.platform == platform:
                yield from ((entry, message) for message in entry.messages)

    def _instead(self, to: str | None, text: Text, platform: str | None) -> str:
        wanted = f"{_digits(to or '')} {_text(text)}"
        others = [(entry.number, message) for entry, message in self._all(platform)]
        if not others:
            return f"nothing was sent at all, in {len(self)} requests"

        def likeness(other: tuple[int, OutboundMessage]) -> float:
            # Long texts are cut, because the time to compare two grows with the product of their lengths.
            return SequenceMatcher(None, wanted, f"{_digits(other[1].to)} {other[1].text[:500]}").ratio()

        closest = sorted(others, key=likeness, reverse=True)[:CLOSEST]
        lines = [f"  #{number} {message.text!r} to {message.to}" for number, message in closest]
        return "\n".join([f"what was sent, the nearest of {len(others)} first:", *lines])


def _numbers(found: list[tuple[Entry, OutboundMessage]]) -> str:
    return ", ".join(f"#{entry.number}" for entry, _ in found)


def _matches(message: OutboundMessage, to: str | None, text: Text) -> bool:
    if to is not None and _digits(message.to) != _digits(to):
        return False
    return text is None or (
        message.text == text if isinstance(text, str) else bool(text.search(message.text))
    )


def _digits(number: str) -> str:
    return number.removeprefix("+")


def _text(text: Text) -> str:
    return text.pattern if isinstance(text, re.Pattern) else text or ""


def _wanted(to: str | None, text: Text, platform: str | None) -> str:
    what = "a message" if text is None else repr(_text(text))
    return what + (f" to {to}" if to else "") + (f" on {platform}" if platform else "")
