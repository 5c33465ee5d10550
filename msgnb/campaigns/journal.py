"""What a campaign has sent, on disk, so that it can go on after anything.

* One file a campaign, one line of JSON a step, only ever added to. Before something is sent a line says so
  and is on the disk; after it another says what became of it. What has the first line and not the second was
  on its way when the process died: it is looked up before anything else happens.
* A line that was cut short by a death is no line: what it would have begun was never sent.
* Whoever writes holds a lock, which ends with the process. The file is the user's alone: it holds phones
  and texts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Literal

import orjson

from msgnb.core.errors import InvalidRequest

VERSION = 1
REFUSED = "refused"
"""The code of a recipient whom the platform does not take."""
Clock = Callable[[], datetime]
State = Literal["sent", "rejected", "unknown"]


@dataclass(frozen=True)
class Batch:
    """What one request sends: a text to one or several, under a key that msgnb made up.

    `values` has the values of the text's placeholders for each recipient, where a platform fills them in;
    `waiting` is a campaign that the platform has made already and only needs to launch.
    """

    key: str
    text: str
    recipients: tuple[str, ...]
    values: tuple[tuple[str, ...], ...] = ()
    waiting: str | None = None
    begun_at: datetime | None = None


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch; `refused` has those of its recipients that were refused, and why."""

    state: State
    campaign: str | None = None
    message: str | None = None
    error_code: str | None = None
    error: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RecipientStatus:
    """What became of one recipient; `text` is what it got, where that was the same for all of the batch."""

    state: State
    key: str
    text: str | None = None
    campaign: str | None = None
    message: str | None = None
    error_code: str | None = None
    error: str | None = None
    attempts: int = 1
    at: str | None = None


@dataclass(frozen=True)
class Header:
    """Which campaign a journal is of; `due` is when it is for, where that is later."""

    platform: str
    server: str
    account: str
    title: str | None
    text: str
    sender: str
    template: str | None = None
    due: str | None = None
    begun_at: str | None = None

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it this campaign: its title, or its words where it has none."""
        named = (self.title,) if self.title else (self.text, self.sender)
        return (self.platform, self.server, self.account, *named)

    @property
    def file_name(self) -> str:
        """A name to read and to tell apart."""
        words = re.sub(r"[^a-z0-9]+", "-", (self.title or self.text).lower())[:40].strip("-")
        digest = sha256("\0".join(self.identity).encode()).hexdigest()[:12]
        return f"{words or 'campaign'}-{digest}.jsonl"


class Pen:
    """Adds lines to a file."""

    def __init__(self, file: BinaryIO, clock: Clock) -> None:
        self._file = file
        self._clock = clock

    def now(self) -> str:
        """The time, as lines have it."""
        return self._clock().astimezone(UTC).isoformat()

    def write(self, line: Mapping[str, Any], *, safe: bool = False) -> None:
        """Add a line; with `safe` it is on the disk when this returns."""
        self._file.write(orjson.dumps(line) + b"\n")
        self._file.flush()
        if safe:
            os.fsync(self._file.fileno())


class Journal:
    """The journal of one campaign; open it with `open_journal`, which holds its lock, or `read_journal` it.

    Attributes:
        path: of the file.
        header: which campaign it is of.
        statuses: what became of each recipient so far.
        open: the batches that were begun and have no end.
        unknown: the batches whose end is unknown.
        batches: how many were begun.
    """

    def __init__(self, path: Path, header: Header, pen: Pen | None = None) -> None:
        self.path = path
        self.header = header
        self.statuses: dict[str, RecipientStatus] = {}
        self.open: dict[str, Batch] = {}
        self.unknown: dict[str, Batch] = {}
        self.batches = 0
        self._pen = pen

    @classmethod
    def load(cls, path: Path, content: bytes, pen: Pen | None = None) -> Journal | None:
        """The journal in a file's content, `None` where that is empty."""
        lines = _lines(content)
        if not lines:
            return None
        journal = cls(path, _header(path, lines[0]), pen)
        for line in lines[1:]:
            journal._take(line)
        return journal

    @classmethod
    def start(cls, path: Path, header: Header, pen: Pen) -> Journal:
        """A journal with its first line."""
        journal = cls(path, replace(header, begun_at=pen.now()), pen)
        pen.write({"journal": VERSION, **vars(journal.header)}, safe=True)
        return journal

    def begin(self, batch: Batch) -> None:
        """Say that a batch is about to be sent; it is on the disk when this returns."""
        line: dict[str, Any] = {"begin": batch.key, "text": batch.text, "to": batch.recipients}
        line |= {"values": batch.values} if any(batch.values) else {}
        line |= {"waiting": batch.waiting} if batch.waiting else {}
        self._note(line, safe=True)

    def end(self, batch: Batch, result: BatchResult) -> None:
        """Say what became of a batch; of a unknown one, once it is known."""
        told = {name: value for name, value in vars(result).items() if value}
        line = {"end": batch.key, **told}
        self._note(line)

    def drop(self, batch: Batch) -> None:
        """Say that a batch was never sent."""
        line = {"drop": batch.key}
        self._note(line)

    def _note(self, line: dict[str, Any], *, safe: bool = False) -> None:
        assert self._pen is not None  # noqa: S101 - only what `open_journal` hands out is written to
        dated = {**line, "at": self._pen.now()}
        self._pen.write(dated, safe=safe)
        self._take(dated)

    def _take(self, line: Mapping[str, Any]) -> None:
        if key := line.get("begin"):
            self.batches += 1
            values = tuple(map(tuple, line.get("values") or ()))
            begun = datetime.fromisoformat(line["at"])
            people = tuple(line["to"])
            self.open[key] = Batch(key, line["text"], people, values, line.get("waiting"), begun)
        elif key := line.get("drop"):
            self.open.pop(key, None)
        elif batch := self.open.pop(line["end"], None):
            self._settle(batch, line, attempts=1)
        elif batch := self.unknown.pop(line["end"], None):
            self._settle(batch, line, attempts=0)

    def _settle(self, batch: Batch, line: Mapping[str, Any], *, attempts: int) -> None:
        if line["state"] == "unknown":
            self.unknown[batch.key] = batch
        refused = line.get("refused") or {}
        reported = RecipientStatus(
            line["state"],
            batch.key,
            None if batch.values else batch.text,
            line.get("campaign"),
            line.get("message"),
            line.get("error_code"),
            line.get("error"),
            at=line["at"],
        )
        for recipient in batch.recipients:
            before = self.statuses.get(recipient)
            status = replace(reported, attempts=(before.attempts if before else 0) + attempts)
            if recipient in refused:
                why = refused[recipient]
                status = replace(status, state="rejected", campaign=None, error=why, error_code=REFUSED)
            self.statuses[recipient] = status


@contextmanager
def open_journal(path: Path, header: Header, clock: Clock) -> Iterator[Journal]:
    """The journal at a path, made if there is none, and this process's alone while it is open.

    Raises:
        InvalidRequest: another process has it, or it is of another campaign.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - loads when first used

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(f"{path}.lock", timeout=0), _private(path) as file:
            yield _loaded(path, header, file, Pen(file, clock))
            os.fsync(file.fileno())
    except Timeout:
        words = f"{path} is in use: this campaign is being sent by another process"
        raise InvalidRequest.of(journal=words) from None


def read_journal(path: Path) -> Journal:
    """The journal at a path, as it stands.

    Raises:
        InvalidRequest: there is none.
    """
    try:
        journal = Journal.load(path, path.read_bytes())
    except OSError as error:
        raise InvalidRequest.of(journal=f"{path}: {error.strerror}") from None
    if journal is None:
        raise InvalidRequest.of(journal=f"{path} is no journal of a campaign")
    return journal


def load_journals(where: Path, platform: str, server: str, account: str) -> list[Journal]:
    """The journals of one account's campaigns in a folder, the latest first; other files are left alone."""
    found = []
    for path in where.glob("*.jsonl"):
        try:
            journal = read_journal(path)
        except InvalidRequest:
            continue
        if journal.header.identity[:3] == (platform, server, account):
            found.append(journal)
    return sorted(found, key=lambda journal: journal.header.begun_at or "", reverse=True)


def default_folder() -> Path:
    """Where journals are where nobody says otherwise: the user's folder for such."""
    from platformdirs import user_state_path  # noqa: PLC0415 - loads when first used

    return user_state_path("msgnb") / "campaigns"


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+b")


def _loaded(path: Path, header: Header, file: BinaryIO, pen: Pen) -> Journal:
    file.seek(0)
    content = file.read()
    if content and not content.endswith(b"\n"):
        file.write(b"\n")
    journal = Journal.load(path, content, pen)
    if journal is None:
        return Journal.start(path, header, pen)
    if journal.header.identity != header.identity:
        words = f"{path} is of {journal.header.title or journal.header.text!r} on {journal.header.platform}"
        raise InvalidRequest.of(journal=f"{words}, another campaign; give another path")
    return journal


def _lines(content: bytes) -> list[dict[str, Any]]:
    """The whole lines; one that a death cut short is none."""
    found = []
    for line in content.splitlines():
        try:
            found.append(dict(orjson.loads(line)))
        except (TypeError, ValueError):
            continue
    return found


def _header(path: Path, line: Mapping[str, Any]) -> Header:
    if line.get("journal") != VERSION:
        raise InvalidRequest.of(journal=f"{path} is no journal of a campaign, or one of a later version")
    return Header(**{name: value for name, value in line.items() if name != "journal"})
