from __future__ import annotations

from collections.abc import Iterator

import pytest

import msgnb
from loopback import Loopback


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def world() -> Iterator[msgnb.testing.Offline]:
    with msgnb.offline(seed=7) as world:
        yield world
