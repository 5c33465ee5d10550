"""A mock on a loopback socket.

It uses the threading server of the standard library, for three reasons. It starts almost without imports,
while an ASGI server takes as long to load as all our mocks together. Each connection has its own thread, so
that a request that hangs delays no other. And the handler has the socket, so that every fault of the network
can be simulated: a reset, a truncated response, garbage, a drip, silence; an ASGI server can only truncate.
The price is a higher latency under many connections, which tests don't have.

Three things make it fast enough: a lean parser of requests instead of the standard library's email parser,
one write per response, and no delay of small packets.
"""

from __future__ import annotations

import logging
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http import HTTPStatus
from io import BufferedIOBase
from socketserver import BaseServer, StreamRequestHandler, ThreadingMixIn
from socketserver import TCPServer as StandardServer
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Protocol, Self

from msgnb_mocks.core.clock import Clock
from msgnb_mocks.core.faults import Broken
from msgnb_mocks.core.operations import Request, Response

if TYPE_CHECKING:
    import ssl

log = logging.getLogger("msgnb_mocks")

HOST = "127.0.0.1"
PORT = re.compile(r":\d+$")
LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]", ""})
LARGEST_BODY = 25 * 1024 * 1024
LARGEST_HEAD = 64 * 1024
IDLE_SECONDS = 60.0
LINGER_SECONDS = 1.0


class WebApplication(Protocol):
    """What a server serves: a mock, or the page of phones."""

    @property
    def name(self) -> str:
        """Its name, for errors and threads."""
        ...

    @property
    def clock(self) -> Clock:
        """Responses are dated by it."""
        ...

    def handle(self, request: Request) -> Response:
        """Return the response to one request."""
        ...


class Malformed(Exception):
    """A request that is not HTTP, or too large; `status` says which."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Server(ThreadingMixIn, StandardServer):
    """One application on one port of this machine; a port that is taken fails immediately.

    >>> with Server(application) as server:
    ...     requests.get(server.url)

    Args:
        application: what to serve.
        port: the port; a free one if 0.
        tls: for HTTPS.
        handle: serves the requests instead of the application's own method.
        admit: whether a link on a page of another site may lead to what a request asks for; no link if
            `None`.
    """

    # `server_close` would wait for other threads, which may serve connections that hang or are kept open.
    daemon_threads = True
    # Otherwise a fixed port stays taken for a while after its connections were closed.
    allow_reuse_address = True
    # With 5, the default, some of many clients that connect at once wait for a second try.
    request_queue_size = 128

    def __init__(
        self,
        application: WebApplication,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        *,
        handle: Callable[[Request], Response] | None = None,
        admit: Callable[[Request], bool] | None = None,
    ) -> None:
        self.application = application
        self.admit = admit or (lambda _: False)
        self.respond = handle or application.handle
        self._tls = tls
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            raise OSError(f"port {port} can't be had for {application.name}: {error.strerror}") from None
        self._thread = threading.Thread(
            target=self.serve_forever,
            # `shutdown` waits for the end of an interval; with the default that is up to half a second per
            # server.
            kwargs={"poll_interval": 0.01},
            name=f"mock {application.name}",
            daemon=True,
        )

    @property
    def url(self) -> str:
        """The URL of its root."""
        return f"{'https' if self._tls else 'http'}://{HOST}:{self.server_address[1]}"

    def start(self) -> Self:
        """Start to serve, in a thread."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and release the port."""
        self.shutdown()
        self._thread.join()
        self.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def finish_request(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Serve a connection; its handshake happens here, where it delays no other."""
        assert isinstance(request, socket.socket)  # noqa: S101 - what a TCP server passes
        request.settimeout(IDLE_SECONDS)
        if self._tls is None:
            Handler(request, client_address, self)
            return
        with self._tls.wrap_socket(request, server_side=True) as secured:
            Handler(secured, client_address, self)

    def handle_error(self, request: object, client_address: object) -> None:
        """Ignore connections that the client breaks."""


class Handler(StreamRequestHandler):
    """Reads requests from one connection and responds to them, until it is closed."""

    disable_nagle_algorithm = True
    rbufsize = 64 * 1024
    server: BaseServer

    def handle(self) -> None:
        """Serve requests for as long as the client keeps the connection."""
        # Clients close connections whenever they like, and `_break` ends with such an error, too.
        with suppress(OSError):
            while self._serve():
                pass
            self._linger()

    @property
    def _application(self) -> WebApplication:
        assert isinstance(self.server, Server)  # noqa: S101 - who made this handler
        return self.server.application

    def _linger(self) -> None:
        """Read what the client still sends: closing with unread bytes would reset the response in transit."""
        self.connection.shutdown(socket.SHUT_WR)
        self.connection.settimeout(LINGER_SECONDS)
        left = LARGEST_BODY
        while left > 0 and (taken := len(self.connection.recv(self.rbufsize))):
            left -= taken

    def _serve(self) -> bool:
        try:
            request = self._read()
        except Malformed as trouble:
            self._write(Response(trouble.status), keep=False)
            return False
        if request is None:
            return False
        keep = request.headers.get("connection", "").lower() != "close"
        try:
            response = self._respond(request)
        except Broken as broken:
            self._break(broken)
        if response.stream:
            self._stream(response, response.stream)
            return False
        self._write(response, keep=keep, body=request.method != "HEAD")
        return keep

    def _stream(self, response: Response, stream: Callable[[], Iterator[bytes]]) -> None:
        """Write a body that goes on, until the client closes the connection."""
        # The end of the connection is the end of the body; with a length of 0 it would end at once.
        head = self._head(response, keep=False).replace(b"Content-Length: 0\r\n", b"")
        self.wfile.write(head)
        for piece in stream():
            self.wfile.write(piece)

    def _respond(self, request: Request) -> Response:
        assert isinstance(self.server, Server)  # noqa: S101 - who made this handler
        # First of all, so that nothing notes the request, and no fault is used up by it.
        if not is_local(request) or not (is_own(request) or self.server.admit(request)):
            return Response(403, b"only this machine's own programs and pages may ask")
        try:
            return self.server.respond(request)
        except Broken:
            raise
        # A client must not take an error in a mock for a broken connection.
        except Exception:
            name = self._application.name
            log.exception("the mock of %s failed at %s %s", name, request.method, request.path)
            return Response(500)

    def _break(self, broken: Broken) -> NoReturn:
        """Break the connection in the way that the fault asks for."""
        response = broken.response or Response(200)
        if broken.way in {"truncated", "drip"}:
            whole = self._head(response, keep=False) + response.body
            # At least one byte is missing, even if there is hardly a body.
            half = len(whole) - max(1, len(response.body) // 2)
            self._drip(whole, broken.seconds) if broken.way == "drip" else self.wfile.write(whole[:half])
        elif broken.way == "wrong-length":
            head = self._head(response, keep=False, length=len(response.body) // 2)
            self.wfile.write(head + response.body)
        elif broken.way == "hang":
            # Until the client gives up, or the connection's timeout raises an error.
            while self.connection.recv(self.rbufsize):
                pass
        else:
            # Closing with this option set is a reset.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        raise ConnectionAbortedError(broken.way)

    def _drip(self, whole: bytes, seconds: float) -> None:
        for number in range(len(whole)):
            self.wfile.write(whole[number : number + 1])
            time.sleep(seconds)  # a drip is slow

    def _read(self) -> Request | None:
        line = self.rfile.readline(LARGEST_HEAD)
        if not line.strip():
            return None
        # Every byte is a character in Latin-1, so decoding never fails.
        words = line.decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise Malformed(400)
        method, target, _ = words
        headers = _headers(self.rfile)
        # curl waits for this, a second at most, before it sends a large body.
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        path, _, query = target.partition("?")
        return Request(method, path, query, headers, _body(self.rfile, headers))

    def _write(self, response: Response, *, keep: bool, body: bool = True) -> None:
        head = self._head(response, keep=keep)
        self.wfile.write(head + response.body if body else head)

    def _head(self, response: Response, *, keep: bool, length: int | None = None) -> bytes:
        length = len(response.body) if length is None else length
        lines = [f"HTTP/1.1 {response.status} {_phrase(response.status)}", f"Content-Length: {length}"]
        lines += [
            f"{name}: {value}" for name, value in response.make_headers(self._application.clock.now()).items()
        ]
        if not keep:
            lines.append("Connection: close")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


def is_local(request: Request) -> bool:
    """Whether a request was sent to this machine by name; a page that uses DNS rebinding has another name."""
    return PORT.sub("", request.headers.get("host", "")).lower() in LOOPBACK_NAMES


def is_own(request: Request) -> bool:
    """Whether no page of another site made a browser send a request, by a script, a form, a link or an image.

    Programs send none of these headers. Browsers send `Sec-Fetch-Site` with every request to this machine,
    and pages can't change it; older ones send an `Origin` with some requests, and a `Referer` with most.
    """
    headers = request.headers
    host, site = headers.get("host", "").lower(), headers.get("sec-fetch-site")
    origin, referer = headers.get("origin"), headers.get("referer")
    if site not in {None, "same-origin", "none"}:
        return False
    # A form of a page that sends no referrer has the origin "null", as those of unknown pages have.
    if origin is not None and _find_host(origin) != host and (origin, site) != ("null", "same-origin"):
        return False
    return not referer or _find_host(referer) == host


def _find_host(url: str) -> str | None:
    """Return the host and port of a URL; `None` if it has none."""
    _, found, rest = url.partition("://")
    return re.split(r"[/?#]", rest, maxsplit=1)[0].lower() if found else None


def _headers(stream: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    size = 0
    while (line := stream.readline(LARGEST_HEAD)) not in {b"\r\n", b"\n", b""}:
        size += len(line)
        if size > LARGEST_HEAD:
            raise Malformed(431)
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise Malformed(400)
        headers[name.strip().lower()] = value.strip()
    return headers


def _body(stream: BufferedIOBase, headers: dict[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _chunks(stream)
    length = headers.get("content-length", "0")
    if not length.isdigit():
        raise Malformed(400)
    if int(length) > LARGEST_BODY:
        raise Malformed(413)
    return stream.read(int(length)) if length != "0" else b""


def _chunks(stream: BufferedIOBase) -> bytes:
    body = bytearray()
    while True:
        try:
            # The size of a chunk may be followed by extensions.
            size = int(stream.readline(LARGEST_HEAD).partition(b";")[0], 16)
        except ValueError:
            raise Malformed(400) from None
        # `int` accepts a minus sign, and reading a negative size would wait for the end of the connection.
        if size < 0 or len(body) + size > LARGEST_BODY:
            raise Malformed(413)
        body += stream.read(size)
        stream.readline(LARGEST_HEAD)
        if not size:
            return bytes(body)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
