"""The registry of the platforms that are mocked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgnb_mocks.core.operations import Application, check_quirks
from msgnb_mocks.platforms import blip, netsapiens, smsdrop
from msgnb_mocks.world.world import World

MODULES = {"blip": blip, "netsapiens": netsapiens, "smsdrop": smsdrop}
REAL_HOSTS = {name: module.REAL_HOST for name, module in MODULES.items()}


def platforms(world: World, quirks: frozenset[str] = frozenset()) -> dict[str, Application]:
    """The three mocks of a world.

    Args:
        world: what they share.
        quirks: second readings of the contract to switch on, as `netsapiens:numeric-text`, or without the
            platform where only one has it.

    Raises:
        ValueError: a quirk is unknown.
    """
    known = {f"{name}:{quirk}": quirk for name, module in MODULES.items() for quirk in module.QUIRKS}
    named = {quirk: full for full, quirk in known.items() if list(known.values()).count(quirk) == 1}
    quirks = frozenset(named.get(quirk, quirk) for quirk in quirks)
    check_quirks(quirks, known)

    def of(name: str) -> frozenset[str]:
        return frozenset(quirk.partition(":")[2] for quirk in quirks if quirk.startswith(f"{name}:"))

    return {
        "blip": blip.BlipMock(world, quirks=of("blip")),
        "netsapiens": netsapiens.NetSapiensMock(world, quirks=of("netsapiens")),
        "smsdrop": smsdrop.SmsDropMock(world, quirks=of("smsdrop")),
    }


def credentials(urls: Mapping[str, str], applications: Mapping[str, Application]) -> dict[str, Any]:
    """For each platform its `url` and what signs in there; `further` has the other ways to sign in."""
    found: dict[str, Any] = {
        name: {"url": url, **applications[name].credentials} for name, url in urls.items()
    }
    found["further"] = {
        name: {way: {"url": urls[name], **login} for way, login in application.further_credentials.items()}
        for name, application in applications.items()
        if application.further_credentials
    }
    return found
