"""One campaign to many, by the same verbs on every platform."""

from __future__ import annotations

import stat
import sys
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb import tables
from msgnb.campaigns import run
from msgnb.campaigns.journal import Journal, read_journal
from msgnb.platforms.registry import get_platform
from msgnb_mocks.platforms.smsdrop import SmsDropMock
from msgnb_mocks.platforms.smsdrop import checks as mock

PHONES = ["+12125550176", "+13105550142", "+5511999990001", "+33612345678"]
PEOPLE = pd.DataFrame({"name": ["Ana", "Bia", "Cy", "Di"], "phone": PHONES})
SENDERS = {"smsdrop": "MyShop", "netsapiens": "16195550101", "blip": ""}
TEMPLATE = msgnb.Template("order_update", flow_id="f", state_id="s", master_state="demobot@msging.net")
# How a campaign goes out: to one by one, to all by one request, or by a template.
WAYS = [
    ("smsdrop", "Hi {name}", None),
    ("smsdrop", "Hi all", None),
    ("netsapiens", "Hi {name}", None),
    ("netsapiens", "Hi all", None),
    ("blip", "Hi {name}", None),
    ("blip", "Hi all", None),
    ("blip", "Hi {name}", TEMPLATE),
]


def campaign(platform: str, text: str, template: Any = None, **more: Any) -> msgnb.Campaign:
    return msgnb.Campaign(text=text, sender=SENDERS[platform], template=template, **more)


def address(platform: str, phone: str) -> str:
    """What a platform's mock calls a phone."""
    digits = phone.removeprefix("+")
    return {"smsdrop": phone, "netsapiens": digits, "blip": f"{digits}@wa.gw.msging.net"}[platform]


def shown(column: pd.Series[str]) -> list[str]:
    return ["" if pd.isna(value) else value for value in column]


def got(world: msgnb.testing.Offline, platform: str) -> list[list[str]]:
    world.mocks.clock.advance(minutes=5)
    received = world.received(platform)
    return [received.get(address(platform, phone), []) for phone in PHONES]


def said(text: str, template: Any) -> list[list[str]]:
    return [[template.name] if template else [text.format(name=name)] for name in PEOPLE["name"]]


@pytest.mark.parametrize(("platform", "text", "template"), WAYS)
def test_everybody_gets_it_once(
    world: msgnb.testing.Offline, platform: str, text: str, template: Any
) -> None:
    """Each gets the text once, there is an outcome for each row, and the columns are the contract's."""
    outcomes = getattr(world, platform).send_campaign(campaign(platform, text, template), PEOPLE)
    names = [column.name for column in tables.OUTCOMES.columns]
    assert list(outcomes.columns) == [*names, "text", "name"]
    pd.testing.assert_series_equal(outcomes[names].dtypes, tables.OUTCOMES.frame(0, {}).dtypes)
    assert outcomes["state"].tolist() == ["sent"] * 4
    assert outcomes["attempts"].tolist() == [1] * 4
    assert outcomes["text"].tolist() == [text.format(name=name) for name in PEOPLE["name"]]
    assert got(world, platform) == said(text, template)


@pytest.mark.parametrize(("platform", "text", "template"), WAYS)
def test_run_again_it_sends_to_nobody_twice(
    world: msgnb.testing.Offline, platform: str, text: str, template: Any
) -> None:
    """The same cell run again sends nothing, says so, and tells the same; somebody new gets it."""
    client = getattr(world, platform)
    first = client.send_campaign(campaign(platform, text, template), PEOPLE.head(3))
    with pytest.warns(UserWarning, match="nothing was sent: .* use a different title"):
        again = client.send_campaign(campaign(platform, text, template), PEOPLE.head(3))
    pd.testing.assert_frame_equal(first, again)
    more = client.send_campaign(campaign(platform, text, template), PEOPLE)
    assert more["state"].tolist() == ["sent"] * 4
    assert got(world, platform) == said(text, template)
    client.send_campaign(campaign(platform, text, template, title="Once more"), PEOPLE)
    assert [len(texts) for texts in got(world, platform)] == [2] * 4


class Death(BaseException):
    """Ends a process, as far as the code that runs can tell."""


def dies(monkeypatch: pytest.MonkeyPatch, name: str, *, before: bool) -> None:
    """Let the process die once, before or after a method of the journal has done its work."""
    real = getattr(Journal, name)

    def once(self: Journal, *args: Any) -> None:
        if not before:
            real(self, *args)
        monkeypatch.setattr(Journal, name, real)
        raise Death

    monkeypatch.setattr(Journal, name, once)


@pytest.mark.parametrize(
    ("platform", "text", "template", "seconds"),
    [(*way, None) for way in WAYS] + [(*way, 60) for way in WAYS if way[0] != "netsapiens"],
)
@pytest.mark.parametrize(
    ("name", "before"), [("begin", True), ("begin", False), ("end", True), ("end", False)]
)
def test_a_death_at_any_step_is_mended(
    world: msgnb.testing.Offline,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    text: str,
    template: Any,
    seconds: int | None,
    name: str,
    before: bool,
) -> None:
    """Died before or after the request, and run again, nobody gets it twice; what is not found is unknown."""
    client = getattr(world, platform)
    client.connection.http.pause = lambda _: None
    due = {"defer_by": seconds}
    dies(monkeypatch, name, before=before)
    with pytest.raises(Death):
        client.send_campaign(campaign(platform, text, template, **due), PEOPLE)
    given = campaign(platform, text, template, **due)
    outcomes = again(client, given)
    # Only a request that never left can't be found, and a platform without guarantees does not tell.
    lost = outcomes["state"] == "unknown"
    assert bool(lost.any()) == (name == "begin" and not before)
    assert [len(texts) for texts in got(world, platform)] == (~lost).astype(int).tolist()
    assert set(outcomes["state"]) <= {"sent", "unknown"}
    if seconds is None:
        given.release(outcomes.msg.unknown()["recipient"], reason="none of them got it")
        assert again(client, given)["state"].tolist() == ["sent"] * 4
        assert got(world, platform) == said(text, template)


def again(client: msgnb.Client, given: msgnb.Campaign) -> pd.DataFrame:
    """Run it again, whether there is something left to send or not."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "nothing was sent", UserWarning)
        return client.send_campaign(given, PEOPLE)


@pytest.mark.parametrize(("platform", "text", "template"), WAYS)
def test_it_tells_later_whom_it_reached(
    world: msgnb.testing.Offline, platform: str, text: str, template: Any
) -> None:
    """Watching ends by itself, and then each row has the status that the platform tells."""
    client, given = getattr(world, platform), campaign(platform, text, template)
    client.connection.http.pause = lambda seconds: world.mocks.clock.advance(seconds=seconds)
    client.send_campaign(given, PEOPLE)
    outcomes = given.watch()
    reached = {"smsdrop": {"delivered"}, "netsapiens": {"accepted", "sent"}, "blip": {"delivered", "read"}}
    assert set(outcomes["status"]) <= reached[platform]
    pd.testing.assert_frame_equal(outcomes, given.outcomes())


def test_a_dry_run_sends_nothing(world: msgnb.testing.Offline) -> None:
    """It tells who would get what: rows that would be sent have no state; nothing is on disk."""
    people = pd.concat([PEOPLE, PEOPLE.head(1), pd.DataFrame({"name": ["Ed"], "phone": ["x"]})])
    outcomes = world.smsdrop.send_campaign(campaign("smsdrop", "Hi {name}"), people, dry_run=True)
    assert shown(outcomes["state"]) == ["", "", "", "", "skipped", "skipped"]
    assert shown(outcomes["error_code"]) == ["", "", "", "", "duplicate", "invalid"]
    assert set(outcomes["attempts"]) == {0}
    assert not world.received("smsdrop")
    assert not list((world.smsdrop.connection.journals or Path()).iterdir())


def test_it_asks_before_it_sends(world: msgnb.testing.Offline) -> None:
    """`confirm` sees the plan of what is left, and without its yes nothing leaves."""
    seen: list[run.Plan] = []
    world.smsdrop.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE.head(1))
    refused = world.smsdrop.send_campaign(
        campaign("smsdrop", "Hi {name}"), PEOPLE, confirm=lambda plan: bool(seen.append(plan))
    )
    assert seen[0].summary()[:2] == [
        "3 recipients · 3 SMS · 4,999 SMS credits left",
        "1 skipped: already sent, or possibly sent",
    ]
    assert shown(refused["state"]) == ["sent", "", "", ""]
    agreed = world.smsdrop.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE, confirm=lambda _: True)
    assert set(agreed["state"]) == {"sent"}


def test_the_campaigns_own_list_will_do(world: msgnb.testing.Offline) -> None:
    """Without recipients it goes to those of `recipient_list`."""
    given = msgnb.Campaign("Hi", "MyShop", PHONES[:2])
    assert world.smsdrop.send_campaign(given)["recipient"].tolist() == PHONES[:2]


def test_too_little_credit_is_told_before_anything_leaves(world: msgnb.testing.Offline) -> None:
    """What all of it takes is held against the credit; not one SMS leaves."""
    smsdrop(world).state.credit = 3
    with pytest.raises(
        msgnb.InsufficientCredit, match=r"needs 4 SMS, but only 3 credits are left \(1 short\); nothing"
    ):
        world.smsdrop.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE)
    assert not got(world, "smsdrop")[0]


def smsdrop(world: msgnb.testing.Offline) -> SmsDropMock:
    found = world._inside.applications["smsdrop"]
    assert isinstance(found, SmsDropMock)
    return found


def test_what_waits_for_credit_is_launched_when_it_came(
    world: msgnb.testing.Offline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where credit runs out on the way, the run ends; run again, what waits is launched, not made anew."""
    service, client = smsdrop(world), world.smsdrop
    monkeypatch.setattr(client, "credit", lambda: 5_000)
    service.state.credit = 2
    before = len(client.campaigns())
    outcomes = client.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE)
    assert outcomes["state"].tolist() == ["sent", "sent", "rejected", "skipped"]
    assert shown(outcomes["error_code"]) == ["", "", "credit", "untried"]
    assert outcomes.msg.failed()["recipient"].tolist() == PHONES[2:]
    service.state.credit = 10
    later = client.send_campaign(campaign("smsdrop", "Hi {name}"), outcomes.msg.failed())
    assert later["state"].tolist() == ["sent", "sent"]
    assert later["attempts"].tolist() == [2, 1]
    assert len(client.campaigns()) == before + 4
    assert got(world, "smsdrop") == said("Hi {name}", None)


def test_a_number_that_the_platform_refuses_keeps_nobody_else(
    world: msgnb.testing.Offline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 422 that names one recipient of many leaves that one out, with its reason, and the others get it."""
    real = mock._about_recipients

    def picky(recipients: list[Any]) -> Any:
        yield from real(recipients)
        if PHONES[1] in recipients:
            yield ["recipient_list", recipients.index(PHONES[1])], "is on the black list", "value_error"

    monkeypatch.setattr(mock, "_about_recipients", picky)
    outcomes = world.smsdrop.send_campaign(campaign("smsdrop", "Hi all"), PEOPLE)
    assert outcomes["state"].tolist() == ["sent", "rejected", "sent", "sent"]
    assert outcomes["error"][1] == "is on the black list"
    assert outcomes["campaign"].nunique() == 1
    assert [len(texts) for texts in got(world, "smsdrop")] == [1, 0, 1, 1]
    assert outcomes.msg.failed().to_dict("list") == {"recipient": [PHONES[1]], "name": ["Bia"]}


def test_the_same_error_again_and_again_ends_it(world: msgnb.testing.Offline) -> None:
    """After five identical refusals the rest is not tried; run again, what was refused comes last."""
    crowd = pd.DataFrame({"name": ["?"] * 6 + ["Ana"], "phone": [f"+1212555{n:04d}" for n in range(7)]})
    refused: list[str] = []
    real = world.netsapiens.messages.send

    def picky(to: str, text: str, **more: Any) -> Any:
        if "?" in text:
            refused.append(to)
            raise msgnb.Rejected("no", reason="No route", status=400)
        return real(to, text, **more)

    world.netsapiens.messages.send = picky  # type: ignore[method-assign]
    given = campaign("netsapiens", "Hi {name}")
    outcomes = world.netsapiens.send_campaign(given, crowd)
    assert outcomes["attempts"].tolist() == [1] * 5 + [0] * 2
    assert (
        outcomes["error"].tolist()
        == ["No route"] * 5 + ["not sent because of the previous error: No route"] * 2
    )
    later = world.netsapiens.send_campaign(given, crowd)
    assert later["state"].tolist() == ["rejected"] * 6 + ["sent"]
    assert later["attempts"].tolist() == [2] * 5 + [1] * 2


def test_an_interrupt_says_how_to_go_on(
    world: msgnb.testing.Offline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C ends it with a note; run again it goes on, after it has looked up what was on its way."""
    client = world.smsdrop
    client.connection.http.pause = lambda _: None
    real, calls = client.campaigns.launch, []

    def interrupted(given: msgnb.Campaign) -> msgnb.Campaign:
        calls.append(given)
        launched = real(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return launched

    monkeypatch.setattr(client.campaigns, "launch", interrupted)
    with pytest.raises(KeyboardInterrupt) as caught:
        client.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE)
    assert "Run it again to resume" in caught.value.__notes__[0]
    assert set(again(client, campaign("smsdrop", "Hi {name}"))["state"]) == {"sent"}
    assert got(world, "smsdrop") == said("Hi {name}", None)


@pytest.mark.parametrize("platform", ["smsdrop", "blip"])
@pytest.mark.parametrize("how", ["by", "until"])
def test_it_is_sent_later(world: msgnb.testing.Offline, platform: str, how: str) -> None:
    """A campaign for later reaches nobody before its time, by span or by a time with a zone."""
    zone = datetime(2026, 11, 2, 11, 0, tzinfo=UTC).astimezone().tzinfo
    due = {"defer_by": timedelta(hours=1)} if how == "by" else {
        "defer_until": datetime(2026, 11, 2, 13, 0, tzinfo=UTC).astimezone(zone)
    }  # fmt: skip
    for text in ("Hi {name}", "Hi all"):
        getattr(world, platform).send_campaign(campaign(platform, text, **due), PEOPLE)
    assert got(world, platform) == [[]] * 4
    world.mocks.clock.advance(hours=1)
    assert [sorted(texts) for texts in got(world, platform)] == [
        ["Hi " + name, "Hi all"] for name in PEOPLE["name"]
    ]


@pytest.mark.parametrize(
    ("platform", "more", "error", "words"),
    [
        ("netsapiens", {"defer_by": 60}, msgnb.NotSupported, "netsapiens can't send later"),
        ("netsapiens", {"template": TEMPLATE}, msgnb.NotSupported, "knows no templates"),
        (
            "netsapiens",
            {"sender": "16195559999"},
            msgnb.InvalidRequest,
            "sender: '16195559999' is not the user's",
        ),
        (
            "netsapiens",
            {"sender": ""},
            msgnb.InvalidRequest,
            "sender: is missing; the user's SMS numbers are",
        ),
        ("smsdrop", {"template": TEMPLATE}, msgnb.NotSupported, "knows no templates"),
        ("smsdrop", {"sender": ""}, msgnb.InvalidRequest, "sender: is missing"),
        (
            "smsdrop",
            {"defer_until": datetime(2026, 11, 1, tzinfo=UTC)},
            msgnb.InvalidRequest,
            "is in the past",
        ),
        ("blip", {"sender": "MyShop"}, msgnb.InvalidRequest, "sends as the bot, not as 'MyShop'"),
        ("blip", {"defer_until": datetime(2026, 11, 1, tzinfo=UTC)}, msgnb.InvalidRequest, "is in the past"),
    ],
)
def test_what_a_platform_can_not_do_is_told_before_anything_leaves(
    world: msgnb.testing.Offline, platform: str, more: dict[str, Any], error: type[Exception], words: str
) -> None:
    """Later, a template, a sender that is none: the error says what, and nothing is sent."""
    given = msgnb.Campaign(**({"text": "Hi", "sender": SENDERS[platform]} | more))
    with pytest.raises(error, match=words):
        getattr(world, platform).send_campaign(given, PEOPLE)
    assert got(world, platform) == [[]] * 4


def test_contacts_are_recipients(world: msgnb.testing.Offline) -> None:
    """A bot's contacts get it by their identities, with their names in it."""
    contacts = world.blip.contacts().head(5)
    outcomes = world.blip.send_campaign(msgnb.Campaign(text="Hi {name}"), contacts)
    assert outcomes["recipient"].tolist() == contacts["contact"].tolist()
    assert outcomes["text"].tolist() == [f"Hi {name}" for name in contacts["name"]]
    received = world.received("blip")
    assert [received[contact] for contact in contacts["contact"]] == [[text] for text in outcomes["text"]]


def test_members_that_a_list_does_not_take_are_left_out(
    world: msgnb.testing.Offline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one can't be added to the list, the others get it."""
    real = world.blip.connection.set

    def picky(uri: str, to: str, kind: str, resource: Any) -> Any:
        if str(resource).startswith("1310"):
            raise msgnb.Rejected("no", reason="Unknown account", code=61, status=200)
        return real(uri, to, kind, resource)

    monkeypatch.setattr(world.blip.connection, "set", picky)
    outcomes = world.blip.send_campaign(msgnb.Campaign(text="Hi all"), PEOPLE)
    assert outcomes["state"].tolist() == ["sent", "rejected", "sent", "sent"]
    assert outcomes["error"][1] == "Unknown account"
    assert [len(texts) for texts in got(world, "blip")] == [1, 0, 1, 1]


def test_requests_leave_at_the_rate_that_is_asked_for(
    world: msgnb.testing.Offline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `per_second=2` the third message waits for a second to pass, and the second one does not."""
    pauses: list[float] = []
    monkeypatch.setattr("msgnb.core.pacing.time.monotonic", lambda: 100.0 + sum(pauses))
    world.netsapiens.connection.http.pause = pauses.append
    world.netsapiens.send_campaign(campaign("netsapiens", "Hi {name}"), PEOPLE, per_second=2)
    assert pauses == [1.0]
    assert world.netsapiens.connection.campaign_rate is None
    assert get_platform("netsapiens").campaign_rate == 3


@pytest.mark.parametrize("platform", SENDERS)
def test_campaigns_are_listed_on_every_platform(world: msgnb.testing.Offline, platform: str) -> None:
    """What was sent is in the table of campaigns, with the contract's columns, wherever it is kept."""
    client = getattr(world, platform)
    before = len(client.campaigns())
    client.send_campaign(campaign(platform, "Hi all", title="Tea time"), PEOPLE)
    found = client.campaigns()
    pd.testing.assert_series_equal(found.dtypes, tables.CAMPAIGNS.frame(0, {}).dtypes)
    (row,) = found[found["title"].fillna("").str.startswith("Tea time")].to_dict("records")
    assert (row["recipients"], row["text"], row["account"]) == (4, "Hi all", client.account)
    assert len(found) == before + 1
    assert len(client.campaigns(limit=1)) == 1
    assert "raw" in client.campaigns(raw=True)


def test_a_campaign_by_template_is_listed_once(world: msgnb.testing.Offline) -> None:
    """On BLiP the platform keeps it, and its journal is not counted beside it."""
    before = len(world.blip.campaigns())
    world.blip.send_campaign(campaign("blip", "Hi {name}", TEMPLATE), PEOPLE)
    assert len(world.blip.campaigns()) == before + 1


@pytest.mark.parametrize(("seconds", "status"), [(None, "completed"), (3600, "scheduled")])
def test_a_listed_campaign_says_how_it_stands(
    world: msgnb.testing.Offline, seconds: int | None, status: str
) -> None:
    """One that waits for its time is scheduled, the others are over once all was sent."""
    world.blip.send_campaign(campaign("blip", "Hi all", defer_by=seconds), PEOPLE)
    found = world.blip.campaigns().iloc[-1]
    assert found["status"] == status
    assert pd.isna(found["scheduled_at"]) == (seconds is None)


def test_other_files_among_the_journals_are_left_alone(world: msgnb.testing.Offline) -> None:
    """A file that is no journal is no campaign."""
    assert world.netsapiens.connection.journals
    (world.netsapiens.connection.journals / "notes.jsonl").write_text("hello")
    assert world.netsapiens.campaigns().empty


# The journal


def test_a_journal_is_the_users_alone_and_holds_no_secret(
    world: msgnb.testing.Offline, tmp_path: Path
) -> None:
    """The file can be read by its owner only, and has neither password nor token in it."""
    path = tmp_path / "runs" / "run.jsonl"
    world.smsdrop.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE, journal=path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 or sys.platform == "win32"
    assert world.credentials["smsdrop"]["password"] not in path.read_text()
    assert read_journal(path).header.text == "Hi {name}"


def test_a_line_that_a_death_cut_short_is_no_line(world: msgnb.testing.Offline, tmp_path: Path) -> None:
    """Half of a line at the end is left out; what it would have begun was never sent."""
    path = tmp_path / "run.jsonl"
    world.smsdrop.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE.head(2), journal=path)
    with path.open("ab") as file:
        file.write(b'{"begin": "0123", "to": ["+121255')
    world.smsdrop.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE, journal=path)
    assert set(read_journal(path).statuses) == set(PHONES)
    assert got(world, "smsdrop") == said("Hi {name}", None)


def test_two_can_not_send_the_same_campaign_at_once(
    world: msgnb.testing.Offline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it is being sent, a second one is refused before it sends anything."""
    client, real = world.smsdrop, world.smsdrop.campaigns.launch
    refused: list[str] = []

    def twice(given: msgnb.Campaign) -> msgnb.Campaign:
        with pytest.raises(msgnb.InvalidRequest, match="another process is sending this campaign") as caught:
            client.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE)
        refused.append(str(caught.value))
        return real(given)

    monkeypatch.setattr(client.campaigns, "launch", twice)
    client.send_campaign(campaign("smsdrop", "Hi {name}"), PEOPLE)
    assert len(refused) == 4
    assert got(world, "smsdrop") == said("Hi {name}", None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"hello\n", "is not a campaign journal"),
        (b'{"journal": 99}\n', "created by another version"),
        (b"hello", "is not a campaign journal"),
    ],
)
def test_a_file_that_is_no_journal_is_told(
    world: msgnb.testing.Offline, tmp_path: Path, content: bytes, words: str
) -> None:
    """Another file in the place of the journal is named, and left as it is."""
    path = tmp_path / "notes.jsonl"
    path.write_bytes(content)
    with pytest.raises(msgnb.InvalidRequest, match=words):
        world.smsdrop.send_campaign(campaign("smsdrop", "Hi"), PEOPLE, journal=path)
    assert path.read_bytes() == content


def test_the_journal_of_another_campaign_is_refused(world: msgnb.testing.Offline, tmp_path: Path) -> None:
    """A path that belongs to another campaign is refused, with that one's name."""
    path = tmp_path / "run.jsonl"
    world.smsdrop.send_campaign(campaign("smsdrop", "Hi", title="First"), PEOPLE, journal=path)
    with pytest.raises(msgnb.InvalidRequest, match="belongs to another campaign, 'First' on smsdrop"):
        world.smsdrop.send_campaign(campaign("smsdrop", "Hi", title="Second"), PEOPLE, journal=path)


def test_journals_are_in_the_users_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where nobody says otherwise a journal is named after its campaign, in the user's folder for such."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with msgnb.offline() as world:
        world.smsdrop.connection.journals = None
        world.smsdrop.send_campaign(campaign("smsdrop", "Hi", title="Black Friday: 30%"), PEOPLE)
    (path,) = (tmp_path / "msgnb" / "campaigns").glob("*.jsonl")
    assert path.name.startswith("black-friday-30-")


# What a frame can do


def test_a_frame_without_outcomes_says_so() -> None:
    """`failed()` of another table names the column that is missing."""
    with pytest.raises(AttributeError, match="no column 'state': a table `outcomes` is needed"):
        msgnb.recipients(PHONES).msg.failed()


def test_failed_gives_back_the_columns_of_the_source(world: msgnb.testing.Offline) -> None:
    """Columns that have names of the table come back under their own, to fill the text again."""
    people = pd.DataFrame({"phone": [PHONES[0], "x"], "message": ["m", "n"], "text": ["t", "u"]})
    client = world.smsdrop
    client.campaigns.launch = _refuses  # type: ignore[method-assign]
    outcomes = client.send_campaign(campaign("smsdrop", "{message} {text}"), people)
    failed = outcomes.msg.failed()
    assert failed.to_dict("list") == {"recipient": [PHONES[0]], "message": ["m"], "text": ["t"]}
    del client.campaigns.launch
    later = client.send_campaign(campaign("smsdrop", "{message} {text}"), failed)
    assert later["text"].tolist() == ["m t"]
    assert later["state"].tolist() == ["sent"]


def _refuses(_: msgnb.Campaign) -> msgnb.Campaign:
    raise msgnb.Unreachable("no network")
