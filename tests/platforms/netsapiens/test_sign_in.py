"""Ways to sign in to NetSapiens: second factor, JSON web token, API key, and tokens that are kept."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from loopback import Loopback, answers

import msgnb
from msgnb_mocks import World
from msgnb_mocks.hosting.inprocess import InProcess

CANARY = "canary-4711"
LOGIN = {"client_id": "cid", "client_secret": CANARY, "username": "123@example.com", "password": CANARY}
CHALLENGE = {"access_token": f"{CANARY}-partial", "mfa_type": "authenticator", "mfa_vendor": "google",
             "ns_id_type": "subscriber"}  # fmt: skip
TOKEN = {"access_token": f"{CANARY}-one", "refresh_token": f"{CANARY}-r-one", "expires_in": 3600,
         "user": "123", "domain": "example.com", "scope": "Basic User"}  # fmt: skip

Seen = list[msgnb.Attempt]


def make(loopback: Loopback, **more: Any) -> msgnb.NetSapiens:
    return msgnb.NetSapiens(loopback.url, **(LOGIN | more))


def grants(loopback: Loopback) -> list[str]:
    found = [seen.json for seen in loopback.seen if seen.path.endswith(("/tokens", "/jwt")) and seen.body]
    return [body.get("grant_type") or "refresh" for body in found]


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize("passcode", ["110124", msgnb.Secret("110124"), lambda: "110124"])
def test_a_second_factor_is_given(loopback: Loopback, status: int, passcode: Any) -> None:
    """A challenge, at 200 or 403, is answered once with login, partial token and passcode."""
    loopback.script = [answers(CHALLENGE, status=status), answers(TOKEN), answers([])]
    make(loopback, passcode=passcode).subscriptions()
    assert loopback.seen[1].json == {
        "grant_type": "mfa", **LOGIN, "mfa_type": "authenticator", "mfa_vendor": "google",
        "ns_id_type": "subscriber", "passcode": "110124", "access_token": f"{CANARY}-partial",
    }  # fmt: skip
    assert loopback.seen[2].headers["authorization"] == f"Bearer {CANARY}-one"
    assert len(loopback.seen) == 3


def test_somebody_who_is_there_is_asked(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a passcode a person is asked for it, by name."""
    prompts: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda prompt: prompts.append(prompt) or "110124")
    loopback.script = [answers(CHALLENGE), answers(TOKEN)]
    make(loopback).get_token()
    assert prompts == ["passcode of 123@example.com: "]
    assert loopback.seen[1].json["passcode"] == "110124"


def test_where_nobody_is_there_it_is_told(loopback: Loopback) -> None:
    """Where nobody can answer, the error says to give the passcode, and no second step is made."""
    loopback.script = [answers(CHALLENGE)]
    with pytest.raises(
        msgnb.AuthError, match=r"123@example\.com signs in with a second factor: give passcode="
    ):
        make(loopback).sessions()
    assert len(loopback.seen) == 1


def test_a_wrong_passcode_is_told_and_not_tried_again(loopback: Loopback) -> None:
    """A refused passcode is an error with the platform's words, after one try, and shows nowhere."""
    refused = answers({"code": 401, "message": "Invalid passcode 998877"}, status=401)
    loopback.script = [answers(CHALLENGE), refused]
    with pytest.raises(msgnb.AuthError, match="Invalid passcode") as caught:
        make(loopback, passcode=lambda: "998877").sessions()
    assert grants(loopback) == ["password", "mfa"]
    assert CANARY not in str(caught.value)


def test_a_passcode_given_as_text_is_good_for_one_sign_in(loopback: Loopback) -> None:
    """A six-digit text is used once; the next sign-in needs another, a function gives it."""
    loopback.script = [answers(CHALLENGE), answers(TOKEN), answers(CHALLENGE)]
    pbx = make(loopback, passcode="110124")
    pbx.get_token()
    with pytest.raises(msgnb.AuthError, match="as text or as a function"):
        pbx.get_token()


def test_a_session_by_second_factor_is_refreshed_without_it(loopback: Loopback) -> None:
    """After a second factor the token is renewed by its refresh token, and nobody is asked again."""
    expired = answers({"code": 401, "message": "The access token provided has expired"}, status=401)
    loopback.script = [answers(CHALLENGE), answers(TOKEN), expired, answers(TOKEN), answers([])]
    make(loopback, passcode="110124").subscriptions()
    assert grants(loopback) == ["password", "mfa", "refresh_token"]


def test_a_refresh_that_did_not_arrive_is_good_for_another_time(loopback: Loopback) -> None:
    """A server that is down for a moment costs no refresh token."""
    loopback.script = [
        answers(CHALLENGE), answers(TOKEN | {"expires_in": 1}), answers(status=503), answers(TOKEN),
        answers([]),
    ]  # fmt: skip
    pbx = make(loopback, passcode="110124")
    pbx.get_token()
    with pytest.raises(msgnb.Unreachable):
        pbx.subscriptions()
    pbx.subscriptions()
    assert grants(loopback) == ["password", "mfa", "refresh_token", "refresh_token"]


@pytest.fixture(params=[(), ("mfa-200",)])
def inside(request: pytest.FixtureRequest) -> Any:
    quirks = frozenset(f"netsapiens:{quirk}" for quirk in request.param)
    with InProcess(World(7), quirks=quirks) as inside:
        yield inside


def further(inside: InProcess, way: str, **more: Any) -> msgnb.NetSapiens:
    login = {**inside.credentials["further"]["netsapiens"][way], **more}
    return msgnb.NetSapiens(login.pop("url"), **login)


@pytest.mark.parametrize("sign_in", ["token", "jwt"])
def test_the_mock_is_signed_in_to_by_second_factor(inside: InProcess, sign_in: str) -> None:
    """A user with a second factor reads their sessions, with tokens and with a JWT."""
    pbx = further(inside, "mfa", sign_in=sign_in)
    assert set(pbx.sessions()["account"]) == {"1006@harbor.example"}
    assert pbx.connection.identity().scope == "Basic User"
    assert not pbx.connection.identity().manages


def test_a_jwt_signs_and_is_renewed(world: msgnb.testing.Offline) -> None:
    """A JWT is made by password and renewed by its refresh, also after the world's clock went on."""
    login = dict(world.credentials["netsapiens"])
    sent: Seen = []
    pbx = msgnb.NetSapiens(login.pop("url"), **login, sign_in="jwt", on_attempt=sent.append)
    assert set(pbx.get_token()) >= {"token", "refresh", "expires_at", "api_url"}
    assert len(pbx.sessions())
    world.mocks.clock.advance(hours=25)
    assert len(pbx.sessions())
    # An attempt is told when it is known what follows: the refused one after the renewal.
    asked = [(each.method, each.url.rpartition("/")[2].partition("?")[0], each.status) for each in sent]
    assert asked == [
        ("POST", "jwt", 200), ("GET", "messagesessions", 200), ("POST", "jwt", 200),
        ("GET", "messagesessions", 401), ("GET", "messagesessions", 200),
    ]  # fmt: skip
    assert pbx.account == "1001@harbor.example"


def test_a_key_signs_alone(world: msgnb.testing.Offline) -> None:
    """An API key needs nothing else, and tells whose it is when that matters."""
    key = world.credentials["further"]["netsapiens"]["api_key"]
    pbx = msgnb.NetSapiens(key["url"], api_key=key["api_key"])
    assert repr(pbx).startswith("<NetSapiens an API key at")
    sessions = pbx.sessions()
    assert pbx.account == "1001@harbor.example"
    assert set(sessions["account"]) == {"1001@harbor.example"}
    assert pbx.get_token()["user"] == "1001"
    made = pbx.create_subscription("cdr", "https://hooks.example/k")
    assert made["subscription-expires-datetime"] > "2046"
    pbx.delete_subscription(made["id"])


@pytest.mark.parametrize(
    "told", [[{"user": "9", "domain": "d"}], {"user": "9", "domain": "d"}, [], None, "odd"]
)
def test_whose_key_it_is_comes_in_any_form(loopback: Loopback, told: Any) -> None:
    """The key's own row may be bare, in a list or missing; tables are read all the same."""
    loopback.script = [answers([]), answers(told)]
    pbx = msgnb.NetSapiens(loopback.url, api_key=CANARY)
    assert len(pbx.sessions()) == 0
    assert pbx.account == ("9@d" if told and told != "odd" else "an API key")


def test_a_wrong_key_is_told_once(loopback: Loopback) -> None:
    """A key that is refused is an error at once: there is nothing to renew."""
    loopback.script = [answers({"code": 401, "message": f"bad key {CANARY}"}, status=401)]
    pbx = msgnb.NetSapiens(loopback.url, api_key=CANARY)
    with pytest.raises(msgnb.AuthError, match="bad key …"):
        pbx.get_messages()
    assert len(loopback.seen) == 1
    assert loopback.seen[0].headers["authorization"] == f"Bearer {CANARY}"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"api_key": "k", **LOGIN},
            "api_key and client_id, client_secret, username, password are both given",
        ),
        ({"api_key": ""}, "api_key is empty"),
        ({"client_id": "c"}, "needs client_secret, username, password, or api_key alone"),
        (LOGIN | {"sign_in": "magic"}, "'magic' is none of token, jwt"),
    ],
)
def test_too_much_and_too_little_are_told(arguments: dict[str, Any], words: str) -> None:
    """A key beside a login, an empty one, half a login and an unknown way are errors with a remedy."""
    with pytest.raises(msgnb.SettingsError, match=words):
        msgnb.NetSapiens("api.example.com", **arguments)


def test_a_profile_may_hold_a_key(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key in the profile nothing else of the login is missing."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "msgnb.toml").write_text(
        "[default.netsapiens]\nbase_url = 'pbx.example.com'\napi_key = 'env:PBX'"
    )
    monkeypatch.setenv("PBX", "nsd_1")
    assert repr(msgnb.connect("netsapiens")) == "<NetSapiens an API key at https://pbx.example.com/ns-api/v2>"


def test_tokens_outlive_the_process_in_a_store(loopback: Loopback) -> None:
    """A second client with the same store takes the token, and who it is for, without signing in."""
    store = msgnb.MemoryStore()
    loopback.script = [answers(TOKEN), answers([])]
    make(loopback, token_store=store).subscriptions()
    again = make(loopback, token_store=store)
    again.subscriptions()
    assert grants(loopback) == ["password"]
    assert again.account == "123@example.com"
    assert again.connection.identity().domain == "example.com"


def test_without_a_store_nothing_outlives(loopback: Loopback) -> None:
    """Two clients without a store sign in each."""
    loopback.script = [answers(TOKEN), answers([]), answers(TOKEN), answers([])]
    for _ in range(2):
        make(loopback).subscriptions()
    assert grants(loopback) == ["password", "password"]


def test_a_token_renewed_elsewhere_is_taken(loopback: Loopback) -> None:
    """Where another process renewed the token in the store, that one is used and not renewed again."""
    store = msgnb.MemoryStore()
    refused = answers({"code": 401, "message": "expired"}, status=401)
    renewed = answers(TOKEN | {"access_token": f"{CANARY}-two"})
    loopback.script = [answers(TOKEN), answers([]), refused, renewed, answers([]), refused, answers([])]
    one, other = (make(loopback, token_store=store) for _ in range(2))
    one.subscriptions()
    other.connection._auth.headers()  # it holds the first token from here on
    one.subscriptions()
    other.subscriptions()
    assert grants(loopback) == ["password", "refresh_token"]
    assert loopback.seen[-1].headers["authorization"] == f"Bearer {CANARY}-two"


@pytest.mark.parametrize("kept", ["", "plain", "[1]", '["a", "b", "c", {}]', '{"a": 1}'])
def test_what_somebody_else_left_in_the_store_is_passed_over(loopback: Loopback, kept: str) -> None:
    """Text in the store that is no token of ours leads to a sign-in, not to an error."""
    store = msgnb.MemoryStore()
    store.set(f"netsapiens|{loopback.url}/ns-api/v2/tokens|123@example.com", msgnb.Secret(kept), 60)
    loopback.script = [answers(TOKEN), answers([])]
    make(loopback, token_store=store).subscriptions()
    assert grants(loopback) == ["password"]


def test_accounts_do_not_share_a_token(loopback: Loopback) -> None:
    """Another login, and another way to sign in, has its own place in the store."""
    store = msgnb.MemoryStore()
    loopback.script = [answers(TOKEN | {"token": "t"})]
    make(loopback, token_store=store).get_token()
    make(loopback, token_store=store, username="9@example.com").connection._auth.headers()
    make(loopback, token_store=store, sign_in="jwt").connection._auth.headers()
    assert [seen.path.rpartition("/")[2] for seen in loopback.seen] == ["tokens", "tokens", "jwt"]


def refresher(loopback: Loopback) -> Callable[..., None]:
    """Refuses every token but the second, and gives that for a refresh."""

    def behave(handler: Any) -> None:
        seen = loopback.seen[-1] if not handler.path.endswith("/tokens") else None
        bearer = handler.headers.get("Authorization", "")
        if seen is None:
            answers(TOKEN | {"access_token": "two" if "refresh" in str(grants(loopback)[-1]) else "one"})(
                handler
            )
        elif bearer == "Bearer two":
            answers([])(handler)
        else:
            answers({"code": 401, "message": "expired"}, status=401)(handler)

    return behave


def test_threads_refresh_once(loopback: Loopback) -> None:
    """Threads whose token is refused at the same time refresh it once."""
    loopback.script = [refresher(loopback)]
    pbx = make(loopback)
    pbx.get_token()
    threads = [threading.Thread(target=pbx.subscriptions) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert grants(loopback) == ["password", "refresh_token"]


def test_no_secret_of_a_sign_in_shows(loopback: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    """Passcode, partial token, JWT and key show in no repr, log or error."""
    caplog.set_level(logging.DEBUG)
    leaky = answers({"code": 400, "message": f"{CANARY}-partial {CANARY}-code {CANARY}"}, status=400)
    loopback.script = [answers(CHALLENGE), leaky]
    pbx = make(loopback, passcode=msgnb.Secret(f"{CANARY}-code"))
    with pytest.raises(msgnb.Rejected) as caught:
        pbx.sessions()
    auth = pbx.connection._auth
    assert CANARY not in str(caught.value) + caplog.text + repr(pbx) + repr(vars(auth))
