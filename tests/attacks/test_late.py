"""Platforms that list what they accepted a minute later, and a response that gets lost."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb_mocks.core.application import LISTED_AFTER

PHONES = [f"+55119999900{number:02}" for number in range(10, 14)]
SENT = {
    "blip": "blip.messages",
    "netsapiens": "netsapiens.send_message",
    "smsdrop": "smsdrop.campaigns.launch",
}
SENDERS = {"blip": "", "netsapiens": "16195550101", "smsdrop": "MyShop"}


def received(world: msgnb.testing.Offline, platform: str) -> list[int]:
    """How many texts each person got."""
    world.clock.advance(minutes=5)
    found = world.received(platform)
    names = {"blip": lambda digits: f"{digits}@wa.gw.msging.net", "smsdrop": lambda digits: f"+{digits}"}
    address = names.get(platform, str)
    return [len(found.get(address(phone.removeprefix("+")), [])) for phone in PHONES]


def states(outcomes: pd.DataFrame) -> list[str]:
    return [str(state) for state in outcomes["state"]]


@pytest.mark.parametrize("platform", SENT)
def test_a_message_that_is_listed_late_is_sent_once(platform: str) -> None:
    """As long as it is not listed nobody knows; nobody gets it again, and later it is found."""
    quirks = [f"{name}:late-lists" for name in SENT]
    with msgnb.offline(quirks=quirks) as world:
        client: Any = world.client(platform)
        client.connection.http.pause = lambda seconds: world.clock.advance(seconds=min(seconds, 1))
        if platform == "smsdrop":
            world.applications[platform].state.failing_percent = 0
        campaign = msgnb.Campaign(text="Hi {name}", sender=SENDERS[platform], title="Late")
        people = pd.DataFrame({"phone": PHONES, "name": list("ABCD")})
        world.faults.add("reset-after", operation=SENT[platform], nth=2)
        first = states(client.send_campaign(campaign, people))
        assert first.count("unknown") == 1
        with pytest.warns(UserWarning, match="nothing was sent"):
            assert states(client.send_campaign(campaign, people)).count("unknown") == 1
        world.clock.advance(seconds=LISTED_AFTER.total_seconds())
        with pytest.warns(UserWarning, match="nothing was sent"):
            assert states(client.send_campaign(campaign, people)) == ["sent"] * len(PHONES)
        assert received(world, platform) == [1] * len(PHONES)


@pytest.mark.parametrize("platform", SENT)
def test_what_was_sent_is_not_listed_at_once(platform: str) -> None:
    """With the quirk a message is in no list for a minute, although it has arrived."""
    with msgnb.offline(quirks=[f"{name}:late-lists" for name in SENT]) as world:
        client: Any = world.client(platform)
        who = "5511999990010@wa.gw.msging.net" if platform == "blip" else PHONES[0]

        def listed() -> int:
            return int((client.history()["text"] == "Is it there?").sum())

        client.send_text(who, "Is it there?", sender=SENDERS[platform] or None)
        assert listed() == 0
        world.clock.advance(seconds=LISTED_AFTER.total_seconds())
        assert listed() == 1
