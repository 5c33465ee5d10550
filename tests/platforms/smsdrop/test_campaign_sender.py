"""Campaigns that the platform holds back for lack of credit."""

from __future__ import annotations

import msgnb

Offline = msgnb.testing.Offline


def test_a_campaign_that_was_held_back_reaches_nobody_who_has_it(world: Offline) -> None:
    """Where one of its recipients got the text in a campaign of their own, the other gets a new one, too."""
    sms, state = world.smsdrop, world.applications["smsdrop"].state
    state.failing_percent = 0
    credit, state.credit = state.credit, 1

    def send(*phones: str) -> list[str]:
        campaign = msgnb.Campaign(text="Hi, we open.", sender="MyShop", title="Held")
        people = [*phones]
        sms.credit = lambda: 1000  # type: ignore[method-assign] - the platform finds out, not the plan
        return list(sms.send_campaign(campaign, people)["state"].astype(str))

    one, other = "+22963588213", "+22963588214"
    assert send(one, other) == ["rejected", "rejected"]
    assert send(one) == ["sent"]
    state.credit = credit
    assert send(one, other) == ["sent", "sent"]
    world.clock.advance(minutes=5)
    received = world.received("smsdrop")
    assert [received[phone].count("Hi, we open.") for phone in (one, other)] == [1, 1]
