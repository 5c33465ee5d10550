"""One switch for a notebook: mocks, recording or the real thing, with the same lines below it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests
from vcr.errors import CannotOverwriteExistingCassetteException

import msgnb
from msgnb.app import modes


@pytest.fixture(autouse=True)
def nothing_stays_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(modes, "_current", None)
    yield
    if modes._current:
        modes._current.stop()


def cells() -> list[object]:
    """What a notebook does, whatever mode is on."""
    sms = msgnb.connect("smsdrop")
    pbx = msgnb.connect("netsapiens")
    bot = msgnb.connect("blip")
    try:
        return [list(sms.campaigns()["title"]), len(pbx.sessions()), len(bot.contacts())]
    finally:
        for client in (sms, pbx, bot):
            client.close()


def test_the_same_cells_run_in_every_mode(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Recorded live, here from served mocks, the same cells bring the same from cassette and mocks."""
    path = tmp_path / "notebook.yaml"
    with msgnb.testing.serve() as served:
        for platform, login in served.credentials.items():
            if platform in {"blip", "netsapiens", "smsdrop"}:
                names = {"base_url": login["url"], **{k: v for k, v in login.items() if k != "url"}}
                for name, value in names.items():
                    monkeypatch.setenv(f"MSGNB_{platform.upper()}_{name.upper()}", value)
        live = msgnb.use("live", path, texts="masked")
        assert repr(live) == f"<mode live, recorded into {path}>"
        there = cells()
        msgnb.use("live")
        secrets = [served.credentials["blip"]["key"], served.credentials["netsapiens"]["password"]]
        for variable in [name for name in os.environ if name.startswith("MSGNB_")]:
            monkeypatch.delenv(variable)
    assert not [secret for secret in secrets if secret in path.read_text()]
    assert repr(msgnb.use("cassette", path)) == f"<mode cassette: {path}>"
    assert cells() == there
    assert cells() == there  # a cell that is run again
    msgnb.use("mock")
    assert cells() == there


def test_live_never_replays(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two recordings under one name send twice, and are two files, or one that grows."""
    path = tmp_path / "tuesday.yaml"
    with msgnb.testing.serve() as served:
        login = served.credentials["smsdrop"]
        for name, value in {
            "base_url": login["url"],
            "email": login["email"],
            "password": login["password"],
        }.items():
            monkeypatch.setenv(f"MSGNB_SMSDROP_{name.upper()}", value)
        for record in ("new", "new", "append"):
            msgnb.use("live", path, record=record)
            with msgnb.connect("smsdrop") as sms:
                sms.send_text("+22963588213", "Hello", sender="MyShop")
        msgnb.use("live")
        served.clock.advance(minutes=5)
        assert served.received("smsdrop") == {"+22963588213": ["Hello"] * 3}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["tuesday-2.yaml", "tuesday.yaml"]
    launches = [each.read_text().count("/campaigns/\n") for each in (path, tmp_path / "tuesday-2.yaml")]
    assert launches == [2, 1]


def test_a_process_that_simply_ends_writes_its_recording(tmp_path: Path) -> None:
    """Neither `use` nor a context manager has to end it."""
    path = tmp_path / "short.yaml"
    code = f"""
import msgnb, requests
with msgnb.testing.serve() as world:
    msgnb.use("live", {str(path)!r})
    requests.get(world.credentials["smsdrop"]["url"] + "/api/users/me")
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert "/api/users/me" in path.read_text()


def test_a_client_of_a_recording_ends_with_it(tmp_path: Path) -> None:
    """Once another mode is on, the client of a recording does not connect to the platform."""
    path = tmp_path / "empty.yaml"
    path.write_text("interactions: []\nversion: 1\n")
    msgnb.use("cassette", path)
    client = msgnb.connect("blip")
    msgnb.use("live")
    with pytest.raises(msgnb.Unreachable, match="has ended, so nothing was sent"):
        client.contacts()


def test_a_mode_that_is_on_refuses_every_other_host(tmp_path: Path) -> None:
    """In mock and in cassette a request elsewhere is refused, and told which mode is on."""
    msgnb.use("mock")
    with pytest.raises(requests.ConnectionError, match=r"offline mode is on \(the mocks\): example\.com"):
        requests.get("https://example.com/")
    path = tmp_path / "empty.yaml"
    path.write_text("interactions: []\nversion: 1\n")
    msgnb.use("cassette", path)
    with pytest.raises(
        CannotOverwriteExistingCassetteException, match=r"<mode cassette: .*> is on: no request"
    ):
        requests.get("https://example.com/")


def test_the_environment_chooses_a_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word in the notebook, MSGNB_MODE decides."""
    monkeypatch.setenv("MSGNB_MODE", "mock")
    assert len(msgnb.connect("blip").sessions()) > 10
    mode = modes.current()
    assert mode is not None
    assert mode.name == "mock"


def test_a_wrong_mode_says_what_there_is(tmp_path: Path) -> None:
    """An unknown mode, a cassette that is missing or not needed: each says what to do."""
    for arguments, words in (
        (("offline",), "no mode 'offline'; there are mock, live, cassette"),
        (("cassette",), r"none is passed; msgnb\.use\('live', 'file\.yaml'\) records one"),
        (("cassette", tmp_path / "none.yaml"), "none.yaml does not exist"),
        (("mock", "file.yaml"), "mode 'mock' does not use a cassette"),
    ):
        with pytest.raises(msgnb.SettingsError, match=words):
            msgnb.use(*arguments)


def test_a_mode_that_failed_changes_nothing() -> None:
    """A switch that can't be made leaves the one before it on."""
    before = msgnb.use("mock")
    with pytest.raises(msgnb.SettingsError):
        msgnb.use("cassette")
    assert modes.current() is before
    assert len(msgnb.connect("smsdrop").campaigns()) > 3


def test_a_running_mock_shows_what_happens_in_it() -> None:
    """In a notebook a mock world tells who got what, what was asked and what goes wrong, escaped."""
    mode = msgnb.use("mock")
    world = mode.world
    assert world is not None
    assert "Nothing yet." in mode._repr_html_()
    world.clock.freeze()
    world.faults.add("500", operation="smsdrop.me", nth=1)
    world.smsdrop.send_text("+22963588213", "<script>alert(1)</script>", sender="MyShop")
    world.smsdrop.send_text("+22963588213", "second <b>text</b>", sender="MyShop")
    world.clock.advance(minutes=1)
    shown = world._repr_html_()
    assert "<script>" not in shown
    assert "second &lt;b&gt;text&lt;/b&gt; (and 1 before)" in shown
    assert all(word in shown for word in ("smsdrop.campaigns.launch", "standing still", "0 times", "seed 7"))
    assert repr(mode) == f"<mode mock: {world!r}>"


def test_a_recording_can_be_replayed_right_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is being recorded is written before it is replayed, wherever the process is meanwhile."""
    monkeypatch.chdir(tmp_path)
    with msgnb.testing.serve() as world:
        login = world.credentials["smsdrop"]
        monkeypatch.setenv("MSGNB_SMSDROP_BASE_URL", login["url"])
        monkeypatch.setenv("MSGNB_SMSDROP_EMAIL", login["email"])
        monkeypatch.setenv("MSGNB_SMSDROP_PASSWORD", login["password"])
        try:
            msgnb.use("live", "a.yaml")
            recorded = msgnb.connect("smsdrop").campaigns()
            (tmp_path / "other").mkdir()
            monkeypatch.chdir(tmp_path / "other")
            msgnb.use("cassette", tmp_path / "a.yaml")
            assert len(msgnb.connect("smsdrop").campaigns()) == len(recorded)
        finally:
            msgnb.use("live")


def test_a_replay_sends_nothing_from_many_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients of a recording have no connection, whatever other threads do to VCR meanwhile."""
    monkeypatch.setenv("MSGNB_MASK_KEY", "a key of the test")
    with msgnb.testing.serve() as world:
        login = world.credentials["smsdrop"]
        monkeypatch.setenv("MSGNB_SMSDROP_BASE_URL", login["url"])
        for name in ("email", "password"):
            monkeypatch.setenv(f"MSGNB_SMSDROP_{name.upper()}", login[name])
        try:
            msgnb.use("live", tmp_path / "a.yaml")
            msgnb.connect("smsdrop").campaigns()
            msgnb.use("cassette", tmp_path / "a.yaml")
            before = len(world.journal.frame())

            def work() -> None:
                for _ in range(10):
                    sms = msgnb.connect("smsdrop")
                    sms.campaigns()
                    with suppress(Exception):
                        sms.send_text("+22963588213", "Hi", sender="MyShop")

            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(world.journal.frame()) == before
        finally:
            msgnb.use("live")


RECORDER = """
import os, sys, time, msgnb
msgnb.use("live", sys.argv[1])
sms = msgnb.connect("smsdrop")
sms.campaigns()
if sys.argv[2] == "fork" and os.fork() == 0:
    sms.contacts()
    os._exit(0)
print("ready", flush=True)
time.sleep(60)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither forks nor this signal")
@pytest.mark.parametrize("way", ["alone", "fork"])
def test_a_recorder_that_is_terminated_has_written(tmp_path: Path, way: str) -> None:
    """What came before a signal is in the file, and a forked process does not replace it."""
    path = tmp_path / "a.yaml"
    with msgnb.testing.serve() as world:
        login = world.credentials["smsdrop"]
        environment = {
            **os.environ,
            "MSGNB_SMSDROP_BASE_URL": login["url"],
            "MSGNB_SMSDROP_EMAIL": login["email"],
            "MSGNB_SMSDROP_PASSWORD": login["password"],
        }
        command = [sys.executable, "-c", RECORDER, str(path), way]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as recorder:
            assert recorder.stdout
            assert recorder.stdout.readline() == "ready\n"
            recorder.terminate()
    assert path.read_text().count("/campaigns/") == 1
