"""The NetSapiens client: what leaves, and what comes back."""

from __future__ import annotations

import logging
import threading
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from loopback import Loopback, answers, drops

import msgnb
from msgnb import tables
from msgnb.platforms.netsapiens import to_tables as rows
from msgnb_mocks import World
from msgnb_mocks.hosting.inprocess import InProcess
from msgnb_mocks.platforms.netsapiens import QUIRKS

CANARY = "canary-4711"
LOGIN = {"client_id": "cid", "client_secret": CANARY, "username": "123@example.com", "password": CANARY}
SESSION = "s" * 32
ACCEPTED = {"code": 202, "message": "Accepted"}


def token(name: str = "one", **more: Any) -> Any:
    return answers(
        {"access_token": f"{CANARY}-{name}", "refresh_token": f"{CANARY}-r-{name}", "expires_in": 3600} | more
    )


def owns(*numbers: str) -> Any:
    """The answer to the question for the user's SMS numbers."""
    return answers([{"number": number, "application": "user", "dest": "123"} for number in numbers])


@pytest.fixture
def pbx(loopback: Loopback) -> msgnb.NetSapiens:
    client = msgnb.NetSapiens(loopback.url, **LOGIN)
    client.connection.http.pause = lambda _: None
    return client


def bodies(loopback: Loopback) -> list[Any]:
    return [seen.json if seen.body else None for seen in loopback.seen]


@pytest.mark.parametrize(
    "base_url", ["api.example.com", "https://api.example.com", "https://api.example.com/ns-api/v2/"]
)
def test_the_server_is_given_in_any_form(base_url: str) -> None:
    """A bare host, an address, and the API's own address are the same."""
    assert msgnb.NetSapiens(base_url, **LOGIN).connection.http.base_url == "https://api.example.com/ns-api/v2"


def test_it_signs_in_by_password(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """The first request signs in with the password grant, the second bears the token."""
    loopback.script = [token(), answers([])]
    pbx.subscriptions()
    assert bodies(loopback)[0] == {"grant_type": "password", **LOGIN}
    assert loopback.seen[0].path == "/ns-api/v2/tokens"
    assert "authorization" not in loopback.seen[0].headers
    assert loopback.seen[1].headers["authorization"] == f"Bearer {CANARY}-one"


def test_get_token_tells_all_but_shows_no_token(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """The answer holds the tokens, its end and the address; a notebook that shows it does not."""
    loopback.script = [token(scope="Super User")]
    found = pbx.get_token()
    assert found["access_token"] == f"{CANARY}-one"
    assert found["scope"] == "Super User"
    assert found["expires_at"] > "2026"
    assert found["api_url"] == f"{loopback.url}/ns-api/v2"
    assert CANARY not in repr(found) + str(found) + f"{found}"
    assert "Super User" in repr(found)


def test_a_token_is_refreshed_before_it_ends(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A token with less than a minute to live is refreshed first, with the refresh grant."""
    loopback.script = [token(expires_in=30), token("two"), answers([])]
    pbx.get_token()
    pbx.subscriptions()
    sent = bodies(loopback)
    assert [body["grant_type"] for body in sent[:2]] == ["password", "refresh_token"]
    assert sent[1]["refresh_token"] == f"{CANARY}-r-one"
    assert loopback.seen[2].headers["authorization"] == f"Bearer {CANARY}-two"


def test_a_refused_token_is_refreshed_and_the_request_repeated(
    loopback: Loopback, pbx: msgnb.NetSapiens
) -> None:
    """After a 401 the token is refreshed and the request sent once more, a message too."""
    expired = answers({"code": 401, "message": "The access token provided has expired"}, status=401)
    loopback.script = [token(), expired, token("two"), answers(ACCEPTED, status=202)]
    pbx.send_message("chat", "hi", "1002", messagesession=SESSION)
    assert [seen.path.rpartition("/")[2] for seen in loopback.seen] == [
        "tokens",
        "messages",
        "tokens",
        "messages",
    ]
    assert bodies(loopback)[2]["grant_type"] == "refresh_token"
    assert bodies(loopback)[1] == bodies(loopback)[3]


def test_where_the_refresh_fails_the_password_does(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A refresh token that is dead too is followed by the password grant."""
    dead = answers({"code": 401, "message": "dead"}, status=401)
    loopback.script = [token(), dead, dead, token("two"), answers([])]
    pbx.subscriptions()
    grants = [body["grant_type"] for body in bodies(loopback) if body]
    assert grants == ["password", "refresh_token", "password"]


def test_a_token_that_stays_refused_is_an_error(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A request that is refused with a new token too is an AuthError, not an endless loop."""
    refused = answers({"code": 401, "message": "domain out of scope"}, status=401)
    loopback.script = [token(), refused, token("two"), refused]
    with pytest.raises(msgnb.AuthError, match="domain out of scope"):
        pbx.subscriptions()
    assert len(loopback.seen) == 4


def test_threads_share_one_sign_in(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """Threads that all need a token sign in once."""
    loopback.script = [token(), answers([])]
    threads = [threading.Thread(target=pbx.subscriptions) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(seen.path.endswith("/tokens") for seen in loopback.seen) == 1
    assert len(loopback.seen) == 7


def test_a_bad_login_is_told(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A refused login is an AuthError with the platform's words."""
    loopback.script = [answers({"code": 403, "message": "Invalid User Login"}, status=403)]
    with pytest.raises(msgnb.AuthError, match="Invalid User Login"):
        pbx.sessions()


def test_no_secret_shows(loopback: Loopback, pbx: msgnb.NetSapiens, caplog: pytest.LogCaptureFixture) -> None:
    """Neither log, repr nor error holds secret, password or token."""
    caplog.set_level(logging.DEBUG)
    loopback.script = [token(), answers({"code": 400, "message": f"bad {CANARY}-one"}, status=400)]
    with pytest.raises(msgnb.Rejected) as caught:
        pbx.subscriptions()
    held = repr(vars(pbx.connection)) + repr(vars(pbx.connection._auth))
    assert CANARY not in str(caught.value) + caplog.text + repr(pbx) + repr(vars(pbx)) + held


@pytest.mark.parametrize(
    ("arguments", "body"),
    [
        (
            ("sms", "Hello", "+1 (858) 555-1234", "18585550001"),
            {"type": "sms", "message": "Hello", "destination": "+18585551234", "from-number": "18585550001"},
        ),
        (
            ("sms", "Hi", ["18585551234", "18585550001"], "18585550003"),
            {"type": "sms", "message": "Hi", "destination": ["18585551234", "18585550001"],
             "from-number": "18585550003"},
        ),
        (("chat", "Hello!", "0010"), {"type": "chat", "message": "Hello!", "destination": "0010"}),
        (
            ("chat", "all", ["1123", "1004"]),
            {"type": "chat", "message": "all", "destination": ["1123", "1004"]},
        ),
        (
            ("mms", "media", ["18585551234"], "18585550003", None, "aGk=", "image/png", 2),
            {"type": "mms", "message": "media", "destination": "18585551234", "from-number": "18585550003",
             "data": "aGk=", "mime-type": "image/png", "size": 2},
        ),
    ],
)  # fmt: skip
def test_a_message_leaves_as_documented(
    loopback: Loopback, pbx: msgnb.NetSapiens, arguments: tuple[Any, ...], body: Any
) -> None:
    """Chat, SMS and MMS have the documented bodies: one recipient as text, several as a list."""
    asked = "from-number" in body
    own = [owns("18585550001", "18585550003")] if asked else []
    loopback.script = [token(), *own, answers(ACCEPTED, status=202)]
    pbx.send_message(*arguments)
    assert bodies(loopback)[-1] == body
    assert len(loopback.seen) == 2 + asked


@pytest.mark.parametrize(("status", "answer"), [(202, ACCEPTED), (200, {"id": "m-1", "text": "hi"})])
def test_both_answers_to_a_message_are_success(
    loopback: Loopback, pbx: msgnb.NetSapiens, status: int, answer: Any
) -> None:
    """202 without and 200 with the message are both success, with the session to answer in."""
    loopback.script = [token(), owns("18585550001"), answers(answer, status=status)]
    sent = pbx.send_message("sms", "hi", "18585551234", "18585550001")
    session = loopback.seen[2].path.split("/")[-2]
    assert sent == {"messagesession-id": session, **answer}
    assert len(session) == 32
    assert loopback.seen[2].path == f"/ns-api/v2/domains/~/users/~/messagesessions/{session}/messages"


def test_a_lost_message_is_unknown_by_its_session(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A message whose answer got lost is posted once, and its session's id is told."""
    loopback.script = [token(), owns("18585550001"), drops]
    with pytest.raises(msgnb.OutcomeUnknown) as caught:
        pbx.send_text("18585551234", "hi", sender="18585550001")
    assert caught.value.id == loopback.seen[2].path.split("/")[-2]
    assert [seen.method for seen in loopback.seen] == ["POST", "GET", "POST"]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({}, "/domains/~/messagesessions"),
        ({"domain": "d.com", "user": "103"}, "/domains/d.com/users/103/messagesessions"),
        ({"messagesession": SESSION, "domain": "d.com", "user": "103"},
         f"/domains/d.com/users/103/messagesessions/{SESSION}/messages"),
        ({"messagesession": SESSION}, f"/domains/~/users/~/messagesessions/{SESSION}/messages"),
    ],
)  # fmt: skip
def test_get_messages_reads_sessions_or_messages(
    loopback: Loopback, pbx: msgnb.NetSapiens, arguments: dict[str, Any], path: str
) -> None:
    """Without a session the sessions of a domain or user are read, with one its messages."""
    loopback.script = [token(), answers([{"id": "1", "messagesession-id": SESSION}])]
    assert len(pbx.get_messages(**arguments)) == 1
    assert urlsplit(loopback.seen[1].path).path == f"/ns-api/v2{path}"


def test_lists_are_read_past_the_silent_cut(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """Pages of 1000 are asked for by offset until a short one."""
    full = [{"id": f"m-{number}"} for number in range(1000)]
    loopback.script = [token(), answers(full), answers([{"id": "last"}])]
    assert len(pbx.get_messages(SESSION)) == 1001
    queries = [parse_qs(urlsplit(seen.path).query) for seen in loopback.seen[1:]]
    assert queries == [{"limit": ["1000"], "start": ["0"]}, {"limit": ["1000"], "start": ["1000"]}]


def test_a_route_that_knows_no_start_is_told(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A route that gives the same page again ends the walk with a warning that there may be more."""
    loopback.script = [token(), answers([{"id": f"m-{number}"} for number in range(1000)])]
    with pytest.warns(UserWarning, match="may hold more"):
        assert len(pbx.get_messages(SESSION)) == 1000
    assert len(loopback.seen) == 3


@pytest.mark.parametrize(
    "answer", [answers([]), answers({"code": 404, "message": "No messages"}, status=404), answers(None)]
)
def test_an_empty_list_is_empty_in_any_form(loopback: Loopback, pbx: msgnb.NetSapiens, answer: Any) -> None:
    """`[]`, nothing at all, and a 404 that names nothing are an empty table with all columns."""
    loopback.script = [token(), answer]
    pd.testing.assert_series_equal(pbx.messages(SESSION).dtypes, tables.MESSAGES.frame(0, {}).dtypes)


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 404, "message": "Domain x does not exist"},
        {"code": 404, "message": "No Route Found [92]"},
        b"<html>Not Found</html>",
    ],
)
def test_a_missing_thing_is_not_an_empty_list(loopback: Loopback, pbx: msgnb.NetSapiens, answer: Any) -> None:
    """A 404 that names what is missing, or is a page of somebody else, is an error."""
    loopback.script = [token(), answers(answer, status=404)]
    with pytest.raises(msgnb.NotFound):
        pbx.get_messages(domain="x")


def test_create_subscription_sends_what_is_given(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A subscription leaves with the wire's names and without what was not given."""
    made = {"id": "603559d421797c7b09b904ea9b6e6079", "status": "pending"}
    loopback.script = [token(), answers(made)]
    url = "https://example.com/callback?x=1"
    expiry = "2026-12-01 00:00:00"
    assert pbx.create_subscription("message", url, domain="d", subscription_expires_datetime=expiry) == made
    assert bodies(loopback)[1] == {
        "model": "message",
        "post-url": url,
        "subscription-geo-support": "yes",
        "domain": "d",
        "subscription-expires-datetime": expiry,
    }


def test_subscriptions_are_read_updated_and_deleted(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """Each verb has its method and path; counters are reset with the number 0."""
    loopback.script = [token(), answers({"id": "a"}), answers([{"id": "a"}]), answers(ACCEPTED, status=202)]
    assert pbx.read_subscription("a") == {"id": "a"}
    assert pbx.read_subscription() == [{"id": "a"}]
    assert pbx.update_subscription("a", model="cdr", error_count=0, posts_count=0) == ACCEPTED
    assert pbx.delete_subscription("a") == ACCEPTED
    asked = [(seen.method, urlsplit(seen.path).path) for seen in loopback.seen[1:]]
    one = "/ns-api/v2/subscriptions/a"
    assert asked == [("GET", one), ("GET", "/ns-api/v2/subscriptions"), ("PUT", one), ("DELETE", one)]
    assert bodies(loopback)[3] == {"model": "cdr", "error-count": 0, "posts-count": 0}


@pytest.mark.parametrize("change", [{}, {"error_count": 1}, {"model": "nonsense"}, {"post_url": "here"}])
def test_a_wrong_update_is_refused(loopback: Loopback, pbx: msgnb.NetSapiens, change: dict[str, Any]) -> None:
    """Nothing to change, a counter that is not 0, no model and no URL are refused before sending."""
    with pytest.raises(msgnb.InvalidRequest):
        pbx.update_subscription("a", **change)
    assert not loopback.seen


def test_a_double_subscription_is_rejected(world: msgnb.testing.Offline) -> None:
    """The same subscription twice is a Rejected with 409 and the platform's words."""
    world.netsapiens.create_subscription("cdr", "https://example.com/once")
    with pytest.raises(msgnb.Rejected, match="already") as caught:
        world.netsapiens.create_subscription("cdr", "https://example.com/once")
    assert caught.value.status == 409


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        ({"domain": "d"}, "/domains/d/calls"),
        ({"domain": "d", "count": True}, "/domains/d/calls/count"),
        ({"domain": "d", "user": "1"}, "/domains/d/users/1/calls"),
        ({"domain": "d", "user": "1", "callid": "c@h"}, "/domains/d/users/1/calls/c@h"),
    ],
)
def test_calls_are_read(
    loopback: Loopback, pbx: msgnb.NetSapiens, arguments: dict[str, Any], path: str
) -> None:
    """A domain's, a user's, one call and their count have their paths."""
    loopback.script = [token(), answers({"total": 0})]
    pbx.read_calls(**arguments)
    assert urlsplit(loopback.seen[1].path).path == f"/ns-api/v2{path}"


@pytest.mark.parametrize("arguments", [{"count": True, "user": "1"}, {"callid": "c"}])
def test_calls_refuse_what_does_not_go_together(pbx: msgnb.NetSapiens, arguments: dict[str, Any]) -> None:
    """A count of a user's calls, and a call without its user, are refused."""
    with pytest.raises(msgnb.InvalidRequest):
        pbx.read_calls(**arguments)


def test_a_call_is_made_under_an_id(loopback: Loopback, pbx: msgnb.NetSapiens) -> None:
    """A call leaves with an id of ours, which is returned."""
    loopback.script = [token(), answers(ACCEPTED, status=202)]
    made = pbx.new_call("~", "~", "no", "18587645200", caller_id_number="18585550001")
    body = bodies(loopback)[1]
    assert made["call-id"] == body["call-id"]
    assert body["call-term-user"] == "18587645200"
    assert body["synchronous"] == "no"
    assert body["caller-id-number"] == "18585550001"
    assert "call-orig-user" not in body
    with pytest.raises(msgnb.InvalidRequest):
        pbx.new_call()


@pytest.mark.parametrize(
    ("platform", "name", "words"),
    [
        ("netsapiens", "events", r"listen\('message', …\) receives them"),
        ("smsdrop", "events", r"campaigns\(\) shows"),
    ],
)
def test_what_a_platform_has_not_is_not_supported(
    world: msgnb.testing.Offline, platform: str, name: str, words: str
) -> None:
    """A resource that the platform lacks says so for each verb, and what to do instead."""
    missing = getattr(getattr(world, platform), name)
    assert not hasattr(missing, "create")
    with pytest.raises(msgnb.NotSupported, match=words):
        missing()
    with pytest.raises(msgnb.NotSupported, match=words):
        missing.create("track")


def test_numbers_stay_text() -> None:
    """A phone, an id and a text that come as numbers are text in the table, and times are in UTC."""
    wire = {
        "id": 20202178326,
        "timestamp": "2023-07-31 23:52:35",
        "type": "sms",
        "direction": "orig",
        "from-number": 12125550176,
        "dialed": 18585550626,
        "text": 941173465,
        "status": "",
    }
    row = rows.messages([[wire]], "2500@portal", SESSION, raw=False).iloc[0]
    assert (row["message"], row["sender"], row["text"]) == ("20202178326", "12125550176", "941173465")
    assert (row["direction"], row["status"], row["kind"]) == ("inbound", "delivered", "sms")
    assert row["at"] == pd.Timestamp("2023-07-31 23:52:35", tz="UTC")


@pytest.mark.parametrize("spelling", ["datetime", "timestamp"])
def test_both_spellings_of_times_are_read(spelling: str) -> None:
    """`-datetime` and `-timestamp` are the same."""
    wire = {"messagesession-id": SESSION, f"messagesession-last-{spelling}": "2026-09-10T13:24:49+00:00"}
    found = rows.sessions([wire], "a@b", raw=False)
    assert found["last_at"][0] == pd.Timestamp("2026-09-10 13:24:49", tz="UTC")


def test_chat_directions_are_told_by_the_sender() -> None:
    """Where chat leaves the direction empty, the sender tells it."""
    wire = [{"direction": "", "from-user-id": name} for name in ("me@d", "you@d", None)]
    found = rows.messages([wire], "me@d", SESSION, raw=False)["direction"]
    assert list(found.astype(object)) == ["outbound", "inbound", None] or found.isna().tolist() == [
        False,
        False,
        True,
    ]


UNREADABLE = {"token-answer-without-token", "late-lists"}
"""Quirks with which there is no token, or nothing is listed right after it was sent."""


@pytest.mark.parametrize("quirks", [(), *[(quirk,) for quirk in sorted(QUIRKS.keys() - UNREADABLE)]])
def test_the_client_reads_every_reading_of_the_contract(quirks: tuple[str, ...]) -> None:
    """Tables have rows and types, and a message arrives, whichever second reading the server plays."""
    world = World(7)
    with InProcess(world, quirks=frozenset(f"netsapiens:{quirk}" for quirk in quirks)) as inside:
        login = dict(inside.credentials["netsapiens"])
        pbx = msgnb.NetSapiens(login.pop("url"), **login)
        sessions = pbx.sessions()
        messages = pbx.messages(sessions["session"][1])
        subscriptions = pbx.subscriptions()
        result = pbx.send_text("1002", "hello")
        arrived = pbx.messages(result.session or "")
    assert (sessions.dtypes == tables.SESSIONS.frame(0, {}).dtypes).all()
    assert (messages.dtypes == tables.MESSAGES.frame(0, {}).dtypes).all()
    assert min(len(sessions), len(messages), len(subscriptions)) > 0
    assert sessions["last_at"].notna().all()
    assert list(arrived["text"]) == ["hello"]
