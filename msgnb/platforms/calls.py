"""A call of a client's method, which a form makes and also shows as a line of Python.

A form builds one `Call` and both makes it and writes it, so that what it sends is exactly what the line says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any


@dataclass(frozen=True)
class Expression:
    """A value whose repr is not Python, and the expression to write instead.

    >>> Expression(MessageType.UNICODE, "msgnb.MessageType.UNICODE")
    """

    value: Any
    code: str


@dataclass(frozen=True)
class Call:
    """One call: the name of the method, with its resource in front if it has one, and the arguments.

    A named argument that is `None` is left out.

    >>> Call("send_text", ("1002", "Hi")).code("pbx")
    "pbx.send_text('1002', 'Hi')"
    >>> Call("subscriptions.delete", ("4711",)).code("pbx")
    "pbx.subscriptions.delete('4711')"
    """

    method: str
    arguments: tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)

    def on(self, target: Any) -> Any:
        """Make the call on a client, and return what it returns."""
        named = {name: _evaluate(each) for name, each in self.named.items() if each is not None}
        method = reduce(getattr, self.method.split("."), target)
        return method(*map(_evaluate, self.arguments), **named)

    def code(self, variable: str) -> str:
        """Return the line of Python that makes the call on a variable of this name."""
        named = [f"{name}={_write(each)}" for name, each in self.named.items() if each is not None]
        return f"{variable}.{self.method}({', '.join([*map(_write, self.arguments), *named])})"


def _evaluate(argument: Any) -> Any:
    return argument.value if isinstance(argument, Expression) else argument


def _write(argument: Any) -> str:
    if isinstance(argument, Expression):
        return argument.code
    if isinstance(argument, datetime):
        # The repr of a time names the class of its zone, which nobody has imported.
        return f"datetime.fromisoformat({argument.isoformat()!r})"
    return repr(argument)
