"""The platforms in this process, with ready clients."""

from __future__ import annotations

import socket

import pytest
import requests

import msgnb

PING = {"method": "get", "uri": "/ping"}


def test_quirks_are_switched_on_by_name() -> None:
    """A quirk is named with its platform or, where only one has it, without; an unknown one is an error."""
    for quirk in ("numeric-text", "netsapiens:numeric-text"):
        with msgnb.offline(quirks={quirk}) as world:
            assert any(type(row["number"]) is int for row in world.netsapiens.numbers(raw=True)["raw"])
    with pytest.raises(ValueError, match="unknown quirks nonsense; known are"):
        msgnb.offline(quirks={"nonsense"})


def test_somebody_else_writes(world: msgnb.testing.Offline) -> None:
    """On BLiP a contact's message is in its thread, on SMSDrop nobody can write, elsewhere is nobody."""
    to = world.blip.sessions()["session"][0]
    world.receive("blip", from_=to, to="demobot@msging.net", text="Olá")
    world.receive("blip", from_=to, to="demobot", text="see", media=("image/png", 7))
    latest = world.blip.messages(to, limit=2)
    assert list(latest["direction"]) == ["inbound", "inbound"]
    assert list(latest["media_type"].fillna("")) == ["image/png", ""]
    for platform, more, words in (
        ("blip", {"to": "otherbot"}, "is not the bot; it is demobot@msging.net"),
        ("blip", {"from_": "ana"}, "is no identity"),
        ("smsdrop", {}, "nobody can answer a campaign"),
        ("telegram", {}, "no platform 'telegram'; there are blip"),
    ):
        with pytest.raises(ValueError, match=words):
            world.receive(platform, **({"from_": to, "to": "demobot", "text": "x"} | more))


def test_clients_are_ready(world: msgnb.testing.Offline) -> None:
    """Each platform's client reads at once, with the credentials of the world."""
    assert len(world.blip.sessions()) > 10
    assert len(world.netsapiens.sessions()) > 10
    assert len(world.smsdrop.sessions()) > 10
    assert world.blip is world.blip
    assert set(world.credentials) == {"blip", "netsapiens", "smsdrop", "further", "ca"}


def test_clients_are_found_by_name(world: msgnb.testing.Offline) -> None:
    """A world lists its platforms for tab completion, and has the client of each under its name, once."""
    assert world.platforms[:3] == ("blip", "netsapiens", "smsdrop")
    assert set(world.platforms) <= set(dir(world))
    assert world.client("smsdrop") is world.smsdrop
    assert world.smsdrop.connection.campaign_rate is None
    assert world.applications["smsdrop"].state.credit == 5_000
    with pytest.raises(AttributeError, match="'Offline' object has no attribute 'telegram'"):
        _ = world.telegram
    with pytest.raises(msgnb.SettingsError, match="no platform 'telegram'"):
        world.client("telegram")


def test_clients_pause_as_the_world_says(world: msgnb.testing.Offline) -> None:
    """A world's pause is what its clients do instead of waiting."""
    pauses: list[float] = []
    world.pause = pauses.append
    world.faults.add("429-retry-after", operation="smsdrop.me", nth=1)
    assert world.smsdrop.read_me().email
    assert pauses == [2.0]


def test_the_same_seed_reads_the_same() -> None:
    """Two worlds of one seed give equal tables, another one does not."""
    found = []
    for seed in (7, 7, 8):
        with msgnb.offline(seed) as world:
            session = world.netsapiens.sessions()["session"][0]
            found.append(world.netsapiens.messages(session))
    assert found[0].equals(found[1])
    assert not found[0].equals(found[2])


def test_every_other_host_is_refused(world: msgnb.testing.Offline) -> None:
    """A client of another host is told that offline mode is on; nothing was sent, so it is not unknown."""
    bot = msgnb.Blip("eDp5", base_url="https://blip.example.com")
    bot.connection.http.pause = lambda _: None
    with pytest.raises(msgnb.Unreachable, match=r"offline mode is on .*: blip\.example\.com is refused"):
        bot.send_text("5511@wa.gw.msging.net", "hi")


def test_a_started_world_replaces_the_one_before() -> None:
    """A cell that is run again leaves one world behind, which `stop` ends."""
    first = msgnb.offline(seed=7).start()
    first.blip.process_command(PING)
    second = msgnb.offline(seed=8).start()
    second.blip.process_command(PING)
    with pytest.raises(msgnb.Unreachable, match="its mock world is not running"):
        first.blip.process_command(PING)
    second.stop()
    with pytest.raises(Exception, match=r"(?i)network|resolve|refused"):
        requests.get("https://http.msging.net", timeout=5)


@pytest.mark.parametrize("platform", ["blip", "netsapiens", "smsdrop"])
def test_a_client_reaches_nothing_outside_the_life_of_its_world(
    monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """Before the start and after the end of its world, a client never connects, and says what to do."""
    connected: list[object] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **_: connected.append(args))
    world = msgnb.offline()
    client = world.client(platform)
    with pytest.raises(msgnb.Unreachable, match=r"world\.start\(\) starts it"):
        client.sessions()
    world.start()
    assert len(client.sessions(limit=3)) == 3
    world.stop()
    with pytest.raises(msgnb.Unreachable, match="nothing was sent"):
        client.sessions()
    assert connected == []


def test_a_client_of_a_world_stays_in_it() -> None:
    """Two worlds at once, each client reaches its own."""
    with msgnb.offline(7) as outer, msgnb.offline(8) as inner:
        outer.smsdrop.send_text("+22963588213", "Hello", sender="MyShop")
        outer.clock.advance(minutes=5)
        assert outer.received("smsdrop")
        assert not inner.received("smsdrop")


def test_a_world_inside_a_world_gives_way_again() -> None:
    """After an inner world has ended the outer one is there again."""
    with msgnb.offline(7) as outer, msgnb.offline(8) as inner:
        inner.blip.process_command(PING)
        inner.stop()
        assert outer.blip.process_command(PING)["status"] == "success"
        inner.__enter__()


def test_its_repr_says_what_is_in_it(world: msgnb.testing.Offline) -> None:
    """In a notebook a world tells its people, messages, campaigns and time."""
    assert repr(world).startswith("<Offline world, seed 7: 120 people, ")
    assert "02 November 2026" in repr(world)


def test_what_was_really_received_is_counted(world: msgnb.testing.Offline) -> None:
    """Each platform's mock tells what its phones, users and identities got; another platform is refused."""
    world.netsapiens.send_text("12125550176", "one", sender="16195550101")
    world.netsapiens.send_text("1002", "two")
    world.blip.send_text("5511999998888@wa.gw.msging.net", "three")
    assert world.received("netsapiens") == {"12125550176": ["one"], "1002": ["two"]}
    assert world.received("blip") == {"5511999998888@wa.gw.msging.net": ["three"]}
    assert world.received("smsdrop") == {}
    with pytest.raises(ValueError, match="no platform 'sms'; there are blip, netsapiens, smsdrop"):
        world.received("sms")
