"""Reading the messages of a span of time, and sending any content."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from loopback import Loopback, answers

import msgnb

LOGIN = {"client_id": "c", "client_secret": "s", "username": "123@example.com", "password": "p"}
TOKEN = answers({"access_token": "a", "expires_in": 3600, "user": "123", "domain": "example.com"})
SESSION = "s" * 32
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
GIF = b"GIF89a" + bytes(20)


@pytest.fixture
def pbx(loopback: Loopback) -> msgnb.NetSapiens:
    return msgnb.NetSapiens(loopback.url, **LOGIN)


def page(first: int, count: int) -> list[dict[str, Any]]:
    """Messages one minute apart, newest first; number 0 is the newest, at noon."""
    return [
        {"id": f"m-{number}", "timestamp": f"{NOON - timedelta(minutes=number):%Y-%m-%d %H:%M:%S}"}
        for number in range(first, first + count)
    ]


def minutes(number: int) -> datetime:
    """The time of a message."""
    return NOON - timedelta(minutes=number)


def ids(frame: Any) -> list[str]:
    return list(frame["message"])


def test_pages_are_read_back_to_since(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """No page is requested after one with a message that is older than `since`."""
    loopback.script = [TOKEN, answers(page(0, 1000)), answers(page(1000, 1000))]
    found = pbx.messages(SESSION, since=minutes(1500))
    assert ids(found) == [f"m-{number}" for number in range(1501)]
    starts = [parse_qs(urlsplit(seen.path).query)["start"] for seen in loopback.seen[1:]]
    assert starts == [["0"], ["1000"]]


def test_pages_are_read_to_the_end_without_since(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """`until` alone leaves out what is newer, and the older messages are read completely."""
    loopback.script = [TOKEN, answers(page(0, 1000)), answers(page(1000, 3))]
    found = pbx.messages(SESSION, until=minutes(999))
    assert ids(found) == ["m-1000", "m-1001", "m-1002"]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ({"since": minutes(2)}, ["m-0", "m-1", "m-2"]),
        ({"until": minutes(2)}, ["m-3", "m-4"]),
        ({"since": minutes(3), "until": minutes(1)}, ["m-2", "m-3"]),
        ({"since": minutes(3), "limit": 2}, ["m-0", "m-1"]),
        ({"until": minutes(1), "limit": 2}, ["m-2", "m-3"]),
        ({"since": "2026-11-02T12:58:00+01:00"}, ["m-0", "m-1", "m-2"]),
        ({"since": "2026-11-03"}, []),
        ({"until": "2026-11-02"}, []),
    ],
)
def test_a_span_begins_at_since_and_ends_before_until(
    loopback: Loopback, pbx: msgnb.NetSapiens, span: dict[str, Any], expected: list[str]
) -> None:
    """`since` is part of the span and `until` is not; the limit counts the messages of the span."""
    everything = page(0, 5)

    def lists(handler: Any) -> None:
        most = int(parse_qs(urlsplit(handler.path).query)["limit"][0])
        answers(everything[:most])(handler)

    loopback.script = [TOKEN, lists]
    assert ids(pbx.messages(SESSION, **span)) == expected


def test_messages_without_a_time_are_in_no_span(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A missing or unreadable time is not an error: such messages are left out, and don't end the reading."""
    times = (None, "", "0000-00-00 00:00:00", "yesterday")
    odd = [{"id": f"odd-{time}", "timestamp": time} for time in times]
    first = [*page(0, 995), *odd, {"id": "none"}]
    loopback.script = [TOKEN, answers(first), answers(page(995, 2))]
    assert len(pbx.messages(SESSION, since=minutes(2000))) == 997


@pytest.mark.parametrize("name", ["since", "until"])
def test_a_time_without_a_zone_is_refused(loopback: Loopback, pbx: msgnb.NetSapiens, name: str) -> None:
    """A time without a zone is refused before anything is requested."""
    with pytest.raises(msgnb.InvalidRequest, match=f"{name}: .* has a time but no zone"):
        pbx.messages(SESSION, **{name: datetime(2026, 11, 2, 12)})  # noqa: DTZ001 - that is the point
    assert not loopback.seen


def test_a_span_is_the_same_part_of_all_messages(world: msgnb.testing.Offline) -> None:
    """A span of one's own session, or of a colleague's, is that part of the table of all messages."""
    pbx = world.netsapiens
    for user in ("~", "1002"):
        session = pbx.sessions(user=user)["session"][0]
        everything = pbx.messages(session, user=user)
        since, until = everything["at"].quantile(0.25), everything["at"].quantile(0.75)
        part = pbx.messages(session, since=since, until=until, user=user)
        expected = everything[(everything["at"] >= since) & (everything["at"] < until)]
        assert ids(part) == ids(expected)
        assert set(part["account"]) == set(everything["account"])


def test_history_of_an_api_key_names_its_account(loopback: Loopback) -> None:
    """Messages of sessions that were named, not listed, have the key's account all the same."""
    loopback.script = [answers([{"user": "9", "domain": "d"}]), answers(page(0, 1))]
    pbx = msgnb.NetSapiens(loopback.url, api_key="k")
    assert list(pbx.history(sessions=[SESSION], workers=1)["account"]) == ["9@d"]


@pytest.mark.parametrize("kind", ["text", "path", "bytes"])
def test_any_content_is_sent(loopback: Loopback, pbx: msgnb.NetSapiens, tmp_path: Path, kind: str) -> None:
    """Text is sent as text, a path or bytes as media."""
    path = tmp_path / "menu.gif"
    path.write_bytes(GIF)
    loopback.script = [TOKEN, answers({"code": 202, "message": "Accepted"}, status=202)]
    result = pbx.send("1002", {"text": "menu.gif", "path": path, "bytes": GIF}[kind], session=SESSION)
    body = loopback.seen[-1].json
    if kind == "text":
        assert body == {"type": "chat", "message": "menu.gif", "destination": "1002"}
    else:
        assert (body["type"], body["mime-type"], body["size"]) == ("chat-media", "image/gif", len(GIF))
    assert (result.state, result.session) == ("sent", SESSION)


@pytest.mark.parametrize("verb", ["send", "send_text"])
def test_nothing_is_sent_later(loopback: Loopback, pbx: msgnb.NetSapiens, verb: str) -> None:
    """A planned time is not supported, and nothing is sent."""
    with pytest.raises(msgnb.NotSupported, match="netsapiens can't send later; leave at out"):
        getattr(pbx, verb)("1002", "hello", at=NOON)
    assert not loopback.seen
