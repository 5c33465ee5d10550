"""Posts events to the subscribers' URLs, and counts posts and errors (NetSapiens 7.3, 7.4).

* Each subscription has a queue and, while the queue is not empty, a thread: events that were queued meanwhile
  are posted together as one array, and a receiver that hangs delays no other.
* Requests are sent only to receivers on this machine. One fictional host counts as having returned 200; all
  others count as unreachable, and no request leaves the machine.
* A post is tried once; if it fails, that is counted, and the events are lost.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Collection
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import orjson

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, HOSTNAME, TERRITORY, State
from msgnb_mocks.platforms.netsapiens.subscriptions import parse_expiry

if TYPE_CHECKING:
    from urllib3 import PoolManager

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANSWERING_HOST = f"hooks.{DOMAIN}"
# Neither the size of a batch nor the timeout is published (NetSapiens 9).
LARGEST_BATCH = 100
TIMEOUT = 10.0
# Only responses above this count as errors (NetSapiens 7.3).
HIGHEST_SUCCESS = 302
INTERVAL = timedelta(seconds=60)
"""How long a subscription must have no error to become active again; the real length is not published."""


class Poster:
    """Posts events in the background."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._queues: dict[str, deque[dict[str, Json]]] = {}
        self._idle = threading.Condition()

    @cached_property
    def _pool(self) -> PoolManager:
        """Connections of its own: in process `requests` is patched to reach only the mocks."""
        from urllib3 import PoolManager  # noqa: PLC0415 - loads when first used

        return PoolManager(timeout=TIMEOUT, retries=False, maxsize=4)

    def post(self, model: str, users: Collection[str], event: dict[str, Json]) -> None:
        """Queue an event for everyone who subscribed to it. The caller holds the world's lock."""
        for record in self._state.subscriptions.values():
            row = record.row
            if row["model"] == model and self._reaches(row, users) and not self._expired(row):
                self._queue(row["id"], event)

    def wait(self, seconds: float = 10) -> bool:
        """Wait until every queued post was tried, and return whether that was in time."""
        with self._idle:
            return self._idle.wait_for(lambda: not self._queues, seconds)

    @staticmethod
    def _reaches(row: Json, users: Collection[str]) -> bool:
        inside = row["reseller"] in {"*", TERRITORY} and row["domain"] in {"*", DOMAIN}
        return inside and (row["user"] == "*" or row["user"] in users)

    def _expired(self, row: Json) -> bool:
        return parse_expiry(row) <= self._state.now()

    def _queue(self, name: str, event: dict[str, Json]) -> None:
        with self._idle:
            if name in self._queues:
                self._queues[name].append(event)
                return
            self._queues[name] = deque([event])
        threading.Thread(target=self._drain, args=(name,), name=f"posts {name[:8]}", daemon=True).start()

    def _drain(self, name: str) -> None:
        while batch := self._batch(name):
            url = self._url(name)
            # The subscription was deleted meanwhile; what is queued for it is dropped.
            if url is None:
                continue
            # Without the world's lock, because a receiver may send requests to the mock before it responds.
            good = self._deliver(url, name, batch)
            with self._state.world.lock:
                self._count(name, good=good)

    def _batch(self, name: str) -> list[dict[str, Json]]:
        with self._idle:
            # Under the lock that queues events: none can come between the check and the removal of its queue.
            queue = self._queues[name]
            if not queue:
                del self._queues[name]
                self._idle.notify_all()
            return [queue.popleft() for _ in range(min(len(queue), LARGEST_BATCH))]

    def _url(self, name: str) -> str | None:
        with self._state.world.lock:
            record = self._state.subscriptions.get(name)
            return None if record is None else str(record.row["post-url"])

    def _deliver(self, url: str, name: str, batch: list[dict[str, Json]]) -> bool:
        host = urlsplit(url).hostname or ""
        if host not in LOOPBACK:
            return host == ANSWERING_HOST
        # Whether this header is the subscription's ID or random is not settled (NetSapiens 7.4).
        headers = {"Content-Type": "application/json", "X-Correlation-ID": name}
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - loads when first used

        try:
            response = self._pool.request(
                "POST", url, body=orjson.dumps(batch), headers=headers, redirect=False
            )
        except HTTPError:
            return False
        return response.status <= HIGHEST_SUCCESS

    def _count(self, name: str, *, good: bool) -> None:
        record = self._state.subscriptions.get(name)
        if record is None:
            return
        row = dict(record.row)
        row["posts-count"] += 1
        if good:
            row["status"] = self._recovered(name, str(row["status"]))
            row["current-active-server"] = HOSTNAME
        else:
            row["error-count"] += 1
            row["status"] = "error"
            self._state.failed_at[name] = self._state.now()
        self._state.subscriptions[name] = self._state.encoder.record(row)

    def _recovered(self, name: str, status: str) -> str:
        """Return the status after a good post; after an error it stays for an interval without errors."""
        failed_at = self._state.failed_at.get(name)
        clean = failed_at is None or self._state.now() - failed_at >= INTERVAL
        return "active" if clean or status != "error" else status
