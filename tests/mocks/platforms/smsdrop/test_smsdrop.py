"""The mock of SMSDrop, request by request."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from msgnb_mocks import World
from msgnb_mocks.core.operations import Request, Response
from msgnb_mocks.platforms.smsdrop import SmsDropMock
from msgnb_mocks.platforms.smsdrop.campaigns import segments

CAMPAIGN = {"message": "Hello", "sender": "TestUser", "recipient_list": ["+22963588213", "22963588214"]}
# What a client of the first version builds its object from, and nothing else.
OLD_KEYS = {
    "id", "title", "message", "message_type", "sender", "recipient_list", "defer_until", "defer_by", "status",
    "delivery_percentage", "message_count", "sms_count",
}  # fmt: skip


@pytest.fixture
def mock() -> SmsDropMock:
    return SmsDropMock(World(7))


def login(mock: SmsDropMock, prefix: str = "/api", **wrong: str) -> Response:
    form = {"username": mock.credentials["email"], "password": mock.credentials["password"]} | wrong
    return mock.handle(Request("POST", f"{prefix}/auth/login", body=urlencode(form).encode()))


def ask(mock: SmsDropMock, method: str, path: str, body: Any = None, token: str | None = None) -> Response:
    token = token or json.loads(login(mock).body)["access_token"]
    path, _, query = path.partition("?")
    content = b"" if body is None else json.dumps(body).encode()
    return mock.handle(Request(method, path, query, {"authorization": f"Bearer {token}"}, content))


def read(mock: SmsDropMock, path: str) -> Any:
    answer = ask(mock, "GET", path)
    assert answer.status == 200
    return json.loads(answer.body)


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_both_path_forms_log_in_and_read(mock: SmsDropMock, prefix: str) -> None:
    """The paths with and without prefix do the same; only `/api` tells when a campaign was created."""
    assert json.loads(login(mock, prefix).body)["token_type"] == "bearer"
    assert read(mock, f"{prefix}/users/me")["email"] == mock.credentials["email"]
    assert read(mock, f"{prefix}/subscriptions/")["nbr_sms"] == mock.state.credit
    keys = set(read(mock, f"{prefix}/campaigns/?limit=1")[0])
    assert keys == (OLD_KEYS | {"created_at"} if prefix else OLD_KEYS)


def test_a_wrong_password_is_refused(mock: SmsDropMock) -> None:
    """A wrong password is answered with 400 and its word."""
    answer = login(mock, password="wrong")
    assert (answer.status, json.loads(answer.body)) == (400, {"detail": "LOGIN_BAD_CREDENTIALS"})


def test_a_token_ends_after_an_hour(mock: SmsDropMock) -> None:
    """A token works for 3600 seconds of the world's clock, and then is answered with 401."""
    token = json.loads(login(mock).body)["access_token"]
    assert ask(mock, "GET", "/api/users/me", token=token).status == 200
    mock.clock.advance(seconds=3601)
    assert ask(mock, "GET", "/api/users/me", token=token).status == 401
    assert ask(mock, "GET", "/api/users/me", token="made-up").status == 401


def test_a_campaign_runs_on_the_clock(mock: SmsDropMock) -> None:
    """A campaign is pending, sending and completed as time goes on, and takes its SMS from the credit."""
    before = mock.state.credit
    answer = ask(mock, "POST", "/api/campaigns/", CAMPAIGN)
    made = json.loads(answer.body)
    assert (answer.status, made["status"], made["message_count"], made["sms_count"]) == (200, "PENDING", 2, 1)
    assert mock.state.credit == before - 2
    seen = []
    for seconds in (6, 20):
        mock.clock.advance(seconds=seconds)
        campaign = read(mock, f"/api/campaigns/{made['id']}")
        seen.append((campaign["status"], campaign["delivery_percentage"] == 100))
    assert seen == [("SENDING", False), ("COMPLETED", True)]


def test_a_deferred_campaign_waits_for_its_time(mock: SmsDropMock) -> None:
    """A campaign for tomorrow is scheduled until then."""
    body = CAMPAIGN | {"defer_until": "2026-11-03T12:00:00+00:00"}
    made = json.loads(ask(mock, "POST", "/api/campaigns/", body).body)
    assert made["status"] == "SCHEDULED"
    mock.clock.advance(days=1, minutes=1)
    assert read(mock, f"/api/campaigns/{made['id']}")["status"] == "COMPLETED"


def test_too_little_credit_creates_without_launching(mock: SmsDropMock) -> None:
    """With too little credit the answer is 201, the campaign pends, and a retry works once credit came."""
    mock.state.credit = 1
    answer = ask(mock, "POST", "/api/campaigns/", CAMPAIGN)
    made = json.loads(answer.body)
    assert (answer.status, made["status"], mock.state.credit) == (201, "PENDING", 1)
    assert ask(mock, "POST", "/api/campaigns/retry", {"id": made["id"]}).status == 201
    mock.state.credit = 10
    assert ask(mock, "POST", "/api/campaigns/retry", {"id": made["id"]}).status == 200
    assert mock.state.credit == 8


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sender": "ABCDEFGHIJKL"}, "sender"),
        ({"sender": "1" * 19}, "sender"),
        ({"message": ""}, "message"),
        ({"message": 5}, "message"),
        ({"recipient_list": "+22963588213"}, "recipient_list"),
        ({"defer_by": "soon"}, "defer_by"),
        ({"recipient_list": []}, "recipient_list"),
        ({"recipient_list": ["hello"]}, "recipient_list"),
        ({"defer_by": 5, "defer_until": "2026-11-03T12:00:00+00:00"}, "defer_by"),
        ({"defer_until": "tomorrow"}, "defer_until"),
    ],
)
def test_a_wrong_field_is_told_as_fastapi_does(mock: SmsDropMock, change: dict[str, Any], field: str) -> None:
    """A wrong field is answered with 422, its place and what is wrong; nothing is created."""
    before = len(mock.state.campaigns)
    answer = ask(mock, "POST", "/api/campaigns/", CAMPAIGN | change)
    detail = json.loads(answer.body)["detail"][0]
    assert answer.status == 422
    assert detail["loc"][:2] == ["body", field]
    assert detail["msg"]
    assert len(mock.state.campaigns) == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/campaigns", 307),
        ("GET", "/api/subscriptions", 307),
        ("GET", "/api/campaigns/nothing", 404),
        ("GET", "/api/nowhere", 404),
        ("DELETE", "/api/users/me", 405),
        ("GET", "/api/campaigns/?skip=x", 422),
    ],
)
def test_other_paths_are_answered_as_fastapi_does(
    mock: SmsDropMock, method: str, path: str, status: int
) -> None:
    """A missing slash redirects, an unknown path or campaign is not found, a wrong method is told."""
    assert ask(mock, method, path).status == status


def test_the_list_is_paged(mock: SmsDropMock) -> None:
    """`skip` and `limit` cut the list, which has campaigns in every status."""
    everything = read(mock, "/api/campaigns/")
    assert {c["status"] for c in everything} == {"PENDING", "SENDING", "COMPLETED", "SCHEDULED", "ABORTED"}
    assert read(mock, "/api/campaigns/?skip=2&limit=3") == everything[2:5]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ã" * 70, 1),
        ("ã" * 71, 2),
        ("🚚" * 35, 1),
        ("🚚" * 36, 2),
        ("🚚" * 67, 3),
    ],
)
def test_segments_follow_the_published_rules(text: str, count: int) -> None:
    """160 or 153 GSM characters, 70 or 67 UTF-16 units; no sequence is cut in two."""
    assert segments(text) == count


CROWD = [f"+5511{910_000_000 + number}" for number in range(1_000)]


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_a_share_of_the_phones_is_never_reached(mock: SmsDropMock, prefix: str) -> None:
    """Three in a hundred fail, the same ones for a seed, and the percentage says so."""
    made = json.loads(ask(mock, "POST", f"{prefix}/campaigns/", CAMPAIGN | {"recipient_list": CROWD}).body)
    assert not mock.received()
    mock.clock.advance(minutes=1)
    received = mock.received()
    assert 950 < len(received) < 990
    assert set(map(tuple, received.values())) == {("Hello",)}
    found = read(mock, f"/api/campaigns/{made['id']}")
    assert (found["status"], found["delivery_percentage"]) == ("COMPLETED", len(received) // 10)
    again = SmsDropMock(World(7))
    ask(again, "POST", "/api/campaigns/", CAMPAIGN | {"recipient_list": CROWD})
    again.clock.advance(minutes=1)
    assert again.received() == received
    assert SmsDropMock(World(8))._reachable(mock.state.campaigns[made["id"]]) != list(received)


def test_what_a_phone_got_is_counted_by_message(mock: SmsDropMock) -> None:
    """A phone that is in a list twice gets one message; a second campaign is a second one."""
    for message in ("one", "two"):
        body = CAMPAIGN | {"recipient_list": ["+22963588213", "22963588213"], "message": message}
        ask(mock, "POST", "/api/campaigns/", body)
    ask(mock, "POST", "/api/campaigns/", CAMPAIGN | {"defer_by": 3600})
    mock.clock.advance(minutes=1)
    assert mock.received() == {"+22963588213": ["one", "two"]}


def test_the_operator_stops_a_campaign(mock: SmsDropMock) -> None:
    """A campaign that was stopped stays where it was."""
    made = json.loads(ask(mock, "POST", "/api/campaigns/", CAMPAIGN).body)
    mock.clock.advance(seconds=12)
    mock.abort(made["id"])
    mock.clock.advance(hours=1)
    found = read(mock, f"/api/campaigns/{made['id']}")
    assert found["status"] == "ABORTED"
    assert 0 < found["delivery_percentage"] < 100
