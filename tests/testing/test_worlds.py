"""Worlds that are kept, forked, compared and loaded, and people who answer in them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

import msgnb
from msgnb_mocks import World, applications
from msgnb_mocks.world.snapshots import save

PHONE = "+22963588213"
CUSTOMER = "5511999998888@wa.gw.msging.net"
KIND = "application/vnd.lime.contact+json"
BOT = "demobot@msging.net"
USER = "1002"


def launch(world: msgnb.testing.MockWorld, text: str) -> None:
    world.smsdrop.send_text(PHONE, text, sender="MyShop")


def test_a_fork_leaves_no_trace(world: msgnb.testing.Offline) -> None:
    """After a fork everything is as before: tables, credit, time, what people got, and the journal."""
    before = world.dump(), world.smsdrop.subscriptions(), len(world.journal)
    noon = world.clock.freeze()
    with world.fork():
        launch(world, "only here")
        world.netsapiens.send_message("chat", "only here too", USER)
        world.blip.send_text("551100001111@0mn.io", "and here")
        world.clock.advance(hours=3)
        assert world.received("smsdrop")[PHONE] == ["only here"]
        assert len(world.dump()) == len(before[0]) + 3
    assert world.clock.now() == noon
    assert len(world.journal) == before[2]
    pd.testing.assert_frame_equal(world.dump(), before[0])
    pd.testing.assert_frame_equal(world.smsdrop.subscriptions(), before[1])
    assert not world.received("smsdrop")


def test_a_snapshot_can_be_restored_again_and_again(world: msgnb.testing.Offline) -> None:
    """A snapshot is not touched by what happens after it was restored."""
    kept = world.snapshot()
    for _ in range(3):
        world.restore(kept)
        launch(world, "again")
        assert world.journal.twice() == {}
        assert world.diff(kept).query("kind == 'campaigns' and change == 'added'").shape[0] == 1


def test_clients_outlive_a_restore(world: msgnb.testing.Offline) -> None:
    """A token that was issued after the snapshot is not known any more: the clients sign in again."""
    kept = world.snapshot()
    rows = world.netsapiens.sessions(limit=3)
    world.restore(kept)
    assert world.netsapiens.sessions(limit=3).equals(rows)


def test_a_diff_names_what_became_different(world: msgnb.testing.Offline) -> None:
    """Each thing that was added, removed or changed is one row, with its values before and after."""
    world.smsdrop.subscriptions()
    before = world.snapshot()
    launch(world, "news")
    world.netsapiens.sessions.mark(world.netsapiens.sessions()["session"].iloc[0])
    found = world.diff(before)
    assert list(found.columns) == ["platform", "kind", "key", "change", "before", "after"]
    credit = found[(found.platform == "smsdrop") & (found.kind == "credit")].iloc[0]
    assert (credit["before"], credit["after"], credit["change"]) == (5_000, 4_999, "changed")
    campaign = found[(found.kind == "campaigns") & (found.change == "added")]["after"].item()
    assert campaign.message == "news"
    assert world.diff(before, before).empty


def test_the_history_is_made_once_and_shared_by_nobody() -> None:
    """Two worlds of one seed are equal and independent: what one forgets the other still has."""
    one, other = (applications(World(11)) for _ in range(2))
    for name in one:
        before = save(other[name].state)
        assert list(one[name].history()) == list(other[name].history())
        for value in vars(one[name].state).values():
            if isinstance(value, dict):
                value.clear()
        after = save(other[name].state)
        assert [key for key, value in before.items() if isinstance(value, dict) and value != after[key]] == []


def test_a_frozen_clock_stands_until_it_is_moved(world: msgnb.testing.Offline) -> None:
    """Frozen it shows one moment, moved another one, and from there it runs again."""
    clock = world.clock
    noon = clock.freeze()
    assert clock.now() == clock.now() == noon
    assert clock.advance(minutes=5) == clock.now() == noon + timedelta(minutes=5)
    assert "frozen" in repr(clock)
    clock.run()
    assert not clock.frozen
    assert clock.now() > noon + timedelta(minutes=5)


def test_moving_the_clock_moves_everything(world: msgnb.testing.Offline) -> None:
    """Schedules fire, tokens and subscriptions expire, campaigns proceed, and the penalty of a 429 ends."""
    world.clock.freeze()
    when = world.clock.now() + timedelta(hours=1)
    world.blip.schedules.create("551100001111@0mn.io", "later", at=when)
    launch(world, "now")
    world.netsapiens.sessions(limit=1)
    world.clock.advance(hours=2)
    assert world.received("blip")["551100001111@0mn.io"] == ["later"]
    assert world.smsdrop.campaigns()["status"].iloc[0] == "completed"
    world.netsapiens.sessions(limit=1)
    logins = [entry for entry in world.journal if entry.operation == "netsapiens.create_token"]
    assert len(logins) == 2


def texts(client: msgnb.Client, session: str) -> list[str]:
    return list(client.messages(session).sort_values("at", kind="stable")["text"])


def messages() -> pd.DataFrame:
    at = datetime(2026, 10, 1, 9, tzinfo=UTC)
    rows = [
        ("blip", CUSTOMER, "inbound", CUSTOMER, BOT),
        ("blip", CUSTOMER, "outbound", BOT, CUSTOMER),
        ("netsapiens", "s" * 32, "inbound", "+12125550176", "16195550101"),
        ("netsapiens", "s" * 32, "outbound", "16195550101", "+12125550176"),
        ("netsapiens", "c" * 32, "outbound", "1001", "1002"),
        ("smsdrop", None, "outbound", "MyShop", PHONE),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["platform", "session", "direction", "sender", "recipient"])
    return frame.assign(
        at=[at + timedelta(minutes=n) for n in range(6)], text=[f"text {n}" for n in range(6)]
    )


def test_a_world_starts_from_ones_own_messages(world: msgnb.testing.Offline) -> None:
    """What a table holds is what the clients read, and nothing else."""
    assert world.load(messages()) == 6
    assert list(world.blip.sessions()["session"]) == [CUSTOMER]
    assert texts(world.blip, CUSTOMER) == ["text 0", "text 1"]
    assert set(world.netsapiens.sessions()["session"]) == {"s" * 32, "c" * 32}
    assert texts(world.netsapiens, "s" * 32) == ["text 2", "text 3"]
    assert set(world.netsapiens.messages("s" * 32)["direction"]) == {"inbound", "outbound"}
    assert list(world.smsdrop.campaigns()["text"]) == ["text 5"]


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl", ".parquet"])
def test_a_dump_is_a_world_that_can_be_loaded(
    world: msgnb.testing.Offline, tmp_path: Path, suffix: str
) -> None:
    """Written and read again, in every format, a world says the same."""
    path = tmp_path / f"world{suffix}"
    before = world.dump(path)
    world.load(path)
    after = world.dump()
    keys = ["platform", "session", "at", "message", "recipient"]
    columns = [*keys, "direction", "text", "kind", "media_size"]
    one, other = (
        each.sort_values(keys, kind="stable")[columns].reset_index(drop=True) for each in (before, after)
    )
    assert len(one) == len(other)
    # A service that takes whole seconds, or ids of its own, keeps no more than that.
    told = one["platform"] != "smsdrop"
    pd.testing.assert_frame_equal(
        one[told].drop(columns="kind").reset_index(drop=True),
        other[other["platform"] != "smsdrop"].drop(columns="kind").reset_index(drop=True),
        check_dtype=False,
    )


def test_wrong_messages_are_named(world: msgnb.testing.Offline, tmp_path: Path) -> None:
    """A missing column, an odd direction, a bad time, an unknown platform or format: each says which."""
    good = messages()
    for frame, words in (
        (good.drop(columns=["text"]), "the columns text are missing; there are platform"),
        (good.assign(direction="up"), "row 0: the direction 'up' is not inbound or outbound"),
        (good.assign(at="yesterday"), "row 0: 'yesterday' is no time like 2026"),
        (good.assign(platform="irc"), "row 0: no platform 'irc'; there are blip"),
        (good.assign(sender=""), "row 0: there is no sender"),
    ):
        with pytest.raises(ValueError, match=words):
            world.load(frame)
    with pytest.raises(ValueError, match=r"world.xlsx is no file of messages"):
        world.dump(tmp_path / "world.xlsx")


def test_people_answer_by_rule(world: msgnb.testing.Offline) -> None:
    """Who hears what fits answers, at once or later, on the session it was said in."""
    at_once = world.people.answer("Sim!", hears="confirm", platform="blip")
    later = world.people.answer(lambda heard: heard.upper(), platform="netsapiens", after=30)
    who = world.blip.sessions()["session"].iloc[0]
    world.blip.send_text(who, "Can you confirm?")
    world.clock.advance(seconds=1)
    world.blip.send_text(who, "Thanks")
    assert sorted(texts(world.blip, who)[-3:-1]) == ["Can you confirm?", "Sim!"]
    world.clock.freeze()
    sent = world.netsapiens.send_message("sms", "hello", "12125550176", from_number="16195550101")
    session = sent["messagesession-id"]
    assert texts(world.netsapiens, session) == ["hello"]
    world.clock.advance(seconds=31)
    assert texts(world.netsapiens, session) == ["hello", "HELLO"]
    assert (at_once.answered, later.answered) == (1, 1)
    world.people.clear()
    world.blip.send_text(who, "Can you confirm?")
    assert at_once.answered == 1


def test_people_refuse_what_they_cannot_do(world: msgnb.testing.Offline) -> None:
    """Nobody answers a campaign, on a platform that there is not, or before they were asked."""
    for arguments, words in (
        ({"platform": "smsdrop"}, "nobody can answer a campaign"),
        ({"platform": "irc"}, "no platform 'irc'"),
        ({"after": -1}, "can't come 1 s before"),
    ):
        with pytest.raises(ValueError, match=words):
            world.people.answer("Yes", **arguments)


def test_strict_refuses_what_is_only_inferred() -> None:
    """In strict mode an operation that nobody documents is refused, in words; the others answer."""
    with msgnb.offline(strict=True) as world:
        assert len(world.smsdrop.campaigns()) > 3
        with pytest.raises(
            msgnb.MsgnbError, match=r"strict mode: smsdrop\.campaigns\.retry is only inferred"
        ):
            world.smsdrop.retry_campaign(world.smsdrop.campaigns()["campaign"].iloc[0])


def test_each_answer_says_how_sure_it_is() -> None:
    """The evidence of the operation is a header of its answer, on a socket too."""
    import requests

    with msgnb.testing.serve() as world:
        url, login = world.credentials["smsdrop"]["url"], world.credentials["smsdrop"]
        form = {"username": login["email"], "password": login["password"]}
        assert requests.post(f"{url}/auth/login", data=form).headers["X-Msgnb-Evidence"] == "seen"
        assert "X-Msgnb-Evidence" not in requests.get(f"{url}/nowhere").headers
        blip = world.credentials["blip"]
        headers = {"Authorization": f"Key {blip['key']}"}
        command = {"id": "1", "method": "get", "uri": "/contacts"}
        answer = requests.post(f"{blip['url']}/commands", json=command, headers=headers)
        assert answer.headers["X-Msgnb-Evidence"] == "documented"


def test_the_journal_knows_who_did_not_obey(world: msgnb.testing.Offline) -> None:
    """Coming too early, going over the budget and sending twice are told; a client that waits obeys."""
    world.faults.add("429-retry-after", operation="smsdrop.campaigns.list", nth=1)
    world.smsdrop.connection.http.pause = lambda seconds: world.clock.advance(seconds=seconds)
    world.smsdrop.campaigns()
    world.journal.assert_obeyed()
    world.faults.clear()
    world.faults.add("429-retry-after", operation="smsdrop.campaigns.list", nth=1)
    world.clock.freeze()
    world.smsdrop.connection.http.pause = lambda _seconds: None
    world.smsdrop.campaigns()
    launch(world, "hello")
    launch(world, "hello")
    found = world.journal.disobeyed()
    assert re.fullmatch(r"#\d+ came 2\.0 s too early: #\d+ said 2 s", found[0])
    assert found[1] == f"2 times 'hello' to {PHONE} on smsdrop"
    with pytest.raises(AssertionError, match="the client did not obey:\n  #"):
        world.journal.assert_obeyed()


def test_a_budget_that_is_overdrawn_is_told() -> None:
    """More commands than the plan takes in a second are refused, and that is told."""
    with msgnb.offline(quirks={"free-plan"}) as world:
        world.clock.freeze()
        world.blip.connection.http.pause = lambda seconds: world.clock.advance(seconds=seconds)
        for number in range(4):
            try:
                world.blip.send_text("551100001111@0mn.io", f"number {number}")
            except msgnb.MsgnbError:
                break
        assert any("more was asked than the plan allows" in words for words in world.journal.disobeyed())


def test_what_no_document_names_is_told(world: msgnb.testing.Offline) -> None:
    """A name that a client invents is told once; what our own clients send is all documented."""
    world.smsdrop.campaigns()
    launch(world, "hello")
    world.blip.contacts()
    world.netsapiens.sessions(limit=2)
    assert world.journal.undocumented() == []
    contact = {"identity": "551100001111@0mn.io", "naem": "Ana"}
    for _ in range(2):
        world.blip.process_command({"method": "set", "uri": "/contacts", "type": KIND, "resource": contact})
    assert world.journal.undocumented() == ["blip.contacts.set: nobody documents the sent resource.naem"]


@pytest.mark.parametrize("kind", ["stale-page", "duplicate-page"])
def test_pages_come_once_more(world: msgnb.testing.Offline, kind: str) -> None:
    """A list that is stale hides what was just written; a page that comes twice adds no message twice."""
    who = world.dump().query("platform == 'blip'")["session"].mode().item()
    rule = world.faults.add(kind, operation="blip.threads.get", nth=2)
    if kind == "stale-page":
        before = world.blip.messages(who, limit=5)
        world.blip.send_text(who, "new")
        assert world.blip.messages(who, limit=5).equals(before)
        assert "new" in set(world.blip.messages(who, limit=5)["text"])
    else:
        found = world.blip.messages(who)
        assert found["message"].is_unique
    assert rule.fired == 1


def test_a_latency_takes_the_worlds_time(world: msgnb.testing.Offline) -> None:
    """In process a late answer moves the clock instead of taking time."""
    noon = world.clock.freeze()
    world.faults.add("latency", operation="smsdrop.campaigns.list", seconds=30)
    world.smsdrop.campaigns()
    assert world.clock.now() == noon + timedelta(seconds=30)
