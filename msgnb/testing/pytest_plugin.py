"""The pytest plugin: the platforms on this machine, new for each test, with a journal of what was asked.

    def test_my_bot_greets(blip_mock):
        my_bot.handle("551100001111@0mn.io", url=blip_mock.url, key=blip_mock.credentials["key"])
        blip_mock.journal.assert_sent_once(to="551100001111@0mn.io", text="Hello!")

* In this process by default, for everything that goes through `requests`; with
  `@pytest.mark.msgnb(server=True)` on loopback ports, for every other client.
* While a test has a world, a connection to another host is refused; and the clients' pauses move its clock
  instead of taking time.
* A fault of the mark that never happened fails the test.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from msgnb.platforms.base import Client
    from msgnb.testing.worlds import Offline, Served
    from msgnb_mocks.core.clock import Clock
    from msgnb_mocks.core.journal import Journal

OPTIONS = frozenset({"server", "tls", "seed", "quirks", "faults", "strict"})
PLATFORMS = ("blip", "netsapiens", "smsdrop")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        "msgnb(server=False, tls=False, seed=7, quirks=(), faults=(), strict=False): "
        "how a test's mock platforms are run",
    )


@dataclass(frozen=True)
class Platform:
    """One mock platform of a test's world.

    Attributes:
        name: `blip`, `netsapiens` or `smsdrop`.
        client: a ready client of msgnb.
        url: where other clients find it: the real host, or a loopback port with `server=True`.
        credentials: what signs in there.
        world: all platforms, with the journal and the clock.
    """

    name: str
    client: Client
    url: str
    credentials: dict[str, Any]
    world: Offline | Served

    @property
    def journal(self) -> Journal:
        """What was asked, of the other platforms too."""
        return self.world.journal

    @property
    def clock(self) -> Clock:
        """The world's clock: `clock.advance(hours=2)`."""
        return self.world.clock

    def receive(self, from_: str, to: str, text: str, **more: Any) -> dict[str, str]:
        """Let somebody else write; see `Offline.receive`."""
        return self.world.receive(self.name, from_=from_, to=to, text=text, **more)

    def received(self) -> dict[str, list[str]]:
        """What each phone, user or identity really got, the oldest first."""
        return self.world.received(self.name)


@pytest.fixture
def messaging_world(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Offline | Served]:
    """All three platforms, with ready clients, one journal and one clock."""
    from msgnb import testing  # noqa: PLC0415 - not for tests that ask for nothing

    options = _options(request)
    _refuse_other_hosts(monkeypatch)
    server, tls = options.pop("server", False), options.pop("tls", False)
    faults = options.pop("faults", ())
    if tls and not server:
        raise pytest.UsageError("@pytest.mark.msgnb(tls=True) needs server=True")
    with testing.serve(tls=tls, **options) if server else testing.offline(**options) as world:
        for name in PLATFORMS:
            getattr(world, name).http.pause = lambda seconds: world.mocks.clock.advance(seconds=seconds)
        for rule in faults:
            world.faults.add(**({"kind": rule} if isinstance(rule, str) else rule))
        yield world
        if unused := world.faults.unused():
            words = ", ".join(f"{rule.kind} at {rule.operation}" for rule in unused)
            pytest.fail(f"these faults never happened: {words}", pytrace=False)


@pytest.fixture
def blip_mock(messaging_world: Offline | Served) -> Platform:
    """A mock bot on BLiP."""
    return _platform("blip", messaging_world)


@pytest.fixture
def netsapiens_mock(messaging_world: Offline | Served) -> Platform:
    """A mock NetSapiens PBX."""
    return _platform("netsapiens", messaging_world)


@pytest.fixture
def smsdrop_mock(messaging_world: Offline | Served) -> Platform:
    """A mock account on SMSDrop."""
    return _platform("smsdrop", messaging_world)


def _platform(name: str, world: Offline | Served) -> Platform:
    login = dict(world.credentials[name])
    return Platform(name, getattr(world, name), login.pop("url"), login, world)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the test's mark says, the nearest one first."""
    found: dict[str, Any] = {}
    for mark in request.node.iter_markers("msgnb"):
        if mark.args or (unknown := mark.kwargs.keys() - OPTIONS):
            what = mark.args[0] if mark.args else min(unknown)
            raise pytest.UsageError(
                f"@pytest.mark.msgnb does not know {what!r}; it takes {', '.join(sorted(OPTIONS))} by name"
            )
        found = {**mark.kwargs, **found}
    return found


def _refuse_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no connection leave this machine, whatever library makes it."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded(self: socket.socket, address: Any) -> None:
        _check(self, address)
        connect(self, address)

    def guarded_ex(self: socket.socket, address: Any) -> int:
        _check(self, address)
        return connect_ex(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


def _check(self: socket.socket, address: Any) -> None:
    if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOOPBACK:
        words = f"this test has a mock world: a connection to {address[0]} is refused"
        raise ConnectionRefusedError(words)
