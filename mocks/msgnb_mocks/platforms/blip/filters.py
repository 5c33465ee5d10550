"""Parses `$filter` as far as documents and clients use it: comparisons, functions, and, or, not (BLiP 1.8).

The case of names is ignored. Times are compared as times, everything else as text; a property that is missing
equals nothing and differs from everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgnb_mocks.platforms.blip.lime import Failure, invalid, parse_time

Test = Callable[[Mapping[str, Any]], bool]

# Times come first: otherwise one would be read as a word and a text.
_TOKEN = re.compile(
    r"\s*(?:(?P<time>datetimeoffset'[^']*')|(?P<text>'(?:[^']|'')*')|(?P<mark>[(),])|(?P<word>[^\s(),']+))",
    re.IGNORECASE,
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "ge": lambda one, other: one is not None and one >= other,
    "gt": lambda one, other: one is not None and one > other,
    "le": lambda one, other: one is not None and one <= other,
    "lt": lambda one, other: one is not None and one < other,
}


def parse_filter(text: str) -> Test:
    """Return the test that a filter describes; raise `Failure` if it is not valid."""
    try:
        reader = _Reader(_tokens(text))
        test = reader.either()
        reader.end()
    # The filter ends too early, has an unknown operator or a wrong token, or a time in it is not valid.
    except (IndexError, KeyError, ValueError, Failure):
        raise invalid(f"Unable to perform operation '{text}'") from None
    return test


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    text = text.strip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(text)
        found.append(match[0].strip())
        at = match.end()
    return found


class _Reader:
    """A recursive-descent parser of or, and, not, comparisons and functions."""

    def __init__(self, tokens: list[str]) -> None:
        self._left = tokens

    def either(self) -> Test:
        tests = [self._both()]
        while self._took("or"):
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def end(self) -> None:
        if self._left:
            raise ValueError(self._left)

    def _both(self) -> Test:
        tests = [self._one()]
        while self._took("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _one(self) -> Test:
        if self._took("not"):
            refused = self._one()
            return lambda row: not refused(row)
        if self._took("("):
            inner = self.either()
            self._expect(")")
            return inner
        word = self._left.pop(0)
        if self._left and self._left[0] == "(":
            return self._function(word.lower())
        compare = _COMPARISONS[self._left.pop(0).lower()]
        return _comparison(word, compare, self._left.pop(0))

    def _function(self, name: str) -> Test:
        self._expect("(")
        one = self._left.pop(0)
        self._expect(",")
        other = self._left.pop(0)
        self._expect(")")
        if name == "startswith":
            start = _text(other)
            return lambda row: str(_value(row, one) or "").startswith(start)
        if name == "substringof":
            part = _text(one)
            return lambda row: part in str(_value(row, other) or "")
        raise ValueError(name)

    def _took(self, word: str) -> bool:
        found = bool(self._left) and self._left[0].lower() == word
        if found:
            self._left.pop(0)
        return found

    def _expect(self, word: str) -> None:
        if not self._took(word):
            raise ValueError(word)


def _comparison(name: str, compare: Callable[[Any, Any], bool], literal: str) -> Test:
    if literal.lower().startswith("datetimeoffset"):
        bound = parse_time(literal[literal.index("'") + 1 : -1])

        def dated(row: Mapping[str, Any]) -> bool:
            told = _value(row, name)
            return compare(None if told is None else parse_time(str(told)), bound)

        return dated
    wanted = _text(literal)

    def plain(row: Mapping[str, Any]) -> bool:
        told = _value(row, name)
        return compare(None if told is None else _as_text(told), wanted)

    return plain


def _text(literal: str) -> str:
    # Within a text, a quote is doubled.
    return literal[1:-1].replace("''", "'") if literal.startswith("'") else literal


def _as_text(value: Any) -> str:
    # Filters write booleans in lower case.
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(row: Mapping[str, Any], name: str) -> Any:
    wanted = name.lower()
    return next((value for key, value in row.items() if key.lower() == wanted), None)
