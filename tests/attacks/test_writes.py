"""Every write of every client, against a server that answers each of them with a fault.

A write leaves once. Unless something proves otherwise, nobody knows what became of it: it is called neither
sent nor failed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from attack_seeds import seeds
from hostile_server import FAULTS, Fault, HostileServer, Request, answers
from verbs import reads_of, verbs_of

import msgnb
from msgnb.core.errors import MsgnbError, OutcomeUnknown
from msgnb.platforms.base import Client

WHO = "5511999998888@wa.gw.msging.net"
PHONE = "+22963588213"
LATER = datetime(2100, 1, 1, tzinfo=UTC)
TIMEOUT = (2.0, 0.3, 0.6)
SET = {"method": "set", "uri": "/contacts", "type": "application/vnd.lime.contact+json", "resource": {}}
CAMPAIGN = {
    "id": "c1", "title": "T", "message": "Hi", "message_type": 0, "sender": "MyShop", "status": "PENDING",
    "recipient_list": [PHONE], "delivery_percentage": 0, "message_count": 1, "sms_count": 1,
}  # fmt: skip
NETSAPIENS_TOKEN = {
    "access_token": "t", "refresh_token": "r", "expires_in": 3600, "user": "1001", "domain": "harbor.example",
    "scope": "Basic User",
}  # fmt: skip

Verb = Callable[[Any], Any]

BLIP: dict[str, Verb] = {
    "send": lambda bot: bot.send(WHO, "Hi"),
    "send_text": lambda bot: bot.send_text(WHO, "Hi"),
    "send_message": lambda bot: bot.send_message({"to": WHO, "type": "text/plain", "content": "Hi"}),
    "process_command": lambda bot: bot.process_command(SET),
    "send_command": lambda bot: bot.send_command(SET),
    "force_command": lambda bot: bot.force_command(SET, 5, 0.0),
    "send_campaign": lambda bot: bot.send_campaign(msgnb.Campaign(text="Hi"), [WHO]),
    "buckets.set": lambda bot: bot.buckets.set("a", {"b": 1}),
    "buckets.delete": lambda bot: bot.buckets.delete("a"),
    "campaigns.create": lambda bot: bot.campaigns.create(
        "T", "order_ready", ["+5511999998888"], flow_id="f", state_id="s", master_state="bot@msging.net"
    ),
    "campaigns.delete": lambda bot: bot.campaigns.delete("c1"),
    "contacts.set": lambda bot: bot.contacts.set({"identity": WHO}),
    "contacts.merge": lambda bot: bot.contacts.merge({"identity": WHO}),
    "contacts.delete": lambda bot: bot.contacts.delete(WHO),
    "contacts.add_comment": lambda bot: bot.contacts.add_comment(WHO, "friendly"),
    "contacts.delete_comment": lambda bot: bot.contacts.delete_comment(WHO, "1"),
    "contexts.set": lambda bot: bot.contexts.set(WHO, "step", "1"),
    "contexts.delete": lambda bot: bot.contexts.delete(WHO, "step"),
    "events.track": lambda bot: bot.events.track("orders", "placed"),
    "events.delete": lambda bot: bot.events.delete("orders"),
    "lists.create": lambda bot: bot.lists.create("news"),
    "lists.add": lambda bot: bot.lists.add("news", [WHO]),
    "lists.remove": lambda bot: bot.lists.remove("news", [WHO]),
    "lists.delete": lambda bot: bot.lists.delete("news"),
    "lists.send": lambda bot: bot.lists.send("news", "Hi"),
    "resources.set": lambda bot: bot.resources.set("a", "b"),
    "resources.delete": lambda bot: bot.resources.delete("a"),
    "schedules.create": lambda bot: bot.schedules.create(WHO, "Hi", at=LATER),
    "schedules.cancel": lambda bot: bot.schedules.cancel("s1"),
}
NETSAPIENS: dict[str, Verb] = {
    "send": lambda pbx: pbx.send("12125550176", "Hi", sender="16195550101"),
    "send_text": lambda pbx: pbx.send_text("12125550176", "Hi", sender="16195550101"),
    "send_message": lambda pbx: pbx.send_message("sms", "Hi", "12125550176", "16195550101"),
    "send_campaign": lambda pbx: pbx.send_campaign(
        msgnb.Campaign(text="Hi", sender="16195550101"), ["+12125550176"]
    ),
    "messages.send": lambda pbx: pbx.messages.send("1002", "Hi", kind="chat"),
    "new_call": lambda pbx: pbx.new_call(call_term_user="1002"),
    "create_subscription": lambda pbx: pbx.create_subscription("message", "https://example.com/events"),
    "update_subscription": lambda pbx: pbx.update_subscription("s1", "message"),
    "delete_subscription": lambda pbx: pbx.delete_subscription("s1"),
    "calls.create": lambda pbx: pbx.calls.create("1002"),
    "calls.hang_up": lambda pbx: pbx.calls.hang_up("c1"),
    "sessions.delete": lambda pbx: pbx.sessions.delete("a" * 32),
    "sessions.leave": lambda pbx: pbx.sessions.leave("a" * 32),
    "sessions.mark": lambda pbx: pbx.sessions.mark("a" * 32),
    "sessions.rename": lambda pbx: pbx.sessions.rename("a" * 32, "Ana"),
    "sessions.set_participants": lambda pbx: pbx.sessions.set_participants("a" * 32, ["1001", "1002"]),
    "subscriptions.create": lambda pbx: pbx.subscriptions.create("message", "https://example.com/events"),
    "subscriptions.update": lambda pbx: pbx.subscriptions.update("s1", topic="message"),
    "subscriptions.renew": lambda pbx: pbx.subscriptions.renew("s1", timedelta(days=1)),
    "subscriptions.delete": lambda pbx: pbx.subscriptions.delete("s1"),
    "listen": lambda pbx: pbx.listen("message").start(),
}
SMSDROP: dict[str, Verb] = {
    "send": lambda sms: sms.send(PHONE, "Hi", sender="MyShop"),
    "send_text": lambda sms: sms.send_text(PHONE, "Hi", sender="MyShop"),
    "send_message": lambda sms: sms.send_message("Hi", "MyShop", PHONE),
    "send_campaign": lambda sms: sms.send_campaign(msgnb.Campaign(text="Hi", sender="MyShop"), [PHONE]),
    "launch_campaign": lambda sms: sms.launch_campaign(msgnb.Campaign("Hi", "MyShop", [PHONE])),
    "retry_campaign": lambda sms: sms.retry_campaign("c1"),
    "campaigns.launch": lambda sms: sms.campaigns.launch(msgnb.Campaign("Hi", "MyShop", [PHONE])),
    "campaigns.retry": lambda sms: sms.campaigns.retry("c1"),
}
VERBS = {"blip": BLIP, "netsapiens": NETSAPIENS, "smsdrop": SMSDROP}


def serve_blip(request: Request) -> tuple[str, Any]:
    if request.path.endswith("/messages"):
        return "202 Accepted", b""
    answer: dict[str, Any] = {"id": request.command.get("id"), "status": "success"}
    return "200 OK", answer | {"resource": {"items": []}}


def serve_netsapiens(request: Request) -> tuple[str, Any]:
    if request.path.endswith("/tokens"):
        return "200 OK", NETSAPIENS_TOKEN
    if request.path.endswith("/smsnumbers"):
        return "200 OK", [{"number": "16195550101"}]
    return "200 OK", [] if request.method == "GET" else {"id": "1"}


def serve_smsdrop(request: Request) -> tuple[str, Any]:
    if request.path.endswith("/auth/login"):
        return "200 OK", {"access_token": "t", "token_type": "bearer"}
    if request.path.endswith("/subscriptions/"):
        return "200 OK", {"id": "p", "nbr_sms": 1000}
    return "200 OK", [] if request.path.endswith("/campaigns/") and request.method == "GET" else CAMPAIGN


def connect_blip(url: str) -> Client:
    return msgnb.Blip("Ym90OmtleQ==", base_url=url, timeout=TIMEOUT, plan="none")


def connect_netsapiens(url: str) -> Client:
    login = {"client_id": "c", "client_secret": "s", "username": "1001@harbor.example", "password": "p"}
    return msgnb.NetSapiens(url, **login, timeout=TIMEOUT)


def connect_smsdrop(url: str) -> Client:
    return msgnb.SmsDrop("me@example.com", "p", base_url=url, timeout=TIMEOUT)


PLATFORMS = {
    "blip": (connect_blip, serve_blip),
    "netsapiens": (connect_netsapiens, serve_netsapiens),
    "smsdrop": (connect_smsdrop, serve_smsdrop),
}
DONE: dict[str, Fault] = {
    "blip": lambda line: line.answer(b"", "202 Accepted"),
    "netsapiens": answers({"id": "1"}),
    "smsdrop": answers(CAMPAIGN),
}


def attack(platform: str, verb: str, fault: Fault) -> tuple[object, list[Request]]:
    """Call a verb whose write meets a fault, and return what came of it and the writes that arrived."""
    connect, serve = PLATFORMS[platform]
    with HostileServer(fault, serve) as server:
        client = connect(server.url)
        client.connection.http.pause = lambda _: None
        client.connection.campaign_rate = None
        try:
            found: object = VERBS[platform][verb](client)
        except MsgnbError as error:
            found = error
        finally:
            client.close()
        return found, list(server.writes)


CASES = [(platform, verb) for platform, verbs in VERBS.items() for verb in verbs]


def test_every_write_is_attacked() -> None:
    """All verbs of the clients and their resources are reads, or are attacked here."""
    with msgnb.offline() as world:
        for platform, attacked in VERBS.items():
            assert verbs_of(world.client(platform)) == set(attacked) | reads_of(platform)


SLOW = frozenset({
    "silent", "headers byte by byte", "body byte by byte", "body without length, byte by byte",
})  # fmt: skip
"""Faults that take as long as a client waits; all verbs wait in the same place."""
FEW = frozenset(
    {"send_text", "send_campaign", "messages.send", "lists.add", "calls.create", "campaigns.retry"}
)
"""Verbs that meet the slow faults; in `make soak` all do."""


ATTACKS = [
    (platform, verb, fault)
    for fault in FAULTS
    for platform, verb in CASES
    if fault not in SLOW or verb in FEW or seeds(1) > 1
]


@pytest.mark.parametrize(
    ("platform", "verb", "fault"), ATTACKS, ids=[f"{case[2]}-{case[0]}.{case[1]}" for case in ATTACKS]
)
def test_a_write_leaves_once_and_its_outcome_is_unknown(platform: str, verb: str, fault: str) -> None:
    """No fault makes a write leave twice, or makes it look sent or failed."""
    found, writes = attack(platform, verb, FAULTS[fault])
    if isinstance(found, pd.DataFrame):
        assert list(found["state"]) == ["unknown"]
        words = str(found["error"].iloc[0])
    else:
        assert isinstance(found, OutcomeUnknown)
        words = str(found)
        assert platform in words
    assert len(writes) == 1
    assert words.isprintable()
