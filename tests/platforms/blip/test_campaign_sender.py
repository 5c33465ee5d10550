"""How a campaign is sent on BLiP, batch by batch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from loopback import Loopback, answers, drops

import msgnb
from msgnb.campaigns.journal import Batch
from msgnb.campaigns.statuses import RecipientStatus

Offline = msgnb.testing.Offline
ANA, BIA, ZE = (f"551199999000{number}@wa.gw.msging.net" for number in (1, 2, 3))
KEY = "0123456789abcdef"


def ignore(_: object) -> None:
    """Keep no journal of who was refused."""


def sender(bot: msgnb.Blip, text: str = "Hi all", due: datetime | None = None) -> Any:
    return bot.campaign_sender(msgnb.Campaign(text=text), due)


def batch(*recipients: str, key: str = KEY) -> Batch:
    return Batch(key, "Hi all", recipients)


def success(resource: Any = None) -> Any:
    body = {"method": "get", "status": "success"}
    return answers({**body, "resource": resource} if resource else body)


ACCEPTED = answers(status=202)
"""The response to a message."""


def failure(description: str) -> Any:
    return answers({"status": "failure", "reason": {"code": 61, "description": description}})


def requests(loopback: Loopback) -> list[str]:
    """What was sent: a command's method, or where a message goes to."""
    return [seen.json.get("method") or f"message to {seen.json['to']}" for seen in loopback.seen]


@pytest.fixture
def bot(loopback: Loopback) -> msgnb.Blip:
    client = msgnb.Blip("eDp5", base_url=loopback.url)
    client.connection.http.pause = lambda _: None
    return client


def test_one_recipient_gets_a_message(world: Offline) -> None:
    """A batch of one is a message under the batch's key."""
    receipt = sender(world.blip).send(batch(ANA), ignore)
    assert (receipt.message, receipt.campaign) == (KEY, None)
    assert list(world.blip.messages(ANA)["message"]) == [KEY]


def test_several_recipients_share_a_list(world: Offline) -> None:
    """A batch of several is one message to a list of them."""
    receipt = sender(world.blip).send(batch(ANA, BIA), ignore)
    assert receipt.campaign == f"msgnb-{KEY}@broadcast.msging.net"
    assert list(world.blip.lists.members(receipt.campaign)["target"]) == [ANA, BIA]
    assert [list(world.blip.messages(who)["text"]) for who in (ANA, BIA)] == [["Hi all"]] * 2


def test_only_what_was_sent_is_found(world: Offline) -> None:
    """A look-up finds a message and a list that were sent to, and nothing else."""
    made = sender(world.blip)
    sent = [batch(ANA), batch(ANA, BIA, key="f" * 16)]
    for each in sent:
        made.send(each, ignore)
    never = [batch(ZE, key="a" * 16), batch(BIA, ZE, key="b" * 16)]
    assert set(made.look_up([*sent, *never])) == {each.key for each in sent}


def test_a_member_that_is_refused_stays_refused(loopback: Loopback, bot: msgnb.Blip) -> None:
    """A member that the list refused is reported, also if another one had to be added again."""
    loopback.script = [success(), failure("Unknown account"), drops, success(), success(), ACCEPTED]
    receipt = sender(bot).send(batch(ANA, BIA, ZE), ignore)
    assert receipt.refused == {ANA: "Unknown account"}
    assert requests(loopback) == ["set"] * 5 + [f"message to {receipt.campaign}"]


def test_nothing_is_sent_to_a_list_whose_members_are_uncertain(loopback: Loopback, bot: msgnb.Blip) -> None:
    """If it stays unknown whether a member was added, no message is sent, and the error says so."""
    loopback.script = [success(), success(), drops]
    with pytest.raises(msgnb.Unreachable, match=f"nothing was sent: no answer came when {BIA} was added"):
        sender(bot).send(batch(ANA, BIA), ignore)
    assert set(requests(loopback)) == {"set"}


def test_nothing_is_sent_to_a_list_without_members(loopback: Loopback, bot: msgnb.Blip) -> None:
    """If the list refuses all members, no message is sent."""
    loopback.script = [success(), failure("Unknown account")]
    with pytest.raises(msgnb.Unreachable, match="nobody could be added to the list: Unknown account"):
        sender(bot).send(batch(ANA, BIA), ignore)
    assert set(requests(loopback)) == {"set"}


def test_a_list_is_created_again_if_the_response_is_lost(loopback: Loopback, bot: msgnb.Blip) -> None:
    """Creating a list twice does no harm, so it is repeated, at most three times."""
    loopback.script = [drops]
    with pytest.raises(msgnb.Unreachable, match="nothing was sent"):
        sender(bot).send(batch(ANA, BIA), ignore)
    assert requests(loopback) == ["set"] * 3


def test_progress_counts_who_was_reached(world: Offline) -> None:
    """The statuses of a list's members come from their notifications."""
    made = sender(world.blip)
    receipt = made.send(batch(ANA, BIA), ignore)
    statuses = {
        who: RecipientStatus("sent", KEY, campaign=receipt.campaign, message=receipt.message)
        for who in (ANA, BIA)
    }
    world.mocks.clock.advance(seconds=30)
    progress = made.progress(statuses)
    assert (progress.total, progress.reached, progress.finished) == (2, 2, True)
    assert {each.status for each in made.fetch_statuses(statuses).values()} == {"read"}


@pytest.mark.parametrize(("events", "status"), [(["deleted"], None), (["accepted", "deleted"], "accepted")])
def test_events_that_are_no_step_say_nothing_of_the_delivery(
    loopback: Loopback, bot: msgnb.Blip, events: list[str], status: str | None
) -> None:
    """A message whose only notification says that it was deleted has no delivery status."""
    items = [{"id": KEY, "from": f"{ANA}/x", "event": event} for event in events]
    loopback.script = [success({"total": len(items), "items": items}), success({"total": 0, "items": []})]
    found = sender(bot).fetch_statuses({ANA: RecipientStatus("sent", KEY, message=KEY)})
    assert [each.status for each in found.values()] == ([status] if status else [])
