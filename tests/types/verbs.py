"""What type checkers know of clients: read by mypy and basedpyright, never executed.

An `ignore` that is not needed is an error too, so that the mistakes at the end must be found.
"""

# pyright: reportUnnecessaryTypeIgnoreComment=error

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, assert_type

import pandas as pd

import msgnb
from msgnb.campaigns.plan import Plan
from msgnb.core.sending import SendResult
from msgnb.events.event import Event
from msgnb.events.live import Live
from msgnb.platforms.netsapiens.auth import TokenAnswer
from msgnb.platforms.smsdrop.models import Subscription, User
from msgnb.tables.subscription_view import SubscriptionsFrame

SOON = datetime.now().astimezone() + timedelta(days=1)


def blip() -> None:
    bot = msgnb.connect("blip", profile="work", plan="free")
    assert_type(bot, msgnb.Blip)
    assert_type(bot.account, str)
    assert_type(bot.sessions(limit=5), pd.DataFrame)
    assert_type(bot.messages("a@b", since="2026-10-01", notifications=True), pd.DataFrame)
    assert_type(bot.contacts("(startswith(name,'A'))", flatten=True), pd.DataFrame)
    bot.contacts.set({"identity": "a@b"})
    assert_type(bot.lists(), list[str])
    assert_type(bot.lists.create("news"), str)
    assert_type(bot.lists.add("news", ["a@b"]), pd.DataFrame)
    assert_type(bot.lists.send("news", "Hello"), SendResult)
    assert_type(bot.subscriptions("news"), pd.DataFrame)
    assert_type(bot.campaigns.outcomes("id"), pd.DataFrame)
    assert_type(bot.schedules(since="2026-10-01"), pd.DataFrame)
    assert_type(bot.schedules.create("a@b", "Hello", at=SOON), SendResult)
    bot.events.track("payments", "success", contact="a@b")
    assert_type(bot.metrics("active-identity", "M"), pd.DataFrame)
    assert_type(bot.tickets(status="waiting"), pd.DataFrame)
    assert_type(bot.contexts("a@b"), dict[str, Any])
    assert_type(bot.send("a@b", msgnb.content.menu("Coffee?", ["Yes", "No"])), SendResult)
    assert_type(bot.send_text("a@b", "Hello", at=SOON), SendResult)
    bot.process_command({"method": "get", "uri": "/threads"})["resource"]


def netsapiens() -> None:
    pbx = msgnb.connect("netsapiens", base_url="pbx.example.com", api_key="key")
    assert_type(pbx, msgnb.NetSapiens)
    assert_type(pbx.get_token(), TokenAnswer)
    assert_type(pbx.sessions(user=None), pd.DataFrame)
    assert_type(pbx.sessions.count(), int)
    assert_type(pbx.subscriptions(), SubscriptionsFrame)
    pbx.subscriptions.create("message", "https://example.com", expires=timedelta(days=1))
    assert_type(pbx.numbers(), pd.DataFrame)
    assert_type(pbx.calls.count(), int)
    with pbx.listen("message") as live:
        assert_type(live, Live)
        assert_type(live.wait(timeout=1), Event)
        assert_type(live.frame(), pd.DataFrame)


def smsdrop() -> None:
    sms = msgnb.connect("smsdrop", email="a@b", password="word")
    assert_type(sms, msgnb.SmsDrop)
    assert_type(sms.read_subscription(), Subscription)
    assert_type(sms.read_me(), User)
    assert_type(sms.credit(), int)
    assert_type(sms.campaigns.get("id"), msgnb.Campaign | None)
    campaign = msgnb.Campaign(text="Hi {name}", sender="MyShop")
    assert_type(sms.plan_campaign(campaign, "people.csv"), Plan)
    assert_type(sms.send_campaign(campaign, "people.csv", dry_run=True), pd.DataFrame)
    assert_type(campaign.watch(), pd.DataFrame)


def anyone() -> None:
    client = msgnb.connect("another")
    assert_type(client, msgnb.Client)
    assert_type(client.history(since="2026-10-01", workers=4), pd.DataFrame)
    assert_type(client.credit(), int | None)
    assert_type(client.sessions(), pd.DataFrame)
    assert_type(msgnb.Archive("history").sync(client), int)
    with msgnb.offline() as world:
        assert_type(world.blip, msgnb.Blip)
        assert_type(world.netsapiens, msgnb.NetSapiens)
        assert_type(world.another, msgnb.Client)


async def awaited(bot: msgnb.Blip, pbx: msgnb.NetSapiens, client: msgnb.Client) -> None:
    async with msgnb.aio(bot) as calls:
        assert_type(await calls.sessions(limit=5), pd.DataFrame)
        assert_type(await calls.lists.create("news"), str)
        assert_type(await calls.history(), pd.DataFrame)
        assert_type(calls.account, str)
    assert_type(await msgnb.aio(pbx).sessions.count(), int)
    assert_type(await msgnb.aio(await msgnb.aio(pbx).listen("message")).wait(), Event)
    assert_type(await msgnb.aio(msgnb.Archive("history")).sync(bot), int)
    assert_type(await msgnb.aio(client).contacts(), pd.DataFrame)


def mistakes(bot: msgnb.Blip, pbx: msgnb.NetSapiens, client: msgnb.Client) -> None:
    bot.send_mesage({})  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    bot.contacts.gett("a@b")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    msgnb.aio(bot).send_mesage({})  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    msgnb.aio(pbx).sessions.cont()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    msgnb.aio(client).seshuns()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
