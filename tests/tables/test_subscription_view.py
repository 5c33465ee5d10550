"""The view of subscriptions that shows which ones need somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from msgnb import tables
from msgnb.tables.subscription_view import subscription_view

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def frame(*rows: tuple[str, datetime | None, int | None, int | None]) -> Any:
    """Subscriptions with status, expiry, posts and errors, as read at noon."""
    status, expires, posts, errors = zip(*rows, strict=True)
    times = [time.isoformat() if time else None for time in expires]
    values = {
        "status": status,
        "expires_at": times,
        "posts": posts,
        "errors": errors,
        "topic": ["<b>$5 & $6</b>"] * len(rows),
    }
    return subscription_view(tables.SUBSCRIPTIONS.frame(len(rows), values), NOW)


LATER = NOW + timedelta(days=9)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("active", LATER, 7195, 7), None),
        (("pending", LATER, 0, 0), None),
        (("active", None, 1, 0), None),
        (("active", NOW - timedelta(days=3), 5, 0), "expired 3 days ago"),
        (("error", NOW - timedelta(seconds=1), 5, 5), "expired 1 second ago"),
        (("error", LATER, 207, 15), "broken: 15 of 207 posts failed"),
        (("error", LATER, None, None), "broken"),
        (("active", NOW + timedelta(minutes=12, seconds=5), 5, 0), "expires in 12 minutes"),
    ],
)
def test_what_needs_somebody_is_said_in_words(row: Any, words: str | None) -> None:
    """Expired, broken and soon ending ones are told in words, healthy and new ones are not."""
    [found] = frame(row).attention()
    assert found == words or (words is None and pd.isna(found))


def test_they_stand_out_in_the_notebook() -> None:
    """The view marks the rows and counts them; strangers' text is escaped; it is a DataFrame all the same."""
    found = frame(
        ("active", LATER, 5, 0), ("error", LATER, 207, 15), ("active", NOW - timedelta(days=3), 1, 0)
    )
    html = found._repr_html_()
    assert "2 of 3 need attention" in html
    assert "broken: 15 of 207 posts failed" in html
    assert "expired 3 days ago" in html
    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    assert html.count("<tr>") == 4
    assert "attention" not in found.columns
    assert isinstance(found, pd.DataFrame)


def test_a_part_of_them_stands_out_too() -> None:
    """Rows that are picked keep their marks; columns that are picked, and none at all, are plain tables."""
    found = frame(("active", LATER, 5, 0), ("error", LATER, 207, 15))
    assert "1 of 1 need attention" in found[found["status"] == "error"]._repr_html_()
    assert "1, all well" in found.head(1)._repr_html_()
    assert "attention" not in found[["status", "topic"]]._repr_html_()
    assert "attention" not in found.head(0)._repr_html_()
    assert "attention" not in pd.concat([found, found])._repr_html_()
    assert list(found[found.attention().notna()]["status"]) == ["error"]


def test_many_of_them_are_shown_in_part() -> None:
    """The view of very many rows is cut, and says so."""
    found = frame(*[("active", LATER, 5, 0)] * 150)
    html = found._repr_html_()
    assert "150, all well; the first 100 are shown" in html
    assert html.count("<tr>") == 101


def test_without_the_notebooks_libraries_it_is_a_plain_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where jinja2 is missing, the view is that of any DataFrame."""
    monkeypatch.setitem(__import__("sys").modules, "jinja2", None)
    assert "<table" in frame(("error", LATER, 5, 5))._repr_html_()
