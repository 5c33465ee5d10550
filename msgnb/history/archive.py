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

from pathlib import Path
from typing import TYPE_CHECKING

from msgnb import tables
from msgnb.core.times import When, instant
from msgnb.history.files import PARTIES, Files
from msgnb.history.reader import HistorySource
from msgnb.history.reading import WORKERS, check_workers
from msgnb.history.sync import Sync

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


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

    def sync(self, source: HistorySource, *, since: When | None = None, workers: int = WORKERS) -> int:
        """Bring the archive up to date with an account: what is new, and what may have changed lately.

        >>> archive.sync(bot)

        Args:
            source: the account's client.
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
            return Sync(self._files, source.history_reader(), first, workers).run()

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
            "contact": f"$contact in ({', '.join(PARTIES)})",
            "text": "contains(lower(text), lower($text))",
        }
        asked = {name: value for name, value in given.items() if value is not None}
        where = " and ".join(clauses[name] for name in asked) or "true"
        order = '"at" desc, session, message'
        query = f"select * from messages where {where} order by {order}"  # noqa: S608 - our own words
        found = self._files.connected().sql(query, params=asked).to_arrow_table().to_pandas()
        return tables.MESSAGES.conform(found)

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
