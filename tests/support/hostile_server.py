"""A raw TCP server in the place of a platform, which answers every write with a fault.

Sign-ins and reads are answered as the platform would, so that each verb gets as far as its write.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

Fault = Callable[["Line"], None]


@dataclass
class Request:
    """A request that arrived whole."""

    method: str
    path: str
    body: bytes

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def command(self) -> dict[str, Any]:
        """The body of a BLiP command; empty for all other requests."""
        found = self.json
        return found if self.path.endswith("/commands") and isinstance(found, dict) else {}

    @property
    def is_write(self) -> bool:
        if self.path.endswith(("/tokens", "/jwt", "/auth/login")):
            return False
        return self.command.get("method") != "get" if self.command else self.method != "GET"


class Line:
    """The server's end of a connection."""

    def __init__(self, peer: socket.socket, over: threading.Event) -> None:
        self._peer = peer
        self._over = over
        self._received = b""

    def read(self) -> Request | None:
        """The next request; `None` at the end."""
        while b"\r\n\r\n" not in self._received:
            if not self._more():
                return None
        head, _, rest = self._received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        length = int(headers.get("content-length", 0))
        while len(rest) < length:
            self._received = b""
            if not self._more():
                return None
            rest += self._received
        self._received = rest[length:]
        return Request(method, path.partition("?")[0], rest[:length])

    def _more(self) -> bool:
        found = self._peer.recv(65536)
        self._received += found
        return bool(found)

    def write(self, content: bytes) -> None:
        self._peer.sendall(content)

    def answer(self, body: bytes | Any = b"", status: str = "200 OK", *headers: str) -> None:
        """Send a response whose framing is right."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(content)}", *headers]
        self.write("\r\n".join([*lines, "", ""]).encode("latin-1") + content)

    def drip(self, content: bytes) -> None:
        """Send a byte now and then, more often than a limit between two bytes allows."""
        for byte in content:
            if self._over.wait(0.05):
                return
            self.write(bytes([byte]))

    def hang(self) -> None:
        """Send nothing until the test is over."""
        self._over.wait(10)

    def reset(self) -> None:
        """Break the connection off."""
        self._peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._peer.close()


@dataclass
class HostileServer:
    """Use as a context manager; `url` is where it listens, `writes` what arrived to be done."""

    fault: Fault
    serve: Callable[[Request], tuple[str, Any]]
    writes: list[Request] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        # A listener that is only closed goes on waiting in `accept`.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _talk(self, peer: socket.socket) -> None:
        line = Line(peer, self._over)
        with suppress(OSError), peer:
            while request := line.read():
                if request.is_write:
                    self.writes.append(request)
                if request.is_write and len(self.writes) == 1:
                    self.fault(line)
                    return
                status, body = self.serve(request)
                line.answer(body, status, "Content-Type: application/json")


def _bomb() -> bytes:
    return gzip.compress(b'{"x": "' + b"a" * 120_000_000 + b'"}', 1)


_BOMB: list[bytes] = []


def bomb(line: Line) -> None:
    """A small body that decodes to a huge one."""
    if not _BOMB:
        _BOMB.append(_bomb())
    line.answer(_BOMB[0], "200 OK", "Content-Encoding: gzip", "Content-Type: application/json")


def answers(body: Any = b"", status: str = "200 OK", *headers: str) -> Fault:
    return lambda line: line.answer(body, status, "Content-Type: application/json", *headers)


def writes(content: bytes) -> Fault:
    return lambda line: line.write(content)


def hangs(line: Line) -> None:
    line.write(b"HTTP/1.1 200 OK\r\n")
    line.hang()


def drips_body(line: Line) -> None:
    line.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    line.drip(b"[" * 1000)


def drips_headers(line: Line) -> None:
    line.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    line.drip(b"a" * 1000)


def drips_without_length(line: Line) -> None:
    """A body whose end is that of the connection, on which the client keeps no hold."""
    line.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
    line.drip(b"[" * 1000)


def ends(line: Line) -> None:
    """Close the connection in order, without an answer."""


HTML = b"<html><body>Sign in to the hotel's network</body></html>"
HUGE_DATE = "Date: Fri, 31 Dec 99999999999 23:59:59 GMT"

FAULTS: dict[str, Fault] = {
    # The connection
    "closed": ends,
    "reset": Line.reset,
    "silent": hangs,
    "headers byte by byte": drips_headers,
    "body byte by byte": drips_body,
    "body without length, byte by byte": drips_without_length,
    # Framing
    "no status line": writes(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "half a status line": writes(b"HTTP/1.1 2"),
    "half the headers": writes(b"HTTP/1.1 200 OK\r\nContent-Type: appl"),
    "half the body": writes(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"id": "1", "sta'),
    "two lengths": writes(b"HTTP/1.1 200 OK\r\nContent-Length: 5, 7\r\n\r\n{}   "),
    "a length that is no number": writes(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{"),
    "a bad chunk": writes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    "half the chunks": writes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"),
    "a header without end": writes(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 100_000 + b"\r\n\r\n"),
    "a thousand headers": writes(
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: 1\r\n" % number for number in range(1000)) + b"\r\n"
    ),
    # Encodings
    "corrupt gzip": answers(gzip.compress(b'{"id": "1"}')[:-4] + b"oops", "200 OK", "Content-Encoding: gzip"),
    "half of gzip": answers(gzip.compress(b'{"id": "1"}' * 50)[:20], "200 OK", "Content-Encoding: gzip"),
    "no gzip": answers(b'{"id": "1"}', "200 OK", "Content-Encoding: gzip"),
    "gzip in gzip": answers(gzip.compress(gzip.compress(b"{}")), "200 OK", "Content-Encoding: gzip, gzip"),
    "an unknown encoding": answers(b'{"id": "1"}', "200 OK", "Content-Encoding: zz"),
    "a bomb": bomb,
    "no UTF-8": answers(b'{"id": "\xff\xfe"}'),
    # Statuses
    **{
        f"status {status}": answers(b"", f"{status} Fault")
        for status in (100, 205, 303, 307, 404, 408, 409, 425, 500, 502, 503, 504, 599)
    },
    "408 with words": answers({"message": "Timeout", "code": 408}, "408 Request Timeout"),
    "403 of a firewall": answers(HTML, "403 Forbidden"),
    "404 of a proxy": answers(HTML, "404 Not Found"),
    "503 with words": answers({"message": "Busy", "detail": "Busy"}, "503 Busy", "Retry-After: 0"),
    "status that is no number": writes(b"HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\n{}"),
    # Headers
    "a year beyond the calendar": answers(b"no", "200 OK", HUGE_DATE),
    "a wait of 5,000 digits": answers(b"", "503 Busy", "Retry-After: " + "9" * 5000),
    "a wait until the year 99999": answers(b"", "503 Busy", "Retry-After: Fri, 31 Dec 99999 23:59:59 GMT"),
    "a redirect to nowhere": answers(b"", "302 Found", "Location: http://[::1"),
    # Bodies
    "a page": answers(HTML),
    "a word": answers(b'"ok"'),
    "a number": answers(b"1e999"),
    "an error": answers({"error": "not today", "code": 500}),
    "no JSON": answers(b"{'id': 1}"),
    "an interim answer alone": answers(b"", "103 Early Hints", "Link: </style.css>"),
    "500,000 open texts": answers(b"{" + rb"\"" * 500_000),
    "100,000 brackets": answers(b"[" * 100_000 + b"]" * 100_000),
    "900 objects": answers(b'{"a":' * 900 + b"1" + b"}" * 900),
    "characters that control": answers({"error": "\x1b[2J\u202e", "status": "\x1b]0;owned\x07"}),
    "NUL bytes": answers(b"\x00" * 1000),
}
