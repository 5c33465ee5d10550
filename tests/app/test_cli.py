"""The command line as a user types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from msgnb.app import cli

CASSETTES = Path(__file__).resolve().parents[2] / "cassettes"
run = CliRunner()


def test_it_says_what_it_can() -> None:
    """Without arguments it shows its commands."""
    shown = run.invoke(cli.app, [])
    assert all(name in shown.output for name in ("mocks", "lab", "cassettes", "doctor", "completion"))


def test_the_mocks_are_served_until_interrupted() -> None:
    """`msgnb mocks --ui` prints where everything is, serves it, and ends cleanly with Ctrl-C."""
    command = [sys.executable, "-c", "from msgnb.app.cli import main; main()", "mocks", "--ui", "--strict"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = json.loads(process.stdout.readline())
        assert "Phones of the mock platforms" in requests.get(found["ui"]).text
        assert requests.get(f"{found['smsdrop']['url']}/api/users/me").status_code == 401
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_a_wrong_quirk_is_told() -> None:
    """What the mocks do not know ends with 1 and the words that they have for it."""
    assert run.invoke(cli.app, ["mocks", "--quirk", "nonsense"]).exit_code == 1


def test_clean_cassettes_end_with_0() -> None:
    """Our own recordings are clean, and the mocks answer as they did."""
    checked = run.invoke(cli.app, ["cassettes", "check", str(CASSETTES)])
    assert checked.exit_code == 0
    assert checked.output.startswith("Looked for tokens and keys, passwords, ")
    assert checked.output.endswith(": found none in 14 exchanges of 3 files\n")
    compared = run.invoke(cli.app, ["cassettes", "compare", str(CASSETTES)])
    assert compared.exit_code == 0
    assert "smsdrop.login (seen, 1 recorded): alike\n" in compared.output


def test_dirty_cassettes_end_with_1(tmp_path: Path) -> None:
    """What is found is told with file and line, for people and for programs."""
    (tmp_path / "one.yaml").write_text("version: 1\npassword: hunter22\n")
    told = run.invoke(cli.app, ["cassettes", "check", str(tmp_path)])
    assert told.exit_code == 1
    first, summary = told.output.splitlines()
    assert first == f"{tmp_path}/one.yaml:2: the value of password: hunt…"
    assert summary.endswith(": 1 finding in 0 exchanges of 1 file")
    (found,) = json.loads(run.invoke(cli.app, ["cassettes", "check", str(tmp_path), "--json"]).output)
    assert found == {"file": f"{tmp_path}/one.yaml", "line": 2, "what": "the value of password: hunt…"}


def test_a_missing_folder_ends_with_2(tmp_path: Path) -> None:
    """A folder without cassettes is an error of its own."""
    for command in ("check", "compare"):
        told = run.invoke(cli.app, ["cassettes", command, str(tmp_path / "none")])
        assert (told.exit_code, "there is no cassette in" in told.output) == (2, True)


def test_the_doctor_tells_no_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The report has versions, the names of settings whether the mocks work, and no value of a setting."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "msgnb.toml").write_text('[work.smsdrop]\nemail = "me@firm.com"\npassword = "very-secret"\n')
    monkeypatch.setenv("MSGNB_BLIP_KEY", "another-secret")
    shown = run.invoke(cli.app, ["doctor"])
    assert shown.exit_code == 0
    assert "12 campaigns read" in shown.output
    found = json.loads(run.invoke(cli.app, ["doctor", "--json"]).output)
    assert found["Settings"]["work.smsdrop"] == "email, password"
    assert found["Settings"]["default.blip"] == "key"
    for text in (shown.output, json.dumps(found)):
        assert not [secret for secret in ("very-secret", "another-secret", "me@firm.com") if secret in text]


def test_a_broken_setting_does_not_stop_the_doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file that is not valid TOML is reported in its place."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "msgnb.toml").write_text("[[[")
    found = json.loads(run.invoke(cli.app, ["doctor", "--json"]).output)
    assert found["Settings"]["error"].startswith("SettingsError")


def test_the_lab_opens_on_a_copy_of_the_tour(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The notebooks are put into a folder, where a file of one's own stays, and Lab is started there."""
    started: list[Any] = []

    def start(command: list[str], **options: Any) -> Any:
        started.append((command, options))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(cli.subprocess, "run", start)
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "01-tour.ipynb").write_text("mine")
    shown = run.invoke(cli.app, ["lab", str(folder), "--no-browser"])
    assert shown.exit_code == 0
    assert (folder / "01-tour.ipynb").read_text() == "mine"
    assert (folder / "04-campaign.ipynb").is_file()
    ((command, options),) = started
    assert command[1:3] == ["-m", "jupyterlab"]
    assert "--no-browser" in command
    assert ("--allow-root" in command) == (os.geteuid() == 0)
    assert options["cwd"] == folder
