"""The files of an archive: where they are, how they are replaced in one step, and how they are asked.

SQL here is put together of names of our own; what users give is handed over as parameters.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import orjson

from msgnb import tables
from msgnb.core.errors import SettingsError
from msgnb.core.progress import progress_bar, watched

if TYPE_CHECKING:
    import pandas as pd

FILE = "messages.parquet"
KEY = "session, message, direction"
"""What tells the messages of an account apart."""
PARTIES = tuple(name for name in tables.MESSAGES.holding("address") if name != "account")
"""The columns of a message that say who is in it; the account itself is a folder."""
ORDER = f'"at", {KEY}'
MONTH = "coalesce(strftime(\"at\", '%Y-%m'), 'unknown')"
PLACE = ("platform", "account")
"""Columns that stand in the folders' names."""
WORDS = tuple(column.name for column in tables.MESSAGES.columns if column.choices)
"""Columns of few values, which are text in the files."""
NO_ROWS = "no_rows"
"""Name of a relation with all columns of a file and no rows."""
MEMORY = "160MB"
PATIENCE = 3600.0
"""Seconds to wait for another sync to end."""

Known = dict[str, dict[str, Any]]
"""Of each session: `last`, the time up to which it is there, and `open`, since when something may change."""


class Files:
    """A folder, or any address that fsspec knows.

    Attributes:
        local: whether it is a folder of this machine.
    """

    def __init__(self, path: str | Path) -> None:
        library("duckdb")
        fsspec = library("fsspec")
        self._fs, root = fsspec.core.url_to_fs(str(path))
        self._root = root.rstrip("/")
        protocol = self._fs.protocol
        self.local = "file" in (protocol if isinstance(protocol, tuple) else (protocol,))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others of this machine from writing."""
        from filelock import FileLock  # noqa: PLC0415 - loads when first used

        name = hashlib.sha256(self._root.encode()).hexdigest()[:16]
        if self.local:
            Path(self._root).mkdir(parents=True, exist_ok=True)
        place = f"{self._root}/.lock" if self.local else f"{tempfile.gettempdir()}/msgnb-{name}.lock"
        with FileLock(place, timeout=PATIENCE):
            yield

    def all(self) -> list[str]:
        """The files of all months."""
        return sorted(self._fs.glob(f"{self._root}/messages/*/*/*/{FILE}"))

    def stage(self, platform: str, account: str, fresh: pd.DataFrame) -> None:
        """Write messages down, until `settle` puts them into the files of their months."""
        place = f"{self._root}/staged/{_folder(platform, account)}"
        last = max(self._fs.glob(f"{place}/*.parquet"), default="0").rpartition("/")[2]
        with tempfile.TemporaryDirectory(prefix="msgnb-archive-") as folder:
            made = Path(folder) / "part.parquet"
            plain = fresh.drop(columns=list(PLACE)).astype(dict.fromkeys(WORDS, "str"))
            plain.sort_values("at").to_parquet(made, compression="zstd", index=False)
            self._put(made, f"{place}/{int(last.removesuffix('.parquet')) + 1:06d}.parquet")

    def staged(self) -> list[str]:
        """What was written down and is in no month's file yet, the oldest first."""
        return sorted(self._fs.glob(f"{self._root}/staged/*/*/*.parquet"))

    def settle(self) -> None:
        """Put what was written down into the files of its months, each of which is written anew once."""
        staged = self.staged()
        for place in sorted({part.rpartition("/")[0] for part in staged}):
            parts = [part for part in staged if part.startswith(f"{place}/")]
            target = place.replace(f"{self._root}/staged/", f"{self._root}/messages/")
            with self._here(parts) as here:
                months = _months(here)
                with progress_bar("months", len(months)) as bar:
                    for month in months:
                        self._rewrite(f"{target}/month={month}/{FILE}", here)
                        bar.update()
            # The oldest first: where this ends early, what is left is not older than what is in the files.
            for part in parts:
                self._fs.rm_file(part)

    def tidy(self, file: str) -> None:
        """Write a file anew, sorted and with each message once."""
        self._rewrite(file)

    def without(self, file: str, contact: str) -> None:
        """Take everything with somebody out of a file."""
        self._rewrite(file, contact=contact)

    def remove_leftovers(self) -> None:
        """Remove what syncs that died left beside the files."""
        for left in self._fs.glob(f"{self._root}/**/*.new"):
            self._fs.rm_file(left)

    def known(self, platform: str, account: str) -> Known:
        """What is noted of an account's sessions."""
        found: Known = self._read(self._state(platform, account), {})
        return found

    def note(self, platform: str, account: str, known: Known) -> None:
        """Note what is known of an account's sessions."""
        self._write(self._state(platform, account), known)

    def forgotten(self) -> set[str]:
        """The hashes of whom the archive must not know."""
        return set(self._read(f"{self._root}/state/forgotten.json", []))

    def forget(self, contact: str) -> None:
        """Note that the archive must not know somebody, and what was noted of them."""
        for path in self._fs.glob(f"{self._root}/state/*/*.json"):
            known = self._read(path, {})
            self._write(path, {name: each for name, each in known.items() if name != contact})
        self._write(f"{self._root}/state/forgotten.json", sorted({*self.forgotten(), hash_of(contact)}))

    def connected(self) -> Any:
        """A connection that knows all files as `messages`."""
        connection = self._connection()
        files = [self._address(file) for file in self.all()]
        if not files:
            connection.register("messages", _no_rows())
            return connection
        place = "regexp_extract(filename, '/platform=([^/]+)/', 1) as platform"
        whose = "url_decode(regexp_extract(filename, '/account=([^/]+)/', 1)) as account"
        source = f"read_parquet({_listed(files)}, filename=true, hive_partitioning=false, union_by_name=true)"
        # Files that were written before a column existed lack it; with this union it is there, and missing.
        known = f"select * from {source} union all by name select * from {NO_ROWS}"  # noqa: S608 - our own
        view = f"select {place}, {whose}, * exclude (filename) from ({known}) where filename is not null"  # noqa: S608
        connection.execute(f"create view messages as {view}")
        return connection

    def troubles(self, file: str) -> Iterator[str]:
        """What is wrong with a file; what was written down and has no month yet has to be readable only."""
        month = _month_of(file)
        counts = f"count(*), count(distinct ({KEY})), count(*) filter ({MONTH} <> $month)"
        query = f"select {counts} from read_parquet($file)"  # noqa: S608 - our own
        connection = self._connection()
        found = connection.execute(query, {"month": month, "file": self._address(file)}).fetchall()
        rows, distinct, elsewhere = found[0]
        if rows != distinct and month:
            yield f"{rows - distinct} messages are there twice"
        if elsewhere and month:
            yield f"{elsewhere} messages are of another month"

    def _connection(self) -> Any:
        """A connection that finds the files."""
        connection = connection_of()
        if not self.local:
            connection.register_filesystem(self._fs)
        return connection

    def _address(self, file: str) -> str:
        """A file as DuckDB finds it."""
        return file if self.local else str(self._fs.unstrip_protocol(file))

    def _rewrite(self, file: str, parts: Sequence[str] = (), contact: str | None = None) -> None:
        """Replace a file by what it is, what parts have of its month, and without somebody."""
        month = _month_of(file)
        old = [file] if self._fs.exists(file) else []
        with self._here(old) as olds, tempfile.TemporaryDirectory(prefix="msgnb-archive-") as folder:
            made = Path(folder) / "made.parquet"
            query = f"copy ({_merged(olds, parts, month)}) to '{made}' (format parquet, compression zstd)"
            _spilled(query, {"contact": contact}, folder)
            self._put(made, file)

    @contextmanager
    def _here(self, files: Sequence[str]) -> Iterator[list[str]]:
        """Files of the archive as files of this machine."""
        if self.local:
            yield list(files)
            return
        with tempfile.TemporaryDirectory(prefix="msgnb-archive-") as folder:
            here = [f"{folder}/{number:06d}.parquet" for number in range(len(files))]
            for file, path in zip(files, here, strict=True):
                self._fs.get_file(file, path)
            yield here

    def _put(self, made: Path, file: str) -> None:
        """Let a file take its place in one step."""
        self._fs.makedirs(file.rpartition("/")[0], exist_ok=True)
        beside = f"{file}.{uuid4().hex}.new"
        self._fs.put_file(str(made), beside)
        if self.local:
            Path(beside).replace(file)
        else:
            self._fs.mv(beside, file)

    def _state(self, platform: str, account: str) -> str:
        return f"{self._root}/state/{platform}/{quoted(account)}.json"

    def _read(self, path: str, otherwise: Any) -> Any:
        return orjson.loads(self._fs.cat_file(path)) if self._fs.exists(path) else otherwise

    def _write(self, path: str, content: Any) -> None:
        with tempfile.TemporaryDirectory(prefix="msgnb-archive-") as folder:
            made = Path(folder) / "state.json"
            made.write_bytes(orjson.dumps(content))
            self._put(made, path)


def connection_of() -> Any:
    """A DuckDB of this process, whose times are UTC."""
    connection = library("duckdb").connect()
    connection.register(NO_ROWS, _no_rows().drop(columns=list(PLACE)))
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set enable_progress_bar = {watched()}")  # DuckDB's own goes to stdout
    return connection


def _spilled(query: str, given: dict[str, Any], folder: str) -> None:
    """Run a query in little memory, with the rest in a folder; in more where it can't be done so."""
    short = library("duckdb").OutOfMemoryException
    try:
        _run(query, given, folder, f"set memory_limit = '{MEMORY}'")
    except short:
        _run(query, given, folder)


def _run(query: str, given: dict[str, Any], folder: str, *settings: str) -> None:
    with connection_of() as connection:
        # How many threads there are decides how much memory it takes; there is a bar of the months already.
        quiet = (
            f"set temp_directory = '{folder}/spill'",
            "set threads = 2",
            "set enable_progress_bar = false",
        )
        for setting in (*quiet, *settings):
            connection.execute(setting)
        connection.execute(query, given)


def _month_of(file: str) -> str:
    return file.partition("/month=")[2].partition("/")[0]


def _months(parts: Sequence[str]) -> list[str]:
    """The months that messages are of."""
    query = f"select distinct {MONTH} from read_parquet({_listed(parts)}) order by 1"  # noqa: S608 - our own
    with connection_of() as connection:
        return [month for (month,) in connection.execute(query).fetchall()]


def _merged(old: Sequence[str], parts: Sequence[str], month: str) -> str:
    """The messages of a month, sorted and each once: that of the latest part where there are several.

    They are sorted, and who stands beside its like goes: unlike grouping, that takes no more memory for more
    messages.
    """
    found = []
    if parts:
        inside = f"{MONTH} = '{month}'"
        found.append(f"select * exclude (filename), filename as _part from {_read(parts)} where {inside}")  # noqa: S608
    if old:
        newer = f"anti join ({found[0]}) as newer using ({KEY})" if found else ""
        found.append(f"select * exclude (filename), '' as _part from {_read(old)} {newer}")  # noqa: S608
    rows = " union all by name ".join(f"({each})" for each in found)
    alike = " and ".join(f"lag({name}) over () is not distinct from {name}" for name in KEY.split(", "))
    ordered = f"select * from ({rows}) order by {ORDER}, _part desc"  # noqa: S608
    marked = f"select *, coalesce({alike}, false) as _again from ({ordered})"  # noqa: S608
    known = f"$contact is null or $contact not in ({', '.join(PARTIES)})"
    return f"select * exclude (_part, _again) from ({marked}) where not _again and ({known})"  # noqa: S608


def _read(files: Sequence[str]) -> str:
    found = f"select * from read_parquet({_listed(files)}, filename=true, union_by_name=true)"  # noqa: S608
    return f"({found} union all by name select * from {NO_ROWS})"  # noqa: S608


def _no_rows() -> pd.DataFrame:
    """A table of messages without rows, as files have it: it adds the columns that a file lacks."""
    return tables.MESSAGES.frame(0, {}).astype(dict.fromkeys(WORDS, "str"))


def _listed(files: Sequence[str]) -> str:
    return "[" + ", ".join("'" + file.replace("'", "''") + "'" for file in files) + "]"


def _folder(platform: str, account: str) -> str:
    return f"platform={platform}/account={quoted(account)}"


def quoted(account: str) -> str:
    """An account as a folder's name."""
    return quote(account, safe="@+.")


def hash_of(contact: str) -> str:
    """What is kept of whom the archive must not know."""
    return hashlib.sha256(contact.encode()).hexdigest()


def library(name: str) -> Any:
    """A library of the extra `archive`.

    Raises:
        SettingsError: it is not there.
    """
    try:
        return import_module(name)
    except ImportError:
        raise SettingsError(f"an archive needs {name}: pip install 'msgnb[archive]'") from None
