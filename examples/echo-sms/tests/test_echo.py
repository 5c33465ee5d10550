"""Everything that msgnb offers for its own platforms works for one that it has never heard of."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import requests

import msgnb

PHONE = "+15550100101"


@pytest.fixture
def world() -> Any:
    with msgnb.offline() as world:
        yield world


def test_it_reads_and_sends(world: Any) -> None:
    """Sessions, messages and contacts are tables; a text that is sent is there when they are read again."""
    sessions = world.echo.sessions()
    assert len(sessions) == 8
    assert set(sessions["platform"]) == {"echo"}
    who = sessions["session"].iloc[3]
    sent = world.echo.send_text(who, "Hello")
    first = world.echo.messages(who).iloc[0]
    assert (first["text"], first["message"], first["direction"]) == ("Hello", sent.message, "outbound")
    assert world.echo.sessions()["session"].iloc[0] == who
    assert set(world.echo.contacts()["phone"]) == set(sessions["session"])
    assert world.received("echo") == {who: ["Hello"]}
    world.journal.assert_sent_once(to=who, text="Hello", platform="echo")


def test_what_it_has_not_is_an_error(world: Any) -> None:
    """Nothing returns `None` for want of an implementation."""
    for table in (world.echo.subscriptions, world.echo.events):
        with pytest.raises(msgnb.NotSupported, match="echo"):
            table()
    with pytest.raises(msgnb.NotSupported, match="echo"):
        world.echo.listen("message")
    assert world.echo.credit() is None


def test_an_answer_comes_in(world: Any) -> None:
    """Somebody can write to the account, and people answer by rule."""
    world.receive("echo", from_=PHONE, to=world.echo.account, text="Are you open?")
    assert world.echo.messages(PHONE)["direction"].tolist() == ["inbound"]
    world.people.answer("Yes", hears="confirm")
    world.echo.send_text(PHONE, "Please confirm")
    assert world.echo.messages(PHONE)["text"].iloc[0] == "Yes"


def test_a_profile_connects(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: Any) -> None:
    """`connect` takes its settings from the environment, and names what is missing or unknown."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MSGNB_ECHO_KEY", world.credentials["echo"]["key"])
    assert len(msgnb.connect("echo").sessions()) == 8
    monkeypatch.setenv("MSGNB_ECHO_COLOUR", "red")
    with pytest.raises(msgnb.SettingsError, match="no setting 'colour'; the known ones are key, base_url"):
        msgnb.connect("echo")
    with pytest.raises(msgnb.SettingsError, match="no platform 'ekko'; the known ones are blip, echo"):
        msgnb.connect("ekko")


def test_calls_are_awaited(world: Any) -> None:
    """`aio` awaits its tables."""

    async def read() -> int:
        async with msgnb.aio(world.echo) as echo:
            tables = await asyncio.gather(
                *(echo.messages(each) for each in (await echo.sessions())["session"])
            )
            return sum(map(len, tables))

    assert asyncio.run(read()) > 8


def test_a_campaign_is_sent_once(world: Any) -> None:
    """A campaign goes to each recipient once, and a second run sends nothing."""
    people = pd.DataFrame({"phone": [PHONE, "+15550100102", PHONE], "name": ["Ana", "Bo", "Ana"]})
    campaign = msgnb.Campaign(text="Hi {name}", title="First")
    assert world.echo.plan_campaign(campaign, people).segments == 2
    outcomes = world.echo.send_campaign(campaign, people)
    assert outcomes["state"].tolist() == ["sent", "sent", "skipped"]
    with pytest.warns(UserWarning, match="nothing was sent"):
        world.echo.send_campaign(campaign, people)
    assert world.received("echo") == {PHONE: ["Hi Ana"], "+15550100102": ["Hi Bo"]}
    assert world.echo.campaigns()["title"].tolist() == ["First"]
    assert campaign.watch()["state"].tolist() == ["sent", "sent", "skipped"]


def test_its_history_is_archived_analysed_and_masked(world: Any, tmp_path: Path) -> None:
    """The whole history is one table, an archive keeps it, and analysis and masking read it."""
    history = world.echo.history()
    assert len(history) > 50
    archive = msgnb.Archive(tmp_path / "archive")
    assert archive.sync(world.echo) == len(history)
    archive.sync(world.echo)  # what was delivered lately may have been read since
    kept = archive.messages()
    assert len(kept) == len(history)
    assert set(kept["platform"]) == {"echo"}
    assert kept.dtypes.equals(history.dtypes)
    assert history.msg.volume(by="month")["messages"].sum() == len(history)
    assert (history.msg.responses()["seconds"] >= 0).all()
    masked = history.msg.mask("a long secret of ours").to_csv()
    assert not [each for each in history["session"].unique() if each.removeprefix("+") in masked]


def test_reading_its_data_needs_no_platform(world: Any, tmp_path: Path) -> None:
    """A table and an archive of a platform that is not installed are read like any other."""
    msgnb.Archive(tmp_path / "archive").sync(world.echo)
    code = (
        "import importlib.metadata as m; real = m.entry_points\n"
        "ours = lambda **k: [e for e in real(**k) if e.name != 'echo']\n"
        "m.entry_points = lambda **k: (ours if k.get('group', '').startswith('msgnb') else real)(**k)\n"
        "import msgnb, sys\n"
        "found = msgnb.Archive(sys.argv[1]).messages()\n"
        "assert set(found['platform']) == {'echo'}, found['platform']\n"
        "assert found.msg.volume(by='year')['messages'].sum() == len(found) > 50\n"
        "try: msgnb.connect('echo')\n"
        "except msgnb.SettingsError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "archive")], capture_output=True, text=True, check=False
    )
    assert "no platform 'echo'" in done.stdout, done.stderr


def test_forms_know_it(world: Any) -> None:
    """Signing in, sending, campaigns and conversations work in forms."""
    sign_in = msgnb.widgets.SignIn("echo")
    sign_in.fields["key"].typed(world.credentials["echo"]["key"])
    client = sign_in.submit()
    assert client is not None, sign_in.error
    form = msgnb.widgets.SendForm(world.echo)
    form.to.value, form.text.value = PHONE, "From a form"
    assert form.submit() is not None, form.error
    assert "echo.send_text" in form.python
    campaigns = msgnb.widgets.CampaignForm(world.echo, pd.DataFrame({"phone": [PHONE]}))
    campaigns.text.value, campaigns.dry_run.value = "From the other form", False
    campaigns.submit()
    assert campaigns.outcomes["state"].tolist() == ["sent"], campaigns.error
    assert world.received("echo")[PHONE] == ["From a form", "From the other form"]
    view = msgnb.widgets.Conversations(world.echo)
    view.choose(PHONE)
    assert "From a form" in view.still()


def test_the_mode_knows_it() -> None:
    """`msgnb.use("mock")` connects to its mock."""
    msgnb.use("mock")
    assert len(msgnb.connect("echo").sessions()) == 8
    msgnb.use("live")


def test_there_is_a_fixture(echo_mock: Any) -> None:
    """The pytest plugin has a fixture for it."""
    echo_mock.client.send_text(PHONE, "Hello")
    echo_mock.journal.assert_sent_once(to=PHONE, text="Hello")
    assert echo_mock.url == "https://api.echo-sms.example"
    echo_mock.clock.advance(hours=1)
    echo_mock.receive(PHONE, echo_mock.client.account, "And you?")
    assert echo_mock.received() == {PHONE: ["Hello"]}


@pytest.mark.msgnb(server=True, faults=["503"])
def test_its_mock_has_a_port_and_faults(echo_mock: Any) -> None:
    """It is served on a port too, with every fault."""
    headers = {"X-Api-Key": echo_mock.credentials["key"]}
    assert requests.get(f"{echo_mock.url}/v1/account", headers=headers).status_code == 503


def test_the_command_line_serves_it() -> None:
    """`msgnb mocks --ui` serves it beside the others, and its phones are on the page."""
    command = [sys.executable, "-m", "msgnb.app.cli", "mocks", "--ui"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            ready = json.loads(process.stdout.readline())
            headers = {"X-Api-Key": ready["echo"]["key"]}
            account = requests.get(f"{ready['echo']['url']}/v1/account", headers=headers)
            assert account.json() == {"number": "+15550100100"}
            assert "echo" in requests.get(ready["ui"]).text
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        finally:
            process.kill()


def test_a_stranger_is_refused(world: Any) -> None:
    """A wrong key is an error of its own, and nothing shows it."""
    stranger = type(world.echo)("wrong-key-4711")
    with pytest.raises(msgnb.AuthError) as error:
        stranger.sessions()
    assert "4711" not in f"{error.value!r} {stranger!r}"


def test_a_span_is_part_of_the_whole(world: Any) -> None:
    """`since` and `until` leave out what is outside."""
    who = world.echo.sessions()["session"].iloc[0]
    whole = world.echo.messages(who)
    middle = whole["at"].iloc[len(whole) // 2]
    late = world.echo.messages(who, since=middle.to_pydatetime())
    early = world.echo.messages(who, until=middle.to_pydatetime())
    assert len(late) + len(early) == len(whole)
    assert late["at"].min() >= middle > early["at"].max()
    assert timedelta() < late["at"].max() - early["at"].min()
