"""What goes wrong by rule, and that no client of ours sends twice because of it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

import msgnb
from msgnb.platforms.registry import get_platform
from msgnb_mocks.core.faults import FAULTS, matrix

TO = {"blip": "551100001111@0mn.io", "netsapiens": "1002", "smsdrop": "+22963588213"}
# What a client may take for "surely not arrived" and send again.
PASSING = {"429", "429-retry-after", "503", "refused", "401"}
# What is no JSON does not pass, and a bot's key can't be renewed.
READS = [
    (platform, kind)
    for platform in TO
    for kind in matrix()
    if kind not in {"html", "garbage", "garbage-after", "wrong-length"}
    and (platform, kind) != ("blip", "401")
]


def hurried(world: Any) -> Any:
    """The same world, whose clients wait on its clock."""
    for name in TO:
        getattr(world, name).connection.http.pause = lambda seconds: world.mocks.clock.advance(
            seconds=seconds
        )
    return world


def operation(world: Any, platform: str) -> str:
    """The operation that sends a text there."""
    getattr(world, platform).send_text(TO[platform], "first", **_sender(platform))
    return str(next(entry.operation for entry in reversed(world.journal.entries) if entry.messages))


def _sender(platform: str) -> dict[str, str]:
    return {"sender": "MyShop"} if platform == "smsdrop" else {}


@pytest.mark.parametrize("platform", TO)
@pytest.mark.parametrize("fault", matrix())
def test_nobody_gets_a_message_twice(world: msgnb.testing.Offline, platform: str, fault: str) -> None:
    """Whatever goes wrong once, a text arrives at most once, and the error says if it may have."""
    hurried(world)
    rule = world.faults.add(fault, operation=operation(world, platform), nth=1)
    client = getattr(world, platform)
    try:
        client.send_text(TO[platform], "second", **_sender(platform))
        outcome = "sent"
    except msgnb.OutcomeUnknown:
        outcome = "unknown"
    except msgnb.MsgnbError:
        outcome = "rejected"
    assert rule.fired == 1
    world.mocks.clock.advance(minutes=1)  # campaigns are on their way for a while
    got = world.received(platform).get(TO[platform], []).count("second")
    assert not world.journal.twice()
    assert got <= 1
    assert got == 1 or outcome != "sent"
    assert got == 0 or outcome != "rejected"
    # Only what proves that nothing was done is tried again.
    documented = [str(status) for status in get_platform(platform).not_processed]
    if fault in PASSING and platform != "blip":
        proven = fault.startswith(("401", "refused", *documented))
        assert outcome == ("sent" if proven else "unknown")


@pytest.mark.parametrize(("platform", "fault"), READS)
def test_a_read_outlives_one_fault(world: msgnb.testing.Offline, platform: str, fault: str) -> None:
    """Reading is tried again after whatever passes, and brings the same as without the fault."""
    client = getattr(hurried(world), platform)
    whole = client.sessions(limit=3)
    rule = world.faults.add(fault, operation=f"{platform}.*", nth=1)
    assert client.sessions(limit=3).equals(whole)
    assert rule.fired == 1


@pytest.mark.parametrize("fault", matrix(server=True))
def test_a_server_plays_every_fault(fault: str) -> None:
    """On a socket each fault looks as it does in the field; the next request is answered."""
    with msgnb.testing.serve() as world:
        url, login = world.credentials["smsdrop"]["url"], world.credentials["smsdrop"]
        world.faults.add(fault, operation="smsdrop.login", nth=1, seconds=0.001)
        form = {"username": login["email"], "password": login["password"]}

        def ask() -> requests.Response:
            return requests.post(f"{url}/api/auth/login", data=form, timeout=(5, 1))

        if fault in {"reset", "reset-after", "truncated"}:
            with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
                ask()
        elif fault == "hang":
            with pytest.raises(requests.ReadTimeout):
                ask()
        else:
            given = FAULTS[fault].response
            assert ask().status_code == (given.status if given else 200)
        assert ask().status_code == 200
        first, second = world.journal.entries
        assert (first.fault, second.fault) == (fault, None)
        assert first.done is (FAULTS[fault].place == "after")


def test_wrong_rules_are_refused_when_they_are_made(world: msgnb.testing.Offline) -> None:
    """Unknown faults and operations are named with those there are, and what needs a socket says so."""
    for arguments, words in (
        (
            {"kind": "503", "operation": "smsdrop.launch"},
            r"no operation 'smsdrop.launch'; there are smsdrop\.",
        ),
        ({"kind": "boom"}, "no fault 'boom'; there are 429"),
        ({"kind": "hang"}, r"'hang' needs a socket: msgnb.testing.serve\(\)"),
        ({"kind": "503", "share": 2}, "2 is no share"),
    ):
        with pytest.raises(ValueError, match=words):
            world.faults.add(**arguments)
    with msgnb.testing.serve() as served, pytest.raises(ValueError, match="can't refuse by operation"):
        served.faults.add("refused")


def test_a_share_is_hit_by_the_seed() -> None:
    """The same seed hits the same requests; a rule that never fired is named."""

    def hits() -> list[int]:
        with msgnb.offline(seed=5) as world:
            hurried(world)
            world.faults.add("500", operation="smsdrop.me", share=0.3)
            world.faults.add("500", operation="smsdrop.me", nth={999})
            token = world.smsdrop.read_me  # signs in, and counts too
            for _ in range(20):
                try:
                    token()
                except msgnb.MsgnbError:
                    continue
            assert [rule.nth for rule in world.faults.unused()] == [frozenset({999})]
            world.faults.clear()
            assert world.faults.rules == []
            return [entry.number for entry in world.journal if entry.fault]

    first = hits()
    assert first == hits()
    assert first
