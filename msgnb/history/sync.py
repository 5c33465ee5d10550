"""One sync of one account into an archive.

The platform is asked for its list of sessions once. The list tells when each session had its last message,
and the archive's checkpoints tell up to when it has them; only sessions in which something is new, or may
still change, are read. They are read in parallel, staged as Parquet files while reading goes on, and a
checkpoint is recorded after each of these files. A sync that is killed loses nothing but the messages that
were still in memory.

Checkpoints are recorded after the files, never before: a message that is staged but has no checkpoint is
fetched again and recognized as a duplicate, while the reverse would leave a gap.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from concurrent.futures import Future
from contextlib import closing
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.cancellation import Workers
from msgnb.core.progress import progress_bar
from msgnb.history.files import Checkpoints, Files
from msgnb.history.forgetting import clean_frame
from msgnb.history.reader import HistoryReader, read_session
from msgnb.tables.mentions import ForgottenPeople

if TYPE_CHECKING:
    import pandas as pd

PENDING_STATUSES = ("accepted", "sent", "delivered", "unknown")
"""Statuses of outbound messages that may still change."""
PENDING_PERIOD = timedelta(days=3)
"""How long after a message its status may still change."""
PART_ROWS = 50_000
"""Messages that are collected in memory before they are staged."""
READ_AHEAD = 4
"""Sessions for each worker that are read before the ones in front of them are collected."""


class Sync:
    """Brings the files of one account up to date.

    Args:
        files: the archive's files.
        reader: reads the account.
        since: for sessions that are new in the archive: fetch messages from this time on; all if `None`.
        workers: how many sessions are read in parallel.
    """

    def __init__(self, files: Files, reader: HistoryReader, since: datetime | None, workers: int) -> None:
        self._files = files
        self._reader = reader
        self._since = since
        self._workers = workers
        self._account = reader.platform, reader.account
        self._forgotten = ForgottenPeople(files.block_list().load())
        # When each session had its last message, as listed before it was read.
        self._listed_last: dict[str, Any] = {}

    def run(self) -> int:
        """Fetch what is due, and return how many messages were fetched."""
        listed = self._reader.list_sessions()
        # Some platforms report the account only after the sign-in, which the list required.
        self._account = self._reader.platform, self._reader.account
        checkpoints = self._files.load_checkpoints(*self._account)
        try:
            return self._fetch(self._find_due(listed, checkpoints), checkpoints)
        finally:
            self._files.merge_staged()

    def _fetch(self, due: Mapping[str, datetime | None], checkpoints: Checkpoints) -> int:
        """Read the sessions that are due, and stage them in parts."""
        count = rows = 0
        collected: dict[str, tables.Rows] = {}
        with progress_bar("sessions", len(due)) as bar, closing(self._read(due)) as sessions:
            for session, messages in sessions:
                collected[session] = messages
                rows += messages.size
                bar.update()
                if rows >= PART_ROWS:
                    count += self._stage(collected, checkpoints)
                    collected, rows = {}, 0
        return count + self._stage(collected, checkpoints)

    def _read(self, due: Mapping[str, datetime | None]) -> Generator[tuple[str, tables.Rows]]:
        """Yield the messages of each session, which are read in parallel.

        Workers don't run far ahead of what is staged: the memory needed stays the same for any number of
        sessions.
        """
        pending: deque[tuple[str, Future[tables.Rows]]] = deque()
        with Workers(self._workers) as pool:
            try:
                for session, since in due.items():
                    pending.append((session, pool.submit(read_session, self._reader, session, since, None)))
                    if len(pending) > self._workers * READ_AHEAD:
                        yield _wait_for_first(pending)
                while pending:
                    yield _wait_for_first(pending)
            finally:
                pool.shutdown(cancel_futures=True)

    def _find_due(self, listed: pd.DataFrame, checkpoints: Checkpoints) -> dict[str, datetime | None]:
        """Return the sessions in which something is new or may change, and from when on to read them."""
        due: dict[str, datetime | None] = {}
        for session, last in zip(listed["session"], listed["last_at"], strict=True):
            self._listed_last[session] = last
            key = self._key(session)
            if key is None:
                continue
            checkpoint = checkpoints.get(key, {})
            complete_to, pending_from = _parse(checkpoint.get("last")), _parse(checkpoint.get("open"))
            if pending_from and self._reader.now() - pending_from < PENDING_PERIOD:
                due[session] = pending_from
            # Written so that a session without a last time, for which every comparison is false, is due as
            # well.
            elif complete_to is None or not last <= complete_to:
                due[session] = complete_to or self._since
        return due

    def _key(self, session: str) -> str | None:
        """A session as the archive knows it: without forgotten people; `None` if it is theirs alone."""
        return self._forgotten.clean_key(session) if self._forgotten else session

    def _stage(self, collected: Mapping[str, tables.Rows], checkpoints: Checkpoints) -> int:
        """Stage the messages of some sessions, then record their checkpoints."""
        if not collected:
            return 0
        frame = tables.MESSAGES.joined(list(collected.values()))
        if self._forgotten:
            frame = clean_frame(frame, self._forgotten)
        self._files.stage(*self._account, frame)
        pending_since = self._reader.now() - PENDING_PERIOD
        messages = dict(iter(frame.groupby("session", observed=True)))
        for session in collected:
            key = self._key(session) or session
            checkpoints[key] = _make_checkpoint(
                messages.get(key, frame[:0]),
                self._listed_last[session],
                checkpoints.get(key, {}).get("last"),
                pending_since,
            )
        self._files.save_checkpoints(*self._account, checkpoints)
        return len(frame)


def _wait_for_first(pending: deque[tuple[str, Future[tables.Rows]]]) -> tuple[str, tables.Rows]:
    session, future = pending.popleft()
    return session, future.result()


def _parse(time: str | None) -> datetime | None:
    return datetime.fromisoformat(time) if time else None


def _make_checkpoint(
    messages: pd.DataFrame, listed_last: Any, before: str | None, pending_since: datetime
) -> dict[str, Any]:
    """Return the checkpoint of a session.

    It is complete up to its last message, or up to the last one that was listed before it was read: that one
    may be missing here if the session was not read from its start. Messages that are older than
    `pending_since` are taken as final.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    times = [time.isoformat() for time in (messages["at"].max(), listed_last) if not pd.isna(time)]
    recent = (messages["direction"] == "outbound") & (messages["at"] > pending_since)
    pending = messages.loc[recent & messages["status"].isin(PENDING_STATUSES), "at"]
    return {
        "last": max([*times, *([before] if before else [])], default=None),
        "open": pending.min().isoformat() if len(pending) else None,
    }
