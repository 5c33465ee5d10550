"""The form for event subscriptions, without a screen."""

from __future__ import annotations

import pytest

import msgnb
from msgnb.widgets import SubscriptionForm


@pytest.fixture
def form(world: msgnb.testing.Offline) -> SubscriptionForm:
    return SubscriptionForm(world.netsapiens)


def known(form: SubscriptionForm, trouble: str) -> str:
    """The id of the first subscription with that trouble."""
    assert form.frame is not None
    troubles = form.frame.attention()
    return str(form.frame["subscription"][troubles.str.startswith(trouble, na=False)].iloc[0])


def test_what_is_wrong_stands_beside_what_helps(form: SubscriptionForm) -> None:
    """Each subscription has its facts; expired and broken ones say so, and what to do."""
    html = form._list.html
    assert "Expired 3 days ago" in html
    assert "Renew it, if it is still needed." in html
    assert "Broken: 15 of 207 posts failed" in html
    assert "sets its counters back" in html


def test_one_is_created(world: msgnb.testing.Offline, form: SubscriptionForm) -> None:
    """What is filled in is subscribed to, for the days given; the list has it at once."""
    form.topic.value, form.target.value, form.days.value = "call", "https://example.com/new", "7"
    assert form._line.spec["code"] == (
        "pbx.subscriptions.create('call', 'https://example.com/new', expires=timedelta(days=7))"
    )
    made = form.submit()
    assert made is not None
    assert form.state == "sent"
    assert "https://example.com/new" in form._list.html
    form.target.value = "https://example.com/other"
    form.target.value = "https://example.com/new"
    assert form.submit() is None
    assert "Renew the one that is there." in form.status.spec["words"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("target", "nowhere", "is no web address"),
        ("days", "soon", "is no number of days"),
        ("days", "0", "is no"),
    ],
)
def test_what_can_not_be_right_is_said(form: SubscriptionForm, field: str, value: str, words: str) -> None:
    """Mistakes stand beside their field, and nothing is created."""
    form.target.value = "https://example.com/new"
    getattr(form, field).value = value
    assert form.submit() is None
    assert words in getattr(form, field).problem
    assert form.state == "rejected"


def test_a_broken_one_is_renewed_with_its_counters(form: SubscriptionForm) -> None:
    """Renewing sets a new end, and the counters of one that failed back to 0."""
    broken = known(form, "broken")
    form.press("renew", broken)
    assert form.status.spec["words"] == "Renewed for 30 days"
    assert form.frame is not None
    row = form.frame.set_index("subscription").loc[broken]
    assert (row["errors"], row["posts"]) == (0, 0)


def test_deleting_is_asked_for_twice(world: msgnb.testing.Offline, form: SubscriptionForm) -> None:
    """The first click asks, the second deletes, and one can keep it."""
    expired = known(form, "expired")
    form.press("ask", expired)
    assert "Yes, delete it" in form._list.html
    form.press("keep")
    assert "Yes, delete it" not in form._list.html
    form.press("ask", expired)
    form.press("delete", expired)
    assert expired not in form._list.html
    assert expired not in list(world.netsapiens.subscriptions()["subscription"])
    form.press("renew", expired)
    assert form.state == "rejected"


def test_strangers_write_no_markup(world: msgnb.testing.Offline) -> None:
    """Addresses are escaped."""
    world.netsapiens.create_subscription("message", "https://example.com/<b>")
    assert "<b>https" not in SubscriptionForm(world.netsapiens)._list.html
    assert "&lt;b&gt;" in SubscriptionForm(world.netsapiens)._list.html
