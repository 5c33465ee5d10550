"""Keeping to a platform's rate, and resting when it asks for rest."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from loopback import Loopback, answers

import msgnb
from msgnb.core.pacing import Pacing

MESSAGE = {"to": "551100001111@0mn.io", "type": "text/plain", "content": "x"}


class Time:
    """A clock that moves when somebody pauses."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.paused: list[float] = []

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        self.now += seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr("msgnb.core.pacing.time.monotonic", lambda: time.now)
    return time


def test_no_second_has_more_than_the_rate(time: Time) -> None:
    """In any second that many begin and no more; a burst within the rate waits for nothing."""
    pacing = Pacing({"/messages": 3}, penalty=120)
    begun = []
    for _ in range(10):
        pacing.wait("/messages", time.pause)
        begun.append(time.now)
    assert begun[:3] == [1000.0] * 3
    assert all(later - earlier >= 1 for earlier, later in zip(begun, begun[3:], strict=False))
    assert begun[-1] == 1003.0


def test_each_kind_has_its_own_rate(time: Time) -> None:
    """Messages do not hold up commands, and what has no rate is not held up."""
    pacing = Pacing({"/messages": 1, "/commands": 2}, penalty=120)
    for path in ("/messages", "/commands", "/commands", "/other", "/other"):
        pacing.wait(path, time.pause)
    assert time.paused == []
    pacing.wait("/commands", time.pause)
    assert time.paused == [1.0]


def test_threads_share_the_rate(time: Time) -> None:
    """Threads that come at once get places one after the other."""
    pacing, delays = Pacing({"/messages": 5}, penalty=120), []
    threads = [threading.Thread(target=pacing.wait, args=("/messages", delays.append)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(delays) == [1.0] * 5 + [2.0] * 5 + [3.0] * 5


def test_a_rest_is_for_everybody(time: Time) -> None:
    """While one rests nobody begins, whatever they want."""
    pacing = Pacing({"/messages": 5}, penalty=120)
    pacing.back_off(120)
    pacing.wait("/commands", time.pause)
    assert time.paused == [120.0]


@pytest.mark.parametrize(("plan", "rate"), [("free", 3), ("paid", 50)])
def test_a_plan_is_kept_to(loopback: Loopback, time: Time, plan: Any, rate: int) -> None:
    """One message more than the plan allows waits for its second; without a plan nothing waits."""
    loopback.script = [answers(status=202)]
    for chosen, pauses in ((plan, 1), ("none", 0)):
        time.paused.clear()
        bot = msgnb.Blip("eDp5", base_url=loopback.url, plan=chosen)
        bot.connection.http.pause = time.pause
        for _ in range(rate + 1):
            bot.send_message(MESSAGE)
        assert len(time.paused) == pauses
    with pytest.raises(msgnb.SettingsError, match="'gold' is none of free, paid, none"):
        msgnb.Blip("eDp5", plan="gold")  # type: ignore[arg-type]


@pytest.mark.parametrize(("headers", "seconds"), [({}, 120.0), ({"Retry_After": "7"}, 7.0)])
def test_a_refusal_is_followed_by_a_rest(
    loopback: Loopback, time: Time, headers: Any, seconds: float
) -> None:
    """After a 429 everything rests for the documented two minutes, or as long as the platform says."""
    loopback.script = [answers(status=429, **headers), answers(status=202), answers(status=202)]
    bot = msgnb.Blip("eDp5", base_url=loopback.url)
    bot.connection.http.pause = time.pause
    bot.send_message(MESSAGE)
    assert time.paused == [seconds]
    assert len(loopback.seen) == 2


def test_a_forced_command_rests_too(loopback: Loopback, time: Time) -> None:
    """What is tried again by hand waits for the end of the platform's rest, and so does everything else."""
    body = {"method": "get", "status": "success"}
    loopback.script = [answers(status=429), answers(body), answers(status=202)]
    bot = msgnb.Blip("eDp5", base_url=loopback.url)
    bot.connection.http.pause = time.pause
    bot.force_command({"method": "get", "uri": "/ping"}, 3, 1.0)
    assert time.paused == [1.0, 119.0]
    time.paused.clear()
    bot.send_message(MESSAGE)
    assert time.paused == []


def test_a_long_rest_is_seen_and_can_be_broken_off(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pause of seconds shows a bar that says why where somebody is looking; Ctrl-C ends it."""
    from msgnb.core import progress

    monkeypatch.setattr(progress, "is_interactive", lambda: True)
    monkeypatch.setattr(progress, "_wait", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        progress.pause(120, None, "waiting for blip")
    assert "waiting for blip: 0 of 120 s" in capsys.readouterr().err


def test_a_rest_ends_when_it_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rest that is given up meanwhile goes on no longer."""
    from msgnb.core import progress

    monkeypatch.setattr(progress, "is_interactive", lambda: True)
    given_up = threading.Event()
    given_up.set()
    progress.pause(120, given_up, "waiting for blip")
