"""The mocks that are installed, found through the entry-point group `msgnb.mocks`.

Our own mocks are registered in the same way as anyone else's. They come first, so that their ports don't move
when another package is installed; in each of the two groups the order is alphabetical.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from types import MappingProxyType

from msgnb_mocks.core.application import Application, SharedWorld, check_quirks
from msgnb_mocks.core.descriptor import MockPlatform

GROUP = "msgnb.mocks"


@cache
def mocks() -> Mapping[str, MockPlatform]:
    """Return the descriptors of all installed mocks by name, in the order of their ports.

    Reading the entry points takes milliseconds, so it happens once.

    Raises:
        ValueError: an entry point doesn't lead to a descriptor of its own name.
    """
    found: dict[str, MockPlatform] = {}
    for entry_point in sorted(entry_points(group=GROUP), key=_order):
        mock = entry_point.load()
        if not isinstance(mock, MockPlatform) or mock.name != entry_point.name:
            raise ValueError(
                f"the entry point {GROUP}:{entry_point.name} ({entry_point.value}) is not a mock "
                f"named {entry_point.name!r}"
            )
        found[mock.name] = mock
    return MappingProxyType(found)


def _order(entry_point: EntryPoint) -> tuple[bool, str]:
    own = __package__.partition(".")[0]
    # `False` sorts before `True`, so our own mocks come first.
    return entry_point.module.partition(".")[0] != own, entry_point.name


def applications(world: SharedWorld, quirks: frozenset[str] = frozenset()) -> dict[str, Application]:
    """Make the application of each installed mock.

    Args:
        world: what they share.
        quirks: variations to switch on, such as `acme:empty-list-404`; the platform can be left out if only
            one has such a quirk.

    Raises:
        ValueError: a quirk is unknown.
    """
    known = {f"{name}:{quirk}": quirk for name, mock in mocks().items() for quirk in mock.quirks}
    short = {quirk: full for full, quirk in known.items() if list(known.values()).count(quirk) == 1}
    chosen = frozenset(short.get(quirk, quirk) for quirk in quirks)
    check_quirks(chosen, known)
    return {
        name: mock.application(world, frozenset(q for q in mock.quirks if f"{name}:{q}" in chosen))
        for name, mock in mocks().items()
    }
