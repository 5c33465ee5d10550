"""How one campaign's messages are sent, looked up and followed."""

from __future__ import annotations

from typing import Any

import pytest
from loopback import Loopback, answers

import msgnb
from msgnb.campaigns.journal import Batch
from msgnb.campaigns.sender import CampaignSender, DeliveryStatus
from msgnb.campaigns.statuses import RecipientStatus

LOGIN = {"client_id": "c", "client_secret": "s", "username": "123@example.com", "password": "p"}
TOKEN = answers({"access_token": "a", "expires_in": 3600, "user": "123", "domain": "example.com"})
NUMBERS = answers([{"number": "18585550001"}])
KEY = "k" * 32
PHONE = "+18585551234"
SENT = {"id": "m-1", "timestamp": "2026-11-02 12:00:00", "type": "sms", "direction": "term", "status": "sent"}
REPLY = {"id": "m-2", "timestamp": "2026-11-02 12:05:00", "type": "sms", "direction": "orig", "status": ""}
GONE = answers({"code": 404, "message": f"Message session {KEY} does not exist"}, status=404)


@pytest.fixture
def sender(loopback: Loopback) -> CampaignSender:
    loopback.script = [TOKEN, NUMBERS]
    pbx = msgnb.NetSapiens(loopback.url, **LOGIN)
    return pbx.campaign_sender(msgnb.Campaign("Hi"), None)


def statuses(sender: CampaignSender) -> Any:
    return sender.fetch_statuses({PHONE: RecipientStatus("sent", KEY)})


def test_an_sms_is_sent_in_the_batchs_session(loopback: Loopback, sender: CampaignSender) -> None:
    """Each recipient gets an SMS from the user's number, in a session whose ID is the batch's key."""
    loopback.script = [answers({"id": "m-1"})]
    receipt = sender.send(Batch(KEY, "Hi", (PHONE,)), lambda _: None)
    assert receipt.message == "m-1"
    assert loopback.seen[-1].path.endswith(f"/messagesessions/{KEY}/messages")
    assert loopback.seen[-1].json == {
        "type": "sms", "message": "Hi", "destination": "18585551234", "from-number": "18585550001",
    }  # fmt: skip


@pytest.mark.parametrize("status", [[SENT], [REPLY, SENT]])
def test_a_message_is_found_by_its_session(
    loopback: Loopback, sender: CampaignSender, status: list[dict[str, str]]
) -> None:
    """The first message of the session is the campaign's, also after the recipient has replied."""
    loopback.script = [answers(status)]
    assert sender.look_up([Batch(KEY, "Hi", (PHONE,))])[KEY].message == "m-1"


@pytest.mark.parametrize("nothing", [answers([]), GONE])
def test_what_did_not_arrive_is_not_found(loopback: Loopback, sender: CampaignSender, nothing: Any) -> None:
    """A session that is empty or doesn't exist has no message."""
    loopback.script = [nothing]
    assert sender.look_up([Batch(KEY, "Hi", (PHONE,))]) == {}


def test_the_first_message_tells_the_status(loopback: Loopback, sender: CampaignSender) -> None:
    """Replies and later messages in the session have no say in the campaign's status."""
    later = SENT | {"id": "m-3", "timestamp": "2026-11-02 12:09:00", "status": "failed"}
    loopback.script = [answers([later, REPLY, SENT])]
    assert statuses(sender) == {PHONE: DeliveryStatus("sent", at="2026-11-02T12:00:00+00:00")}


def test_a_status_without_a_time_is_a_status(loopback: Loopback, sender: CampaignSender) -> None:
    """A message without a time, under the names of version 1, has a status all the same."""
    loopback.script = [answers([{"id": "m-1", "dir": "term", "status": "delivered"}])]
    assert statuses(sender) == {PHONE: DeliveryStatus("delivered", at=None)}


@pytest.mark.parametrize("nothing", [answers([REPLY]), GONE])
def test_a_deleted_session_has_no_status(loopback: Loopback, sender: CampaignSender, nothing: Any) -> None:
    """If the message or its session no longer exists, nothing is reported, and it is not an error."""
    loopback.script = [nothing]
    assert statuses(sender) == {}
