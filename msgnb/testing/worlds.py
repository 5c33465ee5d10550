"""The three platforms in this process: no socket, no account, no other host."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from msgnb.platforms.base import Client, client_class

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    import pandas as pd

    from msgnb.platforms.blip import Blip
    from msgnb.platforms.netsapiens import NetSapiens
    from msgnb.platforms.smsdrop import SmsDrop
    from msgnb_mocks import World
    from msgnb_mocks.core.clock import Clock
    from msgnb_mocks.core.faults import Faults
    from msgnb_mocks.core.journal import Journal
    from msgnb_mocks.hosting.inprocess import InProcess
    from msgnb_mocks.hosting.serving import Servers
    from msgnb_mocks.world.ensemble import Snapshot
    from msgnb_mocks.world.people import People


def offline(seed: int = 7, *, quirks: Iterable[str] = (), strict: bool = False) -> Offline:
    """The platforms' mocks behind their real hosts, for everything that goes through `requests`.

    >>> with msgnb.offline() as world:
    ...     world.netsapiens.sessions()

    Each other host is refused. What is sent shows in the history that is read next.

    Args:
        seed: the same seed makes the same people, conversations and campaigns.
        quirks: other things that servers were seen to do, as `single-row-object`; docs/operations.md lists
            them.
        strict: refuse with 501 what is only inferred, as docs/fidelity.md tells.

    Raises:
        ValueError: a quirk is unknown.

    Returns:
        A context manager that hands over ready clients.
    """
    return Offline(seed, quirks, strict=strict)


def serve(
    seed: int = 7, *, tls: bool = False, quirks: Iterable[str] = (), strict: bool = False, ui: bool = False
) -> Served:
    """The platforms' mocks on loopback ports, for clients that don't go through `requests`.

    >>> with msgnb.testing.serve() as world:
    ...     my_client(world.credentials["smsdrop"]["url"])
    ...     world.journal.assert_sent_once(text="Hello")

    Args:
        seed: as in `offline`.
        tls: serve HTTPS; `credentials["ca"]` is the file of the authority to trust.
        quirks: as in `offline`.
        strict: as in `offline`.
        ui: serve the page of all phones and chats too, at `credentials["ui"]`.

    Raises:
        ValueError: a quirk is unknown.

    Returns:
        A context manager that hands over ready clients.
    """
    return Served(seed, tls, quirks, strict=strict, ui=ui)


class MockWorld:
    """Ready clients of a mock world, and what surrounds it.

    Attributes:
        mocks: the mocks' own world, with its clock.
    """

    mocks: World
    _inside: InProcess | Servers

    def __init__(self) -> None:
        self._clients: list[Client] = []
        self._folder = TemporaryDirectory(prefix="msgnb-world-")

    def _close(self) -> None:
        for client in self._clients:
            client.close()
        self._folder.cleanup()

    @property
    def credentials(self) -> dict[str, Any]:
        """What other clients need to sign in: for each platform its `url` and its credentials.

        `further` has other ways to sign in: `credentials["further"]["netsapiens"]["api_key"]`.
        """
        found: dict[str, Any] = self._inside.credentials
        return found

    @property
    def journal(self) -> Journal:
        """What clients asked of the mocks: `world.journal.assert_sent_once(to=…, text=…)`."""
        found: Journal = self._inside.journal
        return found

    @property
    def faults(self) -> Faults:
        """What goes wrong, by rule: `world.faults.add("503", operation="blip.messages", nth=1)`."""
        found: Faults = self._inside.faults
        return found

    @property
    def clock(self) -> Clock:
        """The world's clock: `world.clock.advance(hours=2)`, `world.clock.freeze()`."""
        found: Clock = self.mocks.clock
        return found

    @property
    def people(self) -> People:
        """Those who answer by rule: `world.people.answer("Yes", hears="confirm", after=30)`."""
        found: People = self._inside.people
        return found

    def load(self, source: pd.DataFrame | str | Path, platform: str | None = None) -> int:
        """Start from your own messages: they take the place of the history of the platforms they are of.

        >>> world.load(client.messages(session))
        >>> world.load("history.parquet")

        Args:
            source: a `messages` table (at, direction, sender, recipient and text at least), or a CSV, JSON,
                JSON lines or Parquet file of one.
            platform: that of all messages, where there is no such column.

        Returns:
            How many messages there are.

        Raises:
            ValueError: a column is missing, or a row holds something else than it should; it is named.
        """
        found: int = self._inside.load(source, platform)
        return found

    def dump(self, path: str | Path | None = None) -> pd.DataFrame:
        """All that was said on all platforms, as a table that `load` takes; into a file too if one is named.

        Raises:
            ValueError: the file's name does not end in `.csv`, `.json`, `.jsonl` or `.parquet`.
        """
        return self._inside.dump(path)

    def snapshot(self) -> Snapshot:
        """The world as it is now, to `restore` it or to tell the `diff`."""
        found: Snapshot = self._inside.snapshot()
        return found

    def restore(self, snapshot: Snapshot) -> None:
        """Make the world what it was: its platforms, its time and its journal."""
        self._inside.restore(snapshot)

    def fork(self) -> AbstractContextManager[Snapshot]:
        """Try something: at the end of the `with` nothing of it has happened.

        >>> with world.fork() as before:
        ...     world.netsapiens.send_message("chat", "hello", "1002")
        ...     world.diff(before)
        """
        found: AbstractContextManager[Snapshot] = self._inside.fork()
        return found

    def diff(self, before: Snapshot, after: Snapshot | None = None) -> pd.DataFrame:
        """What became different from one snapshot to another, or to now.

        Returns:
            One row for each thing that was added, removed or changed: platform, kind, key, change, and the
            values before and after.
        """
        return self._inside.diff(before, after)

    def receive(self, platform: str, *, from_: str, to: str, text: str, **more: Any) -> dict[str, str]:
        """Let somebody else write to the account.

        >>> world.receive("netsapiens", from_="12125550176", to="16195550101", text="Are you open?")

        Args:
            platform: where.
            from_: the number, user or identity that writes.
            to: the number, user or identity written to.
            text: what is said.
            more: `session`, where it is not the one that the two have; `media`, MIME type and size in bytes.

        Returns:
            The ids of the `session` and the `message`.

        Raises:
            ValueError: there is no such platform, sender, recipient or session.
        """
        found: dict[str, str] = self._inside.receive(platform, from_=from_, to=to, text=text, **more)
        return found

    def received(self, platform: str) -> dict[str, list[str]]:
        """What each phone, user or identity really got of what clients sent, the oldest first.

        >>> world.received("smsdrop")["+22963588213"]
        ['Hello']

        Raises:
            ValueError: there is no such platform.
        """
        found: dict[str, list[str]] = self._inside.received(platform)
        return found

    @cached_property
    def blip(self) -> Blip:
        """A client of the bot."""
        client: Blip = self._client("blip", plan="none")  # there is nobody to be spared
        return client

    @cached_property
    def netsapiens(self) -> NetSapiens:
        """A client of a user of the PBX."""
        client: NetSapiens = self._client("netsapiens")
        return client

    @cached_property
    def smsdrop(self) -> SmsDrop:
        """A client of the account."""
        client: SmsDrop = self._client("smsdrop")
        return client

    def _client(self, platform: str, **more: Any) -> Any:
        login = {**self.credentials[platform], "verify": self.credentials["ca"] or True, **more}
        login["base_url"] = login.pop("url")
        client = client_class(platform)(**login)
        # What this world was sent is forgotten with it; and there is nobody to be spared.
        client.journals, client.per_second = Path(self._folder.name), None
        self._clients.append(client)
        return client

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
    """An offline world in this process; where no `with` fits, as in a notebook, `start()` and `stop()` it.

    Of the worlds that were started so there is one at a time: a cell that is run again replaces its own.
    """

    _inside: InProcess

    def __init__(self, seed: int = 7, quirks: Iterable[str] = (), *, strict: bool = False) -> None:
        from msgnb_mocks import World  # noqa: PLC0415 - the mocks load when first used
        from msgnb_mocks.hosting.inprocess import InProcess  # noqa: PLC0415

        self.mocks = World(seed)
        self._inside = InProcess(self.mocks, quirks=frozenset(quirks), strict=strict)
        super().__init__()

    _started: ClassVar[Offline | None] = None

    def start(self) -> Self:
        """Begin to stand in for the platforms' hosts, in the place of a world that was started before."""
        if Offline._started:
            Offline._started.stop()
        Offline._started = self
        return self.__enter__()

    def stop(self) -> None:
        """Let requests go where they go, and close the clients."""
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
