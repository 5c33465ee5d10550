"""The connections that requests leave on, and the limits of what comes back.

`requests` bounds the wait for a connection and between two bytes, and nothing else. This adapter adds what a
platform that misbehaves, or a proxy in its place, could otherwise use against its client:

* **Time.** The whole exchange has a deadline, headers and redirects included. A watching thread shuts the
  connection down.
* **Size.** A body is read up to a limit of its decoded bytes; encodings that can't be limited are refused.
* **Idle connections.** One that was idle for more than a few seconds is not used again, because the platform
  may have closed it: the first message after a pause would have an unknown outcome.
* **Leftovers.** A connection is closed if something arrived on it that no request asked for, or if a response
  was not the last one to its request, such as `103 Early Hints`. The next request would get the rest.
* **Forks.** A connection is used by the process that opened it only. Two processes on one connection could
  get each other's responses.
* **What has left.** Each error says whether a byte of the request was written. Its type can't tell: TLS fails
  while a connection is opened, and later as well.
* **Cancellation.** It is checked right before a request leaves, and again once a new connection is open.
"""

from __future__ import annotations

import heapq
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from io import BytesIO
from itertools import count
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPHeaderDict
from urllib3 import HTTPResponse as Urllib3Response
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from msgnb.core import cancellation

MAX_BODY = 32 * 1024 * 1024
"""The most bytes of a decoded body; the largest page of any platform has a few million."""
MAX_IDLE = 4.0
"""Seconds after which an idle connection is replaced."""
ENCODINGS = frozenset({"", "identity", "gzip", "deflate"})
"""Encodings of a body that are read; a chain of several could grow beyond any limit in one step."""
FINAL = 200
"""The lowest status of a response that is not followed by another one to the same request."""
WITHOUT_BODY = frozenset({204, 304})
CHUNK = 8 * 1024
"""Encoded bytes that are read at a time: 8 KB of gzip are at most 8 MB."""

Prepared = requests.PreparedRequest
Carry = Callable[[Prepared], Any]


class TooLarge(requests.RequestException):
    """The response is larger than `MAX_BODY`, or has an encoding that is not read."""


class TooSlow(requests.RequestException):
    """The exchange was not complete at its deadline."""


_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def total_time(seconds: float) -> Iterator[None]:
    """Limit the time of all exchanges inside of the `with` together, such as those of a redirect."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def left_this_machine(error: BaseException) -> bool | None:
    """Return whether a byte of the request had been written at an error; `None` if that is not known."""
    return getattr(error, "left_this_machine", None)


class LimitedAdapter(HTTPAdapter):
    """Sends a request unless its call was cancelled, and reads the response within limits.

    The redirects that `requests` follows come through here as well.

    Args:
        total: seconds that an exchange may take.
        options: as for `HTTPAdapter`.
    """

    def __init__(self, total: float, **options: Any) -> None:
        self._total = total
        super().__init__(**options)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools, with connections that are watched."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pools of a proxy in the same way; those of SOCKS open their connections themselves."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = _POOLS
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request and read the whole response.

        Raises:
            TooSlow: it was not complete in time.
            TooLarge: it has more than `MAX_BODY` bytes.
        """
        cancellation.check(f"{request.method} request")
        deadline = _deadline.get()
        seconds = self._total if deadline is None else min(self._total, deadline - time.monotonic())
        with _WATCH.exchange(seconds) as exchange:
            try:
                response = super().send(request, *args, **{**kwargs, "stream": True})
                _read_limited(response)
            except Exception as error:
                error.left_this_machine = exchange.began  # type: ignore[attr-defined]
                if not exchange.expired:
                    raise
        # Headers that are cut off end without an error.
        if exchange.expired:
            late = TooSlow(f"no complete answer within {self._total:g} s")
            late.left_this_machine = exchange.began  # type: ignore[attr-defined]
            raise late
        return response


class CarriedAdapter(HTTPAdapter):
    """Passes requests on to a server in this process instead of a connection.

    Args:
        carry: takes a prepared request, and returns urllib3's response or raises what `requests` raises.
    """

    def __init__(self, carry: Carry) -> None:
        self._carry = carry
        super().__init__()

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """Pass a request on, and read the whole response."""
        cancellation.check(f"{request.method} request")
        response = self.build_response(request, self._carry(request))
        _read_limited(response)
        return response


def make_response(status: int, headers: list[tuple[str, str]], body: bytes, method: str | None) -> Any:
    """Return a response that a `Carry` may return."""
    return Urllib3Response(
        BytesIO(body), HTTPHeaderDict(headers), status, preload_content=False, request_method=method
    )


def _read_limited(response: requests.Response) -> None:
    """Read the body into the response."""
    if response.status_code < FINAL:
        response.close()
        raise requests.ConnectionError(f"the answer is an interim one, HTTP {response.status_code}")
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        response.close()
        # Without its name, which is whatever the server says.
        raise TooLarge("the answer has an encoding that is not read")
    response.raw = _LimitedBody(response.raw)
    try:
        content = response.content
    except TooLarge:
        response.close()
        raise
    if not content and _may_be_cut_off(response):
        raise requests.ConnectionError("the headers may be cut off")


class _LimitedBody:
    """The body of a response as urllib3 has it, up to `MAX_BODY`."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def stream(self, _: int, decode_content: bool | None = None) -> Iterator[bytes]:
        """Yield the body in small pieces, whatever size is asked for."""
        size = 0
        for chunk in self._raw.stream(CHUNK, decode_content=decode_content):
            size += len(chunk)
            if size > MAX_BODY:
                raise TooLarge(f"the answer has more than {MAX_BODY // 1024 // 1024} MB")
            yield chunk

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


def _may_be_cut_off(response: requests.Response) -> bool:
    """Whether an empty body may come of headers that were cut off, which http.client does not notice."""
    received = getattr(response.raw, "_original_response", None)
    if not isinstance(received, HTTPResponse) or response.status_code in WITHOUT_BODY:
        return False
    return received.getheader("Content-Length") is None and received.getheader("Transfer-Encoding") is None


class _Exchange:
    """A request that is under way.

    Attributes:
        connection: the connection that it uses, once it has one.
        sock: the connection's socket, once it is open; a connection may forget it before the body is read.
        began: whether a byte of the request was written.
        expired: whether its time was over before it was complete.
        done: whether it is complete.
    """

    def __init__(self) -> None:
        self.connection: Any = None
        self.sock: Any = None
        self.began = False
        self.expired = False
        self.done = False

    def expire(self) -> None:
        """Shut its connection down, so that the thread which waits for it goes on."""
        self.expired = True
        sock = self.sock or getattr(self.connection, "sock", None)
        try:
            if sock is not None:
                # Not the method of an encrypted socket, which would go on reading without decrypting.
                socket.socket.shutdown(sock, socket.SHUT_RDWR)
        except OSError:
            pass  # the platform was faster


class _Watch:
    """One thread for all exchanges of the process; it sleeps until the next deadline."""

    def __init__(self) -> None:
        self._forget()
        # The thread does not exist in a forked process. Windows has no forks.
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._changed = threading.Condition()
        self._deadlines: list[tuple[float, int, _Exchange]] = []
        self._numbers = count()
        self._local = threading.local()
        self._running = False

    @contextmanager
    def exchange(self, seconds: float) -> Iterator[_Exchange]:
        """Watch what this thread sends and receives inside of the block."""
        made, deadline = _Exchange(), time.monotonic() + seconds
        with self._changed:
            heapq.heappush(self._deadlines, (deadline, next(self._numbers), made))
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="msgnb deadlines", daemon=True).start()
            elif self._deadlines[0][2] is made:
                self._changed.notify()
        self._local.exchange = made
        try:
            yield made
        finally:
            self._local.exchange = None
            with self._changed:
                made.done, made.connection, made.sock = True, None, None

    def use(self, connection: Any, *, began: bool = False) -> None:
        """Note this thread's connection, and whether a byte of the request is about to be written."""
        exchange = getattr(self._local, "exchange", None)
        if exchange is not None:
            with self._changed:
                exchange.connection, exchange.sock = connection, connection.sock
                exchange.began |= began

    def _run(self) -> None:
        changed = self._changed
        with changed:
            while True:
                while self._deadlines and (
                    self._deadlines[0][2].done or self._deadlines[0][0] <= time.monotonic()
                ):
                    _, _, exchange = heapq.heappop(self._deadlines)
                    if not exchange.done:
                        exchange.expire()
                changed.wait(self._deadlines[0][0] - time.monotonic() if self._deadlines else None)


_WATCH = _Watch()


class _WatchedPool(HTTPConnectionPool):
    """A pool whose connections are watched, and are used again only shortly after, by the same process."""

    def _new_conn(self) -> Any:
        return _watched(super()._new_conn())

    def _get_conn(self, timeout: float | None = None) -> Any:
        return _reusable(super()._get_conn(timeout))

    def _put_conn(self, conn: Any) -> None:
        _note_idle(conn)
        super()._put_conn(conn)


class _WatchedTLSPool(_WatchedPool, HTTPSConnectionPool):
    """The same with encryption."""


_POOLS = {"http": _WatchedPool, "https": _WatchedTLSPool}


def _watched(connection: Any) -> Any:
    """A connection that sends nothing for a call that was cancelled while it was opened."""
    # Not a class of its own: a recording replaces the class of a pool's connections, and wraps the real ones.
    sending = getattr(connection, "real_connection", connection)
    connect, send = sending.connect, sending.send
    connecting = False

    def connect_and_check() -> None:
        nonlocal connecting
        connecting = True
        _WATCH.use(sending)
        try:
            connect()
        finally:
            connecting = False
            _WATCH.use(sending)
        # Name resolution and handshakes may take seconds, and nothing of the request has left by then.
        try:
            cancellation.check("connection")
        except BaseException:
            sending.close()
            raise

    def send_and_note(data: Any) -> None:
        # What is written while it connects is for a proxy.
        if not connecting:
            if sending.sock is None:
                sending.connect()
            _WATCH.use(sending, began=True)
        send(data)

    sending.connect, sending.send = connect_and_check, send_and_note
    # Python's own log of a connection prints all headers.
    sending.debuglevel = 0
    return connection


def _note_idle(connection: Any) -> None:
    if connection is not None:
        connection.idle_since, connection.opened_by = time.monotonic(), os.getpid()


def _reusable(connection: Any) -> Any:
    """A connection that may be used as it is, or will be opened again."""
    since = getattr(connection, "idle_since", None)
    if since is None:
        return connection
    # urllib3 looks for leftovers on the socket; those that are decrypted already are not there.
    pending = getattr(getattr(connection, "sock", None), "pending", lambda: 0)
    too_old = time.monotonic() - since > MAX_IDLE
    if too_old or connection.opened_by != os.getpid() or pending():
        connection.close()
    return connection
