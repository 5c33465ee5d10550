"""A conversation as bubbles and as lines, wherever it is shown."""

from __future__ import annotations

import pandas as pd
import pytest
from threads import messages, said

import msgnb

PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
    "AABJRU5ErkJggg=="
)


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
        "times in UTC\nSun 01 Nov 2026\n  23:00  ← Ana: Hi\\x1b[31m\n  23:01  → Hello ✓✓"
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
