"""The form for campaigns, without a screen."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb.platforms.message_kinds import Upload
from msgnb.tables import export as exports
from msgnb.widgets import CampaignForm

ANA, BIA = "+22963588213", "+5511999998888"
PEOPLE = pd.DataFrame({"name": ["Ana", "Bia", None], "celular": [ANA, BIA, "12"]})


@pytest.fixture
def sms(world: msgnb.testing.Offline) -> Any:
    world.smsdrop.connection.http.pause = lambda seconds: world.mocks.clock.advance(seconds=seconds)
    return world.smsdrop


def filled(client: Any, people: pd.DataFrame | None = None) -> CampaignForm:
    form = CampaignForm(client, PEOPLE if people is None else people)
    form.sender.value, form.title.value, form.text.value = "MyShop", "Opening", "Hi {name}!"
    return form


def test_it_begins_as_a_dry_run(world: msgnb.testing.Offline, sms: Any) -> None:
    """Submitted as it is, it checks everything, tells what would happen, and sends nothing."""
    form = filled(sms)
    outcomes = form.submit()
    assert outcomes is not None
    assert form.status.spec["words"] == "Nothing was sent. It would go to 2."
    assert list(outcomes["text"].fillna("")) == ["Hi Ana!", "Hi Bia!", ""]
    assert not {ANA, BIA} & set(world.received("smsdrop"))
    form.check()
    assert "2 recipients · 2 SMS ·" in form._check.html


def test_it_sends_once_and_shows_who_got_it(world: msgnb.testing.Offline, sms: Any) -> None:
    """With the dry run off it sends to each once, follows it to its end, and shows what became of each."""
    form = filled(sms)
    form.dry_run.value = False
    form.check()
    assert form._button.spec["label"] == "Send to 2 people"
    outcomes = form.submit()
    assert outcomes is not None
    assert list(outcomes["state"]) == ["sent", "sent", "skipped"]
    assert form.status.spec["words"] == "2 sent, 1 skipped."
    assert "of 2 reached" in form._progress.html
    assert "completed" in form._progress.html
    assert ANA in form._results.html
    assert form.submit() is None
    form.press("csv")
    assert world.received("smsdrop")[ANA] == ["Hi Ana!"]
    again = filled(sms)
    assert again.dry_run.value is True


def test_a_dry_run_leaves_out_who_has_got_it(sms: Any) -> None:
    """After a campaign was sent, trying it again says that it would go to nobody."""
    form = filled(sms)
    form.dry_run.value = False
    form.submit()
    form.dry_run.value = True
    form.submit()
    assert form.status.spec["words"] == "Nothing was sent. It would go to 0."


def test_people_come_from_a_file_or_a_paste(sms: Any) -> None:
    """A file's columns are offered for phones and as placeholders; pasted phones need none."""
    form = CampaignForm(sms)
    form.file.value = Upload("people.csv", "text/csv", f"first name,tel\nAna,{ANA}\n".encode())
    assert form.column.value == "tel"
    assert "{first name}" in form._chips.html
    form.sender.value, form.text.value = "MyShop", "Hi {first name}"
    plan = form.check()
    assert plan is not None
    assert plan.preview(0) == "Hi Ana"
    form.source.value = "Pasted phones"
    form.pasted.value, form.text.value = f"{ANA}; (11) 99999-8888", "Hi"
    form.region.value = "BR"
    plan = form.check()
    assert plan is not None
    assert [each.recipient for each in plan.ready] == [ANA, BIA]
    assert form.python == (
        f"sms.send_campaign(msgnb.Campaign(text='Hi', sender='MyShop'), '{ANA}; (11) 99999-8888', "
        "region='BR', dry_run=True)"
    )


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"text": "Hi {nme}"}, None, "nme"),
        ({"text": "Hi {name"}, "text", "}"),
        ({"sender": "MyShopIsTooLong"}, "sender", "11 are allowed"),
        ({"region": "Mars"}, "region", "'Mars' is not a country"),
        ({"column": "name"}, None, "but the recipients have no such column"),
    ],
)
def test_what_is_wrong_is_said_before_anything_leaves(
    sms: Any, change: dict[str, str], field: str | None, words: str
) -> None:
    """Mistakes stand beside their field and in the check; sending says the same and sends nothing."""
    form = filled(sms)
    for name, value in change.items():
        getattr(form, name).value = value
    form.dry_run.value = False
    assert form.check() is None
    assert words in form._check.html.replace("&#x27;", "'")
    if field:
        assert words in getattr(form, field).problem
    form.submit()
    assert form.state == "rejected"
    assert form.outcomes is None


def test_nothing_chosen_is_said(sms: Any) -> None:
    """Without people or with an unreadable file there are words for it."""
    form = CampaignForm(sms)
    form.text.value = "Hi"
    form.submit()
    assert "whom to send to?" in form.status.spec["words"]
    form.file.value = Upload("people.xlsx", "", b"no excel")
    assert "people.xlsx is not an Excel file" in form.source.problem


def test_rows_that_lack_a_value_can_be_left_out(sms: Any) -> None:
    """A tick leaves out rows without a value; without it they are named."""
    form = filled(sms, pd.DataFrame({"name": ["Ana", None], "phone": [ANA, BIA]}))
    assert form.check() is None
    assert "name: is missing in row 1" in form._check.html
    form.skip.value = True
    plan = form.check()
    assert plan is not None
    assert [each.recipient for each in plan.ready] == [ANA]


def test_a_table_that_is_given_comes_first(sms: Any) -> None:
    """A table in hand is what is sent to, whatever was chosen last; one of recipients is taken as it is."""
    CampaignForm(sms).source.value = "Pasted phones"
    judged = msgnb.recipients(PEOPLE)
    form = filled(sms, judged)
    assert form.source.value == "A table of this notebook"
    assert "{name}" in form._chips.html
    assert "{valid}" not in form._chips.html
    plan = form.check()
    assert plan is not None
    assert [each.reason for each in plan.recipients][2] == judged["reason"][2]


def test_what_is_changed_meanwhile_stops_nothing(world: msgnb.testing.Offline) -> None:
    """While it is sent, fields may be filled in for the next one: it stays on its way, and goes once."""
    form = CampaignForm(world.netsapiens, pd.DataFrame({"phone": ["18585550001", "18585550002"]}))
    form.sender.value, form.text.value, form.title.value, form.region.value = (
        "16195550101",
        "Hi",
        "Busy",
        "US",
    )
    form.dry_run.value = False
    seen: list[Any] = []

    def meddle(attempt: msgnb.Attempt) -> None:
        if attempt.url.endswith("/messages") and not seen:
            form.text.value = "Another text"
            seen.extend([form.state, form._button.disabled, form.submit()])

    world.netsapiens.connection.http._on_attempt = meddle
    form.submit()
    assert seen == ["sending", True, None]
    assert all(
        texts == ["Hi"] for phone, texts in world.received("netsapiens").items() if "1858555000" in phone
    )


def test_it_can_be_stopped_and_goes_on(world: msgnb.testing.Offline) -> None:
    """Stopped, no further request leaves; sent again, it goes on to those who have not got it."""
    people = pd.DataFrame({"phone": [f"1858555{number:04}" for number in range(20)]})
    form = CampaignForm(world.netsapiens, people)
    form.sender.value, form.text.value, form.title.value = "16195550101", "Hi", "Stop"
    form.region.value = "US"
    form.dry_run.value = False
    came = threading.Event()

    def stop_early(attempt: msgnb.Attempt) -> None:
        if attempt.url.endswith("/messages") and not came.is_set():
            came.set()
            form.press("stop")

    world.netsapiens.connection.http._on_attempt = stop_early
    outcomes = form.submit()
    assert outcomes is not None, form.error
    first = int((outcomes["state"] == "sent").sum())
    assert 0 < first < 20
    assert "Stopped; sending again goes on from there." in form.status.spec["words"]
    outcomes = form.submit()
    assert outcomes is not None
    assert (outcomes["state"] == "sent").all()
    assert all(len(texts) == 1 for phone, texts in world.received("netsapiens").items() if "1858555" in phone)


def test_tables_of_the_notebook_are_offered(sms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """DataFrames that have a name in the notebook can be chosen; hidden and empty ones can't."""
    shell = type("Shell", (), {"user_ns": {"people": PEOPLE, "_1": PEOPLE, "x": 1, "none": PEOPLE.head(0)}})()
    monkeypatch.setattr("IPython.get_ipython", lambda: shell)
    form = CampaignForm(sms)
    form.source.value = "A table of this notebook"
    assert [value for value, _ in form.table.spec["options"]] == ["people"]
    form.sender.value, form.text.value = "MyShop", "Hi {name}"
    form.skip.value = True
    assert form.check() is not None
    assert "people, column='celular'" in form.python


def test_files_keep_phones_and_defuse_formulas(sms: Any) -> None:
    """In the files phones are text, times have their zone, and nothing is a formula."""
    form = filled(sms, pd.DataFrame({"name": ["=1+1", "+cmd|x", "-2"], "phone": [ANA, BIA, "+33612345678"]}))
    form.dry_run.value = False
    form.submit()
    lines = form.download_csv().decode("utf-8-sig").splitlines()
    assert lines[1].startswith(f"{ANA},sent,")
    assert [line.rsplit(",", 1)[1] for line in lines[1:]] == ["'=1+1", "'+cmd|x", "-2"]
    assert "+00:00" in lines[1]
    table = pd.read_excel(BytesIO(form.download_excel()), dtype="str")
    assert list(table["recipient"]) == [ANA, BIA, "+33612345678"]
    assert table["name"][0] == "'=1+1"


def test_there_is_nothing_to_download_before(sms: Any) -> None:
    """Without outcomes the files are refused in words."""
    with pytest.raises(msgnb.InvalidRequest, match="are not there yet"):
        filled(sms).press("csv")
    assert exports.make_csv(pd.DataFrame({"a": ["x\x00"]})).decode("utf-8-sig") == "a\nx␀\n"
