"""What an archive asks for, what it holds in memory, how fast it answers, and what a kill does to it.

* A second sync after 1 % of new messages, against the requests of the first one.
* Ten million messages: the memory at its highest during the first sync, above that after the import; and
  messages counted by day and contact, against DuckDB alone over the same files.
* A sync killed at fifty random moments: the archive against one that was never disturbed, row by row.

The ten million come from a server that makes them up as they are asked for, in a process of its own, since no
mock should hold as many.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pandas as pd

import msgnb
import msgnb.testing

SESSIONS, MESSAGES, NEW = 400, 250, 25
MANY = 40_000
"""Sessions of 250 messages: ten million of them."""
KILLS, RUNS = 50, 5
BOT = "demobot@msging.net"
SERVER = """
import asyncio, re, sys, urllib.parse, orjson, uvicorn
from datetime import UTC, datetime, timedelta

sessions, messages = int(sys.argv[1]), int(sys.argv[2])
begun = datetime(2026, 3, 1, tzinfo=UTC)

def identity(s):
    return f"55119{s:08d}@wa.gw.msging.net"

def message(s, m):
    at = begun + timedelta(seconds=s * 180 + m * 600)
    return {"id": f"{s:012x}{m:020x}", "direction": "sent" if m & 1 else "received", "type": "text/plain",
            "content": f"message {m} of session {s}, as people write when they want something",
            "date": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "status": "consumed"}

def thread(s):
    return {"identity": identity(s), "ownerIdentity": "demobot@msging.net", "unreadMessages": 0,
            "lastMessage": message(s, messages - 1)}

def items(uri):
    path, _, query = uri.partition("?")
    given = dict(urllib.parse.parse_qsl(query))
    take = int(given.get("$take", 20))
    if path == "/threads":
        skip = int(given.get("$skip", 0))
        return [thread(s) for s in range(skip, min(skip + take, sessions))]
    s = int(urllib.parse.unquote(path.rpartition("/")[2])[5:13])
    last = messages - 1
    if before := given.get("storageDate"):
        ahead = datetime.fromisoformat(before.replace("Z", "+00:00")) - begun
        last = min(last, -(-(ahead.total_seconds() - s * 180) // 600) - 1)
    last = int(last)
    return [message(s, m) for m in range(last, max(-1, last - take), -1)]

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    asked = orjson.loads(body)
    found = items(asked["uri"]) if asked["uri"] != "/ping" else []
    resource = {"items": found, "total": len(found)}
    answer = {"id": asked["id"], "method": "get", "status": "success", "resource": resource}
    content = orjson.dumps(answer)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": content})

async def main():
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    print(server.servers[0].sockets[0].getsockname()[1], flush=True)
    await task

asyncio.run(main())
"""
WORKER = """
import json, sys
import msgnb
from msgnb.history import sync

sync.PART_ROWS = 300  # many moments at which something is written
login = json.loads(sys.argv[2])
with msgnb.Blip(login["key"], base_url=login["url"], plan="none") as bot:
    print("syncing", flush=True)
    msgnb.Archive(sys.argv[1]).sync(bot, workers=4)
    print("done", flush=True)
"""
MEASURED = """
import base64, sys, threading, time
import msgnb, pandas, duckdb, pyarrow.parquet, tqdm

def held():
    return int(open("/proc/self/status").read().split("VmRSS:")[1].split()[0]) // 1024

before, highest = held(), 0
def watch():
    global highest
    while True:
        highest = max(highest, held())
        time.sleep(0.05)
threading.Thread(target=watch, daemon=True).start()
key = base64.b64encode(b"demobot:secret").decode()
with msgnb.Blip(key, base_url=sys.argv[2], plan="none") as bot:
    count = msgnb.Archive(sys.argv[1]).sync(bot, workers=8)
print(count, highest - before, flush=True)
"""


def main() -> None:
    second_sync()
    many_messages()
    kills()


def history(sessions: int, messages: int, since: datetime) -> pd.DataFrame:
    rows = []
    for s in range(sessions):
        who = f"55119{s:08d}@wa.gw.msging.net"
        for m in range(messages):
            said = ("inbound", who, BOT) if m & 1 else ("outbound", BOT, who)
            at = since + timedelta(minutes=7 * m, seconds=s)
            rows.append(("blip", who, f"{since:%m}-{s}-{m}", at, *said, f"message {m} of {s}"))
    columns = ["platform", "session", "message", "at", "direction", "sender", "recipient", "text"]
    return pd.DataFrame(rows, columns=columns)


def second_sync() -> None:
    """1 % of new messages, in conversations of 25."""
    with tempfile.TemporaryDirectory() as folder, msgnb.testing.serve() as served:
        old = history(SESSIONS, MESSAGES, datetime(2026, 9, 1, tzinfo=UTC))
        new = history(SESSIONS * MESSAGES // 100 // NEW, NEW, datetime(2026, 10, 20, tzinfo=UTC))
        archive = msgnb.Archive(folder)
        asked = []
        for known in (old, pd.concat([old, new])):
            served.load(known)
            served.journal.clear()
            archive.sync(served.blip)
            asked.append(len(served.journal))
        assert len(archive.messages()) == len(old) + len(new)
        print(
            f"requests of a second sync with 1 % new, to the first: {asked[1] / asked[0]:.1%} (at most 5 %)"
        )


def many_messages() -> None:
    with tempfile.TemporaryDirectory() as folder, serving(MANY, MESSAGES) as url:
        command = [sys.executable, "-c", MEASURED, folder, url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        count, held = map(int, done.stdout.split())
        assert count == MANY * MESSAGES
        print(
            f"memory while {count:,} messages are synced: {held} MB above the import (at most 400)",
            flush=True,
        )
        archive = msgnb.Archive(folder)
        query = "select date_trunc('day', \"at\") as day, session, count(*) as n from {} group by all"
        plain = f"read_parquet('{folder}/messages/*/*/*/*.parquet')"
        ours = taken(lambda: archive.sql(query.format("messages")).to_arrow_table())
        with duckdb.connect() as connection:
            connection.execute("SET TimeZone = 'UTC'")
            bare = taken(lambda: connection.sql(query.format(plain)).to_arrow_table())
        print(f"counted by day and contact, to DuckDB alone: {ours / bare:.2f} (at most 1.5)", flush=True)


@contextmanager
def serving(sessions: int, messages: int) -> Iterator[str]:
    command = [sys.executable, "-c", SERVER, str(sessions), str(messages)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        finally:
            server.terminate()


def taken(action: Callable[[], Any]) -> float:
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        action()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def kills() -> None:
    """Archive after archive, each killed until it is whole."""
    chance, killed, archives = random.Random(7), 0, 0
    with tempfile.TemporaryDirectory() as folder, msgnb.testing.serve() as served:
        calm = msgnb.Archive(f"{folder}/calm")
        calm.sync(served.blip)
        while killed < KILLS:
            path, done = f"{folder}/{archives}", False
            while not done and killed < KILLS:
                done = disturbed(path, json.dumps(served.credentials["blip"]), chance.random() * 1.5)
                killed += not done
            archive = msgnb.Archive(path)
            archive.sync(served.blip)
            pd.testing.assert_frame_equal(ordered(archive), ordered(calm))
            assert archive.verify() == []
            archives += 1
    print(f"killed at {killed} random moments, {archives} archives: each is as one that was never disturbed")


def disturbed(path: str, login: str, after: float) -> bool:
    """Kill a sync after so many seconds; says whether it was done before."""
    with subprocess.Popen([sys.executable, "-c", WORKER, path, login], stdout=subprocess.PIPE) as worker:
        assert worker.stdout
        worker.stdout.readline()
        try:
            worker.wait(after)
        except subprocess.TimeoutExpired:
            worker.kill()
        return worker.wait() == 0


def ordered(archive: msgnb.Archive) -> pd.DataFrame:
    keys = ["session", "message", "direction"]
    return archive.messages().sort_values(keys).reset_index(drop=True)


if __name__ == "__main__":
    main()
