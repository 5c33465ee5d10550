"""A folder of Parquet files with all messages, that any tool reads.

    archive = msgnb.Archive("history/")
    archive.sync(client)
    archive.sql("select session, count(*) from messages group by all order by 2 desc limit 5")

* `messages/platform=…/account=…/month=…/messages.parquet`: one file for each month (of UTC) of an account,
  sorted by time, each message once.
* What is read is written down in parts, and noted after that; at the end of a sync the parts go into the
  files of their months, each of which is replaced in one step. Killed at any moment, the next sync reads
  again what was not noted, puts every part into its place, and adds nothing that is there.
* One sync of an archive runs at a time on a machine; who reads is never in the way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.progress import progress
from msgnb.core.times import When, instant
from msgnb.history.files import PARTIES, Files, Known, hash_of
from msgnb.history.reading import WORKERS, Reader, check_workers, read_of

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from msgnb.platforms.base import Client

OPEN = ("accepted", "sent", "delivered", "unknown")
"""Statuses that may still change."""
LATELY = timedelta(days=3)
"""How long what became of a message may still change."""
PART_ROWS = 50_000
"""Messages that are kept in memory before they are written down."""
AHEAD = 4
"""Sessions for each worker that are read before those in front of them are written down."""


class Archive:
    """All messages of any number of accounts, in files.

    Args:
        path: a folder, or any address that fsspec knows, as `s3://bucket/history`.

    Raises:
        SettingsError: a library of the extra `archive` is missing.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._files = Files(path)

    def __repr__(self) -> str:
        return f"<Archive {self.path}: {len(self._files.all())} files>"

    def sync(self, client: Client, *, since: When | None = None, workers: int = WORKERS) -> int:
        """Bring the archive up to date with an account: what is new, and what may have changed lately.

        >>> archive.sync(bot)

        Args:
            client: of the account.
            since: of a session that is new here, no message before that moment is fetched.
            workers: how many sessions are read at once, 32 at most.

        Returns:
            How many messages were fetched.

        Raises:
            InvalidRequest: the number of workers can't be, or the time has no zone.
            MsgnbError: not all could be read; what was read stays, and the next sync goes on.
        """
        check_workers(workers)
        first = instant(since, "since")
        with self._files.alone():
            return Sync(self._files, client, client._reader(), first, workers).run()  # noqa: SLF001 - its half

    def messages(
        self,
        *,
        since: When | None = None,
        until: When | None = None,
        session: str | None = None,
        contact: str | None = None,
        text: str | None = None,
    ) -> pd.DataFrame:
        """Messages of the archive, newest first, as a table `messages`.

        Args:
            since: from that moment on.
            until: before that moment.
            session: of one session.
            contact: with one number or identity, as sender, recipient or session.
            text: that have these words in them, whatever their case.

        Raises:
            InvalidRequest: a time has no zone.
        """
        given = {
            "since": instant(since, "since"),
            "until": instant(until, "until"),
            "session": session,
            "contact": contact,
            "text": text,
        }
        clauses = {
            "since": '"at" >= $since',
            "until": '"at" < $until',
            "session": "session = $session",
            "contact": f"$contact in ({PARTIES})",
            "text": "contains(lower(text), lower($text))",
        }
        asked = {name: value for name, value in given.items() if value is not None}
        where = " and ".join(clauses[name] for name in asked) or "true"
        names = ", ".join(f'"{column.name}"' for column in tables.MESSAGES.columns)
        order = '"at" desc, session, message'
        query = f"select {names} from messages where {where} order by {order}"  # noqa: S608 - our own words
        found = self._files.connected().sql(query, params=asked).to_arrow_table().to_pandas()
        typed: pd.DataFrame = found.astype(tables.MESSAGES.frame(0, {}).dtypes)
        return typed

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Ask in SQL; the table is `messages`, times are UTC, and `"at"` stands in quotes.

        >>> archive.sql("select count(*) from messages where text ilike '%order%'").df()
        """
        found: duckdb.DuckDBPyRelation = self._files.connected().sql(query)
        return found

    def verify(self) -> list[str]:
        """What is wrong with the files, in words; nothing where all is well."""
        found = []
        for file in (*self._files.all(), *self._files.staged()):
            try:
                found += [f"{file}: {what}" for what in self._files.troubles(file)]
            except Exception as error:  # noqa: BLE001 - whatever a broken file does
                found.append(f"{file}: can't be read ({type(error).__name__})")
        return found

    def compact(self) -> None:
        """Write every file anew, sorted and with each message once; leftovers of syncs that died go."""
        with self._files.alone():
            self._files.settle()
            for file in self._files.all():
                self._files.tidy(file)
            self._files.remove_leftovers()

    def forget(self, contact: str) -> int:
        """Remove everything with one number or identity from all files, and keep it out of later syncs.

        Texts of others in which the person is named stay. Of whom is forgotten only a hash is kept.

        Returns:
            How many messages were removed.
        """
        with self._files.alone():
            self._files.settle()
            before = self._count()
            self._files.forget(contact)
            for file in self._files.all():
                self._files.without(file, contact)
            return before - self._count()

    def _count(self) -> int:
        found = self._files.connected().execute("select count(*) from messages").fetchall()
        return int(found[0][0])


class Sync:
    """One sync of one account: what is due is read side by side, and written and noted in parts."""

    def __init__(
        self, files: Files, client: Client, reader: Reader, since: datetime | None, workers: int
    ) -> None:
        self._files = files
        self._client = client
        self._reader = reader
        self._since = since
        self._workers = workers
        self._whose = client.platform, client.account
        self._forgotten = files.forgotten()
        self._told: dict[str, Any] = {}
        """The time of each session's last message, as the platform told it before reading."""

    def run(self) -> int:
        """Fetch what is due; returns how many messages came."""
        listed = self._client.sessions()
        self._whose = self._client.platform, self._client.account  # some know it after they signed in
        known = self._files.known(*self._whose)
        try:
            return self._fetch(self._due(listed, known), known)
        finally:
            self._files.settle()

    def _fetch(self, due: Mapping[str, datetime | None], known: Known) -> int:
        """Read what is due, and write it down in parts."""
        count = rows = 0
        found: dict[str, tables.Rows] = {}
        with progress("sessions", len(due)) as bar, closing(self._read(due)) as read:
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
        with ThreadPoolExecutor(self._workers) as pool:
            try:
                for session, since in due.items():
                    running.append((session, pool.submit(read_of, self._reader, session, since, None)))
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
            if opened and self._client._now() - opened < LATELY:  # noqa: SLF001 - the platform's time
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
        now = self._client._now()  # noqa: SLF001 - the platform's time
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
    sides = [frame[name].map(hash_of, na_action="ignore").isin(people) for name in PARTIES.split(", ")]
    return sides[0] | sides[1] | sides[2]


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
