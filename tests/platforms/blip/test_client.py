"""The BLiP client: what leaves, and what comes back."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd
import pytest
from loopback import Loopback, answers, drops

import msgnb
from msgnb import tables
from msgnb.platforms.blip.content import parse_text
from msgnb.platforms.blip.identities import parse_channel
from msgnb_mocks import World
from msgnb_mocks.hosting.inprocess import InProcess
from msgnb_mocks.platforms.blip import QUIRKS

KEY = "Ym90OmNhbmFyeS00NzEx"
TRACKS = {"to": "postmaster@analytics.msging.net", "method": "get", "uri": "/event-track"}


def success(**resource: Any) -> Any:
    return answers({"method": "get", "status": "success", "id": "1", **resource})


def failure(code: int | None, description: str) -> Any:
    reason = {"description": description} | ({} if code is None else {"code": code})
    return answers({"method": "get", "status": "failure", "id": "1", "reason": reason})


@pytest.fixture
def bot(loopback: Loopback) -> msgnb.Blip:
    client = msgnb.Blip(KEY, base_url=loopback.url)
    client.connection.http.pause = lambda _: None
    return client


@pytest.mark.parametrize("key", [KEY, f"Key {KEY}", f"  Key {KEY}\n"])
def test_the_key_is_sent_with_its_word(loopback: Loopback, key: str) -> None:
    """However the key is given, `Key …` is sent, and the account is the bot that owns it."""
    loopback.script = [success(resource={})]
    bot = msgnb.Blip(key, base_url=loopback.url)
    bot.process_command(TRACKS)
    assert loopback.seen[0].headers["authorization"] == f"Key {KEY}"
    assert bot.account == "bot@msging.net"


def test_the_organization_chooses_the_host() -> None:
    """With an organization the contract's own host is used, without it the shared one."""
    assert msgnb.Blip(KEY, "acme").connection.http.base_url == "https://acme.http.msging.net"
    assert msgnb.Blip(KEY).connection.http.base_url == "https://http.msging.net"


def test_the_key_shows_nowhere(loopback: Loopback, bot: msgnb.Blip) -> None:
    """Neither the client's repr nor an error holds the key."""
    loopback.script = [answers({"reason": {"description": f"bad {KEY}"}}, status=401)]
    with pytest.raises(msgnb.AuthError) as caught:
        bot.process_command(TRACKS)
    assert KEY not in str(caught.value) + repr(bot) + repr(vars(bot))


def test_a_command_gets_an_id_and_stays_as_it_is(loopback: Loopback, bot: msgnb.Blip) -> None:
    """A command without an id is sent with a new one; the caller's dict is not changed."""
    loopback.script = [success(resource={"items": []})]
    command = copy.deepcopy(TRACKS)
    answer = bot.process_command(command)
    bot.process_command({**command, "id": "mine"})
    sent = [seen.json for seen in loopback.seen]
    assert command == TRACKS
    assert {key: sent[0][key] for key in TRACKS} == TRACKS
    assert len(sent[0]["id"]) == 32
    assert sent[1]["id"] == "mine"
    assert answer["resource"] == {"items": []}
    assert loopback.seen[0].path == "/commands"


@pytest.mark.parametrize(
    ("code", "description", "kind"),
    [
        (60, "Invalid list identifier", msgnb.Rejected),
        (67, "The requested resource was not found", msgnb.NotFound),
        (None, "The requested resource was not found", msgnb.NotFound),
        (None, "The take parameter can not be greater than 100", msgnb.Rejected),
    ],
)
def test_a_failure_is_an_error_with_its_reason(
    loopback: Loopback, bot: msgnb.Blip, code: int | None, description: str, kind: type[msgnb.Rejected]
) -> None:
    """HTTP 200 with `failure` raises, with the LIME reason, after one request."""
    loopback.script = [failure(code, description)]
    with pytest.raises(kind, match=description) as caught:
        bot.process_command(TRACKS)
    assert (caught.value.code, caught.value.reason) == (code, description)
    assert len(loopback.seen) == 1


def test_only_get_is_repeated(loopback: Loopback, bot: msgnb.Blip) -> None:
    """A lost answer repeats a `get` under its id; for a `set` the outcome is unknown, with the id."""
    loopback.script = [drops, success(), drops]
    bot.process_command(TRACKS)
    assert loopback.seen[0].json["id"] == loopback.seen[1].json["id"]
    with pytest.raises(msgnb.OutcomeUnknown) as caught:
        bot.process_command({"id": "c1", "method": "set", "uri": "/contacts", "resource": {}})
    assert caught.value.id == "c1"
    assert len(loopback.seen) == 3


def test_force_command_tries_again_under_one_id(loopback: Loopback, bot: msgnb.Blip) -> None:
    """It tries as often as it is told, with pauses that grow from the one told, until it gets through."""
    naps: list[float] = []
    bot.connection.http.pause = naps.append
    loopback.script = [answers(status=503), drops, success(resource={"n": 1})]
    assert bot.force_command(TRACKS, 4, 0.5)["resource"] == {"n": 1}
    assert len({seen.json["id"] for seen in loopback.seen}) == 1
    assert [nap for nap in naps if nap] == [0.5, 1.0]


def test_force_command_says_why_the_last_attempt_failed(loopback: Loopback, bot: msgnb.Blip) -> None:
    """When it gives up, the error is that of the last attempt."""
    loopback.script = [drops, answers(status=503)]
    with pytest.raises(msgnb.Unreachable, match="HTTP 503") as caught:
        bot.force_command(TRACKS, 3, 0)
    assert caught.value.__notes__ == ["This was the last of 3 attempts."]
    assert len(loopback.seen) == 3


@pytest.mark.parametrize(
    ("fault", "kind"), [(failure(60, "no"), msgnb.Rejected), (drops, msgnb.OutcomeUnknown)]
)
def test_force_command_does_not_force_what_may_be_done(
    loopback: Loopback, bot: msgnb.Blip, fault: Any, kind: type[Exception]
) -> None:
    """What was refused, or may have been carried out, is not sent a second time."""
    loopback.script = [fault, success()]
    with pytest.raises(kind):
        bot.force_command({"method": "set", "uri": "/lists", "resource": {}}, 4, 0)
    assert len(loopback.seen) == 1


def test_a_message_gets_an_id(loopback: Loopback, bot: msgnb.Blip) -> None:
    """A message leaves once with an id, which is returned; the caller's dict is not changed."""
    loopback.script = [answers(status=202)]
    message = {"to": "551100001111@0mn.io", "type": "text/plain", "content": "Olá"}
    sent = bot.send_message(message)
    assert "id" not in message
    assert loopback.seen[0].json == {"id": sent["id"], **message}
    assert loopback.seen[0].path == "/messages"


def test_a_lost_message_is_unknown(loopback: Loopback, bot: msgnb.Blip) -> None:
    """A message whose answer got lost is posted once and called unknown, by its id."""
    loopback.script = [drops]
    with pytest.raises(msgnb.OutcomeUnknown) as caught:
        bot.send_text("551100001111@0mn.io", "hi")
    assert caught.value.id == loopback.seen[0].json["id"]
    assert len(loopback.seen) == 1


def test_an_answer_that_is_no_command_is_no_answer(loopback: Loopback, bot: msgnb.Blip) -> None:
    """JSON that is no command makes a read Unreachable and a write unknown."""
    loopback.script = [answers({"hello": "world"})]
    with pytest.raises(msgnb.Unreachable, match="not the answer to this request"):
        bot.process_command(TRACKS)
    with pytest.raises(msgnb.OutcomeUnknown):
        bot.process_command({"method": "set", "uri": "/contacts", "resource": {}})


def uris(loopback: Loopback) -> list[str]:
    return [unquote(seen.json["uri"]) for seen in loopback.seen]


def test_lists_are_read_to_the_end(loopback: Loopback, bot: msgnb.Blip) -> None:
    """Contacts are read in full pages until a short one, from the address of the CRM."""
    full = [{"identity": f"{number}@0mn.io"} for number in range(1000)]
    page = {"resource": {"items": full}}
    loopback.script = [success(**page), success(resource={"items": [{"identity": "last@0mn.io"}]})]
    contacts = bot.contacts()
    assert len(contacts) == 1001
    assert uris(loopback) == ["/contacts?$skip=0&$take=1000", "/contacts?$skip=1000&$take=1000"]
    assert {seen.json["to"] for seen in loopback.seen} == {"postmaster@crm.msging.net"}


def test_a_limit_asks_for_no_more(loopback: Loopback, bot: msgnb.Blip) -> None:
    """With a limit only that many rows are asked for."""
    loopback.script = [success(resource={"items": [{"identity": "a@0mn.io"}, {"identity": "b@0mn.io"}]})]
    assert len(bot.sessions(limit=2)) == 2
    assert uris(loopback) == ["/threads?$skip=0&$take=2"]


@pytest.mark.parametrize("quirks", [frozenset[str](), frozenset({"blip:inclusive-storage-date"})])
def test_a_long_thread_is_read_whole(quirks: frozenset[str]) -> None:
    """A thread longer than any page is read without a gap or a double, whichever way the bound is treated."""
    world = World(7)
    with InProcess(world, quirks=quirks) as inside:
        state = inside.applications["blip"].state  # type: ignore[attr-defined]
        session = max(state.threads, key=lambda identity: len(state.threads[identity]))
        bot = msgnb.Blip(inside.credentials["blip"]["key"])
        messages = bot.messages(session)
        latest = bot.messages(session, limit=150)
    wanted = [message.id for message in state.threads[session]]
    assert len(wanted) > 300
    assert sorted(messages["message"]) == sorted(wanted)
    assert messages["at"].is_monotonic_decreasing
    assert list(latest["message"]) == list(messages["message"][:150])


@pytest.mark.parametrize("quirk", QUIRKS)
def test_the_client_reads_every_reading_of_the_contract(quirk: str) -> None:
    """Tables have rows, and what is missing is missed, whichever second reading the server plays."""
    with InProcess(World(7), quirks=frozenset({f"blip:{quirk}"})) as inside:
        bot = msgnb.Blip(inside.credentials["blip"]["key"])
        assert min(len(bot.sessions()), len(bot.contacts()), len(bot.subscriptions())) > 10
        with pytest.raises(msgnb.NotFound):
            bot.process_command({"method": "get", "uri": "/contacts/nobody@0mn.io"})


def test_a_thread_is_walked_by_date(loopback: Loopback, bot: msgnb.Blip) -> None:
    """The second page is asked for from one millisecond after the oldest row of the first."""
    rows = [
        {"id": str(number), "direction": "sent", "date": f"2026-01-01T00:00:{59 - number // 2:02d}.000Z"}
        for number in range(100)
    ]
    loopback.script = [success(resource={"items": rows}), success(resource={"items": rows[-1:]})]
    assert len(bot.messages("a@0mn.io")) == 100
    query = parse_qs(urlsplit(loopback.seen[1].json["uri"]).query)
    assert query["storageDate"] == ["2026-01-01T00:00:10.001Z"]
    assert query["direction"] == ["desc"]


@pytest.mark.parametrize("name", ["sessions", "contacts", "subscriptions", "campaigns"])
def test_empty_tables_have_their_columns(loopback: Loopback, bot: msgnb.Blip, name: str) -> None:
    """An empty answer, also one without items, gives the same columns and types as a full one."""
    loopback.script = [success()]
    table = next(table for table in tables.TABLES if table.name == name)
    pd.testing.assert_series_equal(getattr(bot, name)().dtypes, table.frame(0, {}).dtypes)


def test_raw_adds_the_wire_object(world: msgnb.testing.Offline) -> None:
    """With `raw` the platform's object is the last column."""
    sessions = world.blip.sessions(limit=3, raw=True)
    assert sessions.columns[-1] == "raw"
    assert sessions["raw"][0]["identity"] == sessions["session"][0]


def test_subscriptions_are_memberships(world: msgnb.testing.Offline) -> None:
    """Each member of each list is a row."""
    found = world.blip.subscriptions()
    assert set(found["kind"]) == {"list"}
    assert found["topic"].nunique() == 4
    assert found["subscription"].is_unique
    assert len(world.blip.subscriptions(limit=60)) == 60


def test_campaigns_are_read_in_the_platforms_casing(world: msgnb.testing.Offline) -> None:
    """Campaigns have their title, kind and state."""
    found = world.blip.campaigns()
    assert set(found["kind"]) <= {"INDIVIDUAL", "BATCH"}
    assert set(found["status"]) <= {"completed", "scheduled", "sending"}
    assert found["created_at"].notna().all()


def test_what_is_sent_is_the_latest_message(world: msgnb.testing.Offline) -> None:
    """A text is the first row of its session, and its session the first of all."""
    session = world.blip.sessions()["session"][3]
    result = world.blip.send_text(session, "Olá 🚚")
    latest = world.blip.messages(session, limit=1)
    assert (latest["message"][0], latest["text"][0], latest["direction"][0]) == (
        result.message,
        "Olá 🚚",
        "outbound",
    )
    assert world.blip.sessions()["session"][0] == session


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("hello", "hello"),
        (
            {"text": "Choose", "options": [{"text": "First"}, {"order": 2, "text": "Second"}]},
            "Choose [First] [Second]",
        ),
        ({"type": "image/jpeg", "uri": "https://x/y.jpg"}, "https://x/y.jpg"),
        ({"type": "image/jpeg", "uri": "https://x/y.jpg", "text": "look"}, "look"),
        ({"latitude": -19.9, "longitude": -43.9}, "-19.9, -43.9"),
        ({"type": "template", "template": {"name": "order"}}, "order"),
        ({"label": {"type": "text/plain", "value": "Name?"}}, "Name?"),
        ({"itemType": "x", "items": [1]}, '{"itemType":"x","items":[1]}'),
        (None, None),
    ],
)
def test_contents_have_their_text(content: Any, text: str | None) -> None:
    """What a person would read stands for a content; what has no text is shown as JSON."""
    assert parse_text(content) == text


def test_channels_are_told_by_domain() -> None:
    """The domain of an identity is its channel."""
    assert parse_channel("5511@wa.gw.msging.net/instance") == "whatsapp"
    assert parse_channel("x@0mn.io") == "chat"
    assert parse_channel("x@unheard.of") == "other"


def test_the_time_is_asked_for_if_no_response_told_it(world: msgnb.testing.Offline) -> None:
    """Before the first response, the platform's time takes a ping; after it, no request."""
    asked: list[msgnb.Attempt] = []
    login = world.credentials["blip"]
    client = msgnb.Blip(login["key"], base_url=login["url"], on_attempt=asked.append)
    for _ in range(2):
        assert abs(client.connection.now() - world.clock.now()) < timedelta(seconds=5)
    assert len(asked) == 1


def test_the_bot_is_the_sender(loopback: Loopback, bot: msgnb.Blip) -> None:
    """Another sender is refused, and nothing is sent."""
    for send in (bot.send, bot.send_text):
        with pytest.raises(msgnb.InvalidRequest, match="sends as the bot, not as 'MyShop'; leave it out"):
            send("551100001111@0mn.io", "hi", sender="MyShop")
    assert not loopback.seen
