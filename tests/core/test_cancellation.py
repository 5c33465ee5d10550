"""A call that is cancelled makes no further request, in none of its threads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError
from typing import Any

import pytest
import urllib3.util.connection
from gated import Gate
from loopback import Loopback, answers

import msgnb
from msgnb.core import cancellation
from msgnb.core.cancellation import Workers
from msgnb.core.http import READ, WRITE, Http
from msgnb.core.pacing import Pacing
from msgnb.core.responses import Explanation


class Unsigned:
    """Signs nothing."""

    def headers(self) -> Mapping[str, str]:
        return {}

    def renew(self, used: Mapping[str, str]) -> bool:
        return False

    def secrets(self) -> Iterable[msgnb.Secret]:
        return ()


class Token:
    """Signs in when a token is needed, one thread at a time."""

    def __init__(self) -> None:
        self.http: Http
        self.token = ""
        self._lock = threading.Lock()

    def headers(self) -> Mapping[str, str]:
        with self._lock:
            if not self.token:
                self._sign_in()
            return {"Authorization": self.token}

    def renew(self, used: Mapping[str, str]) -> bool:
        with self._lock:
            if used["Authorization"] == self.token:
                self._sign_in()
            return True

    def secrets(self) -> Iterable[msgnb.Secret]:
        return ()

    def _sign_in(self) -> None:
        self.token = str(self.http.send("POST", "/token", policy=READ, json={}, signed=False).body)


class Call:
    """A call in a thread of its own that can be cancelled."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.result: Any = None
        self.error: BaseException | None = None
        self._function = function
        self._event = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def cancel(self) -> None:
        self._event.set()

    def join(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.result = cancellation.run(self._event, self._function)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error


def client(url: str, auth: Any = None, **options: Any) -> Http:
    return Http("demo", url, auth=auth or Unsigned(), explain=lambda _: Explanation(), **options)


def get(http: Http) -> Any:
    return http.send("GET", "/x", policy=READ).body


def read_all(http: Http, workers: int, calls: int = 200) -> list[Any]:
    """Make many calls with some workers, as the rooms above do."""
    with Workers(workers) as pool:
        futures = [pool.submit(get, http) for _ in range(calls)]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


@pytest.mark.parametrize("workers", [8, 32])
def test_only_the_requests_on_the_wire_are_made(loopback: Loopback, workers: int) -> None:
    """All workers have a request on the wire when the call is cancelled: the server sees no other one."""
    gate = Gate(answers(7))
    loopback.script = [gate]
    http = client(loopback.url)
    call = Call(lambda: read_all(http, workers))
    gate.wait_for(workers)
    call.cancel()
    gate.open()
    call.join()
    assert len(loopback.seen) == workers
    assert isinstance(call.error, CancelledError)
    assert read_all(http, workers, calls=40) == [7] * 40


def test_cancelling_twice_is_cancelling_once(loopback: Loopback) -> None:
    """A second cancel changes nothing, neither during the call nor after it."""
    gate = Gate(answers(7))
    loopback.script = [gate]
    call = Call(lambda: read_all(client(loopback.url), 8))
    gate.wait_for(8)
    call.cancel()
    call.cancel()
    gate.open()
    call.join()
    call.cancel()
    assert len(loopback.seen) == 8


def test_another_call_of_the_same_client_goes_on(loopback: Loopback) -> None:
    """Of two calls at the same time, through the same pool, only the one that is cancelled ends."""
    gate = Gate(answers(7))
    loopback.script = [gate]
    http = client(loopback.url)

    def three() -> list[Any]:
        return [pool.submit(get, http).result() for _ in range(3)]

    with Workers(2) as pool:
        ended, other = Call(three), Call(three)
        gate.wait_for(2)
        ended.cancel()
        gate.open()
        ended.join()
        other.join()
    assert isinstance(ended.error, CancelledError)
    assert other.result == [7, 7, 7]
    assert len(loopback.seen) == 4


def test_a_thread_keeps_nothing_of_a_cancelled_call(loopback: Loopback) -> None:
    """A thread that ran a cancelled call makes requests for the next one."""
    loopback.script = [answers(7)]
    http, event = client(loopback.url), threading.Event()
    event.set()
    with pytest.raises(CancelledError):
        cancellation.run(event, get, http)
    assert get(http) == 7
    assert len(loopback.seen) == 1


def test_no_retry_follows(loopback: Loopback) -> None:
    """Temporary failures that arrive after the cancel are not tried again, however many workers wait."""
    gate = Gate(answers(status=503))
    loopback.script = [gate]
    call = Call(lambda: read_all(client(loopback.url), 8))
    gate.wait_for(8)
    call.cancel()
    gate.open()
    call.join()
    assert len(loopback.seen) == 8


def test_a_pause_between_attempts_ends(loopback: Loopback) -> None:
    """Workers that wait for a `Retry-After` wake up when the call is cancelled, and send nothing."""
    loopback.script = [answers(status=429, Retry_After="50")]
    pausing = threading.Semaphore(0)
    http = client(loopback.url)
    real = http.pause

    def pause(seconds: float) -> None:
        pausing.release()
        real(seconds)

    http.pause = pause
    call = Call(lambda: read_all(http, 8))
    for _ in range(8):
        assert pausing.acquire(timeout=30)
    call.cancel()
    call.join()
    assert len(loopback.seen) == 8
    assert isinstance(call.error, CancelledError)


def test_a_wait_for_the_rate_limit_ends(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers in the queue of the rate limit leave it, and whoever comes later does not stand behind them."""
    monkeypatch.setattr("msgnb.core.pacing.time.monotonic", lambda: 1000.0)
    gate = Gate(answers(7))
    loopback.script = [gate]
    queued, pauses = threading.Semaphore(0), []
    http = client(loopback.url, pacing=Pacing({"/x": 1}, penalty=120))
    real = http.pause

    def pause(seconds: float) -> None:
        queued.release()
        real(seconds + 30)

    http.pause = pause
    call = Call(lambda: read_all(http, 8))
    gate.wait_for(1)
    for _ in range(7):
        assert queued.acquire(timeout=30)
    call.cancel()
    gate.open()
    call.join()
    assert len(loopback.seen) == 1
    http.pause = pauses.append
    assert get(http) == 7
    assert pauses == [1.0]


def test_a_refusal_holds_up_those_who_wait_already(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits in the queue while another thread is refused waits for the end of the back-off, too."""
    now = [1000.0]
    monkeypatch.setattr("msgnb.core.pacing.time.monotonic", lambda: now[0])
    pacing, pauses = Pacing({"/x": 1}, penalty=120), []

    def pause(seconds: float) -> None:
        if not pauses:
            pacing.back_off(120)
        pauses.append(seconds)
        now[0] += seconds

    pacing.wait("/x", pause)
    pacing.wait("/x", pause)
    assert pauses == [1.0, 119.0]
    pacing.wait("/x", pause)
    assert pauses == [1.0, 119.0, 1.0]


@pytest.mark.parametrize("workers", [8, 32])
def test_a_sign_in_on_the_wire_is_the_last_request(loopback: Loopback, workers: int) -> None:
    """Workers that wait for one of them to sign in send nothing with the token; a later call uses it."""
    gate = Gate(answers("one"))
    loopback.script = [gate]
    auth = Token()
    http = auth.http = client(loopback.url, auth)
    call = Call(lambda: read_all(http, workers))
    gate.wait_for(1)
    call.cancel()
    gate.open()
    call.join()
    assert [seen.path for seen in loopback.seen] == ["/token"]
    assert get(http) == "one"
    assert [seen.path for seen in loopback.seen] == ["/token", "/x"]


def test_a_failed_sign_in_is_not_tried_by_the_next_worker(loopback: Loopback) -> None:
    """If the sign-in on the wire fails, none of the workers behind it signs in."""
    gate = Gate(answers(status=503))
    loopback.script = [gate]
    auth = Token()
    http = auth.http = client(loopback.url, auth)
    call = Call(lambda: read_all(http, 8))
    gate.wait_for(1)
    call.cancel()
    gate.open()
    call.join()
    assert [seen.path for seen in loopback.seen] == ["/token"]
    assert isinstance(call.error, CancelledError)


def test_a_refused_token_is_not_renewed(loopback: Loopback) -> None:
    """A 401 that arrives after the cancel makes nobody sign in; the next call does."""
    gate = Gate(answers(status=401), lambda seen: seen.path == "/x")
    loopback.script = [answers("old"), gate]
    auth = Token()
    http = auth.http = client(loopback.url, auth)
    call = Call(lambda: read_all(http, 8))
    gate.wait_for(8)
    call.cancel()
    gate.open()
    call.join()
    assert [seen.path for seen in loopback.seen] == ["/token", *["/x"] * 8]
    loopback.script = [answers(status=401), answers("new"), answers(7)]
    assert get(http) == 7


def test_a_redirect_is_not_followed(loopback: Loopback) -> None:
    """A redirect that arrives after the cancel is not followed; without a cancel it is."""
    gate = Gate(answers(status=307, Location="/y"))
    loopback.script = [gate]
    http = client(loopback.url)
    call = Call(lambda: get(http))
    gate.wait_for(1)
    call.cancel()
    gate.open()
    call.join()
    assert [seen.path for seen in loopback.seen] == ["/x"]
    assert isinstance(call.error, CancelledError)
    loopback.script = [answers(status=307, Location="/y"), answers(7)]
    assert get(http) == 7


def test_a_message_on_the_wire_is_answered(loopback: Loopback) -> None:
    """The response to a write that had left is returned, so that what became of it can be noted."""
    gate = Gate(answers({"id": "m1"}))
    loopback.script = [gate]
    http = client(loopback.url)
    call = Call(lambda: http.send("POST", "/x", policy=WRITE, json={}).body)
    gate.wait_for(1)
    call.cancel()
    gate.open()
    call.join()
    assert call.result == {"id": "m1"}


def test_a_cancelled_write_never_leaves(loopback: Loopback) -> None:
    """A write of a call that was cancelled before is not sent, and not of unknown outcome either."""
    loopback.script = [answers({})]
    event = threading.Event()
    event.set()
    http = client(loopback.url)
    with pytest.raises(CancelledError, match="POST request was cancelled"):
        cancellation.run(event, http.send, "POST", "/x", policy=WRITE, json={})
    assert loopback.seen == []


def test_what_cleans_up_is_shielded(loopback: Loopback) -> None:
    """Inside `shielded` a cancelled call makes requests, and after it none."""
    loopback.script = [answers(7)]
    http, event = client(loopback.url), threading.Event()
    event.set()

    def clean_up() -> None:
        with cancellation.shielded():
            assert get(http) == 7
        get(http)

    with pytest.raises(CancelledError):
        cancellation.run(event, clean_up)
    assert len(loopback.seen) == 1


def test_a_call_cancelled_while_it_connects_sends_nothing(
    loopback: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Opening a connection may take seconds; a request doesn't leave on one that was opened in vain."""
    cancelled = threading.Event()
    connect = urllib3.util.connection.create_connection

    def cancel_and_connect(*args: Any, **named: Any) -> Any:
        cancelled.set()
        return connect(*args, **named)

    monkeypatch.setattr("urllib3.util.connection.create_connection", cancel_and_connect)
    http = Http("acme", loopback.url, auth=Unsigned(), explain=lambda _: Explanation(None))
    token = cancellation.cancelled.set(cancelled)
    try:
        with pytest.raises(CancelledError):
            http.send("POST", "/messages", policy=WRITE, json={})
    finally:
        cancellation.cancelled.reset(token)
    assert loopback.seen == []
