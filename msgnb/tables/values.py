"""Values as platforms send them, made into what the columns of a table take.

Platforms send numbers where their documents say text, words where they mean yes or no, and nothing at all.
The functions here read whole columns, because looking at all types at once is several times faster than
looking at each value. Nothing guesses a number from text: a phone number stays the text that it is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from types import NoneType
from typing import Any

import orjson

LARGEST_COUNT = 2**63 - 1


def text(value: Any) -> str | None:
    """Return a value as text: numbers as they are written, objects as JSON, and `None` for empty text."""
    if type(value) is str:
        return value or None
    if value is None:
        return None
    # Sorted, so that equal objects become the same text.
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def columns(pages: Iterable[Sequence[Mapping[str, Any]]], *keys: str) -> dict[str, list[Any]]:
    """Return the values of some keys of all rows, unchanged.

    It reads page by page, so that the rows of a page are still in the processor's cache and are freed before
    the next page arrives.
    """
    found: dict[str, list[Any]] = {key: [] for key in keys}
    for page in pages:
        for key, column in found.items():
            column += [row.get(key) for row in page]
    return found


def texts(rows: Sequence[Mapping[str, Any]], key: str) -> list[str | None] | None:
    """Return the values of one key of all rows as text; `None` if no row has one."""
    return as_texts([row.get(key) for row in rows])


def as_texts(found: list[Any]) -> list[str | None] | None:
    """Return values as text; `None` if there is none at all."""
    kinds = set(map(type, found))
    if kinds <= {NoneType}:
        return None
    return [value or None for value in found] if kinds <= {str, NoneType} else list(map(text, found))


def counts(rows: Sequence[Mapping[str, Any]], key: str) -> list[int | None]:
    """Return the values of one key of all rows as counts; text such as "4" is read as its number."""
    return [count(row.get(key)) for row in rows]


def flags(rows: Sequence[Mapping[str, Any]], key: str) -> list[bool | None]:
    """Return the values of one key of all rows as yes or no, which some platforms write as words."""
    words = {"yes": True, "true": True, "no": False, "false": False}
    return [words.get(str(row.get(key)).lower()) for row in rows]


def choices(
    meanings: Mapping[Any, str], values: Iterable[Any], default: str | None = None
) -> list[str | None]:
    """Return what values of a closed set mean; the default for those that are not in it."""
    found = list(values)
    try:
        return [meanings.get(value, default) for value in found]
    except TypeError:
        # Lists and objects can't be looked up. This takes longer, and hardly ever happens.
        return [meanings.get(value, default) if isinstance(value, Hashable) else default for value in found]


def as_object(value: Any) -> Mapping[str, Any]:
    """Return a value if it is an object; an empty one otherwise."""
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[Mapping[str, Any]]:
    """Return the objects in a list; an empty list if it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def count(value: Any) -> int | None:
    """Return a value as a count; `None` if it is not one, or too large for a table."""
    try:
        found = None if value is None or value == "" else int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found is not None and abs(found) <= LARGEST_COUNT else None
