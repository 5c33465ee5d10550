"""A campaign whose process is killed at any step, on platforms that show what they accepted at once or late.

Run again, nobody gets the message twice, and whoever is said to have it has it.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from attack_seeds import seeds
from killed_worker import PEOPLE, PHONES

from msgnb_mocks import World
from msgnb_mocks.core.operations import Request, Response
from msgnb_mocks.hosting.server import Server
from msgnb_mocks.platforms.blip import BlipMock
from msgnb_mocks.platforms.netsapiens import NetSapiensMock
from msgnb_mocks.platforms.smsdrop import SmsDropMock

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")

WORKER = Path(__file__).resolve().parents[1] / "support" / "killed_worker.py"
SEEDS = seeds(25)
MOCKS: dict[str, Any] = {"blip": BlipMock, "netsapiens": NetSapiensMock, "smsdrop": SmsDropMock}
SENDERS = {"blip": "", "netsapiens": "16195550101", "smsdrop": "MyShop"}
SETTINGS: dict[str, dict[str, Any]] = {"blip": {"plan": "none"}, "netsapiens": {}, "smsdrop": {}}


class Hiding:
    """A mock that does not show what it accepted, as long as `hides` is set."""

    def __init__(self, mock: Any) -> None:
        self.name, self.clock, self.mock = mock.name, mock.clock, mock
        self.hides = False

    def handle(self, request: Request) -> Response:
        found: Response = self.mock.handle(request)
        if not self.hides:
            return found
        if request.path.endswith("/commands"):
            command = orjson.loads(request.body)
            if command["method"] == "get" and command["uri"].startswith(("/threads", "/lists")):
                return Response.of({"id": command["id"], "status": "success", "resource": {"items": []}})
        if request.method == "GET" and "/messagesessions/" in request.path:
            return Response.of({"code": 404, "message": "Session does not exist"}, 404)
        if request.method == "GET" and request.path.endswith("/campaigns/"):
            return Response.of([])
        return found


class Platform:
    """A served mock, and the worker that sends to it."""

    def __init__(self, name: str, hiding: Hiding, url: str, worker: subprocess.Popen[str]) -> None:
        self.name, self.hiding = name, hiding
        self._worker = worker
        login = {key: value for key, value in hiding.mock.credentials.items() if key != "url"}
        self._login = {**login, **SETTINGS[name], "base_url": url}

    def send(self, journal: Path, text: str, last: int | None = None) -> dict[str, Any]:
        job = {
            "platform": self.name, "login": self._login, "journal": str(journal), "last": last, "text": text,
            "sender": SENDERS[self.name],
        }  # fmt: skip
        assert self._worker.stdin
        assert self._worker.stdout
        self._worker.stdin.write(json.dumps(job) + "\n")
        self._worker.stdin.flush()
        found: dict[str, Any] = json.loads(self._worker.stdout.readline())
        assert "error" not in found, found["error"]
        return found

    def received(self, text: str) -> dict[str, int]:
        """How often each phone got a text."""
        self.hiding.clock.advance(minutes=5)
        found = self.hiding.mock.received()
        return {
            phone: found.get(self._address(phone), []).count(text.format(name=name))
            for name, phone in zip(PEOPLE["name"], PHONES, strict=True)
        }

    def _address(self, phone: str) -> str:
        digits = phone.removeprefix("+")
        return {"smsdrop": phone, "netsapiens": digits, "blip": f"{digits}@wa.gw.msging.net"}[self.name]


@pytest.fixture(scope="module")
def worker() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(WORKER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        yield worker
        assert worker.stdin
        worker.stdin.close()


@pytest.fixture(params=MOCKS)
def platform(request: pytest.FixtureRequest, worker: subprocess.Popen[str]) -> Iterator[Platform]:
    mock = MOCKS[request.param](World(7))
    if request.param == "smsdrop":
        mock.state.failing_percent, mock.state.credit = 0, 100_000
    hiding = Hiding(mock)
    with Server(hiding) as server:  # type: ignore[arg-type] - it serves; nobody else asks for more
        yield Platform(request.param, hiding, server.url, worker)


@pytest.mark.parametrize("shown", [True, False], ids=["shown at once", "shown late"])
@pytest.mark.parametrize("text", ["Hi {name}", "Hi all"], ids=["one by one", "all at once"])
def test_a_death_at_any_step_makes_nobody_get_it_twice(
    platform: Platform, tmp_path: Path, shown: bool, text: str
) -> None:
    """Killed at seeded steps, and each time run to the end."""
    whole = platform.send(tmp_path / "whole.jsonl", text)
    assert set(whole["states"].values()) == {"sent"}
    already = platform.received(text)
    chance = random.Random(f"{platform.name} {shown} {text}")
    for number in range(SEEDS):
        journal = tmp_path / f"{number}.jsonl"
        platform.hiding.hides = not shown
        killed = platform.send(journal, text, chance.randrange(1, whole["steps"] + 1))
        assert killed["ended"] == -9
        states = platform.send(journal, text)["states"]
        platform.hiding.hides = False
        now = platform.received(text)
        got = {phone: now[phone] - already[phone] for phone in PHONES}
        already = now
        assert set(got.values()) <= {0, 1}
        assert {phone for phone, state in states.items() if state == "sent"} <= {
            phone for phone, count in got.items() if count
        }
        assert set(states.values()) <= {"sent", "unknown"}
        # A later run looks again, and finds what has become visible.
        later = platform.send(journal, text)["states"]
        assert {phone for phone, state in later.items() if state == "sent"} == {
            phone for phone, count in got.items() if count
        }
