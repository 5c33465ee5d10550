"""A whole history against the script that a user would write, and against the floor of its requests.

400 sessions of 250 messages each, from mocks in a process of their own. With 30 ms of latency a request: the
time against that of the script (one session after the other, `json_normalize`, `concat`), and against the
requests × latency ÷ workers. Without latency: the processor's time against the bare requests, orjson and one
DataFrame, both by as many threads and both by one: Python's threads take time from each other, whoever
uses them. Medians of several runs, ratios in one run.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import orjson
import pandas as pd
import requests
from requests.adapters import HTTPAdapter

import msgnb

SESSIONS, MESSAGES, PAGE = 400, 250, 100
LATENCY, WORKERS, RUNS = 0.03, 16, 5
SERVER = """
import json, sys
from datetime import UTC, datetime, timedelta
import pandas as pd
import msgnb_mocks

latency, sessions, messages = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
start, bot = datetime(2026, 9, 1, tzinfo=UTC), "demobot@msging.net"
rows = []
for s in range(sessions):
    who = f"55119{s:08d}@wa.gw.msging.net"
    for m in range(messages):
        at, text = start + timedelta(minutes=7 * m, seconds=s), f"message {m} of session {s}, as people write"
        said = ("inbound", who, bot) if m & 1 else ("outbound", bot, who)
        rows.append(("blip", who, at, *said, text))
columns = ["platform", "session", "at", "direction", "sender", "recipient", "text"]
with msgnb_mocks.serve() as servers:
    servers.load(pd.DataFrame(rows, columns=columns))
    if latency:
        servers.faults.add("latency", operation="blip.*", seconds=latency)
    print(json.dumps(servers.credentials), flush=True)
    sys.stdin.read()
"""


def main() -> None:
    with serving(LATENCY) as login:
        script = timed(lambda: by_script(login), time.perf_counter, 1)
        ours = timed(lambda: by_history(login), time.perf_counter, RUNS)
        floor = (SESSIONS * -(-MESSAGES // PAGE) + -(-SESSIONS // PAGE)) * LATENCY / WORKERS
        print(f"with latency, the script to ours: {script / ours:.1f} × (at least 10)")
        print(f"with latency, ours to the floor:  {ours / floor:.2f} (at most 1.3)")
    with serving(0) as login:
        for threads in (1, WORKERS):
            bare = timed(lambda: by_hand(login, threads), time.process_time, RUNS)  # noqa: B023 - used at once
            ours = timed(lambda: by_history(login, threads), time.process_time, RUNS)  # noqa: B023
            words = f"processor's time without latency, {threads} threads, ours to the bare requests"
            print(f"{words}: {ours / bare:.2f} (at most 1.5)")


@contextmanager
def serving(latency: float) -> Iterator[dict[str, str]]:
    """The mocks in a process of their own; what signs in at the bot."""
    command = [sys.executable, "-c", SERVER, str(latency), str(SESSIONS), str(MESSAGES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            yield json.loads(server.stdout.readline())["blip"]
        finally:
            server.terminate()


def timed(action: Callable[[], pd.DataFrame], clock: Callable[[], float], runs: int) -> float:
    took = []
    for _ in range(runs):
        began = clock()
        assert len(action()) == SESSIONS * MESSAGES
        took.append(clock() - began)
    return statistics.median(took)


def by_history(login: dict[str, str], workers: int = WORKERS) -> pd.DataFrame:
    with msgnb.Blip(login["key"], base_url=login["url"], plan="none") as bot:
        return bot.history(workers=workers)


def by_script(login: dict[str, str]) -> pd.DataFrame:
    """As somebody writes it in a notebook."""
    session = requests.Session()

    def ask(body: dict[str, Any]) -> Any:
        return session.post(f"{login['url']}/commands", json=body, headers=signed(login)).json()

    frames = [pd.json_normalize(items) for thread in threads_of(ask) for items in pages(ask, thread)]
    return pd.concat(frames)


def by_hand(login: dict[str, str], threads: int) -> pd.DataFrame:
    """The least that there is to do: the same requests, orjson, and one DataFrame."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(pool_maxsize=threads))

    def ask(body: dict[str, Any]) -> Any:
        answer = session.post(f"{login['url']}/commands", data=orjson.dumps(body), headers=signed(login))
        return orjson.loads(answer.content)

    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(lambda thread: list(pages(ask, thread)), threads_of(ask)))
    return pd.DataFrame([row for thread in found for items in thread for row in items])


def signed(login: dict[str, str]) -> dict[str, str]:
    return {"Authorization": f"Key {login['key']}", "Content-Type": "application/json"}


def threads_of(ask: Callable[[dict[str, Any]], Any]) -> Iterator[str]:
    """The identity of every thread."""
    for skip in range(0, SESSIONS, PAGE):
        found = ask({"id": "1", "method": "get", "uri": f"/threads?$skip={skip}&$take={PAGE}"})
        yield from (thread["identity"] for thread in found["resource"]["items"])


def pages(ask: Callable[[dict[str, Any]], Any], thread: str) -> Iterator[list[dict[str, Any]]]:
    """Every page of a thread."""
    bound = ""
    while True:
        uri = f"/threads/{thread}?$take={PAGE}{bound}"
        items = ask({"id": "1", "method": "get", "uri": uri})["resource"]["items"]
        yield items
        if len(items) < PAGE:
            return
        bound = f"&storageDate={items[-1]['date']}&direction=desc"


if __name__ == "__main__":
    main()
