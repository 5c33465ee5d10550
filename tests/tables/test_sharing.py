"""Tables that are shared: no one can be identified, tables still join, and no cell is a formula."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import msgnb

KEY = "a long secret of ours"


@pytest.mark.parametrize("platform", ["blip", "netsapiens", "smsdrop"])
def test_no_one_can_be_identified(world: msgnb.testing.Offline, platform: str) -> None:
    """No phone number, name or address of the mock world is in the masked tables."""
    client = getattr(world, platform)
    people = world.mocks.people
    private = {person.phone.removeprefix("+") for person in people} | {person.email for person in people}
    for table in (client.history(), client.sessions(), client.contacts()):
        shown = table.msg.mask(KEY).to_csv()
        assert not [value for value in private if value in shown]
    contacts = client.contacts()
    names = contacts.msg.mask(KEY)["name"].dropna()
    assert names.str.startswith("Person ").all()


def test_masked_tables_still_join(world: msgnb.testing.Offline) -> None:
    """A person has one pseudonym in all tables and columns; types, rows and other columns stay."""
    sessions, messages = world.blip.sessions(), world.blip.history()
    one, other = sessions.msg.mask(KEY), messages.msg.mask(KEY)
    assert set(one["session"]) == set(other["session"])
    assert (other["session"].nunique(), len(other)) == (messages["session"].nunique(), len(messages))
    assert other.dtypes.equals(messages.dtypes)
    inbound = other[other["direction"] == "inbound"]
    assert inbound["sender"].equals(inbound["session"])
    assert other["at"].equals(messages["at"])
    assert set(messages.msg.mask("another long secret of ours")["session"]).isdisjoint(other["session"])


def test_names_and_numbers_inside_of_texts_are_masked() -> None:
    """Phone numbers with a plus, addresses, and the names of the table are replaced in its texts."""
    frame = pd.DataFrame(
        {
            "session": ["5511999998888@wa.gw.msging.net"],
            "name": ["Mariane Souza"],
            "text": ["Olá Mariane, ligue +55 11 99999-8888 ou mari@mail.com.br"],
            "raw": [{"secret": "x"}],
        }
    )
    (row,) = frame.msg.mask(KEY).to_dict("records")
    number = row["session"].partition("@")[0]
    in_text = f"+{number[:2]} {number[2:4]} {number[4:9]}-{number[9:]}"
    assert row["text"].startswith(f"Olá {row['name']}, ligue {in_text} ou person-")
    assert number.startswith("55")
    assert "raw" not in row


@pytest.mark.parametrize("key", ["", "abc", "password1234", "aaaaaaaaaaaaaaaaaaaa", "12345678901234567890"])
def test_a_weak_key_is_refused(key: str) -> None:
    """A key that can be guessed is refused, and is not in the error."""
    with pytest.raises(msgnb.InvalidRequest, match="key: can be guessed") as refused:
        pd.DataFrame({"text": []}).msg.mask(key)
    assert not key or key not in str(refused.value)


def test_files_for_a_spreadsheet_hold_text(world: msgnb.testing.Offline, tmp_path: Path) -> None:
    """Phone numbers are text, times have their zone, and formulas are escaped, in both formats."""
    at = pd.Timestamp("2026-10-05T09:00:00Z")
    frame = pd.DataFrame({"phone": ["+5511999998888"], "at": [at], "text": ["=1+1"], "count": [3]})
    path = frame.msg.to_csv(tmp_path / "table.csv")
    assert path.read_text(encoding="utf-8-sig") == (
        "phone,at,text,count\n+5511999998888,2026-10-05 09:00:00+00:00,'=1+1,3\n"
    )
    sheet = openpyxl.load_workbook(frame.msg.to_excel(tmp_path / "table.xlsx")).active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]] == ["+5511999998888", "2026-10-05 09:00:00+00:00", "'=1+1", 3]
    assert sheet["A2"].data_type == "s"
