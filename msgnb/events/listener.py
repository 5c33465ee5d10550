"""What receives posted events: URLs on this machine, and what is done with a post to each of them.

* Each subscription has a path of its own that no one can guess. Every other path is answered with 404.
* A post is answered with 200 after it was stored, and not before: its body is read, checked to be JSON and
  passed on, nothing more. Platforms disable webhooks that are slow to answer, so callbacks run elsewhere.
* The server listens only on this machine, unless it is told otherwise. Platforms elsewhere reach it through a
  tunnel or a reverse proxy, whose URL is `public_url`.

`msgnb.events.server` reads the requests, within limits.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import secrets
import socket
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote, urlsplit

from msgnb.core.errors import SettingsError
from msgnb.core.json_bodies import parse_json
from msgnb.core.secrets import Secret, parse_password, sealed
from msgnb.core.visible import escape_invisible

if TYPE_CHECKING:
    import h11

    from msgnb.events.server import EventServer

Deliver = Callable[[list[Any]], None]
"""Called with the objects of one post, in the server's thread; it must not wait.

The post is answered with 200 when it returns, and with 500 if it raises.
"""

MAX_BODY = 5_000_000
"""Bytes of a body that are accepted by default."""
SHORTEST_SECRET = 16
_OF_BROWSERS = frozenset({b"origin", b"sec-fetch-site"})

log = logging.getLogger("msgnb.listener")


class Listener:
    """An HTTP receiver for posted events. Use it as a context manager, or call `start` and `stop`.

    >>> with msgnb.Listener(port=8080, public_url="https://example.ngrok.app") as listener:
    ...     with pbx.listen("message", listener=listener) as live: ...

    After `stop` it can be started again, on the same port and with the same paths. With a `secret`, so can
    the listener of another process.

    Args:
        port: the port to listen on; 0 picks a free one.
        host: the address to listen on; only this machine by default, `0.0.0.0` for every interface.
        public_url: the URL under which platforms reach it, such as that of a tunnel; its own if `None`.
        max_body: the largest body in bytes.
        secret: a text of at least 16 characters that no one can guess. The same feed has the same URL in
            every listener with the same secret; without one, every URL is new.

    Raises:
        SettingsError: `public_url` is not a URL, or the secret is too short; or (by `start`) the port is
            taken.
    """

    @sealed
    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        public_url: str | None = None,
        max_body: int = MAX_BODY,
        secret: str | Secret | None = None,
    ) -> None:
        self._secret = None if secret is None else parse_password(secret, "the listener's secret")
        if self._secret is not None and len(self._secret.reveal()) < SHORTEST_SECRET:
            raise SettingsError(f"the listener's secret has fewer than {SHORTEST_SECRET} characters")
        self._host = host
        self._port = port
        self._public_url = _check_public_url(public_url) if public_url is not None else None
        self._max_body = max_body
        self._routes: dict[str, Deliver] = {}
        self._server: EventServer | None = None

    @property
    def url(self) -> str:
        """The URL under which platforms reach it.

        Raises:
            SettingsError: it was never started, so it has no port yet.
        """
        if self._public_url:
            return self._public_url
        if not self._port:
            raise SettingsError("the listener has no port yet: start it, or say which")
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def running(self) -> bool:
        """Whether it is listening."""
        return self._server is not None

    def add_route(self, deliver: Deliver, name: str | None = None) -> str:
        """Return a URL whose posts are passed to `deliver`.

        >>> url = listener.add_route(print)

        Args:
            deliver: called with a list of objects for each post; a single object comes as a list of one. The
                post is answered when it returns.
            name: what the URL is for. If the listener has a secret, the same name always has the same URL; no
                one can guess it from the name.

        Raises:
            SettingsError: there is a route of this name already.
        """
        path = f"/events/{self._make_token(name)}"
        if path in self._routes:
            raise SettingsError(f"this listener already receives the events of {name}")
        self._routes[path] = deliver
        return self.url + path

    def remove_route(self, url: str) -> None:
        """Remove a URL; from now on it is answered with 404."""
        self._routes.pop(f"/events/{url.rpartition('/')[2]}", None)

    def drain(self) -> None:
        """Wait until the posts that have begun to arrive are stored; two seconds at most."""
        if self._server:
            self._server.drain()

    def start(self) -> Self:
        """Start to listen, in a thread.

        Raises:
            SettingsError: the port is taken.
        """
        from msgnb.events.server import EventServer  # noqa: PLC0415 - loads when first used

        if not self.running:
            bound = self._bind()
            self._port = bound.getsockname()[1]
            self._server = EventServer(bound, self._find_limit, self._answer)
        return self

    def stop(self) -> None:
        """Finish the posts that are being read, and stop listening; the port is free afterwards."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        where = self.url if self._port or self._public_url else "no port yet"
        state = "running" if self.running else "stopped"
        return escape_invisible(f"<Listener at {where}, {len(self._routes)} addresses, {state}>", keep="")

    def _make_token(self, name: str | None) -> str:
        if self._secret is None or name is None:
            return secrets.token_urlsafe(24)
        digest = hmac.digest(self._secret.reveal().encode(), name.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest[:24]).decode()

    def _bind(self) -> socket.socket:
        from msgnb.events.server import BACKLOG  # noqa: PLC0415 - loads when first used

        try:
            # Bound in the caller's thread, so that a port which is taken is an error of `start`.
            family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
            return socket.create_server((self._host, self._port), family=family, backlog=BACKLOG)
        except OSError as error:
            message = (
                f"port {self._port} of {self._host} can't be had: {error.strerror}; port=0 takes a free one"
            )
            raise SettingsError(message) from None

    # Answering, in the server's thread

    def _find_limit(self, request: h11.Request) -> int:
        return self._max_body if self._find_route(request) else 0

    def _answer(self, request: h11.Request, body: bytes | None) -> int:
        """Pass a post on, and return the status; without a body it was too large, or too slow."""
        deliver = self._find_route(request)
        if deliver is None:
            return 404
        if request.method != b"POST":
            return 405
        return 413 if body is None else _deliver(deliver, body)

    def _find_route(self, request: h11.Request) -> Deliver | None:
        # Only browsers send these, and no web page has a reason to post here.
        if any(name in _OF_BROWSERS for name, _ in request.headers):
            return None
        target = request.target.partition(b"?")[0].decode("ascii", "replace")
        # A proxy may write the whole URL.
        path = unquote(urlsplit(target).path if target.startswith(("http://", "https://")) else target)
        # Proxies differ in whether they remove the path of the public URL.
        prefix = unquote(urlsplit(self._public_url or "").path)
        below = path.removeprefix(prefix) if path.startswith(f"{prefix}/") else path
        return self._routes.get(path) or self._routes.get(below)


def _check_public_url(url: str) -> str:
    """Return a URL to which paths can be appended.

    Raises:
        SettingsError: it is not one.
    """
    try:
        parts = urlsplit(url)
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_valid = urlsplit(""), False
    plain = not (parts.query or parts.fragment or any(mark.isspace() or mark in "?#" for mark in url))
    dots = {".", ".."} & set(parts.path.split("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_is_valid or not plain or dots:
        raise SettingsError(
            f"public_url {url!r} is no web address; write it as https://host or https://host/path"
        )
    return url.rstrip("/")


def _deliver(deliver: Deliver, body: bytes) -> int:
    try:
        posted = parse_json(body)
    except ValueError:
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
