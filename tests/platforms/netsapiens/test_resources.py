"""What the client shows, what its resources share, and the verbs that the seeds' verbs delegate to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from loopback import Loopback, answers, drops

import msgnb
from msgnb.platforms.base import Client
from msgnb.platforms.netsapiens.connection import NetSapiensConnection
from msgnb.platforms.resources import Connection, JournaledCampaigns, Resource, Webhooks

LOGIN = {"client_id": "c", "client_secret": "s", "username": "123@example.com", "password": "p"}
TOKEN = answers({"access_token": "a", "expires_in": 3600, "user": "123", "domain": "example.com"})
ACCEPTED = {"code": 202, "message": "Accepted"}
RESOURCES = ("sessions", "messages", "contacts", "subscriptions", "calls", "numbers", "campaigns")
SEED_VERBS = (
    "get_token", "send_message", "get_messages", "create_subscription", "read_subscription",
    "update_subscription", "delete_subscription", "read_calls", "new_call",
)  # fmt: skip
MOST_NAMES, MOST_VERBS = 30, 12


def public(thing: Any) -> list[str]:
    return [name for name in dir(thing) if not name.startswith("_")]


@pytest.fixture
def pbx(loopback: Loopback) -> msgnb.NetSapiens:
    return msgnb.NetSapiens(loopback.url, **LOGIN)


def test_the_client_shows_a_screenful_of_names(pbx: msgnb.NetSapiens) -> None:
    """Tab completion offers at most 30 names, the seeds' verbs among them."""
    names = public(pbx)
    assert len(names) <= MOST_NAMES
    assert set(SEED_VERBS) <= set(names)


def test_the_client_is_a_client_and_nothing_more() -> None:
    """The client derives from `Client` directly."""
    assert msgnb.NetSapiens.__bases__ == (Client,)


@pytest.mark.parametrize("name", RESOURCES)
def test_a_resource_is_small(pbx: msgnb.NetSapiens, name: str) -> None:
    """A resource derives from `Resource` directly, shows at most 12 names, and is the same one each time."""
    resource = getattr(pbx, name)
    assert type(resource).__bases__ == (Resource,)
    assert len(public(resource)) <= MOST_VERBS
    assert callable(resource)
    assert getattr(pbx, name) is resource


def test_the_connection_is_a_connection(pbx: msgnb.NetSapiens) -> None:
    """The connection derives from `Connection` directly."""
    assert type(pbx.connection) is NetSapiensConnection
    assert NetSapiensConnection.__bases__ == (Connection,)


def test_campaigns_come_from_journals(pbx: msgnb.NetSapiens) -> None:
    """The platform has no campaigns, so those of the journals are shown."""
    assert isinstance(pbx.campaigns, JournaledCampaigns)


def test_subscriptions_are_webhooks(pbx: msgnb.NetSapiens) -> None:
    """Forms can manage the subscriptions, as those of any platform with webhooks."""
    assert isinstance(pbx.subscriptions, Webhooks)


def test_the_time_is_the_platforms(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """The connection signs in to know the platform's time, and once only."""
    date = "Mon, 02 Nov 2026 12:00:00 GMT"
    loopback.script = [answers({"access_token": "a", "expires_in": 3600}, Date=date)]
    for _ in range(2):
        assert abs(pbx.connection.now() - datetime(2026, 11, 2, 12, tzinfo=UTC)) < timedelta(minutes=1)
    assert len(loopback.seen) == 1


@pytest.mark.parametrize(
    ("user", "domain", "expected"),
    [
        ("~", "~", "123@example.com"),
        ("123", "example.com", "123@example.com"),
        (None, "~", "123@example.com"),
        ("103", "~", "103@example.com"),
        ("103", "other.com", "103@other.com"),
        (None, "other.com", "123@example.com"),
    ],
)
def test_a_list_is_the_view_of_its_user(
    loopback: Loopback, pbx: msgnb.NetSapiens, user: str | None, domain: str, expected: str
) -> None:
    """A list that is read for another user is theirs; that of a whole domain is one's own view."""
    loopback.script = [TOKEN]
    assert pbx.connection.whose(user, domain) == expected


def test_a_subscription_is_renewed_and_reset_at_once(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """`reset=True` sets both counters to zero in the request that renews."""
    loopback.script = [TOKEN, answers(ACCEPTED, status=202)]
    assert pbx.subscriptions.renew("a", "2027-01-01 00:00:00", reset=True) == ACCEPTED
    [seen] = loopback.seen[1:]
    assert (seen.method, seen.path) == ("PUT", "/ns-api/v2/subscriptions/a")
    assert seen.json == {
        "subscription-expires-datetime": "2027-01-01 00:00:00", "error-count": 0, "posts-count": 0,
    }  # fmt: skip


def test_a_renewal_leaves_the_counters_alone(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """Without `reset` only the expiry is sent."""
    loopback.script = [TOKEN, answers(ACCEPTED, status=202)]
    pbx.subscriptions.renew("a", "2027-01-01 00:00:00")
    assert loopback.seen[-1].json == {"subscription-expires-datetime": "2027-01-01 00:00:00"}


def test_counters_are_zero_after_a_reset(world: msgnb.testing.Offline) -> None:
    """A failing subscription that is renewed with `reset` has no posts and no errors."""
    pbx = world.netsapiens
    failing = pbx.subscriptions().query("errors > 0").iloc[0]
    pbx.subscriptions.renew(failing["subscription"], timedelta(days=2), reset=True)
    found = pbx.subscriptions().set_index("subscription").loc[failing["subscription"]]
    assert (found["posts"], found["errors"]) == (0, 0)


def test_a_subscription_is_created_with_all_filters(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """The keywords of `subscriptions.create` are sent under the platform's names."""
    loopback.script = [TOKEN, answers({"id": "a"})]
    made = pbx.subscriptions.create(
        "cdr", "https://example.com/x", user="101", domain="d", reseller="r", geo_support="no",
        preferred_server="core1.example.com", expires="2027-01-01 00:00:00",
    )  # fmt: skip
    assert made == {"id": "a"}
    assert loopback.seen[-1].json == {
        "model": "cdr", "post-url": "https://example.com/x", "user": "101", "domain": "d", "reseller": "r",
        "subscription-geo-support": "no", "preferred-server": "core1.example.com",
        "subscription-expires-datetime": "2027-01-01 00:00:00",
    }  # fmt: skip


def test_a_conflict_names_the_way_to_renew(world: msgnb.testing.Offline) -> None:
    """The error for a subscription that exists already names methods that exist."""
    pbx = world.netsapiens
    pbx.subscriptions.create("cdr", "https://hooks.example/x")
    words = r"pass exist_ok=True to have it, or subscriptions\.renew\(id, expires\) to keep it longer"
    with pytest.raises(msgnb.AlreadyExists, match=words):
        pbx.subscriptions.create("cdr", "https://hooks.example/x")


def test_a_call_goes_through_its_life(world: msgnb.testing.Offline) -> None:
    """A call is made, read by its ID and ended; after that there is none."""
    pbx = world.netsapiens
    made = pbx.calls.create("12125550176")
    found = pbx.calls.get(made["call-id"])
    assert found["call-orig-call-id"] == made["call-id"]
    assert made["call-id"] in {row["call-orig-call-id"] for row in pbx.calls.read()}
    pbx.calls.hang_up(made["call-id"])
    with pytest.raises(msgnb.NotFound):
        pbx.calls.get(made["call-id"])


def test_a_call_without_anybody_to_call_is_refused(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """An empty recipient is refused before anything is requested, under the name of the argument."""
    with pytest.raises(msgnb.InvalidRequest, match=r"^to: is empty"):
        pbx.calls.create("")
    with pytest.raises(msgnb.InvalidRequest, match=r"^call_term_user: is empty"):
        pbx.new_call()
    assert not loopback.seen


def test_a_lost_call_is_unknown_by_its_id(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A call whose response was lost is requested once, and its ID is in the error."""
    loopback.script = [TOKEN, drops]
    with pytest.raises(msgnb.OutcomeUnknown) as caught:
        pbx.calls.create("18587645200", call="call-1")
    assert caught.value.id == "call-1"
    assert len(loopback.seen) == 2


def test_a_wrapped_acknowledgement_is_read(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A response to a change may be wrapped in a list, or have no body."""
    loopback.script = [TOKEN, answers([ACCEPTED], status=202), answers(None, status=202)]
    assert pbx.sessions.mark("s" * 32) == ACCEPTED
    assert pbx.sessions.mark("s" * 32) == {}
