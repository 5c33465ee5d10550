"""The files of an archive: where they are, how they are replaced in one step, and how they are asked.

SQL here is put together of names of our own; what users give is handed over as parameters.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import orjson

from msgnb import tables
from msgnb.errors import SettingsError

if TYPE_CHECKING:
    import pandas as pd

FILE = "messages.parquet"
KEY = "session, message, direction"
"""What tells the messages of an account apart."""
ORDER = '"at", session, message, direction'
PLACE = ("platform", "account")
"""Columns that stand in the folders' names."""
WORDS = ("direction", "kind", "status")
"""Columns of few values, which are text in the files."""
MEMORY = "200MB"
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

    def of(self, platform: str, account: str, month: str) -> str:
        """The file of one month of an account."""
        place = f"platform={platform}/account={quote(account, safe='@+.')}/month={month}"
        return f"{self._root}/messages/{place}/{FILE}"

    def merge(self, file: str, fresh: pd.DataFrame) -> None:
        """Put messages into a file; those that are there already are replaced."""
        old = f"select * from old where ({KEY}) not in (select ({KEY}) from fresh)"  # noqa: S608 - our own
        self._rewrite(file, f"select * from fresh union all by name ({old})", fresh)  # noqa: S608

    def tidy(self, file: str) -> None:
        """Write a file anew, sorted and with each message once."""
        self._rewrite(file, "select * from old")

    def without(self, file: str, contact: str) -> None:
        """Take everything with somebody out of a file."""
        query = "select * from old where $contact not in (session, sender, recipient)"
        self._rewrite(file, query, contact=contact)

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
        connection = connection_of()
        if not self.local:
            connection.register_filesystem(self._fs)
        files = [self.address(file).replace("'", "''") for file in self.all()]
        if not files:
            plain = dict.fromkeys(("platform", *WORDS), "str")
            connection.register("messages", tables.MESSAGES.frame(0, {}).astype(plain))
            return connection
        place = "regexp_extract(filename, '/platform=([^/]+)/', 1) as platform"
        whose = "url_decode(regexp_extract(filename, '/account=([^/]+)/', 1)) as account"
        listed = ", ".join(f"'{file}'" for file in files)
        source = f"read_parquet([{listed}], filename=true, hive_partitioning=false, union_by_name=true)"
        view = f"select {place}, {whose}, * exclude (filename) from {source}"  # noqa: S608 - our own
        connection.execute(f"create view messages as {view}")
        return connection

    def troubles(self, file: str) -> Iterator[str]:
        """What is wrong with a file."""
        month = file.split("/month=")[1].partition("/")[0]
        counts = f"count(*), count(distinct ({KEY})), count(*) filter (strftime(\"at\", '%Y-%m') <> $month)"
        query = f"select {counts} from read_parquet($file)"  # noqa: S608 - our own
        connection = connection_of()
        if not self.local:
            connection.register_filesystem(self._fs)
        found = connection.execute(query, {"month": month, "file": self.address(file)}).fetchall()
        rows, distinct, elsewhere = found[0]
        if rows != distinct:
            yield f"{rows - distinct} messages are there twice"
        if elsewhere:
            yield f"{elsewhere} messages are of another month"

    def address(self, file: str) -> str:
        """A file as DuckDB finds it."""
        return file if self.local else str(self._fs.unstrip_protocol(file))

    def _rewrite(self, file: str, query: str, fresh: pd.DataFrame | None = None, **given: str) -> None:
        """Replace a file by what a query makes of `old`, which it was, and of `fresh`."""
        with tempfile.TemporaryDirectory(prefix="msgnb-archive-") as folder:
            connection = connection_of(folder)
            old = tables.MESSAGES.frame(0, {}).drop(columns=list(PLACE)).astype(dict.fromkeys(WORDS, "str"))
            connection.register("old", old)
            if fresh is not None:
                connection.register("fresh", fresh.astype(dict.fromkeys(WORDS, "str")))
            if self._fs.exists(file):
                self._fs.get_file(file, f"{folder}/old.parquet")
                connection.unregister("old")
                connection.execute(f"create view old as from read_parquet('{folder}/old.parquet')")
            once = f"qualify row_number() over (partition by {KEY}) = 1 order by {ORDER}"
            made = f"{folder}/made.parquet"
            copied = f"copy (select * from ({query}) {once}) to '{made}'"  # noqa: S608 - our own
            connection.execute(f"{copied} (format parquet, compression zstd)", given or None)
            connection.close()
            self._put(Path(made), file)

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
        return f"{self._root}/state/{platform}/{quote(account, safe='@+.')}.json"

    def _read(self, path: str, otherwise: Any) -> Any:
        return orjson.loads(self._fs.cat_file(path)) if self._fs.exists(path) else otherwise

    def _write(self, path: str, content: Any) -> None:
        with tempfile.TemporaryDirectory(prefix="msgnb-archive-") as folder:
            made = Path(folder) / "state.json"
            made.write_bytes(orjson.dumps(content))
            self._put(made, path)


def connection_of(folder: str | None = None) -> Any:
    """A DuckDB of this process, whose times are UTC; with a folder it keeps to little memory."""
    connection = library("duckdb").connect()
    connection.execute("set TimeZone = 'UTC'")
    if folder:
        connection.execute(f"set memory_limit = '{MEMORY}'")
        connection.execute(f"set temp_directory = '{folder}/spill'")
    return connection


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
