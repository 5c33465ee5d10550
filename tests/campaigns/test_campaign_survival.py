"""A campaign survives the death of its process and of its connections: nobody gets it twice."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from campaign_worker import crowd
from loopback import Loopback, answers, drops

import msgnb
from msgnb_mocks import World
from msgnb_mocks.core.operations import Request, Response
from msgnb_mocks.hosting.server import Server
from msgnb_mocks.platforms.smsdrop import SmsDropMock

PEOPLE = 5_000
DEATHS = 10
WORKER = Path(__file__).resolve().parents[1] / "support" / "campaign_worker.py"


@pytest.fixture
def service() -> SmsDropMock:
    """A service that reaches every phone, with enough credit."""
    service = SmsDropMock(World(7))
    service.state.failing_percent = 0
    service.state.credit = 10 * PEOPLE
    return service


def got(service: SmsDropMock) -> Counter[str]:
    """How often each phone got something, by the mock's own count."""
    service.clock.advance(minutes=5)
    return Counter({phone: len(texts) for phone, texts in service.received().items()})


class Deadly:
    """The service, at one of whose launches the client's process dies: before it, after it, or soon."""

    def __init__(self, service: SmsDropMock, chance: random.Random) -> None:
        self.name, self.clock, self.service = service.name, service.clock, service
        self.chance = chance
        self.left = -1
        self.victim: subprocess.Popen[bytes] | None = None

    def arm(self) -> None:
        self.left = self.chance.randrange(1, PEOPLE // DEATHS)

    def handle(self, request: Request) -> Response:
        if request.method != "POST" or "campaigns" not in request.path:
            return self.service.handle(request)
        self.left -= 1
        if self.left != 0:
            return self.service.handle(request)
        return self.chance.choice([self._before, self._lost, self._after, self._soon])(request)

    def _before(self, request: Request) -> Response:
        self._kill()
        return self.service.handle(request)

    def _lost(self, _: Request) -> Response:
        self._kill()
        return Response(500)

    def _after(self, request: Request) -> Response:
        answer = self.service.handle(request)
        self._kill()
        return answer

    def _soon(self, request: Request) -> Response:
        threading.Timer(self.chance.uniform(0, 0.01), self._kill).start()
        return self.service.handle(request)

    def _kill(self) -> None:
        assert self.victim is not None
        self.victim.send_signal(signal.SIGKILL)


def test_ten_deaths_leave_nobody_with_two(service: SmsDropMock, tmp_path: Path) -> None:
    """Killed ten times at random moments and run again, it reaches each of 5,000 people once.

    Whoever was in the request of a death, and is not found, is unknown; everybody else is told right.
    """
    deadly = Deadly(service, random.Random(11))
    with Server(deadly) as server:  # type: ignore[arg-type] - it serves; nobody else asks for more
        login = json.dumps({**service.credentials, "url": server.url})
        journal, outcomes = tmp_path / "run.jsonl", tmp_path / "outcomes.csv"
        command = [sys.executable, WORKER, login, journal, outcomes, str(PEOPLE)]
        for _ in range(DEATHS):
            deadly.arm()
            with subprocess.Popen(command, stderr=subprocess.PIPE) as deadly.victim:
                assert deadly.victim.wait() == -signal.SIGKILL, deadly.victim.stderr.read()
        deadly.left = -1
        last = subprocess.run(command, capture_output=True, check=False, timeout=120)
        assert last.returncode == 0, last.stderr.decode()
    counted = got(service)
    assert set(counted.values()) == {1}
    told = pd.read_csv(outcomes, dtype="str")
    assert list(told["recipient"]) == list(crowd(PEOPLE)["phone"])
    assert set(told.loc[told["state"] == "sent", "recipient"]) == set(counted)
    unknown = told[told["state"] != "sent"]
    assert set(unknown["state"]) <= {"unknown"}
    assert len(unknown) <= DEATHS
    assert set(unknown["error_code"].dropna()) <= {"lost"}


def through(service: SmsDropMock, dropped: dict[str, bool], chance: random.Random) -> Any:
    """Behaves as the service, but drops one launch in twenty after reading it, half of them undone."""

    def behave(handler: Any) -> None:
        seen = handler.server.loopback.seen[-1]
        path, _, query = seen.path.partition("?")
        launch = seen.method == "POST" and path.endswith("/campaigns/")
        lost = launch and chance.random() < 0.05
        done = not lost or chance.random() < 0.5
        if lost:
            dropped[seen.json["recipient_list"][0]] = done
        answer = service.handle(Request(seen.method, path, query, seen.headers, seen.body)) if done else None
        (drops if lost or answer is None else answers(answer.body, answer.status))(handler)

    return behave


@pytest.fixture
def client(loopback: Loopback, service: SmsDropMock) -> Iterator[msgnb.SmsDrop]:
    login = service.credentials
    with msgnb.SmsDrop(login["email"], login["password"], base_url=loopback.url) as client:
        client.connection.http.pause = lambda _: None
        yield client


def test_lost_answers_are_unknown_and_never_sent_again(
    service: SmsDropMock, loopback: Loopback, client: msgnb.SmsDrop, tmp_path: Path
) -> None:
    """One connection in twenty drops: what can't be found is unknown, and nobody gets two."""
    dropped: dict[str, bool] = {}
    loopback.script = [through(service, dropped, random.Random(5))]
    campaign = msgnb.Campaign(text="Hi {name}!", sender="MyShop", title="Drops")
    journal = tmp_path / "run.jsonl"
    people = crowd(PEOPLE)
    outcomes = client.send_campaign(campaign, people, journal=journal)
    states = dict(zip(outcomes["recipient"], outcomes["state"], strict=True))
    undone = {phone for phone, done in dropped.items() if not done}
    assert 150 < len(dropped) < 350
    assert {phone for phone, state in states.items() if state == "unknown"} == undone
    assert set(states.values()) == {"sent", "unknown"}
    counted = got(service)
    assert set(counted.values()) == {1}
    assert counted.keys() == states.keys() - undone

    launches = sum(seen.method == "POST" for seen in loopback.seen)
    with pytest.warns(UserWarning, match="nothing was sent"):
        again = client.send_campaign(campaign, people, journal=journal)
    assert list(again["state"]) == list(outcomes["state"])
    assert sum(seen.method == "POST" for seen in loopback.seen) == launches
    assert set(outcomes.msg.unknown()["recipient"]) == undone
    assert outcomes.msg.failed().empty


def test_the_first_lost_answer_pauses_until_it_was_looked_up(
    service: SmsDropMock, loopback: Loopback, client: msgnb.SmsDrop, tmp_path: Path
) -> None:
    """A message that arrived although its answer was lost is found before the next one leaves."""
    lost = random.Random(1)
    lost.random = cycle([0.0, 0.1, 0.9]).__next__  # type: ignore[method-assign]
    loopback.script = [through(service, {}, lost)]
    pauses: list[int] = []
    client.connection.http.pause = lambda _: pauses.append(len(loopback.seen))
    campaign = msgnb.Campaign(text="Hi {name}!", sender="MyShop")
    outcomes = client.send_campaign(campaign, crowd(2), journal=tmp_path / "run.jsonl")
    assert list(outcomes["state"]) == ["sent"] * 2
    after = [(seen.method, seen.path.partition("?")[0]) for seen in loopback.seen[pauses[0] :]]
    assert after == [("GET", "/api/campaigns/"), ("POST", "/api/campaigns/")]


def test_a_service_that_always_drops_is_left_alone(
    loopback: Loopback, client: msgnb.SmsDrop, service: SmsDropMock, tmp_path: Path
) -> None:
    """After five lost answers in a row nothing more is tried, and what was not tried may be sent later."""
    always = random.Random(1)
    # Each launch is lost, and not done.
    always.random = cycle([0.0, 0.9]).__next__  # type: ignore[method-assign]
    loopback.script = [through(service, {}, always)]
    campaign = msgnb.Campaign(text="Hi {name}!", sender="MyShop")
    outcomes = client.send_campaign(campaign, crowd(20), journal=tmp_path / "run.jsonl")
    assert sum(seen.path.endswith("/campaigns/") and seen.method == "POST" for seen in loopback.seen) == 5
    assert len(outcomes.msg.failed()) == 15
    assert outcomes["error"].iloc[-1] == "not sent because of the previous error: no response was received"
    assert outcomes["attempts"].tolist() == [1] * 5 + [0] * 15
