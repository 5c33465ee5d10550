"""Tables as files for a spreadsheet.

Phone numbers and IDs are written as text, times with their zone, and no cell is a formula, since external
senders wrote what is in them. What a column holds decides, as `msgnb.tables.schema` declares it.
"""

from __future__ import annotations

import io
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import SettingsError
from msgnb.core.html import replace_control_characters
from msgnb.tables.schema import WRITTEN, role_of

if TYPE_CHECKING:
    import pandas as pd

# What spreadsheets take for the beginning of a formula; a phone number begins with a plus, too.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9 ().]+$)")


def make_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV, with the byte order mark by which Excel recognizes UTF-8."""
    return bytes(_plain(frame).to_csv(index=False).encode("utf-8-sig"))


def make_excel(frame: pd.DataFrame) -> bytes:
    """Return a table as an Excel file.

    Raises:
        SettingsError: openpyxl is not installed.
    """
    file = io.BytesIO()
    try:
        _plain(frame).to_excel(file, index=False, engine="openpyxl")
    except ImportError:
        raise SettingsError("Excel files need openpyxl: pip install 'msgnb[excel]'") from None
    return file.getvalue()


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Plain values: amounts stay numbers, everything else becomes text, and missing values stay missing."""
    plain = frame.astype(object).where(frame.notna(), None)
    for name in frame.columns:
        # A column of phone numbers that somebody converted to integers is still text in the file.
        written = role_of(str(name), frame.columns) in WRITTEN
        plain[name] = plain[name].map(partial(_cell, written=written))
    return plain


def _cell(value: Any, *, written: bool) -> Any:
    if value is None:
        return None
    # As text, because pandas refuses to write times with a zone to Excel.
    if hasattr(value, "isoformat"):
        return value.isoformat(sep=" ", timespec="seconds")
    if not isinstance(value, str):
        return str(value) if written else value
    text = replace_control_characters(value)
    # After an apostrophe spreadsheets take a cell for text.
    return f"'{text}" if _FORMULA.match(text) else text
