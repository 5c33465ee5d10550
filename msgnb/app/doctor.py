"""What is there and what works, for a bug report: versions, settings, a try of the mocks. No secret."""

from __future__ import annotations

import locale
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from msgnb import __version__
from msgnb.app.modes import VARIABLE
from msgnb.app.profiles import given, profiles, settings_file
from msgnb.core import notebook
from msgnb.core.errors import MsgnbError
from msgnb.platforms.registry import platforms

Facts = dict[str, str]
REQUIRED = ("requests", "urllib3", "orjson", "pandas", "ipywidgets", "anywidget", "responses", "uvicorn")
OPTIONAL = {
    "archive": ("pyarrow", "duckdb"),
    "charts": ("altair", "vl-convert-python"),
    "excel": ("openpyxl",),
    "keyring": ("keyring",),
    "redis": ("redis",),
    "lab": ("jupyterlab", "ipykernel"),
    "testing": ("vcrpy", "pytest"),
}


def diagnosis() -> dict[str, Facts]:
    """Facts by their headings; each is a text, and none is a secret."""
    return {
        "Environment": _environment(),
        "Packages": {name: _version(name) for name in REQUIRED},
        "Extras": {
            extra: ", ".join(f"{name} {_version(name)}" for name in names)
            for extra, names in OPTIONAL.items()
        },
        "Settings": _tried(_settings),
        "Mocks": _tried(_mocks),
    }


def _environment() -> Facts:
    from tzlocal import get_localzone_name  # noqa: PLC0415 - loads when asked for

    proxies = [name for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY") if os.environ.get(name)]
    return {
        "msgnb": __version__,
        "python": f"{platform.python_version()} ({platform.python_implementation()})",
        "system": platform.platform(),
        "encoding": f"{sys.getfilesystemencoding()}, {locale.getpreferredencoding(do_setlocale=False)}",
        "time zone": str(get_localzone_name()),
        "notebook": "yes" if notebook.running() else "no",
        "proxy variables": ", ".join(proxies) or "none",
        "mode": os.environ.get(VARIABLE, "live"),
    }


def _named(name: str) -> str:
    return f"{name} {_version(name)}"


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
    """Whether the mocks answer, in this process and on a port."""
    from msgnb.testing import offline, serve  # noqa: PLC0415 - loads when asked for

    with offline() as world:
        inside = len(world.smsdrop.campaigns())
    with serve() as served:
        outside = len(served.smsdrop.campaigns())
    return {"in process": f"{inside} campaigns read", "on a port": f"{outside} campaigns read"}


def _tried(facts: Callable[[], Facts]) -> Facts:
    """The facts, or why they can't be had."""
    try:
        return facts()
    except (MsgnbError, OSError, ImportError, ValueError) as error:
        return {"error": f"{type(error).__name__}: {error}"}
