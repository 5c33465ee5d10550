"""Forms and views of a platform that is only described: everything comes from its descriptor."""

from __future__ import annotations

import importlib.resources
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb.core.views import load_view
from msgnb.platforms.registry import platforms
from msgnb.widgets import (
    CampaignForm,
    CampaignProgress,
    CommandConsole,
    Conversations,
    LiveTable,
    SendForm,
    SignIn,
    SubscriptionForm,
)
from msgnb.widgets.parts import SecretControl


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No profile of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def test_the_send_form_shows_what_is_described(pigeon: Any) -> None:
    """Title, kinds, examples, fields and the largest file are those of the descriptor."""
    form = SendForm(pigeon)
    assert form.view["title"] == "Send a message on Pigeon Post"
    assert [value for value, _ in form.kind.spec["options"]] == ["Scroll", "Map"]
    assert (form.to.spec["hint"], form.sender.spec["hint"]) == ("Ana's loft", "ring 12")
    assert form.file.spec["most"] == 12
    shown = {name for name, part in form._parts.items() if part.shown}
    assert {"sender", "text", "thread"} <= shown
    assert not {"url", "time", "options", "place", "file"} & shown
    form.kind.value = "Map"
    assert form.url.shown
    assert form.time.shown
    assert not form.thread.shown


def test_a_kind_is_sent_by_the_call_it_describes(pigeon: Any) -> None:
    """What is sent is what the Python line says; fields that the kind does not have stay out of it."""
    form = SendForm(pigeon, zone="UTC")
    form.to.value, form.sender.value, form.text.value = "Ana's loft", "ring 12", "coo"
    form.thread.value, form.time.value, form.url.value = "f1", "2030-05-05T12:30", "https://example.com"
    assert form.python == "loft.send_text(\"Ana's loft\", 'coo', sender='ring 12', session='f1')"
    form.submit()
    assert pigeon.sent == [("Ana's loft", "coo", "ring 12", "f1")]
    form.kind.value = "Map"
    assert form.python == (
        "loft.messages.send(\"Ana's loft\", 'https://example.com', "
        "at=datetime.fromisoformat('2030-05-05T12:30:00+00:00'))"
    )
    form.submit()
    assert form.status.spec["words"] == "Accepted for later, to Ana's loft as m2"
    form.url.value = ""
    form.submit()
    assert form.url.problem == "is missing"


def test_addresses_are_checked_as_described(pigeon: Any) -> None:
    """Each recipient of the field is checked, and the sender; SMS are counted if the text goes as such."""
    form = SendForm(pigeon)
    form.to.value, form.sender.value, form.text.value = "Ana's loft / Bia", "12", "coo"
    assert form.to.problem == "'Bia' is no loft"
    assert form.sender.problem == "'12' is no ring"
    assert form.text.note == "3 characters"
    form.to.value, form.sender.value = "SMS loft", "ring 12"
    assert form.to.problem == form.sender.problem == ""
    assert "1 SMS" in form.text.note
    form.kind.value = "Map"
    assert "SMS" not in form.text.note


def test_no_sms_is_counted_where_none_is_described(pigeon: Any, described: dict[str, Any]) -> None:
    """A platform that does not count in SMS has no counter, in neither form."""
    described["pigeon"] = replace(described["pigeon"], counts_sms=False)
    form = SendForm(pigeon)
    form.to.value, form.text.value = "SMS loft", "coo"
    assert form.text.note == "3 characters"
    campaign = CampaignForm(pigeon, pd.DataFrame({"loft": ["Ana's loft"]}))
    campaign.text.value = "coo"
    campaign.check()
    assert "SMS" not in campaign._check.html


def test_what_is_offered_comes_from_the_account(pigeon: Any) -> None:
    """Senders, contacts, sessions to answer in and the credit are read for the form."""
    form = SendForm(pigeon)
    form.load()
    form.to.value = "bia"
    assert form.to.spec["options"] == [("bia's loft", "Bia · bia's loft")]
    assert [value for value, _ in form.sender.spec["options"]] == ["ring 12", "ring 13"]
    assert form.thread.spec["options"] == [("f1", "Ana")]
    form.to.value, form.text.value = "SMS loft", "coo"
    assert "of 300 in credit" in form.text.note


def test_threads_are_offered_where_a_kind_has_them(pigeon: Any, described: dict[str, Any]) -> None:
    """Without a kind that answers in a session, and without a sender, there is nothing to choose."""
    platform = described["pigeon"]
    addresses = type("Plain", (type(platform.addresses),), {"sender_example": None})()
    kinds = platform.message_kinds[1:]
    described["pigeon"] = replace(platform, message_kinds=kinds, addresses=addresses)
    form = SendForm(pigeon)
    form.load()
    assert form.thread.spec["options"] == []
    assert not form.sender.shown
    assert not CampaignForm(pigeon).sender.shown


def test_signing_in_shows_the_settings(described: dict[str, Any]) -> None:
    """Labels, help and secrets are those of the settings; what is lacking is said by its label."""
    form = SignIn()
    assert form.platform.spec["options"] == [("pigeon", "Pigeon Post")]
    loft, ring = form.fields["loft"], form.fields["ring"]
    assert (loft.spec["label"], loft.spec["hint"]) == ("Loft", "name of the loft")
    assert (ring.spec["label"], ring.spec["hint"]) == ("Ring word", "what is written on the ring")
    assert isinstance(ring, SecretControl)
    form.submit()
    assert form.status.spec["words"] == "Fill in what is missing: Loft, Ring word"
    loft.value = "home"
    ring.typed("word")
    assert form._line.spec["code"] == "loft = msgnb.connect('pigeon', loft='home')"
    client = form.submit()
    assert client is not None
    assert form.status.spec["words"] == "Signed in as home"


def test_signing_in_works_without_sessions(described: dict[str, Any], homing: Any) -> None:
    """A platform that has no sessions to try the account with is signed in to all the same."""
    described["pigeon"] = replace(described["pigeon"], client=lambda: type(homing))
    form = SignIn("pigeon", loft="home")
    form.fields["ring"].typed("word")
    assert form.submit() is not None


def test_signing_in_loads_no_client(described: dict[str, Any]) -> None:
    """The form opens, and its fields are filled in, before any client class is loaded."""

    def fails() -> type:
        raise AssertionError("a client was loaded")

    described["pigeon"] = replace(described["pigeon"], client=fails)
    form = SignIn("pigeon")
    form.fields["loft"].value = "home"
    assert form.state == "ready"


def test_no_form_loads_clients_that_nobody_uses() -> None:
    """In a new process the sign-in form of all installed platforms has loaded none of their clients."""
    code = (
        "import sys; from msgnb.widgets import SignIn; SignIn(); "
        "print([name for name in sys.modules if name.startswith('msgnb.platforms.') and 'client' in name])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_a_campaign_is_planned_and_sent_as_described(pigeon: Any) -> None:
    """Addresses, their column and the credit are the platform's; what can't send later shows no time."""
    people = pd.DataFrame({"name": ["Ana", "Bia"], "loft": ["Ana's Loft", "Bia's Loft"]})
    form = CampaignForm(pigeon, people)
    assert form.view["title"] == "Send a campaign on Pigeon Post"
    assert form.sender.spec["hint"] == "ring 12"
    assert not form.time.shown
    form.title.value, form.text.value = "Opening", "Coo {name}"
    plan = form.check()
    assert plan is not None
    assert [each.recipient for each in plan.ready] == ["ana's loft", "bia's loft"]
    assert "300 SMS credits left" in form._check.html
    form.dry_run.value = False
    outcomes = form.submit()
    assert outcomes is not None, form.error
    assert list(outcomes["state"]) == ["sent", "sent"]
    assert [text for _, text, *_ in pigeon.sent] == ["Coo Ana", "Coo Bia"]
    assert "msgnb.Campaign(" in form.python
    assert form.python.startswith("loft.send_campaign(")


def test_a_platform_that_sends_later_asks_for_a_time(pigeon: Any, described: dict[str, Any]) -> None:
    """Where a campaign can be sent later the form has a time."""
    supports = described["pigeon"].supports | {"schedule"}
    described["pigeon"] = replace(described["pigeon"], supports=supports)
    assert CampaignForm(pigeon).time.shown


def test_the_console_offers_the_commands_that_are_described(pigeon: Any) -> None:
    """Commands are listed, filled in and sent; the Python line has the platform's name for a client."""
    console = CommandConsole(pigeon)
    assert console.view["title"] == "Commands of Pigeon Post"
    assert [value for value, _ in console.known.spec["options"]] == ["", "Coo", "Feed"]
    assert [value for value, _ in console.to.spec["options"]] == ["loft@post"]
    console.choose("Coo")
    assert console.python == "loft.process_command({'method': 'get', 'uri': '/coo'})"
    console.submit()
    assert pigeon.sent == [{"method": "get", "uri": "/coo"}]
    assert "1 items" in console._answer.html


def test_a_console_needs_commands(pigeon: Any, homing: Any, described: dict[str, Any]) -> None:
    """Without a method that sends commands, or without any to choose, the console says so."""
    with pytest.raises(msgnb.NotSupported, match="Pigeon Post does not support commands"):
        CommandConsole(homing)
    described["pigeon"] = replace(described["pigeon"], commands=())
    with pytest.raises(msgnb.NotSupported, match="Pigeon Post does not support commands"):
        CommandConsole(pigeon)


def test_subscriptions_are_made_by_what_the_client_has(pigeon: Any) -> None:
    """Topics are those of the descriptor; the line is the real call; failed ones are renewed with a reset."""
    form = SubscriptionForm(pigeon)
    assert form.topic.value == "landing"
    assert [value for value, _ in form.topic.spec["options"]] == ["landing", "departure"]
    form.target.value, form.days.value = "https://example.com/a", "7"
    assert form._line.spec["code"] == (
        "loft.subscriptions.create('landing', 'https://example.com/a', expires=timedelta(days=7))"
    )
    made = form.submit()
    assert made is not None
    assert "https://example.com/a" in form._list.html
    pigeon.subscriptions.kept["s0"] |= {"status": "error", "posts": 9, "errors": 4}
    form.refresh()
    assert "Broken: 4 of 9 posts failed" in form._list.html
    form.press("renew", "s0")
    assert pigeon.subscriptions.reset == ["s0"]
    form.press("renew", "s0")
    assert pigeon.subscriptions.reset == ["s0"]
    form.press("delete", "s0")
    assert form.status.spec["words"] == "Deleted"
    assert pigeon.subscriptions.kept == {}
    form.target.value = "nowhere"
    form.submit()
    assert form.target.problem == "'nowhere' is no web address"


def test_a_usual_topic_comes_first(pigeon: Any, described: dict[str, Any]) -> None:
    """Where messages can be subscribed to, they are what is chosen at first."""
    described["pigeon"] = replace(described["pigeon"], topics=("landing", "message"))
    assert SubscriptionForm(pigeon).topic.value == "message"


def test_the_subscription_form_needs_topics_and_webhooks(
    pigeon: Any, homing: Any, described: dict[str, Any]
) -> None:
    """Without subscriptions that can be made, or without topics, the form says so."""
    with pytest.raises(msgnb.NotSupported, match="Pigeon Post does not support event subscriptions"):
        SubscriptionForm(homing)
    described["pigeon"] = replace(described["pigeon"], topics=())
    with pytest.raises(msgnb.NotSupported, match="Pigeon Post does not support event subscriptions"):
        SubscriptionForm(pigeon)


def test_conversations_are_called_as_described(pigeon: Any) -> None:
    """The title is the platform's, and the messages are those of the client."""
    view = Conversations(pigeon, zone="UTC")
    assert view.view["title"] == "Conversations on Pigeon Post"
    view.choose("f1")
    assert "coo" in view._thread.html


def test_an_unknown_platform_is_named(pigeon: Any, described: dict[str, Any]) -> None:
    """A client of a platform that is not installed gets no form, but an error that says so."""
    described.clear()
    for form in (SendForm, CampaignForm, CommandConsole, SubscriptionForm, Conversations):
        with pytest.raises(msgnb.SettingsError, match="no platform 'pigeon'"):
            form(pigeon)


def test_views_are_found_by_rooms_below() -> None:
    """The views of live events and of campaigns are those that the entry points name."""
    assert load_view("live_table") is LiveTable
    assert load_view("campaign_progress") is CampaignProgress


def test_no_widget_names_a_platform() -> None:
    """No file of the widgets contains the name or the title of a platform that is installed."""
    folder = Path(str(importlib.resources.files("msgnb.widgets")))
    files = [path for path in folder.rglob("*") if path.suffix in {".py", ".js", ".css"}]
    names = {name.casefold() for each in platforms().values() for name in (each.name, each.title)}
    assert len(files) > 15
    assert len(names) >= 3
    assert [
        (path.name, name) for path in files for name in names if name in path.read_text("utf-8").casefold()
    ] == []
