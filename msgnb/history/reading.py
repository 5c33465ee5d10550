"""Every message of every session in one table.

The calling thread lists the sessions and hands each of them to a pool of workers, so that reading starts
before the list is complete. It collects the results in the order of the list, not in the order in which they
are done: the same history makes the same table every time.

Nothing that was read is lost. If listing or reading ends early, through an error, Ctrl-C or a cancellation,
the sessions that are complete go into an `IncompleteHistory`, which can show them and continue from there. A
session is the smallest unit: one that was only partly read is read again.
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
from msgnb.core.times import When, parse_when
from msgnb.history.errors import IncompleteHistory
from msgnb.history.reader import HistoryReader, read_session

if TYPE_CHECKING:
    import pandas as pd

WORKERS = 8
"""Sessions that are read in parallel by default."""
MAX_WORKERS = 32
"""More would not help: a client keeps this many connections open."""
PART_ROWS = 25_000
"""Rows after which a DataFrame is made of them; as one it takes a fraction of the memory."""

Pending = tuple[str, Future[tables.Rows | None]]
"""A session, and the messages that a worker reads of it; they are `None` if reading ended before."""


def check_workers(workers: int) -> None:
    """Check a number of workers.

    Raises:
        InvalidRequest: it is not between 1 and 32.
    """
    if not 1 <= workers <= MAX_WORKERS:
        raise InvalidRequest.of(workers=f"{workers} is not between 1 and {MAX_WORKERS}")


class History:
    """Reads a history, or a span of it.

    Args:
        reader: reads one account.
        since: messages from this time on; all if `None`.
        until: messages before this time.
        workers: how many sessions are read in parallel, 1 to 32.
        raw: add the platform's own objects as a last column `raw`.

    Raises:
        InvalidRequest: a time has no zone, or the span or the number of workers is not valid.
    """

    def __init__(
        self, reader: HistoryReader, since: When | None, until: When | None, workers: int, *, raw: bool
    ) -> None:
        check_workers(workers)
        self._reader = reader
        self._since = parse_when(since, "since")
        self._until = parse_when(until, "until")
        if self._since and self._until and self._since >= self._until:
            raise InvalidRequest.of(until=f"{until} is not after since, which is {since}")
        self._workers = workers
        self._raw = raw

    def read(self, sessions: Iterable[str] | None = None, before: Collected | None = None) -> pd.DataFrame:
        """Return the messages as one table `messages`, newest first.

        Args:
            sessions: the sessions to read; all sessions if `None`.
            before: what an earlier call has collected; its sessions are not read again.

        Raises:
            IncompleteHistory: reading ended early, after at least one session or the complete list was read.
        """
        collected = before.copy() if before else Collected(raw=self._raw)
        listing = Listing(
            self._reader.sessions(self._since) if sessions is None else sessions, collected.done
        )
        with progress_bar("sessions") as bar, Workers(self._workers) as pool:
            ended = threading.Event()
            pending: deque[Pending] = deque()
            try:
                for session in listing:
                    pending.append((session, pool.submit(self._read_session, session, ended)))
                bar.total = len(pending)
                self._collect(pending, collected, bar)
            except BaseException as error:
                # Also KeyboardInterrupt: what was read is worth keeping after Ctrl-C as well.
                ended.set()
                pool.shutdown(cancel_futures=True)
                self._collect_finished(pending, collected)
                if not (collected.done or listing.complete):
                    raise
                raise self._make_error(error, collected, listing) from error
        return self._make_table(collected)

    def _make_table(self, collected: Collected) -> pd.DataFrame:
        """The messages within the span, newest first."""
        frame = collected.frame()
        if self._since:
            frame = frame[frame["at"] >= self._since]
        if self._until:
            frame = frame[frame["at"] < self._until]
        return frame.sort_values("at", ascending=False, kind="stable", ignore_index=True)

    def _read_session(self, session: str, ended: threading.Event) -> tables.Rows | None:
        # A worker may have taken this session in the moment before the pool was told to cancel the rest.
        if ended.is_set():
            return None
        return read_session(self._reader, session, self._since, self._until)

    @staticmethod
    def _collect(pending: deque[Pending], collected: Collected, bar: Any) -> None:
        """Wait for all sessions, in their order."""
        while pending:
            session, future = pending[0]
            rows = future.result()
            # Removed only now, so that an interruption while waiting leaves it among the pending ones.
            pending.popleft()
            collected.add(session, rows)
            bar.update()

    @staticmethod
    def _collect_finished(pending: Iterable[Pending], collected: Collected) -> None:
        """After the end, keep the sessions that were read completely but whose turn had not come."""
        for session, future in pending:
            if future.done() and not future.cancelled() and future.exception() is None:
                collected.add(session, future.result())

    def _make_error(self, error: BaseException, collected: Collected, listing: Listing) -> IncompleteHistory:
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        done = set(collected.done)
        left = [session for session in listing.sessions if session not in done]
        least = "" if listing.complete else "at least "
        message = (
            f"{self._reader.platform}: {len(done)} sessions are read and {least}{len(left)} are left "
            f"({why}); this error's resume() goes on, and its frame is what was read"
        )
        return IncompleteHistory(
            message,
            done=list(collected.done),
            left=left,
            table=lambda: self._make_table(collected),
            # If the list is not complete, the sessions are listed again.
            resume=lambda: self.read(left if listing.complete else None, collected),
        )


class Listing:
    """The sessions to read, each once, without those that were read before.

    Attributes:
        sessions: the sessions that were listed so far.
        complete: whether these are all.
    """

    def __init__(self, sessions: Iterable[str], done: Iterable[str]) -> None:
        self.sessions: list[str] = []
        self.complete = False
        self._listed = sessions
        self._seen = set(done)

    def __iter__(self) -> Iterator[str]:
        for session in self._listed:
            if session not in self._seen:
                self._seen.add(session)
                self.sessions.append(session)
                yield session
        self.complete = True


class Collected:
    """The messages that were read so far.

    Rows are lists of Python objects, which are fast to collect and large. Every few thousand of them become a
    DataFrame while workers go on reading.

    Attributes:
        done: the sessions that were read completely.
    """

    def __init__(self, *, raw: bool) -> None:
        self.done: list[str] = []
        self._raw = raw
        self._frames: list[pd.DataFrame] = []
        self._rows: list[tables.Rows] = []
        self._count = 0

    def copy(self) -> Collected:
        """Return a copy to continue with, so that `resume` can be called again after another error."""
        other = Collected(raw=self._raw)
        other.done, other._frames, other._rows = [*self.done], [*self._frames], [*self._rows]
        other._count = self._count
        return other

    def add(self, session: str, rows: tables.Rows | None) -> None:
        """Add the messages of a session; `None` if it was not read."""
        if rows is None:
            return
        self.done.append(session)
        self._rows.append(rows)
        self._count += rows.size
        if self._count >= PART_ROWS:
            self._frames.append(tables.MESSAGES.joined(self._rows, raw=self._raw))
            self._rows, self._count = [], 0

    def frame(self) -> pd.DataFrame:
        """Return all of them as a table `messages`."""
        last = tables.MESSAGES.joined(self._rows, raw=self._raw)
        return tables.concat_rows(*self._frames, last) if self._frames else last
