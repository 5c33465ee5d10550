"""An HTTP server in a thread of this process, which receives what platforms post.

* Each subscription has a path of its own that no one can guess. Every other path is answered with 404.
* A post is answered immediately: its body is read, checked to be JSON and passed on, nothing more. Platforms
  disable webhooks that are slow to answer, so callbacks run elsewhere.
* The size of a body is limited while it comes in. The rest of a body that is too large is read and discarded:
  a sender that is cut off in the middle of writing would never see the response.
* The server listens only on this machine, unless it is told otherwise. Platforms elsewhere reach it through a
  tunnel or a reverse proxy, whose URL is `public_url`.

The server is uvicorn with h11. It runs in an event loop of its own, and accepts thousands of connections
while the notebook's kernel computes; a server with a thread per connection would run out of them.
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
"""Called with the objects of one post, in the server's thread; it must not wait."""

MAX_BODY = 5_000_000
"""Bytes of a body that are accepted by default."""
MAX_DISCARDED = 256_000_000
"""Bytes of a refused body that are read and discarded before the connection is closed."""
READ_TIMEOUT = 60.0
"""Seconds within which a body must be complete."""
BACKLOG = 1024
"""Connections that wait to be accepted while the kernel is busy."""

log = logging.getLogger("msgnb.listener")

Message = MutableMapping[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Message], Any]


class Listener:
    """An HTTP receiver for posted events. Use it as a context manager, or call `start` and `stop`.

    >>> with msgnb.Listener(port=8080, public_url="https://example.ngrok.app") as listener:
    ...     with pbx.listen("message", listener=listener) as live: ...

    After `stop` it can be started again, on the same port and with the same paths.

    Args:
        port: the port to listen on; 0 picks a free one.
        host: the address to listen on; only this machine by default, `0.0.0.0` for every interface.
        public_url: the URL under which platforms reach it, such as that of a tunnel; its own if `None`.
        max_body: the largest body in bytes.

    Raises:
        SettingsError: `public_url` is not a URL, or (by `start`) the port is taken.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        public_url: str | None = None,
        max_body: int = MAX_BODY,
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
        """The URL under which platforms reach it.

        Raises:
            SettingsError: it was never started, so it has no port yet.
        """
        if self._public_url:
            return self._public_url.rstrip("/")
        if not self._port:
            raise SettingsError("the listener has no port yet: start it, or say which")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def running(self) -> bool:
        """Whether it is listening."""
        return self._thread is not None

    def add_route(self, deliver: Deliver) -> str:
        """Return a new URL whose posts are passed to `deliver`.

        >>> url = listener.add_route(print)

        Args:
            deliver: called with a list of objects for each post; a single object comes as a list of one.
        """
        path = f"/events/{secrets.token_urlsafe(24)}"
        self._routes[path] = deliver
        return self.url + path

    def remove_route(self, url: str) -> None:
        """Remove a URL; from now on it is answered with 404."""
        self._routes.pop(urlsplit(url.removeprefix(self.url)).path, None)

    def start(self) -> Self:
        """Start to listen, in a thread.

        Raises:
            SettingsError: the port is taken.
        """
        if self.running:
            return self
        bound = self._bind()
        self._port = bound.getsockname()[1]
        self._server = _make_server(self._serve)
        ready = threading.Event()
        self._thread = threading.Thread(
            target=_run, args=(self._server, bound, ready), name="msgnb listener", daemon=True
        )
        self._thread.start()
        ready.wait()
        return self

    def stop(self) -> None:
        """Finish the posts that are being read, and stop listening; the port is free afterwards."""
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

    def _bind(self) -> socket.socket:
        try:
            # Bound in the caller's thread, so that a port which is taken is an error of `start`.
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            return socket.create_server((self._host, self._port), family=family, backlog=BACKLOG)
        except OSError as error:
            message = (
                f"port {self._port} of {self._host} can't be had: {error.strerror}; port=0 takes a free one"
            )
            raise SettingsError(message) from None

    async def _serve(self, scope: Message, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            return
        deliver = None if _is_from_browser(scope) else self._routes.get(_path(scope, self._public_url))
        body, complete = await _read_body(receive, self._max_body if deliver else 0)
        status = _handle(scope["method"], deliver, body if complete else None)
        # After a body that was not read to its end the connection can't be used for another request.
        await _respond(send, status, keep_alive=complete)


def _handle(method: str, deliver: Deliver | None, body: bytes | None) -> int:
    """Pass a post on, and return the status of the response; without a body it was too large, or too slow."""
    if deliver is None:
        return 404
    if method != "POST":
        return 405
    return 413 if body is None else _deliver(deliver, body)


def _deliver(deliver: Deliver, body: bytes) -> int:
    try:
        posted = orjson.loads(body)
    except orjson.JSONDecodeError:
        return 400
    if not isinstance(posted, list | dict):
        return 400
    try:
        deliver(posted if isinstance(posted, list) else [posted])
    except Exception:
        # Whatever it was, the platform should know that the post was not processed, and may repeat it.
        log.exception("a post could not be taken")
        return 500
    return 200


def _make_server(application: Any) -> uvicorn.Server:
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
    """Serve until `should_exit` is set, in an event loop that is not the notebook's."""
    loop = asyncio.new_event_loop()
    loop.call_soon(ready.set)
    try:
        loop.run_until_complete(server.serve(sockets=[bound]))
    finally:
        ready.set()
        loop.close()
        bound.close()


def _is_from_browser(scope: Message) -> bool:
    """Whether a web page sent it: only browsers send an `Origin`, and no page has a reason to post here."""
    return any(name == b"origin" for name, _ in scope["headers"])


def _path(scope: Message, public_url: str | None) -> str:
    """The path below the public URL; proxies differ in whether they remove the prefix."""
    path = str(scope["path"])
    prefix = urlsplit(public_url).path.rstrip("/") if public_url else ""
    return path.removeprefix(prefix) if prefix else path


async def _read_body(receive: Receive, limit: int) -> tuple[bytes | None, bool]:
    """Return the body, `None` if it is larger than the limit, and whether it was read to its end."""
    body: bytearray | None = bytearray()
    size, deadline = 0, time.monotonic() + READ_TIMEOUT
    while size <= MAX_DISCARDED and time.monotonic() < deadline:
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


async def _respond(send: Send, status: int, *, keep_alive: bool) -> None:
    headers = [(b"content-length", b"0")]
    headers += [] if keep_alive else [(b"connection", b"close")]
    headers += [(b"allow", b"POST")] if status == 405 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
