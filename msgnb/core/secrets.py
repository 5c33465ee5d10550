"""Text that is never shown.

A `Secret` keeps a key, a password or a token out of reprs, logs, tracebacks and pickles. `reveal()` is the
only way to read it, and is called where a request is signed or written, as late as possible: a variable that
holds the text itself would be shown by tracebacks with local variables.

Where the text itself is needed, no care is enough: a request passes through a dozen frames of other
libraries, each of which has it in a variable, and an error may come up in any of them, Ctrl-C at any time. A
function that is `sealed` therefore lets none of its frames, and no earlier error, out together with an error.

What a server repeats of a secret is removed by `hide`, in every spelling that `spellings` knows.
"""

from __future__ import annotations

import base64
import getpass
import hmac
import html
import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Generic, NoReturn, ParamSpec, TypeVar
from urllib.parse import quote, quote_plus

from msgnb.core import notebook
from msgnb.core.errors import MsgnbError, SettingsError

P = ParamSpec("P")
T = TypeVar("T")

SHORTEST = 6
"""Characters that a spelling must have to be hidden; a shorter one would be found by chance."""
HIDDEN = "…"
DEEPEST_CALLS = 3
"""How many of the calls that led to an unexpected error are named."""


class Hidden(Generic[T]):
    """A value of any type that is not shown, such as the body of a request.

    >>> Hidden(b"hunter2")
    Hidden('…')
    """

    __slots__ = ("_value",)

    def __init__(self, value: T) -> None:
        self._value = value

    def reveal(self) -> T:
        """Return the value itself."""
        return self._value

    def __repr__(self) -> str:
        return f"{type(self).__name__}('{HIDDEN}')"

    def __copy__(self) -> Hidden[T]:
        return self

    def __deepcopy__(self, memo: object) -> Hidden[T]:
        return self

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(
            f"a {name} is not pickled: make the client anew where you need it, with msgnb.connect"
        )


class Secret(Hidden[str]):
    """A key, password or token.

    >>> Secret("hunter2")
    Secret('…')
    >>> Secret("hunter2").reveal()
    'hunter2'

    Raises:
        TypeError: the value is not a text.
    """

    __slots__ = ("_spellings",)

    def __init__(self, value: str | Secret) -> None:
        if not isinstance(value, str | Secret):
            kind = type(value).__name__
            # What was passed is a secret all the same, and this frame is in the traceback.
            value = ""
            raise TypeError(f"a Secret is a text, not {kind}")
        super().__init__(value.reveal() if isinstance(value, Secret) else value)
        self._spellings: list[str] | None = None

    def spellings(self) -> list[str]:
        """Return the texts to remove from whatever is shown, the longest first; see `spellings`."""
        if self._spellings is None:
            self._spellings = spellings(self._value)
        return self._spellings

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        # In constant time, so that how long it takes doesn't tell how much of a guess is right. Any text can
        # be encoded in this way: an error about one that can't would contain it.
        return isinstance(other, Secret) and hmac.compare_digest(_encode(self._value), _encode(other._value))

    def __hash__(self) -> int:
        return hash((Secret, self._value))


# Errors


def sealed(function: Callable[P, T]) -> Callable[P, T]:
    """Let an error of a function out without the frames and the earlier errors that could show a secret.

    Tools that print local variables find one frame instead, which has none. For an error that is not one of
    msgnb's own, a note names the last calls, since the traceback no longer does.

    >>> @sealed
    ... def sign(key: Secret) -> str: ...

    Args:
        function: any function that is not a generator; `KeyboardInterrupt` and the like are let out in the
            same way.
    """

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - all of them are raised again
            failure = error
        # The frame of this function is the one that remains, so its variables are emptied; tools fail on
        # arguments that were deleted. Within the `except` Python would chain the error to what it was.
        args, kwargs = (), {}  # type: ignore[assignment]
        try:
            raise _strip(failure)
        finally:
            del failure

    return call


def _strip(error: BaseException) -> BaseException:
    """Remove from an error what leads to frames and values below."""
    if isinstance(error, Exception) and not isinstance(error, MsgnbError):
        _name_calls(error)
    # Those of msgnb are chained deliberately, to errors of the same kind; others bring their variables along.
    if isinstance(error, MsgnbError) and isinstance(error.__cause__, MsgnbError):
        _strip(error.__cause__)
    elif error.__cause__ is not None:
        error.__cause__ = None
    error.__context__ = None
    if isinstance(error, UnicodeError):
        # These contain the whole text that could not be encoded.
        error.args = error.args[:1]
    for name in ("object", "doc", "request", "response"):
        if getattr(error, name, None):
            with suppress(AttributeError, TypeError):
                setattr(error, name, type(error.object)() if name == "object" else None)  # type: ignore[attr-defined]
    return error.with_traceback(None)


def _name_calls(error: Exception) -> None:
    """Add a note that says where an error comes from, unless it has one, or comes from here."""
    calls, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        calls.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    if len(calls) > 1 and not hasattr(error, "__notes__"):
        last = ", ".join(calls[-DEEPEST_CALLS:])
        error.add_note(f"The variables may be secret, so the traceback ends here. It came from {last}.")


# Texts that repeat secrets


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@sealed
def spellings(secret: str) -> list[str]:
    """Return a secret in every encoding in which a server may repeat it, the longest first.

    Those are percent-encoding, JSON, HTML, the repr of Python, hex, and base64, also where the secret is in
    the middle of what was encoded, such as the password after the user in `Authorization: Basic`. A secret of
    fewer than six characters has no other spelling than its own.
    """
    raw = _encode(secret)
    cores = base64_cores(raw)
    percent = quote(raw, safe="")
    found = {
        percent, quote(raw), quote_plus(raw), quote(raw, safe="~*@"), html.escape(secret),
        html.escape(secret).replace("&#x27;", "&#39;"), json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1].replace("/", r"\/"),
        repr(secret)[1:-1], repr(raw)[2:-1], raw.hex(), raw.hex().upper(), *cores,
        *(core.replace("+", "-").replace("/", "_") for core in cores),
    }  # fmt: skip
    # What was UTF-8 may have been read as Latin-1, and some software writes %2f where Python writes %2F.
    found |= {raw.decode("latin-1"), percent.lower(), re.sub("%..", lambda code: code[0].lower(), percent)}
    found |= {quote(each, safe="") for each in found if each.isascii()}
    kept = {each for each in found if len(each) >= SHORTEST} if len(secret) >= SHORTEST else set()
    return sorted(kept | {secret} - {""}, key=len, reverse=True)


def base64_cores(raw: bytes) -> list[str]:
    """Return the base64 of a text at each of the three positions within what was encoded together with it."""
    cores = []
    for before in range(3):
        coded = base64.b64encode(bytes(before) + raw).decode()
        # Six bits make a character. The first and the last one may depend on what is next to the text.
        cores.append(coded[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6])
    return cores


@sealed
def hide(text: str, secrets: Iterable[Secret]) -> str:
    """Return a text without secrets, however they are written there.

    >>> hide("bad password hunter2", [Secret("hunter2")])
    'bad password …'
    """
    for secret in secrets:
        # Any text contains an empty one.
        for spelling in secret.spellings():
            text = text.replace(spelling, HIDDEN)
    return text


# Settings


@sealed
def parse_key(value: object, what: str) -> Secret:
    r"""Return a key or token that is sent in a header, without blanks and line breaks around it.

    >>> parse_key("abc\n", "demo: key")
    Secret('…')

    Args:
        value: what was passed: a text or a `Secret`.
        what: the setting, for messages.

    Raises:
        SettingsError: it contains what a key can't contain, such as a line break in its middle. The message
            says what and where, and shows nothing of it.
    """
    text = _text(value, what).strip()
    for position, character in enumerate(text, 1):
        if problem := _describe_in_key(character):
            raise _refuse(what, problem, position, len(text))
    return Secret(text)


@sealed
def parse_password(value: object, what: str) -> Secret:
    """Return a password, without line breaks at its end; blanks may be a part of it.

    Args:
        value: what was passed: a text, a `Secret`, or `None` for none.
        what: the setting, for messages.

    Raises:
        SettingsError: it contains a control character, or what can't be encoded.
    """
    text = "" if value is None else _text(value, what).rstrip("\r\n")
    for position, character in enumerate(text, 1):
        if unicodedata.category(character) in {"Cc", "Cs"}:
            problem = _describe_in_key(character) or "a control character"
            raise _refuse(what, problem, position, len(text))
    return Secret(text)


def _text(value: object, what: str) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    if not isinstance(value, str):
        raise SettingsError(f"{what} is not a text but {type(value).__name__}")
    return value


def _describe_in_key(character: str) -> str:
    """What is wrong with a character of a key; empty if nothing is."""
    if character in "\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029":
        return "a line break"
    if character.isspace():
        return "a blank"
    if unicodedata.category(character) in {"Cc", "Cf", "Cs"}:
        return "an invisible character"
    return "" if ord(character) < 256 else "a character that no header can contain"


def _refuse(what: str, problem: str, position: int, length: int) -> SettingsError:
    return SettingsError(
        f"{what} contains {problem} at position {position} of {length}. Copy it again, in one piece."
    )


def prompt_secret(what: str) -> Secret | None:
    """Ask the person at the keyboard for a secret, which is not shown; return `None` if there is no one."""
    if not (sys.stdin.isatty() or notebook.running()):
        return None
    return _ask(f"{what}: ")


@sealed
def _ask(prompt: str) -> Secret:
    return Secret(getpass.getpass(prompt))
