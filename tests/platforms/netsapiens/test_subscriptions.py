"""Event subscriptions: expiry and conflicts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from loopback import Loopback, answers

import msgnb

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
