"""The table of events that grows, without a screen."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from listening import SENDER, Stub, told

import msgnb
from msgnb.events.live import Live
from msgnb.widgets.live_table import LiveTable


@pytest.fixture
def live() -> Any:
    with Live(Stub(), ("message",), lifetime=timedelta(hours=1), listener=None, keep=100_000) as live:
        yield live


def drawn(table: LiveTable, words: str) -> None:
    """Wait until the head of the table says something."""
    came = threading.Event()

    def look(_: Any = None) -> None:
        if words in table._head.html:
            came.set()

    table.observe(look, "view")
    look()
    assert came.wait(10), table._head.html


def test_it_shows_what_came_before_and_what_comes(live: Live) -> None:
    """The table shows earlier events at once and later ones soon, the newest first."""
    live._receive("message", [told("message", "first", id="1")])
    table = live.widget()
    assert "1 event" in table._head.html
    live._receive("message", [told("message", "second", id="2")])
    drawn(table, "2 events")
    assert table._table.html.index("second") < table._table.html.index("first")
    assert SENDER in table._table.html


def test_an_empty_table_says_so(live: Live) -> None:
    """Before anything came the table says that."""
    table = live.widget()
    assert "0 events" in table._head.html
    assert "Nothing came yet" in table._table.html


def test_strangers_write_no_markup(live: Live) -> None:
    """All text is escaped, long text is cut, and what is told again is faint."""
    live._receive(
        "message", [told("message", "<script>alert(1)</script>" + "x" * 500, id="1", from_num="<i>")]
    )
    live._receive("message", [told("message", "again", id="1")])
    html = live.widget()._table.html
    assert "<script>" not in html
    assert "<i>" not in html
    assert "&lt;script&gt;" in html
    assert "x" * 301 not in html
    assert "(told again)" in html


def test_a_flood_is_drawn_together_and_ends_with_the_last(live: Live) -> None:
    """Thousands of events cost few drawings, and the last drawing has the last event."""
    table = live.widget(rows=5)
    drawings: list[Any] = []
    table.observe(drawings.append, "view")
    for number in range(3000):
        live._receive("message", [told("message", f"text {number}", id=str(number))])
    drawn(table, "3,000 events, the last 5 are shown")
    assert "text 2999" in table._table.html
    assert table._table.html.count("<tr") == 6
    assert len(drawings) < 100


def test_what_was_dropped_is_counted() -> None:
    """Events that fell out of the buffer are told in the head."""
    live = Live(Stub(), ("message",), lifetime=timedelta(hours=1), listener=None, keep=2)
    for number in range(5):
        live._receive("message", [told("message", "x", id=str(number))])
    assert "5 events, 3 dropped" in live.widget()._head.html


def test_a_closed_table_looks_no_more(live: Live) -> None:
    """After `close` the table is told nothing."""
    table = live.widget()
    table.close()
    before = table._head.html
    drawn = threading.Event()
    table._redraw._show = drawn.set  # type: ignore[method-assign]
    live._receive("message", [told("message", "late", id="9")])
    live.stop()
    assert (table._head.html, drawn.is_set()) == (before, False)
    assert "LiveTable of <Live netsapiens message" in repr(table)
    assert isinstance(table, msgnb.widgets.LiveTable)


def test_a_paused_table_stands_still_and_counts(live: Live) -> None:
    """Paused, the table shows what it showed and counts what comes; going on shows all of it."""
    table = live.widget()
    table.press("pause")
    live._receive("message", [told("message", "meanwhile", id="1")])
    drawn(table, "Paused; 1 came meanwhile")
    assert "meanwhile" not in table._table.html
    table.press("pause")
    assert "meanwhile" in table._table.html


def test_a_filter_shows_what_fits(live: Live) -> None:
    """All words of the filter must be in an event, wherever."""
    live._receive("message", [told("message", "Pizza please", id="1"), told("message", "Pasta", id="2")])
    table = live.widget()
    table.filter.value = f"pizza {SENDER}"
    assert "Pizza please" in table._table.html
    assert "Pasta" not in table._table.html
    assert "2 events, 1 fit the filter" in table._head.html
    table.filter.value = "sushi"
    assert "No event fits the filter." in table._table.html
