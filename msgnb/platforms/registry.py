"""The platforms that are installed, found through the entry-point group `msgnb.platforms`.

Ours are registered in the same way as anyone else's: in the `pyproject.toml` of their distribution. Reading
the entry points takes milliseconds, so it happens once, when a platform is first asked for; one that is
installed later is found by the next process.

A plug-in that is broken must not take the others with it. It is left out of `platforms()`, and asking for it
by name raises an error that says which distribution is to blame. The same happens if two distributions
register one name: nobody can tell which of them is meant to receive the credentials. A name of ours always
stays ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from msgnb.core.errors import SettingsError
from msgnb.platforms.descriptor import Platform

GROUP = "msgnb.platforms"
OWN_PACKAGE = __name__.partition(".")[0]


@dataclass(frozen=True)
class _Registered:
    """What the entry points lead to: usable platforms, and why others are not usable."""

    platforms: dict[str, Platform] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def platforms() -> Mapping[str, Platform]:
    """Return the descriptors of all installed platforms that work, by name, in alphabetical order.

    >>> list(platforms())
    ['blip', 'netsapiens', 'smsdrop']
    """
    return _load_all().platforms


def problems() -> Mapping[str, str]:
    """Return why registered platforms are not usable, by name; empty if all of them are.

    A name of ours that another distribution has registered too is among them, although our platform is
    usable.
    """
    return _load_all().problems


def get_platform(name: str) -> Platform:
    """Return the descriptor of a platform.

    Raises:
        SettingsError: no platform of this name is installed, or it is broken.
    """
    known = platforms()
    if name in known:
        return known[name]
    if name in problems():
        raise SettingsError(problems()[name])
    raise SettingsError(f"no platform {name!r}; the known ones are {', '.join(known)}")


@cache
def _load_all() -> _Registered:
    groups: dict[str, list[EntryPoint]] = {}
    for entry_point in entry_points(group=GROUP):
        groups.setdefault(entry_point.name, []).append(entry_point)
    registered = _Registered()
    for name in sorted(groups):
        candidates = _distinct(groups[name])
        own = [each for each in candidates if _is_own(each)]
        if len(candidates) > 1:
            registered.problems[name] = _describe_conflict(name, candidates)
        if len(candidates) == 1 or len(own) == 1:
            try:
                registered.platforms[name] = _load((own or candidates)[0])
            except SettingsError as error:
                registered.problems[name] = str(error)
    return registered


def _distinct(candidates: Sequence[EntryPoint]) -> list[EntryPoint]:
    """Return entry points that lead to different objects; a distribution may be on the path twice."""
    return list({each.value: each for each in candidates}.values())


def _is_own(entry_point: EntryPoint) -> bool:
    return entry_point.module.partition(".")[0] == OWN_PACKAGE


def _load(entry_point: EntryPoint) -> Platform:
    """Return the descriptor that an entry point leads to.

    Raises:
        SettingsError: it can't be loaded, or is not a descriptor of the entry point's name.
    """
    try:
        platform = entry_point.load()
    except (Exception, SystemExit) as error:
        # Whatever a plug-in raises while it is imported must not take the other platforms with it.
        reason = f"{type(error).__name__}: {error}"
        raise SettingsError(f"{_describe(entry_point)} can't be loaded: {reason}") from error
    if not isinstance(platform, Platform) or platform.name != entry_point.name:
        raise SettingsError(f"{_describe(entry_point)} is not a platform named {entry_point.name!r}")
    return platform


def _describe(entry_point: EntryPoint) -> str:
    return f"the entry point {GROUP}:{entry_point.name} ({entry_point.value}) of {_distribution(entry_point)}"


def _describe_conflict(name: str, candidates: Sequence[EntryPoint]) -> str:
    registered = " and ".join(f"{_distribution(each)} ({each.value})" for each in candidates)
    return f"platform {name!r} is registered several times, by {registered}; uninstall all but one of them"


def _distribution(entry_point: EntryPoint) -> str:
    return entry_point.dist.name if entry_point.dist else "an unknown distribution"
