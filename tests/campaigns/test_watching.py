"""Waiting for the end of a campaign."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator

import pandas as pd
import pytest

import msgnb
from msgnb.campaigns.watching import STALLED_AFTER, Progress, watch
from msgnb.widgets import CampaignProgress
from msgnb_mocks.platforms.smsdrop import SmsDropMock


def looks(*standings: Progress) -> Callable[[], Progress]:
    """Answers one after the other; the last one goes on for ever."""
    left = list(standings)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


ONGOING, DONE = Progress(100, 40, "sending", finished=False), Progress(100, 97, "completed", finished=True)


def test_it_ends_when_the_campaign_is_over() -> None:
    """It looks until the platform says that it is over, and not once more."""
    pauses: list[float] = []
    assert watch(looks(ONGOING, ONGOING, DONE), pauses.append, "News") is DONE
    assert len(pauses) == 2


def test_it_asks_less_often_while_nothing_moves() -> None:
    """Two seconds at first, more each time, half a minute at most; two again when something moved."""
    pauses: list[float] = []
    more = Progress(100, 41, "sending", finished=False)
    watch(looks(*[ONGOING] * 15, more, more, DONE), pauses.append, "News")
    assert pauses[:2] == [2.0, 2.6]
    assert max(pauses) == 30.0
    assert pauses[-2:] == [2.0, 2.6]


def test_it_gives_up_on_what_never_ends() -> None:
    """Ten minutes without a change are the end, too."""
    pauses: list[float] = []
    assert watch(looks(ONGOING), pauses.append, "News") is ONGOING
    assert STALLED_AFTER <= sum(pauses) < STALLED_AFTER + 30


def test_it_waits_for_one_that_is_for_later() -> None:
    """While a campaign waits for its time nothing is given up."""
    waiting = Progress(100, 0, "scheduled", finished=False, scheduled=True)
    pauses: list[float] = []
    watch(looks(*[waiting] * 200, DONE), pauses.append, "News")
    assert sum(pauses) > 5_000


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def no_kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("msgnb.core.notebook.running", lambda: False)
    yield


@pytest.mark.usefixtures("no_kernel")
def test_a_terminal_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the campaign, how many it has reached, and its state."""
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    watch(looks(ONGOING, DONE), lambda _: None, "News")
    assert "News: 97 of 100" in screen.getvalue()
    assert "reached completed" in screen.getvalue()


@pytest.mark.usefixtures("no_kernel")
def test_in_batch_it_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody looks nothing is written."""
    monkeypatch.setattr(sys, "stderr", screen := io.StringIO())
    watch(looks(ONGOING, DONE), lambda _: None, "News")
    assert not screen.getvalue()


def test_the_widget_says_how_far_it_is() -> None:
    """Bar, numbers, state; what somebody wrote as a title is escaped; green where everybody has it."""
    widget = CampaignProgress("<b>News")
    head, bar, words = widget.children
    assert "&lt;b&gt;News" in head.value
    widget.show(DONE)
    assert (bar.value, bar.max, bar.bar_style) == (97, 100, "info")
    assert "97 of 100 reached (97%) · completed" in words.value
    widget.show(Progress(3, 3, "", finished=True, verb="sent"))
    assert bar.bar_style == "success"
    assert "3 of 3 sent (100%)<" in words.value
    widget.show(Progress(0, 0, "", finished=True))
    assert "0 of 0 reached<" in words.value


# What SMSDrop tells


def test_a_launched_campaign_can_be_watched(world: msgnb.testing.Offline) -> None:
    """One that was launched, or read, by the platform's own verbs ends with an outcome for each phone."""
    sms = world.smsdrop
    sms.connection.http.pause = lambda seconds: world.mocks.clock.advance(seconds=seconds)
    launched = sms.launch_campaign(msgnb.Campaign("Hi", "MyShop", ["+22963588213", "+22963588214"]))
    assert launched.outcomes()["status"].tolist() == ["accepted"] * 2
    outcomes = launched.watch()
    assert outcomes["recipient"].tolist() == ["+22963588213", "+22963588214"]
    assert outcomes["status"].tolist() == ["delivered"] * 2
    assert set(outcomes["campaign"]) == {launched.id}
    read = sms.read_campaign(launched.id or "")
    assert read is not None
    assert read.watch()["status"].tolist() == ["delivered"] * 2


def test_one_that_the_operator_stopped_is_over(world: msgnb.testing.Offline) -> None:
    """Watching ends at ABORTED; how far each recipient is stays unknown."""
    sms, service = world.smsdrop, world._inside.applications["smsdrop"]
    assert isinstance(service, SmsDropMock)
    launched = sms.launch_campaign(msgnb.Campaign("Hi", "MyShop", ["+22963588213"]))
    sms.connection.http.pause = lambda _: service.abort(launched.id or "")
    assert launched.watch()["status"].tolist() == ["unknown"]


def test_a_crowd_of_campaigns_is_read_page_by_page(world: msgnb.testing.Offline) -> None:
    """The state of many campaigns takes a few requests, not one for each."""
    people = {"phone": [f"+5511{910_000_000 + n}" for n in range(50)], "name": list(map(str, range(50)))}
    given = msgnb.Campaign(text="Hi {name}", sender="MyShop")
    asked: list[msgnb.Attempt] = []
    login = dict(world.credentials["smsdrop"])
    with msgnb.SmsDrop(login["email"], login["password"], on_attempt=asked.append) as sms:
        sms.connection.journals = world.smsdrop.connection.journals
        sms.send_campaign(given, pd.DataFrame(people))
        before = len(asked)
        world.mocks.clock.advance(minutes=1)
        assert set(given.outcomes()["status"]) == {"delivered", "failed"}
    assert len(asked) - before <= 2
