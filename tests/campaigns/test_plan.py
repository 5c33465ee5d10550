"""What a campaign would send, seen before anything leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb import tables

ANA, BIA, CY = "+22963588213", "+5511999998888", "+33612345678"
PEOPLE = pd.DataFrame({"name": ["Ana", "Bia", "Cy"], "phone": [ANA, BIA, CY], "due": ["$5", "$6", ""]})


def test_a_text_is_filled_row_by_row() -> None:
    """Each placeholder stands for the column of its name; doubled braces are braces."""
    campaign = msgnb.Campaign(text="Hi {name}, {{you}} owe: {name}")
    assert campaign.placeholders == ("name",)
    plan = campaign.plan(PEOPLE)
    assert [plan.preview(row) for row in range(3)] == [
        "Hi Ana, {you} owe: Ana", "Hi Bia, {you} owe: Bia", "Hi Cy, {you} owe: Cy",
    ]  # fmt: skip


def test_a_value_is_said_as_it_stands() -> None:
    """Braces in a value are no placeholders, and neither is anything else that people write."""
    people = pd.DataFrame({"name": ["{phone} %s {0}"], "phone": [ANA]})
    assert msgnb.Campaign(text="Hi {name}").plan(people).preview(0) == "Hi {phone} %s {0}"


def test_columns_that_have_names_of_the_table_are_the_sources_own() -> None:
    """`{country}` is what the file says, not what the number tells."""
    people = pd.DataFrame({"phone": [ANA], "country": ["Bénin"], "First name": ["Ana"]})
    assert (
        msgnb.Campaign(text="{First name}: {country}, {phone}").plan(people).preview(0)
        == f"Ana: Bénin, {ANA}"
    )
    assert msgnb.Campaign(text="{country}").plan([ANA]).preview(0) == "BJ"


def test_missing_values_are_named_by_row() -> None:
    """Rows that lack a value are named, the first ones by number; rows that get nothing don't count."""
    with pytest.raises(msgnb.InvalidRequest, match="due: is missing in row 2; add it, or skip") as caught:
        msgnb.Campaign(text="{name} {due}").plan(PEOPLE)
    assert list(caught.value.fields) == ["due"]
    crowd = pd.DataFrame({"phone": [f"+5511{910_000_000 + n}" for n in range(15)], "due": [None] * 15})
    with pytest.raises(msgnb.InvalidRequest, match="in rows 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 5 more"):
        msgnb.Campaign(text="{due}").plan(crowd)
    assert (
        len(msgnb.Campaign(text="{due}").plan(pd.DataFrame({"phone": [ANA, "x"], "due": ["1", ""]})).ready)
        == 1
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hi {nome}", r"uses \{nome\}, but the recipients have no such column; available columns: name, due"),
        ("Hi {name", "expected '}'"),
        ("Hi name}", "Single '}' encountered"),
        ("Hi {}", r"\{\} is not a valid column name"),
        ("Hi {0}", r"\{0\} is not a valid column name"),
        ("Hi {name!r}", r"\{name!r\} is not a valid column name"),
        ("Hi {due:.2f}", r"\{due:.2f\} is not a valid column name"),
    ],
)
def test_a_text_that_can_not_be_filled_is_told(text: str, words: str) -> None:
    """An unknown column, an open brace, a number or a format: the error names it and the remedy."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        msgnb.Campaign(text=text).plan(PEOPLE)


def test_a_plan_has_a_row_for_each_row() -> None:
    """Who gets nothing has no text and a reason; sizes and culprits stand beside the others."""
    people = ["+22963588213", "nobody", "22963588213", BIA]
    frame = msgnb.Campaign(text="It’s €5").plan(people).frame()
    pd.testing.assert_series_equal(frame.dtypes, tables.PLAN.frame(0, {}).dtypes)
    assert frame["segments"].fillna(0).tolist() == [1, 0, 0, 1]
    assert frame["reason"][2] == "duplicate of row 0"
    assert frame.loc[3, ["encoding", "culprits", "suggestion"]].tolist() == ["UCS-2", "’", "It's €5"]


def test_the_summary_says_what_one_must_know(world: msgnb.testing.Offline) -> None:
    """People, SMS, credit, rows left out and why, and what makes texts long."""
    crowd = pd.DataFrame({"phone": [f"+5511{910_000_000 + n}" for n in range(3_000)], "n": ["“x”"] * 3_000})
    people = pd.concat([crowd, pd.DataFrame({"phone": ["x", "+5511910000000"]})])
    plan = world.smsdrop.plan_campaign(msgnb.Campaign(text="a" * 70 + "“x”", sender="MyShop"), people)
    assert plan.summary() == [
        "3,000 recipients · 6,000 SMS · 5,000 SMS credits left (1,000 more needed)",
        "1 skipped: contains characters that are not part of a phone number",
        "1 skipped: duplicate",
        "3,000 messages use UCS-2 (70 characters per SMS) because of: “ ”",
        'replacing special characters would save 3,000 SMS: “ → " ” → "',
    ]
    assert repr(plan) == "\n".join(plan.summary())
    assert (plan.segments, plan.credit, plan.shortfall) == (6_000, 5_000, 1_000)


def test_a_platform_that_counts_no_sms_shows_none(world: msgnb.testing.Offline) -> None:
    """On BLiP a plan tells how many people, and nothing of SMS."""
    assert world.blip.plan_campaign(msgnb.Campaign(text="It’s"), [BIA]).summary() == ["1 recipient"]


def test_what_strangers_wrote_is_escaped() -> None:
    """A name with markup in it is shown as it is written."""
    people = pd.DataFrame({"name": ["<img src=x onerror=alert(1)>"], "phone": [ANA]})
    drawn = msgnb.Campaign(text="Hi {name}").plan(people)._repr_html_()
    assert "<img" not in drawn
    assert "&lt;img src=x" in drawn


@pytest.mark.parametrize(
    ("row", "words"),
    [(3, "rows go from 0 to 2"), (-1, "rows go from 0 to 2"), (2, "is skipped: duplicate of row 0")],
)
def test_a_row_without_a_text_has_no_preview(row: int, words: str) -> None:
    """A row that is not there, or gets nothing, says so."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        msgnb.Campaign(text="Hi").plan([ANA, BIA, ANA]).preview(row)


def test_nobody_to_send_to_is_told_with_the_reason() -> None:
    """Where no row is a recipient the error says what is wrong with most of them."""
    with pytest.raises(
        msgnb.InvalidRequest,
        match="no valid recipients: all 3 rows are skipped, most often because: contains",
    ):
        msgnb.Campaign(text="Hi").plan(["x", "y", ""])


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"text": "a", "message": "b"}, "text"),
        ({"text": " "}, "message"),
        ({"text": "a", "sender": " "}, "sender"),
        ({"text": "a", "sender": "+1234567890123456789"}, "sender"),
        ({"text": "a", "defer_by": timedelta(seconds=-1)}, "defer_by"),
    ],
)
def test_a_campaign_that_can_not_be_right_is_refused(given: dict[str, Any], field: str) -> None:
    """Its text, sender and times are checked when it is made."""
    with pytest.raises(msgnb.InvalidRequest) as caught:
        msgnb.Campaign(**given)
    assert list(caught.value.fields) == [field]


def test_a_span_is_taken_in_seconds() -> None:
    """`defer_by` takes seconds or a timedelta."""
    assert msgnb.Campaign(text="a", defer_by=timedelta(hours=1)).defer_by == 3600
    assert msgnb.Campaign(text="a").text == msgnb.Campaign("a").message == "a"


@pytest.mark.parametrize("verb", ["watch", "outcomes"])
def test_a_campaign_that_was_not_sent_says_so(verb: str) -> None:
    """There is nothing to watch or to tell before it was sent."""
    with pytest.raises(msgnb.InvalidRequest, match="has not been sent yet; call send_campaign to send it"):
        getattr(msgnb.Campaign(text="a"), verb)()


def test_rows_that_lack_a_value_can_be_left_out(world: msgnb.testing.Offline) -> None:
    """With `skip_missing` a row without a value gets nothing, and its outcome says why."""
    campaign = msgnb.Campaign(text="{name} owes {due}", sender="MyShop")
    plan = world.smsdrop.plan_campaign(campaign, PEOPLE, skip_missing=True)
    assert [person.recipient for person in plan.ready] == [ANA, BIA]
    outcomes = world.smsdrop.send_campaign(campaign, PEOPLE, skip_missing=True)
    assert list(outcomes["state"]) == ["sent", "sent", "skipped"]
    assert outcomes["error"][2] == "no value for due"
    assert CY not in world.received("smsdrop")
    assert outcomes.msg.failed().empty
