"""Event subscriptions: expiry, conflicts, and the view that shows which ones need somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from loopback import Loopback, answers

import msgnb
from msgnb import tables
from msgnb.tables.subscription_view import subscription_view

Offline = msgnb.testing.Offline
LOGIN = {"client_id": "c", "client_secret": "s", "username": "123@example.com", "password": "p"}
TOKEN = {"access_token": "a", "expires_in": 3600, "user": "123", "domain": "example.com"}
HOOK = "https://hooks.example/x"
NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        (None, None),
        ("2027-01-01 00:00:00", "2027-01-01 00:00:00"),
        (datetime(2027, 1, 1, tzinfo=UTC), "2027-01-01 00:00:00"),
        (datetime.fromisoformat("2027-01-01T00:00:00-05:00"), "2027-01-01 05:00:00"),
        (timedelta(days=30), "2026-12-02 12:00:00"),
    ],
)
def test_an_expiry_leaves_as_the_platform_writes_it(
    loopback: Loopback, given: Any, written: str | None
) -> None:
    """A time with a zone, a span from the platform's now, and text leave as UTC without saying so."""
    date = "Mon, 02 Nov 2026 12:00:00 GMT"
    loopback.script = [answers(TOKEN, Date=date), answers({"id": "a"}, Date=date)]
    pbx = msgnb.NetSapiens(loopback.url, **LOGIN)
    pbx.create_subscription("message", HOOK, subscription_expires_datetime=given)
    left = loopback.seen[-1].json.get("subscription-expires-datetime")
    assert left is written or abs(datetime.fromisoformat(left) - datetime.fromisoformat(written)) < timedelta(
        seconds=5
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (datetime(2027, 1, 1), "has no zone; write datetime"),  # noqa: DTZ001 - that is the point
        (datetime(2020, 1, 1, tzinfo=UTC), "is in the past"),
        (timedelta(seconds=-1), "is in the past"),
    ],
)
def test_an_expiry_that_can_not_be_right_is_refused(loopback: Loopback, given: Any, words: str) -> None:
    """A time without a zone, or one that is over, is refused before sending."""
    loopback.script = [answers(TOKEN)]
    pbx = msgnb.NetSapiens(loopback.url, **LOGIN)
    for call in (
        pbx.subscriptions.renew,
        lambda _, until: pbx.create_subscription("call", HOOK, *[None] * 5, until),
    ):
        with pytest.raises(msgnb.InvalidRequest, match=words):
            call("a", given)
    assert len(loopback.seen) == 1


def test_a_subscription_is_renewed(world: Offline) -> None:
    """A new expiry is stored, also for one that has expired."""
    pbx = world.netsapiens
    made = pbx.create_subscription("cdr", HOOK, subscription_expires_datetime=timedelta(minutes=5))
    world.mocks.clock.advance(minutes=10)
    assert pbx.subscriptions().attention().iloc[-1] == "expired 5 minutes ago"
    pbx.subscriptions.renew(made["id"], timedelta(days=2))
    found = pbx.subscriptions().iloc[-1]
    left = found["expires_at"] - world.mocks.clock.now()
    assert timedelta(days=1, hours=23) < left < timedelta(days=2, hours=1)


def test_the_same_again_names_the_first(world: Offline) -> None:
    """A conflict tells the id of the one that is there, and can return it instead."""
    pbx = world.netsapiens
    made = pbx.create_subscription("cdr", HOOK)
    with pytest.raises(msgnb.AlreadyExists, match=f"It is {made['id']}; pass exist_ok=True") as caught:
        pbx.create_subscription("cdr", HOOK)
    assert (caught.value.id, caught.value.status) == (made["id"], 409)
    assert pbx.create_subscription("cdr", HOOK, exist_ok=True)["id"] == made["id"]


def test_a_conflict_with_one_that_we_may_not_see_is_told(loopback: Loopback) -> None:
    """Where the other one can't be read, the conflict is told without its id."""
    conflict = answers({"message": "Subscription ID already Exists"}, status=409)
    loopback.script = [answers(TOKEN), conflict, answers([{"id": "b", "model": "call", "post-url": HOOK}])]
    with pytest.raises(msgnb.AlreadyExists, match="not among those that can be read") as caught:
        msgnb.NetSapiens(loopback.url, **LOGIN).create_subscription("message", HOOK, exist_ok=True)
    assert caught.value.id is None


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
