"""The official SDK `smsdrop-python` 0.1.0, as its users have it, against the mock server."""

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
# Its other requirements are for its documentation; and it can't be imported on Python 3.11.
PACKAGES = ("smsdrop-python==0.1.0", "httpx<0.19", "tenacity<8", "redis<4")


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python 3.10 that holds the SDK and nothing else."""
    places = [shutil.which("python3.10"), *Path.home().glob(".pyenv/versions/3.10*/bin/python3.10")]
    python = next((place for place in places if place and _runs(place)), None)
    if python is None:
        pytest.skip("no Python 3.10 here, and the SDK can't be imported on a newer one")
    home = tmp_path_factory.mktemp("sdk")
    subprocess.run([python, "-m", "venv", home], check=True, capture_output=True)
    pip = [home / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", "smsdrop-python==0.1.0"]
    subprocess.run(pip, check=True, capture_output=True)
    needs = [home / "bin" / "python", "-m", "pip", "install", "--quiet", *PACKAGES[1:]]
    subprocess.run(needs, check=True, capture_output=True)
    return home / "bin" / "python"


def _runs(python: str | Path) -> bool:
    """Whether it is more than a shim for an interpreter that is not there."""
    return subprocess.run([python, "--version"], capture_output=True, check=False).returncode == 0


def test_the_sdk_does_its_whole_job(interpreter: Path) -> None:
    """The SDK logs in, reads, sends, retries and fails against the mock as its documentation says."""
    with msgnb_mocks.serve(seed=7) as servers:
        login = servers.credentials["smsdrop"]
        command = [interpreter, HERE / "smsdrop_user.py", login["url"], login["email"], login["password"]]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        seen: dict[str, Any] = json.loads(done.stdout)
        campaigns = msgnb.SmsDrop(login["email"], login["password"], base_url=login["url"]).campaigns()

    assert seen["me"] == login["email"]
    assert seen["campaigns"] == 5
    assert seen["launched"]["status"] == "PENDING"
    assert seen["read_back"] == "Hello from the SDK"
    assert seen["missing"] is None
    assert seen["credit_after"] == seen["credit_before"] - seen["launched"]["messages"]
    assert seen["too_little_credit"] == seen["still_too_little"]
    assert "sender" in seen["invalid"]
    assert seen["wrong_password"]
    assert {seen["launched"]["id"], seen["too_little_credit"]} <= set(campaigns["campaign"])
