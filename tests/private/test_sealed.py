"""What a sealed function lets out, and what clients, forms and stores hold."""

from __future__ import annotations

import functools
import io
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from canaries import PRINTERS, Way, catch, leaks, shown_by, spellings, ways
from loopback import Loopback, answers, drops

import msgnb
from msgnb.core.http import READ
from msgnb.core.secrets import Hidden, sealed
from msgnb.platforms.registry import platforms
from msgnb.widgets import SignIn

EVERY_WAY = pytest.mark.parametrize("way", ways().values(), ids=ways())


@pytest.fixture(autouse=True)
def _nobody_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO())


@sealed
def fails(error: BaseException, cause: BaseException | None = None) -> None:
    """Raise an error that has everything an error can have."""
    try:
        raise LookupError("canary")
    except LookupError:
        raise error from cause


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, GeneratorExit, MemoryError, msgnb.Rejected])
def test_an_error_leaves_without_frames_and_causes(kind: type[BaseException]) -> None:
    """Any error keeps its type and its words, and loses frames, causes and the errors before it."""
    with pytest.raises(kind, match="words") as caught:
        fails(kind("words"), OSError("canary"))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    frames = [entry.frame.f_locals for entry in caught.traceback[1:]]
    assert [(each["args"], each["kwargs"]) for each in frames] == [((), {})]


def test_the_error_that_a_caller_handles_stays() -> None:
    """What the caller was handling is still the context of the error."""
    with pytest.raises(ValueError, match="words") as caught:
        try:
            raise KeyError("theirs")
        except KeyError:
            fails(ValueError("words"))
    assert isinstance(caught.value.__context__, KeyError)


def test_an_unexpected_error_says_where_it_comes_from() -> None:
    """A bug can still be found: its last calls are named, once, without variables."""
    with pytest.raises(ZeroDivisionError) as caught:
        sealed(fails)(ZeroDivisionError())
    assert [note.rpartition(" ")[2] for note in caught.value.__notes__] == ["fails."]
    with pytest.raises(msgnb.Rejected) as refused:
        fails(msgnb.Rejected("no"))
    assert not hasattr(refused.value, "__notes__")


def test_a_text_that_cannot_be_encoded_is_not_in_the_error() -> None:
    """The error of an encoding contains the whole text, unless it leaves a sealed function."""
    with pytest.raises(UnicodeEncodeError) as caught:
        sealed(str.encode)("canary\ud83d", "utf-8")
    assert "canary" not in f"{caught.value!r}{caught.value.args}{caught.value.object!r}"


def test_a_hidden_value_is_neither_shown_nor_pickled() -> None:
    """A hidden value of any type is read by `reveal` only."""
    hidden = Hidden({"token": "canary"})
    assert "canary" not in f"{hidden!r}{hidden}"
    assert hidden.reveal() == {"token": "canary"}
    with pytest.raises(TypeError, match="not pickled"):
        pickle.dumps(hidden)


@EVERY_WAY
def test_no_attribute_of_a_client_shows_a_secret(way: Way, loopback: Loopback) -> None:
    """Clients, connections and everything they hold show no secret, before and after signing in."""
    loopback.script = [way.serves(answers([]))]
    client = way.client(loopback.url)
    for _ in range(2):
        assert not leaks("\n".join(attributes(client, 6)), way)
        client.connection.http.send("GET", "/x", policy=READ)


def attributes(thing: Any, depth: int, seen: set[int] | None = None) -> Iterator[str]:
    """Yield the repr of an object and of what it holds; what is hidden is not opened."""
    seen = set() if seen is None else seen
    if depth == 0 or id(thing) in seen:
        return
    seen.add(id(thing))
    yield repr(thing)
    held = list(thing.values()) if isinstance(thing, dict) else list(getattr(thing, "__dict__", {}).values())
    if isinstance(thing, list | tuple | set):
        held = list(thing)
    for each in held:
        yield from attributes(each, depth - 1, seen)


@pytest.mark.parametrize("way", [way for way in ways().values() if way.issued], ids=lambda way: way.platform)
def test_a_store_that_fails_shows_no_token(way: Way, loopback: Loopback) -> None:
    """An error of a connection to Redis or of a keyring comes without the token that was to be stored."""

    class Broken:
        def get(self, key: str) -> None:
            """There is nothing yet."""

        def set(self, key: str, value: str, **options: Any) -> None:
            try:
                raise ConnectionError(value)
            finally:
                raise RuntimeError("the store is gone")

    loopback.script = [way.serves(answers([]))]
    client = way.client(loopback.url, token_store=msgnb.RedisStore(Broken()))  # type: ignore[arg-type]
    error = catch(lambda: client.sessions(limit=1))
    assert "the store is gone" in str(error)
    assert not shown_by(error, way, PRINTERS)


def test_a_passcode_of_a_function_is_not_shown(loopback: Loopback) -> None:
    """A function that returns the passcode is not shown, nor its frames if it raises."""
    way = ways()["netsapiens passcode"]

    def ask(code: str) -> str:
        raise RuntimeError("the phone is off")

    loopback.script = [way.serves(answers([]))]
    client = way.client(loopback.url, passcode=functools.partial(ask, way.given["passcode"]))
    assert not leaks("\n".join(attributes(client, 6)), way)
    error = catch(lambda: client.sessions(limit=1))
    assert "the phone is off" in str(error)
    assert not shown_by(error, way, PRINTERS)


def test_a_passcode_is_hidden_after_it_was_used(loopback: Loopback) -> None:
    """A server that repeats the passcode of a function, as a word, shows nothing."""
    way = ways()["netsapiens passcode"]
    words = " ".join(sorted(spellings(way.given["passcode"])))

    def refuses(handler: Any) -> None:
        if b"passcode" in handler.seen.body:
            answers({"message": words, "code": 401}, status=401)(handler)
        else:
            way.serves(drops)(handler)

    loopback.script = [refuses]
    error = catch(lambda: way.client(loopback.url, passcode=lambda: way.given["passcode"]).sessions(limit=1))
    assert isinstance(error, msgnb.AuthError)
    assert not shown_by(error, way, PRINTERS)


@EVERY_WAY
def test_a_form_shows_no_secret(way: Way, loopback: Loopback) -> None:
    """Neither the state of a form, nor its error, nor what it holds shows what was entered or passed."""
    loopback.script = [answers(way.echo(way.given), status=401)]
    entered = SignIn(way.platform, base_url=loopback.url)
    passed = SignIn(way.platform, **{**way.arguments, "base_url": loopback.url})
    for name, value in way.arguments.items():
        if name in entered.fields and name in way.given:
            entered.fields[name].typed(value)
        elif name in entered.fields:
            entered.fields[name].value = value
    for form in (entered, passed):
        before = f"{vars(form)}{form.get_state()}{json.dumps(form.view)}{form._repr_mimebundle_()}"
        assert form.submit() is None
        after = f"{vars(form)}{form.get_state()}{json.dumps(form.view)}{form._repr_mimebundle_()}"
        assert not leaks(before + after, way)
        assert isinstance(form.error, msgnb.MsgnbError)
        assert not shown_by(form.error, way, ["traceback", "what is reachable"])


@EVERY_WAY
def test_a_secret_field_keeps_no_plain_text(way: Way) -> None:
    """A secret that a program sets as the value of a field is kept as a `Secret`."""
    form = SignIn(way.platform)
    for name, secret in way.given.items():
        if name in platforms()[way.platform].setting_names:
            form.fields[name].value = secret
            assert repr(form.fields[name].value) == "Secret('…')"


def test_a_response_to_a_sign_in_is_a_mapping_that_tools_do_not_open(loopback: Loopback) -> None:
    """The tokens that a person asks for are readable, and shown by no tool that prints variables."""
    way = ways()["netsapiens password"]
    loopback.script = [way.serves(answers([]))]
    answer = way.client(loopback.url).get_token()
    assert answer["access_token"] == way.issued["access"]
    assert dict(answer)["refresh_token"] == way.issued["refresh"]

    def use(answer: Any) -> None:
        raise ValueError

    with pytest.raises(ValueError) as caught:
        use(answer)
    caught.value.with_traceback(caught.tb.tb_next)
    assert not shown_by(caught.value, way, PRINTERS)
