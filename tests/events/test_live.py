"""Listening: subscriptions opened, renewed and closed, and what comes kept in order."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from listening import SENDER, Stub, told
from loopback import Loopback, answers, drops

import msgnb
from msgnb import tables
from msgnb.events import live as module
from msgnb.events.event import Event
from msgnb.events.live import Live

Offline = msgnb.testing.Offline
OWN = "16195550101"
LONG = timedelta(hours=1)


def say(world: Offline, text: str, **more: Any) -> dict[str, str]:
    return world.receive("netsapiens", from_=SENDER, to=OWN, text=text, **more)


def mine(world: Offline) -> pd.DataFrame:
    """The subscriptions that post to this machine."""
    found = world.netsapiens.subscriptions()
    return found[found["target"].str.startswith("http://127.0.0.1")]


def listen(source: Stub, *topics: str, lifetime: timedelta = LONG, keep: int = 100) -> Live:
    return Live(source, topics or ("message",), lifetime=lifetime, listener=None, keep=keep)


def numbered(live: Live, count: int, start: int = 0) -> None:
    """Take posted messages as they come from the listener."""
    live._receive(
        "message",
        [
            {"id": f"m{n}", "text": str(n), "session_id": "s", "from_num": SENDER}
            for n in range(start, start + count)
        ],
    )


def test_a_message_arrives(world: Offline) -> None:
    """What somebody writes is an event with its session, its sender and its text."""
    with world.netsapiens.listen("message") as live:
        said = say(world, "Are you open?")
        event = live.wait(lambda event: event.value == "Are you open?", timeout=10)
    assert (event.topic, event.action, event.contact) == ("message", "inbound", SENDER)
    assert (event.event, event.session) == (said["message"], said["session"])
    assert event.at == world.mocks.clock.now().replace(microsecond=0)


def test_the_frame_is_the_table_of_events(world: Offline) -> None:
    """Events are a table with the same columns and types for none and for many, in order of arrival."""
    with world.netsapiens.listen("message") as live:
        pd.testing.assert_series_equal(live.frame().dtypes, tables.EVENTS.frame(0, {}).dtypes)
        for number in range(5):
            say(world, str(number))
        live.wait(lambda event: event.value == "4", timeout=10)
    found = live.frame(raw=True)
    assert list(found["value"]) == [*"01234"]
    pd.testing.assert_series_equal(found.dtypes.drop("raw"), tables.EVENTS.frame(0, {}).dtypes)
    assert found["raw"][0]["from_num"] == SENDER
    assert SENDER in found["extras"][0]


@pytest.mark.parametrize(
    "quirks", [(), ("v2-event-keys",), ("numeric-text",), ("v2-event-keys", "numeric-text")]
)
def test_all_names_mean_the_same(quirks: tuple[str, ...]) -> None:
    """Old and hyphenated names, text and numbers give the same events."""
    from msgnb_mocks import World
    from msgnb_mocks.hosting.inprocess import InProcess

    with InProcess(World(7), quirks=frozenset(f"netsapiens:{quirk}" for quirk in quirks)) as inside:
        login = dict(inside.credentials["netsapiens"])
        pbx = msgnb.NetSapiens(login.pop("url"), **login)
        with pbx.listen("message", "messagesession", "call", settle=timedelta()) as live:
            said = inside.receive("netsapiens", from_=SENDER, to=OWN, text="941173465")
            live.wait(lambda event: event.topic == "messagesession", timeout=10)
            live.wait(lambda event: event.topic == "message", timeout=10)
            made = pbx.new_call(call_term_user=SENDER)
            live.wait(lambda event: event.action == "ringing", timeout=10)
            pbx.calls.hang_up(made["call-id"])
            live.wait(lambda event: event.action == "ended", timeout=10)
    found = live.frame().set_index(["topic", "action"]).sort_index()
    messages = found.loc[["message", "messagesession"]]
    assert set(messages["value"]) == {"941173465"}
    assert set(messages["session"]) == {said["session"]}
    assert set(found["contact"]) == {SENDER}
    assert set(found.loc["call", "session"]) == {made["call-id"]}
    assert found["duplicate_of"].notna().sum() == 1


def test_a_read_mark_is_news(world: Offline) -> None:
    """A session that is read is an event of its own, not the message told again."""
    with world.netsapiens.listen("messagesession") as live:
        said = say(world, "hello")
        world.netsapiens.sessions.mark(said["session"])
        read = live.wait(lambda event: event.action == "read", timeout=10)
    assert (read.session, read.duplicate_of) == (said["session"], None)


@pytest.mark.parametrize("first", ["message", "messagesession"])
def test_twins_are_marked_whichever_comes_first(first: str) -> None:
    """Of a message and the change of its session the later one is marked with the earlier one's id."""
    live = listen(Stub(), "message", "messagesession")
    second = "messagesession" if first == "message" else "message"
    for topic in (first, second):
        live._receive(topic, [told(topic, "hi")])
    found = live.frame()
    assert list(found["duplicate_of"].isna()) == [True, False]
    assert found["duplicate_of"][1] == found["event"][0]


def test_the_same_text_twice_is_no_twin() -> None:
    """Who writes "ok" twice has written two messages, each with its own change of the session."""
    live = listen(Stub(), "message", "messagesession")
    for number in range(2):
        live._receive("message", [told("message", "ok", id=f"m{number}")])
    for _ in range(2):
        live._receive("messagesession", [told("messagesession", "ok")])
    found = live.frame()
    assert list(found["duplicate_of"].fillna("")) == ["", "", "m0", "m1"]


def test_a_post_that_is_repeated_is_marked() -> None:
    """The same message id once more is marked with itself."""
    live = listen(Stub())
    for _ in range(2):
        live._receive("message", [told("message", "hi", id="m1")])
    assert list(live.frame()["duplicate_of"].fillna("")) == ["", "m1"]


def test_what_lies_apart_is_no_twin() -> None:
    """The same text minutes later is another message."""
    live = listen(Stub(), "message", "messagesession")
    live._receive("message", [told("message", "hi")])
    live._receive("messagesession", [told("messagesession", "hi", last_timestamp="2026-11-02 12:05:00")])
    assert live.frame()["duplicate_of"].isna().all()


DOCUMENTED = ("message", "messagesession", "call", "cdr")
STRANGE = [
    None, 7, "text", [1], {}, {"text": {"a": [1]}}, {"timestamp": "soon"},
    {"direction": "orig", "text": "hi"}, {"session_id": "s", "text": "hi"},
    {"session_id": ["s"], "text": "hi", "from_num": "1"},
    {"session_id": "s", "text": "hi", "from_num": "1", "direction": "sideways"},
]  # fmt: skip


@pytest.mark.parametrize("topic", DOCUMENTED)
@pytest.mark.parametrize("wire", STRANGE)
def test_a_post_that_is_no_event_is_kept_apart(topic: str, wire: Any) -> None:
    """What lacks the documented fields is in neither events nor callbacks, and the rest of its post is."""
    live, seen = listen(Stub(), topic), []
    live.on(seen.append)
    good = {
        "message": told("message", "hi"),
        "messagesession": told("messagesession", "hi"),
        "call": {"orig_callid": "1"},
        "cdr": {"cdr_id": "1"},
    }[topic]
    with live:
        live._receive(topic, [wire, good])
    assert len(live.events) == len(seen) == 1
    [strange] = live.unrecognised
    assert (strange.topic, strange.raw) == (topic, wire)
    assert strange.reason
    assert "1 events came" in repr(live) and "1 unrecognised" in repr(live)


def test_subscriptions_are_deleted_at_the_end(world: Offline) -> None:
    """While listening there is one subscription a model, with an expiry; afterwards there is none."""
    with world.netsapiens.listen("message", "call", lifetime=timedelta(minutes=30)):
        found = mine(world)
        assert sorted(found["topic"]) == ["call", "message"]
        left = found["expires_at"] - world.mocks.clock.now()
        assert left.between(timedelta(minutes=29), timedelta(minutes=31)).all()
    assert mine(world).empty


def test_subscriptions_are_deleted_after_an_exception(world: Offline) -> None:
    """An exception inside goes on its way, and nothing stays behind."""
    with pytest.raises(ZeroDivisionError), world.netsapiens.listen("message"):
        _ = 1 / 0
    assert mine(world).empty


def test_a_failed_beginning_leaves_nothing(world: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the second subscription fails, the first is deleted and the listener is stopped."""
    create = world.netsapiens.subscriptions.create

    def only_the_first(model: str, *args: Any, **more: Any) -> Any:
        if model == "call":
            raise msgnb.Rejected("no more subscriptions")
        return create(model, *args, **more)

    monkeypatch.setattr(world.netsapiens.subscriptions, "create", only_the_first)
    live = world.netsapiens.listen("message", "call")
    with pytest.raises(msgnb.Rejected, match="no more"):
        live.start()
    assert mine(world).empty
    assert not live._listener.running


def test_a_lost_answer_to_a_subscription_is_looked_up(loopback: Loopback) -> None:
    """Where the answer to a new subscription gets lost, it is found by its address and deleted at the end."""

    def listed(handler: Any) -> None:
        made = next(seen.json for seen in loopback.seen if seen.path.endswith("/subscriptions") and seen.body)
        answers([{"id": "other", "post-url": "x"}, {"id": "found", "post-url": made["post-url"]}])(handler)

    signed = answers({"access_token": "a", "expires_in": 3600, "user": "1", "domain": "d"})
    loopback.script = [signed, drops, listed, answers(status=202)]
    login = {"client_id": "c", "client_secret": "s", "username": "1@d", "password": "p"}
    with msgnb.NetSapiens(loopback.url, **login).listen("message"):
        pass
    assert [seen.method for seen in loopback.seen if seen.body] == ["POST", "POST", "DELETE"]
    assert loopback.seen[-1].path.endswith("/subscriptions/found")
    assert loopback.seen[-1].json == {"subscription_id": "found", "domain": "d"}


@pytest.mark.parametrize(
    ("user", "filters"), [("1001", ("*", "harbor.example")), ("1004", ("1004", "harbor.example"))]
)
def test_everybody_listens_to_what_they_may(world: Offline, user: str, filters: tuple[str, str]) -> None:
    """Who manages the domain hears everybody in it, others hear themselves."""
    mock = world._inside.applications["netsapiens"]
    login = world.credentials["netsapiens"] | {
        "username": f"{user}@harbor.example",
        "password": mock.state.users[user].password,
    }
    with msgnb.NetSapiens(login.pop("url"), **login).listen("message"):
        [target] = mine(world)["subscription"]
        row = world.netsapiens.read_subscription(target)
        assert isinstance(row, dict)
        assert (row["user"], row["domain"]) == filters


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"models": ()}, "models: names no model"),
        ({"models": ("mesage",)}, "'mesage' is none of"),
        ({"models": ("message",), "lifetime": timedelta(seconds=1)}, "the shortest is 0:00:10"),
        ({"models": ("message",), "keep": 0}, "at least one event"),
    ],
)
def test_what_can_not_be_listened_to_is_told(world: Offline, arguments: Any, words: str) -> None:
    """No model, an unknown one, a life too short and room for nothing are refused before anything is made."""
    models = arguments.pop("models")
    with pytest.raises(msgnb.InvalidRequest, match=words):
        world.netsapiens.listen(*models, **arguments)


def test_renewal_moves_the_expiry(world: Offline) -> None:
    """A renewed subscription ends its lifetime from now, by the platform's clock."""
    with world.netsapiens.listen("message") as live:
        world.mocks.clock.advance(minutes=50)
        assert not mine(world).empty  # each answer tells the platform's time
        assert live.renew()
        left = mine(world)["expires_at"].iloc[0] - world.mocks.clock.now()
    assert timedelta(minutes=59) < left <= timedelta(minutes=61)


def test_one_that_is_gone_is_made_anew(world: Offline) -> None:
    """A subscription that somebody deleted is made again at the next renewal, and events come."""
    with world.netsapiens.listen("message") as live:
        gone = mine(world)["subscription"].iloc[0]
        world.netsapiens.delete_subscription(gone)
        assert live.renew()
        assert mine(world)["subscription"].iloc[0] != gone
        say(world, "still there?")
        live.wait(lambda event: event.value == "still there?", timeout=10)


def test_renewal_happens_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half-way through its life a subscription is renewed; a renewal that fails is tried again and told."""
    monkeypatch.setattr(module, "MIN_LIFETIME", timedelta())
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.01)
    source = Stub()
    source.failing = 2
    with listen(source, lifetime=timedelta(seconds=0.02)) as live:
        assert source.renewed.wait(10)
    assert [*live.renewal_errors][:2] == ["message: no network"] * 2


def test_what_could_not_be_deleted_is_told() -> None:
    """A subscription that can't be deleted is named in a warning, which masks no exception."""
    source = Stub()
    told = pytest.warns(UserWarning, match="subscription to message is still there and ends within 1:00:00")
    with told, pytest.raises(ZeroDivisionError), listen(source):
        source.failing = 99
        _ = 1 / 0


def test_the_buffer_is_bounded_and_counts() -> None:
    """The latest events are kept, the others are dropped and counted."""
    live = listen(Stub(), keep=10)
    numbered(live, 25)
    assert (len(live.events), live.dropped, live.count) == (10, 15, 25)
    assert list(live.frame()["value"]) == [str(number) for number in range(15, 25)]
    assert "25 events came, the last one message inbound '24', 15 dropped" in repr(live)


def test_callbacks_come_in_order_and_may_fail(caplog: pytest.LogCaptureFixture) -> None:
    """Every callback gets every event in order; one that raises or dawdles loses nothing."""
    live, release, seen = listen(Stub()), threading.Event(), []
    done = threading.Event()

    @live.on
    def dawdle(event: Event) -> None:
        release.wait(10)
        if event.value == "3":
            raise RuntimeError("no threes")

    @live.on
    def note(event: Event) -> None:
        seen.append(event.value)
        if event.value == "49":
            done.set()

    with live:
        numbered(live, 50)
        assert len(live.events) == 50
        release.set()
        assert done.wait(10)
    assert seen == [str(number) for number in range(50)]
    assert "a callback failed" in caplog.text
    live.off(note)
    live.off(note)


def test_waiting_finds_what_came_before() -> None:
    """An event that came already is found at once; without a predicate any event will do."""
    live = listen(Stub())
    numbered(live, 3)
    assert live.wait(lambda event: event.value == "1", timeout=0).value == "1"
    assert live.wait(timeout=0).value == "0"


def test_waiting_ends_when_it_comes() -> None:
    """An event that comes while somebody waits is found, among many others."""
    live = listen(Stub(), keep=5)
    threading.Timer(0.05, lambda: [numbered(live, 4, start) for start in range(0, 40, 4)]).start()
    assert live.wait(lambda event: event.value == "38", timeout=10).value == "38"


def test_waiting_in_vain_says_what_came() -> None:
    """Where nothing fits in time, the error says how much came and what last."""
    live = listen(Stub())
    numbered(live, 2)
    with pytest.raises(TimeoutError, match=r"within 0.01 s; 2 events came, the last one message inbound '1'"):
        live.wait(lambda event: event.value == "9", timeout=0.01)


def test_it_can_be_started_and_stopped_without_with(world: Offline) -> None:
    """`start` and `stop` do what `with` does, also twice; what came is kept."""
    live = world.netsapiens.listen("message").start()
    assert live.start() is live
    assert len(mine(world)) == 1
    say(world, "hi")
    live.wait(timeout=10)
    live.stop()
    live.stop()
    assert not live.running
    assert [event.value for event in live] == ["hi"]
    assert mine(world).empty


def test_a_subscription_survives_a_listener_that_is_down(world: Offline) -> None:
    """While the listener is down errors are counted and the state is `error`; back again, it is active."""
    mock = world._inside.applications["netsapiens"]

    def state() -> tuple[Any, ...]:
        assert mock.poster.wait()
        return tuple(mine(world).iloc[0][["status", "posts", "errors"]])

    with msgnb.Listener() as listener, world.netsapiens.listen("message", listener=listener) as live:
        say(world, "one")
        assert state() == ("active", 1, 0)
        listener.stop()
        say(world, "lost")
        assert state() == ("error", 2, 1)
        assert "broken: 1 of 2 posts failed" in world.netsapiens.subscriptions().attention().tolist()
        listener.start()
        world.mocks.clock.advance(seconds=61)
        say(world, "two")
        assert state() == ("active", 3, 1)
    # The one that was posted while nobody listened is read from the history at the end.
    assert [event.value for event in live] == ["one", "two", "lost"]


POSTER = """
import http.client, json, sys
from urllib.parse import urlsplit
url = urlsplit(sys.argv[1])
sent = 0
print("ready", flush=True)
while sent < 1000:
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    for _ in range(4):
        burst = [
            {"id": str(n), "text": str(n), "session_id": "s", "from_num": "1"} for n in range(sent, sent + 25)
        ]
        connection.request("POST", url.path, json.dumps(burst), {"Content-Type": "application/json"})
        assert connection.getresponse().read() == b""
        sent += 25
    connection.close()
print("done", flush=True)
"""


def test_a_thousand_events_come_while_the_kernel_is_busy() -> None:
    """Bursts from another process arrive whole and in order while this one computes without a pause."""
    source = Stub()
    shuffled = random.Random(1).sample(range(500_000), 500_000)
    with listen(source, keep=2000) as live:
        command = [sys.executable, "-c", POSTER, source.opened["message"]]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as poster:
            assert poster.stdout is not None
            assert poster.stdout.readline() == "ready\n"
            while poster.poll() is None:
                sorted(shuffled)  # lets no other thread run meanwhile
            assert poster.stdout.read() == "done\n"
        assert poster.returncode == 0
        found = live.frame()
    assert list(found["value"]) == [str(number) for number in range(1000)]
    assert (live.count, live.dropped) == (1000, 0)
    assert found["duplicate_of"].isna().all()


@pytest.mark.parametrize("behaviour", [lambda live: live.frame(), repr, lambda live: live.events])
def test_looking_while_events_come_is_safe(behaviour: Callable[[Live], Any]) -> None:
    """Reading what came does not disturb what comes."""
    live = listen(Stub(), keep=5000)
    feeder = threading.Thread(target=lambda: [numbered(live, 50, start) for start in range(0, 2000, 50)])
    feeder.start()
    while feeder.is_alive():
        behaviour(live)
    feeder.join()
    assert live.count == 2000
