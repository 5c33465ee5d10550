from __future__ import annotations

from collections.abc import Iterator

import pytest
from vcr import VCR

import msgnb
from loopback import Loopback
from msgnb.testing import cassettes


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
