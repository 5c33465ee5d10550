"""Files for a spreadsheet: no cell and no header is a formula, wherever the file is split."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from itertools import product
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pandas as pd
import pytest

import msgnb  # noqa: F401 - registers `frame.msg`
from msgnb.tables.export import make_csv, make_excel

SEPARATORS = (",", ";", "\t", "|")
SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
HIDING = (
    "", " ", "   ", "\u00a0", "\u3000", "\ufeff", "\u200b", "\u202e", "\x00", "\x1b", "\t", "\r", "\n", '"',
    '""', ' "', "\u2060", "\x85", "\x0b", "\u2028",
)  # fmt: skip
BEFORE = ("", "hi,", "hi;", "hi\t", "hi|", "hi\n", "hi\r\n", "hi\r", "hi;;", 'hi";', "hi; ;", 'hi"')
FORMULAS = [
    f"{before}{hiding}{sign}cmd|' /C calc'!A0{after}"
    for before, hiding, sign, after in product(BEFORE, HIDING, SIGNS, ("", ";x", '"'))
    if before != 'hi"'
]
HARMLESS = [
    "+5511999998888", "+55 (11) 99999 8888", "-3.5", "+5511999998888, +33612345678", "1 + 1 = 2", "a - b",
    "a@b.example", "https://example.com/?a=1&b=-2", "it's 5 = 5", "#N/A", "'quoted", "a;b,c|d\te",
    "Olá, tudo bem? Sim; ótimo", "a\n\nb", "  two blanks", "$5", "007", "8085807e40000000",
    "TRUE", "2026-10-05",
]  # fmt: skip
NUMBER = re.compile(r"[+-][0-9 ().]+")


def starts_formula(piece: str) -> bool:
    """Whether a spreadsheet may take a cell for a formula; quotes, blanks and what is unseen hide none."""
    seen = "".join(each for each in piece if each.isprintable() and not each.isspace() and each != '"')
    plain = all(NUMBER.fullmatch(each.strip('" ')) for each in re.split("[,;]", piece))
    return re.sub("^[\u2400-\u2421]+", "", seen).startswith(SIGNS) and not plain


def split(text: str, separator: str) -> list[str]:
    """Return the cells as a program sees them that splits at one character, with quotes and without."""
    rows = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), delimiter=separator)
    quoted = [cell for row in rows for cell in row]
    return [*quoted, *re.split(rf"[\r\n{re.escape(separator)}]", text.removeprefix("\ufeff"))]


def test_no_cell_of_a_csv_file_starts_a_formula() -> None:
    """Split at any separator, with quotes or without, in the first column and in others."""
    frame = pd.DataFrame({"text": FORMULAS, "note": "x", "name": FORMULAS})
    text = make_csv(frame).decode("utf-8")
    for separator in SEPARATORS:
        assert [cell for cell in split(text, separator) if starts_formula(cell)] == []
    every = re.split(r"[,;|\s]*[,;|\t\r\n\x0b\x0c\x85\u2028\u2029]", text.removeprefix("\ufeff"))
    assert [cell for cell in every if starts_formula(cell)] == []


@pytest.mark.parametrize("label", ["=1+1", "hi;=1+1;x", "＝1+1", " @SUM(1)", "a\t-cmd|x", '"=1'])
def test_headers_are_no_formulas(label: str) -> None:
    """In CSV split at any separator, and in Excel as text; several rows of headers included."""
    frame = pd.DataFrame({label: ["x"]})
    several = pd.DataFrame([["x"]], columns=pd.MultiIndex.from_tuples([(label, "b")], names=[label, "two"]))
    for table in (frame, several):
        text = make_csv(table).decode("utf-8")
        for separator in SEPARATORS:
            assert [cell for cell in split(text, separator) if starts_formula(cell)] == []
    assert [kind for kind, _ in read_cells(make_excel(frame))] == ["text", "text"]


def read_cells(content: bytes) -> list[tuple[str, str]]:
    """Return the cells of an Excel file by its XML: what they are, and their text."""
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "rels" in name and "sheet" in name]  # no link
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    assert sheet.findall(".//x:hyperlink", space) == []
    found = []
    for cell in sheet.findall(".//x:c", space):
        value = cell.findtext("x:v", default="", namespaces=space)
        if cell.find("x:f", space) is not None:
            found.append(("formula", value))
        elif (inline := cell.find("x:is", space)) is not None:
            found.append(("text", "".join(inline.itertext())))
        elif not value:
            found.append(("missing", value))
        else:
            found.append((cell.get("t") or "n", value))
    return found


def test_every_text_of_an_excel_file_is_a_text_cell() -> None:
    """No formula, no error value and no link; what looks like a formula has an apostrophe in front."""
    values = [
        *FORMULAS[:200],
        *HARMLESS,
        "https://evil.example",
        "=HYPERLINK(1)",
        "mailto:a@b.example",
        "#REF!",
    ]
    cells = read_cells(make_excel(pd.DataFrame({"text": values})))
    assert {kind for kind, _ in cells} == {"text"}
    assert [text for _, text in cells if starts_formula(text)] == []


@pytest.mark.parametrize("text", HARMLESS)
def test_other_texts_stay_what_they_are(text: str, tmp_path: Path) -> None:
    """Phone numbers, prices and sentences are read again as they were, from both formats."""
    frame = pd.DataFrame({"text": [text], "phone": ["+5511999998888"]})
    path = frame.msg.to_csv(tmp_path / "table.csv")
    read = pd.read_csv(path, dtype=str, keep_default_na=False)
    pd.testing.assert_frame_equal(read, frame)
    assert read_cells(make_excel(frame))[2:] == [("text", text), ("text", "+5511999998888")]


def test_only_what_would_start_a_formula_is_changed() -> None:
    """An apostrophe is put in front of the piece, and nothing else changes."""
    frame = pd.DataFrame({"text": ["=1+1", "hi;=1+1;x", "one\n- two", " @a", "-5 - 3", "+5;-5;-a"]})
    lines = list(csv.reader(io.StringIO(make_csv(frame).decode("utf-8-sig"))))[1:]
    assert [line[0] for line in lines] == [
        "'=1+1",
        "hi;'=1+1;x",
        "one\n'- two",
        "' @a",
        "'-5 - 3",
        "+5;-5;'-a",
    ]
    excel = [text for _, text in read_cells(make_excel(frame))[1:]]
    assert excel == ["'=1+1", "hi;=1+1;x", "one\n- two", "' @a", "'-5 - 3", "'+5;-5;-a"]


def test_objects_are_text_and_defused() -> None:
    """Lists, dictionaries and other objects have a text of their own, which may hold anything."""

    class Formula:
        def __str__(self) -> str:
            return "=1+1"

    frame = pd.DataFrame({"raw": pd.Series([Formula(), {"a": ";=1+1"}, ["x;", ";=2"], b"=1"], dtype=object)})
    text = make_csv(frame).decode("utf-8")
    for separator in SEPARATORS:
        assert [cell for cell in split(text, separator) if starts_formula(cell)] == []
    assert {kind for kind, _ in read_cells(make_excel(frame))} == {"text"}


def test_numbers_times_and_missing_values_are_written_as_such() -> None:
    """Amounts are numbers, a negative one too; several columns may have the same name."""
    frame = pd.DataFrame(
        [[-3, 2.5, pd.Timestamp("2026-10-05T09:00Z"), None, True]], columns=["a", "a", "at", "none", "yes"]
    )
    assert make_csv(frame).decode("utf-8-sig") == (
        "a,a,at,none,yes\n-3,2.5,2026-10-05 09:00:00+00:00,,True\n"
    )
    assert read_cells(make_excel(frame))[5:] == [
        ("n", "-3"), ("n", "2.5"), ("text", "2026-10-05 09:00:00+00:00"),
        ("missing", ""), ("b", "1"),
    ]  # fmt: skip


@pytest.mark.parametrize("frame", [pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame(index=[1, 2])])
def test_a_table_without_cells_is_written(frame: pd.DataFrame) -> None:
    """With no rows, or no columns."""
    make_csv(frame)
    make_excel(frame)


def test_several_levels_of_column_names_become_one_header() -> None:
    """It needs an index in pandas; no part of them is a formula."""
    frame = pd.DataFrame([[1, "x"]], columns=pd.MultiIndex.from_tuples([("text", "=count"), ("=at", "")]))
    sheet = openpyxl.load_workbook(io.BytesIO(make_excel(frame))).active
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == [
        ["text / '=count", "'=at"],
        [1, "x"],
    ]
