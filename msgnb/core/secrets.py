"""Text that is never shown.

A `Secret` keeps a key, a password or a token out of reprs, logs, tracebacks and pickles. `reveal()` is the
only way to read it, and is called where a request is signed or written, as late as possible: a variable that
holds the text itself would be shown by tracebacks with local variables.
"""

from __future__ import annotations

import getpass
import hmac
import sys
from typing import NoReturn

from msgnb.core import notebook


class Secret:
    """A key, password or token.

    >>> Secret("hunter2")
    Secret('…')
    >>> Secret("hunter2").reveal()
    'hunter2'
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | Secret) -> None:
        self._value: str = value.reveal() if isinstance(value, Secret) else value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('…')"

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        # In constant time, so that how long it takes doesn't tell how much of a guess is right.
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: make the client anew where you need it, with msgnb.connect")


def prompt_secret(what: str) -> Secret | None:
    """Ask the person at the keyboard for a secret, which is not shown; return `None` if there is no one."""
    if not (sys.stdin.isatty() or notebook.running()):
        return None
    return Secret(getpass.getpass(f"{what}: "))
