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
from msgnb.archive_files import Files, Known, hash_of
from msgnb.errors import InvalidRequest, NotFound
from msgnb.history import MOST_WORKERS, WORKERS, Reader
from msgnb.moments import When, instant
from msgnb.progress import progress

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from msgnb.client import Client

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
        """
        if not 1 <= workers <= MOST_WORKERS:
            raise InvalidRequest.of(workers=f"{workers} is not between 1 and {MOST_WORKERS}")
        first = None if since is None else instant(since, "since")
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
            "since": None if since is None else instant(since, "since"),
            "until": None if until is None else instant(until, "until"),
            "session": session,
            "contact": contact,
            "text": text,
        }
        clauses = {
            "since": '"at" >= $since',
            "until": '"at" < $until',
            "session": "session = $session",
            "contact": "$contact in (session, sender, recipient)",
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
                    running.append((session, pool.submit(self._one, session, since)))
                    if len(running) > self._workers * AHEAD:
                        yield _first(running)
                while running:
                    yield _first(running)
            finally:
                pool.shutdown(cancel_futures=True)

    def _one(self, session: str, since: datetime | None) -> tables.Rows:
        try:
            return self._reader.read(session, since, None)
        except NotFound:
            return tables.Rows(0, {})  # it was deleted since the list was made

    def _due(self, listed: pd.DataFrame, known: Known) -> dict[str, datetime | None]:
        """The sessions that have something new or open, and from when on they are to be read."""
        forgotten = self._files.forgotten()
        due: dict[str, datetime | None] = {}
        for session, last in zip(listed["session"], listed["last_at"], strict=True):
            if forgotten and hash_of(session) in forgotten:
                continue
            there = known.get(session)
            if there is None:
                due[session] = self._since
            elif (since := self._changed(there, last)) is not None:
                due[session] = since
        return due

    def _changed(self, there: dict[str, Any], last: Any) -> datetime | None:
        """From when on a session that is there may have changed; `None` where it has not."""
        upto, opened = (there[name] and datetime.fromisoformat(there[name]) for name in ("last", "open"))
        if opened and self._client._now() - opened < LATELY:  # noqa: SLF001 - the platform's time
            return datetime.fromisoformat(there["open"])
        told = last == last  # noqa: PLR0124 - a time that is missing is not itself
        new = upto is None or not told or last > upto
        return (upto or self._since) if new else None

    def _keep(self, found: Mapping[str, tables.Rows], known: Known) -> int:
        """Write down what was read, and note it."""
        if not found:
            return 0
        frame = tables.MESSAGES.joined(list(found.values()))
        forgotten = self._files.forgotten()
        if forgotten:
            frame = frame[~(frame["sender"].map(hash_of, na_action="ignore").isin(forgotten))]
        self._files.stage(*self._whose, frame)
        now = self._client._now()  # noqa: SLF001 - the platform's time
        for session in found:
            known.setdefault(session, {"last": None, "open": None})
        for name, part in frame.groupby("session", observed=True):
            session = str(name)
            known[session] = _noted(part, known[session]["last"], now - LATELY)
        self._files.note(*self._whose, known)
        return len(frame)


def _first(running: deque[tuple[str, Future[tables.Rows]]]) -> tuple[str, tables.Rows]:
    session, future = running.popleft()
    return session, future.result()


def _noted(part: pd.DataFrame, before: str | None, lately: datetime) -> dict[str, Any]:
    """What is noted of a session whose latest messages these are; what is old does not change any more."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    latest = part["at"].max()
    told = [before, None if pd.isna(latest) else latest.isoformat()]
    ours = (part["direction"] == "outbound") & (part["at"] > lately)
    still = part.loc[ours & part["status"].isin(OPEN), "at"]
    return {
        "last": max(filter(None, told), default=None),
        "open": still.min().isoformat() if len(still) else None,
    }
