"""Random secrets for every way to sign in, and the search for them in whatever an error shows.

The secrets are derived from the descriptors of the platforms, so a setting that is marked as secret is
searched for as soon as it exists.
"""

from __future__ import annotations

import base64
import html
import io
import json
import random
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import stackprinter
from IPython.core.ultratb import VerboseTB
from loopback import Behaviour, answers
from rich.console import Console
from rich.traceback import Traceback

from msgnb.platforms.base import Client, client_class
from msgnb.platforms.registry import platforms

TESTS = str(Path(__file__).resolve().parents[1])
SIGN_IN_PATHS = ("/tokens", "/jwt", "/auth/login")


@dataclass
class Way:
    """One way to sign in to one platform.

    Attributes:
        platform: the platform's name.
        arguments: what the client is made with, except for the URL.
        given: the secrets that the client is made with, by their settings.
        issued: the tokens that it gets.
        tokens: the response to a sign-in.
    """

    platform: str
    arguments: dict[str, Any]
    given: dict[str, str]
    issued: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, Any] = field(default_factory=dict)

    @property
    def canaries(self) -> dict[str, str]:
        """Every secret that the client gets to know, by what it is."""
        return {**self.given, **self.issued}

    def client(self, url: str, **more: Any) -> Client:
        """Return a client that doesn't wait between attempts."""
        client = client_class(self.platform)(**{**self.arguments, "base_url": url, **more})
        client.connection.http.pause = lambda _: None
        return client

    def serves(self, fault: Behaviour, *, first: Behaviour | None = None) -> Behaviour:
        """Return a server that lets the client sign in, and then does something else.

        Args:
            fault: what it does with other requests.
            first: what it does with the first request that is not a sign-in.
        """
        others = [fault] if first is None else [first, fault]

        def behave(handler: Any) -> None:
            if not handler.path.endswith(SIGN_IN_PATHS):
                return (others.pop(0) if len(others) > 1 else others[0])(handler)
            if "passcode" in self.given and b"passcode" not in handler.seen.body:
                partial = {"access_token": self.issued["partial"], "mfa_type": "authenticator"}
                return answers(partial, status=403)(handler)
            return answers(self.tokens)(handler)

        return behave

    def echo(self, secrets: dict[str, str] | None = None) -> dict[str, Any]:
        """Return the body of an error that repeats secrets in every spelling; all of them if `None`."""
        known = self.canaries if secrets is None else secrets
        words = " ".join(each for secret in known.values() for each in sorted(spellings(secret)))
        return {
            "message": words, "error": words, "detail": [{"loc": ["body", words], "msg": words}],
            "reason": {"code": 61, "description": words}, "code": 400, words: words,
        }  # fmt: skip


def ways() -> dict[str, Way]:
    """Return every way to sign in to every platform, by a name."""
    found: dict[str, Way] = {}
    for name, platform in platforms().items():
        for settings in platform.sign_ins:
            found[f"{name} {settings[-1]}"] = _way(name, settings)
            # A second factor, and a kind of token, if the platform has settings for them.
            if "password" in settings and "passcode" in platform.setting_names:
                found[f"{name} passcode"] = _way(name, (*settings, "passcode"))
                found[f"{name} jwt"] = _way(name, settings, sign_in="jwt")
    return found


def _way(platform: str, names: tuple[str, ...], **more: Any) -> Way:
    dice = random.Random(f"{platform} {names} {more}")
    descriptor = platforms()[platform]
    arguments: dict[str, Any] = {name: descriptor.setting(name).example for name in names} | more
    canaries = {name: _canary(dice, name) for name in names if descriptor.setting(name).secret}
    arguments |= canaries
    if "key" in canaries:
        # The key of a bot is the base64 of its name and the secret itself.
        canaries["secret of the key"] = _canary(dice, "secret of the key")
        coded = base64.b64encode(f"bot:{canaries['secret of the key']}".encode()).decode()
        arguments["key"] = canaries["key"] = coded
    issued = {name: _canary(dice, name) for name in _issued(names)}
    tokens: dict[str, Any] = {f"{name}_token": token for name, token in issued.items()}
    if more:
        claims = base64.urlsafe_b64encode(
            json.dumps({"user": "123", "domain": "d.example"}).encode()
        ).decode()
        issued["access"] = f"e30.{claims.rstrip('=')}.{issued['access']}"
        tokens = {"token": issued["access"], "refresh": issued["refresh"]}
    return Way(platform, arguments, canaries, issued, tokens)


def _issued(names: tuple[str, ...]) -> list[str]:
    """Return the tokens that a sign-in with these settings brings."""
    if "password" not in names:
        return []
    refreshed = ["refresh"] if "client_secret" in names else []
    return ["access", *refreshed, *(["partial"] if "passcode" in names else [])]


def _canary(dice: random.Random, name: str) -> str:
    """Return a secret; in a password there may be any character, in a header there may not."""
    one, other = (f"{dice.getrandbits(64):016x}" for _ in range(2))
    return f"{one}é\"'<&%+ /{other}" if name in {"password", "client_secret"} else f"{one}+/{other}~"


def spellings(secret: str) -> set[str]:
    """Return a secret in every encoding that is searched for."""
    raw = secret.encode()
    found = {
        secret, quote(secret, safe=""), quote_plus(secret), quote(secret, safe="").lower(), raw.hex(),
        repr(secret)[1:-1], repr(raw)[2:-1], json.dumps(secret)[1:-1], html.escape(secret),
        json.dumps(secret, ensure_ascii=False)[1:-1], raw.hex().upper(),
    }  # fmt: skip
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for skipped in range(3):
            coded = encode(b"\0" * skipped + raw + b"\0" * (-(skipped + len(raw)) % 3)).decode()
            # What depends on the neighbors of the secret is left out.
            found.add(coded[-(-skipped * 8 // 6) : (skipped + len(raw)) * 8 // 6])
    return found


def leaks(text: str, way: Way) -> list[str]:
    """Return which secrets a text shows, and how they are written there."""
    return [
        f"{name} as {spelling!r}"
        for name, secret in way.canaries.items()
        for spelling in sorted(spellings(secret))
        if spelling in text
    ]


# What shows an error together with the local variables of its frames


def _stdlib(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


def _rich(error: BaseException) -> str:
    console = Console(file=io.StringIO(), width=100_000, color_system=None)
    shown = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=None,
        locals_max_length=None, locals_hide_dunder=False, locals_hide_sunder=False, width=100_000,
    )  # fmt: skip
    console.print(shown)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def _ipython(error: BaseException) -> str:
    verbose = VerboseTB(theme_name="nocolor", include_vars=True)
    return str(verbose.text(type(error), error, error.__traceback__))


def _pytest(error: BaseException) -> str:
    shown = pytest.ExceptionInfo.from_exception(error).getrepr(
        showlocals=True, style="long", truncate_locals=False, chain=True
    )
    return str(shown)


def _stackprinter(error: BaseException) -> str:
    # It formats no others.
    if not isinstance(error, Exception):
        return ""
    return str(stackprinter.format(error, show_vals="all", truncate_vals=100_000))


def _cgitb(error: BaseException) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cgitb
    return cgitb.text((type(error), error, error.__traceback__))  # type: ignore[arg-type]


def _graph(error: BaseException) -> str:
    return "\n".join(walk(error))


PRINTERS: dict[str, Callable[[BaseException], str]] = {
    "traceback": _stdlib, "rich": _rich, "IPython": _ipython, "pytest": _pytest,
    "stackprinter": _stackprinter, "what is reachable": _graph,
    **({"cgitb": _cgitb} if sys.version_info < (3, 13) else {}),
}  # fmt: skip


QUICK = ("traceback", "what is reachable")


def walk(error: BaseException) -> Iterator[str]:
    """Yield a text of everything that can be reached from an error: frames, causes, arguments, attributes."""
    seen: set[int] = set()
    errors: list[Any] = [error]
    while errors:
        each = errors.pop()
        if not isinstance(each, BaseException) or id(each) in seen:
            continue
        seen.add(id(each))
        yield f"{each!r} {each} {each.args!r}"
        held = dict(vars(each)) | {
            name: getattr(each, name, None) for name in ("request", "response", "object", "doc", "exceptions")
        }
        for value in [*held.values(), *each.args]:
            yield _describe(value)
            errors += value if isinstance(value, list | tuple) else [value]
        errors += [each.__cause__, each.__context__]
        for frame, _ in traceback.walk_tb(each.__traceback__):
            for name, value in frame.f_locals.items():
                yield f"{frame.f_code.co_qualname} {name} = {_describe(value)}"


def _describe(value: Any) -> str:
    """The repr of a value, and those of its attributes."""
    try:
        inner = vars(value) if not isinstance(value, type | types.ModuleType | types.FunctionType) else {}
    except TypeError:
        inner = {}
    hidden = {name: each for name, each in inner.items() if not name.startswith("__")}
    return f"{value!r} {hidden!r}"


def catch(action: Callable[[], Any]) -> BaseException:
    """Return the error of an action, without the frames of the test: they have the secrets, of course."""
    output = io.StringIO()
    try:
        with redirect_stdout(output), redirect_stderr(output):
            action()
    except BaseException as error:  # noqa: BLE001 - Ctrl-C too
        caught = error.with_traceback(_without_tests(error.__traceback__))
        caught.__printed__ = output.getvalue()  # type: ignore[attr-defined]
    else:
        pytest.fail("there was no error")
    return caught


def _without_tests(trace: types.TracebackType | None) -> types.TracebackType | None:
    kept = [each for each in _list(trace) if not each.tb_frame.f_code.co_filename.startswith(TESTS)]
    rest = None
    for each in reversed(kept):
        rest = types.TracebackType(rest, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return rest


def _list(trace: types.TracebackType | None) -> Iterator[types.TracebackType]:
    while trace:
        yield trace
        trace = trace.tb_next


def shown_by(error: BaseException, way: Way, tools: Iterable[str]) -> dict[str, list[str]]:
    """Return what each of some tools shows of the secrets of a way; nothing if all is well."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {tool: leaks(PRINTERS[tool](error), way) for tool in tools}
    return {tool: names for tool, names in found.items() if names}
