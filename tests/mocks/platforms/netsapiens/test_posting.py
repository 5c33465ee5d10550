"""What subscribers are posted, and the books that are kept of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from loopback import Loopback, answers, drops

from msgnb_mocks.platforms.netsapiens.posting import LARGEST_BATCH

SMS = {"type": "sms", "message": "hello", "destination": "16195551111", "from-number": "16195550101"}
INTO = f"/domains/~/users/~/messagesessions/{'a' * 32}/messages"


@pytest.fixture
def hook(loopback: Loopback) -> Loopback:
    loopback.script = [answers()]
    return loopback


def subscribe(pbx: Any, hook: Loopback, *models: str, **more: Any) -> list[Any]:
    """Subscribe the receiver to models; returns the ids."""
    bodies = [{"model": model, "post-url": f"{hook.url}/{model}", **more} for model in models]
    return [pbx.send("POST", "/subscriptions", body)[1]["id"] for body in bodies]


def receive(pbx: Any, text: str = "hi", **more: Any) -> Any:
    found = pbx.mock.receive("12125550176", "16195550101", text, **more)
    assert pbx.mock.poster.wait()
    return found


def row_of(pbx: Any, name: str) -> Any:
    return pbx.get(f"/subscriptions/{name}")


def test_a_message_is_posted_as_an_array(pbx: Any, hook: Loopback) -> None:
    """An inbound SMS is posted as JSON, an array of one object of text under the old names."""
    [name] = subscribe(pbx, hook, "message")
    found = receive(pbx)
    [seen] = hook.seen
    assert (seen.method, seen.path) == ("POST", "/message")
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["x-correlation-id"] == name
    [event] = seen.json
    assert set(map(type, event.values())) == {str}
    assert (
        event
        | {
            "id": found["message"],
            "type": "sms",
            "direction": "orig",
            "from_num": "12125550176",
            "dialed": "16195550101",
            "text": "hi",
            "session_id": found["session"],
            "term_uid": "1001@harbor.example",
        }
        == event
    )


def test_a_session_tells_of_its_last_message_and_its_mark(pbx: Any, hook: Loopback) -> None:
    """A session is posted when a message comes in, and again when it is read."""
    subscribe(pbx, hook, "messagesession")
    found = receive(pbx)
    mark = {"messagesession-last-status": "read"}
    pbx.send("PUT", f"/domains/~/users/~/messagesessions/{found['session']}", mark)
    assert pbx.mock.poster.wait()
    first, second = (seen.json[0] for seen in hook.seen)
    assert (first["user"], first["remote"], first["smsani"]) == ("1001", "12125550176", "16195550101")
    assert (first["last_mesg"], first["last_sender"], first["last_status"]) == ("hi", "12125550176", "unread")
    assert second == first | {"last_status": "read"}


def test_what_is_sent_is_told_too(pbx: Any, hook: Loopback) -> None:
    """A message that is sent is posted as an outbound one."""
    subscribe(pbx, hook, "message")
    pbx.send("POST", INTO, SMS)
    assert pbx.mock.poster.wait()
    assert [(event["direction"], event["text"]) for event in hook.seen[0].json] == [("term", "hello")]


def test_a_call_is_told_from_ring_to_record(pbx: Any, hook: Loopback) -> None:
    """A call is posted when it is made and with a mark when it is over, and then as a record."""
    subscribe(pbx, hook, "call", "call_origid", "cdr")
    pbx.send("POST", "/domains/~/users/~/calls", {"call-id": "c1", "call-term-user": "16195551111"})
    assert pbx.mock.poster.wait()
    pbx.send("DELETE", "/domains/~/users/~/calls/c1")
    assert pbx.mock.poster.wait()
    told = {
        path: [seen.json[0] for seen in hook.seen if seen.path == path] for path in ("/call", "/call_origid")
    }
    for events in told.values():
        assert [event.get("remove") for event in events] == [None, "yes"]
        assert [event["term_call_info"] for event in events] == ["alerting", "alerting"]
        assert {event["orig_callid"] for event in events} == {"c1"}
    [record] = [seen.json[0] for seen in hook.seen if seen.path == "/cdr"]
    assert (record["time_answer"], record["time_talking"]) == (None, 0)


def test_v2_names_are_a_reading(make: Any, hook: Loopback) -> None:
    """By quirk events have the names of the lists."""
    pbx = make("v2-event-keys")
    subscribe(pbx, hook, "message")
    found = receive(pbx)
    assert hook.seen[0].json == [pbx.messages(found["session"])[0]]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"user": "1001"}, 1),
        ({"user": "1002"}, 0),
        ({"domain": "harbor.example"}, 1),
        ({"domain": "elsewhere.example"}, 0),
        ({"reseller": "SomebodyElse"}, 0),
        ({"model": "voicemail"}, 0),
    ],
)
def test_only_what_was_subscribed_is_posted(pbx: Any, hook: Loopback, filters: Any, expected: int) -> None:
    """Model, user, domain and reseller decide who is told."""
    subscribe(pbx, hook, "message", **filters)
    receive(pbx)
    assert len(hook.seen) == expected


def test_the_first_post_makes_it_active(pbx: Any, hook: Loopback) -> None:
    """A new subscription is pending, and active with a server and a count after its first post."""
    [name] = subscribe(pbx, hook, "message")
    assert (row_of(pbx, name)["status"], row_of(pbx, name)["current-active-server"]) == ("pending", "")
    receive(pbx)
    row = row_of(pbx, name)
    assert (row["status"], row["posts-count"], row["error-count"]) == ("active", 1, 0)
    assert row["current-active-server"] == "core1.netsapiens.example"


@pytest.mark.parametrize(
    ("behaviour", "errors"),
    [
        (answers(status=204), 0),
        (answers(status=302), 0),
        (answers(status=303), 1),
        (answers(status=500), 1),
        (drops, 1),
    ],
)
def test_what_counts_as_an_error(
    pbx: Any, hook: Loopback, behaviour: Callable[..., Any], errors: int
) -> None:
    """A status above 302 and a broken connection are errors; every try is counted, once."""
    hook.script = [behaviour]
    [name] = subscribe(pbx, hook, "message")
    receive(pbx)
    row = row_of(pbx, name)
    assert (row["posts-count"], row["error-count"]) == (1, errors)
    assert row["status"] == ("error" if errors else "active")
    assert len(hook.seen) == 1


def test_an_error_is_forgiven_after_a_clean_interval(pbx: Any, hook: Loopback) -> None:
    """After an error a good post is not enough at once, and is after a minute without an error."""
    hook.script = [answers(status=500), answers()]
    [name] = subscribe(pbx, hook, "message")
    receive(pbx)
    receive(pbx)
    assert row_of(pbx, name)["status"] == "error"
    pbx.world.clock.advance(seconds=61)
    receive(pbx)
    row = row_of(pbx, name)
    assert (row["status"], row["posts-count"], row["error-count"]) == ("active", 3, 1)


def test_an_expired_one_is_told_nothing_and_swept_away_later(pbx: Any, hook: Loopback) -> None:
    """An expired subscription gets no posts, is listed for a while, and then is gone."""
    [name] = subscribe(pbx, hook, "message")
    pbx.world.clock.advance(hours=2)
    pbx.sign_in()
    receive(pbx)
    assert not hook.seen
    assert row_of(pbx, name)["posts-count"] == 0
    pbx.world.clock.advance(days=8)
    pbx.sign_in()
    assert pbx.send("GET", f"/subscriptions/{name}")[0] == 404


def test_a_renewed_one_is_told_again(pbx: Any, hook: Loopback) -> None:
    """A new expiry revives an expired subscription."""
    [name] = subscribe(pbx, hook, "message")
    pbx.world.clock.advance(hours=2)
    pbx.sign_in()
    pbx.send("PUT", f"/subscriptions/{name}", {"subscription-expires-datetime": "2030-01-01 00:00:00"})
    receive(pbx)
    assert len(hook.seen) == 1


def test_a_deleted_one_is_told_nothing(pbx: Any, hook: Loopback) -> None:
    """What is deleted gets no posts."""
    [name] = subscribe(pbx, hook, "message")
    pbx.send("DELETE", f"/subscriptions/{name}")
    receive(pbx)
    assert not hook.seen


def test_a_burst_arrives_whole_and_in_order(pbx: Any, hook: Loopback) -> None:
    """Many messages arrive all, in order, several in one post, none of them too large."""
    [name] = subscribe(pbx, hook, "message")
    for number in range(250):
        pbx.mock.receive("12125550176", "16195550101", str(number))
    assert pbx.mock.poster.wait()
    posts = [seen.json for seen in hook.seen]
    assert [event["text"] for post in posts for event in post] == [str(number) for number in range(250)]
    assert max(map(len, posts)) <= LARGEST_BATCH
    assert row_of(pbx, name)["posts-count"] == len(posts) < 250


@pytest.mark.parametrize(
    ("url", "status"),
    [("https://hooks.harbor.example/x", "active"), ("https://hooks.elsewhere.example/x", "error")],
)
def test_nothing_leaves_this_machine(pbx: Any, url: str, status: str) -> None:
    """The made-up receivers of the world answer, other hosts are unreachable; neither is looked up."""
    name = pbx.send("POST", "/subscriptions", {"model": "message", "post-url": url})[1]["id"]
    receive(pbx)
    assert row_of(pbx, name)["status"] == status


def test_posts_are_like_the_evidenced_ones(pbx: Any, hook: Loopback) -> None:
    """Every key that receivers were seen to read is posted."""
    subscribe(pbx, hook, "message", "messagesession")
    receive(pbx)
    posted = {seen.path: set(seen.json[0]) for seen in hook.seen}
    assert posted["/message"] >= {
        "domain", "type", "direction", "from_num", "dialed", "text", "session_id", "term_uid", "media_type",
        "timestamp", "id",
    }  # fmt: skip
    assert posted["/messagesession"] >= {
        "user", "domain", "session_id", "remote", "smsani", "last_mesg", "last_mesg_type", "last_sender",
        "last_status", "last_timestamp",
    }  # fmt: skip
