"""Listening that is cancelled leaves no subscription, no server and no thread behind."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from listening import Stub, told

import msgnb
from msgnb.core import cancellation
from msgnb.events.live import Live


class Requests(Stub):
    """A source whose methods end, as requests do, if the call was cancelled; one of them can be held."""

    def __init__(self, held: str = "") -> None:
        super().__init__()
        self.entered = threading.Event()
        self.go = threading.Event()
        self._held = held

    def subscribe(self, topic: str, url: str, lifetime: timedelta) -> str:
        self._leave(topic)
        return super().subscribe(topic, url, lifetime)

    def renew(self, subscription: str, lifetime: timedelta) -> None:
        self._leave("renew")
        raise msgnb.NotFound("it is gone")

    def unsubscribe(self, subscription: str) -> None:
        self._leave("unsubscribe")
        super().unsubscribe(subscription)

    def _leave(self, what: str) -> None:
        cancellation.check(what)
        if what == self._held:
            self.entered.set()
            assert self.go.wait(30)


def listen(source: Stub, *topics: str) -> Live:
    return Live(source, topics, lifetime=timedelta(hours=1), listener=None, keep=100)


def cancel(function: Callable[[], Any], source: Requests) -> BaseException | None:
    """Run a function in a thread, cancel it while the source is held, and return what it raised."""
    event = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(cancellation.run, event, function)
        assert source.entered.wait(30)
        event.set()
        source.go.set()
        return future.exception(30)


@pytest.mark.parametrize("held", ["message", "call"])
def test_a_start_that_is_cancelled_leaves_nothing(held: str) -> None:
    """Cancelled while it subscribes to the first or the last topic, it deletes what it has subscribed to."""
    source = Requests(held)
    live = listen(source, "message", "call")
    assert isinstance(cancel(live.start, source), CancelledError)
    assert source.opened == {}
    assert not live.running
    assert not live._listener.running


def test_a_stop_that_is_cancelled_is_finished() -> None:
    """A cancel while the first subscription is deleted does not leave the second one behind."""
    source = Requests("unsubscribe")
    live = listen(source, "message", "call").start()
    assert cancel(live.stop, source) is None
    assert source.opened == {}
    assert not live._listener.running


def test_a_wait_that_is_cancelled_ends() -> None:
    """A thread that waits for an event is free again, however long it was to wait."""
    live, event, looking = listen(Stub(), "message"), threading.Event(), threading.Event()
    live._receive("message", [told("message", "hi")])

    def never(_: Any) -> bool:
        looking.set()
        return False

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(cancellation.run, event, live.wait, never, 3600.0)
        assert looking.wait(30)
        event.set()
        assert isinstance(future.exception(30), CancelledError)


def test_a_renewal_does_not_outlive_the_end() -> None:
    """A subscription that is renewed, and found to be gone, while it is stopped is not there afterwards."""
    source = Requests("renew")
    live = listen(source, "message").start()
    with ThreadPoolExecutor(2) as pool:
        renewed = pool.submit(live.renew)
        assert source.entered.wait(30)
        stopped = pool.submit(live.stop)
        assert live._stopped.wait(30)
        source.go.set()
        assert renewed.result(30)
        stopped.result(30)
    assert source.opened == {}
