"""Every message of every session in one table.

* Sessions are read side by side, within the platform's pacing, and one table is made of all of them.
* What is read is kept: an error carries the sessions that are whole, and goes on from there.
* A platform says how it lists sessions, reads one, and makes a table: its `Reader`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from msgnb.errors import IncompleteHistory, InvalidRequest, NotFound
from msgnb.moments import When, instant
from msgnb.progress import progress

if TYPE_CHECKING:
    import pandas as pd

WORKERS = 8
MOST_WORKERS = 32
"""Connections that a client keeps open."""
Row = Mapping[str, Any]


class Reader(Protocol):
    """How a platform's history is read; used by several threads at once."""

    def sessions(self, since: datetime | None) -> list[str]:
        """The sessions in which something was said from a moment on, as far as the platform tells."""
        ...

    def read(self, session: str, since: datetime | None, until: datetime | None) -> Sequence[Row]:
        """What was said in one session, as the platform sends it; more than the span is no harm."""
        ...

    def table(self, found: Mapping[str, Sequence[Row]], *, raw: bool) -> pd.DataFrame:
        """What was read, as a table `messages`."""
        ...


class History:
    """One reading of a history."""

    def __init__(
        self, reader: Reader, since: When | None, until: When | None, workers: int, *, raw: bool
    ) -> None:
        if not 1 <= workers <= MOST_WORKERS:
            raise InvalidRequest.of(workers=f"{workers} is not between 1 and {MOST_WORKERS}")
        self._reader = reader
        self._since = None if since is None else instant(since, "since")
        self._until = None if until is None else instant(until, "until")
        if self._since and self._until and self._since >= self._until:
            raise InvalidRequest.of(until=f"{until} is not after since, which is {since}")
        self._workers = workers
        self._raw = raw

    def read(
        self, sessions: Iterable[str] | None = None, found: Mapping[str, Sequence[Row]] | None = None
    ) -> pd.DataFrame:
        """Read some sessions, or all there are, beside those that were found before."""
        wanted = self._reader.sessions(self._since) if sessions is None else list(dict.fromkeys(sessions))
        done = dict(found or {})
        with progress("sessions", len(wanted)) as bar, ThreadPoolExecutor(self._workers) as pool:
            over = threading.Event()
            running = {pool.submit(self._one, session, over): session for session in wanted}
            try:
                self._gather(running, done, bar)
            except BaseException as error:
                over.set()
                pool.shutdown(cancel_futures=True)
                self._late(running, done)
                left = [session for session in wanted if session not in done]
                raise self._incomplete(error, done, left) from error
        return self.table({session: done[session] for session in dict.fromkeys((*done, *wanted))})

    def table(self, found: Mapping[str, Sequence[Row]]) -> pd.DataFrame:
        """What was found within the span, newest first."""
        frame = self._reader.table(found, raw=self._raw)
        if self._since:
            frame = frame[frame["at"] >= self._since]
        if self._until:
            frame = frame[frame["at"] < self._until]
        return frame.sort_values("at", ascending=False, kind="stable", ignore_index=True)

    def _one(self, session: str, over: threading.Event) -> Sequence[Row] | None:
        """One session; `None` where reading ended meanwhile."""
        if over.is_set():
            return None
        try:
            return self._reader.read(session, self._since, self._until)
        except NotFound:
            return ()  # it was deleted since the list was made

    @staticmethod
    def _gather(running: Mapping[Future[Any], str], done: dict[str, Sequence[Row]], bar: Any) -> None:
        left = set(running)
        while left:
            ready, left = wait(left, return_when=FIRST_COMPLETED)
            for future in ready:
                done[running[future]] = future.result()
                bar.update()

    @staticmethod
    def _late(running: Mapping[Future[Any], str], done: dict[str, Sequence[Row]]) -> None:
        """Keep what came in while reading ended."""
        for future, session in running.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                rows = future.result()
                if rows is not None:
                    done[session] = rows

    def _incomplete(
        self, error: BaseException, done: dict[str, Sequence[Row]], left: list[str]
    ) -> IncompleteHistory:
        why = "interrupted" if isinstance(error, KeyboardInterrupt) else f"{type(error).__name__}: {error}"
        words = (
            f"{len(done)} sessions are read and {len(left)} are left ({why}); this error's resume() goes on, "
            f"and its frame is what was read"
        )
        return IncompleteHistory(
            words,
            done=list(done),
            left=left,
            table=lambda: self.table(done),
            resume=lambda: self.read(left, done),
        )


def spread(found: Mapping[str, Sequence[Row]]) -> tuple[list[Row], list[str]]:
    """The rows of all sessions, and the session of each."""
    rows = [row for some in found.values() for row in some]
    return rows, [session for session, some in found.items() for _ in some]
