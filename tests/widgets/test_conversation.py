"""Conversations to read, as bubbles and as lines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb import tables
from msgnb.widgets import Conversations

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)


def messages(*rows: dict[str, Any]) -> pd.DataFrame:
    """A table `messages` of the fields that matter, a minute apart."""
    columns = {name for row in rows for name in row}
    values: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in columns}
    values.setdefault("session", ["s"] * len(rows))
    values.setdefault(
        "at", [f"2026-11-0{1 + number // 60}T23:{number % 60:02}:00Z" for number in range(len(rows))]
    )
    return tables.MESSAGES.frame(len(rows), values)


def said(text: str, direction: str = "inbound", **more: Any) -> dict[str, Any]:
    return {"text": text, "direction": direction, "sender": "Ana", **more}


def test_bubbles_tell_direction_day_and_fate() -> None:
    """Own messages are on the right with ticks, days have a line, and the zone of the times is named."""
    frame = messages(
        said("Hi"),
        said("Hello", "outbound", status="read"),
        said("?", "outbound", status="failed", error="no route"),
    )
    html = frame.msg.conversation(zone="Asia/Tokyo").html
    assert "times in Asia/Tokyo" in html
    assert "Monday 02 November 2026" in html  # 23:00 UTC on Sunday
    assert "08:01" in html
    assert html.index("text-align:left") < html.index("text-align:right")
    assert 'aria-label="read"' in html
    assert "no route" in html


def test_strangers_write_no_markup_and_load_nothing() -> None:
    """Text is escaped; only pictures within the message are shown; links wait for a click."""
    frame = messages(
        said("<script>alert(1)</script>", sender="<i>"),
        said("", media_url="https://tracker.example/x.png", media_type="image/png", media_size=34_000),
        said("", media_url="javascript:alert(1)", media_type="image/png"),
        said("", media_url=PIXEL, media_type="image/png"),
        said("", media_url="data:text/html;base64,PHNjcmlwdD4=", media_type="image/png"),
        said("", media_url='data:image/png;base64,AA"onerror="alert(1)', media_type="image/png"),
        said("", media_url="https://[broken", media_type="video/mp4"),
    )
    html = frame.msg.conversation().html
    assert "<script" not in html
    assert "<i>" not in html
    assert "javascript:" not in html
    assert html.count("<img") == 1
    assert f'src="{PIXEL}"' in html
    assert "onerror" not in html
    assert html.count("href=") == 1
    assert 'rel="noopener noreferrer nofollow"' in html
    assert "34 kB, from tracker.example" in html


def test_outside_of_a_notebook_it_is_text() -> None:
    """Printed, a conversation is lines with arrows."""
    frame = messages(said("Hi\x1b[31m"), said("Hello", "outbound", status="delivered"))
    assert repr(frame.msg.conversation()) == (
        "times in UTC\nSun 01 Nov 2026\n  23:00  ← Ana: Hi␛[31m\n  23:01  → Hello ✓✓"
    )


def test_long_ones_are_cut() -> None:
    """The latest messages are shown, long texts are cut, and both are said."""
    frame = messages(*(said(f"number {each}") for each in range(50)), said("x" * 100_000))
    shown = frame.msg.conversation(most=10)
    assert "41 earlier" in shown.html
    assert "number 40" not in shown.html
    assert "number 41" in shown.html
    assert "98,000 more characters" in shown.html
    assert len(shown.html) < 20_000


def test_the_right_conversation_is_asked_for() -> None:
    """A table of several sessions needs a name; a wrong one, a wrong zone and another table are refused."""
    frame = messages(said("a", session="one"), said("b", session="two"))
    assert "b" in repr(frame.msg.conversation("two"))
    for given, words in (
        ({}, "the table has 2, such as 'one'"),
        ({"session": "three"}, "'three' is not in this table"),
        ({"session": "one", "zone": "Mars"}, "'Mars' is none"),
    ):
        with pytest.raises(msgnb.InvalidRequest, match=words):
            frame.msg.conversation(**given)
    with pytest.raises(AttributeError, match="a table `messages` is needed"):
        pd.DataFrame({"session": ["x"]}).msg.conversation()
    assert repr(messages().msg.conversation()) == "no messages"


def test_a_group_names_who_wrote() -> None:
    """Where several write, each bubble has its writer; between two it has not."""
    two = messages(said("Hi"), said("Hello", "outbound"))
    many = messages(said("Hi"), said("Hi", sender="Bia"))
    assert ">Ana<" not in two.msg.conversation().html
    assert ">Ana<" in many.msg.conversation().html
    assert ">Bia<" in many.msg.conversation().html


def test_conversations_of_a_client(world: msgnb.testing.Offline) -> None:
    """The sessions are listed, one is opened, and earlier messages come when they are asked for."""
    for client in (world.blip, world.netsapiens, world.smsdrop):
        view = Conversations(client, zone="UTC")
        sessions = client.sessions()
        assert view._list.html.count('data-press="open"') == min(40, len(sessions))
        session = sessions["session"][0]
        view.choose(session)
        newest = client.messages(session, limit=1)
        assert f"{newest['at'][0]:%H:%M}" in view._thread.html
        assert f'data-value="{session}" aria-current="true"' in view._list.html


def test_earlier_messages_come_page_by_page() -> None:
    """A hundred are shown at first, and a hundred more each time, to the beginning."""
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    count = 250
    frame = tables.MESSAGES.frame(count, {
        "session": ["s"] * count, "text": [f"number {each};" for each in range(count)],
        "direction": ["inbound"] * count,
        "at": [datetime.fromtimestamp(start + 60 * each, UTC).isoformat() for each in range(count)],
    })  # fmt: skip
    view = Conversations(frame, zone="UTC")
    view.choose("s")
    assert "number 150;" in view._thread.html
    assert "number 149;" not in view._thread.html
    view.press("earlier")
    assert "number 50;" in view._thread.html
    assert 'data-press="earlier"' in view._thread.html
    view.press("earlier")
    assert "number 0;" in view._thread.html
    assert 'data-press="earlier"' not in view._thread.html


def test_sessions_are_searched_and_listed_in_pages() -> None:
    """Words are looked for in names, ids and last texts; long lists come in pages."""
    frame = messages(
        *(said(f"order {each}", session=f"session {each}", sender=f"P{each}") for each in range(59))
    )
    view = Conversations(frame, zone="UTC")
    assert view._list.html.count('data-press="open"') == 40
    view.press("more")
    assert view._list.html.count('data-press="open"') == 59
    view.search.value = "ORDER p17"
    assert view._list.html.count('data-press="open"') == 1
    view.search.value = "nobody"
    assert "Nothing found." in view._list.html


def test_a_view_of_nothing_says_so() -> None:
    """No sessions, another table and an unknown zone each have their words."""
    assert "There are no conversations." in Conversations(messages())._thread.html
    with pytest.raises(msgnb.InvalidRequest, match="a table `messages` is needed"):
        Conversations(pd.DataFrame({"x": [1]}))
    with pytest.raises(msgnb.InvalidRequest, match="'Mars' is none"):
        Conversations(messages(), zone="Mars")


def test_what_is_new_comes_with_refresh(world: msgnb.testing.Offline) -> None:
    """Refreshing reads the sessions and the open conversation again."""
    view = Conversations(world.netsapiens, zone="UTC")
    session = world.netsapiens.sessions()["session"][0]
    view.choose(session)
    world.receive("netsapiens", from_="12125550176", to="16195550101", text="brand new")
    view.press("refresh")
    assert "brand new" in view._list.html
    assert view.session == session
    assert f"open: {session}" in repr(view)


def test_what_can_not_be_read_is_said(world: msgnb.testing.Offline) -> None:
    """A conversation that can't be read leaves the view as it is, with the reason in words."""
    view = Conversations(world.netsapiens, zone="UTC")
    view._receive({"do": "press", "name": "open", "value": "nothing like it"}, [])
    assert "an id has 32 or more" in view.status.spec["words"]
    assert '"status"' in str(view.view["layout"]).replace("'", '"')
