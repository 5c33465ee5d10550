"""200,000 NetSapiens messages in pages of 200: from bytes to the table, against two other ways.

The floor is what nobody can do without: parsing the pages and making a DataFrame of what is in them. The
naive way is what a notebook user writes: `json_normalize` of every page, `concat`, `to_datetime`.
"""

from __future__ import annotations

import gc
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

import orjson
import pandas as pd

from msgnb import NetSapiens
from msgnb.core.responses import Response
from msgnb.platforms.netsapiens import connection as resource

MESSAGES, PAGE, RUNS = 200_000, 200, 5
SESSION = "a" * 32


def pages() -> list[bytes]:
    """The wire's bytes, with all keys of the contract."""
    rows = [_row(number) for number in range(MESSAGES)]
    return [orjson.dumps(rows[start : start + PAGE]) for start in range(0, MESSAGES, PAGE)]


def _row(number: int) -> dict[str, Any]:
    inbound = number % 3 == 0
    return {
        "id": f"m-{number:013x}",
        "timestamp": f"2026-{1 + number // 20_000:02d}-{1 + number % 28:02d} 08:{number % 60:02d}:00",
        "type": "sms",
        "domain": "example.com",
        "direction": "orig" if inbound else "term",
        "from-number": "15555550156",
        "from-user-id": None if inbound else "1001@example.com",
        "from-video-attendee-id": None,
        "from-user-agent": "msgnb",
        "dialed": "15555550176",
        "text": f"Olá, seu pedido {number} está a caminho 🚚",
        "terminating-user-id": "1001@example.com" if inbound else None,
        "terminating-number": None,
        "status": "" if inbound else "sent",
        "video-instance-id": None,
        "media-type": None,
        "media-size": 0,
        "deleted-datetime": "",
        "messagesession-reciever-hostname": "core1.example.com",
        "messagesession-id": SESSION,
        "messagesession-participants": "",
    }


def ours(bodies: list[bytes]) -> pd.DataFrame:
    """The client itself, with only the transport taken out."""
    client = NetSapiens("https://api.example.com", api_key="no key")
    feed = iter(bodies)
    # The wire's pages are smaller than the ones that the client asks for.
    resource.PAGE = PAGE

    def send(_method: str, path: str, **_: Any) -> Response:
        if path.startswith("/apikeys"):
            return Response(200, {"user": "1001", "domain": "example.com"})
        return Response(200, orjson.loads(next(feed, b"[]")))

    client.connection.http.send = send  # type: ignore[method-assign,assignment]
    return client.messages(SESSION)


def floor(bodies: list[bytes]) -> pd.DataFrame:
    return pd.DataFrame([row for body in bodies for row in orjson.loads(body)])


def naive(bodies: list[bytes]) -> pd.DataFrame:
    frame = pd.concat([pd.json_normalize(json.loads(body)) for body in bodies], ignore_index=True)
    frame["timestamp"] = pd.to_datetime(frame["timestamp"])
    return frame


def measured(way: Callable[[list[bytes]], pd.DataFrame], bodies: list[bytes]) -> float:
    gc.collect()
    started = time.process_time()
    frame = way(bodies)
    spent = time.process_time() - started
    assert len(frame) == MESSAGES
    return spent


def main() -> None:
    bodies = pages()
    times: dict[str, list[float]] = {"ours": [], "floor": [], "naive": []}
    for _ in range(RUNS):
        for name, way in (("ours", ours), ("floor", floor), ("naive", naive)):
            times[name].append(measured(way, bodies))
    ours_, floor_, naive_ = (statistics.median(times[name]) for name in ("ours", "floor", "naive"))
    print(f"{MESSAGES:,} messages to a table, CPU: {ours_ / floor_:.2f} × orjson + DataFrame (at most 2.0)")
    print(f"{naive_ / ours_:.1f} × faster than json_normalize + concat + to_datetime (at least 2)")


if __name__ == "__main__":
    main()
