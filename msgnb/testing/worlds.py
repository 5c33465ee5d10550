"""Mock worlds with ready clients: in this process, or on loopback ports."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from msgnb.core.process_folder import process_folder
from msgnb.platforms.base import Client, client_class
from msgnb.platforms.registry import get_platform, platforms
from msgnb.testing.clients import WorldClients

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import pandas as pd

    from msgnb_mocks import World
    from msgnb_mocks.core.application import Application
    from msgnb_mocks.core.clock import Clock
    from msgnb_mocks.core.faults import Faults
    from msgnb_mocks.core.journal import Journal
    from msgnb_mocks.hosting.inprocess import InProcess
    from msgnb_mocks.hosting.serving import Servers
    from msgnb_mocks.world.ensemble import Snapshot
    from msgnb_mocks.world.people import People


def offline(seed: int = 7, *, quirks: Iterable[str] = (), strict: bool = False) -> Offline:
    """Serve mock platforms at the real host names to all code that uses `requests`.

    >>> with msgnb.offline() as world:
    ...     world.netsapiens.sessions()

    Connections to other hosts are refused. What is sent appears in the history that is read next.

    Args:
        seed: the same seed makes the same people, conversations and campaigns.
        quirks: variations that some servers have, such as `single-row-object`; docs/operations.md lists them.
        strict: reject operations that are only inferred with 501; docs/fidelity.md lists them.

    Raises:
        ValueError: a quirk is unknown.

    Returns:
        A context manager that returns a world with ready clients.
    """
    return Offline(seed, quirks, strict=strict)


def serve(
    seed: int = 7, *, tls: bool = False, quirks: Iterable[str] = (), strict: bool = False, ui: bool = False
) -> Served:
    """Serve mock platforms on loopback ports, for code that doesn't use `requests`.

    >>> with msgnb.testing.serve() as world:
    ...     my_client(world.credentials["smsdrop"]["url"])
    ...     world.journal.assert_sent_once(text="Hello")

    Args:
        seed: as in `offline`.
        tls: serve HTTPS; `credentials["ca"]` is the file of the authority to trust.
        quirks: as in `offline`.
        strict: as in `offline`.
        ui: also serve the page of phones, at `credentials["ui"]`, with `credentials["token"]`.

    Raises:
        ImportError: `tls` needs trustme, which is not installed.
        ValueError: a quirk is unknown.

    Returns:
        A context manager that returns a world with ready clients.
    """
    return Served(seed, tls, quirks, strict=strict, ui=ui)


def _make_folder() -> TemporaryDirectory[str]:
    """Make the folder of a world's journals."""
    try:
        base: Path | None = process_folder()
    except OSError:
        # Tests also run where the user's folder for state can't be written, and the people are no real ones.
        base = None
    return TemporaryDirectory(prefix="msgnb-world-", dir=base)


class MockWorld(WorldClients):
    """A mock world with a ready client of each platform, such as `world.blip`.

    Attributes:
        mocks: the world that the mocks share, with its clock.
        pause: what clients do instead of waiting, given the seconds; they wait if `None`. Set it before a
            client is used.
    """

    mocks: World
    _inside: InProcess | Servers

    def __init__(self) -> None:
        self.pause: Callable[[float], None] | None = None
        self._clients: dict[str, Client] = {}
        self._folder = _make_folder()

    def _close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._folder.cleanup()

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platforms that have a mock and a client."""
        return tuple(name for name in self.applications if name in platforms())

    def client(self, platform: str) -> Client:
        """Return the client of a platform, which is made when it is first asked for.

        Raises:
            SettingsError: no platform of this name is installed.
            ValueError: the platform has no mock.
        """
        if platform not in self._clients:
            self._clients[platform] = self._make_client(platform)
        return self._clients[platform]

    def _make_client(self, platform: str) -> Client:
        descriptor = get_platform(platform)
        if platform not in self.applications:
            raise ValueError(f"{platform} has no mock; there are {', '.join(self.applications)}")
        login = {**self.credentials[platform], "verify": self.credentials["ca"] or True}
        login["base_url"] = login.pop("url")
        client = client_class(platform)(**{**login, **descriptor.mock_settings})
        # The journals are deleted with the world, and a mock need not be spared.
        client.connection.journals = Path(self._folder.name)
        client.connection.campaign_rate = None
        client.connection.wait_for_posts = self._inside.wait_for_posts
        if self.pause:
            client.connection.http.pause = self.pause
        self._bind(client)
        return client

    def _bind(self, client: Client) -> None:
        """Tell a client where its answers come from, and bind it to this world if that is possible."""
        client.connection.http.source = self._source

    @property
    def _source(self) -> str:
        return f"mock world, seed {self.mocks.seed}"

    @property
    def applications(self) -> Mapping[str, Application]:
        """The mocks by name, each with its `state`."""
        found: Mapping[str, Application] = self._inside.applications
        return found

    @property
    def credentials(self) -> dict[str, Any]:
        """What other clients need to sign in: the `url` and the credentials of each platform.

        `further` contains other ways to sign in: `credentials["further"]["netsapiens"]["api_key"]`.
        """
        found: dict[str, Any] = self._inside.credentials
        return found

    @property
    def journal(self) -> Journal:
        """The request journal: `world.journal.assert_sent_once(to=…, text=…)`."""
        found: Journal = self._inside.journal
        return found

    @property
    def faults(self) -> Faults:
        """The faults, by rule: `world.faults.add("503", operation="blip.messages", nth=1)`."""
        found: Faults = self._inside.faults
        return found

    @property
    def clock(self) -> Clock:
        """The world's clock: `world.clock.advance(hours=2)`, `world.clock.freeze()`."""
        found: Clock = self.mocks.clock
        return found

    @property
    def people(self) -> People:
        """The people who reply by rule: `world.people.answer("Yes", hears="confirm", after=30)`."""
        found: People = self._inside.people
        return found

    def load(self, source: pd.DataFrame | str | Path, platform: str | None = None) -> int:
        """Replace the history of platforms with your own messages, and return how many there are.

        >>> world.load(client.messages(session))
        >>> world.load("history.parquet")

        Args:
            source: a `messages` table (at, direction, sender, recipient and text at least), or a CSV, JSON,
                JSON lines or Parquet file that contains one.
            platform: the platform of all messages, if there is no such column.

        Raises:
            ValueError: a column is missing, or a value is not valid; it is named.
        """
        found: int = self._inside.load(source, platform)
        return found

    def dump(self, path: str | Path | None = None) -> pd.DataFrame:
        """Return all messages as a table that `load` takes; also write it to a file if one is named.

        Raises:
            ValueError: the file's name does not end in `.csv`, `.json`, `.jsonl` or `.parquet`.
        """
        return self._inside.dump(path)

    def snapshot(self) -> Snapshot:
        """Return the world as it is now, for `restore` and `diff`."""
        found: Snapshot = self._inside.snapshot()
        return found

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a snapshot: the platforms, the time and the journal."""
        self._inside.restore(snapshot)

    def fork(self) -> AbstractContextManager[Snapshot]:
        """Try something: at the end of the `with` statement the world is restored.

        >>> with world.fork() as before:
        ...     world.netsapiens.send_message("chat", "hello", "1002")
        ...     world.diff(before)
        """
        found: AbstractContextManager[Snapshot] = self._inside.fork()
        return found

    def diff(self, before: Snapshot, after: Snapshot | None = None) -> pd.DataFrame:
        """Return the differences between two snapshots, or between one and now.

        Returns:
            One row for each value that was added, removed or changed: platform, kind, key, change, and the
            values before and after.
        """
        return self._inside.diff(before, after)

    def receive(self, platform: str, *, from_: str, to: str, text: str, **more: Any) -> dict[str, str]:
        """Let somebody write to the account, and return the IDs of the `session` and the `message`.

        >>> world.receive("netsapiens", from_="12125550176", to="16195550101", text="Are you open?")

        Args:
            platform: the platform's name.
            from_: the number, user or identity that writes.
            to: the account's number, user or identity.
            text: the text.
            more: `session`, if it is not the one that the two have with each other; `media`, MIME type and
                size in bytes of an attached file.

        Raises:
            ValueError: there is no such platform, sender, recipient or session.
        """
        found: dict[str, str] = self._inside.receive(platform, from_=from_, to=to, text=text, **more)
        return found

    def received(self, platform: str) -> dict[str, list[str]]:
        """Return the texts that each phone, user or identity received from clients, the oldest first.

        >>> world.received("smsdrop")["+22963588213"]
        ['Hello']

        Raises:
            ValueError: there is no such platform.
        """
        found: dict[str, list[str]] = self._inside.received(platform)
        return found

    def _repr_html_(self) -> str:
        from msgnb.testing.board import board  # noqa: PLC0415 - where it is shown

        return board(self, self._about().partition(";")[0])

    def _about(self) -> str:
        world = self.mocks
        lines = sum(len(conversation.lines) for conversation in world.conversations)
        return (
            f"seed {world.seed}: {len(world.people)} people, {lines:,} messages, "
            f"{len(world.mailings)} campaigns; it is {world.clock.now():%d %B %Y, %H:%M} UTC"
        )


class Offline(MockWorld):
    """A mock world in this process; if a `with` statement doesn't fit, use `start()` and `stop()`.

    Only one world is started in this way at a time: a cell that is run again replaces its world.
    """

    _inside: InProcess

    def __init__(self, seed: int = 7, quirks: Iterable[str] = (), *, strict: bool = False) -> None:
        from msgnb_mocks import World  # noqa: PLC0415 - the mocks load when first used
        from msgnb_mocks.hosting.inprocess import InProcess  # noqa: PLC0415

        self.mocks = World(seed)
        self._inside = InProcess(self.mocks, quirks=frozenset(quirks), strict=strict)
        # Last, so that an unknown quirk raises its error before a folder is made.
        super().__init__()

    _started: ClassVar[Offline | None] = None

    def start(self) -> Self:
        """Start to replace the platforms' hosts; a world that was started before is stopped."""
        # Two worlds would replace the same hosts.
        if Offline._started:
            Offline._started.stop()
        Offline._started = self
        return self.__enter__()

    def _bind(self, client: Client) -> None:
        client.connection.http.bind(self._find_end, self._inside.carry, source=self._source)

    def _find_end(self) -> str | None:
        if self._inside.running:
            return None
        return "its mock world is not running, so nothing was sent; world.start() starts it"

    def stop(self) -> None:
        """Stop replacing the hosts, and close the clients."""
        self._inside.stop()
        self._close()
        if Offline._started is self:
            Offline._started = None

    def __enter__(self) -> Self:
        self._inside.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Offline world, {self._about()}>"


class Served(MockWorld):
    """A mock world on loopback ports."""

    _inside: Servers

    def __init__(self, seed: int, tls: bool, quirks: Iterable[str], *, strict: bool, ui: bool) -> None:
        from msgnb_mocks import serve  # noqa: PLC0415 - the mocks load when first used

        self._inside = serve(seed, tls=tls, quirks=quirks, strict=strict, ui=ui)
        self.mocks = self._inside.world
        super().__init__()

    def __enter__(self) -> Self:
        self._inside.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        self._inside.__exit__(kind, error, trace)

    def __repr__(self) -> str:
        return f"<Served world, {self._about()}>"
