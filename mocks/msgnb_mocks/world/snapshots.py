"""Snapshots of a platform's state: saved and restored quickly, and compared.

* Containers, random generators and mutable dataclasses are copied. Everything else is shared: rows, messages
  and people never change, and they are nearly all of a state.
* A snapshot is restored into the object that it was taken from, so that everyone who has that object sees it.
* The history that follows from a seed is made once per process; the next world of that seed gets a copy.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from random import Random
from typing import Any

Saved = dict[str, Any]
"""The attributes of a state by name."""

CONTAINERS = (list, dict, set, deque, tuple, Random)
SCALARS = (str, bytes, int, float, bool, type(None), frozenset)
MOST_HISTORIES = 12
"""Of each platform one per seed: enough for the last few worlds."""
_STABLE: set[type] = set(SCALARS)
"""The types whose values are known not to change."""
_HISTORIES: OrderedDict[Hashable, Saved] = OrderedDict()


def save(state: object) -> Saved:
    """Return a copy of what an object remembers."""
    # One memory for all attributes: what several of them refer to is still one object in the copy.
    seen: dict[int, Any] = {}
    return {name: _copy(value, seen) for name, value in vars(state).items() if _is_state(value)}


def restore(state: object, saved: Saved) -> None:
    """Restore what was saved; the same snapshot can be restored again."""
    seen: dict[int, Any] = {}
    vars(state).update({name: _copy(value, seen) for name, value in saved.items()})


def fill_once(state: object, key: Hashable, fill: Callable[[], None]) -> None:
    """Fill a new state with its history, which is copied if the same history was made before.

    Args:
        state: the new state.
        key: what the history follows from, such as platform, seed and quirks.
        fill: fills the state.
    """
    if key in _HISTORIES:
        restore(state, _HISTORIES[key])
        return
    fill()
    # A copy, because the world goes on to change its own state.
    _HISTORIES[key] = save(state)
    if len(_HISTORIES) > MOST_HISTORIES:
        _HISTORIES.popitem(last=False)


@dataclass(frozen=True)
class Difference:
    """One difference between two states.

    Attributes:
        kind: the attribute of the state.
        key: what changed inside it.
        change: `added`, `removed` or `changed`.
        before: the value before.
        after: the value after.
    """

    kind: str
    key: str
    change: str
    before: Any
    after: Any


def differences(before: Saved, after: Saved) -> Iterator[Difference]:
    """Yield what was added, removed or changed from one state to another."""
    for name, value in after.items():
        # Each new ID changes a generator, which is not a difference that anybody looks for.
        if not isinstance(value, Random):
            yield from _differences(name.strip("_"), "", before.get(name), value)


def _differences(kind: str, key: str, before: Any, after: Any) -> Iterator[Difference]:
    if before is after or before == after:
        return
    one, other = _parts(before), _parts(after)
    if one is None or other is None:
        yield Difference(kind, key, "changed", before, after)
        return
    for name in dict.fromkeys((*one, *other)):
        path = f"{key}/{name}" if key else str(name)
        if name not in one:
            yield Difference(kind, path, "added", None, other[name])
        elif name not in other:
            yield Difference(kind, path, "removed", one[name], None)
        else:
            yield from _differences(kind, path, one[name], other[name])


def _parts(value: Any) -> Mapping[Any, Any] | None:
    """Return the parts of a container or dataclass by name; `None` if a value has no parts."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | deque):
        return dict(enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return None


def _is_state(value: Any) -> bool:
    # Anything else, such as the world or a function, is not the state's own.
    return isinstance(value, SCALARS) or _changes(type(value))


def _changes(kind: Any) -> bool:
    """Whether values of a type can change in place, or contain values that can."""
    if kind in _STABLE:
        return False
    # What is not a dataclass counts as frozen, and is shared.
    frozen = getattr(getattr(kind, "__dataclass_params__", None), "frozen", True)
    changes = issubclass(kind, CONTAINERS) or not frozen
    if not changes:
        _STABLE.add(kind)
    return changes


def _all_stable(values: Iterable[Any]) -> bool:
    # Looking at the types of all values at once is much faster than looking at each value.
    kinds = {*map(type, values)}
    return kinds <= _STABLE or not any(map(_changes, kinds))


def _copy(value: Any, seen: dict[int, Any]) -> Any:  # noqa: PLR0911 - one for each type
    kind: Any = type(value)
    if not _changes(kind):
        return value
    if id(value) in seen:
        return seen[id(value)]
    if kind is tuple:
        return value if _all_stable(value) else tuple(_copy(each, seen) for each in value)
    if kind is dict:
        return _copy_dict(value, seen)
    if kind is list or kind is deque:
        return value.copy() if _all_stable(value) else _copy_values(value, seen)
    if kind is defaultdict:
        return defaultdict(value.default_factory, _copy_dict(dict(value), seen))
    if kind is Random:
        return _copy_random(value)
    return _copy_record(value, seen) if is_dataclass(kind) else kind(_copy(each, seen) for each in value)


def _copy_dict(value: dict[Any, Any], seen: dict[int, Any]) -> dict[Any, Any]:
    if _all_stable(value.values()):
        return value.copy()
    return {key: each if type(each) in _STABLE else _copy(each, seen) for key, each in value.items()}


def _copy_values(value: list[Any] | deque[Any], seen: dict[int, Any]) -> Any:
    found = (_copy(each, seen) for each in value)
    return list(found) if isinstance(value, list) else deque(found, value.maxlen)


def _copy_random(value: Random) -> Random:
    made = Random()
    made.setstate(value.getstate())
    return made


def _copy_record(value: Any, seen: dict[int, Any]) -> Any:
    # Registered before its fields are copied, because they may refer to it.
    made = seen[id(value)] = object.__new__(type(value))
    for name in value.__dataclass_fields__:
        setattr(made, name, _copy(getattr(value, name), seen))
    return made
