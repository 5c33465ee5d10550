"""The form that shares a table: what it shows, and what is in the file that it saves."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from msgnb import tables
from msgnb.widgets import ShareForm

KEY = "several words of ours"


@pytest.fixture
def messages() -> pd.DataFrame:
    values = {
        "platform": "blip",
        "session": ["5511999998888@wa.gw.msging.net"],
        "text": ["Sou a Mariane, cpf 529.982.247-25 <script>alert(1)</script>"],
    }
    return tables.MESSAGES.frame(1, values)


PEOPLE = pd.DataFrame({"name": ["Mariane Souza"]})


def test_it_shows_whom_the_table_names(messages: pd.DataFrame) -> None:
    """Before anything is saved, by column, in words, with examples that are escaped."""
    form = ShareForm(messages, people=PEOPLE)
    shown = str(form._found.html)
    for words in ("taxpayer numbers (CPF)", "529.982.247-25", "names", "Mariane", "phone numbers, emails"):
        assert words in shown
    assert "<script>" not in shown
    assert form.findings is not None


def test_a_saved_notebook_has_no_examples(messages: pd.DataFrame) -> None:
    """Examples are the people's own data."""
    still = str(ShareForm(messages, people=PEOPLE).still())
    assert "taxpayer numbers" in still
    assert "Mariane" not in still
    assert "529" not in still


@pytest.mark.parametrize("name", ["shared.csv", "shared.xlsx"])
def test_the_file_has_pseudonyms(messages: pd.DataFrame, tmp_path: Path, name: str) -> None:
    """In either format, and for its user only."""
    form = ShareForm(messages, people=PEOPLE)
    form.key.typed(KEY)
    form.file.value = str(tmp_path / name)
    assert form.submit() == tmp_path / name
    assert form.state == "sent"
    read = pd.read_csv if name.endswith("csv") else pd.read_excel
    cells = read(tmp_path / name, dtype=str).to_csv()
    assert "Person " in cells
    assert not [each for each in ("Mariane", "99999", "529.982") if each in cells]
    assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert KEY not in str(form.get_state())


@pytest.mark.parametrize(
    ("key", "file", "field", "words"),
    [
        ("", "x.csv", "key", "is empty"),
        ("password1", "x.csv", "key", "can be guessed"),
        (KEY, "x.pdf", "file", "must end with .xlsx or .csv"),
    ],
)
def test_a_field_that_is_wrong_is_named(
    messages: pd.DataFrame, tmp_path: Path, key: str, file: str, field: str, words: str
) -> None:
    """Nothing is written then."""
    form = ShareForm(messages)
    form.key.typed(key)
    form.file.value = str(tmp_path / file)
    assert form.submit() is None
    assert words in getattr(form, field).problem
    assert list(tmp_path.iterdir()) == []


def test_a_country_finds_more(messages: pd.DataFrame) -> None:
    """Numbers without a country code are found once the country is known; one that does not exist is said."""
    frame = pd.DataFrame({"text": ["0600123456"]})
    form = ShareForm(frame)
    assert form.findings is not None
    form.region.value = "FR"
    assert form.findings["kind"].tolist() == ["phone"]
    form.region.value = "XX"
    assert "is not a country" in form.region.problem


def test_a_folder_that_is_not_there_is_said(messages: pd.DataFrame, tmp_path: Path) -> None:
    """In the form, since a notebook drops exceptions of handlers."""
    form = ShareForm(messages)
    form.key.typed(KEY)
    form.file.value = str(tmp_path / "missing" / "x.csv")
    assert form.submit() is None
    assert form.state == "rejected"
