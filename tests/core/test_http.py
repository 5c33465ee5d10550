"""What leaves, how often, and what a broken answer becomes: on a real socket."""

from __future__ import annotations

import logging
import pickle
import socket
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

import certifi
import pytest
import trustme
from loopback import Loopback, answers, drops, hangs, truncates

import msgnb
import msgnb_mocks
from msgnb.core.exchange import Evidence
from msgnb.core.http import READ, WRITE, Attempt, Http, RetryPolicy
from msgnb.core.responses import Explanation

CANARY = "canary-4711"


class StaticAuth:
    """Signs with a fixed secret; renews once if it is told a better one."""

    def __init__(self, better: str | None = None) -> None:
        self.token, self.better = msgnb.Secret(CANARY), better

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self.token.reveal()}"}

    def renew(self, used: Mapping[str, str]) -> bool:
        if self.better is None:
            return False
        self.token, self.better = msgnb.Secret(self.better), None
        return True

    def secrets(self) -> Iterable[msgnb.Secret]:
        return (self.token,)


def explain(body: Any) -> Explanation:
    return Explanation(body.get("message"), body.get("code")) if isinstance(body, dict) else Explanation()


def client(url: str, auth: StaticAuth | None = None, **options: Any) -> Http:
    """A client that notes its pauses in `naps` instead of taking them."""
    http = Http("demo", url, auth=auth or StaticAuth(), explain=explain, **options)
    http.naps = []
    http.pause = http.naps.append
    return http


@pytest.mark.parametrize(
    "fault", [drops, truncates, answers(status=500), answers(status=502), answers(status=504)]
)
def test_read_is_repeated_after_a_passing_fault(loopback: Loopback, fault: Any) -> None:
    """A read that meets a passing fault is sent again and brings the answer."""
    loopback.script = [fault, answers({"n": 1})]
    assert client(loopback.url).send("GET", "/x", policy=READ).body == {"n": 1}
    assert len(loopback.seen) == 2


def test_read_gives_up_after_four_attempts(loopback: Loopback) -> None:
    """A read that never succeeds is sent four times, with growing pauses, and is Unreachable."""
    loopback.script = [answers(status=503)]
    http = client(loopback.url)
    with pytest.raises(msgnb.Unreachable, match="GET /x answered HTTP 503"):
        http.send("GET", "/x", policy=READ)
    assert len(loopback.seen) == 4
    assert len(http.naps) == 3
    assert min(http.naps) >= 1.0


@pytest.mark.parametrize(
    "fault",
    [
        drops,
        truncates,
        *(answers(status=status) for status in (303, 307, 400, 403, 404, 408, 429, 500, 502, 503, 504)),
        answers({"message": "too late"}, status=408),
        answers(b"<html>Blocked</html>", status=403),
        answers({"other": "words"}, status=409),
    ],
)
def test_write_is_never_sent_twice(loopback: Loopback, fault: Any) -> None:
    """A write whose answer got lost is posted once and its outcome is unknown, with its id."""
    loopback.script = [fault, answers({})]
    with pytest.raises(msgnb.OutcomeUnknown, match="look up m1") as caught:
        client(loopback.url).send("POST", "/x", policy=WRITE, json={}, id="m1")
    assert caught.value.id == "m1"
    assert len(loopback.seen) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_write_is_repeated_where_it_surely_was_not_processed(loopback: Loopback, status: int) -> None:
    """A write is sent again after a status that the platform documents as not processed."""
    loopback.script = [answers(status=status), answers({"ok": True})]
    http = client(loopback.url)
    http.evidence = Evidence(not_processed={status: "its documents"})
    assert http.send("POST", "/x", policy=WRITE, json={}).body == {"ok": True}
    assert len(loopback.seen) == 2


def test_policy_once_is_sent_once(loopback: Loopback) -> None:
    """A policy made `once` is never repeated, not even a read."""
    loopback.script = [answers(status=503), answers({})]
    with pytest.raises(msgnb.Unreachable):
        client(loopback.url).send("GET", "/x", policy=READ.once())
    assert len(loopback.seen) == 1


@pytest.mark.parametrize("policy", [READ, WRITE])
def test_closed_port_is_unreachable(policy: RetryPolicy) -> None:
    """Nobody listens: the request can't have arrived, so a write is not unknown either."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    http = client(f"http://127.0.0.1:{port}")
    with pytest.raises(msgnb.Unreachable, match=r"no connection: .*refused"):
        http.send("POST", "/x", policy=policy, json={})
    assert len(http.naps) == 3


def test_unknown_host_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that no resolver knows is said to be unreachable, by name."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(msgnb.Unreachable, match=r"no\.such\.host: .*no connection: .*resolve"):
        client("https://no.such.host").send("POST", "/x", policy=WRITE, json={})


def test_retry_after_is_obeyed(loopback: Loopback) -> None:
    """A pause that the platform asks for is taken to the second."""
    loopback.script = [answers(status=429, Retry_After="7"), answers({})]
    http = client(loopback.url)
    http.send("GET", "/x", policy=READ)
    assert http.naps == [7.0]


def test_long_retry_after_is_told_at_once(loopback: Loopback) -> None:
    """A pause longer than a minute is not taken but told, with its seconds."""
    loopback.script = [answers(status=429, Retry_After="120")]
    with pytest.raises(msgnb.RateLimited, match="try again in 120 s") as caught:
        client(loopback.url).send("GET", "/x", policy=READ)
    assert caught.value.retry_after == 120
    assert len(loopback.seen) == 1


def test_timeout_of_a_read_is_repeated_and_of_a_write_is_unknown(loopback: Loopback) -> None:
    """An answer that does not come in time is waited for as long as the timeout says, and no longer."""
    loopback.script = [hangs, answers({}), hangs]
    http = client(loopback.url, timeout=(1.0, 0.05))
    http.send("GET", "/x", policy=READ)
    with pytest.raises(msgnb.OutcomeUnknown, match=r"no answer within 0\.05 s"):
        http.send("POST", "/x", policy=WRITE, json={})
    assert [seen.method for seen in loopback.seen] == ["GET", "GET", "POST"]


def test_default_timeouts_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word about it a request waits 5 s for a connection and 30 s for an answer."""
    asked = {}

    def note(_: Any, __: Any, **options: Any) -> Any:
        asked.update(options)
        raise msgnb.MsgnbError

    monkeypatch.setattr("requests.Session.send", note)
    with pytest.raises(msgnb.MsgnbError):
        client("https://demo.example").send("GET", "/x", policy=READ)
    assert asked["timeout"] == (5.0, 30.0)


@pytest.mark.parametrize("body", [b"<html><body>Welcome to the hotel</body></html>", b"not json"])
def test_a_page_instead_of_json_is_no_answer(loopback: Loopback, body: bytes) -> None:
    """A success that is no JSON makes a read Unreachable and a write unknown, and names base_url."""
    loopback.script = [answers(body)]
    with pytest.raises(msgnb.Unreachable, match=r"JSON.*base_url"):
        client(loopback.url).send("GET", "/x", policy=READ)
    with pytest.raises(msgnb.OutcomeUnknown, match=r"JSON.*base_url"):
        client(loopback.url).send("POST", "/x", policy=WRITE, json={})


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, msgnb.Rejected),
        (401, msgnb.AuthError),
        (403, msgnb.AuthError),
        (404, msgnb.NotFound),
        (409, msgnb.Rejected),
        (422, msgnb.InvalidRequest),
    ],
)
def test_status_becomes_its_error(loopback: Loopback, status: int, kind: type[Exception]) -> None:
    """A refusal becomes its error, with the platform's words, after one request."""
    loopback.script = [answers({"message": "no such thing"}, status=status)]
    with pytest.raises(kind, match=f"HTTP {status}: no such thing"):
        client(loopback.url).send("POST", "/x", policy=WRITE, json={})
    assert len(loopback.seen) == 1


@pytest.mark.parametrize("policy", [READ, WRITE])
def test_a_body_is_not_redirected(loopback: Loopback, policy: RetryPolicy) -> None:
    """A redirect of a request with a body is not followed: no message and no password goes elsewhere."""
    loopback.script = [answers(status=307, Location="https://elsewhere.example/y"), answers({})]
    kind = msgnb.Unreachable if policy.repeatable else msgnb.OutcomeUnknown
    with pytest.raises(kind, match=r"redirect to elsewhere\.example"):
        client(loopback.url).send("POST", "/x", policy=policy, form={"password": CANARY})
    assert len(loopback.seen) == 1


def test_a_get_is_redirected_without_its_signature(loopback: Loopback) -> None:
    """A GET follows a redirect, and shows its signature to no other host."""
    with Loopback() as other:
        other.script = [answers({"ok": 1})]
        elsewhere = other.url.replace("127.0.0.1", "localhost")
        loopback.script = [answers(status=307, Location=f"{elsewhere}/y")]
        assert client(loopback.url).send("GET", "/x", policy=READ).body == {"ok": 1}
        assert "authorization" not in other.seen[0].headers


def test_refused_token_is_renewed_once(loopback: Loopback) -> None:
    """A 401 renews the signature and repeats the request once, a write too: it was not carried out."""
    loopback.script = [answers(status=401), answers({"ok": 1})]
    assert client(loopback.url, StaticAuth(better="new")).send("POST", "/x", policy=WRITE, json={}).body == {
        "ok": 1
    }
    assert [seen.headers["authorization"] for seen in loopback.seen] == [f"Bearer {CANARY}", "Bearer new"]


def test_every_attempt_is_seen(loopback: Loopback) -> None:
    """The hook sees each attempt, what became of it and when the next one comes."""
    loopback.script = [answers(status=503, Retry_After="2"), drops, answers({})]
    seen: list[Attempt] = []
    client(loopback.url, on_attempt=seen.append).send("GET", "/x", policy=READ)
    assert [(a.number, a.status, a.retry_in is not None) for a in seen] == [
        (1, 503, True),
        (2, None, True),
        (3, 200, False),
    ]
    assert seen[0].retry_in == 2.0
    assert "connection broke" in (seen[1].error or "")


def test_a_faulty_hook_does_not_hide_what_was_sent(
    loopback: Loopback, caplog: pytest.LogCaptureFixture
) -> None:
    """A hook that raises is logged; the answer is returned all the same."""
    loopback.script = [answers({"ok": 1})]

    def faulty(_: Attempt) -> None:
        raise RuntimeError("oops")

    assert client(loopback.url, on_attempt=faulty).send("POST", "/x", policy=WRITE, json={}).body == {"ok": 1}
    assert "hook failed" in caplog.text


def test_no_secret_shows(loopback: Loopback, caplog: pytest.LogCaptureFixture) -> None:
    """A secret that the server echoes is in no message, traceback, log, repr or attempt."""
    caplog.set_level(logging.DEBUG)
    loopback.script = [answers({"message": f"bad token {CANARY}"}, status=403)]
    attempts: list[Attempt] = []
    http = client(loopback.url, on_attempt=attempts.append)
    with pytest.raises(msgnb.AuthError) as caught:
        http.send("GET", "/x", policy=READ)
    shown = (
        "".join(traceback.format_exception(caught.value)) + caplog.text + repr(attempts) + repr(vars(http))
    )
    assert "bad token …" in shown
    assert CANARY not in shown


def test_errors_hold_no_request(loopback: Loopback) -> None:
    """An error about a broken connection drags no exception along that holds the headers."""
    loopback.script = [drops]
    with pytest.raises(msgnb.OutcomeUnknown) as caught:
        client(loopback.url).send("POST", "/x", policy=WRITE, json={})
    assert caught.value.__context__ is None
    assert CANARY.encode() not in pickle.dumps(caught.value.args)


def test_netrc_does_not_replace_the_signature(
    loopback: Loopback, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ~/.netrc that knows the host does not overwrite the signature."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    loopback.script = [answers({})]
    client(loopback.url).send("GET", "/x", policy=READ)
    assert loopback.seen[0].headers["authorization"] == f"Bearer {CANARY}"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://pbx.example.com", "unencrypted"),
        ("pbx", "no web address"),
        ("https://me:pw@pbx.example.com", "user or password"),
    ],
)
def test_bad_base_url_is_refused(url: str, words: str) -> None:
    """An address that is none, is not encrypted or holds a password is refused before anything is sent."""
    with pytest.raises(msgnb.SettingsError, match=words) as caught:
        client(url)
    assert "pw@" not in str(caught.value)


def test_what_json_cannot_say_is_refused(loopback: Loopback) -> None:
    """A body that can't be written as JSON is refused before anything is sent."""
    loopback.script = [answers({})]
    with pytest.raises(msgnb.InvalidRequest, match="JSON"):
        client(loopback.url).send("POST", "/x", policy=WRITE, json={"when": object()})
    assert not loopback.seen


def test_a_ca_file_goes_before_the_environment(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The CA file that a client is given is used, whatever REQUESTS_CA_BUNDLE says."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certifi.where())
    with msgnb_mocks.serve(seed=7, tls=True) as servers:
        login = servers.credentials["blip"]
        ping = {"method": "get", "uri": "/ping"}
        bot = msgnb.Blip(login["key"], base_url=login["url"], verify=servers.credentials["ca"])
        assert bot.process_command(ping)["status"] == "success"
        with pytest.raises(msgnb.Unreachable, match="certificate is not trusted"):
            msgnb.Blip(login["key"], base_url=login["url"]).process_command(ping)


def test_an_untrusted_certificate_is_named(tmp_path: Any) -> None:
    """A certificate of an unknown authority is named as the cause, and nothing is repeated."""
    import ssl
    import threading

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            raw, _ = listener.accept()
            with pytest.raises(ssl.SSLError):
                context.wrap_socket(raw, server_side=True)
            raw.close()

        thread = threading.Thread(target=serve)
        thread.start()
        http = client(f"https://127.0.0.1:{listener.getsockname()[1]}")
        with pytest.raises(msgnb.Unreachable, match="certificate is not trusted"):
            http.send("POST", "/x", policy=WRITE, json={})
        thread.join()
    assert not http.naps


def test_half_an_emoji_does_not_cost_the_answer(loopback: Loopback) -> None:
    """Where a platform cut a character in half, it is replaced, and everything else is there."""
    body = b'{"text": "shortened \\ud83d", "whole": "\\ud83d\\ude00"}'
    loopback.script = [answers(body)]
    assert client(loopback.url).send("GET", "/x", policy=READ).body == {
        "text": "shortened \ufffd",
        "whole": "\U0001f600",
    }
