"""The SMSDrop client: what leaves, and what comes back."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from loopback import Loopback, answers, drops

import msgnb
from msgnb import tables
from msgnb.platforms.smsdrop.models import Subscription
from msgnb_mocks import World
from msgnb_mocks.hosting.inprocess import InProcess
from msgnb_mocks.platforms.smsdrop import QUIRKS

CANARY = "canary-4711"
EMAIL = "ana@example.com"
ONE = {
    "id": "7b0c3e0e", "title": "T", "message": "Hello", "message_type": 0, "sender": "TestUser",
    "recipient_list": ["+22963588213", "22963588214"], "defer_until": None, "defer_by": None,
    "status": "PENDING", "delivery_percentage": 0, "message_count": 2, "sms_count": 1,
    "created_at": "2026-11-20T10:00:00+00:00", "added_later": "by the platform",
}  # fmt: skip


def login(name: str = "one") -> Any:
    return answers({"access_token": f"{CANARY}-{name}", "token_type": "bearer"})


@pytest.fixture
def sms(loopback: Loopback) -> msgnb.SmsDrop:
    client = msgnb.SmsDrop(EMAIL, CANARY, base_url=loopback.url)
    client.connection.http.pause = lambda _: None
    return client


def campaign(**change: Any) -> msgnb.Campaign:
    given: dict[str, Any] = {"message": "Hello", "sender": "TestUser", "recipient_list": ["+22963588213"]}
    return msgnb.Campaign(**(given | change))


def paths(loopback: Loopback) -> list[str]:
    return [f"{seen.method} {seen.path}" for seen in loopback.seen]


@pytest.mark.parametrize("root", ["", "/", "/api", "/api/"])
def test_it_logs_in_by_form(loopback: Loopback, root: str) -> None:
    """The first request is the login form, the second bears the token; the root is given in any form."""
    loopback.script = [login(), answers(ONE)]
    msgnb.SmsDrop(EMAIL, CANARY, base_url=loopback.url + root).read_campaign("x")
    assert paths(loopback) == ["POST /api/auth/login", "GET /api/campaigns/x"]
    assert parse_qs(loopback.seen[0].body.decode()) == {"username": [EMAIL], "password": [CANARY]}
    assert loopback.seen[0].headers["content-type"] == "application/x-www-form-urlencoded"
    assert loopback.seen[1].headers["authorization"] == f"Bearer {CANARY}-one"


def test_a_token_is_used_again(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """Further requests use the token of the first."""
    loopback.script = [login(), answers(ONE)]
    sms.read_campaign("a")
    sms.read_campaign("b")
    assert len(loopback.seen) == 3


def test_without_a_store_every_request_logs_in(loopback: Loopback) -> None:
    """With NoStore no token outlives its request."""
    loopback.script = [login(), answers(ONE), login(), answers(ONE)]
    sms = msgnb.SmsDrop(EMAIL, CANARY, base_url=loopback.url, token_store=msgnb.NoStore())
    sms.read_campaign("a")
    sms.read_campaign("b")
    assert sum("login" in path for path in paths(loopback)) == 2


def test_tokens_are_kept_by_account(loopback: Loopback) -> None:
    """Two accounts that share a store do not share a token."""
    loopback.script = [login("ana"), answers(ONE), login("bia"), answers(ONE)]
    store = msgnb.MemoryStore()
    for email in (EMAIL, "bia@example.com"):
        msgnb.SmsDrop(email, CANARY, base_url=loopback.url, token_store=store).read_campaign("a")
    assert loopback.seen[3].headers["authorization"] == f"Bearer {CANARY}-bia"


def test_a_refused_token_is_got_anew_once(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """After a 401 it logs in once more and repeats the request once, a launch too."""
    refused = answers({"detail": "Unauthorized"}, status=401)
    loopback.script = [login(), refused, login("two"), answers(ONE)]
    sms.launch_campaign(campaign())
    assert [path.rpartition("/api")[2] for path in paths(loopback)] == [
        "/auth/login", "/campaigns/", "/auth/login", "/campaigns/",
    ]  # fmt: skip
    assert loopback.seen[3].headers["authorization"] == f"Bearer {CANARY}-two"


def test_bad_credentials_are_told(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """A login refused with 400 is an AuthError that names the account."""
    loopback.script = [answers({"detail": "LOGIN_BAD_CREDENTIALS"}, status=400)]
    with pytest.raises(msgnb.AuthError, match=rf"{EMAIL} was refused \(LOGIN_BAD_CREDENTIALS\)"):
        sms.read_me()


def test_a_campaign_leaves_with_every_field(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """A launch posts the documented body, and the campaign given is updated with the answer."""
    loopback.script = [login(), answers(ONE)]
    given = campaign(title="T", defer_until=datetime(2026, 12, 1, 9, tzinfo=UTC))
    launched = sms.launch_campaign(given)
    assert loopback.seen[1].json == {
        "title": "T", "message": "Hello", "message_type": 0, "sender": "TestUser",
        "recipient_list": ["+22963588213"], "defer_until": "2026-12-01T09:00:00+00:00", "defer_by": None,
    }  # fmt: skip
    assert launched is given
    assert (given.id, given.status, given.message_count) == ("7b0c3e0e", "PENDING", 2)
    assert given.created_at == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_too_little_credit_is_told_with_the_campaign(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """201 is InsufficientCredit; the campaign has its id, and can be retried."""
    loopback.script = [login(), answers(ONE, status=201), answers({}, status=201), answers(ONE)]
    given = campaign()
    with pytest.raises(msgnb.InsufficientCredit) as caught:
        sms.launch_campaign(given)
    assert caught.value.campaign == given.id == "7b0c3e0e"
    with pytest.raises(msgnb.InsufficientCredit):
        sms.retry_campaign("7b0c3e0e")
    assert sms.retry_campaign("7b0c3e0e").status == "PENDING"
    assert loopback.seen[2].json == {"id": "7b0c3e0e"}
    assert loopback.seen[2].path == "/api/campaigns/retry"


def test_a_launch_without_a_campaign_in_its_answer_is_unknown(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """A success that holds no campaign leaves open what was done."""
    loopback.script = [login(), answers({"detail": "fine"})]
    with pytest.raises(msgnb.OutcomeUnknown, match="look up T"):
        sms.launch_campaign(campaign(title="T"))


@pytest.mark.parametrize("quirk", [None, *QUIRKS])
def test_the_client_reads_every_reading_of_the_contract(quirk: str | None) -> None:
    """Campaigns are read, launched and retried whichever second reading the server plays."""
    world = World(7)
    with InProcess(world, quirks=frozenset({f"smsdrop:{quirk}"} if quirk else ())) as inside:
        login = inside.credentials["smsdrop"]
        sms = msgnb.SmsDrop(login["email"], login["password"])
        waiting = sms.campaigns().query("status == 'pending' and delivered_percent == 0")["campaign"].iloc[-1]
        assert sms.send_message("Hello", "MyShop", "+22963588213").status == "PENDING"
        assert sms.retry_campaign(waiting).id == waiting


def test_refused_fields_are_named(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """422 is InvalidRequest with each field and what is wrong with it."""
    detail = [
        {"loc": ["body", "sender"], "msg": "too long", "type": "value_error"},
        {"loc": ["body", "recipient_list", 0], "msg": "no phone", "type": "value_error"},
    ]
    loopback.script = [login(), answers({"detail": detail}, status=422)]
    with pytest.raises(msgnb.InvalidRequest, match="sender: too long") as caught:
        sms.launch_campaign(campaign())
    assert caught.value.fields == {"sender": "too long", "recipient_list.0": "no phone"}


def test_a_lost_launch_is_unknown_by_its_title(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """A launch whose answer got lost is posted once; its title, ours where there was none, finds it."""
    loopback.script = [login(), drops]
    with pytest.raises(msgnb.OutcomeUnknown) as caught:
        sms.send_message("Hello", "TestUser", "+22963588213")
    assert caught.value.id == loopback.seen[1].json["title"]
    assert (caught.value.id or "").startswith("msgnb ")
    assert len(loopback.seen) == 2


def test_one_message_is_a_campaign_of_one(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """`send_message` launches a campaign with one recipient and its date."""
    loopback.script = [login(), answers(ONE)]
    sms.send_message("Hello", "TestUser", "+22963588213", datetime(2026, 12, 1, tzinfo=UTC))
    sent = loopback.seen[1].json
    assert (sent["recipient_list"], sent["defer_until"]) == (["+22963588213"], "2026-12-01T00:00:00+00:00")


def test_a_missing_campaign_is_none(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """A campaign that is not there is `None`, as its users know it."""
    loopback.script = [login(), answers({"detail": "Not Found"}, status=404)]
    assert sms.read_campaign("nothing") is None


def test_campaigns_are_read_to_the_end(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """Pages of 100 are asked for by skip; a limit asks for no more than that."""
    full = [ONE | {"id": str(number)} for number in range(100)]
    loopback.script = [login(), answers(full), answers([ONE]), answers([ONE, ONE | {"id": "2"}])]
    assert len(sms.read_campaigns()) == 101
    assert len(sms.read_campaigns(skip=5, limit=2)) == 2
    queries = [parse_qs(urlsplit(seen.path).query) for seen in loopback.seen[1:]]
    assert queries == [
        {"skip": ["0"], "limit": ["100"]},
        {"skip": ["100"], "limit": ["100"]},
        {"skip": ["5"], "limit": ["2"]},
    ]


def test_profile_and_plan_are_read(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """The profile and the plan are objects with the fields of the documents."""
    profile = {"id": "u", "email": EMAIL, "is_active": True}
    plan = {"id": "p", "nbr_sms": 7, "created_at": "2026-01-01T00:00:00+00:00"}
    loopback.script = [login(), answers(profile), answers(plan)]
    me = sms.read_me()
    assert (me.email, me.is_active, me.is_verified) == (EMAIL, True, None)
    assert sms.read_subscription() == Subscription("p", 7, datetime(2026, 1, 1, tzinfo=UTC))
    assert paths(loopback)[1:] == ["GET /api/users/me", "GET /api/subscriptions/"]


def test_no_secret_shows(loopback: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    """Neither log, repr nor error holds password or token, whatever logger is given."""
    caplog.set_level(logging.DEBUG)
    own = logging.getLogger("mine")
    loopback.script = [login(), answers({"detail": f"{CANARY}-one"}, status=400)]
    sms = msgnb.SmsDrop(EMAIL, CANARY, base_url=loopback.url, logger=own)
    with pytest.raises(msgnb.Rejected) as caught:
        sms.read_me()
    assert [record.name for record in caplog.records if record.name == "mine"]
    assert CANARY not in caplog.text + repr(sms) + repr(vars(sms)) + str(caught.value)


@pytest.mark.parametrize("name", ["sessions", "contacts", "campaigns"])
def test_empty_tables_have_their_columns(loopback: Loopback, sms: msgnb.SmsDrop, name: str) -> None:
    """An account without campaigns gives tables with the same columns and types."""
    loopback.script = [login(), answers([])]
    table = next(table for table in tables.TABLES if table.name == name)
    pd.testing.assert_series_equal(getattr(sms, name)().dtypes, table.frame(0, {}).dtypes)


def test_a_conversation_is_what_one_phone_got(loopback: Loopback, sms: msgnb.SmsDrop) -> None:
    """Sessions are phones, with or without `+`; messages are their campaigns, the latest first."""
    older = ONE | {"id": "old", "created_at": "2026-11-01T10:00:00+00:00", "status": "COMPLETED",
                   "delivery_percentage": 100, "recipient_list": ["22963588213"]}  # fmt: skip
    loopback.script = [login(), answers([older, ONE])]
    sessions = sms.sessions()
    messages = sms.messages("229 63588213")
    assert list(sessions["session"]) == ["+22963588213", "+22963588214"]
    assert sessions["started_at"][0] == pd.Timestamp("2026-11-01 10:00", tz="UTC")
    assert list(messages["campaign"]) == ["7b0c3e0e", "old"]
    assert list(messages["status"]) == ["accepted", "delivered"]
    assert set(messages["recipient"]) == {"+22963588213"}
    assert len(sms.messages("+22963588213", limit=1)) == 1


@pytest.mark.parametrize(
    ("status", "percent", "told"),
    [
        ("SCHEDULED", 0, "accepted"),
        ("PENDING", 0, "accepted"),
        ("SENDING", 40, "sent"),
        ("COMPLETED", 100, "delivered"),
        ("COMPLETED", 0, "failed"),
        ("COMPLETED", 95, "unknown"),
        ("ABORTED", 10, "unknown"),
    ],
)
def test_a_message_tells_only_what_is_sure(
    loopback: Loopback, sms: msgnb.SmsDrop, status: str, percent: int, told: str
) -> None:
    """Of one recipient of many only what holds for all of them is told."""
    loopback.script = [login(), answers([ONE | {"status": status, "delivery_percentage": percent}])]
    assert sms.messages("+22963588213")["status"].item() == told


def test_what_is_launched_is_read_next(world: msgnb.testing.Offline) -> None:
    """A campaign is in the table that is read next, and has taken its credit."""
    before = world.smsdrop.subscriptions()["credit"].item()
    result = world.smsdrop.send_text("+22963588213", "Hello", sender="MyShop")
    assert result.campaign in set(world.smsdrop.campaigns()["campaign"])
    assert world.smsdrop.subscriptions()["credit"].item() == before - 1
    world.mocks.clock.advance(minutes=1)
    campaigns = world.smsdrop.campaigns()
    assert campaigns.loc[campaigns["campaign"] == result.campaign, "status"].item() == "completed"


def test_an_expired_token_is_renewed_unseen(world: msgnb.testing.Offline) -> None:
    """After an hour of the world's time the next call works, by a new login."""
    world.smsdrop.campaigns()
    world.mocks.clock.advance(hours=2)
    assert len(world.smsdrop.campaigns()) > 3
    world.netsapiens.sessions()
    world.mocks.clock.advance(hours=2)
    assert len(world.netsapiens.sessions()) > 3
