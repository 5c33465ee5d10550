"""The registry of the platforms that are mocked."""

from __future__ import annotations

from msgnb_mocks import blip, netsapiens, smsdrop
from msgnb_mocks.operations import Application, check_quirks
from msgnb_mocks.world import World

MODULES = {"blip": blip, "netsapiens": netsapiens, "smsdrop": smsdrop}
REAL_HOSTS = {name: module.REAL_HOST for name, module in MODULES.items()}


def platforms(world: World, quirks: frozenset[str] = frozenset()) -> dict[str, Application]:
    """The three mocks of a world.

    Args:
        world: what they share.
        quirks: second readings of the contract to switch on, as `netsapiens:numeric-text`.

    Raises:
        ValueError: a quirk is unknown.
    """
    check_quirks(quirks, {f"{name}:{quirk}" for name, module in MODULES.items() for quirk in module.QUIRKS})

    def of(name: str) -> frozenset[str]:
        return frozenset(quirk.partition(":")[2] for quirk in quirks if quirk.startswith(f"{name}:"))

    return {
        "blip": blip.BlipMock(world, quirks=of("blip")),
        "netsapiens": netsapiens.NetSapiensMock(world, quirks=of("netsapiens")),
        "smsdrop": smsdrop.SmsDropMock(world, quirks=of("smsdrop")),
    }
