"""One switch for a whole notebook: live, against the mocks, or from a recording.

    msgnb.use("mock")                           # or MSGNB_MODE=mock in the environment
    bot = msgnb.connect("blip")

* `mock`: `connect` hands out clients of an offline world; the profile is not read.
* `cassette`: requests are answered from a recording, and none leaves; `MSGNB_CASSETTE` names the file.
* `live`: as if there was no switch; with a cassette named, what happens is recorded into it.

In `mock` and `cassette` a request to any other host is refused, and the refusal says which mode is on.
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import SettingsError

if TYPE_CHECKING:
    from msgnb.platforms.base import Client
    from msgnb.testing.worlds import Offline

MODES = ("mock", "live", "cassette")
VARIABLE, CASSETTE_VARIABLE = "MSGNB_MODE", "MSGNB_CASSETTE"
LIVE = "live"


class Mode:
    """The mode that is on; a notebook shows what happens in it.

    Attributes:
        name: `mock`, `live` or `cassette`.
        world: the mock world of `mock`.
        cassette: the file that is replayed, or recorded into.
    """

    def __init__(self, name: str, world: Offline | None = None, cassette: Path | None = None) -> None:
        self.name = name
        self.world = world
        self.cassette = cassette
        self._running = ExitStack()

    def start(self) -> None:
        """Start to replace the platforms, or to record."""
        if self.world:
            self.world.start()
            self._running.callback(self.world.stop)
        elif self.cassette:
            playing = self.name != LIVE
            recorder = _make_recorder("none" if playing else "once")
            # A cell that is run again asks the same again.
            tape = recorder.use_cassette(str(self.cassette), allow_playback_repeats=playing)
            self._running.enter_context(tape)

    def stop(self) -> None:
        """Let requests reach the platforms again, and write the recording."""
        self._running.close()

    def connect(self, platform: str) -> Client | None:
        """Return the mode's client for a platform; `None` if the profile's client is to be used."""
        return getattr(self.world, platform) if self.world else None

    def __repr__(self) -> str:
        if self.world:
            return f"<mode mock: {self.world!r}>"
        if self.name == LIVE:
            return f"<mode live, recorded into {self.cassette}>" if self.cassette else "<mode live>"
        return f"<mode cassette: {self.cassette}>"

    def _repr_html_(self) -> str | None:
        return self.world._repr_html_() if self.world else None


_on: Mode | None = None


def use(
    mode: str, cassette: str | Path | None = None, *, seed: int = 7, quirks: tuple[str, ...] = ()
) -> Mode:
    """Switch this process to the mocks, to a recording, or to the real platforms.

    >>> msgnb.use("mock").world.received("blip")
    >>> msgnb.use("cassette", "cassettes/monday.yaml")

    Args:
        mode: `mock`, `live` or `cassette`.
        cassette: the file to replay in `cassette`, or to record into in `live`.
        seed: seed of the mock world.
        quirks: variations of the mocks; docs/operations.md lists them.

    Returns:
        The mode that is on now; its `world` is the mock world. The mode before it ends.

    Raises:
        SettingsError: there is no such mode, or the cassette is missing.
        ValueError: a quirk is unknown.
    """
    global _on  # noqa: PLW0603 - one for the process is the point
    made = _make_mode(mode, Path(cassette) if cassette else None, seed, quirks)
    if _on:
        _on.stop()
    _on = made
    _on.start()
    return _on


def current() -> Mode | None:
    """Return the mode that is on: that of `use`, or that of the environment; `None` if nobody chose one."""
    if _on is None and (chosen := os.environ.get(VARIABLE)):
        return use(chosen, os.environ.get(CASSETTE_VARIABLE))
    return _on


def _make_mode(mode: str, cassette: Path | None, seed: int, quirks: tuple[str, ...]) -> Mode:
    if mode not in MODES:
        raise SettingsError(f"no mode {mode!r}; there are {', '.join(MODES)}")
    if mode == "mock":
        if cassette:
            raise SettingsError("the mocks need no cassette; 'live' records one, and 'cassette' plays it")
        from msgnb.testing.worlds import Offline  # noqa: PLC0415 - the mocks load when first used

        return Mode(mode, Offline(seed, quirks))
    if mode == "cassette" and (cassette is None or not cassette.is_file()):
        where = f"{cassette} is not there" if cassette else "none is named"
        raise SettingsError(
            f"mode 'cassette' plays a recording, and {where}: msgnb.use('live', 'file.yaml') records one"
        )
    return Mode(mode, cassette=cassette)


def _make_recorder(record_mode: str) -> Any:
    """A VCR that replays, or one that records."""
    try:
        from vcr import VCR  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError("cassettes need VCR: pip install 'msgnb[testing]'") from None
    from msgnb.testing import cassettes  # noqa: PLC0415 - loads when first used

    vcr = VCR(**cassettes.vcr_config(), record_mode=record_mode)
    cassettes.register(vcr, note=_note)
    return vcr


def _note() -> str:
    """What an error about a request that was not recorded must say first: that no request is made."""
    return f"{_on!r} is on: no request leaves" if _on and _on.name == "cassette" else ""
