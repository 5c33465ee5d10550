"""Every table has the columns and types that its schema declares."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from msgnb import tables
from msgnb.tables import MESSAGES, TABLES, Table


@pytest.fixture(params=TABLES, ids=lambda table: table.name)
def table(request: pytest.FixtureRequest) -> Table:
    found: Table = request.param
    return found


def value_of(column: tables.Column) -> Any:
    if column.choices:
        return column.choices[0]
    return {"Int64": 5, "boolean": True, tables.TIME: "2026-01-01T00:00:00Z"}.get(column.dtype, "text")


def test_types_do_not_depend_on_the_rows(table: Table) -> None:
    """No row, one row, a missing value and a thousand rows have the same columns and types."""
    full = {column.name: [value_of(column)] * 1000 for column in table.columns}
    mixed = {column.name: [value_of(column), None] for column in table.columns}
    frames = [table.frame(0, {}), table.frame(3, {}), table.frame(2, mixed), table.frame(1000, full)]
    frames.append(table.frame(0, {column.name: [] for column in table.columns}))
    for frame in frames[1:]:
        pd.testing.assert_series_equal(frame.dtypes, frames[0].dtypes)
    assert [len(frame) for frame in frames] == [0, 3, 2, 1000, 0]
    assert frames[2].iloc[1].isna().all()
    assert frames[3].notna().all(axis=None)


def test_rows_of_several_readings_join(table: Table) -> None:
    """Lists, one text for all rows, nothing, and no rows: the table has all rows in order."""
    names = [column.name for column in table.columns if column.dtype == "str"]
    values = [
        {name: ["a", "b"] for name in names},
        dict.fromkeys(names, "c"),
        {},
        {name: [] for name in names},
    ]
    several = [
        tables.Rows(size, each, raw=[{"n": size}] * size)
        for size, each in zip((2, 3, 1, 0), values, strict=True)
    ]
    found = table.joined(several, raw=True)
    for name in names:
        assert found[name].fillna("-").tolist() == ["a", "b", "c", "c", "c", "-"]
    assert [each["n"] for each in found["raw"]] == [2, 2, 3, 3, 3, 1]
    alike = table.joined([several[1], several[1]])
    assert all(alike[name].tolist() == ["c"] * 6 for name in names)
    pd.testing.assert_frame_equal(table.joined([]), table.frame(0, {}))


def test_every_column_is_described(table: Table) -> None:
    """Every column has a name of its own and a one-line description."""
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert all(column.doc and "\n" not in column.doc for column in table.columns)
    assert names[:2] == ["platform", "account"] or table.name in {
        "outcomes",
        "deliveries",
        "plan",
        "recipients",
    }


def test_types_are_those_of_the_contract() -> None:
    """Text is str, times are microseconds in UTC, counts are Int64, closed sets are categories."""
    types = MESSAGES.frame(0, {}).dtypes.astype(str)
    assert types["message"] == types["sender"] == types["text"] == "str"
    assert types["at"] == "datetime64[us, UTC]"
    assert types["media_size"] == "Int64"
    assert types["status"] == "category"
    assert types["platform"] == "str"  # a table does not know which platforms exist


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2023-07-31 23:52:35", "2023-07-31 23:52:35+00:00"),
        ("2023-07-31T23:52:35+00:00", "2023-07-31 23:52:35+00:00"),
        ("2023-07-31T20:52:35.5-03:00", "2023-07-31 23:52:35.5+00:00"),
        ("2016-12-06T12:32:44.799Z", "2016-12-06 12:32:44.799+00:00"),
        ("0000-00-00 00:00:00", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_read_in_every_form(written: str | None, read: str | None) -> None:
    """Every format of time that platforms write is read, also mixed in one column; others are missing."""
    found = MESSAGES.frame(2, {"at": [written, "2026-01-01T00:00:00Z"]})["at"]
    assert found[1] == pd.Timestamp("2026-01-01", tz="UTC")
    assert found.isna()[0] if read is None else found[0] == pd.Timestamp(read)


def test_one_text_fills_a_column() -> None:
    """A single text fills all rows."""
    found = MESSAGES.frame(3, {"platform": "blip", "account": "a@b"})
    assert list(found["platform"]) == ["blip"] * 3
    assert list(found["account"]) == ["a@b"] * 3


def test_an_unheard_of_choice_is_missing() -> None:
    """A value outside a closed set is missing, not a new category."""
    found = MESSAGES.frame(2, {"kind": ["sms", "pigeon"]})["kind"]
    assert found.isna().tolist() == [False, True]


def test_an_unknown_column_is_refused() -> None:
    """A column that the table does not have is an error."""
    with pytest.raises(KeyError, match="messages has no column colour"):
        MESSAGES.frame(0, {"colour": []})


@pytest.mark.parametrize(
    ("value", "text"),
    [("+55", "+55"), ("", None), (None, None), (5511999998888, "5511999998888"), (True, "true"),
     ({"b": 1, "a": "é"}, '{"a":"é","b":1}'), (1.5, "1.5")],
)  # fmt: skip
def test_wire_values_become_text(value: Any, text: str | None) -> None:
    """Numbers become text as they are written, objects become JSON, and empty text is missing."""
    assert tables.text(value) == text


@pytest.mark.parametrize(("value", "count"), [(4, 4), ("4", 4), ("", None), (None, None), ("many", None)])
def test_wire_values_become_counts(value: Any, count: int | None) -> None:
    """Counts are read from numbers and from text."""
    assert tables.count(value) == count


def test_a_column_of_numbers_and_text_is_text() -> None:
    """A column with some numbers is text throughout; a column without values is `None`."""
    rows = [{"x": "a"}, {"x": 5}, {"x": ""}, {}]
    assert tables.texts(rows, "x") == ["a", "5", None, None]
    assert tables.texts(rows, "y") is None
