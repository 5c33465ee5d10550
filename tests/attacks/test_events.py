"""Attacks on live events: the receiver, its URLs, the end of listening, strange posts, and gaps."""

from __future__ import annotations

import json
import math
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

import pytest
import requests
from listening import SENDER, Stub, told

import msgnb
from msgnb.events import server
from msgnb.events.live import Live

Offline = msgnb.testing.Offline
OWN = "16195550101"
SECRET = "correct horse battery staple"


def say(world: Offline, text: str) -> None:
    world.receive("netsapiens", from_=SENDER, to=OWN, text=text)


def values(live: Live) -> list[str | None]:
    return [event.value for event in live if not event.duplicate_of]


def listen(source: Stub, listener: msgnb.Listener, *topics: str) -> Live:
    hour = timedelta(hours=1)
    return Live(source, topics or ("message",), lifetime=hour, listener=listener, keep=1000)


@pytest.fixture
def listener() -> Iterator[msgnb.Listener]:
    with msgnb.Listener() as listener:
        yield listener


def connect(listener: msgnb.Listener) -> socket.socket:
    host, port = listener.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def make_post(url: str, body: Any) -> bytes:
    content = json.dumps(body).encode()
    path = "/" + url.split("/", 3)[3]
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def post(url: str, body: Any) -> int:
    return requests.post(url, json=body, timeout=30).status_code


# The end


def test_what_happened_before_the_end_is_received(world: Offline) -> None:
    """Of two messages right before `stop`, both reach the callbacks: a hundred times of a hundred."""
    pbx = world.netsapiens
    for number in range(100):
        replied: list[str | None] = []
        live = pbx.listen("message").start()
        live.on(lambda event, replied=replied: replied.append(event.value))
        say(world, f"{number} one")
        say(world, f"{number} two")
        live.stop()
        assert values(live) == replied == [f"{number} one", f"{number} two"]


def test_a_post_that_has_begun_is_finished(listener: msgnb.Listener) -> None:
    """A post whose body is still on its way when listening ends is stored before it is acknowledged."""
    source = Stub()
    live = listen(source, listener).start()
    whole = make_post(source.opened["message"], [told("message", "late", id="1")])
    with connect(listener) as sender:
        sender.sendall(whole[:-10])
        unsubscribed = threading.Event()
        source.unsubscribe = lambda _: unsubscribed.set()  # type: ignore[method-assign]
        ending = threading.Thread(target=live.stop)
        ending.start()
        assert unsubscribed.wait(10)
        sender.sendall(whole[-10:])
        assert sender.recv(100).startswith(b"HTTP/1.1 200")
        ending.join()
    assert values(live) == ["late"]


def test_posts_in_the_queue_of_the_system_are_received(listener: msgnb.Listener) -> None:
    """Connections that nobody has accepted yet when listening ends are accepted and read."""
    source = Stub()
    live = listen(source, listener).start()
    url = source.opened["message"]
    with ExitStack() as stack:
        senders = [stack.enter_context(connect(listener)) for _ in range(50)]
        for number, sender in enumerate(senders):
            sender.sendall(make_post(url, [told("message", str(number), id=str(number))]))
        live.stop()
        assert {sender.recv(12) for sender in senders} == {b"HTTP/1.1 200"}
    assert len(values(live)) == 50


def test_a_stranger_does_not_hold_up_the_end(
    listener: msgnb.Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections that send half a request, or nothing, delay the end no longer than said."""
    monkeypatch.setattr(server, "DRAIN_SECONDS", 0.05)
    live = listen(Stub(), listener).start()
    with connect(listener) as silent, connect(listener) as half:
        half.sendall(b"POST /events/x HTTP/1.1\r\nHost:")
        live.stop()
        listener.stop()
        assert silent.recv(1) == b""


def test_a_crowd_that_connects_at_once_is_served(listener: msgnb.Listener) -> None:
    """More connections at a time than may be open: those beyond wait, and every post is stored."""
    source = Stub()
    with listen(source, listener) as live, ExitStack() as stack:
        senders = [stack.enter_context(connect(listener)) for _ in range(server.MAX_CONNECTIONS + 100)]
        url = source.opened["message"]
        for number, sender in enumerate(senders):
            sender.sendall(make_post(url, [told("message", str(number), id=str(number))]))
        live.wait(lambda _: live.count == len(senders), timeout=30)


# Half-open connections, headers, strange requests


@pytest.mark.parametrize(
    "words",
    [b"", b"P", b"POST /events/x HTTP/1.1\r\nX: ", b"POST /events/x HTTP/1.1\r\nContent-Length: 9\r\n\r\n"],
    ids=["silent", "one byte", "half a header", "no body"],
)
def test_half_open_connections_do_not_choke_it(listener: msgnb.Listener, words: bytes) -> None:
    """Behind 300 connections that never send a whole request, a post is answered, and few stay open."""
    source = Stub()
    with listen(source, listener) as live, ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(connect(listener)).sendall(words)
        assert post(source.opened["message"], [told("message", "hi", id="1")]) == 200
        assert values(live) == ["hi"]
        assert listener._server is not None
        assert len(listener._server._connections) <= server.MAX_CONNECTIONS


def test_a_header_without_end_is_refused(listener: msgnb.Listener) -> None:
    """A header that grows on and on is answered with an error, and the connection is closed."""
    with connect(listener) as sender:
        sender.sendall(b"POST /events/x HTTP/1.1\r\nX: " + b"x" * (server.MAX_HEAD + 1))
        assert sender.recv(100).startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize(
    "words",
    [b"hello\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"POST / HTTP/1.1\r\nContent-Length: 5, 7\r\n\r\n"],
)
def test_what_is_not_http_is_refused(listener: msgnb.Listener, words: bytes) -> None:
    """What is no request gets an error or a closed connection, and the next sender is served."""
    source = Stub()
    with listen(source, listener) as live:
        with connect(listener) as sender:
            sender.sendall(words + b"\r\n\r\n")
            assert sender.recv(12) in {b"", b"HTTP/1.1 400"}
        assert post(source.opened["message"], [told("message", "hi")]) == 200
        assert values(live) == ["hi"]


def test_too_slow_a_header_and_body_end(listener: msgnb.Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header or body that is not complete in time ends its connection."""
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.05)
    monkeypatch.setattr(server, "BODY_SECONDS", 0.05)
    source = Stub()
    with listen(source, listener) as live:
        for whole in (b"POST / HTT", make_post(source.opened["message"], [told("message", "hi")])[:-1]):
            with connect(listener) as sender:
                sender.sendall(whole)
                assert sender.recv(12) in {b"", b"HTTP/1.1 413"}
    assert not live.events


def test_a_sender_may_ask_before_it_sends(listener: msgnb.Listener) -> None:
    """A sender that waits for permission to send a large body gets it."""
    source = Stub()
    with listen(source, listener) as live, connect(listener) as sender:
        whole = make_post(source.opened["message"], [told("message", "hi")])
        head, _, body = whole.partition(b"\r\n\r\n")
        sender.sendall(head + b"\r\nExpect: 100-continue\r\n\r\n")
        assert sender.recv(100).startswith(b"HTTP/1.1 100")
        sender.sendall(body)
        assert sender.recv(100).startswith(b"HTTP/1.1 200")
        assert values(live) == ["hi"]


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[" * 100 + b"]" * 100, b"{", b"\xff", b"[NaN]", b"7"])
def test_what_can_not_be_read_is_refused(listener: msgnb.Listener, body: bytes) -> None:
    """A body that is no JSON, or nested beyond reason, is answered with 400."""
    source = Stub()
    with listen(source, listener):
        response = requests.post(source.opened["message"], data=body, timeout=30)
    assert response.status_code == 400


# URLs


@pytest.mark.parametrize("path", ["", "/", "/e", "/events", "/events/", "/events/events", "/hook%20s"])
@pytest.mark.parametrize("stripped", [False, True])
def test_any_public_path_reaches_the_feed(path: str, stripped: bool) -> None:
    """Whatever the path of the public URL, and whether or not the proxy removes it, posts arrive."""
    public = f"https://tunnel.example{path}"
    source = Stub()
    with msgnb.Listener(public_url=public) as listener, listen(source, listener) as live:
        url = source.opened["message"]
        assert url.startswith(public)
        beyond = url.removeprefix(public.rstrip("/") if stripped else "https://tunnel.example")
        assert post(f"http://127.0.0.1:{listener._port}{beyond}", [told("message", "hi")]) == 200
        assert values(live) == ["hi"]


def test_two_feeds_have_two_urls(world: Offline) -> None:
    """Feeds of another topic, user or account have URLs of their own; the same feed twice is refused."""
    with msgnb.Listener(secret=SECRET) as listener, ExitStack() as stack:
        feeds = [
            world.netsapiens.listen("message", "call", listener=listener),
            world.netsapiens.listen("message", user="1001", listener=listener),
        ]
        for feed in feeds:
            stack.enter_context(feed)
        assert len(listener._routes) == 3
        with pytest.raises(msgnb.SettingsError, match="already receives the events of"):
            world.netsapiens.listen("message", listener=listener).start()
        assert len(listener._routes) == 3


PATHS = """
import sys, msgnb
from listening import Stub
from datetime import timedelta
from msgnb.events.live import Live
with msgnb.Listener(secret=sys.argv[1]) as listener:
    source = Stub()
    with Live(source, ("message",), lifetime=timedelta(hours=1), listener=listener, keep=9):
        print(source.opened["message"].removeprefix(listener.url))
"""


def test_a_receiver_that_restarts_keeps_its_urls() -> None:
    """With the same secret another process has the same URL, with another secret another one."""
    environment = {"PYTHONPATH": "tests/support"}

    def path(secret: str) -> str:
        command = [sys.executable, "-c", PATHS, secret]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    paths = [path(SECRET), path(SECRET), path(SECRET + "!")]
    assert paths[0] == paths[1] != paths[2]
    assert SECRET not in repr(msgnb.Listener(secret=SECRET))
    with pytest.raises(msgnb.SettingsError, match="fewer than 16"):
        msgnb.Listener(secret="short")


def test_a_receiver_that_was_killed_takes_its_subscription_over(world: Offline) -> None:
    """After a crash the subscription is still there; the next receiver renews it, and has one, not two."""
    with msgnb.Listener(secret=SECRET) as listener:
        killed = world.netsapiens.listen("message", listener=listener).start()
        # As a crash leaves it: subscribed, and nobody there.
        listener._routes.clear()
        say(world, "while it was down")
        assert world._inside.wait_for_posts()
        with world.netsapiens.listen("message", listener=listener) as live:
            mine = world.netsapiens.subscriptions()
            assert (mine["target"].str.startswith(listener.url)).sum() == 1
            assert live.catch_up(since=world.clock.now() - timedelta(minutes=5)) == 1
            say(world, "now")
        assert values(live) == ["while it was down", "now"]
        del killed


# Once


def test_a_callback_answers_a_message_once(world: Offline) -> None:
    """One SMS under two subscriptions, and posted again, is one call; with `duplicates` every report is."""
    pbx = world.netsapiens
    once, every = [], []
    with pbx.listen("message", "messagesession") as live:
        live.on(once.append)
        live.on(every.append, duplicates=True)
        say(world, "Are you open?")
        assert world._inside.wait_for_posts()
        [posted] = [event for event in live if event.topic == "message"]
        live._receive("message", [posted.raw])
    assert [event.value for event in once] == ["Are you open?"]
    assert len(every) == 3


def test_half_a_post_is_not_stored() -> None:
    """Where one object of a post breaks the reader, the others are stored and nothing is posted again."""
    source, seen = Stub(), []
    parse = source.parse_event

    def breaks(topic: str, wire: Any, arrived: Any) -> Any:
        if wire.get("text") == "bad":
            raise KeyError("surprise")
        return parse(topic, wire, arrived)

    source.parse_event = breaks  # type: ignore[method-assign]
    with msgnb.Listener() as listener, listen(source, listener) as live:
        live.on(seen.append)
        texts = ["one", "bad", "two"]
        posted = [told("message", text, id=text) for text in texts]
        assert post(source.opened["message"], posted) == 200
    assert [event.value for event in seen] == ["one", "two"]
    assert [each.raw["text"] for each in live.unrecognised] == ["bad"]


@pytest.mark.parametrize(
    "time", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "soon", "5" * 5000]
)
def test_an_impossible_time_spoils_nothing(time: str) -> None:
    """An event whose time lies beyond the calendar is there, with the time of its arrival."""
    live = Live(Stub(), ("message",), lifetime=timedelta(hours=1), listener=None, keep=9)
    live._receive("message", [told("message", "a", timestamp=time), told("message", "b")])
    assert list(live.frame()["value"]) == ["a", "b"]
    assert live.frame()["at"][0] == Stub().now()


# Gaps


def test_the_first_renewal_revives_what_has_expired(world: Offline) -> None:
    """After the clock moved past the end of a subscription, one renewal is enough for events to come."""
    with world.netsapiens.listen("message") as live:
        world.clock.advance(hours=2)
        assert live.renew()
        say(world, "there again")
        live.wait(lambda event: event.value == "there again", timeout=10)


def lose_a_post(world: Offline, live: Live, listener: msgnb.Listener) -> None:
    listener.stop()
    say(world, "lost")
    assert world._inside.wait_for_posts()
    listener.start()


def expire(world: Offline, live: Live, listener: msgnb.Listener) -> None:
    world.clock.advance(hours=2)
    say(world, "lost")


def delete(world: Offline, live: Live, listener: msgnb.Listener) -> None:
    rows = world.netsapiens.subscriptions()
    for subscription in rows[rows["target"].str.startswith(listener.url)]["subscription"]:
        world.netsapiens.delete_subscription(subscription)
    say(world, "lost")


@pytest.mark.parametrize("breakage", [lose_a_post, expire, delete])
@pytest.mark.parametrize("topics", [("message",), ("messagesession",), ("message", "messagesession")])
@pytest.mark.parametrize("user", ["*", "1001"])
def test_what_was_lost_is_read_from_the_history(
    world: Offline, breakage: Any, topics: tuple[str, ...], user: str
) -> None:
    """A message that was not posted is found at the next renewal, once, and reaches the callbacks once."""
    seen: list[str | None] = []
    with (
        msgnb.Listener() as listener,
        world.netsapiens.listen(*topics, user=user, listener=listener) as live,
    ):
        live.on(lambda event: seen.append(event.value))
        say(world, "before")
        assert world._inside.wait_for_posts()
        breakage(world, live, listener)
        assert live.renew()
        assert live.renew()
        say(world, "after")
    assert values(live) == seen == ["before", "lost", "after"]


def test_a_message_without_its_id_is_not_read_twice(world: Offline) -> None:
    """Where posts lack the message's ID, reading the history adds nothing that was posted."""
    with world.netsapiens.listen("message") as live:
        poster = world._inside.applications["netsapiens"].poster
        queue = poster._queue

        def without_id(name: str, event: Any) -> None:
            queue(name, {key: value for key, value in event.items() if key != "id"})

        poster._queue = without_id
        for text in ("one", "two", "two"):
            say(world, text)
        assert world._inside.wait_for_posts()
        assert live.catch_up(since=world.clock.now() - timedelta(minutes=5)) == 0
    assert values(live) == ["one", "two", "two"]


def test_a_history_that_can_not_be_read_is_told_and_read_later(world: Offline) -> None:
    """Where the history fails, the renewal says so, and the next one finds what is missing."""
    with msgnb.Listener() as listener, world.netsapiens.listen("message", listener=listener) as live:
        lose_a_post(world, live, listener)
        world.netsapiens.connection.http.pause = lambda _: None
        world.faults.add("500", operation="netsapiens.list_domain_sessions")
        assert not live.renew()
        assert "events may be missing" in live.renewal_errors[-1]
        world.faults.clear()
        assert live.renew()
        assert values(live) == ["lost"]


# What outsiders found


def test_a_stranger_who_never_stops_holds_up_nobody(listener: msgnb.Listener) -> None:
    """Requests of a stranger, one after the other without a pause, keep neither posts nor the end waiting."""
    source = Stub()
    over = threading.Event()

    def chatter(sender: socket.socket) -> None:
        with suppress(OSError):
            sender.sendall(b"POST /events/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n")
            while not over.is_set():
                sender.sendall(b"1\r\nx\r\n" * 1000)

    with listen(source, listener) as live, connect(listener) as sender:
        thread = threading.Thread(target=chatter, args=(sender,))
        thread.start()
        try:
            assert post(source.opened["message"], [told("message", "hi")]) == 200
            assert values(live) == ["hi"]
        finally:
            over.set()
            sender.shutdown(socket.SHUT_RDWR)
            thread.join()


def test_whoever_is_refused_has_to_connect_again(listener: msgnb.Listener) -> None:
    """A stranger can't keep a place by asking again and again."""
    with connect(listener) as sender:
        sender.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = sender.recv(1000)
        assert answer.startswith(b"HTTP/1.1 404")
        assert b"close" in answer
        assert sender.recv(1000) == b""


def test_a_post_behind_a_crowd_that_says_nothing_is_received(
    listener: msgnb.Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the end, connections without a request make room for those in the queue of the system."""
    source = Stub()
    assert listener._server
    monkeypatch.setattr(listener._server, "_most", 4)
    with ExitStack() as stack:
        live = listen(source, listener).start()
        for _ in range(8):
            stack.enter_context(connect(listener))
        sender = stack.enter_context(connect(listener))
        sender.sendall(make_post(source.opened["message"], [told("message", "late")]))
        live.stop()
        assert sender.recv(12) == b"HTTP/1.1 200"
    assert values(live) == ["late"]


def test_a_connection_that_is_evicted_at_once_is_closed(listener: msgnb.Listener) -> None:
    """Also one that has to make room before its task had a turn; an open socket would be a warning."""
    serving, connected = listener._server, threading.Event()
    assert serving

    def evict_at_once() -> None:
        connected.wait()
        serving._accept_waiting()
        serving._evict(math.inf)

    serving._loop.call_soon_threadsafe(evict_at_once)
    with connect(listener) as sender:
        connected.set()
        assert sender.recv(1) == b""


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
def test_nothing_that_a_callback_raises_ends_the_callbacks(error: BaseException) -> None:
    """Also what is not an `Exception` is logged, and the next events come."""
    seen: list[str | None] = []
    live = Live(Stub(), ("message",), lifetime=timedelta(hours=1), listener=None, keep=9)

    @live.on
    def breaks(event: Any) -> None:
        seen.append(event.value)
        raise error

    with live:
        for text in ("one", "two"):
            live._receive("message", [told("message", text, id=text)])
    assert seen == ["one", "two"]


def test_stops_may_come_from_everywhere() -> None:
    """From a callback, and from several threads at once: each returns after the callbacks had everything."""
    for _ in range(20):
        seen: list[str | None] = []
        live = Live(Stub(), ("message",), lifetime=timedelta(hours=1), listener=None, keep=99)

        @live.on
        def stops(event: Any, live: Live = live, seen: list[str | None] = seen) -> None:
            seen.append(event.value)
            if event.value == "3":
                live.stop()

        live.start()
        live._receive("message", [told("message", str(n), id=str(n)) for n in range(20)])
        counts: list[int] = []

        def end(live: Live = live, seen: list[str | None] = seen, counts: list[int] = counts) -> None:
            live.stop()
            counts.append(len(seen))

        threads = [threading.Thread(target=end) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert counts == [20, 20, 20]


def test_a_feed_and_its_listener_may_be_stopped_at_once() -> None:
    """Neither waits for an event loop that has ended."""
    for _ in range(20):
        listener = msgnb.Listener().start()
        live = listen(Stub(), listener).start()
        threads = [threading.Thread(target=each.stop) for each in (live, listener, listener)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert not any(thread.is_alive() for thread in threads)


def test_a_look_that_fails_does_not_close_a_gap(world: Offline) -> None:
    """Where the subscription can't be read, but renewed, what was lost before is found later."""
    with msgnb.Listener() as listener, world.netsapiens.listen("message", listener=listener) as live:
        world.netsapiens.connection.http.pause = lambda _: None
        lose_a_post(world, live, listener)
        world.faults.add("500", operation="netsapiens.read_subscription")
        live.renew()
        world.faults.clear()
        live.renew()
        assert values(live) == ["lost"]


def test_a_post_that_comes_after_its_history_is_known(world: Offline) -> None:
    """A message that was read from the history before its post arrived is one event, whatever the topic."""
    seen: list[str | None] = []
    with world.netsapiens.listen("messagesession") as live:
        live.on(lambda event: seen.append(event.value))
        say(world, "once")
        assert world._inside.wait_for_posts()
        [posted] = live.events
        late = world.netsapiens.listen("messagesession")
        late.on(lambda event: seen.append(event.value))
        late.start()
        late.catch_up(since=world.clock.now() - timedelta(minutes=5))
        late._receive("messagesession", [posted.raw])
        late.stop()
    assert seen == ["once", "once"]


def test_a_subscription_without_an_id_leaves_nothing_behind(world: Offline) -> None:
    """An answer without the new subscription's ID is not an error of another kind, and it is looked up."""
    pbx = world.netsapiens
    create = pbx.subscriptions.create

    def answer_nothing(*args: Any, **more: Any) -> dict[str, Any]:
        create(*args, **more)
        return {}

    pbx.subscriptions.create = answer_nothing  # type: ignore[method-assign]
    with pbx.listen("message") as live:
        say(world, "hi")
    assert values(live) == ["hi"]
    assert not pbx.subscriptions()["target"].str.startswith("http://127.0.0.1").any()


@pytest.mark.parametrize(
    "url",
    ["https://h/a?x=1", "https://h/#f", "https://h?x=1", "https://[bad", "https://h:99999", "https://h:x/",
     "https://", "https:///x", "https://h/a/../b", "https://h/\n", "ftp://h", "h"],
)  # fmt: skip
def test_a_public_address_that_leads_nowhere_is_refused(url: str) -> None:
    """What no path can be appended to is refused before anything is subscribed."""
    with pytest.raises(msgnb.SettingsError, match="is no web address"):
        msgnb.Listener(public_url=url)


def test_a_whole_address_in_the_request_is_understood(listener: msgnb.Listener) -> None:
    """A proxy may write the whole URL into the first line of a request."""
    source = Stub()
    with listen(source, listener) as live, connect(listener) as sender:
        url = source.opened["message"]
        path = url.removeprefix(listener.url)
        whole = make_post(url, [told("message", "hi")])
        sender.sendall(whole.replace(path.encode(), b"http://x" + path.encode(), 1))
        assert sender.recv(12) == b"HTTP/1.1 200"
    assert values(live) == ["hi"]
