"""The mode of a process: mocks, a recording, or the real platforms.

    msgnb.use("mock")                           # or MSGNB_MODE=mock in the environment
    bot = msgnb.connect("blip")

* `mock`: `connect` returns clients of a mock world; profiles are not read.
* `cassette`: responses come from a recording and no request is sent; `MSGNB_CASSETTE` is the file's path.
* `live`: as if no mode had been chosen; if a cassette is passed, requests and responses are recorded in it.
  It never replays.

A notebook runs unchanged in all of them. There is one mode per process, because it replaces the network for
all code in it: in `mock` and `cassette`, a request to any other host is refused with an error that says which
mode is on.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterable
from contextlib import ExitStack
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgnb.core.errors import SettingsError
from msgnb.core.visible import escape_invisible

if TYPE_CHECKING:
    from msgnb.core.secrets import Secret
    from msgnb.platforms.base import Client
    from msgnb.testing.cassettes import Player
    from msgnb.testing.scrubbing import Scrubber, Texts
    from msgnb.testing.worlds import Offline

MODES = ("mock", "live", "cassette")
VARIABLE, CASSETTE_VARIABLE = "MSGNB_MODE", "MSGNB_CASSETTE"
LIVE, CASSETTE = "live", "cassette"
Record = Literal["new", "append"]


class Mode:
    """A mode; a notebook displays the inbox and the request journal of `mock`.

    Attributes:
        name: `mock`, `live` or `cassette`.
        world: the mock world, in `mock`.
        cassette: the file that is replayed, or recorded in.
    """

    def __init__(
        self,
        name: str,
        world: Offline | None = None,
        cassette: Path | None = None,
        texts: Texts = "replaced",
    ) -> None:
        self.name = name
        self.world = world
        self.cassette = cassette
        self._running = ExitStack()
        self._texts: Texts = texts
        self._player: Player | None = None
        self._scrubber: Scrubber | None = None

    def start(self) -> None:
        """Start to replace the platforms, or to record."""
        if self.world:
            self.world.start()
            self._running.callback(self.world.stop)
        elif self.cassette and self.name == CASSETTE:
            from msgnb.testing.cassettes import Player, make_scrubber, read_texts  # noqa: PLC0415

            # A cell that is run again makes the same requests again.
            vcr = _make_recorder("none", make_scrubber(texts=read_texts(self.cassette)))
            self._running.enter_context(vcr.use_cassette(str(self.cassette), allow_playback_repeats=True))
            self._player = Player(vcr, self.cassette)
        elif self.cassette:
            from msgnb.testing.cassettes import growing_cassette, make_scrubber  # noqa: PLC0415

            self._scrubber = make_scrubber(texts=self._texts)
            # `all` never replays; what the file has already stays in front.
            recorder = _make_recorder("all", self._scrubber)
            self._running.enter_context(growing_cassette(recorder, self.cassette))
            # A process that simply ends writes its recording, too.
            atexit.register(self.stop)
            self._running.callback(atexit.unregister, self.stop)

    def stop(self) -> None:
        """Let requests reach the platforms again, and write the recording."""
        self._running.close()

    def connect(self, platform: str) -> Client | None:
        """Return the mode's client for a platform; `None` if the profile's client is to be used.

        Raises:
            SettingsError: the platform has no mock.
        """
        # Not by attribute: a platform may be called like something else that a world has, such as `clock`.
        try:
            return self.world.client(platform) if self.world else None
        except ValueError as error:
            raise SettingsError(str(error)) from None

    def bind(self, client: Client) -> None:
        """Tell a client of a profile what it replays or is recorded in; it replays nothing else."""
        if self.name == CASSETTE and self.cassette:
            source = f"replayed from {self.cassette.name}"
            carry = self._player.carry if self._player else None
            client.connection.http.bind(self._find_end, carry, source=source)
        elif self.cassette:
            client.connection.http.source = f"recorded in {self.cassette.name}"

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Hide secrets of a client wherever they occur in the recording."""
        if self._scrubber:
            for secret in secrets:
                self._scrubber.learn(secret.reveal())

    def _find_end(self) -> str | None:
        if _current is self:
            return None
        return f"it replayed {self.cassette}, which has ended, so nothing was sent; connect again"

    def __repr__(self) -> str:
        if self.world:
            return f"<mode mock: {self.world!r}>"
        if self.name == LIVE:
            return f"<mode live, recorded into {self._shown_path}>" if self.cassette else "<mode live>"
        return f"<mode cassette: {self._shown_path}>"

    @property
    def _shown_path(self) -> str:
        return escape_invisible(str(self.cassette), keep="")

    def _repr_html_(self) -> str | None:
        return self.world._repr_html_() if self.world else None


_current: Mode | None = None


def use(
    mode: str,
    cassette: str | Path | None = None,
    *,
    record: Record = "new",
    texts: Texts = "replaced",
    seed: int = 7,
    quirks: tuple[str, ...] = (),
) -> Mode:
    """Switch this process to the mocks, to a recording, or to the real platforms.

    >>> msgnb.use("mock").world.received("blip")
    >>> msgnb.use("cassette", "cassettes/monday.yaml")

    Args:
        mode: `mock`, `live` or `cassette`.
        cassette: the file to replay in `cassette`, or to record in `live`, which never replays.
        record: `new` records in a new file, with a number in its name if there is one already; `append`
            adds to the file.
        texts: `replaced` records pseudonyms instead of what people wrote; `masked` records what they wrote,
            with pseudonyms for the numbers, addresses and known names in it. Use it for invented people only.
        seed: seed of the mock world.
        quirks: variations of the mocks; docs/operations.md lists them.

    Returns:
        The active mode; its `world` is the mock world. The previous mode is stopped.

    Raises:
        SettingsError: there is no such mode, or the cassette is missing.
        ValueError: a quirk is unknown.
    """
    global _current  # noqa: PLW0603 - one mode per process is the point
    # It is made before the previous one ends: if that fails, the previous one stays on.
    # Absolute, since a process may change its folder before the recording is written.
    path = Path(cassette).absolute() if cassette else None
    if path and _current and _current.cassette == path:
        # What is recorded there is to be replayed, or recorded further, and has to be in the file.
        _current.stop()
    if mode == LIVE and path and record == "new":
        path = _new_path(path)
    made = _make_mode(mode, path, texts, seed, quirks)
    if _current:
        # Both replace the network of the process, so the previous one stops first.
        _current.stop()
    _current = made
    _current.start()
    return _current


def current() -> Mode | None:
    """Return the mode that `use` or the environment has chosen; `None` if neither has."""
    if _current is None and (chosen := os.environ.get(VARIABLE)):
        return use(chosen, os.environ.get(CASSETTE_VARIABLE))
    return _current


def _make_mode(mode: str, cassette: Path | None, texts: Texts, seed: int, quirks: tuple[str, ...]) -> Mode:
    if mode not in MODES:
        raise SettingsError(f"no mode {mode!r}; there are {', '.join(MODES)}")
    if mode == "mock":
        if cassette:
            words = "mode 'mock' does not use a cassette; use 'live' to record one or 'cassette' to replay it"
            raise SettingsError(words)
        from msgnb.testing.worlds import Offline  # noqa: PLC0415 - the mocks load when first used

        return Mode(mode, Offline(seed, quirks))
    if mode == "cassette" and (cassette is None or not cassette.is_file()):
        problem = f"{cassette} does not exist" if cassette else "none is passed"
        raise SettingsError(
            f"mode 'cassette' replays a recording, but {problem}; msgnb.use('live', 'file.yaml') records one"
        )
    return Mode(mode, cassette=cassette, texts=texts)


def _new_path(path: Path) -> Path:
    """Return a path where nothing is yet: `tuesday.yaml`, or else `tuesday-2.yaml` and so on."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    # The recording that is under way may not be on disk yet.
    taken = _current.cassette if _current else None
    return next(each for each in chain([path], numbered) if each != taken and not each.exists())


def _make_recorder(record_mode: str, scrubber: Scrubber) -> Any:
    """Return a VCR; its mode is `none` to replay, `all` to record."""
    try:
        from vcr import VCR  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError("cassettes need VCR: pip install 'msgnb[testing]'") from None
    from msgnb.testing import cassettes  # noqa: PLC0415 - loads when first used

    vcr = VCR(**cassettes.make_config(scrubber), record_mode=record_mode)
    cassettes.register(vcr, note=_describe_refusal)
    return vcr


def _describe_refusal() -> str:
    """Return what an error about a request that was not recorded says first: why it is not simply made."""
    replays = _current is not None and _current.name == "cassette"
    return f"{_current!r} is on: no request leaves" if replays else ""
