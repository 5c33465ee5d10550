"""A folder of Parquet files with all messages, readable with any tool.

    archive = msgnb.Archive("history/")
    archive.sync(client)
    archive.sql("select session, count(*) from messages group by all order by 2 desc limit 5")

* Each month (in UTC) of an account is one file, `messages/platform=…/account=…/month=…/messages.parquet`. It
  is sorted by time, and has each message once.
* Fetched messages are staged as Parquet files, and a checkpoint is recorded after each of them. At the end of
  a sync they are merged into the files of their months, each of which is replaced in one step. If a sync is
  killed at any time, the next one fetches again what has no checkpoint, merges what is staged, and adds no
  duplicates.
* Only one process of a machine writes at a time. Readers never wait.
* In a folder of this machine only the user can read the files. What a process that was killed was writing is
  deleted by the next one that writes.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from msgnb import tables
from msgnb.core.errors import MsgnbError
from msgnb.core.times import When, parse_when
from msgnb.core.visible import escape_invisible
from msgnb.history.files import Files, involves, load_library
from msgnb.history.reader import HistorySource
from msgnb.history.reading import WORKERS, check_workers
from msgnb.history.sync import Sync
from msgnb.tables.mentions import KnownPerson, check_person, make_report, warn_not_found

if TYPE_CHECKING:
    import duckdb
    import pandas as pd


class Archive:
    """All messages of any number of accounts, in files.

    Args:
        path: a folder, or any URL that fsspec supports, such as `s3://bucket/history`.

    Raises:
        SettingsError: a library of the extra `archive` is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._files = Files(path)

    def __repr__(self) -> str:
        return escape_invisible(f"<Archive {self.path}: {len(self._files.list_months())} files>", keep="")

    def sync(self, source: HistorySource, *, since: When | None = None, workers: int = WORKERS) -> int:
        """Bring the archive up to date with an account.

        It fetches what is new, and what may have changed recently.

        >>> archive.sync(bot)

        Args:
            source: the account's client.
            since: for sessions that are new in the archive, fetch messages from this time on; all if `None`.
            workers: how many sessions are read in parallel, 1 to 32.

        Returns:
            How many messages were fetched.

        Raises:
            InvalidRequest: the number of workers is not valid, or the time has no zone.
            MsgnbError: not everything could be read; the next sync continues from there.
        """
        check_workers(workers)
        first = parse_when(since, "since")
        with self._files.lock():
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
        """Return messages of the archive, newest first, as a table `messages`.

        >>> archive.messages(since="2026-10-01", text="order")

        Args:
            since: messages from this time on.
            until: messages before this time.
            session: messages of one session.
            contact: messages with one number or identity as sender, recipient or session, alone or in a
                group.
            text: messages that contain this text, in any case.

        Raises:
            InvalidRequest: a time has no zone.
        """
        given = {
            "since": parse_when(since, "since"),
            "until": parse_when(until, "until"),
            "session": session,
            "contact": contact,
            "text": text,
        }
        conditions = {
            "since": '"at" >= $since',
            "until": '"at" < $until',
            "session": "session = $session",
            "contact": involves("$contact"),
            "text": "contains(lower(text), lower($text))",
        }
        parameters = {name: value for name, value in given.items() if value is not None}
        where = " and ".join(conditions[name] for name in parameters) or "true"
        order = '"at" desc, session, message'
        query = f"select * from messages where {where} order by {order}"  # noqa: S608 - our own words
        found = self._files.connect().sql(query, params=parameters).to_arrow_table().to_pandas()
        return tables.MESSAGES.conform(found)

    def sql(self, query: str) -> duckdb.DuckDBPyRelation:
        """Run a query with DuckDB. The table is `messages`, times are in UTC, and `"at"` must be quoted.

        >>> archive.sql("select count(*) from messages where text ilike '%order%'").df()
        """
        # What is made of the result may have texts of others.
        tables.prepare_display()
        found: duckdb.DuckDBPyRelation = self._files.connect().sql(query)
        return found

    def verify(self) -> list[str]:
        """Check the files, and return a list of problems, which is empty if there are none."""
        problems = []
        for file in (*self._files.list_months(), *self._files.list_staged()):
            try:
                problems += [f"{file}: {problem}" for problem in self._files.find_problems(file)]
            except Exception as error:  # noqa: BLE001 - whatever a broken file causes
                problems.append(f"{file}: can't be read ({type(error).__name__})")
        return problems

    def compact(self) -> None:
        """Rewrite every file sorted and without duplicates."""
        with self._files.lock():
            self._files.merge_staged()
            for file in self._files.list_months():
                self._files.compact(file)

    def forget(self, who: str, *, region: str | None = None) -> pd.DataFrame:
        """Remove somebody from every file, and keep later syncs from bringing them back.

        >>> archive.forget("+55 11 99999-8888")

        All spellings are one person: with and without country code, as an identity on WhatsApp, in capital
        letters, and in an earlier numbering plan. Messages from, to or with the person are removed. Messages
        of a group stay without the address, and where others name the address in a text, `[removed]` takes
        its place. Names are not looked for: the archive has none.

        Only a keyed hash of the address is kept. Its key is in the user's folder for settings; another
        machine needs a copy of it to sync this archive. To forget somebody in campaigns too, and to never
        write to them again, use `msgnb.forget`.

        Args:
            who: a phone number, identity, email address or user.
            region: two-letter code of the country of numbers without a country code; by default that of
                `who`.

        Returns:
            One row per place and kind: `place` (a file), `removed` (`messages`, `addresses` from messages of
            groups, `texts` that named the address, or `checkpoints`), and `count`. If it is empty, a warning
            names addresses that are close.

        Raises:
            InvalidRequest: `who` is empty.
            SettingsError: somebody was forgotten with a key that is not on this machine.
        """
        person = check_person(who, region)
        rows = self.remove(person)
        if not rows:
            warn_not_found(person, self.addresses(), self.path)
        return make_report(rows)

    def remove(self, person: KnownPerson) -> list[tuple[str, str, int]]:
        """Remove somebody as `forget` does, and return the rows of its table.

        Args:
            person: whom to remove.

        Raises:
            MsgnbError: a file is damaged; it is raised after all others were searched.
            SettingsError: somebody was forgotten with a key that is not on this machine.
        """
        with self._files.lock():
            blocked = self._files.block_list()
            blocked.load()
            blocked.add(person.canonical)
            rows: list[tuple[str, str, int]] = []
            # Staged files first, so that the person is in no file but those that are rewritten.
            broken = [self._name(file) for file in self._files.merge_readable()]
            for file in self._files.list_months():
                try:
                    removed = self._files.remove_person(file, person)
                except load_library("duckdb").Error:
                    broken.append(self._name(file))
                    continue
                rows += [(self._name(file), kind, count) for kind, count in vars(removed).items() if count]
            if count := self._files.remove_checkpoints(person):
                rows.append(("state", "checkpoints", count))
        if broken:
            words = (
                f"{', '.join(broken)} can't be read, so somebody may still be in there; delete these files"
            )
            raise MsgnbError(f"{words}. Everything else was searched")
        return rows

    def exists(self) -> bool:
        """Whether its folder is there."""
        return self._files.exists()

    def addresses(self) -> set[str]:
        """Return every address that takes part in a message."""
        return self._files.list_addresses()

    def _name(self, file: str) -> str:
        """A file as it is named in a report, without the folder of the archive."""
        return file.removeprefix(self._files.root).lstrip("/")
