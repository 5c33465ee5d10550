"""The names and types that documented exchanges have, operation by operation.

They come from `contract.json`, which is made of the documents (`mocks/make_contract.py`), not of the mocks:
so they tell what a client sends that nobody documents, and what a mock answers beyond the documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

Names = dict[str, str]
"""The JSON types that each name had, as `array|string`; `resource.items[].name` is a name inside others."""

FREE = frozenset({"extras", "metadata", "content", "parameters", "components", "messageParams"})
"""Objects whose names are the users' own."""
TYPES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


@cache
def contract() -> dict[str, dict[str, Names]]:
    """For each operation that some document shows: the names of its `request`, and of its `answer`."""
    found: dict[str, dict[str, Names]] = orjson.loads(
        files("msgnb_mocks.core").joinpath("contract.json").read_bytes()
    )
    return found


def unnamed(operation: str | None, side: str, content: Any) -> list[str]:
    """The names in a body that no document has; none where no document shows the operation.

    Args:
        operation: its name.
        side: `request` or `answer`.
        content: the body's JSON values.
    """
    known = contract().get(operation or "", {}).get(side)
    if not known:
        return []
    found = dict.fromkeys(name for name, _ in names(content))
    inside = {_parent(name) for name in known}
    return [name for name in found if name not in known and _parent(name) in inside]


def names(content: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """All names in JSON values with the types of what they hold."""
    if isinstance(content, list):
        for each in content:
            yield from names(each, f"{place}[]")
    elif isinstance(content, Mapping):
        for name, value in content.items():
            path = f"{place}.{name}" if place else str(name)
            yield path, type_of(value)
            if name not in FREE:
                yield from names(value, path)


def merged(bodies: Iterable[Any]) -> Names:
    """The names of some bodies with all their types."""
    found: dict[str, set[str]] = {}
    for body in bodies:
        for name, kind in names(body):
            found.setdefault(name, set()).add(kind)
    return {name: "|".join(sorted(kinds)) for name, kinds in sorted(found.items())}


def type_of(value: Any) -> str:
    """The JSON type of a value."""
    return next((name for kind, name in TYPES if isinstance(value, kind)), "null")


def _parent(name: str) -> str:
    """The name that a name is inside of.

    What is inside of an unknown one is not told again, nor what is inside of one that may hold anything.
    """
    return name.rpartition(".")[0]
