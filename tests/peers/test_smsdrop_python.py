"""The official SDK `smsdrop-python`, both versions that people run, against the mock server."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import msgnb
import msgnb_mocks

HERE = Path(__file__).parent
# The first one's other requirements are for its documentation; neither can be imported on Python 3.11.
PACKAGES = {
    "0.1.0": ("smsdrop-python==0.1.0", "httpx<0.19", "tenacity<8", "redis<4"),
    "1.0.0": ("smsdrop-python==1.0.0", "httpx<1", "tenacity<9", "redis<6"),
}
USERS = {"0.1.0": HERE / "smsdrop_user.py", "1.0.0": HERE / "smsdrop_user_1.py"}


def sdk(version: str, folder: Path) -> Path:
    """A Python 3.10 that holds one version of the SDK."""
    places = [shutil.which("python3.10"), *Path.home().glob(".pyenv/versions/3.10*/bin/python3.10")]
    python = next((place for place in places if place and _runs(place)), None)
    if python is None:
        pytest.skip("no Python 3.10 here, and the SDK can't be imported on a newer one")
    subprocess.run([python, "-m", "venv", folder], check=True, capture_output=True)
    first, *needs = PACKAGES[version]
    pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "--no-deps", first], check=True, capture_output=True)
    subprocess.run([*pip, *needs], check=True, capture_output=True)
    return folder / "bin" / "python"


def _runs(python: str | Path) -> bool:
    """Whether it is more than a shim for an interpreter that is not there."""
    return subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0


def used(version: str, folder: Path) -> tuple[dict[str, Any], set[str]]:
    """What a user of a version saw, and the campaigns that are there afterwards."""
    interpreter = sdk(version, folder)
    with msgnb_mocks.serve(seed=7) as servers:
        login = servers.credentials["smsdrop"]
        command = [interpreter, USERS[version], login["url"], login["email"], login["password"]]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        with msgnb.SmsDrop(login["email"], login["password"], base_url=login["url"]) as client:
            campaigns = client.campaigns()
    assert seen["me"] == login["email"]
    assert seen["campaigns"] == 5
    assert seen["credit_after"] == seen["credit_before"] - seen["launched"]["messages"]
    assert "sender" in seen["invalid"]
    assert seen["wrong_password"]
    return seen, set(campaigns["campaign"])


@pytest.mark.peer("smsdrop-python 0.1.0 (PyPI)")
def test_the_first_sdk_does_its_whole_job(tmp_path: Path) -> None:
    """The SDK logs in, reads, sends, retries and fails against the mock as its documentation says."""
    seen, campaigns = used("0.1.0", tmp_path)
    assert seen["launched"]["status"] == "PENDING"
    assert seen["read_back"] == "Hello from the SDK"
    assert seen["missing"] is None
    assert seen["too_little_credit"] == seen["still_too_little"]
    assert {seen["launched"]["id"], seen["too_little_credit"]} <= campaigns


@pytest.mark.peer("smsdrop-python 1.0.0 (PyPI)")
def test_the_new_sdk_does_its_whole_job(tmp_path: Path) -> None:
    """The SDK, which sends more fields to other paths, does the same."""
    seen, campaigns = used("1.0.0", tmp_path)
    assert seen["still_too_little"]
    assert {seen["launched"]["id"], seen["too_little_credit"]} <= campaigns
