"""What other people's clients prove of the mocks: each test's operations, held against a list that is kept.

The list, `proved.json`, is what the docs' page on fidelity tells. `MSGNB_PROVE=1` writes it anew.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from msgnb_mocks.core.journal import Journal
from msgnb_mocks.world.ensemble import Ensemble

PROVED = Path(__file__).parent / "proved.json"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "peer(client): whose client, with its version, a test runs unmodified")


@pytest.fixture(autouse=True)
def proves(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Compares the operations that were answered in a test with those that the list claims for it."""
    mark = request.node.get_closest_marker("peer")
    journals: list[Journal] = []
    made = Ensemble.__init__

    def init(self: Ensemble, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        journals.append(self.journal)

    monkeypatch.setattr(Ensemble, "__init__", init)
    yield
    if mark is None:
        return
    done = sorted({entry.operation for each in journals for entry in each if entry.done and entry.operation})
    claims = json.loads(PROVED.read_text(encoding="utf-8"))
    if os.environ.get("MSGNB_PROVE"):
        claims.setdefault(mark.args[0], {})[request.node.name] = done
        text = json.dumps(claims, indent=1, sort_keys=True)
        PROVED.write_text(f"{text}\n", encoding="utf-8")
    else:
        assert claims.get(mark.args[0], {}).get(request.node.name) == done
