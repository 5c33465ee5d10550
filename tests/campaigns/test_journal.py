"""The journal of a campaign on disk: what it records, and what becomes of a file that is damaged."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

import msgnb
from msgnb.campaigns.journal import (
    Batch,
    BatchResult,
    JournalHeader,
    load_journals,
    open_journal,
    read_journal,
)

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
    assert orjson.loads(path.read_bytes().splitlines()[1])["pending_campaign"] == "c0"


def test_a_look_up_is_no_attempt(tmp_path: Path) -> None:
    """A batch that was unknown and then found counts as one attempt; one that is sent again as two."""
    path, batch = tmp_path / "tea.jsonl", Batch("k1", "Hi", (ANA,))
    write(path, (batch, BatchResult("unknown")))
    with open_journal(path, HEADER, lambda: NOW) as journal:
        journal.end(batch, BatchResult("sent"))
    assert read_journal(path).statuses[ANA].attempts == 1
    write(path, (Batch("k2", "Hi", (ANA,)), BatchResult("rejected")))
    assert read_journal(path).statuses[ANA].attempts == 2


def test_a_batch_that_was_never_sent_is_discarded(tmp_path: Path) -> None:
    """Discarded, it is neither in progress nor a status of anybody."""
    path, batch = tmp_path / "tea.jsonl", Batch("k1", "Hi", (ANA,))
    with open_journal(path, HEADER, lambda: NOW) as journal:
        journal.begin(batch)
        journal.discard(batch)
    journal = read_journal(path)
    assert (journal.in_progress, journal.statuses) == ({}, {})


@pytest.mark.parametrize("line", [b'{"end": "k1"}', b'{"begin": "k2"}', b'{"begin": "k2", "to": 5}', b"{}"])
def test_a_damaged_line_stops_the_campaign(tmp_path: Path, line: bytes) -> None:
    """A line in the middle that says nothing is an error with its number: going on could send twice."""
    path = tmp_path / "tea.jsonl"
    write(path, (Batch("k1", "Hi", (ANA,)), None))
    path.write_bytes(path.read_bytes() + line + b'\n{"discard": "k9"}\n')
    with pytest.raises(msgnb.InvalidRequest, match=r"line 3 of .*tea\.jsonl is damaged"):
        read_journal(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header | {"colour": "red"},
        lambda header: {"journal": 1},
        lambda header: header | {"journal": 2},
    ],
)
def test_a_journal_of_another_version_is_left_out_of_lists(tmp_path: Path, change: object) -> None:
    """A header that this version can't read hides no other campaign, and is an error by itself."""
    assert callable(change)
    write(tmp_path / "tea.jsonl")
    odd = change(orjson.loads((tmp_path / "tea.jsonl").read_bytes()))
    (tmp_path / "odd.jsonl").write_bytes(orjson.dumps(odd) + b"\n")
    found = load_journals(tmp_path, HEADER.platform, HEADER.server, HEADER.account)
    assert [journal.path.name for journal in found] == ["tea.jsonl"]
    with pytest.raises(msgnb.InvalidRequest, match="created by a newer version"):
        read_journal(tmp_path / "odd.jsonl")


def test_only_its_user_can_read_it(tmp_path: Path) -> None:
    """The file is its user's alone, and so is a folder that is made for it."""
    path = tmp_path / "new" / "tea.jsonl"
    write(path)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
