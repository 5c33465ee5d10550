"""Signing in."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from msgnb_mocks.core.operations import Request

EXPIRED = {"code": 401, "message": "The access token provided has expired"}


def refresh(pbx: Any, token: Any) -> Any:
    return pbx.send("POST", "/tokens", {**pbx.login, "grant_type": "refresh_token", "refresh_token": token})


def test_a_password_gives_a_pair_of_tokens(pbx: Any) -> None:
    """A password grant answers with two tokens for an hour and with who signed in."""
    signed = orjson.loads(pbx.sign_in().body)
    assert len(signed["access_token"]) == len(signed["refresh_token"]) == 32
    assert (signed["expires_in"], signed["user_email"]) == (3600, pbx.login["username"])
    assert signed["uid"] == "1001@harbor.example"


def test_fields_may_come_in_the_query(pbx: Any) -> None:
    """The fields of a grant may stand in the query instead of the body."""
    status, body = pbx.send("POST", "/tokens", grant_type="password", **pbx.login)
    assert status == 200
    assert body["access_token"]


def test_the_first_version_takes_a_form(pbx: Any) -> None:
    """The old address takes a form and says that it is not legacy."""
    form = urlencode({"grant_type": "password", **pbx.login}).encode()
    answer = pbx.mock.handle(Request("POST", "/ns-api/oauth2/token/", body=form))
    assert orjson.loads(answer.body)["legacy"] is False


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"password": "wrong"}, 403),
        ({"username": "9999@harbor.example"}, 403),
        ({"client_secret": "wrong"}, 401),
        ({"client_id": ""}, 400),
        ({"grant_type": "magic"}, 400),
        ({"grant_type": ["password"]}, 400),
        ({"grant_type": "refresh_token"}, 400),
    ],
)
def test_a_wrong_grant_is_refused(pbx: Any, changes: Any, status: Any) -> None:
    """Each wrong part of a grant has its own status, repeated in the body."""
    answer = pbx.sign_in(**changes)
    assert (answer.status, orjson.loads(answer.body)["code"]) == (status, status)


def test_a_wrong_password_has_its_text(pbx: Any) -> None:
    """A wrong password is told by the words that clients know."""
    assert orjson.loads(pbx.sign_in(password="no").body)["message"] == "Invalid User Login"


def test_a_token_ends_after_an_hour(pbx: Any) -> None:
    """An access token is refused with the known text after an hour of the world's time."""
    pbx.world.clock.advance(seconds=3601)
    assert pbx.send("GET", "/subscriptions") == (401, EXPIRED)


def test_a_refresh_gives_a_new_pair_and_ends_the_old_one(pbx: Any) -> None:
    """After a refresh neither token of the old pair is of use."""
    old = orjson.loads(pbx.sign_in().body)
    status, new = refresh(pbx, old["refresh_token"])
    assert (status, new["access_token"] != old["access_token"]) == (200, True)
    assert pbx.send("GET", "/subscriptions")[0] == 401
    assert refresh(pbx, old["refresh_token"])[0] == 400


def test_a_refresh_token_ends_after_a_day(pbx: Any) -> None:
    """A refresh token lives for 24 hours."""
    token = orjson.loads(pbx.sign_in().body)["refresh_token"]
    pbx.world.clock.advance(hours=25)
    assert refresh(pbx, token)[0] == 400


@pytest.mark.parametrize("token", [None, "0" * 32])
def test_a_call_needs_a_token(pbx: Any, token: Any) -> None:
    """Without a token, or with an unknown one, a call is refused."""
    pbx.token = token
    assert pbx.send("GET", "/subscriptions")[0] == 401


def test_the_version_needs_no_token(pbx: Any) -> None:
    """The version is told to anybody."""
    pbx.token = None
    assert pbx.get("/version").keys() == {"apiversion", "hostname", "current-time"}


def test_the_quirk_of_a_login_without_token(make: Any) -> None:
    """By quirk a failed login is answered with 200 and no token."""
    answer = make("token-answer-without-token").sign_in(password="no")
    assert answer.status == 200
    assert "access_token" not in orjson.loads(answer.body)


def test_an_unknown_quirk_is_refused(make: Any) -> None:
    """An unknown quirk is an error that lists the known ones."""
    with pytest.raises(ValueError, match=r"nonsense; known are .*numeric-text"):
        make("nonsense")


def test_credentials_come_from_the_seed(make: Any) -> None:
    """The same seed hands out the same credentials."""
    assert make().login == make().login
