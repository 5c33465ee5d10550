"""A call of a client's method: what a form does, and the Python line that does the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any


@dataclass(frozen=True)
class Shown:
    """A value, and how it is written in Python if its repr is not Python."""

    value: Any
    code: str


@dataclass(frozen=True)
class Call:
    """One call: the method's name, with a resource in front if it is one's, and its arguments.

    >>> Call("send_text", ("1002", "Hi")).code("pbx")
    "pbx.send_text('1002', 'Hi')"
    >>> Call("subscriptions.delete", ("4711",)).code("pbx")
    "pbx.subscriptions.delete('4711')"
    """

    method: str
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)

    def on(self, target: Any) -> Any:
        """Make the call, and return what it returns."""
        named = {name: _value(each) for name, each in self.named.items() if each is not None}
        method = reduce(getattr, self.method.split("."), target)
        return method(*map(_value, self.arguments), **named)

    def code(self, name: str) -> str:
        """Return the Python line that makes it, on a variable of that name."""
        named = [f"{key}={_written(each)}" for key, each in self.named.items() if each is not None]
        return f"{name}.{self.method}({', '.join([*map(_written, self.arguments), *named])})"


def _value(argument: Any) -> Any:
    return argument.value if isinstance(argument, Shown) else argument


def _written(argument: Any) -> str:
    if isinstance(argument, Shown):
        return argument.code
    if isinstance(argument, datetime):
        return f"datetime.fromisoformat({argument.isoformat()!r})"
    return repr(argument)
