"""The pytest plugin: mock platforms on this machine, new for each test, with a journal of all requests.

    def test_my_bot_greets(blip_mock):
        my_bot.handle("551100001111@0mn.io", url=blip_mock.url, key=blip_mock.credentials["key"])
        blip_mock.journal.assert_sent_once(to="551100001111@0mn.io", text="Hello!")

* There is a fixture `<platform>_mock` for each installed mock; `messaging_world` has all of them.
* The mocks run in this process by default, for everything that uses `requests`; with
  `@pytest.mark.msgnb(server=True)` they are served on loopback ports, for every other client.
* While a test has a world, connections to other hosts are refused, and the clients of msgnb advance the
  world's clock instead of waiting.
* A fault of the mark that was not triggered fails the test.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from functools import cached_property
from importlib.metadata import entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from msgnb.platforms.base import Client
    from msgnb.testing.worlds import MockWorld
    from msgnb_mocks.core.clock import Clock
    from msgnb_mocks.core.journal import Journal

OPTIONS = frozenset({"server", "tls", "seed", "quirks", "faults", "strict"})
MOCKS = "msgnb.mocks"
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and a fixture for each mock."""
    config.addinivalue_line(
        "markers",
        "msgnb(server=False, tls=False, seed=7, quirks=(), faults=(), strict=False): "
        "how a test's mock platforms are run",
    )
    # Only the names of the mocks are read here: nothing of them loads unless a test asks for a fixture.
    names = sorted({entry_point.name for entry_point in entry_points(group=MOCKS)})
    config.pluginmanager.register(_fixtures(names), "msgnb-mocks")


class PlatformMock:
    """One mock platform of a test's world.

    Attributes:
        name: the platform's name.
        world: the world, with all platforms.
        url: where other clients find it: the real host, or a loopback port with `server=True`.
        credentials: what signs in.
    """

    def __init__(self, name: str, world: MockWorld) -> None:
        self.name = name
        self.world = world
        self.credentials: dict[str, Any] = dict(world.credentials[name])
        self.url: str = self.credentials.pop("url")

    def __repr__(self) -> str:
        return f"<{self.name} mock at {self.url}>"

    @cached_property
    def client(self) -> Client:
        """A ready client of msgnb."""
        return self.world.client(self.name)

    @property
    def journal(self) -> Journal:
        """The request journal, with the requests to other platforms too."""
        return self.world.journal

    @property
    def clock(self) -> Clock:
        """The world's clock: `clock.advance(hours=2)`."""
        return self.world.clock

    def receive(self, from_: str, to: str, text: str, **more: Any) -> dict[str, str]:
        """Let somebody write to the account; see `MockWorld.receive`."""
        return self.world.receive(self.name, from_=from_, to=to, text=text, **more)

    def received(self) -> dict[str, list[str]]:
        """Return the texts that each phone, user or identity received, the oldest first."""
        return self.world.received(self.name)


@pytest.fixture
def messaging_world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[MockWorld]:
    """A mock world with all platforms, ready clients, one journal and one clock."""
    from msgnb.testing.worlds import offline, serve  # noqa: PLC0415 - tests without fixtures load nothing

    options = _options(request)
    _refuse_other_hosts(monkeypatch)
    server, tls = options.pop("server", False), options.pop("tls", False)
    faults = options.pop("faults", ())
    if tls and not server:
        raise pytest.UsageError("@pytest.mark.msgnb(tls=True) needs server=True")
    with serve(tls=tls, **options) if server else offline(**options) as world:
        # Retries and rate limits would make the test wait.
        world.pause = _advance(world)
        for rule in faults:
            world.faults.add(**({"kind": rule} if isinstance(rule, str) else rule))
        yield world
        # A test whose fault never happened has passed for another reason than it says.
        if unused := world.faults.unused():
            words = ", ".join(f"{rule.kind} at {rule.operation}" for rule in unused)
            pytest.fail(f"these faults never happened: {words}", pytrace=False)


def _advance(world: MockWorld) -> Callable[[float], None]:
    """Return what clients do instead of waiting: advance the world's clock."""

    def pause(seconds: float) -> None:
        world.clock.advance(seconds=seconds)

    return pause


def _fixtures(names: list[str]) -> ModuleType:
    """Return a plugin with the fixture of each mock."""
    # pytest finds fixtures in the attributes of a plugin, and the names are known only at run time.
    plugin = ModuleType("msgnb_mock_fixtures", "The fixtures of the installed mocks.")
    for name in names:
        setattr(plugin, f"{name}_mock", _fixture(name))
    return plugin


def _fixture(name: str) -> Any:
    def platform_mock(messaging_world: MockWorld) -> PlatformMock:
        return PlatformMock(name, messaging_world)

    platform_mock.__doc__ = f"The mock of {name}, with a ready client."
    return pytest.fixture(name=f"{name}_mock")(platform_mock)


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Return the options of the test's marks; the closest mark wins."""
    found: dict[str, Any] = {}
    for mark in request.node.iter_markers("msgnb"):
        if mark.args or (unknown := mark.kwargs.keys() - OPTIONS):
            what = mark.args[0] if mark.args else min(unknown)
            raise pytest.UsageError(
                f"@pytest.mark.msgnb does not know {what!r}; it takes {', '.join(sorted(OPTIONS))} by name"
            )
        # pytest lists the closest mark first, so what is there already takes precedence.
        found = {**mark.kwargs, **found}
    return found


def _refuse_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to other machines, whatever library makes them."""
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
    # Sockets of other families, such as Unix ones, have no host.
    if self.family in {socket.AF_INET, socket.AF_INET6} and address[0] not in LOOPBACK:
        words = f"this test has a mock world: a connection to {address[0]} is refused"
        raise ConnectionRefusedError(words)
