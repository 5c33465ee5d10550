"""Servers whose responses wait until a test lets them go: calls are cancelled with requests on the wire."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

from loopback import Behaviour, Loopback, answers

NOW = datetime(2026, 11, 2, tzinfo=UTC)


class Gate:
    """Holds the requests that a condition names until it is opened.

    >>> gate = Gate(answers([]))
    >>> loopback.script = [gate]
    >>> gate.wait_for(8)  # eight requests are on the wire
    >>> gate.open()
    """

    def __init__(self, behaviour: Behaviour, holds: Callable[[Any], bool] = lambda _: True) -> None:
        self.holds = holds
        self._behaviour = behaviour
        self._held = threading.Semaphore(0)
        self._opened = threading.Event()

    def __call__(self, handler: Any) -> None:
        if self.holds(handler.seen):
            self._held.release()
            assert self._opened.wait(30)
        self._behaviour(handler)

    def wait_for(self, count: int) -> None:
        """Wait until so many requests are held."""
        for _ in range(count):
            assert self._held.acquire(timeout=30)

    def open(self) -> None:
        """Let all requests go, also later ones."""
        self._opened.set()


class Threads:
    """A BLiP server with many threads of a few messages each; pages are as large as the client asks for."""

    def __init__(self, loopback: Loopback, sessions: int, messages: int = 3) -> None:
        self._loopback = loopback
        self._sessions = sessions
        self._messages = messages

    def __call__(self, handler: Any) -> None:
        command = handler.seen.json
        resource = {"items": self._items(command["uri"])}
        body = {"id": command["id"], "method": "get", "status": "success", "resource": resource}
        answers(body, Date=format_datetime(NOW, usegmt=True))(handler)

    @property
    def uris(self) -> list[str]:
        """What was requested so far."""
        return [unquote(seen.json["uri"]) for seen in self._loopback.seen]

    @property
    def reads(self) -> list[str]:
        """The requests for messages of a thread."""
        return [uri for uri in self.uris if is_read(uri)]

    def _items(self, uri: str) -> list[dict[str, Any]]:
        path, _, query = unquote(uri).partition("?")
        given = dict(parse_qsl(query))
        skip, take = int(given.get("$skip", 0)), int(given["$take"])
        if path == "/threads":
            return [self._thread(number) for number in range(skip, min(skip + take, self._sessions))]
        number = int(path.rpartition("/")[2][5:13])
        rows = [self._message(number, each) for each in reversed(range(self._messages))]
        if before := given.get("storageDate"):
            rows = [row for row in rows if row["date"] < before]
        return rows[:take]

    def _thread(self, number: int) -> dict[str, Any]:
        identity = f"55119{number:08d}@wa.gw.msging.net"
        last = self._message(number, self._messages - 1)
        return {"identity": identity, "ownerIdentity": "demobot@msging.net", "lastMessage": last}

    def _message(self, session: int, number: int) -> dict[str, Any]:
        at = NOW - timedelta(days=9) + timedelta(minutes=session * self._messages + number)
        date = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {"id": f"{session:012x}{number:020x}", "direction": "received", "type": "text/plain",
                "content": f"message {number}", "date": date, "status": "consumed"}  # fmt: skip


def is_read(uri: str) -> bool:
    """Whether a uri is that of one thread's messages."""
    return unquote(uri).startswith("/threads/")
