"""The mocks inside this process, for everything that goes through `requests`: no socket, no event loop."""

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

from msgnb_mocks.core.faults import Broken
from msgnb_mocks.core.operations import Answer, Application, Request, headers_of
from msgnb_mocks.core.registry import REAL_HOSTS, credentials
from msgnb_mocks.world.ensemble import Ensemble
from msgnb_mocks.world.world import World

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
OLD_BLIP_HOST = "msging.net"
"""Where clients of the first years look for BLiP (BLiP 1.1)."""
ANY = re.compile(".*", re.DOTALL)


class InProcess(Ensemble):
    """Stands in for the platforms' real hosts, and refuses every other one.

    >>> with InProcess(World(7)):
    ...     requests.post("https://http.msging.net/commands", json=command, headers=signed)

    Attributes:
        credentials: for each platform its real `url` and what signs in there, `further` ways
            to sign in, as `credentials["further"]["netsapiens"]["mfa"]`, and `ca`, which is `None`.
    """

    def __init__(self, world: World, *, quirks: frozenset[str] = frozenset(), strict: bool = False) -> None:
        super().__init__(world, quirks=quirks, strict=strict, server=False)
        urls = {name: f"https://{REAL_HOSTS[name]}" for name in self.applications}
        self.credentials: dict[str, Any] = {**credentials(urls, self.applications), "ca": None}
        self._hosts = {REAL_HOSTS[name]: application for name, application in self.applications.items()}
        self._handlers = {name: self.handler(name) for name in self.applications}
        self._mock = responses.RequestsMock(assert_all_requests_are_fired=False)

    def start(self) -> None:
        """Begin to stand in."""
        self._mock.start()
        for method in METHODS:
            self._mock.add(_Carrier(method, self))

    def stop(self) -> None:
        """Let requests go where they go."""
        self._mock.stop(allow_assert=False)
        self._mock.reset()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.stop()

    def application(self, url: str) -> Application:
        """The mock behind a URL.

        Raises:
            requests.ConnectionError: none is; the text says which hosts there are.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        blip = REAL_HOSTS["blip"]
        found = self._hosts.get(blip if host.endswith(f".{blip}") or host == OLD_BLIP_HOST else host)
        if found is None or parts.scheme != "https":
            there = ", ".join(self._hosts)
            words = f"offline mode is on (the mocks): {host} is refused, only {there} are there by https"
            # As a refused connection looks, so that a client knows that nothing was sent.
            refused = NewConnectionError(None, words)  # type: ignore[arg-type]
            raise requests.ConnectionError(MaxRetryError(None, url, refused))  # type: ignore[arg-type]
        return found

    def handle(self, application: Application, request: Request) -> Answer:
        """Answer a request, and note it."""
        return self._handlers[application.name](request)

    def forget(self) -> None:
        """Drop the calls that `responses` would keep for ever."""
        self._mock.calls.reset()


class _Carrier(responses.BaseResponse):
    """Takes every request of one method to its mock."""

    def __init__(self, method: str, inside: InProcess) -> None:
        super().__init__(method, ANY)
        self._inside = inside

    def matches(self, request: requests.PreparedRequest) -> tuple[bool, str]:
        """Whether it is this method's; the host is looked at later, where a refusal can be worded."""
        return request.method == self.method, ""

    def get_response(self, request: requests.PreparedRequest) -> Any:
        """The mock's answer, as urllib3 would hand it over."""
        self._inside.forget()
        url = request.url or ""
        application = self._inside.application(url)
        parts = urlsplit(url)
        body = request.body or b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        content = body.encode() if isinstance(body, str) else bytes(body)
        asked = Request(request.method or "", parts.path, parts.query, headers, content)
        try:
            answer = self._inside.handle(application, asked)
        except Broken as broken:
            return _broken(broken, url, request.method)
        return HTTPResponse(
            status=answer.status,
            body=BytesIO(answer.body),
            headers=headers_of(answer, application.clock),
            preload_content=False,
            request_method=request.method,
        )


def _broken(broken: Broken, url: str, method: str | None) -> HTTPResponse:
    """A connection that breaks, as `requests` tells of it; an answer that ends in the middle."""
    if broken.way == "refused":
        refused = NewConnectionError(None, "connection refused")  # type: ignore[arg-type]
        raise requests.ConnectionError(MaxRetryError(None, url, refused))  # type: ignore[arg-type]
    if broken.way not in {"truncated", "wrong-length"} or broken.answer is None or not broken.answer.body:
        reset = ConnectionResetError(104, "Connection reset by peer")
        raise requests.ConnectionError(ProtocolError("Connection aborted.", reset))
    body = broken.answer.body
    announced = len(body) if broken.way == "truncated" else len(body) // 2
    return HTTPResponse(
        status=broken.answer.status,
        body=BytesIO(body[: len(body) // 2]),
        headers={**broken.answer.headers, "Content-Length": str(announced)},
        preload_content=False,
        enforce_content_length=True,
        request_method=method,
    )
