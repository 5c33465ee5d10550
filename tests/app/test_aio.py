"""Clients for those who write `await`."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from awaiting import run
from loopback import Loopback, answers

import msgnb

SMS = {"email": "ana@example.com", "password": "word"}


class Slow:
    """Calls that wait until they are let go, and count how many are inside."""

    def __init__(self) -> None:
        self.name = "slow"
        self.inside = 0
        self.most = 0
        self.begun = 0
        self.closed = False
        self.full = threading.Semaphore(0)
        self.go = threading.Event()
        self._lock = threading.Lock()

    def work(self, number: int) -> int:
        """Wait."""
        with self._lock:
            self.begun += 1
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.full.release()
        assert self.go.wait(10)
        with self._lock:
            self.inside -= 1
        return number

    def fail(self) -> None:
        """Raise."""
        raise msgnb.Rejected("no")

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def __enter__(self) -> Slow:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


async def entered(slow: Slow, count: int) -> None:
    for _ in range(count):
        assert await asyncio.to_thread(slow.full.acquire, timeout=10)


def test_calls_run_side_by_side_within_their_number() -> None:
    """As many calls as there are threads run at once, no more, and results come in order."""
    slow = Slow()

    async def main() -> list[int]:
        async with msgnb.aio(slow, threads=3) as awaited:
            calls = asyncio.gather(*(awaited.work(number) for number in range(8)))
            await entered(slow, 3)
            assert (slow.begun, slow.inside) == (3, 3)
            slow.go.set()
            return await calls

    assert run(main()) == list(range(8))
    assert slow.most == 3
    assert slow.closed


def test_errors_come_as_they_are() -> None:
    """What a call raises is raised where it is awaited."""

    async def main() -> None:
        with pytest.raises(msgnb.Rejected, match="no"):
            await msgnb.aio(Slow()).fail()

    run(main())


def test_a_call_that_waits_its_turn_never_begins_when_cancelled() -> None:
    """A cancelled call that has no thread yet is not made."""
    slow = Slow()

    async def main() -> None:
        awaited = msgnb.aio(slow, threads=1)
        first = asyncio.ensure_future(awaited.work(1))
        await entered(slow, 1)
        second = asyncio.ensure_future(awaited.work(2))
        await asyncio.sleep(0)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
        slow.go.set()
        assert await first == 1
        await awaited.aclose()

    run(main())
    assert slow.begun == 1


def test_a_cancelled_walk_makes_no_further_request(loopback: Loopback) -> None:
    """A list that is read page by page stops after the request that was on its way."""
    asked, go = threading.Event(), threading.Event()

    def page(handler: Any) -> None:
        asked.set()
        assert go.wait(10)
        answers([{"id": f"m{len(loopback.seen)}-{number}"} for number in range(1000)])(handler)

    loopback.script = [answers({"access_token": "a", "expires_in": 3600}), page]
    login = {"client_id": "c", "client_secret": "s", "username": "1@d", "password": "p"}
    client = msgnb.NetSapiens(loopback.url, **login)

    async def main() -> None:
        awaited = msgnb.aio(client, threads=1)
        call = asyncio.ensure_future(awaited.get_messages("s" * 32))
        assert await asyncio.to_thread(asked.wait, 10)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        go.set()
        # The one thread is free again when this has run in it.
        await awaited.aclose()

    run(main())
    assert len(loopback.seen) == 2


def test_a_cancelled_pause_ends_at_once(loopback: Loopback) -> None:
    """A wait between two attempts is broken off by a cancel, and no attempt follows."""
    loopback.script = [answers(status=429, Retry_After="50")]
    pausing = threading.Event()
    client = msgnb.SmsDrop(**SMS, base_url=loopback.url, on_attempt=lambda _: pausing.set())

    async def main() -> None:
        awaited = msgnb.aio(client, threads=1)
        call = asyncio.ensure_future(awaited.subscriptions())
        assert await asyncio.to_thread(pausing.wait, 10)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await awaited.aclose()

    run(main())
    assert len(loopback.seen) == 1


def test_values_are_there_without_await(world: msgnb.testing.Offline) -> None:
    """What is no method is as it is; names that are not there are the client's own error."""
    awaited = msgnb.aio(world.netsapiens)
    login = world.credentials["netsapiens"]["username"]
    assert awaited.account == login
    assert "sessions" in dir(awaited)
    assert repr(awaited).startswith(f"<aio <NetSapiens {login}")
    with pytest.raises(AttributeError, match="seshuns"):
        _ = awaited.seshuns
    assert awaited.sessions.__doc__ == world.netsapiens.sessions.__doc__


def test_all_clients_are_awaited(world: msgnb.testing.Offline) -> None:
    """Every platform's tables are read side by side."""

    async def main() -> list[Any]:
        clients = [msgnb.aio(client) for client in (world.blip, world.netsapiens, world.smsdrop)]
        return await asyncio.gather(*(client.sessions() for client in clients))

    assert all(len(table) for table in run(main()))


def test_listening_is_awaited(world: msgnb.testing.Offline) -> None:
    """What `listen` returns is entered, waited for and left with await."""

    async def main() -> Any:
        pbx = msgnb.aio(world.netsapiens)
        async with msgnb.aio(await pbx.listen("message")) as live:
            world.receive("netsapiens", from_="12125550176", to="16195550101", text="hi")
            event = await live.wait(timeout=10)
        assert not live.running
        return event

    assert run(main()).value == "hi"
