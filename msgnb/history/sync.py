"""One sync of one account into an archive.

What has changed is read in parallel, staged as Parquet files while it is read, and noted after each of them, so
that a sync that is killed loses nothing but the sessions that it was reading.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from concurrent.futures import Future
from contextlib import closing
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.cancellation import Workers
from msgnb.core.progress import progress_bar
from msgnb.history.files import PARTIES, Files, Known, hash_of
from msgnb.history.reader import HistoryReader, read_session

if TYPE_CHECKING:
    import pandas as pd

OPEN = ("accepted", "sent", "delivered", "unknown")
"""Statuses that may still change."""
LATELY = timedelta(days=3)
"""How long what became of a message may still change."""
PART_ROWS = 50_000
"""Messages that are kept in memory before they are written down."""
AHEAD = 4
"""Sessions for each worker that are read before those in front of them are written down."""


class Sync:
    """One sync of one account: what is due is read side by side, and written and noted in parts."""

    def __init__(self, files: Files, reader: HistoryReader, since: datetime | None, workers: int) -> None:
        self._files = files
        self._reader = reader
        self._since = since
        self._workers = workers
        self._whose = reader.platform, reader.account
        self._forgotten = files.forgotten()
        self._told: dict[str, Any] = {}
        """The time of each session's last message, as the platform told it before reading."""

    def run(self) -> int:
        """Fetch what is due; returns how many messages came."""
        listed = self._reader.list_sessions()
        self._whose = self._reader.platform, self._reader.account  # some know it after they signed in
        known = self._files.known(*self._whose)
        try:
            return self._fetch(self._due(listed, known), known)
        finally:
            self._files.settle()

    def _fetch(self, due: Mapping[str, datetime | None], known: Known) -> int:
        """Read what is due, and write it down in parts."""
        count = rows = 0
        found: dict[str, tables.Rows] = {}
        with progress_bar("sessions", len(due)) as bar, closing(self._read(due)) as read:
            for session, messages in read:
                found[session] = messages
                rows += messages.size
                bar.update()
                if rows >= PART_ROWS:
                    count += self._keep(found, known)
                    found, rows = {}, 0
        return count + self._keep(found, known)

    def _read(self, due: Mapping[str, datetime | None]) -> Generator[tuple[str, tables.Rows]]:
        """Read sessions side by side, not far ahead of what is written down, so that memory stays small."""
        running: deque[tuple[str, Future[tables.Rows]]] = deque()
        with Workers(self._workers) as pool:
            try:
                for session, since in due.items():
                    running.append((session, pool.submit(read_session, self._reader, session, since, None)))
                    if len(running) > self._workers * AHEAD:
                        yield _first(running)
                while running:
                    yield _first(running)
            finally:
                pool.shutdown(cancel_futures=True)

    def _due(self, listed: pd.DataFrame, known: Known) -> dict[str, datetime | None]:
        """The sessions that have something new or open, and from when on they are to be read."""
        due: dict[str, datetime | None] = {}
        for session, last in zip(listed["session"], listed["last_at"], strict=True):
            self._told[session] = last
            if self._forgotten and hash_of(session) in self._forgotten:
                continue
            there = known.get(session, {})
            upto, opened = _moment(there.get("last")), _moment(there.get("open"))
            if opened and self._reader.now() - opened < LATELY:
                due[session] = opened
            elif upto is None or not last <= upto:  # also where the platform does not tell the last one
                due[session] = upto or self._since
        return due

    def _keep(self, found: Mapping[str, tables.Rows], known: Known) -> int:
        """Write down what was read, and note it."""
        if not found:
            return 0
        frame = tables.MESSAGES.joined(list(found.values()))
        if self._forgotten:
            frame = frame[~_of(frame, self._forgotten)]
        self._files.stage(*self._whose, frame)
        now = self._reader.now()
        parts = dict(iter(frame.groupby("session", observed=True)))
        for session in found:
            before = known.get(session, {}).get("last")
            known[session] = _noted(parts.get(session, frame[:0]), self._told[session], before, now - LATELY)
        self._files.note(*self._whose, known)
        return len(frame)


def _first(running: deque[tuple[str, Future[tables.Rows]]]) -> tuple[str, tables.Rows]:
    session, future = running.popleft()
    return session, future.result()


def _of(frame: pd.DataFrame, people: set[str]) -> pd.Series[bool]:
    """Which messages are of, or with, somebody, of whom there is a hash."""
    sides = [frame[name].map(hash_of, na_action="ignore").isin(people) for name in PARTIES]
    return reduce(or_, sides)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _noted(part: pd.DataFrame, told: Any, before: str | None, lately: datetime) -> dict[str, Any]:
    """What is noted of a session whose latest messages these are.

    It is there up to the last of them, or up to the last one that the platform told of before they were
    read, which may be older where it was not read from its beginning. What is old changes no more.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    times = [time.isoformat() for time in (part["at"].max(), told) if not pd.isna(time)]
    ours = (part["direction"] == "outbound") & (part["at"] > lately)
    still = part.loc[ours & part["status"].isin(OPEN), "at"]
    return {
        "last": max([*times, *([before] if before else [])], default=None),
        "open": still.min().isoformat() if len(still) else None,
    }
