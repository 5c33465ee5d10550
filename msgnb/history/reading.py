"""Every message of every session in one table.

* Sessions are read side by side, within the platform's pacing, and one table is made of all of them.
* What is read is kept: an error carries the sessions that are whole, and goes on from there.
* A platform says how it lists sessions and reads one: its `Reader`.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.cancellation import Workers
from msgnb.core.errors import InvalidRequest
from msgnb.core.progress import progress_bar
from msgnb.core.times import When, instant
from msgnb.history.errors import IncompleteHistory
from msgnb.history.reader import HistoryReader, read_session

if TYPE_CHECKING:
    import pandas as pd

WORKERS = 8
MOST_WORKERS = 32
"""Connections that a client keeps open."""
PART_ROWS = 25_000
"""Rows that are made a table at once while reading goes on."""
Running = tuple[str, Future[tables.Rows | None]]


def check_workers(workers: int) -> None:
    """Refuse a number of workers that can't be.

    Raises:
        InvalidRequest: it is none from 1 to `MOST_WORKERS`.
    """
    if not 1 <= workers <= MOST_WORKERS:
        raise InvalidRequest.of(workers=f"{workers} is not between 1 and {MOST_WORKERS}")


class History:
    """One reading of a history."""

    def __init__(
        self, reader: HistoryReader, since: When | None, until: When | None, workers: int, *, raw: bool
    ) -> None:
        check_workers(workers)
        self._reader = reader
        self._since = instant(since, "since")
        self._until = instant(until, "until")
        if self._since and self._until and self._since >= self._until:
            raise InvalidRequest.of(until=f"{until} is not after since, which is {since}")
        self._workers = workers
        self._raw = raw

    def read(self, sessions: Iterable[str] | None = None, before: Found | None = None) -> pd.DataFrame:
        """Read some sessions, or all there are, beside what was found before.

        Reading begins while the sessions are still being listed.
        """
        found = before.copy() if before else Found(raw=self._raw)
        listing = Listing(self._reader.sessions(self._since) if sessions is None else sessions, found.done)
        with progress_bar("sessions") as bar, Workers(self._workers) as pool:
            over = threading.Event()
            running: deque[Running] = deque()
            try:
                for session in listing:
                    running.append((session, pool.submit(self._one, session, over)))
                bar.total = len(running)
                self._gather(running, found, bar)
            except BaseException as error:
                over.set()
                pool.shutdown(cancel_futures=True)
                self._late(running, found)
                if not (found.done or listing.whole):
                    raise
                raise self._incomplete(error, found, listing) from error
        return self._table(found)

    def _table(self, found: Found) -> pd.DataFrame:
        """What was found within the span, newest first."""
        frame = found.frame()
        if self._since:
            frame = frame[frame["at"] >= self._since]
        if self._until:
            frame = frame[frame["at"] < self._until]
        return frame.sort_values("at", ascending=False, kind="stable", ignore_index=True)

    def _one(self, session: str, over: threading.Event) -> tables.Rows | None:
        """One session; `None` where reading ended meanwhile."""
        if over.is_set():
            return None
        return read_session(self._reader, session, self._since, self._until)

    @staticmethod
    def _gather(running: deque[Running], found: Found, bar: Any) -> None:
        """Take what is read in the order of the sessions, so that every reading makes the same table."""
        while running:
            session, future = running[0]
            rows = future.result()
            running.popleft()
            found.add(session, rows)
            bar.update()

    @staticmethod
    def _late(running: Iterable[Running], found: Found) -> None:
        """Keep what came in while reading ended."""
        for session, future in running:
            if future.done() and not future.cancelled() and future.exception() is None:
                found.add(session, future.result())

    def _incomplete(self, error: BaseException, found: Found, listing: Listing) -> IncompleteHistory:
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        read = set(found.done)
        left = [session for session in listing.known if session not in read]
        least = "" if listing.whole else "at least "
        words = (
            f"{len(read)} sessions are read and {least}{len(left)} are left ({why}); this error's resume() "
            f"goes on, and its frame is what was read"
        )
        return IncompleteHistory(
            words,
            done=list(found.done),
            left=left,
            table=lambda: self._table(found),
            # Where not all sessions are known, they are listed again.
            resume=lambda: self.read(left if listing.whole else None, found),
        )


class Listing:
    """The sessions that are to be read, each once, without those that were read before.

    Attributes:
        known: those that are known so far.
        whole: whether these are all.
    """

    def __init__(self, sessions: Iterable[str], done: Iterable[str]) -> None:
        self.known: list[str] = []
        self.whole = False
        self._sessions = sessions
        self._seen = set(done)

    def __iter__(self) -> Iterator[str]:
        for session in self._sessions:
            if session not in self._seen:
                self._seen.add(session)
                self.known.append(session)
                yield session
        self.whole = True


class Found:
    """What is read so far; much of it becomes a table on the way, which takes less memory.

    Attributes:
        done: the sessions that are whole.
    """

    def __init__(self, *, raw: bool) -> None:
        self.done: list[str] = []
        self._raw = raw
        self._parts: list[pd.DataFrame] = []
        self._fresh: list[tables.Rows] = []
        self._count = 0

    def copy(self) -> Found:
        """The same, to go on with."""
        other = Found(raw=self._raw)
        other.done, other._parts, other._fresh = [*self.done], [*self._parts], [*self._fresh]
        other._count = self._count
        return other

    def add(self, session: str, rows: tables.Rows | None) -> None:
        """Add a session that is whole; `None` where it is not."""
        if rows is None:
            return
        self.done.append(session)
        self._fresh.append(rows)
        self._count += rows.size
        if self._count >= PART_ROWS:
            self._parts.append(tables.MESSAGES.joined(self._fresh, raw=self._raw))
            self._fresh, self._count = [], 0

    def frame(self) -> pd.DataFrame:
        """All of it."""
        last = tables.MESSAGES.joined(self._fresh, raw=self._raw)
        return tables.concat_rows(*self._parts, last) if self._parts else last
