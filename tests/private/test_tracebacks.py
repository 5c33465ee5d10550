"""No tool that prints local variables shows a secret, at whatever moment an error comes up."""

from __future__ import annotations

import functools
import http.client
import io
import logging
import pickle
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import awaiting
import pytest
from canaries import PRINTERS, QUICK, Way, catch, leaks, shown_by, ways
from loopback import Behaviour, Loopback, answers, drops, hangs, truncates

import msgnb
from msgnb.core import cancellation
from msgnb.core.http import READ, WRITE

WAYS = ways()
Act = Callable[[Way, Loopback, pytest.MonkeyPatch], Any]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return ways()[request.param]


@pytest.fixture(autouse=True)
def _nobody_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO())


def meets(fault: Behaviour) -> Act:
    """A read that meets a fault after signing in."""

    def act(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
        loopback.script = [way.serves(fault)]
        way.client(loopback.url, timeout=(1.0, 0.02)).sessions(limit=1)

    return act


def echoed(status: int) -> Act:
    """A read that is refused with words which repeat every secret in every spelling."""

    def act(way: Way, loopback: Loopback, patch: pytest.MonkeyPatch) -> None:
        meets(answers(way.echo(), status=status))(way, loopback, patch)

    return act


def echoed_at_once(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    loopback.script = [answers(way.echo(way.given), status=401)]
    way.client(loopback.url).sessions(limit=1)


def echoed_as_text(way: Way, loopback: Loopback, patch: pytest.MonkeyPatch) -> None:
    # The excerpt that an error quotes ends in the middle of a secret.
    for width in (60, 70, 75):
        words = " ".join("x" * width + secret for secret in way.canaries.values())
        error = catch(lambda: meets(answers(words.encode(), status=400))(way, loopback, patch))  # noqa: B023
        assert not [secret for secret in way.canaries.values() if secret[:8] in str(error)], width
    raise error


def echoed_in_headers(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    secret = next(iter(way.arguments[name] for name in way.canaries if name in way.arguments))
    coded = secret.encode("utf-8").decode("latin-1")
    headers = {"Location": f"https://{coded}:{coded}@elsewhere.example/{coded}", "X_Echo": coded}
    loopback.script = [way.serves(answers(b"", status=303, **headers))]
    way.client(loopback.url).connection.http.send("POST", "/x", policy=WRITE, json={})


def nobody_listens(way: Way, _: Loopback, __: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    way.client(f"http://127.0.0.1:{port}").sessions(limit=1)


def interrupted(where: str, *, request: bytes = b"") -> Act:
    """Ctrl-C while the socket is written or read, in the middle of the libraries below."""

    def act(way: Way, loopback: Loopback, patch: pytest.MonkeyPatch) -> None:
        loopback.script = [way.serves(answers([]))]
        original = getattr(socket.socket, where)

        def interrupt(self: Any, data: Any, *rest: Any) -> Any:
            mine = threading.current_thread() is threading.main_thread()
            if mine and request in bytes(data):
                raise KeyboardInterrupt
            return original(self, data, *rest)

        patch.setattr(socket.socket, where, interrupt, raising=False)
        way.client(loopback.url).connection.http.send("POST", "/x", policy=WRITE, json={"n": 1})

    return act


def raises_inside(place: str, error: type[BaseException]) -> Act:
    """An error that nobody expects, raised by something that msgnb calls."""

    def act(way: Way, loopback: Loopback, patch: pytest.MonkeyPatch) -> None:
        loopback.script = [way.serves(answers(way.echo(), status=400))]
        client = way.client(loopback.url)

        def fail(*args: Any, **named: Any) -> Any:
            try:
                raise ValueError(args, named)
            finally:
                raise error

        patch.setattr(place, fail)
        client.sessions(limit=1)

    return act


def renewal_fails(fault: Behaviour) -> Act:
    """A token that the server refuses, and a sign-in that then fails too."""

    def act(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
        expired = answers({"code": 401, "message": "expired"}, status=401)
        loopback.script = [way.serves(answers([]))]
        client = way.client(loopback.url)
        with suppress(msgnb.MsgnbError):
            client.sessions(limit=1)
        loopback.script = [expired, fault]
        client.sessions(limit=1)
        pytest.fail("the renewal succeeded")

    return act


def misspelt_argument(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    msgnb.connect(way.platform, **{**way.arguments, "base_url": loopback.url, "colour": "red"})


def bad_url(way: Way, _: Loopback, __: pytest.MonkeyPatch) -> None:
    way.client("ftp://nowhere.example")


def broken_settings(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    broken = {
        name: value[:-3] + "\r\n" + value[-3:] if name in way.canaries else value
        for name, value in way.arguments.items()
    }
    msgnb.connect(way.platform, **{**broken, "base_url": loopback.url})


def settings_of_another_type(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    broken = {
        name: value.encode() if name in way.canaries else value for name, value in way.arguments.items()
    }
    Way(way.platform, broken, way.given).client(loopback.url)


def unwritable_settings(way: Way, loopback: Loopback, patch: pytest.MonkeyPatch) -> None:
    broken = {
        name: f"{value}\ud83d" if name in way.canaries else value for name, value in way.arguments.items()
    }
    loopback.script = [answers([])]
    Way(way.platform, broken, way.given).client(loopback.url).sessions(limit=1)


def profile_with_plain_secrets(way: Way, _: Loopback, __: pytest.MonkeyPatch) -> None:
    named = {**way.arguments, "base_url": "ftp://nowhere.example"}
    lines = [f"{name} = '''{value}'''" for name, value in named.items()]
    Path("msgnb.toml").write_text("\n".join([f"[default.{way.platform}]", *lines]), encoding="utf-8")
    msgnb.connect(way.platform)


def environment_with_plain_secrets(way: Way, _: Loopback, patch: pytest.MonkeyPatch) -> None:
    for name, value in way.arguments.items():
        patch.setenv(f"MSGNB_{way.platform.upper()}_{name.upper()}", value)
    patch.setenv(f"MSGNB_{way.platform.upper()}_COLOUR", "red")
    msgnb.connect(way.platform)


def hook_raises(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    def hook(_: msgnb.Attempt) -> None:
        raise KeyboardInterrupt

    loopback.script = [way.serves(answers([]))]
    way.client(loopback.url, on_attempt=hook).sessions(limit=1)


def in_threads(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    loopback.script = [way.serves(answers(way.echo(), status=400))]
    client = way.client(loopback.url)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(client.sessions, limit=1).result()


def awaited(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    async def read() -> None:
        async with msgnb.aio(way.client(loopback.url)) as client:
            await client.sessions(limit=1)

    loopback.script = [way.serves(answers(way.echo(), status=400))]
    awaiting.run(read())


def cancelled(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    stop = threading.Event()

    def stops(handler: Any) -> None:
        stop.set()
        answers({"message": "busy"}, status=503)(handler)

    loopback.script = [way.serves(stops)]
    client = way.client(loopback.url)
    cancellation.run(stop, functools.partial(client.sessions, limit=1))


def pickled(way: Way, loopback: Loopback, _: pytest.MonkeyPatch) -> None:
    loopback.script = [way.serves(answers(way.echo(), status=400))]
    client = way.client(loopback.url)
    catch(lambda: client.sessions(limit=1))
    pickle._Pickler(io.BytesIO()).dump(client)  # the one in Python, whose frames have local variables


def not_recorded(way: Way, loopback: Loopback, patch: pytest.MonkeyPatch) -> None:
    loopback.script = [way.serves(answers([]))]
    login = {**way.arguments, "base_url": loopback.url}
    try:
        msgnb.use("live", "c.yaml")
        with suppress(msgnb.MsgnbError):
            msgnb.connect(way.platform, **login).sessions(limit=1)
        msgnb.use("cassette", "c.yaml")
        msgnb.connect(way.platform, **login).connection.http.send("GET", "/nowhere", policy=READ)
    finally:
        msgnb.use("live")


MOMENTS: dict[str, Act] = {
    "a misspelt argument": misspelt_argument,
    "a URL that is none": bad_url,
    "secrets with line breaks": broken_settings,
    "secrets as bytes": settings_of_another_type,
    "secrets that can't be encoded": unwritable_settings,
    "a profile with plain secrets": profile_with_plain_secrets,
    "an environment with plain secrets": environment_with_plain_secrets,
    "a refused sign-in": echoed_at_once,
    "a refusal that repeats them": echoed(400),
    "a refused signature": echoed(401),
    "invalid fields": echoed(422),
    "a failure that repeats them": echoed(500),
    "an excerpt that cuts them": echoed_as_text,
    "headers that repeat them": echoed_in_headers,
    "nobody listens": nobody_listens,
    "a connection that breaks": meets(drops),
    "a body that is cut off": meets(truncates),
    "no answer in time": meets(hangs),
    "a corrupt body": meets(answers(b"\x1f\x8bxx", Content_Encoding="gzip")),
    "Ctrl-C while the head is written": interrupted("sendall", request=b" HTTP/1.1"),
    "Ctrl-C while the body is written": interrupted("sendall", request=b"{"),
    "Ctrl-C while the response is read": interrupted("recv_into"),
    "Ctrl-C while JSON is parsed": raises_inside("msgnb.core.responses.parse_json", KeyboardInterrupt),
    "no memory for the body": raises_inside("msgnb.core.responses.parse_json", MemoryError),
    "a bug in the session": raises_inside("requests.Session.send", AssertionError),
    "a task that ends": raises_inside("requests.Session.send", GeneratorExit),
    "a renewal that is refused": renewal_fails(answers({"message": "no"}, status=401)),
    "a renewal that is lost": renewal_fails(drops),
    "a hook that raises": hook_raises,
    "a pool of threads": in_threads,
    "an awaited call": awaited,
    "a cancelled call": cancelled,
    "a client that is pickled": pickled,
    "a request that was not recorded": not_recorded,
}


def test_a_command_that_fails_with_a_success_shows_no_secret(loopback: Loopback) -> None:
    """A failure that a response of status 200 reports is searched for secrets like any other."""
    way = WAYS["blip key"]
    loopback.script = [answers({**way.echo(), "status": "failure"})]
    error = catch(lambda: way.client(loopback.url).sessions(limit=1))
    assert isinstance(error, msgnb.Rejected)
    assert "…" in str(error)
    assert not shown_by(error, way, PRINTERS)


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_tool_shows_a_secret(
    way: Way,
    moment: str,
    loopback: Loopback,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At no moment of an error do the tools that print local variables show one, nor do logs and output."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    error = catch(lambda: MOMENTS[moment](way, loopback, monkeypatch))
    monkeypatch.undo()
    # Each tool sees each moment, but not with each way to sign in: they take long.
    thorough = list(WAYS)[list(MOMENTS).index(moment) % len(WAYS)]
    assert not shown_by(error, way, PRINTERS if WAYS[thorough].arguments == way.arguments else QUICK)
    assert not leaks(caplog.text + error.__printed__, way)  # type: ignore[attr-defined]
    assert not leaks("".join(repr(record.__dict__) for record in caplog.records), way)
