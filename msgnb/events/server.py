"""The HTTP server behind a `Listener`: asyncio in a thread, with h11 as the parser.

Everybody who finds the port can connect, so each connection has bounds. Headers and bodies have a size and a
time within which they must be complete. At most `MAX_CONNECTIONS` are open; further ones wait in the
system's queue, and connections that were opened but have not sent a request are closed to make room for them.
An ASGI server offers none of this: it accepts half-open connections until the process has no files left.

A post counts as having arrived once its connection is in the system's queue. `drain` accepts what waits
there, and returns when every request that has begun was answered.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import cast

import h11

Answer = Callable[[h11.Request, bytes | None], int]
"""Returns the status for a request and its body; the body is `None` if it was too large or too slow."""
FindLimit = Callable[[h11.Request], int]
"""Returns how many bytes the body of a request may have."""
Event = h11.Request | h11.Data | h11.EndOfMessage | h11.ConnectionClosed

MAX_CONNECTIONS = 128
"""Open connections; a quarter of the files that this process may have open, if that is less."""
MAX_HEAD = 16_384
"""Bytes of a request's line and headers."""
MAX_DISCARDED = 64_000_000
"""Bytes of a refused body that are read and discarded before the connection is closed."""
HEAD_SECONDS = 10.0
"""Seconds within which the headers of a request must be complete, from the end of the one before."""
BODY_SECONDS = 60.0
"""Seconds within which a body must be complete."""
PATIENCE_SECONDS = 1.0
"""How long a connection without a request is left open while others wait for a place."""
SEND_SECONDS = 10.0
"""Seconds within which a response must be read."""
DRAIN_SECONDS = 2.0
"""How long `drain` waits for requests that have begun."""
OK = 200
POLL_SECONDS = 0.005
BACKLOG = 1024
"""Connections that wait to be accepted while the kernel is busy."""

log = logging.getLogger("msgnb.listener")


class EventServer:
    """Serves requests on a bound socket until `stop`.

    Args:
        bound: the listening socket; it is closed at the end.
        find_limit: returns how many bytes the body of a request may have.
        answer: returns the status for a request; it must not wait.
    """

    def __init__(self, bound: socket.socket, find_limit: FindLimit, answer: Answer) -> None:
        bound.setblocking(False)
        self._bound = bound
        self._find_limit = find_limit
        self._answer = answer
        # In the order in which they were opened.
        self._connections: dict[_Connection, asyncio.Task[None]] = {}
        # The only loop that tells when a socket can be read, which `_accept` waits for, also on Windows.
        self._loop = asyncio.SelectorEventLoop()
        self._stopping = asyncio.Event()
        # Held while a call is handed to the loop, so that none comes after its end.
        self._handing = threading.Lock()
        self._ended = False
        self._most = _count_places()
        self._thread = threading.Thread(target=self._run, name="msgnb listener", daemon=True)
        self._thread.start()

    def drain(self) -> None:
        """Wait until the requests that have begun are answered, and no longer than `DRAIN_SECONDS`."""
        with self._handing:
            if self._ended:
                return
            drained = asyncio.run_coroutine_threadsafe(self._drain(), self._loop)
        # Cancelled if another thread stops the server, which drains it first.
        with suppress(CancelledError):
            drained.result()

    def stop(self) -> None:
        """Answer the requests that have begun, close all connections, and free the port."""
        self.drain()
        with self._handing:
            if not self._ended:
                self._ended = True
                self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._bound.close()
            self._loop.close()

    async def _serve(self) -> None:
        # The loop keeps no hold of its tasks.
        accepting = self._loop.create_task(self._accept())
        await self._stopping.wait()
        tasks = asyncio.all_tasks() - {asyncio.current_task()} | {accepting}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self) -> None:
        while True:
            await self._make_room()
            await self._wait_for_connection()
            try:
                accepted, _ = self._bound.accept()
            except BlockingIOError:
                # It was accepted by `drain`, or the client has gone.
                continue
            except OSError as error:
                # The process has no files left, for example. Connections wait until it has.
                log.warning("no connection can be accepted: %s", error)
                self._evict(self._loop.time() - PATIENCE_SECONDS)
                await asyncio.sleep(POLL_SECONDS)
                continue
            self._open(accepted)

    async def _wait_for_connection(self) -> None:
        """Wait until a connection can be accepted.

        `loop.sock_accept` would accept it, too, and lose it if it is cancelled at that moment.
        """
        ready = asyncio.Event()
        self._loop.add_reader(self._bound, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_reader(self._bound)

    def _open(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        connection = _Connection(accepted, self._find_limit, self._answer)
        task = self._loop.create_task(connection.serve())
        self._connections[connection] = task
        task.add_done_callback(lambda _: self._close(connection))

    def _close(self, connection: _Connection) -> None:
        # Not at the end of `serve`, which never begins if it is cancelled at once.
        del self._connections[connection]
        connection.close()

    async def _make_room(self) -> None:
        """Wait until another connection may be opened."""
        while len(self._connections) >= self._most:
            self._evict(self._loop.time() - PATIENCE_SECONDS)
            await asyncio.wait(
                self._connections.values(), timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )

    def _evict(self, latest: float) -> None:
        """Close the connection that has waited longest without a request, if it has since a time."""
        idle = (each for each in self._connections if each.waits_since <= latest and not each.has_input())
        if (oldest := next(idle, None)) is not None:
            self._connections[oldest].cancel()

    async def _drain(self) -> None:
        end = self._loop.time() + DRAIN_SECONDS
        while self._loop.time() < end:
            self._accept_waiting()
            full = len(self._connections) >= self._most
            if full:
                # A post may wait behind those that say nothing.
                self._evict(self._loop.time())
            elif not any(each.busy or each.has_input() for each in self._connections):
                return
            await asyncio.sleep(POLL_SECONDS)

    def _accept_waiting(self) -> None:
        while len(self._connections) < self._most:
            try:
                accepted, _ = self._bound.accept()
            except OSError:
                return
            self._open(accepted)


def _count_places() -> int:
    """Return how many connections may be open."""
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return MAX_CONNECTIONS
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MAX_CONNECTIONS if files < 0 else max(1, min(MAX_CONNECTIONS, files // 4))


class _Connection:
    """One connection, and the requests on it.

    Attributes:
        waits_since: since when it has been waiting for a request that is accepted, by the loop's clock;
            infinite while such a request is read or answered.
    """

    def __init__(self, accepted: socket.socket, find_limit: FindLimit, answer: Answer) -> None:
        self._socket = accepted
        self._find_limit = find_limit
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._http = h11.Connection(h11.SERVER, MAX_HEAD)
        self.waits_since = self._loop.time()

    @property
    def busy(self) -> bool:
        """Whether a request has begun that was not answered yet."""
        return self.waits_since == math.inf or bool(self._http.trailing_data[0])

    def has_input(self) -> bool:
        """Whether bytes have arrived that were not read yet."""
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except OSError:
            return False

    async def serve(self) -> None:
        """Answer requests until either side closes the connection."""
        try:
            while await self._serve_request():
                self.waits_since = self._loop.time()
                self._http.start_next_cycle()
        except h11.RemoteProtocolError as error:
            await self._refuse(error.error_status_hint)
        except (OSError, TimeoutError):
            # It broke off, or was too slow; there is nobody to tell.
            return

    def close(self) -> None:
        self._socket.close()

    async def _serve_request(self) -> bool:
        """Answer the next request; return whether the connection can be used for another one."""
        async with asyncio.timeout(HEAD_SECONDS):
            request = await self._receive()
        if not isinstance(request, h11.Request):
            return False
        limit = self._find_limit(request)
        # Whose body is refused has no claim to a place.
        self.waits_since = math.inf if limit else self._loop.time()
        body, complete = await self._read_body(limit)
        status = self._answer(request, body)
        # Whoever is refused has to connect again, and to wait for a place.
        await self._respond(status, keep_alive=complete and status == OK)
        return self._http.our_state is h11.DONE and self._http.their_state is h11.DONE

    async def _read_body(self, limit: int) -> tuple[bytes | None, bool]:
        """Return the body, `None` if it is larger than the limit, and whether it was read to its end.

        The rest of a body that is too large is read and discarded: a sender that is cut off in the middle of
        writing would never see the response.
        """
        body: bytearray | None = bytearray()
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                while size <= MAX_DISCARDED:
                    event = await self._receive()
                    if not isinstance(event, h11.Data):
                        complete = isinstance(event, h11.EndOfMessage)
                        return (bytes(body) if complete and body is not None else None), complete
                    size += len(event.data)
                    if size > limit:
                        body = None
                    elif body is not None:
                        body += event.data
        except TimeoutError:
            pass
        return None, False

    async def _receive(self) -> Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            if self._http.they_are_waiting_for_100_continue:
                await self._send(h11.InformationalResponse(status_code=100, headers=[]))
            self._http.receive_data(await self._loop.sock_recv(self._socket, 65_536))
            # Reading what is there already does not wait, so others would never have their turn.
            await asyncio.sleep(0)
        # `PAUSED` comes only between a request and its response, when nothing is received.
        return cast("Event", event)

    async def _respond(self, status: int, *, keep_alive: bool) -> None:
        headers = [("Content-Length", "0")]
        headers += [] if keep_alive else [("Connection", "close")]
        headers += [("Allow", "POST")] if status == 405 else []
        await self._send(h11.Response(status_code=status, headers=headers))

    async def _refuse(self, status: int) -> None:
        """Answer what is not HTTP, as far as that is possible."""
        try:
            if self._http.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
                await self._respond(status, keep_alive=False)
        except (OSError, h11.LocalProtocolError):
            return

    async def _send(self, event: h11.Response | h11.InformationalResponse) -> None:
        data = self._http.send(event) or b""
        if isinstance(event, h11.Response):
            data += self._http.send(h11.EndOfMessage()) or b""
        async with asyncio.timeout(SEND_SECONDS):
            await self._loop.sock_sendall(self._socket, data)
        await asyncio.sleep(0)
