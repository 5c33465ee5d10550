"""Masking follows the roles of the schema, and treats everything that it does not declare as personal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

import msgnb
from msgnb import tables
from msgnb.tables import TABLES, Table

KEY = "a long secret of ours"
PRIVATE = (
    "5511999998888",
    "99999-8888",
    "Mariane",
    "Souza",
    "mari@mail.com.br",
    "mari%40mail.com.br",
    "mari=40mail",
)
PLANTED: dict[str, list[Any]] = {
    "address": [
        "+5511999998888", "5511999998888", "+55 11 99999-8888", "5511999998888@wa.gw.msging.net",
        "mari@mail.com.br", "mari%40mail.com.br@tunnel.msging.net", "mari=40mail.com.br@tunnel.msging.net",
        "Mariane Souza <mari@mail.com.br>", "Mariane.Souza@telegram.gw.msging.net",
        "1001@pbx.example,5511999998888", "ana@mail.com,mari@mail.com.br", "Mariane Souza",
        "Mariane 99999-8888", "Mariane, +5511999998888", "+5511999998888; bot@msging.net", None,
    ],
    "person": ["Mariane Souza", "Mariane", "Souza, Mariane", None],
    "id": ["c/+5511999998888", "list/5511999998888@wa.gw.msging.net", "list/mari@mail.com.br", None],
    "text": ["ligue +55 11 99999-8888", "ou +5511999998888", "mari@mail.com.br", None],
    "url": [
        "https://x.example/?to=mari@mail.com.br", "https://x.example/+5511999998888",
        "https://x.example/?to=mari%40mail.com.br&phone=%2B5511999998888", None,
    ],
    "opaque": ["Mariane", {"phone": "5511999998888"}, ["mari@mail.com.br"], None],
}  # fmt: skip
UNTOUCHED = {"time", "amount", "category"}


def planted(table: Table) -> pd.DataFrame:
    """A table in which every column holds people, as far as its role allows."""
    size = max(map(len, PLANTED.values()))
    values = {}
    for column in table.columns:
        found = PLANTED.get(str(column.holds), [value_of(column)])
        values[column.name] = [found[number % len(found)] for number in range(size)]
    dtypes = {column.name: "object" if column.holds == "opaque" else column.dtype for column in table.columns}
    return pd.DataFrame(values, dtype="object").astype(dtypes)


def value_of(column: tables.Column) -> Any:
    if choices := column.choices or sorted(column.list_choices()):
        return choices[0]
    values = {"Int64": 5, "boolean": True, tables.TIME: pd.Timestamp("2026-01-01T00:00:00Z")}
    return values.get(column.dtype, "word")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_of_every_table_is_masked_by_its_role(table: Table) -> None:
    """Nobody is left in any column that may hold people; counts, times and categories stay as they are."""
    frame = planted(table)
    masked = frame.msg.mask(KEY)
    shown = masked.to_csv()
    assert not [value for value in PRIVATE if value.casefold() in shown.casefold()]
    assert set(masked.columns) == set(table.names) - set(table.holding("opaque"))
    for column in table.columns:
        if column.holds in UNTOUCHED:
            pd.testing.assert_series_equal(masked[column.name], frame[column.name])
        elif column.holds != "opaque":
            assert masked[column.name].isna().equals(frame[column.name].isna())
            assert masked[column.name].dtype == "str"


UNKNOWN: dict[str, Any] = {
    "text": ["Ana", None],
    "numbers": [5511999998888, 7],
    "floats": [5511999998888.0, np.nan],
    "counts": pd.array([7, None], dtype="Int64"),
    "flags": [True, False],
    "times": pd.to_datetime(["1980-05-17", None]),
    "spans": pd.to_timedelta(["3 days", None]),
    "categories": pd.Categorical(["Ana", None], categories=["Bia", "Ana"]),
    "lists": pd.Series([["Ana"], None], dtype="object"),
    "dicts": pd.Series([{"name": "Ana"}, {"name": "Bia"}], dtype="object"),
    "mixed": pd.Series(["Ana", 7], dtype="object"),
    "bytes": pd.Series([b"Ana", None], dtype="object"),
    "nothing": [None, None],
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_an_unknown_column_is_masked(kind: str) -> None:
    """A column that no table declares is personal, whatever its type; missing values stay missing."""
    frame = pd.DataFrame({"favourite": UNKNOWN[kind]})
    masked = frame.msg.mask(KEY)["favourite"]
    assert masked.dtype == "str"
    assert masked.isna().tolist() == frame["favourite"].isna().tolist()
    assert masked.dropna().str.fullmatch("Value [A-Z2-7]{13}").all()
    assert masked.nunique() == frame["favourite"].map(str, na_action="ignore").nunique()


def test_a_known_name_does_not_vouch_for_other_values() -> None:
    """A column of amounts or times is masked if it has something else, as is a category of names."""
    frame = pd.DataFrame(
        {
            "count": ["Ana", "3"],
            "at": ["born 1980", None],
            "unread": pd.Categorical(["Ana", "Bia"]),
            "media_size": pd.Series([3, "Ana"], dtype="object"),
            "credit": pd.Series([3, 4.5], dtype="object"),
            "read_at": pd.Series([pd.Timestamp("2026-01-01"), None], dtype="object"),
            "sent_at": [np.nan, np.nan],
        }
    )
    masked = frame.msg.mask(KEY)
    for name in ("count", "at", "unread", "media_size"):
        assert masked[name].dropna().str.startswith("Value ").all()
    pd.testing.assert_frame_equal(
        masked[["credit", "read_at", "sent_at"]], frame[["credit", "read_at", "sent_at"]]
    )


def test_a_column_of_two_meanings_is_the_stricter_one() -> None:
    """Numbers of tickets are amounts and other numbers are phones, also if pandas read them as integers."""
    phones = pd.DataFrame({"number": pd.array([5511999998888, None], dtype="Int64")})
    masked = phones.msg.mask(KEY)["number"].iloc[0]
    assert masked.startswith("55")
    assert masked != "5511999998888"
    tickets = planted(tables.TICKETS)
    pd.testing.assert_series_equal(tickets.msg.mask(KEY)["number"], tickets["number"])


def test_a_category_has_its_declared_values_only() -> None:
    """A column called `direction` may be somebody's own; what no table has in it is masked."""
    frame = pd.DataFrame({"direction": ["inbound", "Ana"], "valid": [True, "Ana"]})
    assert "Ana" not in frame.msg.mask(KEY).to_csv()
    assert frame.head(1).msg.mask(KEY)["direction"].tolist() == ["inbound"]


def test_the_user_says_what_own_columns_hold() -> None:
    """Roles that are given are used, before those of the schema; other names in them are ignored."""
    frame = pd.DataFrame(
        {
            "hour": [9],
            "who": ["Ana Lima"],
            "note": ["Ana, ana@mail.com"],
            "blob": ["x"],
            "topic": ["Ana"],
            3: [1],
        }
    )
    roles: dict[Any, Any] = {
        "hour": "amount", "who": "person", "note": "text", "blob": "opaque", "topic": "person", 3: "amount",
        "elsewhere": "id",
    }  # fmt: skip
    (row,) = frame.msg.mask(KEY, holds=roles).to_dict("records")
    assert (row["hour"], row[3]) == (9, 1)
    assert "blob" not in row
    assert row["who"].startswith("Person ")
    assert row["topic"].startswith("Person ")
    assert row["note"].endswith("@example.com")
    (unnamed,) = frame.msg.mask(KEY).to_dict("records")
    assert unnamed["hour"].startswith("Value ")
    assert unnamed["topic"].startswith("Value ")


@pytest.mark.parametrize("role", ["phone", "", None])
def test_an_unknown_role_is_refused(role: Any) -> None:
    """A role that does not exist would mask nothing, or the wrong thing."""
    with pytest.raises(msgnb.InvalidRequest, match=r"holds: .* is not one of id, person, address"):
        pd.DataFrame({"x": [1]}).msg.mask(KEY, holds={"x": role})


def test_columns_may_share_a_name_or_have_none() -> None:
    """Columns of one name are masked each by its type, and names that are not text are unknown."""
    frame = pd.DataFrame([["Ana", 5, "Bia", "Caio", "Davi"]])
    frame.columns = pd.Index(["count", "count", 0, ("a", "b"), None], dtype="object")
    masked = frame.msg.mask(KEY)
    assert masked.shape == frame.shape
    assert masked.iloc[0, 1] == 5
    assert not [name for name in ("Ana", "Bia", "Caio", "Davi") if name in masked.to_csv()]


def test_row_labels_are_masked_as_their_column() -> None:
    """An index that holds people is masked, by its name or as unknown; row numbers and times stay."""
    frame = pd.DataFrame({"session": ["5511999998888", "1001"], "name": ["Ana Lima", None], "count": [1, 2]})
    flat = frame.msg.mask(KEY)
    one = frame.set_index("session").msg.mask(KEY)
    assert one.index.tolist() == flat["session"].tolist()
    two = frame.set_index(["session", "name"]).msg.mask(KEY)
    assert two.index.get_level_values("session").tolist() == flat["session"].tolist()
    assert two.index.get_level_values("name").isna().tolist() == [False, True]
    assert "Ana" not in two.to_csv()
    for labels in (["Ana", "Bia"], [5511999998888, 1], pd.RangeIndex(16195550101, 16195550103)):
        assert frame.set_axis(labels).msg.mask(KEY).index.str.startswith("Value ").all()
    for kept in (pd.Index([7, 3]), pd.date_range("2026-01-01", periods=2), pd.RangeIndex(0, 40, 20)):
        pd.testing.assert_index_equal(frame.set_axis(kept).msg.mask(KEY).index, kept)
    named = frame.set_index(pd.Index([1, 2], name="favourite"))
    assert named.msg.mask(KEY).index.str.startswith("Value ").all()
    assert named.msg.mask(KEY, holds={"favourite": "amount"}).index.tolist() == [1, 2]


def test_column_labels_that_are_data_are_masked() -> None:
    """A pivot table has people in its column labels; so may a table whose labels are numbers."""
    frame = pd.DataFrame(
        {
            "session": ["5511999998888", "mari@mail.com.br"],
            "direction": ["inbound", "outbound"],
            "count": [1, 2],
        }
    )
    by_session = frame.pivot_table(index="direction", columns="session", values="count")
    masked = by_session.msg.mask(KEY)
    assert set(masked.columns) == set(frame.msg.mask(KEY)["session"])
    assert masked.columns.name == "session"
    assert masked.index.tolist() == ["inbound", "outbound"]
    both = frame.pivot_table(index="direction", columns="session", values=["count"]).msg.mask(KEY)
    assert set(both.columns.get_level_values(0)) == {"count"}
    assert set(both.columns.get_level_values(1)) == set(masked.columns)
    for label in ("5511999998888", 5511999998888, "+5511999998888", "5511999998888@wa.gw.msging.net"):
        assert "5511999998888" not in pd.DataFrame({label: [1], "at": [None]}).msg.mask(KEY).to_csv()


def test_a_phone_number_has_one_pseudonym_in_every_type() -> None:
    """Numbers that a spreadsheet made integers or floats still join with those that are text."""
    found = [
        pd.DataFrame({"phone": values}).msg.mask(KEY)["phone"].iloc[0]
        for values in (
            ["5511999998888"], [5511999998888], [5511999998888.0, np.nan],
            pd.array([5511999998888], dtype="Int64"), pd.Categorical(["5511999998888"]),
        )
    ]  # fmt: skip
    assert len(set(found)) == 1
    assert found[0].startswith("55")
    (spaced,) = pd.DataFrame({"phone": ["55 11 99999-8888"]}).msg.mask(KEY)["phone"]
    assert re.sub(r"[ -]", "", spaced) == found[0]


def test_tables_of_one_key_join() -> None:
    """A person has the same pseudonym in every table and column, different people different ones."""
    people = [f"55119999{number:05d}" for number in range(500)]
    messages = tables.MESSAGES.frame(500, {"session": people, "sender": people[::-1]}).msg.mask(KEY)
    contacts = tables.CONTACTS.frame(500, {"contact": people}).msg.mask(KEY)
    assert messages["session"].tolist() == contacts["contact"].tolist() == messages["sender"].tolist()[::-1]
    assert messages["session"].nunique() == 500


def test_bots_lists_and_hosts_stay() -> None:
    """They are needed to read a table, and are nobody."""
    kept = ["demobot@msging.net", "news@broadcast.msging.net", "https://hooks.harbor.example/", ""]
    assert pd.DataFrame({"target": kept}).msg.mask(KEY)["target"].tolist() == kept


@pytest.mark.parametrize(
    "written",
    [
        "1001", "22990", "7", "0600123456", "b88d3056202f1a1f8a8130acb8faf300", "EC2EBCC7",
        "774d1780-8280-4b69-ada2-76ba6632fd63", "1001@harbor.example", "MyShop",
        "https://hooks.harbor.example/events/maria",
    ],
)  # fmt: skip
def test_every_other_address_or_id_is_replaced(written: str) -> None:
    """Extensions, short numbers and generated IDs lead to a person for whoever has the platform's data."""
    masked = pd.DataFrame({"target": [written], "message": [written]}).msg.mask(KEY)
    assert masked["target"].iloc[0] == masked["message"].iloc[0] != written
    assert len(masked["target"].iloc[0]) >= len(written) or "://" in written


def test_names_in_texts_are_replaced_at_once() -> None:
    """No name is looked for within a pseudonym, and a name without letters or with a space is no problem."""
    frame = pd.DataFrame(
        {
            "name": ["Mary Person", " Ana Lima ", "🌸🌸🌸🌸", " ", "Ana"],
            "text": ["Hi Mary Person", "Ana Lima, and Lima", "from 🌸🌸🌸🌸", "a b", "Anabel and Ana"],
        }
    )
    masked = frame.msg.mask(KEY)
    mary, ana, flower, space, short = masked["name"]
    # Two people are called Ana.
    assert masked["text"].tolist() == [
        f"Hi {mary}", f"{ana}, and {ana}", f"from {flower}", "a b", f"Anabel and {short}"
    ]  # fmt: skip
    assert space == " "


def test_the_table_itself_is_not_changed() -> None:
    """Masking makes a copy, whose only note says so."""
    frame = pd.DataFrame({"phone": ["+5511999998888"]})
    frame.attrs["owner"] = "Mariane"
    before = frame.copy()
    assert frame.msg.mask(KEY).attrs == {"masked": True}
    pd.testing.assert_frame_equal(frame, before)


TABLES_OF_WORLD: dict[str, Callable[[Any], pd.DataFrame]] = {
    "messages": lambda client: client.history(),
    "sessions": lambda client: client.sessions(),
    "contacts": lambda client: client.contacts(),
    "campaigns": lambda client: client.campaigns(),
    "subscriptions": lambda client: client.subscriptions(),
}


@pytest.mark.parametrize("table", TABLES_OF_WORLD)
@pytest.mark.parametrize("platform", ["blip", "netsapiens", "smsdrop"])
def test_no_one_of_the_world_is_in_a_masked_table(
    world: msgnb.testing.Offline, platform: str, table: str
) -> None:
    """No phone number, email or name of a person of the world is left."""
    client = getattr(world, platform)
    frame = TABLES_OF_WORLD[table](client)
    masked = frame.msg.mask(KEY, people=client)
    shown = masked.to_csv()
    for person in world.mocks.people:
        assert person.phone.removeprefix("+") not in shown
        assert person.email not in shown
        assert person.name not in shown


def test_a_number_that_became_an_integer_is_text_in_files(tmp_path: Path) -> None:
    """Files follow the roles too: phone numbers are text, amounts are numbers."""
    frame = pd.DataFrame({"phone": [5511999998888], "session": [16195550102], "unread": [3]})
    assert frame.msg.to_csv(tmp_path / "table.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "phone,session,unread", "5511999998888,16195550102,3",
    ]  # fmt: skip
    sheet = openpyxl.load_workbook(frame.msg.to_excel(tmp_path / "table.xlsx")).active
    assert sheet is not None
    assert [(cell.value, cell.data_type) for cell in sheet[2]] == [
        ("5511999998888", "s"), ("16195550102", "s"), (3, "n"),
    ]  # fmt: skip
