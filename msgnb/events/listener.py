"""Receives what platforms post: an HTTP server in a thread of this process.

* Each subscriber has a path of its own that nobody can guess; every other path is answered with 404.
* An answer is given at once: a body is read, checked to be JSON and handed over, nothing more. Callbacks run
  elsewhere.
* A body has a limit, which is kept while it comes in; what is too much is thrown away as it is read, so that
  the sender hears the answer.
* It listens on this machine alone, unless told otherwise. Platforms elsewhere reach it through a tunnel or a
  reverse proxy, whose address is `public_url`.

uvicorn speaks the HTTP here: it keeps thousands of connections waiting while the kernel computes, and none
of its requests has a thread that could be missing.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, MutableMapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import orjson

from msgnb.core.errors import SettingsError

if TYPE_CHECKING:
    import uvicorn

Deliver = Callable[[list[Any]], None]
"""Takes the objects of one post. It is called in the server's thread and must not wait."""

LARGEST_BODY = 5_000_000
MOST_DISCARDED = 256_000_000
"""Bytes of a refused body that are read and thrown away before the connection is cut."""
BACKLOG = 1024
READING_SECONDS = 60.0

log = logging.getLogger("msgnb.listener")

Message = MutableMapping[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Message], Any]


class Listener:
    """An HTTP receiver for posted events; use it as a context manager, or `start()` and `stop()` it.

    >>> with msgnb.Listener(port=8080, public_url="https://example.ngrok.app") as listener:
    ...     with pbx.listen("message", listener=listener) as live: ...

    After `stop()` it can be started again, at the same port and with the same paths.

    Args:
        port: where it listens; a free port where it is 0.
        host: the address to listen at; this machine alone by default, `0.0.0.0` for everybody.
        public_url: the address under which platforms reach it, such as that of a tunnel; its own where it is
            `None`.
        max_body: the largest body in bytes.

    Raises:
        SettingsError: `public_url` is none, or (by `start`) the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        public_url: str | None = None,
        max_body: int = LARGEST_BODY,
    ) -> None:
        if public_url is not None and urlsplit(public_url).scheme not in {"http", "https"}:
            raise SettingsError(f"public_url {public_url!r} is no web address; write it as https://host")
        self._host = host
        self._port = port
        self._public_url = public_url
        self._max_body = max_body
        self._routes: dict[str, Deliver] = {}
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where platforms reach it.

        Raises:
            SettingsError: it was never started, and so has no port yet.
        """
        if self._public_url:
            return self._public_url.rstrip("/")
        if not self._port:
            raise SettingsError("the listener has no port yet: start it, or say which")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._thread is not None

    def open(self, deliver: Deliver) -> str:
        """A new address, whose posts are handed to `deliver` as lists of objects, one list a post."""
        path = f"/events/{secrets.token_urlsafe(24)}"
        self._routes[path] = deliver
        return self.url + path

    def shut(self, url: str) -> None:
        """Give an address up; from now on it is answered with 404."""
        self._routes.pop(urlsplit(url.removeprefix(self.url)).path, None)

    def start(self) -> Self:
        """Listen, in a thread.

        Raises:
            SettingsError: the port is taken.
        """
        if self.running:
            return self
        bound = self._bound()
        self._port = bound.getsockname()[1]
        self._server = _server(self._serve)
        ready = threading.Event()
        self._thread = threading.Thread(
            target=_run, args=(self._server, bound, ready), name="msgnb listener", daemon=True
        )
        self._thread.start()
        ready.wait()
        return self

    def stop(self) -> None:
        """Stop listening, after the posts that are being read; the port is free then."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = self.url if self._port or self._public_url else "no port yet"
        state = "running" if self.running else "stopped"
        return f"<Listener at {where}, {len(self._routes)} addresses, {state}>"

    def _bound(self) -> socket.socket:
        try:
            # Bound here, so that a port that is taken is told where it was asked for.
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            return socket.create_server((self._host, self._port), family=family, backlog=BACKLOG)
        except OSError as error:
            words = (
                f"port {self._port} of {self._host} can't be had: {error.strerror}; port=0 takes a free one"
            )
            raise SettingsError(words) from None

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            return
        deliver = None if _from_a_page(scope) else self._routes.get(_path(scope, self._public_url))
        body, whole = await _read(receive, self._max_body if deliver else 0)
        await _answer(send, self._status(scope["method"], deliver, body, whole=whole), keep=whole)

    @staticmethod
    def _status(method: str, deliver: Deliver | None, body: bytes | None, *, whole: bool) -> int:
        if deliver is None:
            return 404
        if method != "POST":
            return 405
        return _delivered(deliver, body) if body is not None and whole else 413


def _delivered(deliver: Deliver, body: bytes) -> int:
    try:
        posted = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 400
    if not isinstance(posted, list | dict):
        return 400
    try:
        deliver(posted if isinstance(posted, list) else [posted])
    except Exception:
        log.exception("a post could not be taken")
        return 500
    return 200


def _server(application: Any) -> uvicorn.Server:
    import uvicorn  # noqa: PLC0415 - loads when first used

    config = uvicorn.Config(
        application,
        interface="asgi3",
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    return uvicorn.Server(config)


def _run(server: uvicorn.Server, bound: socket.socket, ready: threading.Event) -> None:
    """Serve until told to stop, in a loop of its own that shares nothing with the notebook's."""
    loop = asyncio.new_event_loop()
    loop.call_soon(ready.set)
    try:
        loop.run_until_complete(server.serve(sockets=[bound]))
    finally:
        ready.set()
        loop.close()
        bound.close()


def _from_a_page(scope: Message) -> bool:
    """Whether a browser sent it: platforms have no origin, so whoever has one is somebody else's page."""
    return any(name == b"origin" for name, _ in scope["headers"])


def _path(scope: Message, public_url: str | None) -> str:
    """The path below the public address, whether or not a proxy has cut that off."""
    path = str(scope["path"])
    prefix = urlsplit(public_url).path.rstrip("/") if public_url else ""
    return path.removeprefix(prefix) if prefix else path


async def _read(receive: Receive, limit: int) -> tuple[bytes | None, bool]:
    """The body, `None` where it is more than the limit, and whether it was read to its end."""
    body: bytearray | None = bytearray()
    size, deadline = 0, time.monotonic() + READING_SECONDS
    while size <= MOST_DISCARDED and time.monotonic() < deadline:
        message = await receive()
        if message["type"] != "http.request":
            return None, False
        size += len(message.get("body", b""))
        if size > limit:
            body = None
        elif body is not None:
            body += message.get("body", b"")
        if not message.get("more_body"):
            return (None if body is None else bytes(body)), True
    return None, False


async def _answer(send: Send, status: int, *, keep: bool) -> None:
    headers = [(b"content-length", b"0")]
    headers += [] if keep else [(b"connection", b"close")]
    headers += [(b"allow", b"POST")] if status == 405 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
