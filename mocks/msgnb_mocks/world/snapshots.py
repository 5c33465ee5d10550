"""What a platform remembers, kept and put back in no time, and what differs between two of them.

* Containers, streams of chance and dataclasses that can change are copied. All else is shared: rows,
  messages and people never change, and they are nearly everything.
* What is put back goes into the very object that it came from, so that whoever holds that sees it.
* The history that follows from a seed is made once a process; the next world of that seed gets a copy.
"""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from random import Random
from typing import Any

Saved = dict[str, Any]
"""The attributes of a state, by their names."""

CONTAINERS = (list, dict, set, deque, tuple, Random)
SCALARS = (str, bytes, int, float, bool, type(None), frozenset)
MOST_HISTORIES = 12
"""Three for each of the last worlds."""
_STABLE: set[type] = set(SCALARS)
"""The types that were seen not to change."""
_HISTORIES: OrderedDict[Hashable, Saved] = OrderedDict()


def save(state: object) -> Saved:
    """What an object remembers now."""
    seen: dict[int, Any] = {}
    return {name: _copied(value, seen) for name, value in vars(state).items() if _remembered(value)}


def put_back(state: object, saved: Saved) -> None:
    """Let an object remember what it did then; what was saved can be put back again."""
    seen: dict[int, Any] = {}
    vars(state).update({name: _copied(value, seen) for name, value in saved.items()})


def filled(state: object, history: Hashable, fill: Callable[[], None]) -> None:
    """Give a new state its history: a copy where it was made before, by what it follows from."""
    if history in _HISTORIES:
        put_back(state, _HISTORIES[history])
        return
    fill()
    _HISTORIES[history] = save(state)
    if len(_HISTORIES) > MOST_HISTORIES:
        _HISTORIES.popitem(last=False)


@dataclass(frozen=True)
class Difference:
    """One thing that two states do not have alike: `kind` and `key` say which, `change` what became of it."""

    kind: str
    key: str
    change: str
    before: Any
    after: Any


def differences(before: Saved, after: Saved) -> Iterator[Difference]:
    """What was added, removed or changed from one to the other."""
    for name, value in after.items():
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
    """The parts of what has some, by their names."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, list | deque):
        return dict(enumerate(value))
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return None


def _remembered(value: Any) -> bool:
    return isinstance(value, SCALARS) or _changes(type(value))


def _changes(kind: Any) -> bool:
    """Whether values of a type can change in place, or hold such as can."""
    if kind in _STABLE:
        return False
    frozen = getattr(getattr(kind, "__dataclass_params__", None), "frozen", True)
    changes = issubclass(kind, CONTAINERS) or not frozen
    if not changes:
        _STABLE.add(kind)
    return changes


def _settled(values: Iterable[Any]) -> bool:
    kinds = {*map(type, values)}
    return kinds <= _STABLE or not any(map(_changes, kinds))


def _copied(value: Any, seen: dict[int, Any]) -> Any:  # noqa: PLR0911 - one for each kind
    kind: Any = type(value)
    if not _changes(kind):
        return value
    if id(value) in seen:
        return seen[id(value)]
    if kind is tuple:
        return value if _settled(value) else tuple(_copied(each, seen) for each in value)
    if kind is dict:
        return _of_dict(value, seen)
    if kind is list or kind is deque:
        return value.copy() if _settled(value) else _of_values(value, seen)
    if kind is defaultdict:
        return defaultdict(value.default_factory, _of_dict(dict(value), seen))
    if kind is Random:
        return _of_random(value)
    return _of_record(value, seen) if is_dataclass(kind) else kind(_copied(each, seen) for each in value)


def _of_dict(value: dict[Any, Any], seen: dict[int, Any]) -> dict[Any, Any]:
    if _settled(value.values()):
        return value.copy()
    return {key: each if type(each) in _STABLE else _copied(each, seen) for key, each in value.items()}


def _of_values(value: list[Any] | deque[Any], seen: dict[int, Any]) -> Any:
    found = (_copied(each, seen) for each in value)
    return list(found) if isinstance(value, list) else deque(found, value.maxlen)


def _of_random(value: Random) -> Random:
    made = Random()
    made.setstate(value.getstate())
    return made


def _of_record(value: Any, seen: dict[int, Any]) -> Any:
    made = seen[id(value)] = object.__new__(type(value))
    for name in value.__dataclass_fields__:
        setattr(made, name, _copied(getattr(value, name), seen))
    return made
