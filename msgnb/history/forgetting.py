"""How somebody is removed from the files of an archive.

* A message from, to or with the person alone is removed.
* A message of a group stays; the person's address is removed from its columns.
* A message of others stays; where its text names the address, `[removed]` takes its place.
* In the IDs of sessions and messages a hash takes the place of the address, so that no two become one.

Each file is read once for the values that may change, which are few. Python decides about them, since only it
knows all spellings of an address, and DuckDB writes the file anew with what was decided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgnb import tables
from msgnb.core.block_list import mark_forgotten
from msgnb.tables.mentions import Removal

if TYPE_CHECKING:
    import pandas as pd

ADDRESS_COLUMNS = tuple(name for name in tables.MESSAGES.holding("address") if name != "account")
"""The columns that say who takes part in a message; the account itself is a folder."""
TEXT_COLUMNS = tables.MESSAGES.holding("text", "url", "id", "person")
"""The columns that may name somebody."""
SESSION, MESSAGE = "session", "message"
"""The columns that tell messages apart."""


@dataclass(frozen=True)
class Changes:
    """What changes in one file.

    Attributes:
        by_column: for each column that changes, values and what they become; `None` if the message goes.
    """

    by_column: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.by_column)

    def relations(self) -> dict[str, pd.DataFrame]:
        """Return the changes as relations for DuckDB."""
        return {_relation(name): _make_relation(changes) for name, changes in self.by_column.items()}

    def keeps_row(self) -> str:
        """Return the SQL condition that somebody is left in every column of addresses."""
        conditions = (
            # A missing address is nobody's.
            f"coalesce({_quoted(name)} not in (select old from {_source(name)} where new is null), true)"  # noqa: S608
            for name in self.by_column
        )
        return " and ".join(conditions)

    def replacements(self) -> str:
        """Return the SQL expressions that put the new values in place of the old ones."""
        return ", ".join(map(_replacement, self.by_column))

    def touches(self, names: Iterable[str]) -> str:
        """Return the SQL condition that a value of one of some columns changes."""
        conditions = [
            f"{_quoted(name)} in (select old from {_source(name)})"  # noqa: S608
            for name in self.by_column
            if name in names
        ]
        return " or ".join(conditions) or "false"


def find_changes(removal: Removal, values: Mapping[str, Iterable[str]]) -> Changes:
    """Return what removing somebody changes among the values of some columns."""
    found = {}
    for name, cells in values.items():
        clean = _find_cleaner(removal, name)
        cleaned = ((cell, clean(cell)) for cell in cells)
        if changes := {cell: left for cell, left in cleaned if left != cell}:
            found[name] = changes
    return Changes(found)


def mentions(column: str) -> str:
    """Return the SQL condition that a text may name somebody whose `$tail` is given.

    It may hold for texts that don't, which Python finds out.
    """
    name = _quoted(column)
    digits = f"regexp_replace({name}, '[^0-9]', '', 'g')"
    # Marks and digits of other scripts are rare, so every text with one is looked at.
    other = f"regexp_matches({name}, '[^\\x00-\\x{{24F}}]')"
    return f"(contains(lower({name}), $tail) or contains({digits}, $tail) or {other})"


def clean_frame(frame: pd.DataFrame, removal: Removal) -> pd.DataFrame:
    """Return messages without somebody, as an archive keeps them."""
    names = dict.fromkeys([*ADDRESS_COLUMNS, *TEXT_COLUMNS])
    changes = find_changes(removal, {name: frame[name].dropna().unique() for name in names}).by_column
    for name, changed in changes.items():
        gone = [cell for cell, left in changed.items() if left is None]
        frame = frame[~frame[name].isin(gone)]
    cleaned = {name: _mapped(frame[name], changed) for name, changed in changes.items()}
    return frame.assign(**cleaned)


def _find_cleaner(removal: Removal, column: str) -> Callable[[str], str | None]:
    if column == SESSION:
        return removal.clean_key
    if column in ADDRESS_COLUMNS:
        return removal.clean_addresses
    if column == MESSAGE:
        return lambda cell: cell if removal.clean_text(cell) == cell else mark_forgotten(cell)
    return removal.clean_text


def _mapped(column: pd.Series[str], changes: Mapping[str, str | None]) -> pd.Series[str]:
    """A column with new values; `replace` would be slow for many of them."""
    return column.map(lambda cell: changes.get(cell, cell), na_action="ignore").astype(column.dtype)


def _make_relation(changes: Mapping[str, str | None]) -> pd.DataFrame:
    return tables.text_columns({"old": list(changes), "new": list(changes.values())}, len(changes))


def _relation(column: str) -> str:
    return f"changes of {column}"


def _source(column: str) -> str:
    return _quoted(_relation(column))


def _replacement(column: str) -> str:
    name, changes = _quoted(column), _source(column)
    new = f"(select new from {changes} where old = {name})"  # noqa: S608
    return f"case when {name} in (select old from {changes}) then {new} else {name} end as {name}"  # noqa: S608


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'


def split_columns(columns: Sequence[tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Return the columns that hold addresses, and those that may name somebody.

    Columns of other versions, which this one doesn't know, are among the second if they are text.

    Args:
        columns: names and DuckDB types of the columns of a file.
    """
    known = {"filename", *tables.MESSAGES.names}
    written = [name for name, kind in columns if kind == "VARCHAR"]
    addresses = [name for name in written if name in ADDRESS_COLUMNS]
    return addresses, [name for name in written if name in TEXT_COLUMNS or name not in known]
