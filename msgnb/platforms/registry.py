"""The platforms that are installed, found through the entry-point group `msgnb.platforms`.

Ours are registered in the same way as anyone else's: in the `pyproject.toml` of their distribution. Reading the
entry points takes milliseconds, so it happens once, when somebody first asks; a platform that is installed later
is found by the next process.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points

from msgnb.core.errors import SettingsError
from msgnb.platforms.descriptor import Platform

GROUP = "msgnb.platforms"


@cache
def platforms() -> Mapping[str, Platform]:
    """Return the descriptors of all installed platforms by their names, in alphabetical order.

    >>> list(platforms())
    ['blip', 'netsapiens', 'smsdrop']

    Raises:
        SettingsError: an entry point doesn't lead to a descriptor of its own name.
    """
    found: dict[str, Platform] = {}
    for entry_point in sorted(entry_points(group=GROUP), key=lambda each: each.name):
        platform = entry_point.load()
        if not isinstance(platform, Platform) or platform.name != entry_point.name:
            raise SettingsError(
                f"the entry point {GROUP}:{entry_point.name} ({entry_point.value}) is not a platform "
                f"named {entry_point.name!r}"
            )
        found[platform.name] = platform
    return found


def get_platform(name: str) -> Platform:
    """Return the descriptor of a platform.

    Raises:
        SettingsError: no platform of this name is installed.
    """
    known = platforms()
    if name not in known:
        raise SettingsError(f"no platform {name!r}; the known ones are {', '.join(known)}")
    return known[name]
