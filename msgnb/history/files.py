"""The files of an archive: where they are, how they are replaced, and how DuckDB reads them.

    messages/platform=…/account=…/month=…/messages.parquet   a month (in UTC), sorted, without duplicates
    staged/platform=…/account=…/000001.parquet               fetched, and not yet merged into its months
    state/<platform>/<account>.json                          checkpoints: what is known of each session
    state/forgotten/<key>/<hash>                             people who must not come back, as keyed hashes
    temporary/                                               files that are being written
    .lock                                                    held by the one process that writes

Two rules make a crash harmless at any time:

* A file is never changed. A new one is written in `temporary`, and takes its place in one step, so a reader
  sees the old file or the new one, and never half of one. The next process that has the lock deletes what a
  killed one was writing.
* Staged files are deleted only after everything in them is in the files of its months. Merging them once more
  adds nothing, because duplicates are removed.

Merging, sorting and removing duplicates is SQL that DuckDB runs in little memory, with the rest on disk.
Columns that this version doesn't know are kept, and columns that a file lacks are filled with missing values,
so that archives written by older and newer versions can be read and written.

On a folder of this machine only the user can read the files. Copies of remote files, and what a reader's
query needs on disk, are in a folder of the process (`msgnb.core.process_folder`).

The SQL is put together from names of our own; values that come from users are always passed as parameters.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import orjson

from msgnb import tables
from msgnb.core import cancellation
from msgnb.core.block_list import BlockList
from msgnb.core.errors import SettingsError
from msgnb.core.private_files import FILE_MODE, create_file, make_folder, replace_file, state_folder
from msgnb.core.process_folder import process_folder, sweep
from msgnb.core.progress import is_interactive, progress_bar
from msgnb.history.forgetting import ADDRESS_COLUMNS, Changes, find_changes, mentions, split_columns
from msgnb.tables.mentions import KnownPerson

if TYPE_CHECKING:
    import pandas as pd

FILE = "messages.parquet"
KEY = "session, message, direction"
"""The columns that identify a message of an account; a message to oneself has two directions."""
FORGOTTEN = "forgotten"
"""The folder of the hashes of people who must not come back."""
SEPARATOR = r"\s*,\s*"
"""What stands between several addresses in one column."""
ORDER = f'"at", {KEY}'
MONTH = "coalesce(strftime(\"at\", '%Y-%m'), 'unknown')"
TEMPORARY = "temporary"
"""The folder of what is being written; in a remote archive it has one folder for each machine."""
PARTITION_COLUMNS = ("platform", "account")
"""Columns that are in the names of folders, and not in the files."""
CATEGORIES = tuple(column.name for column in tables.MESSAGES.columns if column.choices)
"""Categorical columns, which are plain text in the files, since other tools have no such type."""
NO_ROWS = "no_rows"
"""Name of a DuckDB relation with all columns of a file and no rows."""
MEMORY = "160MB"
"""What DuckDB may use to merge a month before it uses the disk."""
LOCK_TIMEOUT = 3600.0
"""Seconds to wait for another process to finish."""
CHECK_SECONDS = 0.2
"""How often a thread that waits for the lock looks whether its call was cancelled."""


@dataclass(frozen=True)
class Removed:
    """How much of a file was about somebody.

    Attributes:
        messages: messages that were removed.
        addresses: messages of groups from which the address was removed.
        texts: messages of others whose text named it.
    """

    messages: int = 0
    addresses: int = 0
    texts: int = 0


Checkpoints = dict[str, dict[str, Any]]
"""Of each session: `last`, up to when it is complete; and `open`, since when statuses may change."""


class Files:
    """The files of one archive.

    Args:
        path: a folder, or any URL that fsspec supports.

    Attributes:
        root: its folder.
        local: whether it is a folder on this machine.

    Raises:
        SettingsError: DuckDB or fsspec is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        load_library("duckdb")
        fsspec = load_library("fsspec")
        self._fs, root = fsspec.core.url_to_fs(str(path))
        self.root = root.rstrip("/")
        protocol = self._fs.protocol
        self.local = "file" in (protocol if isinstance(protocol, tuple) else (protocol,))

    def exists(self) -> bool:
        """Whether the archive's folder is there."""
        return bool(self._fs.exists(self.root))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Wait until no other process of this machine writes, and keep others from writing meanwhile.

        Raises:
            CancelledError: the call was cancelled while it waited.
            TimeoutError: another process has held the lock for an hour.
        """
        from filelock import FileLock, Timeout  # noqa: PLC0415 - loads when first used

        folder = make_folder(Path(self.root) if self.local else self._own_state())
        lock, end = FileLock(folder / ".lock", mode=FILE_MODE), time.monotonic() + LOCK_TIMEOUT
        while True:
            try:
                lock.acquire(timeout=CHECK_SECONDS)
                break
            except Timeout:
                if time.monotonic() > end:
                    raise
                cancellation.check("waiting for another sync")
        try:
            self._remove_temporary_files()
            yield
            # Nothing of this process is left in it.
            self._remove_temporary_files()
        finally:
            lock.release()

    # Messages

    def list_months(self) -> list[str]:
        """Return the files of all months of all accounts."""
        return sorted(self._fs.glob(f"{self.root}/messages/*/*/*/{FILE}"))

    def list_staged(self) -> list[str]:
        """Return the staged files, the oldest first."""
        return sorted(self._fs.glob(f"{self.root}/staged/*/*/*.parquet"))

    def stage(self, platform: str, account: str, messages: pd.DataFrame) -> None:
        """Write messages to a staged file; `merge_staged` puts them into the files of their months."""
        folder = f"{self.root}/staged/{_partition(platform, account)}"
        last = max(self._fs.glob(f"{folder}/*.parquet"), default="0").rpartition("/")[2]
        number = int(last.removesuffix(".parquet")) + 1
        plain = messages.drop(columns=list(PARTITION_COLUMNS)).astype(dict.fromkeys(CATEGORIES, "str"))
        with self._new_file() as written:
            with create_file(written) as file:
                plain.sort_values("at").to_parquet(file, compression="zstd", index=False)
            self._replace(f"{folder}/{number:06d}.parquet", written)

    def merge_staged(self, leave: Collection[str] = ()) -> None:
        """Merge the staged files into the files of their months, each of which is rewritten once.

        Args:
            leave: staged files that stay as they are.
        """
        staged = [file for file in self.list_staged() if file not in leave]
        for folder in sorted({part.rpartition("/")[0] for part in staged}):
            parts = [part for part in staged if part.startswith(f"{folder}/")]
            target = folder.replace(f"{self.root}/staged/", f"{self.root}/messages/")
            with self._local_copies(parts) as copies:
                months = _read_months(copies)
                with progress_bar("months", len(months)) as bar:
                    for month in months:
                        self._rewrite(f"{target}/month={month}/{FILE}", copies)
                        bar.update()
            # The oldest first: if this is interrupted, what is left is newer than what is in the files, and
            # wins once more when it is merged again.
            for part in parts:
                self._fs.rm_file(part)

    def merge_readable(self) -> list[str]:
        """Merge the staged files that can be read, and return the others."""
        broken = [file for file in self.list_staged() if not self._is_readable(file)]
        self.merge_staged(leave=broken)
        return broken

    def compact(self, file: str) -> None:
        """Rewrite the file of a month, sorted and without duplicates."""
        self._rewrite(file)

    def remove_person(self, file: str, person: KnownPerson) -> Removed:
        """Rewrite the file of a month without somebody, and return how much of it was about them.

        The file stays as it is if it has nothing of them.
        """
        with self._local_copies([file]) as copies, connect_duckdb() as connection:
            source = _read_query(copies)
            described = connection.execute(f"describe select * from {source}").fetchall()  # noqa: S608 - our own
            addresses, texts = split_columns([(name, kind) for name, kind, *_ in described])
            values = {name: _distinct(connection, source, name) for name in addresses}
            tail = {"tail": person.tail}
            for name in texts if person.names_anything else ():
                values[name] = _distinct(connection, source, name, mentions(name), tail)
            changes = find_changes(person, values)
            if not changes:
                return Removed()
            for name, relation in changes.relations().items():
                connection.register(name, relation)
            kept = changes.keeps_row()
            query = (
                f"select count(*) filter (not ({kept})), "  # noqa: S608 - our own words
                f"count(*) filter (({kept}) and ({changes.touches(addresses)})), "
                f"count(*) filter (({kept}) and ({changes.touches(texts)})) from {source}"
            )
            found = Removed(*connection.execute(query).fetchall()[0])
        self._rewrite(file, changes=changes)
        return found

    def list_addresses(self) -> set[str]:
        """Return every address that takes part in a message."""
        with self.connect() as connection:
            cells = [cell for name in ADDRESS_COLUMNS for cell in _distinct(connection, "messages", name)]
        return {address for cell in cells for address in split_addresses(cell)}

    def find_problems(self, file: str) -> Iterator[str]:
        """Yield what is wrong with a file; a staged one has no month yet, and only has to be readable."""
        month = _parse_month(file)
        counts = f"count(*), count(distinct ({KEY})), count(*) filter ({MONTH} <> $month)"
        query = f"select {counts} from read_parquet($file)"  # noqa: S608 - our own
        connection = self._connect_to_files()
        found = connection.execute(query, {"month": month, "file": self._duckdb_path(file)}).fetchall()
        rows, distinct, elsewhere = found[0]
        if rows != distinct and month:
            yield f"{rows - distinct} messages are there twice"
        if elsewhere and month:
            yield f"{elsewhere} messages are of another month"

    def _is_readable(self, file: str) -> bool:
        with self._local_copies([file]) as copies, connect_duckdb() as connection:
            try:
                connection.execute(f"select count(*) from {_read_query(copies)}")  # noqa: S608 - our own
            except load_library("duckdb").Error:
                return False
        return True

    # State

    def load_checkpoints(self, platform: str, account: str) -> Checkpoints:
        """Return the checkpoints of an account's sessions."""
        found: Checkpoints = self._load_json(self._state_path(platform, account), {})
        return found

    def save_checkpoints(self, platform: str, account: str, checkpoints: Checkpoints) -> None:
        """Record the checkpoints of an account's sessions."""
        self._save_json(self._state_path(platform, account), checkpoints)

    def block_list(self) -> BlockList:
        """Return the list of people whom no sync brings back; the caller has the lock."""
        folder = f"{self.root}/state/{FORGOTTEN}"

        def list_entries() -> list[str]:
            return ["/".join(path.rsplit("/", 2)[1:]) for path in self._fs.glob(f"{folder}/*/*")]

        def add_entry(name: str) -> None:
            with self._new_file() as written:
                create_file(written).close()
                self._replace(f"{folder}/{name}", written)

        def remove_entry(name: str) -> None:
            if self._fs.exists(f"{folder}/{name}"):
                self._fs.rm_file(f"{folder}/{name}")

        blocked = BlockList(list_entries, add_entry, remove_entry)
        # Earlier versions kept hashes without a key, which anybody can try numbers on.
        old = f"{self.root}/state/{FORGOTTEN}.json"
        if self._fs.exists(old):
            blocked.take_over(self._load_json(old, []))
            self._fs.rm_file(old)
        return blocked

    def remove_checkpoints(self, person: KnownPerson) -> int:
        """Delete the checkpoints of the sessions with somebody, and return how many there were."""
        count = 0
        for path in self._fs.glob(f"{self.root}/state/*/*.json"):
            checkpoints = self._load_json(path, {})
            kept = {name: each for name, each in checkpoints.items() if person.clean_key(name) == name}
            if len(kept) < len(checkpoints):
                count += len(checkpoints) - len(kept)
                self._save_json(path, kept)
        return count

    # DuckDB

    def connect(self) -> Any:
        """Return a DuckDB connection with a view `messages` of all files."""
        connection = self._connect_to_files()
        files = [self._duckdb_path(file) for file in self.list_months()]
        if not files:
            connection.register("messages", _make_no_rows())
            return connection
        # DuckDB's own reading of partitions would guess types: an account such as 00123 would become a
        # number.
        platform = "regexp_extract(filename, '/platform=([^/]+)/', 1) as platform"
        account = "url_decode(regexp_extract(filename, '/account=([^/]+)/', 1)) as account"
        source = (
            f"read_parquet({_sql_list(files)}, filename=true, hive_partitioning=false, union_by_name=true)"
        )
        # Files that were written before a column existed lack it; this union adds it, with missing values.
        rows = f"select * from {source} union all by name select * from {NO_ROWS}"  # noqa: S608 - our own
        view = (
            f"select {platform}, {account}, * exclude (filename) from ({rows}) "  # noqa: S608 - our own
            "where filename is not null"
        )
        connection.execute(f"create view messages as {view}")
        return connection

    def _connect_to_files(self) -> Any:
        """A connection that can read the archive's file system."""
        connection = connect_duckdb()
        if not self.local:
            connection.register_filesystem(self._fs)
        return connection

    def _duckdb_path(self, file: str) -> str:
        return file if self.local else str(self._fs.unstrip_protocol(file))

    # Writing

    def _rewrite(self, file: str, parts: Sequence[str] = (), changes: Changes | None = None) -> None:
        """Replace the file of a month: add what parts have of the month, and remove somebody."""
        month = _parse_month(file)
        existing = [file] if self._fs.exists(file) else []
        with self._local_copies(existing) as old, self._new_file() as written:
            # DuckDB keeps the mode of a file that it writes over.
            create_file(written).close()
            rows = _merge_query(old, parts, month)
            if changes:
                replaced, kept = changes.replacements(), changes.keeps_row()
                rows = f"select * replace ({replaced}) from ({rows}) where {kept}"  # noqa: S608 - our own words
                rows = f"select * from ({rows}) order by {ORDER}"  # noqa: S608 - our own words
            options = "format parquet, compression zstd, use_tmp_file false"
            query = f"copy ({rows}) to {_sql_text(str(written))} ({options})"
            _run_in_little_memory(query, changes.relations() if changes else {}, written.parent)
            self._replace(file, written)

    @contextmanager
    def _local_copies(self, files: Sequence[str]) -> Iterator[list[str]]:
        """Files of the archive as files of this machine, so that merging reads a remote file only once."""
        if self.local:
            yield list(files)
            return
        with self._temporary_folder() as folder:
            copies = [folder / f"{number:06d}.parquet" for number in range(len(files))]
            for file, path in zip(files, copies, strict=True):
                # What downloads it opens it again, and keeps its mode.
                create_file(path).close()
                self._fs.get_file(file, str(path))
            yield [str(path) for path in copies]

    @contextmanager
    def _new_file(self) -> Iterator[Path]:
        """A path for a file that `_replace` puts into its place."""
        with self._temporary_folder() as folder:
            # Not named like the files of messages, which other tools may look for in all folders.
            yield folder / "file.new"

    @contextmanager
    def _temporary_folder(self) -> Iterator[Path]:
        """A folder of this machine, on the disk of a local archive, which may be larger than others."""
        base = make_folder(Path(self.root) / TEMPORARY) if self.local else process_folder()
        with tempfile.TemporaryDirectory(dir=base) as folder:
            yield Path(folder)

    def _replace(self, file: str, written: Path) -> None:
        """Let a new file take its place in one step."""
        if self.local:
            make_folder(Path(file).parent)
            written.replace(file)
            return
        self._fs.makedirs(file.rpartition("/")[0], exist_ok=True)
        folder = self._remote_temporary()
        self._fs.makedirs(folder, exist_ok=True)
        new = f"{folder}/{uuid4().hex}.new"
        self._fs.put_file(str(written), new)
        self._fs.mv(new, file)

    def _remove_temporary_files(self) -> None:
        """Delete what is in the temporary folders; nobody else uses them, since this process has the lock."""
        # The folder of the process is not needed by everyone, and may be read-only.
        with suppress(OSError):
            sweep()
        if self.local:
            shutil.rmtree(Path(self.root) / TEMPORARY, ignore_errors=True)
            return
        # Not those of other machines, which this lock does not keep from writing.
        with suppress(FileNotFoundError):
            self._fs.rm(self._remote_temporary(), recursive=True)

    def _own_state(self) -> Path:
        """Where this machine keeps the lock of a remote archive."""
        return state_folder("archives", hashlib.sha256(self.root.encode()).hexdigest()[:16])

    def _remote_temporary(self) -> str:
        """The folder of this machine in a remote archive; its name is made once, and kept beside the lock."""
        path = self._own_state() / "machine"
        if not path.exists():
            replace_file(path, uuid4().hex.encode())
        return f"{self.root}/{TEMPORARY}/{path.read_text()}"

    def _state_path(self, platform: str, account: str) -> str:
        return f"{self.root}/state/{platform}/{quote_account(account)}.json"

    def _load_json(self, path: str, default: Any) -> Any:
        return orjson.loads(self._fs.cat_file(path)) if self._fs.exists(path) else default

    def _save_json(self, path: str, content: Any) -> None:
        with self._new_file() as written:
            with create_file(written) as file:
                file.write(orjson.dumps(content))
            self._replace(path, written)


def connect_duckdb(spill: Path | None = None) -> Any:
    """Return a DuckDB connection in this process, whose times are in UTC.

    Args:
        spill: the folder for what does not fit into memory; one of this process if `None`.
    """
    connection = load_library("duckdb").connect()
    # DuckDB's own choice is a folder in the current one. Two connections can't share one.
    connection.execute(f"set temp_directory = {_sql_text(str(spill) if spill else _find_spill_folder())}")
    connection.register(NO_ROWS, _make_no_rows().drop(columns=list(PARTITION_COLUMNS)))
    connection.execute("set TimeZone = 'UTC'")
    # DuckDB writes its own progress bar to stdout.
    connection.execute(f"set enable_progress_bar = {is_interactive()}")
    return connection


def _find_spill_folder() -> str:
    """Return a folder for one connection; none, with which DuckDB uses memory only, if none can be made."""
    try:
        return str(process_folder() / f"spill-{uuid4().hex}")
    except OSError:
        return ""


def _run_in_little_memory(query: str, relations: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Run a query in little memory and a folder; in as much memory as it needs if that is not enough."""
    out_of_memory = load_library("duckdb").OutOfMemoryException
    try:
        _run(query, relations, folder, f"set memory_limit = '{MEMORY}'")
    except out_of_memory:
        _run(query, relations, folder)


def _run(query: str, relations: Mapping[str, pd.DataFrame], folder: Path, *settings: str) -> None:
    with connect_duckdb(folder / "spill") as connection:
        # Each thread needs memory of its own. The months have a progress bar already.
        for setting in ("set threads = 2", "set enable_progress_bar = false", *settings):
            connection.execute(setting)
        for name, relation in relations.items():
            connection.register(name, relation)
        connection.execute(query)


def _parse_month(file: str) -> str:
    return file.partition("/month=")[2].partition("/")[0]


def _read_months(parts: Sequence[str]) -> list[str]:
    """The months of which some files have messages."""
    query = f"select distinct {MONTH} from read_parquet({_sql_list(parts)}) order by 1"  # noqa: S608 - our own
    with connect_duckdb() as connection:
        return [month for (month,) in connection.execute(query).fetchall()]


def _merge_query(old: Sequence[str], parts: Sequence[str], month: str) -> str:
    """The query for the messages of a month, sorted and without duplicates; the latest part wins.

    Duplicates are adjacent once the rows are sorted, and a row that equals the one before it is removed.
    Unlike grouping, that takes no more memory for more messages.
    """
    sources = []
    if parts:
        within = f"{MONTH} = '{month}'"
        rows = f"select * exclude (filename), filename as _part from {_read_query(parts)} where {within}"  # noqa: S608
        sources.append(rows)
    if old:
        newer = f"anti join ({sources[0]}) as newer using ({KEY})" if sources else ""
        sources.append(f"select * exclude (filename), '' as _part from {_read_query(old)} {newer}")  # noqa: S608
    rows = " union all by name ".join(f"({source})" for source in sources)
    same = " and ".join(f"lag({name}) over () is not distinct from {name}" for name in KEY.split(", "))
    ordered = f"select * from ({rows}) order by {ORDER}, _part desc"  # noqa: S608
    compared = f"select *, coalesce({same}, false) as _duplicate from ({ordered})"  # noqa: S608
    return f"select * exclude (_part, _duplicate) from ({compared}) where not _duplicate"  # noqa: S608


def _read_query(files: Sequence[str]) -> str:
    rows = f"select * from read_parquet({_sql_list(files)}, filename=true, union_by_name=true)"  # noqa: S608
    return f"({rows} union all by name select * from {NO_ROWS})"  # noqa: S608


def involves(contact: str) -> str:
    """Return the SQL condition that a message is from, to or with a contact, alone or in a group."""
    lists = (f"string_split_regex(coalesce({name}, ''), '{SEPARATOR}')" for name in ADDRESS_COLUMNS)
    return "(" + " or ".join(f"list_contains({each}, {contact})" for each in lists) + ")"


def split_addresses(value: str) -> list[str]:
    """Return the addresses in a column that may hold several, separated by commas."""
    return re.split(SEPARATOR, value)


def _distinct(
    connection: Any, source: str, column: str, where: str = "true", parameters: dict[str, Any] | None = None
) -> list[str]:
    """The different values of a column in the rows for which a condition holds."""
    query = f'select distinct "{column}" from {source} where "{column}" is not null and {where}'  # noqa: S608
    return [value for (value,) in connection.execute(query, parameters or {}).fetchall()]


def _make_no_rows() -> pd.DataFrame:
    """A table of messages without rows, as in a file; a union with it adds columns that a file lacks."""
    return tables.MESSAGES.frame(0, {}).astype(dict.fromkeys(CATEGORIES, "str"))


def _sql_list(files: Sequence[str]) -> str:
    return "[" + ", ".join(map(_sql_text, files)) + "]"


def _sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _partition(platform: str, account: str) -> str:
    return f"platform={platform}/account={quote_account(account)}"


def quote_account(account: str) -> str:
    """Return an account as the name of a folder."""
    return quote(account, safe="@+.")


def load_library(name: str) -> Any:
    """Return a library of the extra `archive`.

    Raises:
        SettingsError: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError:
        raise SettingsError(f"an archive needs {name}: pip install 'msgnb[archive]'") from None
