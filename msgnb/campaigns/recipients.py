"""Whom to send to: phones out of whatever people keep them in.

* Nothing is dropped: each row of the source is a row of the table, with its phone or with the reason why
  there is none.
* A phone is text. What a spreadsheet made of it is named as such, so that it can be mended where it was
  broken.
* Countries renumber and old numbers go on working: what has a known country's code and a length that a
  number can have is taken, and a doubt stands in `reason`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.errors import InvalidRequest, SettingsError
from msgnb.core.progress import progress_bar

if TYPE_CHECKING:
    import pandas as pd

ANY = "\0any"
"""In the place of a column: the first there is, where only the columns are asked for."""
COLUMNS = (
    "recipient", "phone", "phones", "phone_number", "phone_numbers", "phonenumber", "tel", "telephone",
    "telefone", "telefono", "téléphone", "mobile", "cell", "celular", "whatsapp", "msisdn", "number",
    "numero", "numéro", "número", "contact",
)  # fmt: skip
EXCEL = (".xlsx", ".xlsm", ".xls", ".ods")
TEXTS = (".csv", ".tsv", ".txt")
SHORTENED = (
    "was shortened by a spreadsheet, and its last digits are gone: format the column as text and export again"
)
_IDENTITY = re.compile(r"[^@\s]+@[^@\s]+")
SHOWN_DIGITS = 6
"""A phone that came as a number and has nothing but zeros after so many has been through `2.29636E+10`."""
_REMEDY = "give region=, as region='BR', or write it with + and its country's code"
_DOUBT = "is not given out today, and may be out of use"
_NOTHING = frozenset({"", "nan", "none", "<na>", "nat", "null", "n/a"})
_KEPT_AS_TEXT = re.compile(r'="([^"]*)"|\'(.*)')
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+")
_SEPARATORS = re.compile(r"[\s().\-/\u00a0+\u200e\u202a\u202c]")
_WHOLE = re.compile(r"\+?[0-9]+\.0")
_SHORTEST, _LONGEST = 7, 15
Row = dict[str, Any]
Judged = tuple[str | None, str | None, str | None]
"""A phone in E.164, its country, and what is wrong or doubtful about it."""


def recipients(
    source: pd.DataFrame | str | Path | Iterable[Any] | Mapping[str, Any],
    column: str | None = None,
    region: str | None = None,
) -> pd.DataFrame:
    """Recipients out of a table, a file, a list or a pasted text, as a table `recipients`.

    >>> msgnb.recipients("people.csv")
    >>> msgnb.recipients(frame, column="celular", region="BR")
    >>> msgnb.recipients("+22963588213; +22963588214")

    Args:
        source: a DataFrame, the path of a CSV, text or Excel file, an upload of a form, a list of phones, or
            a text with phones between line ends, commas, semicolons or tabs.
        column: which column has the phones; found by its name where it is `None`.
        region: the country of phones without a country's code, as `BR`.

    Returns:
        A row for each row of the source, in its order: `input`, `phone` in E.164, `valid`, `reason`,
        `duplicate_of`, `country`, and the source's other columns, as text, for a template.

    Raises:
        InvalidRequest: there is no such file, nothing in it, no column of that name, or no such region.
        SettingsError: a library for this kind of file is missing.
    """
    rows, phones = _read(source, column)
    if not rows:
        raise InvalidRequest.of(source="holds nobody")
    judge = _Judge(_region(region))
    with progress_bar("phones", len(rows)) as bar:
        for number, row in enumerate(rows):
            judge.add(number, row.get(phones))
            bar.update()
    others = [name for name in rows[0] if name != phones]
    extra = {name: [_cell(row.get(name)) for row in rows] for name in others}
    frame = tables.RECIPIENTS.frame(len(rows), judge.columns)
    taken = {name: f"{name}_" if name in frame.columns else name for name in others}
    return tables.concat_columns(
        frame, tables.text_columns({taken[name]: extra[name] for name in others}, len(rows))
    )


def headings(source: Any) -> tuple[list[str], str | None]:
    """The names of a source's columns, and the one with the phones where that can be told.

    >>> headings("people.csv")
    (['name', 'celular'], 'celular')

    Raises:
        InvalidRequest: the source can't be read, or is empty.
    """
    rows, first = _read(source, ANY)
    names = list(rows[0]) if rows else [first]
    try:
        return names, _phone_column(names, None, lambda name: rows[0][name])
    except InvalidRequest:
        return names, None


def _cell(value: Any) -> str | None:
    """Any cell as text; whole numbers of a column that pandas made floats of lose their point."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value)
    return None if text.lower() in _NOTHING else text


class _Judge:
    """Judges one phone after the other, and remembers which were there before."""

    def __init__(self, region: str | None) -> None:
        self._region = region
        self._first: dict[str, int] = {}
        self.columns: dict[str, list[Any]] = {column.name: [] for column in tables.RECIPIENTS.columns}

    def add(self, number: int, given: Any) -> None:
        shown = _shown(given)
        phone, country, reason = _judged(given, shown, self._region)
        first = self._first.setdefault(phone, number) if phone else number
        duplicate = first if first != number else None
        if duplicate is not None:
            reason = f"is there already, in row {first}"
        valid = phone is not None and duplicate is None
        for name, value in zip(self.columns, (shown, phone, valid, reason, duplicate, country), strict=True):
            self.columns[name].append(value)


def _shown(given: Any) -> str:
    """What was given as text, without what keeps spreadsheets from making a number of it."""
    text = str(given).strip()
    if kept := _KEPT_AS_TEXT.fullmatch(text):
        text = kept.group(1) or kept.group(2)
    return "" if text.lower() in _NOTHING else text


def _judged(given: Any, shown: str, region: str | None) -> Judged:
    if trouble := _oddity(given, shown):
        return None, None, trouble
    return _parsed(shown.removesuffix(".0") if _WHOLE.fullmatch(shown) else shown, region)


def _oddity(given: Any, shown: str) -> str | None:
    """Why what was given can't be a phone at all; mostly what a spreadsheet has done to it."""
    if not shown:
        return "is empty"
    if _SCIENTIFIC.fullmatch(shown) or (isinstance(given, int | float) and _is_rounded(shown)):
        return SHORTENED
    if shown.startswith(("=", "@")):
        return "is a formula, not its value"
    if _IDENTITY.fullmatch(shown):
        return "is an address, no phone number"
    digits = _SEPARATORS.sub("", shown)
    return None if digits.isdigit() else "holds letters or signs that no phone number has"


def _is_rounded(shown: str) -> bool:
    digits = shown.removesuffix(".0")
    return len(digits) > _SHORTEST + 2 and not digits[SHOWN_DIGITS:].strip("0")


def _parsed(text: str, region: str | None) -> Judged:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    written, home = _reading(text, region)
    try:
        number = phonenumbers.parse(written, home)
    except phonenumbers.NumberParseException:
        return None, None, f"begins with no country's code; {_REMEDY}"
    found = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    digits = len(found) - 1
    if not _SHORTEST <= digits <= _LONGEST:
        return None, None, f"has {digits} digits; a phone number has {_SHORTEST} to {_LONGEST}"
    code = phonenumbers.region_code_for_country_code(number.country_code or 0)
    country = phonenumbers.region_code_for_number(number) or code
    if phonenumbers.is_valid_number(number):
        return found, country, None
    signed = text.startswith(("+", "00"))
    fits = phonenumbers.is_possible_number(number)
    return (None, None, _refused(text, home, country)) if fits and not signed else (found, country, _DOUBT)


def _reading(text: str, region: str | None) -> tuple[str, str | None]:
    """A phone as it is meant: with its country's code, at home, or with the code but without its sign."""
    digits = re.sub(r"[^0-9]", "", text)
    if text.startswith("+"):
        return text, None
    if digits.startswith("00"):
        return f"+{digits[2:]}", None
    return (text, region) if region else (f"+{digits}", None)


def _refused(text: str, region: str | None, country: str) -> str:
    """What is wrong with a number that nobody has; without a sign in front its code may be missing."""
    if lost := _lost_zero(text, region):
        return f"is no number of {region}, but is one with a zero in front, which a spreadsheet drops: {lost}"
    where = region or f"{country}, with whose code it begins"
    return f"is no number of {where}; {_REMEDY}"


def _lost_zero(text: str, region: str | None) -> str | None:
    """The number with a zero in front, if that makes one of it: spreadsheets drop leading zeros."""
    import phonenumbers  # noqa: PLC0415

    if region is None or text.startswith("0"):
        return None
    try:
        number = phonenumbers.parse(f"0{text}", region)
    except phonenumbers.NumberParseException:
        return None
    return f"0{text}" if phonenumbers.is_valid_number(number) else None


def _region(region: str | None) -> str | None:
    if region is None:
        return None
    import phonenumbers  # noqa: PLC0415

    if region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidRequest.of(region=f"{region!r} is no country; write its two letters, as 'BR'")
    return region.upper()


# Reading


def _read(source: Any, column: str | None) -> tuple[list[Row], str]:
    """The rows of any source, and the name of the column with the phones."""
    if hasattr(source, "columns"):
        return _from_frame(source, column)
    if isinstance(source, str | Path):
        return _from_text_or_path(source, column)
    if isinstance(source, Mapping) and "content" in source:
        return _from_bytes(bytes(source["content"]), str(source.get("name") or ""), column)
    if isinstance(source, Iterable):
        given = list(source)
        # ipywidgets hands over an upload as a tuple of such.
        if len(given) == 1 and isinstance(given[0], Mapping) and "content" in given[0]:
            return _read(given[0], column)
        return [{"phone": phone} for phone in given], "phone"
    raise InvalidRequest.of(source=f"is a {type(source).__name__}; give a table, a path, a list or a text")


def _from_text_or_path(source: str | Path, column: str | None) -> tuple[list[Row], str]:
    text = str(source)
    path = Path(text).expanduser() if len(text) < 1000 and "\n" not in text else None
    named = path is not None and path.suffix.lower() in (*EXCEL, *TEXTS)
    if path is not None and (isinstance(source, Path) or named or path.is_file()):
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InvalidRequest.of(source=f"{path}: {error.strerror}") from None
        return _from_bytes(content, path.name, column)
    pieces = [piece.strip() for piece in re.split(r"[\n\r,;\t|]+", text)]
    return [{"phone": piece} for piece in pieces if piece], "phone"


def _from_frame(frame: pd.DataFrame, column: str | None) -> tuple[list[Row], str]:
    names = _names([str(name) for name in frame.columns])
    if frame.empty:
        raise InvalidRequest.of(source="is an empty table")
    phones = _phone_column(names, column, lambda name: frame.iloc[0, names.index(name)])
    rows = [dict(zip(names, row, strict=True)) for row in frame.itertuples(index=False, name=None)]
    return rows, phones


def _from_bytes(content: bytes, name: str, column: str | None) -> tuple[list[Row], str]:
    if not content.strip():
        raise InvalidRequest.of(source=f"{name or 'the upload'} is empty")
    if Path(name).suffix.lower() in EXCEL:
        return _from_excel(content, name, column)
    return _from_csv(_decoded(content), name or "the text", column)


def _from_excel(content: bytes, name: str, column: str | None) -> tuple[list[Row], str]:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    try:
        frame = pd.read_excel(io.BytesIO(content), dtype=object)
    except ImportError:
        raise SettingsError(f"{name} needs openpyxl: pip install 'msgnb[excel]'") from None
    except (ValueError, KeyError, OSError) as error:
        raise InvalidRequest.of(source=f"{name} is no Excel file: {error}") from None
    return _from_frame(frame.where(frame.notna(), None), column)


def _decoded(content: bytes) -> str:
    """The text of a file: by its mark, else UTF-8, else what Windows writes."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig")):
        if content.startswith(mark):
            return content.decode(encoding, "replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace")


def _from_csv(text: str, name: str, column: str | None) -> tuple[list[Row], str]:
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise InvalidRequest.of(source=f"{name} is no CSV: {error}") from None
    lines = [line for line in lines if any(cell.strip() for cell in line)]
    if not lines:
        raise InvalidRequest.of(source=f"{name} is empty")
    headed = not any(_looks_like_phone(cell) for cell in lines[0])
    width = max(map(len, lines))
    head = [*lines[0], *[""] * (width - len(lines[0]))] if headed else [""] * width
    names = _names([cell.strip() for cell in head])
    body = lines[1:] if headed else lines
    if not body:
        raise InvalidRequest.of(source=f"{name} has a header and nothing below it")
    rows = [dict(zip(names, [*line, *[""] * (width - len(line))], strict=True)) for line in body]
    return rows, _phone_column(names, column, lambda each: rows[0][each])


def _delimiter(text: str) -> str:
    """What separates the cells: what the first lines have most of, and equally often."""
    lines = [line for line in text.splitlines()[:20] if line.strip()]
    counts = {mark: [line.count(mark) for line in lines] for mark in ";,\t|"}
    return max(counts, key=lambda mark: (min(counts[mark]), sum(counts[mark])))


def _looks_like_phone(cell: str) -> bool:
    digits = _SEPARATORS.sub("", cell)
    return (digits.isdigit() and len(digits) >= _SHORTEST) or bool(_SCIENTIFIC.fullmatch(cell.strip()))


def _names(given: list[str]) -> list[str]:
    """A name for each column, also where there is none, or the same twice."""
    names: list[str] = []
    for number, name in enumerate(given, 1):
        plain = name if name and not name.startswith("Unnamed: ") else f"column {number}"
        names.append(plain if plain not in names else f"{plain} {number}")
    return names


def _phone_column(names: list[str], column: str | None, first: Any) -> str:
    if column == ANY:
        return names[0]
    if column is not None:
        if column not in names:
            raise InvalidRequest.of(column=f"{column!r} is none of {', '.join(names)}")
        return column
    plain = {re.sub(r"[^a-zéú]+", "_", name.strip().lower()).strip("_"): name for name in reversed(names)}
    if known := [plain[name] for name in COLUMNS if name in plain]:
        return known[0]
    if len(names) == 1:
        return names[0]
    fitting = [name for name in names if _looks_like_phone(str(first(name)))]
    if len(fitting) == 1:
        return fitting[0]
    raise InvalidRequest.of(column=f"is needed: which of {', '.join(names)} has the phones?")
