"""The journal of a campaign: a log on disk of what was sent, so that a campaign can be resumed after a crash.

Each campaign has a file of its own, with one step per line, as JSON. Lines are only ever appended:

    {"begin": key, "text": …, "to": […]}      a batch is about to be sent; on disk before the request is made
    {"refuse": key, "who": {…}}               the platform refused these; the rest is about to be sent
    {"end": key, "state": "sent", …}          what became of it
    {"discard": key}                          it was looked up, and had certainly never been sent
    {"release": […], "reason": …}             a person decided that these may be sent to again

A batch that has begun and not ended was in progress when the process died. Nobody knows whether it was sent,
so it is looked up on the platform before anything else happens.

Each line has a number and a checksum (`msgnb.campaigns.journal_lines`). If one is damaged or missing, nobody
knows whom it was about: everyone of whom nothing else is known counts as `unknown` from then on.

Whoever writes holds a lock on the file itself, which the system releases when the process ends; so neither
another path to the file nor a second file beside it gets around the lock. The file contains phone numbers and
texts, so only the user can read it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from msgnb.campaigns.journal_lines import Clock, Content, JournalWriter, cut_tail, read_content
from msgnb.campaigns.statuses import RecipientStatus, Statuses
from msgnb.core.block_list import has_key, keyed_hash
from msgnb.core.errors import InvalidRequest
from msgnb.core.private_files import FILE_MODE, check_links, make_folder, state_folder
from msgnb.core.sending import RESENDABLE, SendState, new_id

REFUSED = "refused"
"""The error code of a recipient that the platform refused, while it accepted others of the same batch."""
DAMAGED = "damaged"
"""The error code of a recipient of whom nothing is known, because a line of the journal is damaged."""
RELEASED = "released"
"""The error code of a recipient to whom a person decided to send again."""
LONGEST_SLUG = 40


@dataclass(frozen=True)
class Batch:
    """What one request sends: one text, or one template, to one or several recipients.

    Attributes:
        key: unique key of the request, by which the platform can be asked for it.
        text: the text.
        recipients: addresses of the recipients.
        values: values of the placeholders for each recipient, if the platform fills them in.
        pending_campaign: ID of a campaign that exists on the platform already and only has to be launched.
        started_at: when it was written to the journal.
    """

    key: str
    text: str
    recipients: tuple[str, ...]
    values: tuple[tuple[str, ...], ...] = ()
    pending_campaign: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True)
class BatchResult:
    """What became of a batch.

    Attributes:
        state: whether the platform accepted it.
        campaign: the platform's ID of the campaign or list, if there is one.
        message: the platform's ID of the message, if there is one.
        error_code: why it was not sent, as a code.
        error: why it was not sent.
        refused: recipients of the batch that the platform refused, and why.
    """

    state: SendState
    campaign: str | None = None
    message: str | None = None
    error_code: str | None = None
    error: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class JournalHeader:
    """The first line of a journal: which campaign it belongs to.

    Attributes:
        platform: the platform's name.
        server: base URL of the platform.
        account: the account that sends.
        title: title of the campaign, if it has one.
        text: text of the campaign, with its placeholders.
        sender: what recipients see as the sender.
        template: name of the template, if it sends one.
        scheduled_at: when it is to be sent, if later.
        started_at: when it was first run.
        identity_hash: the keyed hash of `identity`, if somebody who was forgotten was named in it.
    """

    platform: str
    server: str
    account: str
    title: str | None
    text: str
    sender: str
    template: str | None = None
    scheduled_at: str | None = None
    started_at: str | None = None
    identity_hash: str | None = None

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it the same campaign: account and title, or account, text and sender without a title."""
        named = (self.title,) if self.title else (self.text, self.sender)
        return (self.platform, self.server, self.account, *named)

    @property
    def file_name(self) -> str:
        """The usual name of the file: a few words for people, and a hash that tells campaigns apart."""
        slug = re.sub(r"[^a-z0-9]+", "-", (self.title or self.text).lower())[:LONGEST_SLUG].strip("-")
        digest = sha256("\0".join(self.identity).encode()).hexdigest()[:12]
        return f"{slug or 'campaign'}-{digest}.jsonl"

    @property
    def hashed_identity(self) -> str:
        """What stands for `identity` after somebody was forgotten who is named in it."""
        return self.identity_hash or keyed_hash("\0".join(self.identity))

    @property
    def forgotten_file_name(self) -> str:
        """The name of the file after somebody was forgotten whom the usual one names."""
        return f"campaign-{self.hashed_identity[:12]}.jsonl"

    def is_same_campaign(self, other: JournalHeader) -> bool:
        """Whether two headers are of one campaign."""
        if self.identity_hash or other.identity_hash:
            return self.hashed_identity == other.hashed_identity
        return self.identity == other.identity


class Journal:
    """The journal of one campaign: open it for writing with `open_journal`, or read it with `read_journal`.

    Attributes:
        path: path of the file.
        header: which campaign it belongs to.
        statuses: what became of each recipient so far.
        in_progress: batches that have begun and not ended, by key.
        unknown: batches of which nobody knows whether they were sent, by key.
        held: recipients of the platform's campaigns that were created but not launched, by the campaign's ID.
        damaged: whether a line is damaged, so that anybody may be missing in `statuses`.
    """

    def __init__(self, path: Path, header: JournalHeader, writer: JournalWriter | None = None) -> None:
        self.path = path
        self.header = header
        self.statuses = Statuses()
        self.in_progress: dict[str, Batch] = {}
        self.unknown: dict[str, Batch] = {}
        self.held: dict[str, frozenset[str]] = {}
        self.damaged = False
        self._writer = writer

    @classmethod
    def load(cls, path: Path, content: Content, writer: JournalWriter | None = None) -> Journal:
        """Return the journal that a file contains.

        Raises:
            InvalidRequest: its first line is damaged.
        """
        journal = cls(path, _parse_header(path, content.lines[0]), writer)
        for line in content.lines[1:]:
            try:
                journal._apply(line or {})
            except (KeyError, TypeError, ValueError):
                journal._lose_a_line()
        return journal

    @classmethod
    def start(cls, path: Path, header: JournalHeader, writer: JournalWriter) -> Journal:
        """Return a new journal, after its first line was written."""
        journal = cls(path, replace(header, started_at=writer.now()), writer)
        writer.write(vars(journal.header), sync=True)
        return journal

    def begin(self, batch: Batch) -> None:
        """Record that a batch is about to be sent; the line is on the disk when this returns."""
        line: dict[str, Any] = {"begin": batch.key, "text": batch.text, "to": batch.recipients}
        line |= {"values": batch.values} if any(batch.values) else {}
        line |= {"pending_campaign": batch.pending_campaign} if batch.pending_campaign else {}
        self._append(line, sync=True)

    def refuse(self, batch: Batch, refused: Mapping[str, str]) -> None:
        """Record that the platform refused recipients of a batch, and why, before the rest is sent.

        Without this line, a look-up after a crash would find the batch and take them for sent to.
        """
        if refused:
            self._append({"refuse": batch.key, "who": dict(refused)}, sync=True)

    def end(self, batch: Batch, result: BatchResult) -> None:
        """Record what became of a batch, or of one that was unknown before."""
        # Not synced: if this line is lost, the batch is looked up, which leads to the same result.
        self._append({"end": batch.key, **{name: value for name, value in vars(result).items() if value}})

    def discard(self, batch: Batch) -> None:
        """Record that a batch was certainly never sent."""
        self._append({"discard": batch.key})

    def release(self, recipients: Collection[str], reason: str) -> None:
        """Record that a person decided to send to recipients again, and why."""
        self._append({"release": list(recipients), "reason": reason}, sync=True)

    def doubt(self, recipients: Iterable[str]) -> None:
        """Count recipients of whom nothing is known as `unknown`, if a line of the journal is damaged."""
        if self.damaged:
            for recipient in recipients:
                self.statuses.setdefault(recipient, _DOUBTFUL)

    def _append(self, line: dict[str, Any], *, sync: bool = False) -> None:
        assert self._writer is not None  # noqa: S101 - only what `open_journal` returns is written to
        dated = {**line, "at": self._writer.now()}
        self._writer.write(dated, sync=sync)
        self._apply(dated)

    def _apply(self, line: Mapping[str, Any]) -> None:
        """Update the state by one line; the same whether it was just written or read from the file."""
        if key := line.get("begin"):
            self.in_progress[key] = Batch(
                key,
                line["text"],
                tuple(line["to"]),
                tuple(map(tuple, line.get("values") or ())),
                line.get("pending_campaign"),
                datetime.fromisoformat(line["at"]),
            )
        elif key := line.get("discard"):
            self.in_progress.pop(key, None)
        elif key := line.get("refuse"):
            for recipient, reason in line["who"].items():
                status = RecipientStatus("rejected", key, error_code=REFUSED, error=reason, at=line["at"])
                self.statuses[recipient] = status
        elif "release" in line:
            for recipient in line["release"]:
                self._release(recipient, line)
        elif batch := self.in_progress.pop(line["end"], None):
            self._record_result(batch, line, attempts=1)
        elif batch := self.unknown.pop(line["end"], None):
            # An unknown batch was found by a look-up, which is not another attempt.
            self._record_result(batch, line, attempts=0)
        else:
            raise ValueError("the beginning of this batch is missing")

    def _release(self, recipient: str, line: Mapping[str, Any]) -> None:
        before = self.statuses.get(recipient)
        attempts = before.attempts if before else 0
        self.statuses[recipient] = RecipientStatus(
            "skipped", "", error_code=RELEASED, error=line["reason"], attempts=attempts, at=line["at"]
        )

    def _lose_a_line(self) -> None:
        """Doubt what a lost line may have changed: whoever was not sent to may have been meanwhile."""
        self.damaged = True
        for recipient, status in self.statuses.items():
            if status.state in RESENDABLE:
                self.statuses[recipient] = _DOUBTFUL

    def _record_result(self, batch: Batch, line: Mapping[str, Any], *, attempts: int) -> None:
        refused = line.get("refused") or {}
        if line["state"] == "unknown":
            self.unknown[batch.key] = batch
        if line["state"] != "sent" and (campaign := line.get("campaign")):
            self.held[campaign] = frozenset(batch.recipients)
        status = RecipientStatus(
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
            # Whoever was refused gets nothing, whatever is found of the batch later.
            if before and before.key == batch.key and before.error_code == REFUSED:
                continue
            counted = replace(status, attempts=(before.attempts if before else 0) + attempts)
            if recipient in refused:
                reason = refused[recipient]
                counted = replace(counted, state="rejected", campaign=None, error=reason, error_code=REFUSED)
            self.statuses[recipient] = counted


_DOUBTFUL = RecipientStatus(
    "unknown",
    "",
    error_code=DAMAGED,
    error="the journal is damaged, so nobody knows whether it was sent; release the recipient to send again",
    attempts=0,
)


@contextmanager
def open_journal(path: Path, header: JournalHeader, clock: Clock) -> Iterator[Journal]:
    """Open the journal at a path, which is created if it doesn't exist, and lock it.

    Args:
        path: path of the file.
        header: which campaign it must belong to.
        clock: returns the time that lines are dated with.

    Raises:
        InvalidRequest: another process has locked it, it belongs to another campaign, or it can't be
            written.
    """
    _make_place(path)
    if not path.exists():
        _create(path, header, clock)
    with _open_private(path) as file:
        _lock(file, path)
        yield _load_or_start(path, header, file, clock)
        os.fsync(file.fileno())


def _make_place(path: Path) -> None:
    try:
        check_links(path)
        make_folder(path.parent)
    except OSError as error:
        raise InvalidRequest.of(journal=f"{path} can't be created: {error.strerror or error}") from None


@contextmanager
def lock_journal(path: Path) -> Iterator[bytes]:
    """Lock an existing journal, and return what its file contains.

    Raises:
        InvalidRequest: another process has locked it, or it can't be opened.
    """
    with _open_private(path) as file:
        _lock(file, path)
        yield file.read()


def _lock(file: BinaryIO, path: Path) -> None:
    import portalocker  # noqa: PLC0415 - loads when first used

    try:
        portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.exceptions.LockException:
        words = f"{path} is locked: another process is sending this campaign"
        raise InvalidRequest.of(journal=words) from None


def read_journal(path: Path) -> Journal:
    """Return the journal at a path as it is now, without locking it.

    Raises:
        InvalidRequest: the file doesn't exist, or is not a journal.
    """
    journal = find_journal(path)
    if journal is None:
        words = "is empty" if path.exists() else "does not exist"
        raise InvalidRequest.of(journal=f"{path} {words}, so it is not a campaign journal")
    return journal


def find_journal(path: Path) -> Journal | None:
    """Return the journal at a path as it is now; `None` if nothing was recorded there yet.

    Raises:
        InvalidRequest: the file is not a journal, or can't be read.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InvalidRequest.of(journal=f"{path}: {error.strerror}") from None
    found = _read(path, content)
    return Journal.load(path, found) if found else None


def _read(path: Path, content: bytes) -> Content | None:
    """What the file of a journal contains; `None` if it is empty, as one that was made for a journal is.

    Raises:
        InvalidRequest: it is the file of something else, or damaged at its beginning.
    """
    if not content:
        return None
    found = read_content(content)
    if found is None or not found.lines:
        raise _make_header_error(path)
    return found


def load_journals(folder: Path, platform: str, server: str, account: str) -> list[Journal]:
    """Return the journals of one account in a folder, the latest first; other files are ignored."""
    journals = []
    for path in folder.glob("*.jsonl"):
        try:
            journal = read_journal(path)
        except InvalidRequest:
            continue
        if journal.header.identity[:3] == (platform, server, account):
            journals.append(journal)
    return sorted(journals, key=lambda journal: journal.header.started_at or "", reverse=True)


def find_path(folder: Path, header: JournalHeader) -> Path:
    """Return the path of a campaign's journal in a folder, whether it exists or not."""
    usual = folder / header.file_name
    if usual.exists() or not has_key():
        return usual
    renamed = folder / header.forgotten_file_name
    return renamed if renamed.exists() else usual


def default_folder() -> Path:
    """Return the folder of journals if no other is chosen: below the user's folder for state."""
    return state_folder("campaigns")


def _create(path: Path, header: JournalHeader, clock: Clock) -> None:
    """Make a journal that has its first line from the first moment.

    A part of it could not be told from a journal of which only a part is left.

    Raises:
        InvalidRequest: it can't be written.
    """
    draft = path.with_name(f".{path.name}.{new_id()}.tmp")
    try:
        with _open_private(draft) as file:
            Journal.start(draft, header, JournalWriter(draft, file, clock, 0))
        try:
            os.link(draft, path)
        except FileExistsError:
            return  # another process was faster
        except OSError:
            # Some file systems have no links.
            draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _open_private(path: Path) -> BinaryIO:
    try:
        # `open` would create the file for others to read, and only then could its permissions be changed.
        # Unbuffered, so that a line which could not be written is not written later.
        file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE), "r+b", buffering=0)
        # One that was copied here may be wide.
        path.chmod(FILE_MODE)
    except OSError as error:
        raise InvalidRequest.of(journal=f"{path} can't be opened: {error.strerror}") from None
    return file


def _load_or_start(path: Path, header: JournalHeader, file: BinaryIO, clock: Clock) -> Journal:
    file.seek(0)
    content = file.read()
    found = _read(path, content)
    if found is None:
        return Journal.start(path, header, JournalWriter(path, file, clock, 0))
    cut_tail(file, content)
    journal = Journal.load(path, found, JournalWriter(path, file, clock, found.last))
    if not journal.header.is_same_campaign(header):
        title = journal.header.title or journal.header.text
        campaign = f"{title!r} on {journal.header.platform}"
        raise InvalidRequest.of(journal=f"{path} belongs to another campaign, {campaign}; use another path")
    return journal


def _parse_header(path: Path, line: Mapping[str, Any] | None) -> JournalHeader:
    try:
        return JournalHeader(**(line or {}))
    except TypeError:
        raise _make_header_error(path) from None


def _make_header_error(path: Path) -> InvalidRequest:
    words = "is not a campaign journal, is damaged, or was created by another version of msgnb"
    return InvalidRequest.of(journal=f"{path} {words}")
