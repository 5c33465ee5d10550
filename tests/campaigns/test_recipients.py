"""Whom to send to, out of whatever people keep phones in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb import tables

ANA, BIA = "+22963588213", "+5511999998888"


def phones(source: Any, **more: Any) -> list[str | None]:
    frame = msgnb.recipients(source, **more)
    return [None if pd.isna(phone) else phone for phone in frame["phone"]]


def reason(given: Any, **more: Any) -> str:
    (found,) = msgnb.recipients([given], **more)["reason"]
    return "" if pd.isna(found) else found


def file(folder: Path, content: str | bytes, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "source",
    [
        [ANA, BIA],
        (phone for phone in (ANA, BIA)),
        {"content": memoryview(f"phone\n{ANA}\n{BIA}\n".encode()), "name": "people.csv"},
        ({"content": f"{ANA}\n{BIA}".encode(), "name": "people.txt", "type": "text/plain"},),
        f"{ANA}; {BIA}",
        f"{ANA},{BIA}\n",
        f"{ANA}\n\n  {BIA}  ",
        f"{ANA}\t{BIA}",
        pd.DataFrame({"Name": ["Ana", "Bia"], "Phone number": [ANA, BIA]}),
        pd.Series([ANA, BIA]),
        pd.DataFrame({"x": [1, 2], "whatever": [ANA, BIA]}),
    ],
)
def test_phones_are_taken_out_of_anything(source: Any) -> None:
    """A list, an upload, a pasted text, a table: each gives a row for each phone, in its order."""
    assert phones(source) == [ANA, BIA]


def test_a_table_keeps_its_other_columns_as_text() -> None:
    """What a template may need stands behind the contract's columns, whatever its name and type."""
    source = pd.DataFrame({"name": ["Ana"], "tel": [ANA], "visits": [3], "country": ["Bénin"]}, index=[9])
    frame = msgnb.recipients(source)
    names = [column.name for column in tables.RECIPIENTS.columns]
    assert list(frame.columns) == [*names, "name", "visits", "country_"]
    assert frame.loc[0, ["country", "name", "visits", "country_"]].tolist() == ["BJ", "Ana", "3", "Bénin"]
    pd.testing.assert_series_equal(frame[names].dtypes, tables.RECIPIENTS.frame(0, {}).dtypes)


def test_other_columns_read_as_people_wrote_them() -> None:
    """Whole numbers have no point, times and yes or no are legible, what is missing stays missing."""
    source = pd.DataFrame(
        {
            "phone": [ANA, BIA],
            "visits": [3, None],
            "at": pd.to_datetime(["2026-11-02", None]),
            "ok": [True, None],
        }
    )
    frame = msgnb.recipients(source)
    assert frame.loc[0, ["visits", "at", "ok"]].tolist() == ["3", "2026-11-02 00:00:00", "True"]
    assert frame.loc[1, ["visits", "at", "ok"]].isna().all()


def test_nothing_is_dropped() -> None:
    """What is no phone, and what is there already, keeps its row and says why."""
    frame = msgnb.recipients([ANA, "", "nobody", "229 63-58-82-13", None])
    assert frame["valid"].tolist() == [True, False, False, False, False]
    assert frame["input"].fillna("").tolist() == [ANA, "", "nobody", "229 63-58-82-13", ""]
    assert frame["duplicate_of"].fillna(-1).tolist() == [-1, -1, -1, 0, -1]
    assert frame["reason"][3] == "duplicate of row 0"


@pytest.mark.parametrize(
    ("given", "region", "phone"),
    [
        ("(11) 99999-8888", "BR", BIA),
        ("(11) 99999-8888", "br", BIA),
        ("5511999998888", None, BIA),
        ("0055 11 99999 8888", None, BIA),
        ("5511999998888.0", None, BIA),
        (5511999998888.0, None, BIA),
        (5511999998888, None, BIA),
        ('="5511999998888"', None, BIA),
        ("'5511999998888", None, BIA),
        ("\u202a+55 11 99999\u00a08888\u202c", None, BIA),
        ("22963588213", None, ANA),
        ("0612345678", "FR", "+33612345678"),
        ("612345678", "FR", "+33612345678"),
    ],
)
def test_a_phone_is_read_as_it_is_written(given: Any, region: str | None, phone: str) -> None:
    """With code or without, with signs or as a number: it comes out in E.164."""
    assert phones([given], region=region) == [phone]


@pytest.mark.parametrize(
    ("given", "region", "words"),
    [
        ("2.29636E+10", None, "shortened by a spreadsheet"),
        ("2,29636E+10", None, "shortened by a spreadsheet"),
        (22963600000.0, None, "shortened by a spreadsheet"),
        ("61234567", None, "not a valid number in AU (+61); add + and"),
        ("(11) 99999-8888", None, "or set the region, such as BR"),
        ("0612345678", None, "no country code; add + and the country code"),
        ("612345678", "IT", "drop leading zeros, and 0612345678 is valid"),
        ("123", "BR", "digits; a phone number has 7 to 15"),
        ("=HYPERLINK(A1)", None, "a formula"),
        ("ana@example.com", None, "an address, not a phone number"),
        ("call me", None, "contains characters"),
        (True, None, "contains characters"),
        (float("nan"), None, "empty"),
        (pd.NA, None, "empty"),
        ("+11999998888", None, "not a currently assigned number"),
    ],
)
def test_what_is_wrong_with_a_phone_is_named(given: Any, region: str | None, words: str) -> None:
    """Each refusal says what happened to the number and what to do."""
    assert words in reason(given, region=region)


# What people have on their disks


@pytest.mark.parametrize(
    "content",
    [
        f"name,phone\nAna,{ANA}\nJosé,{BIA}\n",
        f"\ufeffname,phone\r\nAna,{ANA}\r\nJosé,{BIA}\r\n",
        f"name;phone\nAna;{ANA}\nJosé;{BIA}\n",
        f"name\tphone\nAna\t{ANA}\nJosé\t{BIA}\n",
        f"name;phone\nAna;{ANA}\nJosé;{BIA}\n".encode("latin-1"),
        f"name,phone\nAna,{ANA}\nJosé,{BIA}\n".encode("utf-16"),
        f'"name","phone"\n"Ana","{ANA}"\n"José","{BIA}"',
        f"name,phone,note\nAna,{ANA}\nJosé,{BIA},x,y\n\n",
        f"name;phone\nAna;{ANA}\nJosé;{BIA}.0\n",
    ],
)
def test_a_csv_is_read_whoever_wrote_it(tmp_path: Path, content: str | bytes) -> None:
    """With a mark, semicolons, tabs, quotes, Latin-1, UTF-16, ragged lines: names and phones are right."""
    frame = msgnb.recipients(file(tmp_path, content))
    assert frame["phone"].tolist() == [ANA, BIA]
    assert frame["name"].tolist() == ["Ana", "José"]


@pytest.mark.parametrize("name", ["people.csv", "people.txt", "people"])
def test_a_column_needs_no_header(tmp_path: Path, name: str) -> None:
    """One column of phones is read from its first line on."""
    assert phones(file(tmp_path, f"{ANA}\n{BIA}\n", name)) == [ANA, BIA]
    assert phones(str(file(tmp_path, f"{ANA}\n{BIA}\n", name))) == [ANA, BIA]


def test_columns_without_a_header_have_numbers(tmp_path: Path) -> None:
    """A table of phones and names without a header has its names in `column 2`."""
    frame = msgnb.recipients(file(tmp_path, f"{ANA},Ana\n{BIA},Bia\n"))
    assert (frame["phone"].tolist(), frame["column 2"].tolist()) == ([ANA, BIA], ["Ana", "Bia"])


def test_formulas_stay_text(tmp_path: Path) -> None:
    """A formula is a reason where the phone should be, and plain text elsewhere."""
    content = f"name,phone\n\"=cmd|'/c calc'!A1\",{ANA}\nBia,=A1+1\n"
    frame = msgnb.recipients(file(tmp_path, content))
    assert frame["valid"].tolist() == [True, False]
    assert frame["name"][0] == "=cmd|'/c calc'!A1"
    assert frame["reason"][1] == "a formula, not its value"


def test_a_hundred_thousand_rows_are_read_whole(tmp_path: Path) -> None:
    """A large file gives a row for each line, the last one too."""
    lines = "".join(f"Recipient {number},+5511{910_000_000 + number}\n" for number in range(100_000))
    frame = msgnb.recipients(file(tmp_path, f"name,phone\n{lines}"))
    assert len(frame) == frame["valid"].sum() == 100_000
    assert frame.iloc[-1][["name", "phone"]].tolist() == ["Recipient 99999", "+5511910099999"]


def test_phones_that_were_floats_are_read(tmp_path: Path) -> None:
    """A column that pandas made floats of, because one was missing, is read digit by digit."""
    path = file(tmp_path, "name,phone\nAna,22963588213\nBia,\n")
    again = tmp_path / "again.csv"
    pd.read_csv(path).to_csv(again, index=False)
    assert "22963588213.0" in again.read_text()
    assert phones(again) == phones(pd.read_csv(path)) == [ANA, None]


def test_an_excel_file_is_read(tmp_path: Path) -> None:
    """Numbers and texts of a sheet are phones alike; other cells are text."""
    path = tmp_path / "people.xlsx"
    pd.DataFrame({"name": ["Ana", "Bia", None], "celular": [22963588213, BIA, 2.29636e10]}).to_excel(
        path, index=False
    )
    frame = msgnb.recipients(path)
    assert frame["phone"].fillna("").tolist() == [ANA, BIA, ""]
    assert "shortened" in frame["reason"][2]
    assert frame["name"].fillna("").tolist() == ["Ana", "Bia", ""]


def test_without_the_package_excel_is_told_how_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where openpyxl is not installed, the error says how to install it."""
    path = tmp_path / "people.xlsx"
    pd.DataFrame({"phone": [ANA]}).to_excel(path)
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(msgnb.SettingsError, match=r"pip install 'msgnb\[excel\]'"):
        msgnb.recipients(path)


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        ("", "people.csv", "people.csv is empty"),
        (" \n\n", "people.csv", "people.csv is empty"),
        ("name,phone\n", "people.csv", "has a header, but no rows"),
        (
            "name,town\nAna,Porto\n",
            "people.csv",
            "column: is required: which column .* Available: name, town",
        ),
        (
            f"home,work\n{ANA},{BIA}\n",
            "people.csv",
            "column: is required: which column .* Available: home, work",
        ),
        ("no workbook", "people.xlsx", "people.xlsx is not an Excel file"),
        ('"' + "x" * 200_000, "people.csv", "people.csv is not a CSV file"),
    ],
)
def test_a_file_that_can_not_be_read_is_told(tmp_path: Path, content: str, name: str, words: str) -> None:
    """An empty file, one without phones or of another kind: the error names it and what to do."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        msgnb.recipients(file(tmp_path, content, name))


@pytest.mark.parametrize(
    ("source", "more", "words"),
    [
        ([], {}, "source: has no rows"),
        ("", {}, "source: has no rows"),
        (pd.DataFrame({"phone": []}), {}, "source: is an empty table"),
        ("/nowhere/people.csv", {}, "people.csv: No such file"),
        (7, {}, "source: is of type int; pass a table"),
        (pd.DataFrame({"tel": [ANA]}), {"column": "phone"}, "'phone' is not one of tel"),
        ([ANA], {"region": "Brazil"}, "'Brazil' is not a country; use its two-letter code"),
    ],
)
def test_a_source_that_can_not_be_one_is_told(source: Any, more: dict[str, Any], words: str) -> None:
    """No rows, no such file, column or country: the error names the value and the remedy."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        msgnb.recipients(source, **more)
