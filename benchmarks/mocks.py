"""The mocks against an empty FastAPI application on uvicorn and a static answer of `responses`.

Cold start: from starting the process to the first answer of all three platforms, against that of one empty
application. In process: a call through `requests`, against a static answer. Keep-alive: requests a second
over 16 connections from another process, each to an operation that signs in and answers JSON.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests
import responses

from msgnb_mocks import World
from msgnb_mocks.hosting.inprocess import InProcess

RUNS = 7
CONNECTIONS, SECONDS = 16, 2.0
FASTAPI = """
import socket, sys, fastapi, uvicorn
app = fastapi.FastAPI()
@app.get("/")
async def root():
    return {"ok": True}
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
listener.bind(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])
"""


@contextmanager
def fastapi() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", FASTAPI], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        process.kill()


@contextmanager
def mocks() -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "msgnb_mocks", "--port", "0", "--seed", "7"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())
        process.terminate()


def first_answer(url: str) -> None:
    """Asks until somebody answers, whatever it is."""
    while True:
        try:
            requests.get(url, timeout=5)
        except requests.ConnectionError:
            continue
        return


def cold_start() -> tuple[float, float]:
    started = time.perf_counter()
    with mocks() as ready:
        for name in ("blip", "netsapiens", "smsdrop"):
            first_answer(ready[name]["url"])
        ours = time.perf_counter() - started
    started = time.perf_counter()
    with fastapi() as url:
        first_answer(url)
        theirs = time.perf_counter() - started
    return ours, theirs


def in_process(calls: int = 1500) -> tuple[float, float]:
    with InProcess(World(7)) as inside, requests.Session() as session:
        login = inside.credentials["blip"]
        session.headers["Authorization"] = f"Key {login['key']}"
        body = json.dumps({"id": "1", "method": "get", "uri": "/ping"})
        answer = session.post(f"{login['url']}/commands", data=body).text
        ours = _timed(session, f"{login['url']}/commands", body, calls)
    with responses.RequestsMock() as static, requests.Session() as session:
        static.post("https://static.example/commands", body=answer, content_type="application/json")
        theirs = _timed(session, "https://static.example/commands", body, calls)
    return ours, theirs


def _timed(session: requests.Session, url: str, body: str, calls: int) -> float:
    started = time.perf_counter()
    for _ in range(calls):
        session.post(url, data=body)
    return time.perf_counter() - started


async def _client(host: str, port: int, request: bytes, until: float, delays: list[float]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while (started := time.perf_counter()) < until:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        start = lower.index(b"content-length:") + 15
        await reader.readexactly(int(lower[start : lower.index(b"\r", start)]))
        delays.append(time.perf_counter() - started)
    writer.close()


def load(url: str, request: str) -> None:
    """Runs in a process of its own: sends for two seconds and prints rate and p99."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    delays: list[float] = []

    async def all_clients() -> None:
        until = time.perf_counter() + SECONDS
        sent = request.encode()
        await asyncio.gather(
            *(_client(parts.hostname or "", parts.port or 0, sent, until, delays) for _ in range(CONNECTIONS))
        )

    asyncio.run(all_clients())
    print(json.dumps([len(delays) / SECONDS, statistics.quantiles(delays, n=100)[98]]))


def rate(url: str, request: str) -> tuple[float, float]:
    done = subprocess.run(
        [sys.executable, __file__, url, request], capture_output=True, text=True, check=True
    )
    found: tuple[float, float] = tuple(json.loads(done.stdout))
    return found


def keep_alive() -> tuple[tuple[float, float], tuple[float, float]]:
    with mocks() as ready:
        login = ready["blip"]
        body = json.dumps({"id": "1", "method": "get", "uri": "/ping"})
        request = (
            f"POST /commands HTTP/1.1\r\nHost: mock\r\nAuthorization: Key {login['key']}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        )
        ours = rate(login["url"], request)
    with fastapi() as url:
        first_answer(url)
        theirs = rate(url, "GET / HTTP/1.1\r\nHost: mock\r\n\r\n")
    return ours, theirs


def main() -> None:
    starts = [cold_start() for _ in range(RUNS)]
    print(f"cold start: {_ratio(starts):.2f} × an empty FastAPI application (at most 1)")
    calls = [in_process() for _ in range(RUNS)]
    print(f"in-process call: {_ratio(calls):.2f} × a static answer of responses (at most 1.25)")
    rates = [keep_alive() for _ in range(5)]
    speed = statistics.median(ours[0] / theirs[0] for ours, theirs in rates)
    slow = statistics.median(ours[1] / theirs[1] for ours, theirs in rates)
    print(f"keep-alive requests a second: {speed:.2f} × FastAPI (at least 1); p99 {slow:.1f} ×")


def _ratio(pairs: list[tuple[float, float]]) -> float:
    return statistics.median(ours for ours, _ in pairs) / statistics.median(theirs for _, theirs in pairs)


if __name__ == "__main__":
    load(*sys.argv[1:]) if len(sys.argv) > 1 else main()
