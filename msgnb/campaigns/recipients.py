"""The table of recipients: one row per row of the source, with its phone number or why there is none.

Nothing is dropped, so that a user finds every row of the source again. Where the rows come from is the
business of `sources`, and what a phone number is that of `phone_numbers`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.campaigns.phone_numbers import cell_text, check_phone, check_region, phone_text
from msgnb.campaigns.sources import read_source
from msgnb.core.addresses import canonical_address
from msgnb.core.errors import InvalidRequest
from msgnb.core.progress import progress_bar

if TYPE_CHECKING:
    import pandas as pd


def recipients(
    source: pd.DataFrame | str | Path | Iterable[Any] | Mapping[str, Any],
    column: str | None = None,
    region: str | None = None,
) -> pd.DataFrame:
    """Read recipients from a table, a file, a list or a text, and return them as a table `recipients`.

    >>> msgnb.recipients("people.csv")
    >>> msgnb.recipients(frame, column="celular", region="BR")
    >>> msgnb.recipients("+22963588213; +22963588214")

    Args:
        source: a DataFrame; the path of a CSV, text or Excel file; an upload from a form; a list of phone
            numbers; or a text with phone numbers separated by line breaks, commas, semicolons or tabs.
        column: name of the column that contains the phone numbers; detected if `None`.
        region: country of phone numbers without a country code, as a two-letter code such as `BR`.

    Returns:
        One row per row of the source, in its order: `input`, `phone` in E.164 format, `valid`, `reason`,
        `duplicate_of` and `country`; then the source's other columns as text, to fill in the text of a
        campaign.

    Raises:
        InvalidRequest: the file doesn't exist or is empty, there is no such column or country, or the table
            is masked.
        SettingsError: a library for this kind of file is missing.
    """
    if getattr(source, "attrs", {}).get("masked"):
        # A number's pseudonym may be a stranger's number.
        raise InvalidRequest.of(source="is a masked table; its numbers are pseudonyms and may be strangers'")
    table = read_source(source)
    if not table.rows:
        raise InvalidRequest.of(source="has no rows")
    phone_column = table.phone_column(column)
    checked = _check_all([row.get(phone_column) for row in table.rows], check_region(region))
    frame = tables.RECIPIENTS.frame(len(table.rows), checked)
    # A column of the source may have the name of one of ours; it gets an underscore.
    others = {
        f"{name}_" if name in frame.columns else name: [cell_text(row.get(name)) for row in table.rows]
        for name in table.names
        if name != phone_column
    }
    return tables.concat_columns(frame, tables.text_columns(others, len(table.rows)))


def read_columns(source: Any) -> tuple[list[str], str | None]:
    """Return the names of a source's columns, and the one that contains the phone numbers.

    That is `None` if several columns could be meant.

    >>> read_columns("people.csv")
    (['name', 'celular'], 'celular')

    Raises:
        InvalidRequest: the source can't be read, or is empty.
    """
    table = read_source(source)
    try:
        return list(table.names), table.phone_column()
    except InvalidRequest:
        return list(table.names), None


def _check_all(values: list[Any], region: str | None) -> dict[str, list[Any]]:
    """Return the columns of the table `recipients` for cells that should contain phone numbers."""
    columns: dict[str, list[Any]] = {name: [] for name in tables.RECIPIENTS.names}
    first_rows: dict[str, int] = {}
    with progress_bar("phones", len(values)) as bar:
        for row, value in enumerate(values):
            phone = check_phone(value, region)
            first = first_rows.setdefault(canonical_address(phone.number), row) if phone.number else row
            duplicate = first != row
            checked = {
                "input": phone_text(value),
                "phone": phone.number,
                "valid": phone.number is not None and not duplicate,
                "reason": f"duplicate of row {first}" if duplicate else phone.reason,
                "duplicate_of": first if duplicate else None,
                "country": phone.country,
            }
            for name, cell in checked.items():
                columns[name].append(cell)
            bar.update()
    return columns
