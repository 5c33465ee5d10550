"""How somebody is removed from the files of an archive.

* A message from, to or with the person alone is removed.
* A message of a group stays; the person's address is removed from its columns.
* A message of others stays; where its text names the address, `[removed]` takes its place.

Each file is read once for the values that may change, which are few. Python decides about them, since only it
knows all spellings of an address, and DuckDB writes the file anew with what was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from msgnb import tables
from msgnb.tables.mentions import Removal

if TYPE_CHECKING:
    import pandas as pd

ADDRESS_COLUMNS = tuple(name for name in tables.MESSAGES.holding("address") if name != "account")
"""The columns that say who takes part in a message; the account itself is a folder."""
TEXT_COLUMNS = tables.MESSAGES.holding("text", "url", "id", "person")
"""The columns that may name somebody."""


@dataclass(frozen=True)
class Changes:
    """What changes in one file.

    Attributes:
        addresses: cells of addresses, and what is left of them; `None` if nobody is.
        texts: texts, and what they become.
    """

    addresses: dict[str, str | None] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.addresses or self.texts)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Return the changes as relations for DuckDB."""
        return {"address_changes": _relation(self.addresses), "text_changes": _relation(self.texts)}


def find_changes(removal: Removal, addresses: Iterable[str], texts: Iterable[str]) -> Changes:
    """Return what removing somebody changes among the values of a file."""
    cells = {cell: removal.clean_addresses(cell) for cell in addresses}
    cleaned = {text: removal.clean_text(text) for text in texts}
    return Changes(
        {cell: left for cell, left in cells.items() if left != cell},
        {text: left for text, left in cleaned.items() if left != text},
    )


def keeps_row(addresses: Sequence[str]) -> str:
    """Return the SQL condition that somebody is left in every column of addresses."""
    gone = "(select old from address_changes where new is null)"
    # A missing address is nobody's.
    return " and ".join(f"coalesce({_quoted(name)} not in {gone}, true)" for name in addresses)


def replacements(addresses: Sequence[str], texts: Sequence[str]) -> str:
    """Return the SQL expressions that put the new values in place of the old ones."""
    both = [(name, "address_changes") for name in addresses] + [(name, "text_changes") for name in texts]
    return ", ".join(_replacement(_quoted(name), changes) for name, changes in both)


def mentions(column: str) -> str:
    """Return the SQL condition that a text may name somebody whose `$tail` is given.

    It may hold for texts that don't, which Python finds out.
    """
    name = _quoted(column)
    digits = f"regexp_replace({name}, '[^0-9]', '', 'g')"
    # Digits of other scripts are rare, so every text with one is looked at.
    other = f"regexp_matches({name}, '[^\\x00-\\x7F]') and regexp_matches({name}, '\\p{{Nd}}')"
    return f"(contains(lower({name}), $tail) or contains({digits}, $tail) or ({other}))"


def clean_frame(frame: pd.DataFrame, removal: Removal) -> pd.DataFrame:
    """Return messages without somebody, as an archive keeps them."""
    cells = {cell for name in ADDRESS_COLUMNS for cell in frame[name].dropna().unique()}
    texts = {text for name in TEXT_COLUMNS for text in frame[name].dropna().unique()}
    changes = find_changes(removal, cells, texts)
    if not changes:
        return frame
    gone = {cell for cell, left in changes.addresses.items() if left is None}
    kept = frame[~frame[list(ADDRESS_COLUMNS)].isin(gone).any(axis=1)]
    cleaned = {name: _mapped(kept[name], changes.addresses) for name in ADDRESS_COLUMNS}
    cleaned |= {name: _mapped(kept[name], changes.texts) for name in TEXT_COLUMNS}
    return kept.assign(**cleaned)


def _mapped(column: pd.Series[str], changes: Mapping[str, str | None]) -> pd.Series[str]:
    """A column with new values; `replace` would be slow for many of them."""
    return column.map(lambda cell: changes.get(cell, cell), na_action="ignore").astype(column.dtype)


def _relation(changes: Mapping[str, str | None]) -> pd.DataFrame:
    return tables.text_columns({"old": list(changes), "new": list(changes.values())}, len(changes))


def _replacement(name: str, changes: str) -> str:
    new = f"(select new from {changes} where old = {name})"  # noqa: S608
    return f"case when {name} in (select old from {changes}) then {new} else {name} end as {name}"  # noqa: S608


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
