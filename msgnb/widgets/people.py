"""Suggests recipients by name or number while somebody types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from msgnb.core.errors import InvalidRequest

if TYPE_CHECKING:
    import pandas as pd

MOST = 20
"""How many people are suggested at most."""
_IDS = ("contact", "recipient", "phone")


class People:
    """The people of several tables, each once.

    Args:
        tables: tables `contacts`, `sessions`, or any with a column `contact`, `recipient` or `phone`.

    Raises:
        InvalidRequest: a table has none of these columns.
    """

    def __init__(self, tables: Iterable[pd.DataFrame] = ()) -> None:
        self._names: dict[str, str] = {}
        for table in tables:
            self._add(table)
        self._index = [(f"{who} {name}".casefold(), who, name) for who, name in self._names.items()]

    def __len__(self) -> int:
        return len(self._names)

    def matching(self, typed: str) -> list[tuple[str, str]]:
        """Return the address and the label of people whose name or address contains every word."""
        words = typed.casefold().split()
        found = []
        for text, who, name in self._index:
            if all(word in text for word in words):
                found.append((who, f"{name} · {who}" if name else who))
                if len(found) == MOST:
                    break
        return found

    def _add(self, table: pd.DataFrame) -> None:
        column = next((name for name in _IDS if name in table.columns), None)
        if column is None:
            raise InvalidRequest.of(contacts=f"has none of the columns {', '.join(_IDS)}")
        people = table[table[column].notna()]
        names = people["name"] if "name" in people.columns else [""] * len(people)
        for who, name in zip(people[column], names, strict=True):
            known = name if isinstance(name, str) else ""
            # A table without names must not remove those of another.
            if known or who not in self._names:
                self._names[who] = known
