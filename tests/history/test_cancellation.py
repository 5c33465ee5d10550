"""A history or a sync that is awaited and cancelled: no request follows those on the wire."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from awaiting import run
from filelock import FileLock
from gated import Gate, Threads, is_read
from loopback import Loopback, answers

import msgnb
from msgnb.history import sync

KEY = "Key ZGVtb2JvdDpzZWNyZXQ="  # demobot
LOGIN = {"client_id": "c", "client_secret": "s", "username": "1@d", "password": "p"}


def make_bot(loopback: Loopback, **options: Any) -> msgnb.Blip:
    return msgnb.Blip(KEY, base_url=loopback.url, **({"plan": "none"} | options))


def reads(seen: Any) -> bool:
    return is_read(seen.json["uri"])


async def cancel(
    thing: Any, start: Callable[[Any], Awaitable[Any]], gate: Gate, count: int, *, times: int = 1
) -> None:
    """Await a call, cancel it while so many requests are on the wire, and wait for its threads."""
    awaited = msgnb.aio(thing, threads=1)
    call = asyncio.ensure_future(start(awaited))
    await asyncio.to_thread(gate.wait_for, count)
    for _ in range(times):
        call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    gate.open()
    # It runs in the only thread, after the call that was cancelled has left it.
    await awaited.probe()


class Probed:
    """A client or archive with a method that does nothing, to wait for the thread that runs the others."""

    def __init__(self, thing: Any) -> None:
        self._thing = thing

    def probe(self) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._thing, name)


@pytest.mark.parametrize("workers", [8, 32])
def test_a_history_ends_with_the_requests_on_the_wire(loopback: Loopback, workers: int) -> None:
    """With a request of every worker on the wire the server sees no other; a later call reads all."""
    server = Threads(loopback, sessions=250)
    gate = Gate(server, reads)
    loopback.script = [gate]
    bot = make_bot(loopback)
    run(cancel(Probed(bot), lambda it: it.history(workers=workers), gate, workers))
    assert len(server.reads) == workers
    assert len(loopback.seen) <= workers + 3  # and the pages of the list
    assert bot.history(workers=workers)["session"].nunique() == 250


@pytest.mark.parametrize("workers", [8, 32])
def test_a_history_ends_while_sessions_are_listed(loopback: Loopback, workers: int) -> None:
    """Also with the second page of the list on the wire: no third page, and no further session."""
    server = Threads(loopback, sessions=250)
    gate = Gate(server, lambda seen: reads(seen) or "$skip=100" in server_uri(seen))
    loopback.script = [gate]
    bot = make_bot(loopback)
    run(cancel(Probed(bot), lambda it: it.history(workers=workers), gate, workers + 1))
    assert len(server.reads) == workers
    assert len(loopback.seen) == 1 + workers + 1


def server_uri(seen: Any) -> str:
    return str(seen.json["uri"]).replace("%24", "$")


def test_a_history_ends_in_the_middle_of_its_threads(loopback: Loopback) -> None:
    """Threads of several pages: with the second page of each on the wire no third one is requested."""
    server = Threads(loopback, sessions=40, messages=250)
    gate = Gate(server, lambda seen: reads(seen) and "storageDate" in seen.json["uri"])
    loopback.script = [gate]
    bot = make_bot(loopback)
    run(cancel(Probed(bot), lambda it: it.history(workers=8), gate, 8))
    assert len(server.reads) == 16
    assert len(bot.history(workers=8)) == 40 * 250


def test_a_history_that_is_cancelled_twice_ends_once(loopback: Loopback) -> None:
    """Two cancels of one call are one; a call that is cancelled after another one ends in the same way."""
    server = Threads(loopback, sessions=100)
    bot = make_bot(loopback)
    for calls in (1, 2):
        gate = Gate(server, reads)
        loopback.script = [gate]
        run(cancel(Probed(bot), lambda it: it.history(workers=8), gate, 8, times=2))
        assert len(server.reads) == 8 * calls


def test_a_history_ends_during_its_sign_in(loopback: Loopback) -> None:
    """With the sign-in on the wire nothing else is requested; a later call uses its token."""
    gate = Gate(answers({"access_token": "a", "expires_in": 3600, "user": "1", "domain": "d"}))
    loopback.script = [gate]
    pbx = msgnb.NetSapiens(loopback.url, **LOGIN)
    run(cancel(Probed(pbx), lambda it: it.history(), gate, 1))
    assert [seen.path.rpartition("/")[2] for seen in loopback.seen] == ["tokens"]
    loopback.script = [answers([])]
    assert pbx.history().empty
    assert sum(seen.path.endswith("/tokens") for seen in loopback.seen) == 1


def test_a_history_ends_while_it_waits_for_the_rate_limit(loopback: Loopback) -> None:
    """Refused with 429 and told to wait, all workers wake up when the call is cancelled, and send nothing."""
    server = Threads(loopback, sessions=100)

    def refuse(handler: Any) -> None:
        (answers(status=429, Retry_After="50") if reads(handler.seen) else server)(handler)

    loopback.script = [refuse]
    pausing, pauses = threading.Semaphore(0), []
    bot = make_bot(loopback)
    real = bot.connection.http.pause

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        pausing.release()
        real(seconds)

    bot.connection.http.pause = pause

    async def main() -> None:
        awaited = msgnb.aio(Probed(bot), threads=1)
        call = asyncio.ensure_future(awaited.history(workers=8))
        for _ in range(8):
            assert await asyncio.to_thread(pausing.acquire, timeout=30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await awaited.probe()

    run(main())
    assert pauses[0] == 50
    assert len(server.reads) <= 8
    # Besides them only the list of sessions was read: one full page, and perhaps the empty one behind it.
    assert len(loopback.seen) - len(server.reads) in {1, 2}


@pytest.mark.parametrize("workers", [8, 32])
def test_a_sync_ends_with_the_requests_on_the_wire(loopback: Loopback, tmp_path: Path, workers: int) -> None:
    """No request follows; the archive is sound, and the next sync completes it."""
    server = Threads(loopback, sessions=250)
    gate = Gate(server, reads)
    loopback.script = [gate]
    bot, archive = make_bot(loopback), msgnb.Archive(tmp_path)
    run(cancel(Probed(archive), lambda it: it.sync(bot, workers=workers), gate, workers))
    assert len(server.reads) == workers
    assert archive.verify() == []
    archive.sync(bot, workers=workers)
    keys = ["session", "message"]
    pd.testing.assert_frame_equal(
        archive.messages().sort_values(keys, ignore_index=True),
        bot.history().sort_values(keys, ignore_index=True),
    )


def test_a_sync_that_has_staged_messages_keeps_them(
    loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was staged before the cancel is in the archive, and is not fetched again."""
    monkeypatch.setattr(sync, "PART_ROWS", 30)
    server = Threads(loopback, sessions=100)
    late = [f"55119{number:08d}" for number in range(60, 100)]
    gate = Gate(server, lambda seen: any(each in seen.json["uri"] for each in late))
    loopback.script = [gate]
    bot, archive = make_bot(loopback), msgnb.Archive(tmp_path)
    run(cancel(Probed(archive), lambda it: it.sync(bot, workers=8), gate, 8))
    stored = set(archive.messages()["session"])
    assert len(stored) >= 30
    before = len(server.reads)
    archive.sync(bot)
    assert not [uri for uri in server.reads[before:] if any(session in uri for session in stored)]
    assert archive.messages()["session"].nunique() == 100


def test_a_sync_that_waits_for_another_one_can_be_cancelled(loopback: Loopback, tmp_path: Path) -> None:
    """While another process has the lock, a cancel ends the wait, and nothing is requested."""
    archive = msgnb.Archive(tmp_path)
    waiting = threading.Event()

    class Noted(Probed):
        def sync(self, *arguments: Any) -> Any:
            waiting.set()
            return self._thing.sync(*arguments)

    async def main() -> None:
        awaited = msgnb.aio(Noted(archive), threads=1)
        call = asyncio.ensure_future(awaited.sync(make_bot(loopback)))
        assert await asyncio.to_thread(waiting.wait, 30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await awaited.probe()

    with FileLock(tmp_path / ".lock"):
        run(main())
    assert loopback.seen == []
