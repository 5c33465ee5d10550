"""Tables as files for a spreadsheet: phones stay text, times have their zone, and no cell is a formula."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import SettingsError
from msgnb.core.html import clean

if TYPE_CHECKING:
    import pandas as pd

# What spreadsheets take for the beginning of a formula; a phone number begins with a plus, too.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9 ().]+$)")


def csv_of(frame: pd.DataFrame) -> bytes:
    """A table as CSV, with the mark by which Excel knows that it is UTF-8."""
    return bytes(_plain(frame).to_csv(index=False).encode("utf-8-sig"))


def excel_of(frame: pd.DataFrame) -> bytes:
    """A table as an Excel file.

    Raises:
        SettingsError: openpyxl is not there.
    """
    kept = io.BytesIO()
    try:
        _plain(frame).to_excel(kept, index=False, engine="openpyxl")
    except ImportError:
        raise SettingsError("Excel files need openpyxl: pip install 'msgnb[excel]'") from None
    return kept.getvalue()


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """All as text, but for numbers and what is missing."""
    return frame.astype(object).where(frame.notna(), None).map(_cell)


def _cell(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat(sep=" ", timespec="seconds")
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if _FORMULA.match(text) else text
