"""The documented exchanges with a bot: each one is played, or left out for a reason."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest
from documented import BLIP, left_out

from msgnb_mocks import World
from msgnb_mocks.core.operations import Request
from msgnb_mocks.platforms.blip import BlipMock
from msgnb_mocks.platforms.blip.lime import parse_time
from msgnb_mocks.platforms.blip.state import Message, Schedule, Stored, Track

JOHN = "11121023102013021@messenger.gw.msging.net"
LIST = "your_distributionList@broadcast.msging.net"
PLAYED = [pair for pair in BLIP if left_out(pair) is None]

DIFFERS = {
    "count": "a count is text since 2019, a number in the documents of 2017",
    "storageDate": "a day is written with its hour since 2019",
    "total": "threads have no total in the documents of 2019",
    "content": "text or an object, by the type beside it",
    "closedClient": "a number, or null where there is none",
    "pp": "nobody sends on the bot's behalf",
    "uber-trace-id": "tracing keys come and go",
    "traceparent": "tracing keys come and go",
    "x-datadog-trace-id": "tracing keys come and go",
    "x-datadog-parent-id": "tracing keys come and go",
    "x-datadog-sampling-priority": "tracing keys come and go",
    "#metrics.custom.label": "tracing keys come and go",
    "#tunnel.owner": "there is no router",
    "#tunnel.originator": "there is no router",
    "#tunnel.originalFrom": "there is no router",
    "#tunnel.originalTo": "there is no router",
    "#message.uniqueId": "a tracing key",
}


QUIRKS = {"Failure / attendants with a router key": frozenset({"router-key"})}
WAITING = {"/monitoring/open-tickets": "firstResponseDate", "/tickets?$take": "agentIdentity"}


def seed(bot: BlipMock, pair: dict[str, Any]) -> None:
    """Put what a documented answer tells into the bot."""
    answer = pair["response"]["body"]
    resource = answer.get("resource")
    request = asked(bot, pair)
    found = resource.get("items", [resource]) if isinstance(resource, dict) else []
    state, uri = bot.state, request["uri"]
    _keep(bot, uri, answer)
    for start, key in WAITING.items():
        if uri.startswith(start):
            state.tickets = {name: each for name, each in state.tickets.items() if key in each}
    for item in reversed(found):
        _tell(bot, uri, item)
    for name in (
        LIST,
        "news@broadcast.msging.net",
        "noticias@broadcast.msging.net",
        "list@broadcast.msging.net",
    ):
        state.lists[name] = dict.fromkeys(("551100001111@0mn.io", JOHN))
    state.deliveries["assistentedeastronomia+senders@broadcast.msging.net", uri.rpartition("/")[2]] = []


def _tell(bot: BlipMock, uri: str, item: dict[str, Any]) -> None:
    """Put one item of a documented answer into the bot."""
    state = bot.state
    if uri.startswith("/contacts") and "identity" in item:
        state.contacts = {item["identity"]: item, **state.contacts}
    elif uri.startswith("/threads?") or uri == "/threads":
        state.threads[item["identity"]].append(_message(item["lastMessage"]))
    elif uri.startswith("/threads/"):
        identity = uri.removeprefix("/threads/").partition("?")[0]
        state.threads[identity].append(_message(item))
    elif uri.startswith("/notifications"):
        _sent_today(bot, item)
    elif uri.startswith("/event-track/"):
        _tracked(bot, item)
    elif uri.startswith("/schedules"):
        _scheduled(bot, uri, item)


def _keep(bot: BlipMock, uri: str, answer: dict[str, Any]) -> None:
    """Keep a document under the name that is asked for."""
    if answer["method"] not in {"get", "delete"} or answer["status"] != "success":
        return
    path = unquote(uri.partition("?")[0]).split("/")
    document = Stored(answer.get("type", "text/plain"), answer.get("resource"))
    if path[1] == "contexts":
        bot.state.contexts[path[2]] = {path[3]: document}
    elif path[1] in {"buckets", "resources"}:
        names = path[2:] or answer["resource"]["items"]
        getattr(bot.state, path[1]).update(dict.fromkeys(names, document))


def _scheduled(bot: BlipMock, uri: str, item: dict[str, Any]) -> None:
    if "when" in item:
        name = uri.partition("?")[0].removeprefix("/schedules").strip("/") or item["message"]["id"]
        bot.state.schedules[name] = Schedule(parse_time(item["when"]), item["message"], {}, item["status"])


def _message(item: dict[str, Any]) -> Message:
    sent = item["direction"] == "sent"
    return Message(item["id"], parse_time(item["date"]), sent, item["type"], item["content"])


def _sent_today(bot: BlipMock, item: dict[str, Any]) -> None:
    failure = item.get("reason")
    at = bot.state.world.clock.now()
    bot.state.threads["user@0mn.io"].append(Message("{messageId}", at, True, "text/plain", "x", failure))
    bot.state.world.clock.advance(minutes=1)


def _tracked(bot: BlipMock, item: dict[str, Any]) -> None:
    wire = {**item, "storageDate": item["storageDate"]}
    bot.state.tracks.append(Track(parse_time(item["storageDate"]), item["category"], item["action"], wire))


def asked(bot: BlipMock, pair: dict[str, Any]) -> dict[str, Any]:
    """The documented command, with values in its placeholders."""
    text = json.dumps(pair["request"]["body"])
    for placeholder, value in {
        "{ticketId}": next(reversed(bot.state.tickets)),
        "{contactIdentity}": "nobody@0mn.io",
        "{customerIdentity}": "nobody@0mn.io",
        "{customer_identity}": "nobody@0mn.io",
        "{{user-identity}}": "user@0mn.io",
        "{{flow-identifier}}": "flow",
        "{variableName}": "name",
        "{interval}": "D",
        "beginDate=2019-04-15&endDate=2019-06-22": "beginDate=2026-10-01&endDate=2026-11-02",
        "{{user_identity}}": "user@0mn.io",
        "{{distribution_list_name}}": "list",
        "{{$user_identity}}": "user@0mn.io",
        "{identity}": "nobody@0mn.io",
    }.items():
        text = text.replace(placeholder, value)
    wire: dict[str, Any] = json.loads(text)
    return {"id": "1", **wire}


def missing(documented: Any, answered: Any, where: str = "") -> list[str]:
    """The keys that the mock's answer lacks or has with another type."""
    name = where.rpartition(".")[2]
    if name in DIFFERS:
        return []
    if type(documented) is not type(answered):
        return [f"{where}: {type(documented).__name__}, not {type(answered).__name__}"]
    if isinstance(documented, dict):
        return [
            problem
            for key, value in documented.items()
            for problem in (
                missing(value, answered[key], f"{where}.{key}")
                if key in answered
                else []
                if key in DIFFERS
                else [f"{where}.{key} is missing"]
            )
        ]
    if isinstance(documented, list) and documented:
        if not answered:
            return [f"{where} is empty"]
        return missing(documented[0], answered[0], where)
    return []


@pytest.mark.parametrize("pair", PLAYED, ids=lambda pair: pair["name"])
def test_a_documented_command_is_answered_as_documented(pair: dict[str, Any]) -> None:
    """The mock answers a documented command with the documented keys and JSON types."""
    bot = BlipMock(World(7), quirks=QUIRKS.get(pair["name"], frozenset()))
    seed(bot, pair)
    headers = {"authorization": f"Key {bot.credentials['key']}"}
    answer = bot.handle(Request("POST", "/commands", "", headers, json.dumps(asked(bot, pair)).encode()))
    assert answer.status == pair["response"]["status"]
    assert missing(pair["response"]["body"], json.loads(answer.body)) == []


def test_most_of_them_are_played() -> None:
    """Of all documented exchanges these many are played; each other one has its reason."""
    assert (len(PLAYED), len(BLIP)) == (89, 163)
