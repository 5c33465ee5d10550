from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest
from documented import coverage
from loopback import Loopback
from vcr import VCR

import msgnb
from msgnb.testing import cassettes


@pytest.fixture(autouse=True)
def _nothing_put_in_before() -> Iterator[None]:
    """Each test finds its forms empty."""
    if forms := sys.modules.get("msgnb.widgets.form"):
        forms.forget_values()
    yield


@pytest.fixture(autouse=True)
def _own_state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or writes the journals, keys and lists of whoever runs it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def world() -> Iterator[msgnb.testing.Offline]:
    with msgnb.offline(seed=7) as world:
        yield world


def pytest_recording_configure(config: pytest.Config, vcr: VCR) -> None:
    cassettes.register(vcr)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many of the documented exchanges were played, where they were."""
    ran = [each for reports in terminalreporter.stats.values() for each in reports]
    if any("test_blip_documented" in getattr(each, "nodeid", "") for each in ran):
        terminalreporter.write_sep("-", "documented exchanges")
        for line in coverage():
            terminalreporter.write_line(line)
