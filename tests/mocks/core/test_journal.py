"""What the mocks were asked: kept, found again, and asserted on."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
import requests

import msgnb
import msgnb_mocks
from msgnb_mocks.core import journal as journals

ANA, BIA = "+22963588213", "+5511999998888"


def test_every_request_is_kept(world: msgnb.testing.Offline) -> None:
    """Each request has its platform, operation and answer, in the order in which it came."""
    world.smsdrop.campaigns(limit=1)
    world.blip.contacts(limit=1)
    world.netsapiens.send_text("1002", "Hi")
    names = [entry.operation for entry in world.journal]
    assert names[:2] == ["smsdrop.login", "smsdrop.campaigns.list"]
    assert "blip.contacts.list" in names
    assert names[-1] is not None
    assert names[-1].startswith("netsapiens.")
    last = world.journal.entries[-1]
    assert (last.platform, last.method, last.status) == ("netsapiens", "POST", 202)
    assert last.request["message"] == "Hi"
    assert [entry.number for entry in world.journal] == list(range(1, len(world.journal) + 1))
    assert "'Hi' to 1002" in repr(last)


def test_no_secret_is_kept_readable(world: msgnb.testing.Offline) -> None:
    """Passwords, tokens and keys are in no entry, neither asked nor answered."""
    world.smsdrop.campaigns(limit=1)
    world.netsapiens.sessions(limit=1)
    secrets = [world.credentials["smsdrop"]["password"], world.credentials["netsapiens"]["password"]]
    shown = "".join(f"{entry!r} {entry.path} {entry.request} {entry.response}" for entry in world.journal)
    assert not any(secret in shown for secret in secrets)
    assert "'access_token': 'hidden'" in shown


def test_what_was_sent_is_found_on_every_platform(world: msgnb.testing.Offline) -> None:
    """A message is found by recipient, text, pattern and platform, for each of its recipients."""
    world.smsdrop.send_text(ANA, "Hello", sender="MyShop")
    world.netsapiens.send_text(["1002", "1004"], "Hello")
    world.blip.send_text("551100001111@0mn.io", "Hello $5")
    world.blip.schedules.create("551100001111@0mn.io", "Later", at=timedelta(hours=1))
    journal = world.journal
    assert [said.to for said in journal.sent(text="Hello")] == [ANA, "1002", "1004"]
    assert len(journal.sent(to=ANA.removeprefix("+"))) == 1
    assert len(journal.sent(text=re.compile(r"\$\d"))) == 1
    assert [said.text for said in journal.sent(platform="blip")] == ["Hello $5", "Later"]
    journal.assert_sent_once(to=ANA, text="Hello")
    journal.assert_not_sent(to=BIA)


def test_a_failed_assertion_says_what_was_sent_instead(world: msgnb.testing.Offline) -> None:
    """It has what was wanted, how often that came, or else what came instead, the nearest first."""
    journal = world.journal
    with pytest.raises(AssertionError, match=r"'Hi' was not sent; nothing was sent at all, in 0 requests"):
        journal.assert_sent_once(text="Hi")
    world.smsdrop.send_text(BIA, "Something else", sender="MyShop")
    world.smsdrop.send_text(ANA, "Hello Anna", sender="MyShop")
    with pytest.raises(AssertionError) as failed:
        journal.assert_sent_once(to=ANA, text="Hello Ana")
    lines = str(failed.value).splitlines()
    assert lines[0] == f"'Hello Ana' to {ANA} was not sent; what was sent, the nearest of 2 first:"
    assert "'Hello Anna'" in lines[1]
    world.smsdrop.send_text(ANA, "Hello Anna", sender="MyShop")
    with pytest.raises(AssertionError, match=r"was sent 2 times: in #\d+, #\d+"):
        journal.assert_sent_once(to=ANA, text="Hello Anna")
    with pytest.raises(AssertionError, match="was sent, though it should not have been: in #"):
        journal.assert_not_sent(to=ANA)
    assert journal.twice() == {("smsdrop", ANA, "Hello Anna"): 2}


def test_a_request_is_waited_for(world: msgnb.testing.Offline) -> None:
    """Waiting ends with the request that fits; without one it says what came instead."""
    later = threading.Timer(0.05, world.smsdrop.read_me)
    later.start()
    entry = world.journal.wait_for(lambda each: each.operation == "smsdrop.me", timeout=10)
    assert entry.status == 200
    later.join()
    with pytest.raises(TimeoutError, match=r"(?s)no such request within 0.01 s; the last ones:.*smsdrop.me"):
        world.journal.wait_for(lambda each: each.operation == "smsdrop.none", timeout=0.01)


def test_the_journal_is_a_table_too(world: msgnb.testing.Offline) -> None:
    """As a table it has a row for each request; cleared, it has none."""
    world.netsapiens.send_text(["1002", "1004"], "Hello")
    frame = world.journal.frame()
    row = frame.iloc[-1]
    assert (row["platform"], row["recipients"], row["text"]) == ("netsapiens", "1002,1004", "Hello")
    assert row["at"] - datetime(2026, 11, 2, 12, tzinfo=UTC) < timedelta(minutes=1)
    assert "requests, 1 of them with messages" in repr(world.journal)
    world.journal.clear()
    assert len(world.journal) == 0


def test_servers_keep_a_journal_too() -> None:
    """Other people's clients on a port leave the same entries, wrong ones too."""
    with msgnb_mocks.serve(seed=7) as servers:
        url = servers.credentials["smsdrop"]["url"]
        requests.post(f"{url}/api/nowhere?token=canary", data={"password": "canary"}, timeout=10)
        requests.post(f"{servers.credentials['blip']['url']}/messages", data=b"{no json", timeout=10)
        first, second = servers.journal.entries
    assert (first.operation, first.status, first.messages) == (None, 404, ())
    assert "canary" not in f"{first!r} {first.path} {first.request}"
    assert (second.operation, second.request) == ("blip.messages", "{no json")


def test_large_answers_are_dropped_but_not_what_was_said(
    world: msgnb.testing.Offline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is bounded: of old requests the answers go first, and what was sent stays."""
    monkeypatch.setattr(journals, "MOST_BYTES", 3_000)
    world.netsapiens.send_text("1002", "Hello")
    world.netsapiens.sessions()
    world.netsapiens.contacts()
    assert sum(entry.size for entry in world.journal) <= 3_000
    world.journal.assert_sent_once(text="Hello")
    assert world.journal.entries[1].response is None


def test_many_at_once_are_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests of many threads are all there, in their order, also while answers are dropped."""
    monkeypatch.setattr(journals, "MOST_BYTES", 1_000)
    with msgnb_mocks.serve(seed=7) as servers:
        url = f"{servers.credentials['smsdrop']['url']}/api/nowhere"

        def ask() -> None:
            with requests.Session() as session:
                for _ in range(50):
                    session.get(url, timeout=10)

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [entry.number for entry in servers.journal] == list(range(1, 401))
