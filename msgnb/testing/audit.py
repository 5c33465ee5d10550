"""Checks cassettes for what scrubbing missed: secrets, and people who can be identified."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from msgnb.core.visible import escape_invisible
from msgnb.tables.masking import EMAIL, PHONE, Masker
from msgnb.testing.scrubbing import HIDDEN, NAMES, PHONES, spellings

SUFFIXES = (".yaml", ".yml", ".json")
SHOWN = 4
"""Characters of a finding that are shown: enough to find it, too few to use it."""
_TELLING = "|".join(sorted(map(re.escape, NAMES), key=len, reverse=True))
_PHONE_NAMES = "|".join(sorted(map(re.escape, PHONES), key=len, reverse=True))
FIELD = re.compile(rf"""(?i)(?<![\w.-])["']?({_TELLING})["']?\s*[:=]\s*["']?([^\s"'&,}}]+)""")
NUMBER = re.compile(rf"""(?i)(?<![\w.-])["']?({_PHONE_NAMES})["']?\s*[:=]\s*["']?(\+?\d{{8,15}})(?!\w)""")
SCHEME = re.compile(r"\b(?:Bearer|Basic|Key|Token)\s+([\w.~+/=-]{8,})")
JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*")
# NetSapiens: the third letter is the scope of the key (NetSapiens 1.2).
API_KEY = re.compile(r"\bns[a-z]_\w{16,}")
BASE64 = re.compile(r"(?<![\w+/=])[A-Za-z0-9+/]{16,}={0,2}(?![\w+/=])")
EMPTY = frozenset({HIDDEN, "null", "~", "none", "true", "false", "''", '""', "string", "text"})

_masker = Masker("any: it only recognizes pseudonyms")


@dataclass(frozen=True)
class Finding:
    """Something in a cassette that should not be there; `what` shows only its first characters."""

    file: Path
    line: int
    what: str

    def __str__(self) -> str:
        return escape_invisible(f"{self.file}:{self.line}: {self.what}", keep="")


def check(folder: str | Path, secrets: Iterable[str] = ()) -> list[Finding]:
    """Return the secrets and personal data in the cassettes of a folder; nothing if they are clean.

    Args:
        folder: the folder, with all folders inside.
        secrets: values that must not occur, in any encoding.

    Raises:
        FileNotFoundError: there is no such folder, or no cassette in it.
    """
    known = [spelling for secret in secrets for spelling in spellings(secret)]
    return [
        Finding(path, number, what)
        for path in find_cassettes(folder)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for what in dict.fromkeys(_found(line, known))
    ]


def find_cassettes(folder: str | Path) -> list[Path]:
    """Return the cassettes of a folder.

    Raises:
        FileNotFoundError: there is no such folder, or no cassette in it.
    """
    found = sorted(path for path in Path(folder).rglob("*") if path.suffix in SUFFIXES)
    if not found:
        raise FileNotFoundError(
            f"there is no cassette in {folder}: no file that ends in {', '.join(SUFFIXES)}"
        )
    return found


def _found(line: str, known: list[str]) -> Iterator[str]:
    if any(spelling in line for spelling in known):
        yield "a secret that is known"
    for name, value in FIELD.findall(line):
        if value.lower() not in EMPTY and not value.isdigit():
            yield f"the value of {name}: {_short(value)}"
    for pattern, what in ((SCHEME, "a credential"), (JWT, "a JWT"), (API_KEY, "an API key")):
        yield from (f"{what}: {_short(value)}" for value in pattern.findall(line))
    yield from (
        f"base64 of a credential: {_short(word)}" for word in BASE64.findall(line) if _credential(word)
    )
    yield from _people(line)


def _people(line: str) -> Iterator[str]:
    for pattern, mask, what in (
        (EMAIL, _masker.address, "an address"),
        (PHONE, _masker.phone, "a phone number"),
    ):
        yield from (f"{what}: {_short(value)}" for value in pattern.findall(line) if _changed(mask, value))
    for name, value in NUMBER.findall(line):
        if _changed(_masker.phone, value):
            yield f"a phone number in {name}: {_short(value)}"


def _changed(mask: Callable[[str], str], value: str) -> bool:
    """Whether a value is not a pseudonym yet."""
    return mask(value).removeprefix("+") != re.sub(r"[ ().+-]", "", value) and mask(value) != value


def _credential(word: str) -> bool:
    """Whether base64 contains a name and a secret with a colon between them, as in Basic authentication."""
    try:
        decoded = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return False
    name, colon, secret = decoded.partition(":")
    named = re.fullmatch(r"[\w.@+-]+", name)
    return bool(colon and named and secret and decoded.isprintable() and secret != HIDDEN)


def _short(value: str) -> str:
    return f"{value[:SHOWN]}…"
