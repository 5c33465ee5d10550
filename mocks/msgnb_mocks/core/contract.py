"""The fields and types of documented exchanges, operation by operation.

Each mock has a `contract.json`, made from the platform's documents (`mocks/make_contract.py`) and not from
the mock. It shows which fields a client sends that no document has, and which a mock returns beyond the
documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgnb_mocks.core.descriptor import Names
from msgnb_mocks.core.registry import mocks

FREE = frozenset({"extras", "metadata", "content", "parameters", "components", "messageParams"})
"""Objects whose fields are the users' own."""
TYPES: tuple[tuple[type, str], ...] = (
    # Before the integers, because `bool` is a subclass of `int`.
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)


def documented(operation: str | None) -> Mapping[str, Names]:
    """Return the documented fields of an operation: of its `query`, its `request` and its `response`.

    It is empty if no document shows the operation.
    """
    mock = mocks().get((operation or "").partition(".")[0])
    return mock.contract.get(operation or "", {}) if mock else {}


def undocumented(operation: str | None, side: str, content: Any) -> list[str]:
    """Return the fields in a body that no document has; none if no document shows the operation.

    Args:
        operation: the operation's name.
        side: `request` or `response`.
        content: the body's JSON values.
    """
    known = documented(operation).get(side)
    if not known:
        return []
    # The items of a list have the same fields; each is reported once.
    found = dict.fromkeys(name for name, _ in walk(content))
    inside = {parent(name) for name in known}
    # Only the outermost unknown field is reported, and none inside a field that may contain anything.
    return [name for name in found if name not in known and parent(name) in inside]


def walk(content: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path of each field in JSON values, with the type of its value."""
    if isinstance(content, list):
        for each in content:
            yield from walk(each, f"{place}[]")
    elif isinstance(content, Mapping):
        for name, value in content.items():
            path = f"{place}.{name}" if place else str(name)
            yield path, json_type(value)
            if name not in FREE:
                yield from walk(value, path)


def merge(bodies: Iterable[Any]) -> Names:
    """Return the fields of several bodies with all their types."""
    found: dict[str, set[str]] = {}
    for body in bodies:
        for name, kind in walk(body):
            found.setdefault(name, set()).add(kind)
    return {name: "|".join(sorted(kinds)) for name, kinds in sorted(found.items())}


def json_type(value: Any) -> str:
    """Return the JSON type of a value."""
    return next((name for kind, name in TYPES if isinstance(value, kind)), "null")


def parent(name: str) -> str:
    """Return the path of the field that contains this one; empty if none does."""
    return name.rpartition(".")[0]
