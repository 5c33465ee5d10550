"""What is installed and whether it works, for a bug report: versions, settings, and a try of the mocks.

Only names of settings are reported, never their values.
"""

from __future__ import annotations

import locale
import os
import platform
import re
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING

from msgnb.app.modes import VARIABLE
from msgnb.app.profiles import given, profiles, settings_file
from msgnb.core import notebook
from msgnb.core.errors import MsgnbError
from msgnb.platforms.registry import platforms

if TYPE_CHECKING:
    from msgnb.testing.worlds import MockWorld

Facts = dict[str, str]
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)[^;]*(?:;.*extra == ['\"]([a-z]+)['\"])?")


def make_report() -> dict[str, Facts]:
    """Return facts by their headings; each is a text, and none is a secret."""
    required, extras = _requirements()
    return {
        "Environment": _environment(),
        "Packages": {name: _version(name) for name in required},
        "Extras": {
            extra: ", ".join(f"{name} {_version(name)}" for name in names) for extra, names in extras.items()
        },
        "Settings": _attempt(_settings),
        "Mocks": _attempt(_mocks),
    }


def _requirements() -> tuple[list[str], dict[str, list[str]]]:
    """What msgnb needs, and what each extra adds, as its own metadata says."""
    required: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in requires("msgnb") or ():
        found = _REQUIREMENT.match(line)
        if found and found[1] != "msgnb":
            (extras.setdefault(found[2], []) if found[2] else required).append(found[1])
    return required, extras


def _environment() -> Facts:
    from tzlocal import get_localzone_name  # noqa: PLC0415 - loads when asked for

    proxies = [name for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY") if os.environ.get(name)]
    return {
        "msgnb": _version("msgnb"),
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": platform.platform(),
        "encoding": f"{sys.getfilesystemencoding()}, {locale.getpreferredencoding(do_setlocale=False)}",
        "time zone": str(get_localzone_name()),
        "notebook": "yes" if notebook.running() else "no",
        "proxy variables": ", ".join(proxies) or "none",
        "mode": os.environ.get(VARIABLE, "live"),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


def _settings() -> Facts:
    """Which settings there are, by their names alone."""
    found = {"file": str(settings_file() or "none")}
    for name in platforms():
        for profile in dict.fromkeys([*profiles(name), "default"]):
            settings = given(name, profile)
            if settings:
                there = ", ".join(
                    f"{key}{'' if is_there else ' (asked for)'}" for key, is_there in settings.items()
                )
                found[f"{profile}.{name}"] = there
    return found


def _mocks() -> Facts:
    """Whether the mocks answer, in this process and on a port, each with the first table that it has."""
    from msgnb.testing.worlds import offline, serve  # noqa: PLC0415 - loads when asked for

    with offline() as world:
        inside = _read(world)
    with serve() as served:
        outside = _read(served)
    return {"in process": inside, "on a port": outside}


def _read(world: MockWorld) -> str:
    """What the platforms of a world answer to a first question."""
    counts = {name: len(getattr(world, name).campaigns()) for name in platforms() if name in world.credentials}
    return ", ".join(f"{name}: {count} campaigns read" for name, count in counts.items())


def _attempt(facts: Callable[[], Facts]) -> Facts:
    """The facts, or why they can't be had."""
    try:
        return facts()
    except (MsgnbError, OSError, ImportError, ValueError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
