"""Reads the rows of a list of recipients from a table, a file, an upload, a list or a text.

Everything ends as a `SourceTable`: rows as dictionaries whose values are not interpreted yet. In particular,
no CSV goes through `pandas.read_csv`, which would make numbers of phone numbers.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb.campaigns.phone_numbers import looks_like_phone
from msgnb.core.errors import InvalidRequest, SettingsError

if TYPE_CHECKING:
    import pandas as pd

PHONE_COLUMNS = (
    "recipient", "phone", "phones", "phone_number", "phone_numbers", "phonenumber", "tel", "telephone",
    "telefone", "telefono", "téléphone", "mobile", "cell", "celular", "whatsapp", "msisdn", "number",
    "numero", "numéro", "número", "contact",
)  # fmt: skip
"""Names of columns that contain phone numbers, the likeliest first."""
EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
TEXT_SUFFIXES = (".csv", ".tsv", ".txt")
LONGEST_PATH = 1000
"""A longer text is a list of phone numbers, not the path of a file."""
DELIMITERS = ";,\t|"
SNIFFED_LINES = 20

Row = dict[str, Any]


@dataclass(frozen=True)
class SourceTable:
    """The rows of a source.

    Attributes:
        names: names of the columns, each different.
        rows: the rows, by the names of their columns.
        has_columns: whether the source had columns; a list of phone numbers has none to choose from.
    """

    names: Sequence[str]
    rows: Sequence[Row]
    has_columns: bool = True

    def phone_column(self, column: str | None = None) -> str:
        """Return the column that contains the phone numbers.

        Args:
            column: its name; if `None`, it is found by its name, or by what the first row contains.

        Raises:
            InvalidRequest: there is no such column, or several could be meant.
        """
        if not self.has_columns:
            return self.names[0]
        if column is not None:
            if column not in self.names:
                raise InvalidRequest.of(column=f"{column!r} is not one of {', '.join(self.names)}")
            return column
        simple_names = {_simplify(name): name for name in reversed(self.names)}
        if usual := [simple_names[name] for name in PHONE_COLUMNS if name in simple_names]:
            return usual[0]
        if len(self.names) == 1:
            return self.names[0]
        candidates = [name for name in self.names if looks_like_phone(str(self.rows[0][name]))]
        if len(candidates) == 1:
            return candidates[0]
        raise InvalidRequest.of(
            column=f"is required: which column contains the phone numbers? Available: {', '.join(self.names)}"
        )


def read_source(source: Any) -> SourceTable:
    """Return the rows of a list of recipients; see `msgnb.recipients` for what `source` may be.

    Raises:
        InvalidRequest: there is no such file, or it can't be read, or it is empty.
        SettingsError: a library for this kind of file is missing.
    """
    if hasattr(source, "columns"):
        return _from_frame(source)
    if isinstance(source, str | Path):
        return _from_text_or_path(source)
    if _is_upload(source):
        return _from_bytes(bytes(source["content"]), str(source.get("name") or ""))
    if isinstance(source, Iterable):
        items = list(source)
        # ipywidgets passes an upload as a tuple with one element.
        if len(items) == 1 and _is_upload(items[0]):
            return read_source(items[0])
        return _from_phones(items)
    raise InvalidRequest.of(
        source=f"is of type {type(source).__name__}; pass a table, a path, a list or a text"
    )


def _is_upload(source: Any) -> bool:
    return isinstance(source, Mapping) and "content" in source


def _from_phones(phones: Iterable[Any]) -> SourceTable:
    return SourceTable(["phone"], [{"phone": phone} for phone in phones], has_columns=False)


def _from_text_or_path(source: str | Path) -> SourceTable:
    text = str(source)
    path = Path(text).expanduser() if len(text) < LONGEST_PATH and "\n" not in text else None
    # A text that ends like a file is a path even if there is no such file: the error should say that.
    named_like_file = path is not None and path.suffix.lower() in (*EXCEL_SUFFIXES, *TEXT_SUFFIXES)
    if path is not None and (isinstance(source, Path) or named_like_file or path.is_file()):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InvalidRequest.of(source=f"{path}: {error.strerror}") from None
        return _from_bytes(content, path.name)
    pieces = [piece.strip() for piece in re.split(r"[\n\r,;\t|]+", text)]
    return _from_phones(piece for piece in pieces if piece)


def _from_frame(frame: pd.DataFrame) -> SourceTable:
    if frame.empty:
        raise InvalidRequest.of(source="is an empty table")
    names = _unique_names([str(name) for name in frame.columns])
    rows = [dict(zip(names, row, strict=True)) for row in frame.itertuples(index=False, name=None)]
    return SourceTable(names, rows)


def _from_bytes(content: bytes, name: str) -> SourceTable:
    if not content.strip():
        raise InvalidRequest.of(source=f"{name or 'the upload'} is empty")
    if Path(name).suffix.lower() in EXCEL_SUFFIXES:
        return _from_excel(content, name)
    return _from_csv(_decode(content), name or "the text")


def _from_excel(content: bytes, name: str) -> SourceTable:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    try:
        frame = pd.read_excel(io.BytesIO(content), dtype=object)
    except ImportError:
        raise SettingsError(f"{name} needs openpyxl: pip install 'msgnb[excel]'") from None
    except (ValueError, KeyError, OSError) as error:
        raise InvalidRequest.of(source=f"{name} is not an Excel file: {error}") from None
    return _from_frame(frame.where(frame.notna(), None))


def _decode(content: bytes) -> str:
    """Return the text of a file: by its byte order mark, else as UTF-8, else as Windows writes it."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _from_csv(text: str, name: str) -> SourceTable:
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=_guess_delimiter(text)))
    except csv.Error as error:
        raise InvalidRequest.of(source=f"{name} is not a CSV file: {error}") from None
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise InvalidRequest.of(source=f"{name} is empty")
    # Lines may be shorter or longer than the header: people add cells by hand.
    width = max(map(len, lines))
    has_header = not any(looks_like_phone(cell) for cell in lines[0])
    names = _unique_names([cell.strip() for cell in _pad(lines[0] if has_header else [], width)])
    body = lines[1:] if has_header else lines
    if not body:
        raise InvalidRequest.of(source=f"{name} has a header, but no rows")
    return SourceTable(names, [dict(zip(names, _pad(line, width), strict=True)) for line in body])


def _pad(cells: list[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]


def _guess_delimiter(text: str) -> str:
    """Return the character that separates the cells: the most frequent one that all first lines contain."""
    lines = [line for line in text.splitlines()[:SNIFFED_LINES] if line.strip()]
    counts = {mark: [line.count(mark) for line in lines] for mark in DELIMITERS}
    return max(counts, key=lambda mark: (min(counts[mark]), sum(counts[mark])))


def _unique_names(given: list[str]) -> list[str]:
    """Return a different name for each column, even if it has none or shares one."""
    names: list[str] = []
    for number, name in enumerate(given, 1):
        # pandas calls a column without a name "Unnamed: 2".
        plain = name if name and not name.startswith("Unnamed: ") else f"column {number}"
        names.append(plain if plain not in names else f"{plain} {number}")
    return names


def _simplify(name: str) -> str:
    """Return a column's name as in `PHONE_COLUMNS`: small letters, with underscores for everything else."""
    return re.sub(r"[^a-zéú]+", "_", name.strip().lower()).strip("_")
