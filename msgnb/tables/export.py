"""Tables as files for a spreadsheet.

Phone numbers and IDs are written as text, times with their zone. What a column holds decides, as
`msgnb.tables.schema` declares it. The index is not written.

External senders wrote what is in the cells, and some of the headers, so none may become a formula:

* A cell or header that starts like a formula gets an apostrophe in front.
* In a CSV file, so does every piece of a text that would be a cell of its own if the file were split at
  another character, as spreadsheets of other languages do: at a comma, semicolon, tab, vertical bar or line
  break.
* Blanks, quotes and invisible characters in front of a formula don't hide it, and the full-width `＝＋－＠`
  are what they look like.
* A phone number or a number, such as `+55 11 99999` or `-3.5`, is no formula, and stays as it is.
* In an Excel file every text is a text cell: no formula, no error value, no link.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from numbers import Number
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import SettingsError
from msgnb.core.html import replace_control_characters
from msgnb.tables.schema import WRITTEN, role_of

if TYPE_CHECKING:
    import pandas as pd

Defuse = Callable[[str], str]

# Blanks of all widths, marks and joiners, pictures of control characters, and what pads or varies characters.
_UNSEEN = (
    r"\x00-\x08\x0e-\x20\x7f-\x84\x86-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180e\u2000-\u200f"
    r"\u202a-\u202f\u205f-\u206f\u2400-\u2421\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb"
)
_SEPARATORS = r",;\t|\r\n\x0b\x0c\x85\u2028\u2029"
_BREAKS = r"\t\r\n\x0b\x0c\x85\u2028\u2029"
_SIGNS = r"[=+\-@＝＋－＠]"
_NUMBER = r" *[+-][0-9 ().]+"
_AT_START = re.compile(rf'\A(?!{_NUMBER}(?:[,;]{_NUMBER})*\Z)(?=["{_UNSEEN}{_BREAKS}]*{_SIGNS})')
_IN_PIECES = re.compile(
    rf'(?:\A|(?<=[{_SEPARATORS}]))(?!{_NUMBER}(?:[{_SEPARATORS}]|\Z))(?=["{_UNSEEN}]*{_SIGNS})'
)


def make_csv(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV, with the byte order mark by which Excel recognizes UTF-8."""
    return bytes(_plain(frame, _defuse_pieces).to_csv(index=False).encode("utf-8-sig"))


def make_excel(frame: pd.DataFrame) -> bytes:
    """Return a table as an Excel file.

    Raises:
        SettingsError: openpyxl is not installed.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    file = io.BytesIO()
    try:
        with pd.ExcelWriter(file, engine="openpyxl") as writer:
            plain = _plain(frame, _defuse_start)
            plain.columns = plain.columns.map(_join_levels)
            plain.to_excel(writer, index=False)
            for row in writer.book.active.iter_rows():
                for cell in row:
                    # openpyxl takes "#N/A" for an error.
                    if isinstance(cell.value, str):
                        cell.data_type = "s"
    except ImportError:
        raise SettingsError("Excel files need openpyxl: pip install 'msgnb[excel]'") from None
    return file.getvalue()


def _plain(frame: pd.DataFrame, defuse: Defuse) -> pd.DataFrame:
    """Plain values: amounts stay numbers, everything else becomes text, and missing values stay missing."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    columns = {}
    # By position, because several columns may have one name.
    for position, name in enumerate(frame.columns):
        # A column of phone numbers that somebody converted to integers is still text in the file.
        written = role_of(str(name), frame.columns) in WRITTEN
        column = frame.iloc[:, position]
        values = column.astype(object).where(column.notna(), None)
        columns[position] = [_cell(value, written=written, defuse=defuse) for value in values]
    plain = pd.DataFrame(columns, index=range(len(frame)), dtype=object)
    plain.columns = _make_headers(frame.columns, defuse)
    return plain


def _join_levels(label: Any) -> Any:
    """Return one header for a column; pandas writes several rows of them only with an index."""
    return " / ".join(filter(None, label)) if isinstance(label, tuple) else label


def _make_headers(columns: pd.Index[Any], defuse: Defuse) -> pd.Index[Any]:
    def write(label: Any) -> Any:
        return tuple(map(write, label)) if isinstance(label, tuple) else _text(str(label), defuse)

    headers = columns.map(write)
    # Its names are written, too, if there are several rows of headers.
    headers.names = [None if name is None else write(name) for name in columns.names]
    return headers


def _cell(value: Any, *, written: bool, defuse: Defuse) -> Any:
    if value is None:
        return None
    # As text, because pandas refuses to write times with a zone to Excel.
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, Number) and not written:
        return value
    return _text(str(value), defuse)


def _text(text: str, defuse: Defuse) -> str:
    return defuse(str(replace_control_characters(text)))


def _defuse_start(text: str) -> str:
    # After an apostrophe spreadsheets take a cell for text.
    return _AT_START.sub("'", text)


def _defuse_pieces(text: str) -> str:
    return _IN_PIECES.sub("'", text)
