"""The mocks inside this process, for everything that uses `requests`: no socket, no event loop."""

from __future__ import annotations

import re
from io import BytesIO
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests
import responses
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProtocolError

from msgnb_mocks.core.application import Application
from msgnb_mocks.core.faults import Broken
from msgnb_mocks.core.operations import Request, Response
from msgnb_mocks.core.registry import mocks
from msgnb_mocks.world.ensemble import Ensemble
from msgnb_mocks.world.world import World

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
ANY = re.compile(".*", re.DOTALL)


class InProcess(Ensemble):
    """Replaces the platforms' real hosts, and refuses connections to every other host.

    >>> with InProcess(World(7)) as inside:
    ...     requests.get(f"{inside.credentials['acme']['url']}/sessions", headers=signed)

    Attributes:
        credentials: the real `url` and what signs in for each platform; `further` ways to sign in, such as
            `credentials["further"]["acme"]["api_key"]`; `ca`, which is `None`.
        running: whether the hosts are replaced now.
    """

    def __init__(self, world: World, *, quirks: frozenset[str] = frozenset(), strict: bool = False) -> None:
        super().__init__(world, quirks=quirks, strict=strict, server=False)
        urls = {name: f"https://{mocks()[name].host}" for name in self.applications}
        self.credentials: dict[str, Any] = {**self.make_credentials(urls), "ca": None}
        # Hosts that were asked for are kept: matching patterns takes longer than all the rest.
        self._hosts: dict[str, Application | None] = {}
        self._handlers = {name: self.handler(name) for name in self.applications}
        self._mock = responses.RequestsMock(assert_all_requests_are_fired=False)
        self.running = False

    def start(self) -> None:
        """Start to replace the hosts."""
        self.running = True
        self._mock.start()
        for method in METHODS:
            self._mock.add(_Carrier(method, self))

    def stop(self) -> None:
        """Stop replacing the hosts."""
        self.running = False
        self._mock.stop(allow_assert=False)
        self._mock.reset()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def application(self, url: str) -> Application:
        """Return the mock that replaces the host of a URL.

        Raises:
            requests.ConnectionError: no mock does; the text names the hosts that are replaced.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host not in self._hosts:
            name = next((each.name for each in mocks().values() if each.replaces(host)), None)
            self._hosts[host] = self.applications.get(name) if name else None
        found = self._hosts[host]
        if found is None or parts.scheme != "https":
            there = ", ".join(each.host for each in mocks().values())
            words = f"offline mode is on (the mocks): {host} is refused, only {there} are there by https"
            # It looks like a refused connection, so that a client knows that nothing was sent.
            refused = NewConnectionError(None, words)  # type: ignore[arg-type]
            raise requests.ConnectionError(MaxRetryError(None, url, refused))  # type: ignore[arg-type]
        return found

    def handle(self, application: Application, request: Request) -> Response:
        """Return the response to a request, and note it."""
        return self._handlers[application.name](request)

    def carry(self, request: requests.PreparedRequest) -> HTTPResponse:
        """Return the response to a request that was prepared, in the form that urllib3 returns.

        Raises:
            requests.ConnectionError: no mock replaces the host, or a fault breaks the connection.
        """
        url = request.url or ""
        application = self.application(url)
        parts = urlsplit(url)
        body = request.body or b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        content = body.encode() if isinstance(body, str) else bytes(body)
        asked = Request(request.method or "", parts.path, parts.query, headers, content)
        try:
            response = self.handle(application, asked)
        except Broken as broken:
            return _break(broken, url, request.method)
        return HTTPResponse(
            status=response.status,
            body=BytesIO(response.body),
            headers=response.make_headers(application.clock.now()),
            # `requests` reads the body itself, at once or as a stream.
            preload_content=False,
            request_method=request.method,
        )

    def forget(self) -> None:
        """Drop the calls that `responses` would keep forever."""
        self._mock.calls.reset()


class _Carrier(responses.BaseResponse):
    """Takes every request of one method to its mock."""

    def __init__(self, method: str, inside: InProcess) -> None:
        super().__init__(method, ANY)
        self._inside = inside

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        """Whether the method matches; the host is looked at later, where the refusal can explain itself."""
        return request.method == self.method, ""

    def get_response(self, request: requests.PreparedRequest) -> Any:
        """Return the mock's response, in the form that urllib3 returns."""
        self._inside.forget()
        return self._inside.carry(request)


def _break(broken: Broken, url: str, method: str | None) -> HTTPResponse:
    """Raise what `requests` raises for a broken connection, or return a response that ends in the middle."""
    if broken.way == "refused":
        refused = NewConnectionError(None, "connection refused")  # type: ignore[arg-type]
        raise requests.ConnectionError(MaxRetryError(None, url, refused))  # type: ignore[arg-type]
    if broken.way not in {"truncated", "wrong-length"} or broken.response is None or not broken.response.body:
        reset = ConnectionResetError(104, "Connection reset by peer")
        raise requests.ConnectionError(ProtocolError("Connection aborted.", reset))
    body = broken.response.body
    announced = len(body) if broken.way == "truncated" else len(body) // 2
    return HTTPResponse(
        status=broken.response.status,
        body=BytesIO(body[: len(body) // 2]),
        headers={**broken.response.headers, "Content-Length": str(announced)},
        preload_content=False,
        # Missing bytes are an error only with this; before urllib3 2 it is not the default.
        enforce_content_length=True,
        request_method=method,
    )
