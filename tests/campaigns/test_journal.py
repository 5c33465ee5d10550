"""The journal of a campaign on disk: what it records, and what becomes of a file that is damaged."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

import msgnb
from msgnb.campaigns.journal import (
    Batch,
    BatchResult,
    Journal,
    JournalHeader,
    load_journals,
    open_journal,
    read_journal,
)
from msgnb.campaigns.journal_lines import make_mark, read_content, seal

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)
HEADER = JournalHeader("smsdrop", "https://sms.example", "ana@example.com", "Tea", "Hi {name}", "MyShop")
ANA, BIA = "+22963588213", "+22963588214"


def write(path: Path, *results: tuple[Batch, BatchResult | None]) -> None:
    """Write a journal in which each batch has begun, and ended if it has a result."""
    with open_journal(path, HEADER, lambda: NOW) as journal:
        for batch, result in results:
            journal.begin(batch)
            if result:
                journal.end(batch, result)


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    """A batch without an end is in progress, one with an end has a status for each of its recipients."""
    path = tmp_path / "tea.jsonl"
    sent = Batch("k1", "Hi Ana", (ANA, BIA), pending_campaign="c0")
    write(
        path,
        (sent, BatchResult("sent", "c1", refused={BIA: "unknown number"})),
        (Batch("k2", "Hi Cy", ("+33612345678",)), None),
    )
    journal = read_journal(path)
    assert {name: status.state for name, status in journal.statuses.items()} == {ANA: "sent", BIA: "rejected"}
    assert journal.statuses[BIA].error == "unknown number"
    (left,) = journal.in_progress.values()
    assert (left.key, left.recipients, left.started_at) == ("k2", ("+33612345678",), NOW)
    assert orjson.loads(path.read_bytes().splitlines()[2])["pending_campaign"] == "c0"


def test_a_look_up_is_no_attempt(tmp_path: Path) -> None:
    """A batch that was unknown and then found counts as one attempt; one that is sent again as two."""
    path, batch = tmp_path / "tea.jsonl", Batch("k1", "Hi", (ANA,))
    write(path, (batch, BatchResult("unknown")))
    with open_journal(path, HEADER, lambda: NOW) as journal:
        journal.end(batch, BatchResult("sent"))
    assert read_journal(path).statuses[ANA].attempts == 1
    write(path, (Batch("k2", "Hi", (ANA,)), BatchResult("rejected")))
    assert read_journal(path).statuses[ANA].attempts == 2


def test_whoever_was_refused_stays_refused(tmp_path: Path) -> None:
    """A batch of unknown outcome that is found later was sent, but not to those whom the platform refused."""
    path, batch = tmp_path / "tea.jsonl", Batch("k1", "Hi", (ANA, BIA))
    write(path, (batch, BatchResult("unknown", refused={BIA: "unknown number"})))
    with open_journal(path, HEADER, lambda: NOW) as journal:
        journal.end(batch, BatchResult("sent"))
    found = read_journal(path).statuses
    assert (found[ANA].state, found[BIA].state) == ("sent", "rejected")


def test_a_batch_that_was_never_sent_is_discarded(tmp_path: Path) -> None:
    """Discarded, it is neither in progress nor a status of anybody."""
    path, batch = tmp_path / "tea.jsonl", Batch("k1", "Hi", (ANA,))
    with open_journal(path, HEADER, lambda: NOW) as journal:
        journal.begin(batch)
        journal.discard(batch)
    journal = read_journal(path)
    assert (journal.in_progress, journal.statuses) == ({}, {})


CY = "+33612345678"


def damaged(path: Path, line: int, change: Callable[[bytes], bytes]) -> None:
    """Change one line of a file; the mark is line 0, and the header line 1."""
    lines = path.read_bytes().splitlines(keepends=True)
    lines[line] = change(lines[line])
    path.write_bytes(b"".join(lines))


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "a flipped bit": lambda line: bytes([*line[:30], line[30] ^ 4, *line[31:]]),
    "NUL bytes": lambda line: b"\0" * (len(line) - 1) + b"\n",
    "half of it is missing": lambda line: line[: len(line) // 2] + b"\n",
    "it is missing but for its end": lambda line: line[-10:],
    "another campaign's line without a checksum": lambda line: b'{"discard": "k1"}\n',
}


@pytest.mark.parametrize("line", [2, 3, 4])
@pytest.mark.parametrize("damage", DAMAGES)
def test_whoever_a_damaged_line_may_be_about_is_unknown(tmp_path: Path, damage: str, line: int) -> None:
    """Who was sent to stays sent to; everybody else, in the journal or not, is unknown and not sent to."""
    path = tmp_path / "tea.jsonl"
    batches = [Batch(f"k{number}", "Hi", (name,)) for number, name in enumerate((ANA, BIA))]
    write(path, (batches[0], BatchResult("rejected")), (batches[1], BatchResult("rejected")))
    write(path, (Batch("k9", "Hi", ("+33612345679",)), BatchResult("sent")))
    damaged(path, line, DAMAGES[damage])
    journal = read_journal(path)
    journal.doubt([ANA, BIA, CY, "+33612345679"])
    states = {name: status.state for name, status in journal.statuses.items()}
    assert states.pop("+33612345679") == "sent"
    # What is written after the damage is known.
    assert set(states) == {ANA, BIA, CY}
    assert states[ANA] == states[CY] == "unknown"
    assert {status.error_code for status in journal.statuses.values()} >= {"damaged"}


def test_a_released_recipient_may_be_sent_to_after_the_damage(tmp_path: Path) -> None:
    """A person's decision counts from where it stands in the journal."""
    path = tmp_path / "tea.jsonl"
    write(path, (Batch("k1", "Hi", (ANA,)), BatchResult("unknown")))
    damaged(path, 2, DAMAGES["NUL bytes"])
    with open_journal(path, HEADER, lambda: NOW) as journal:
        journal.release([ANA], "asked her")
    journal = read_journal(path)
    journal.doubt([ANA, BIA])
    assert {name: status.state for name, status in journal.statuses.items()} == {
        ANA: "skipped",
        BIA: "unknown",
    }
    assert (journal.statuses[ANA].error_code, journal.statuses[ANA].error) == ("released", "asked her")


@pytest.mark.parametrize("tail", [b'{"begin":"k2","to', b"\0\0\0\0", b"garbage"])
def test_what_was_cut_off_at_the_end_is_removed(tmp_path: Path, tail: bytes) -> None:
    """A line that was never complete did nothing; the next one does not continue it."""
    path = tmp_path / "tea.jsonl"
    write(path, (Batch("k1", "Hi", (ANA,)), BatchResult("sent")))
    path.write_bytes(path.read_bytes() + tail)
    write(path, (Batch("k2", "Hi", (BIA,)), BatchResult("sent")))
    journal = read_journal(path)
    assert (journal.damaged, set(journal.statuses)) == (False, {ANA, BIA})


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:20],
        lambda content: content[:34],
        lambda content: b"\0" * len(content),
        lambda content: content.replace(b"\n", b" "),
        lambda content: content.replace(b"\n", b"\r"),
        lambda content: content.replace(b'"lines":"0000000002"', b'"lines":"0000000001"'),
        lambda content: content[content.index(b"\n") + 1 :],
        lambda content: b"\xef\xbb\xbf" + content,
    ],
)
def test_a_journal_with_a_damaged_beginning_is_not_begun_anew(
    tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    """A journal is never without its first lines, so a file without them is not taken for a new one."""
    path = tmp_path / "tea.jsonl"
    write(path, (Batch("k1", "Hi", (ANA,)), BatchResult("sent")))
    path.write_bytes(before := damage(path.read_bytes()))
    with pytest.raises(msgnb.InvalidRequest, match="is damaged"), open_journal(path, HEADER, lambda: NOW):
        pass
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_journal(tmp_path: Path) -> None:
    """Whoever made an empty file for a journal gets one; nothing else is left in the folder."""
    path = tmp_path / "tea.jsonl"
    path.touch()
    write(path, (Batch("k1", "Hi", (ANA,)), BatchResult("sent")))
    write(tmp_path / "two.jsonl")
    assert set(read_journal(path).statuses) == {ANA}
    assert {each.name for each in tmp_path.iterdir()} == {"tea.jsonl", "two.jsonl"}


def test_a_fork_writes_nothing(tmp_path: Path) -> None:
    """A forked process shares the lock, and must not go on with the campaign."""
    path = tmp_path / "tea.jsonl"
    with open_journal(path, HEADER, lambda: NOW) as journal:
        writer = journal._writer
        assert writer
        writer._process += 1
        with pytest.raises(msgnb.InvalidRequest, match="forked from"):
            journal.begin(Batch("k1", "Hi", (ANA,)))


def test_whoever_was_refused_before_a_crash_is_not_taken_for_sent_to(tmp_path: Path) -> None:
    """A batch that is found after a crash was sent to those whom the platform had not refused."""
    path = tmp_path / "tea.jsonl"
    batch = Batch("k1", "Hi", (ANA, BIA))
    with open_journal(path, HEADER, lambda: NOW) as journal:
        journal.begin(batch)
        journal.refuse(batch, {BIA: "unknown number"})
    with open_journal(path, HEADER, lambda: NOW) as journal:
        journal.end(batch, BatchResult("sent"))
    statuses = read_journal(path).statuses
    assert {name: status.state for name, status in statuses.items()} == {ANA: "sent", BIA: "rejected"}


def test_another_file_is_left_as_it_is(tmp_path: Path) -> None:
    """A file that is no journal is refused, not cut, whether or not its last line is complete."""
    path = tmp_path / "notes.txt"
    path.write_bytes(b"my notes")
    with pytest.raises(msgnb.InvalidRequest, match="is not a campaign journal"):
        write(path)
    assert path.read_bytes() == b"my notes"


def test_the_lock_is_on_the_file_itself(tmp_path: Path) -> None:
    """Another path to the file, or another file beside it, does not lead around the lock."""
    path, link = tmp_path / "tea.jsonl", tmp_path / "link.jsonl"
    link.symlink_to(path)
    with open_journal(path, HEADER, lambda: NOW):
        for each in tmp_path.iterdir():
            if each not in {path, link}:
                each.unlink()
        for other in (path, link):
            with pytest.raises(msgnb.InvalidRequest, match="another process"), _opened(other):
                pass


def _opened(path: Path) -> AbstractContextManager[Journal]:
    return open_journal(path, HEADER, lambda: NOW)


@pytest.mark.parametrize("gone", [Path.unlink, lambda path: path.rename(path.with_suffix(".old"))])
def test_a_journal_that_is_gone_ends_the_run(tmp_path: Path, gone: Callable[[Path], None]) -> None:
    """Another process would not find it and send again, so nothing is begun."""
    path = tmp_path / "tea.jsonl"
    with open_journal(path, HEADER, lambda: NOW) as journal:
        gone(path)
        with pytest.raises(msgnb.InvalidRequest, match="was moved or deleted"):
            journal.begin(Batch("k1", "Hi", (ANA,)))
    assert journal.in_progress == {}


def test_a_full_disk_leaves_no_half_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that can't be written is an error before anything is sent, and is not in the file."""
    path = tmp_path / "tea.jsonl"
    with open_journal(path, HEADER, lambda: NOW) as journal:
        before = path.read_bytes()

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(msgnb.InvalidRequest, match="No space left on device; nothing more was sent"):
            journal.begin(Batch("k1", "Hi", (ANA,)))
        assert path.read_bytes() == before
        assert journal.in_progress == {}
        monkeypatch.undo()


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: make_mark(1) + seal({**lines[0], "colour": "red"}, 1),
        lambda lines: make_mark(1) + seal({}, 1),
        lambda lines: make_mark(1).replace(b'"journal":3', b'"journal":4') + seal(lines[0], 1),
        lambda lines: seal({"journal": 2, **lines[0]}, 1),
    ],
)
def test_a_journal_of_another_version_is_left_out_of_lists(tmp_path: Path, change: object) -> None:
    """A header that this version can't read hides no other campaign, and is an error by itself."""
    assert callable(change)
    write(tmp_path / "tea.jsonl")
    content = read_content((tmp_path / "tea.jsonl").read_bytes())
    assert content
    (tmp_path / "odd.jsonl").write_bytes(change(content.lines))
    found = load_journals(tmp_path, HEADER.platform, HEADER.server, HEADER.account)
    assert [journal.path.name for journal in found] == ["tea.jsonl"]
    with pytest.raises(msgnb.InvalidRequest, match="created by another version"):
        read_journal(tmp_path / "odd.jsonl")


def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    """The file is its user's alone, and so is a folder that is made for it."""
    path = tmp_path / "new" / "tea.jsonl"
    write(path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
