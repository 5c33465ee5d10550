"""What the clients can be asked to read, with arguments that fit the world of the seed; and all verbs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import msgnb
from msgnb.platforms.base import Client
from msgnb.platforms.resources import Unsupported

Read = Callable[[Any], Any]

WHO = "551100001111@0mn.io"
DAY = datetime(2026, 11, 1, tzinfo=UTC)
LATER = datetime(2100, 1, 1, tzinfo=UTC)
LIST = "news"
IDS: dict[str, str] = {}
"""IDs that `prepare` was given."""

BLIP: dict[str, Read] = {
    "buckets": lambda bot: bot.buckets(),
    "buckets.get": lambda bot: bot.buckets.get("a"),
    "campaigns": lambda bot: bot.campaigns(),
    "campaigns.active": lambda bot: bot.campaigns.active(),
    "campaigns.outcomes": lambda bot: bot.campaigns.outcomes(IDS["campaign"]),
    "campaigns.report": lambda bot: bot.campaigns.report(IDS["campaign"]),
    "contacts": lambda bot: bot.contacts(flatten=True),
    "contacts.get": lambda bot: bot.contacts.get(WHO),
    "contacts.comments": lambda bot: bot.contacts.comments(WHO),
    "contexts": lambda bot: bot.contexts(WHO),
    "contexts.get": lambda bot: bot.contexts.get(WHO, "step"),
    "events": lambda bot: (bot.events(), bot.events("orders"), bot.events("orders", "placed")),
    "events.categories": lambda bot: bot.events.categories(),
    "history": lambda bot: bot.history(workers=1),
    "lists": lambda bot: bot.lists(),
    "lists.delivery": lambda bot: bot.lists.delivery(LIST, IDS["message"]),
    "lists.members": lambda bot: bot.lists.members(LIST),
    "lists.outcomes": lambda bot: bot.lists.outcomes(LIST, IDS["message"]),
    "messages": lambda bot: bot.messages(WHO, since=DAY, merged=True, notifications=True, raw=True),
    "messages.notifications": lambda bot: bot.messages.notifications(),
    "metrics": lambda bot: bot.metrics("active-messages"),
    "process_command": lambda bot: bot.process_command({"method": "get", "uri": "/threads"}),
    "resources": lambda bot: bot.resources(),
    "resources.get": lambda bot: bot.resources.get("a"),
    "schedules": lambda bot: bot.schedules(),
    "sessions": lambda bot: bot.sessions(),
    "subscriptions": lambda bot: bot.subscriptions(),
    "tickets": lambda bot: bot.tickets(),
    "tickets.get": lambda bot: bot.tickets.get(bot.tickets()["ticket"][0]),
    "tickets.live": lambda bot: bot.tickets.live("waiting-tickets"),
    "tickets.report": lambda bot: bot.tickets.report("attendants", since=DAY, until=DAY + timedelta(1)),
}
NETSAPIENS: dict[str, Read] = {
    "calls": lambda pbx: pbx.calls(),
    "calls.count": lambda pbx: pbx.calls.count(),
    "calls.get": lambda pbx: pbx.calls.get(pbx.calls()["call"][0]),
    "calls.read": lambda pbx: pbx.calls.read(),
    "campaigns": lambda pbx: pbx.campaigns(),
    "contacts": lambda pbx: pbx.contacts(),
    "get_messages": lambda pbx: pbx.get_messages(),
    "get_token": lambda pbx: pbx.get_token(),
    "history": lambda pbx: pbx.history(since=DAY, workers=1),
    "messages": lambda pbx: pbx.messages(pbx.sessions()["session"][0], since=DAY),
    "messages.pages": lambda pbx: list(pbx.messages.pages(pbx.sessions()["session"][0])),
    "messages.read": lambda pbx: pbx.messages.read(pbx.sessions()["session"][0]),
    "numbers": lambda pbx: (pbx.numbers(), pbx.numbers(user=None)),
    "numbers.choose": lambda pbx: pbx.numbers.choose(),
    "numbers.count": lambda pbx: pbx.numbers.count(),
    "read_calls": lambda pbx: pbx.read_calls(),
    "read_subscription": lambda pbx: pbx.read_subscription(),
    "sessions": lambda pbx: (pbx.sessions(), pbx.sessions(user=None)),
    "sessions.count": lambda pbx: pbx.sessions.count(),
    "sessions.get": lambda pbx: pbx.sessions.get(pbx.sessions()["session"][0]),
    "sessions.read": lambda pbx: pbx.sessions.read(),
    "subscriptions": lambda pbx: pbx.subscriptions().attention(),
    "subscriptions.get": lambda pbx: pbx.subscriptions.get(pbx.subscriptions()["subscription"][0]),
    "subscriptions.read": lambda pbx: pbx.subscriptions.read(),
}
SMSDROP: dict[str, Read] = {
    "campaigns": lambda sms: sms.campaigns(),
    "campaigns.get": lambda sms: sms.campaigns.get(sms.campaigns()["campaign"][0]),
    "campaigns.read": lambda sms: sms.campaigns.read(),
    "contacts": lambda sms: sms.contacts(),
    "credit": lambda sms: sms.credit(),
    "history": lambda sms: sms.history(workers=1),
    "messages": lambda sms: sms.messages(sms.sessions()["session"][0], since=DAY),
    "read_campaign": lambda sms: sms.read_campaign(sms.campaigns()["campaign"][0]),
    "read_campaigns": lambda sms: sms.read_campaigns(),
    "read_me": lambda sms: sms.read_me(),
    "read_subscription": lambda sms: sms.read_subscription(),
    "sessions": lambda sms: sms.sessions(),
    "subscriptions": lambda sms: sms.subscriptions(),
}
READS = {"blip": BLIP, "netsapiens": NETSAPIENS, "smsdrop": SMSDROP}
NO_REQUEST = frozenset({"close", "history_reader", "campaign_sender", "plan_campaign"})
"""Verbs that ask the platform for nothing, or only through others."""
INHERITED = {
    "blip": {"credit", "listen"},
    "netsapiens": {"credit"},
    "smsdrop": {"listen"},
}
"""Verbs of the base class that the platform lacks."""
BOTH = {"blip": {"process_command"}, "netsapiens": set(), "smsdrop": set()}
"""Verbs that read and write, by their arguments."""


def prepare(world: msgnb.testing.Offline) -> None:
    """Give a world something of everything that is read."""
    bot, pbx = world.blip, world.netsapiens
    bot.send_text(WHO, "Hi")
    bot.lists.create(LIST)
    bot.lists.add(LIST, [WHO])
    IDS["message"] = bot.lists.send(LIST, "Hi").message or ""
    bot.buckets.set("a", {"b": 1})
    bot.resources.set("a", "b")
    bot.contexts.set(WHO, "step", {"a": 1})
    bot.contacts.add_comment(WHO, "nice")
    bot.events.track("orders", "placed", contact=WHO)
    bot.schedules.create(WHO, "Hi", at=LATER)
    flow = {"flow_id": "f", "state_id": "s", "master_state": "m"}
    IDS["campaign"] = bot.campaigns.create("Tea", "tea", "+5511999990001", **flow)["id"]
    pbx.new_call(call_term_user="1002")


def reads_of(platform: str) -> set[str]:
    """Return the verbs that are not writes: tables aside, which are called themselves."""
    tables = {name for name in READS[platform] if "." not in name and name not in ORDINARY}
    return (set(READS[platform]) - tables) - BOTH[platform] | NO_REQUEST | INHERITED[platform]


ORDINARY = frozenset({
    "credit", "get_messages", "get_token", "history", "process_command", "read_calls", "read_campaign",
    "read_campaigns", "read_me", "read_subscription",
})  # fmt: skip


def tables_of(client: Client) -> set[str]:
    """Return the names of a client's resources that are called for a table, or for names."""
    return {name for name in _resources(client) if callable(getattr(client, name))}


def verbs_of(client: Client) -> set[str]:
    """Return the names of all methods of a client and of its resources."""
    found = {
        name
        for name in dir(type(client))
        if not name.startswith("_") and inspect.isfunction(inspect.getattr_static(type(client), name))
    }
    for name in _resources(client):
        resource = type(getattr(client, name))
        verbs = (each for each in dir(resource) if not each.startswith("_"))
        found |= {f"{name}.{each}" for each in verbs if inspect.isfunction(getattr(resource, each))}
    return found


def _resources(client: Client) -> list[str]:
    names = [name for name in dir(type(client)) if not name.startswith("_")]
    cached = [
        name for name in names if isinstance(inspect.getattr_static(type(client), name), cached_property)
    ]
    return [name for name in cached if not isinstance(getattr(client, name), Unsupported)]
