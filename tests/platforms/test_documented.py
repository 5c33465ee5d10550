"""The clients read what the platforms' documents answer."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from loopback import Loopback, answers

import msgnb
from msgnb import tables

DATA = Path(__file__).resolve().parents[1] / "data"
SESSION = "s" * 32


def pairs(name: str) -> list[dict[str, Any]]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [pair for pair in map(json.loads, lines) if pair.get("request") and pair.get("response")]


BLIP = [
    pair
    for pair in pairs("blip.jsonl")
    if (pair["response"].get("body") or {}).get("status") and "uri" in pair["request"]["body"]
]
NETSAPIENS = [pair for pair in pairs("netsapiens.jsonl") if pair["response"].get("body") is not None]

# Which table a documented answer is one of, by how its uri begins; the longest beginning counts.
BLIP_TABLES = {
    "/contacts?": ("contacts", ()),
    "/threads?": ("sessions", ()),
    "/threads": ("sessions", ()),
    "/threads/": ("messages", ("user@0mn.io",)),
}
NETSAPIENS_TABLES = {
    "messagesessions.user.list": ("sessions", ()),
    "messagesessions.user.list.live-shape": ("sessions", ()),
    "messagesession.get": ("sessions", ()),
    "messages.list": ("messages", (SESSION,)),
    "messages.list.live-shape": ("messages", (SESSION,)),
    "subscriptions.read": ("subscriptions", ()),
    "subscriptions.create": ("subscriptions", ()),
    "subscriptions.create.live": ("subscriptions", ()),
    "subscriptions.list.active.live": ("subscriptions", ()),
}


def table_of(uri: str) -> tuple[str, tuple[str, ...]] | None:
    fitting = [start for start in BLIP_TABLES if uri.startswith(start)]
    return BLIP_TABLES[max(fitting, key=len)] if fitting else None


def is_read_as(frame: pd.DataFrame, name: str, count: int) -> None:
    """It has a row for each item, the contract's types, and something to tell apart by."""
    table = next(table for table in tables.TABLES if table.name == name)
    pd.testing.assert_series_equal(frame.dtypes, table.frame(0, {}).dtypes)
    assert len(frame) == count
    key = {"sessions": "session", "messages": "message", "contacts": "contact"}.get(name, "subscription")
    assert frame[key].notna().all()


BLIP_READ = [pair for pair in BLIP if table_of(pair["request"]["body"]["uri"])]


@pytest.mark.parametrize("pair", BLIP_READ, ids=lambda pair: pair["name"])
def test_blips_answers_are_read_as_tables(loopback: Loopback, pair: dict[str, Any]) -> None:
    """Each documented collection that is one of our tables is read whole, with the table's types."""
    name, arguments = table_of(pair["request"]["body"]["uri"]) or ("", ())
    loopback.script = [answers(pair["response"]["body"])]
    frame = getattr(msgnb.Blip("eDp5", base_url=loopback.url), name)(*arguments)
    is_read_as(frame, name, len(pair["response"]["body"]["resource"]["items"]))


@pytest.mark.parametrize("pair", BLIP, ids=lambda pair: pair["name"])
def test_blips_answers_are_returned_or_raised(loopback: Loopback, pair: dict[str, Any]) -> None:
    """Each documented answer to a command is returned as it is, or is an error with its reason."""
    body = pair["response"]["body"]
    loopback.script = [answers(body)]
    bot = msgnb.Blip("eDp5", base_url=loopback.url)
    if body["status"] == "failure":
        with pytest.raises(msgnb.Rejected, match=re.escape(body["reason"]["description"])):
            bot.process_command(pair["request"]["body"])
    else:
        assert bot.process_command(pair["request"]["body"]) == body


@pytest.mark.parametrize(
    "pair", [pair for pair in NETSAPIENS if pair["name"] in NETSAPIENS_TABLES], ids=lambda pair: pair["name"]
)
def test_netsapiens_answers_are_read_as_tables(loopback: Loopback, pair: dict[str, Any]) -> None:
    """Each documented list that is one of our tables is read whole, with the table's types."""
    name, arguments = NETSAPIENS_TABLES[pair["name"]]
    body = pair["response"]["body"]
    loopback.script = [answers({"access_token": "t", "expires_in": 3600}), answers(body)]
    login = {"client_id": "c", "client_secret": "s", "username": "2500@portal", "password": "p"}
    frame = getattr(msgnb.NetSapiens(loopback.url, **login), name)(*arguments)
    is_read_as(frame, name, len(body) if isinstance(body, list) else 1)


def test_netsapiens_sign_in_is_read(loopback: Loopback) -> None:
    """The documented answer to a sign-in is returned with its end and address."""
    pair = next(pair for pair in NETSAPIENS if pair["name"] == "tokens.password")
    loopback.script = [answers(pair["response"]["body"])]
    request = pair["request"]["body"]
    login = {key: request[key] for key in ("client_id", "client_secret", "username", "password")}
    found = msgnb.NetSapiens(loopback.url, **login).get_token()
    assert loopback.seen[0].json == request
    assert pair["response"]["body"].items() <= found.items()
    assert {"expires_at", "api_url"} == found.keys() - pair["response"]["body"].keys()


def test_the_examples_are_all_of_them() -> None:
    """The documents gave 163 exchanges for BLiP and 53 lines for NetSapiens."""
    assert len(pairs("blip.jsonl")) == 163
    assert len((DATA / "netsapiens.jsonl").read_text(encoding="utf-8").splitlines()) == 53
    assert len(BLIP_READ) >= 6
    assert {pair["name"] for pair in NETSAPIENS} >= NETSAPIENS_TABLES.keys()
