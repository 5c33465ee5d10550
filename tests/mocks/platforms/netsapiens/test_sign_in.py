"""Second factors, JSON web tokens and API keys."""

from __future__ import annotations

import base64
from typing import Any

import orjson
import pytest


def challenge(pbx: Any) -> Any:
    return orjson.loads(pbx.sign_in().body)


def second(pbx: Any, **changes: Any) -> Any:
    """The answer to a second step."""
    fields = {
        "grant_type": "mfa",
        "access_token": challenge(pbx)["access_token"],
        "passcode": pbx.mock.further_credentials["mfa"]["passcode"],
        "mfa_type": "authenticator",
        "mfa_vendor": "google",
        "ns_id_type": "subscriber",
    }
    return pbx.send("POST", "/tokens", {**pbx.login, **fields, **changes})


@pytest.mark.parametrize(("quirks", "status"), [((), 403), (("mfa-200",), 200)])
def test_a_password_alone_is_challenged(make: Any, quirks: Any, status: Any) -> None:
    """A user with a second factor gets a partial token, at 403 or by quirk at 200."""
    answer = make(*quirks).guarded().sign_in()
    assert answer.status == status
    body = orjson.loads(answer.body)
    assert (body["mfa_type"], body["mfa_vendor"], body["scope"]) == (
        "authenticator",
        "google",
        "mfa_required",
    )


def test_a_partial_token_opens_nothing(pbx: Any) -> None:
    """The token of a challenge is good for the second step only."""
    guarded = pbx.guarded()
    challenge(guarded)
    assert guarded.send("GET", "/subscriptions")[0] == 401


def test_the_passcode_completes_the_sign_in(pbx: Any) -> None:
    """Password, partial token and passcode give a pair of tokens that works."""
    guarded = pbx.guarded()
    status, signed = second(guarded)
    assert (status, signed["user"]) == (200, "1006")
    guarded.token = signed["access_token"]
    assert guarded.send("GET", "/subscriptions")[0] == 200


@pytest.mark.parametrize(
    "changes", [{"passcode": "000000"}, {"access_token": "0" * 32}, {"access_token": ""}]
)
def test_a_wrong_second_step_is_refused(pbx: Any, changes: Any) -> None:
    """A wrong passcode or partial token is refused."""
    assert second(pbx.guarded(), **changes)[0] == 401


def test_a_challenge_is_answered_once(pbx: Any) -> None:
    """A partial token that led to a sign-in is of no more use."""
    guarded = pbx.guarded()
    partial = challenge(guarded)["access_token"]
    assert second(guarded, access_token=partial)[0] == 200
    assert second(guarded, access_token=partial)[0] == 401


def jwt(pbx: Any) -> Any:
    return pbx.send("POST", "/jwt", {"grant_type": "password", **pbx.login})[1]


def test_a_jwt_is_made_by_password(pbx: Any) -> None:
    """A password gives a JWT that signs requests and tells its claims."""
    made = jwt(pbx)
    pbx.token = made["token"]
    claims = pbx.get("/jwt")
    payload = made["token"].split(".")[1]
    assert orjson.loads(base64.urlsafe_b64decode(payload + "==")) == claims
    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("1001@harbor.example", 86400)


def test_a_jwt_is_renewed_once(pbx: Any) -> None:
    """A refresh gives a new JWT; the old one and its refresh are revoked."""
    old = jwt(pbx)
    status, new = pbx.send("POST", "/jwt", {"refresh": old["refresh"]})
    assert status == 200
    assert pbx.send("POST", "/jwt", {"refresh": old["refresh"]})[0] == 401
    pbx.token = old["token"]
    assert pbx.send("GET", "/jwt")[0] == 401
    pbx.token = new["token"]
    assert pbx.send("GET", "/jwt")[0] == 200


def test_a_jwt_ends_after_a_day(pbx: Any) -> None:
    """A JWT is refused after 24 hours."""
    pbx.token = jwt(pbx)["token"]
    pbx.world.clock.advance(hours=25)
    assert pbx.send("GET", "/jwt")[0] == 401


def test_a_jwt_is_revoked(pbx: Any) -> None:
    """A revoked JWT opens nothing any more."""
    pbx.token = jwt(pbx)["token"]
    assert pbx.send("DELETE", "/jwt")[0] == 202
    assert pbx.send("GET", "/jwt")[0] == 401


def test_a_user_revokes_no_others(pbx: Any) -> None:
    """A user without the right can't revoke somebody else's JWT by its id; who may, can."""
    token = jwt(pbx)["token"]
    name = orjson.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))["jti"]
    assert pbx.as_user("1004").send("DELETE", f"/jwt/{name}")[0] == 403
    assert pbx.send("DELETE", f"/jwt/{name}")[0] == 202
    assert pbx.send("DELETE", f"/jwt/{name}")[0] == 404


def test_a_jwt_needs_the_second_factor_too(pbx: Any) -> None:
    """For a user with a second factor the first JWT is partial, the second whole."""
    guarded = pbx.guarded()
    partial = jwt(guarded)["token"]
    guarded.token = partial
    assert guarded.send("GET", "/jwt")[0] == 401
    passcode = pbx.mock.further_credentials["mfa"]["passcode"]
    fields = {"grant_type": "mfa", "access_token": partial, "passcode": passcode, **guarded.login}
    status, made = guarded.send("POST", "/jwt", fields)
    guarded.token = made["token"]
    assert (status, guarded.get("/jwt")["user_scope"]) == (200, "Basic User")


def test_only_a_key_makes_jwts_for_others(pbx: Any) -> None:
    """A delegated JWT is made with an API key, for a user who is there."""
    wanted = {"user": "1003", "domain": "harbor.example"}
    assert pbx.send("POST", "/jwt", wanted)[0] == 403
    assert pbx.with_key().send("POST", "/jwt", wanted)[0] == 200
    assert pbx.send("POST", "/jwt", {**wanted, "user": "9"})[0] == 404


def test_a_key_signs_and_tells_of_itself(pbx: Any) -> None:
    """An API key opens what its user may, and is read without the key itself."""
    own = pbx.with_key().get("/apikeys/~")
    assert (own["user"], own["domain"], own["can-create-keys"]) == ("1001", "harbor.example", "yes")
    assert "key" not in own
    assert pbx.sessions()


def test_a_key_makes_keys(pbx: Any) -> None:
    """A key with the right makes another, which is told once, listed, changed and revoked."""
    wanted = {"description": "for the front desk", "user": "1002", "readonly": "yes"}
    status, made = pbx.with_key().send("POST", "/apikeys", wanted)
    assert (status, made["key"].startswith(made["key-id"])) == (200, True)
    assert [row["key-id"] for row in pbx.get("/apikeys")] == [made["key-id"]]
    path = f"/apikeys/{made['key-id']}"
    assert pbx.send("PUT", path, {"description": "for nobody at all"})[0] == 202
    assert [row["description"] for row in pbx.get(path)] == ["for nobody at all"]
    assert pbx.send("DELETE", path)[0] == 202
    assert pbx.send("GET", path)[0] == 404


@pytest.mark.parametrize(
    ("body", "status"), [({"description": "short"}, 400), ({"description": "d" * 12, "user": "9"}, 404)]
)
def test_a_wrong_key_is_not_made(pbx: Any, body: Any, status: Any) -> None:
    """A key needs a description of twelve characters and a user who is there."""
    assert pbx.with_key().send("POST", "/apikeys", body)[0] == status


def test_a_readonly_key_only_reads(pbx: Any) -> None:
    """A read-only key is refused everything but reading, and makes no keys."""
    made = pbx.with_key().send("POST", "/apikeys", {"description": "only looking", "readonly": "yes"})[1]
    pbx.token = made["key"]
    assert pbx.send("GET", "/subscriptions")[0] == 200
    assert pbx.send("POST", "/subscriptions", {})[0] == 403


def test_what_a_key_subscribes_lives_for_twenty_years(pbx: Any) -> None:
    """A subscription that an API key makes ends twenty years later."""
    row = pbx.with_key().send(
        "POST", "/subscriptions", {"model": "cdr", "post-url": "https://hooks.example/k"}
    )[1]
    assert row["subscription-expires-datetime"].startswith("2046")
