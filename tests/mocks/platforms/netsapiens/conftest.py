"""A signed-in caller of the mock, without any transport."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from msgnb_mocks.core.operations import Request, Response
from msgnb_mocks.platforms.netsapiens import NetSapiensMock
from msgnb_mocks.world.world import World

OWN = "/domains/~/users/~"


class Caller:
    """Calls the mock as the user whose password it hands out, or as another."""

    def __init__(self, mock: NetSapiensMock, username: str | None = None) -> None:
        self.mock = mock
        self.world = mock.state.world
        self.login = dict(mock.credentials)
        if username:
            self.login |= {
                "username": f"{username}@harbor.example",
                "password": mock.state.users[username].password,
            }
        self.token: str | None = None

    def request(self, method: str, path: str, body: Any = None, **query: Any) -> Response:
        """One request below the base; a `str` or `bytes` body goes as it is."""
        headers = {"content-type": "application/json"}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        raw = body if isinstance(body, bytes) else orjson.dumps(body) if body is not None else b""
        return self.mock.handle(Request(method, f"/ns-api/v2{path}", urlencode(query), headers, raw))

    def sign_in(self, **changes: Any) -> Response:
        """The answer to a password grant; its token is used from here on."""
        fields = {"grant_type": "password", **self.login, **changes}
        answer = self.request("POST", "/tokens", fields)
        self.token = orjson.loads(answer.body).get("access_token", self.token)
        return answer

    def with_key(self) -> Caller:
        """The same caller, signing with the seeded API key."""
        self.token = next(iter(self.mock.state.api_keys))
        return self

    def guarded(self) -> Caller:
        """A caller with the login of the user who has a second factor, not signed in."""
        return Caller(self.mock, "1006")

    def as_user(self, username: str) -> Caller:
        """Another user's caller on the same mock."""
        other = Caller(self.mock, username)
        other.sign_in()
        return other

    def get(self, path: str, **query: Any) -> Any:
        """The body of a successful read."""
        answer = self.request("GET", path, **query)
        assert answer.status == 200, answer.body
        return orjson.loads(answer.body)

    def send(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """Status and body of any call."""
        answer = self.request(method, path, body, **query)
        return answer.status, orjson.loads(answer.body)

    def sessions(self, **query: Any) -> Any:
        """The owner's sessions."""
        return self.get(f"{OWN}/messagesessions", **{"limit": 1000, **query})

    def messages(self, session: str, user: str = "~", **query: Any) -> Any:
        """The messages of one session."""
        path = f"/domains/~/users/{user}/messagesessions/{session}/messages"
        return self.get(path, **{"limit": 1000, **query})

    def longest(self) -> str:
        """The id of the owner's longest thread."""
        threads = self.mock.state.inboxes["1001"].values()
        return max((each.thread for each in threads), key=lambda thread: len(thread.messages)).id


@pytest.fixture
def make() -> Callable[..., Caller]:
    """Makes a signed-in caller of a mock with the quirks that are named."""

    def build(*quirks: str) -> Caller:
        caller = Caller(NetSapiensMock(World(seed=7), quirks=frozenset(quirks)))
        caller.sign_in()
        return caller

    return build


@pytest.fixture
def pbx(make: Callable[..., Caller]) -> Caller:
    """A signed-in caller of the mock as documented."""
    return make()
