"""The report of `msgnb doctor`: what is installed and whether it works, for a bug report.

It must work where msgnb doesn't: an error in one part becomes a line of the report. Only names of settings
are reported, never their values, so that the report can be published.
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
from msgnb.app.profiles import DEFAULT, configured_settings, find_settings_file, profile_names
from msgnb.core import notebook
from msgnb.core.errors import MsgnbError
from msgnb.platforms.base import client_class
from msgnb.platforms.registry import platforms, problems

if TYPE_CHECKING:
    from msgnb.testing.worlds import MockWorld

Facts = dict[str, str]
"""What is reported under one heading: texts by their names."""
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)[^;]*(?:;.*extra == ['\"]([a-z]+)['\"])?")
"""A requirement in the metadata: the distribution, and the extra that it belongs to."""


def make_report() -> dict[str, Facts]:
    """Return the facts by their headings; none of them is a secret."""
    required, extras = _requirements()
    return {
        "Environment": _environment(),
        "Packages": {name: _version(name) for name in required},
        "Extras": {
            extra: ", ".join(f"{name} {_version(name)}" for name in names) for extra, names in extras.items()
        },
        "Platforms": _collect(_platforms),
        "Settings": _collect(_settings),
        "Mocks": _collect(_mocks),
    }


def _requirements() -> tuple[list[str], dict[str, list[str]]]:
    """Return what msgnb requires, and what each extra adds, from its own metadata."""
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


def _platforms() -> Facts:
    """Return the clients of all platforms, and what is wrong with plug-ins that are not usable."""
    usable = {name: _describe_client(name) for name in platforms()}
    # A plug-in that claims a name of ours has a problem, although our platform is usable.
    return usable | {name: f"{usable.get(name, 'not usable')}; {why}" for name, why in problems().items()}


def _describe_client(platform: str) -> str:
    try:
        found = client_class(platform)
    except MsgnbError as error:
        return str(error)
    return f"{found.__module__}.{found.__qualname__}"


def _settings() -> Facts:
    """Return the names of the settings in each profile, and which of them are prompted for."""
    found = {"file": str(find_settings_file() or "none")}
    for name in platforms():
        # Environment variables make a default profile even if there is no file.
        for profile in dict.fromkeys([*profile_names(name), DEFAULT]):
            if settings := configured_settings(name, profile):
                found[f"{profile}.{name}"] = ", ".join(
                    key if known else f"{key} (prompted)" for key, known in settings.items()
                )
    return found


def _mocks() -> Facts:
    """Return what the mocks respond, in this process and on a port."""
    from msgnb.testing.worlds import offline, serve  # noqa: PLC0415 - loads when asked for

    with offline() as world:
        inside = _count_campaigns(world)
    with serve() as served:
        outside = _count_campaigns(served)
    return {"in process": inside, "on a port": outside}


def _count_campaigns(world: MockWorld) -> str:
    """Return how many campaigns each mock has: a table that every platform supports."""
    counts = {
        name: len(getattr(world, name).campaigns()) for name in platforms() if name in world.credentials
    }
    return ", ".join(f"{name}: {count} campaigns read" for name, count in counts.items())


def _collect(facts: Callable[[], Facts]) -> Facts:
    """Return the facts, or why they are not available."""
    try:
        return facts()
    except (MsgnbError, OSError, ImportError, ValueError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
