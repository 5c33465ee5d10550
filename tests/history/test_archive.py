"""An archive holds each message once, whatever happens to a sync, and fetches only what is new."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest

import msgnb
from msgnb.history import sync

KEYS = ["platform", "account", "session", "message", "at", "direction"]
PLATFORMS = ("blip", "netsapiens", "smsdrop")
READS = "blip.threads.get"
KILLS = 8


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(KEYS).reset_index(drop=True)


@pytest.fixture
def archive(tmp_path: Path) -> msgnb.Archive:
    return msgnb.Archive(tmp_path / "history")


@pytest.fixture
def died(world: msgnb.testing.Offline, archive: msgnb.Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sync of the bot that died before it put its parts into their months."""

    def dies(_files: Any) -> None:
        raise OSError("died")

    with monkeypatch.context() as patched:
        patched.setattr("msgnb.history.files.Files.merge_staged", dies)
        with pytest.raises(OSError, match="died"):
            archive.sync(world.blip)


def test_it_holds_what_the_platforms_hold(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """After a sync with each account the archive is the history of all of them, types included."""
    clients = [getattr(world, name) for name in PLATFORMS]
    counts = [archive.sync(client) for client in clients]
    whole = pd.concat([client.history() for client in clients], ignore_index=True)
    assert sum(counts) == len(whole)
    pd.testing.assert_frame_equal(ordered(archive.messages()), ordered(whole))
    assert archive.verify() == []
    assert repr(archive) == f"<Archive {archive.path}: 9 files>"


def test_a_second_sync_asks_for_what_is_new(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """Nothing new is no thread read; a new message is one; and it is there once."""
    world.clock.advance(days=4)  # nothing is on its way any more
    world.clock.freeze()  # nor does what is sent now get anywhere between two readings
    archive.sync(world.blip)
    world.journal.clear()
    assert archive.sync(world.blip) == 0
    assert READS not in {entry.operation for entry in world.journal}
    who = world.blip.sessions()["session"].iloc[7]
    world.blip.send_text(who, "something new")
    world.journal.clear()
    archive.sync(world.blip)
    assert [entry.operation for entry in world.journal].count(READS) == 1
    assert len(archive.messages(text="SOMETHING NEW")) == 1
    pd.testing.assert_frame_equal(ordered(archive.messages()), ordered(world.blip.history()))


def test_what_becomes_of_a_message_is_followed_for_a_while(
    world: msgnb.testing.Offline, archive: msgnb.Archive
) -> None:
    """A message that was on its way is looked at again, until its status is the last or it is old."""
    who = world.blip.sessions()["session"].iloc[0]
    world.clock.freeze()
    world.blip.send_text(who, "on its way")
    archive.sync(world.blip)
    assert archive.messages(text="on its way")["status"].item() != "read"
    world.clock.advance(hours=1)
    archive.sync(world.blip)
    assert archive.messages(text="on its way")["status"].item() == "read"
    world.clock.advance(days=4)
    world.journal.clear()
    archive.sync(world.blip)
    assert READS not in {entry.operation for entry in world.journal}


def test_any_tool_reads_it(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """Folders by platform, account and month, each file of its month; DuckDB and pandas read them alone."""
    archive.sync(world.netsapiens)
    pattern = f"{archive.path}/messages/platform=*/account=*/month=*/messages.parquet"
    (found,) = duckdb.sql(
        f"select count(*) from read_parquet('{pattern}', hive_partitioning=true)"
    ).fetchall()
    whole = world.netsapiens.history()
    assert found == (len(whole),)
    months = sorted(path.parent.name for path in Path(archive.path).rglob("*.parquet"))
    assert months == sorted({f"month={at:%Y-%m}" for at in whole["at"]})
    first = pd.read_parquet(next(Path(archive.path).rglob("*.parquet")))
    assert first["at"].is_monotonic_increasing
    asked = archive.sql("select platform, account, count(*) as n from messages group by all").fetchall()
    assert asked == [("netsapiens", world.netsapiens.account, len(whole))]


def test_parts_are_asked_for(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """A span, a session, a contact and words: each gives the rows that the whole table has of it."""
    archive.sync(world.blip)
    whole = archive.messages()
    since, until = datetime(2026, 10, 10, tzinfo=UTC), datetime(2026, 10, 20, tzinfo=UTC)
    inside = whole[(whole["at"] >= since) & (whole["at"] < until)]
    assert len(archive.messages(since=since, until="2026-10-20")) == len(inside) > 0
    who = whole["session"].iloc[0]
    assert len(archive.messages(session=who)) == (whole["session"] == who).sum()
    assert len(archive.messages(contact=who)) == (whole["session"] == who).sum()
    quoted = archive.messages(text="'; drop table messages; --")
    assert quoted.empty
    assert list(quoted.columns) == list(whole.columns)


def test_an_empty_archive_is_an_empty_table(archive: msgnb.Archive) -> None:
    """Before the first sync there is nothing, with all columns."""
    assert archive.messages().empty
    assert archive.sql("select count(*) from messages").fetchall() == [(0,)]
    assert archive.verify() == []


def count_removed(report: pd.DataFrame) -> int:
    return int(report.loc[report["removed"] == "messages", "count"].sum())


def test_who_is_forgotten_stays_so(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """Nothing of somebody is left in any file, and later syncs do not bring it back."""
    archive.sync(world.blip)
    who = world.blip.sessions()["session"].iloc[3]
    there = len(archive.messages(contact=who))
    others = len(archive.messages()) - there
    assert count_removed(archive.forget(who)) == there > 0
    world.blip.send_text(who, "one more")
    archive.sync(world.blip)
    assert len(archive.messages()) == others
    for path in Path(archive.path).rglob("*"):
        assert not path.is_file() or who.encode() not in path.read_bytes(), path


def test_who_is_forgotten_is_not_written_to_either(
    world: msgnb.testing.Offline, archive: msgnb.Archive
) -> None:
    """Where sessions have ids of their own, what is sent to the number of somebody stays out as well."""
    number = world.netsapiens.sessions()["contact"].iloc[0]
    archive.sync(world.netsapiens)
    assert count_removed(archive.forget(number)) > 0
    world.netsapiens.send_text(number, "one more", sender="16195550101")
    archive.sync(world.netsapiens)
    assert archive.messages(contact=number).empty
    assert archive.messages(text="one more").empty


def test_a_sync_from_a_moment_on_stays_so(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """What is older than the moment of the first sync is not fetched by the next one; what is new is."""
    world.clock.advance(days=4)  # nothing is on its way any more
    world.clock.freeze()  # nor does what is sent now get anywhere between two readings
    archive.sync(world.blip, since="2026-10-28")
    late = len(archive.messages())
    quiet = next(
        each for each in world.blip.sessions()["session"] if each not in set(archive.messages()["session"])
    )
    world.journal.clear()
    assert archive.sync(world.blip) == 0
    assert READS not in {entry.operation for entry in world.journal}
    world.blip.send_text(quiet, "we are back")
    archive.sync(world.blip)
    assert archive.messages(session=quiet)["text"].iloc[0] == "we are back"
    assert archive.messages()["at"].min() >= datetime(2026, 10, 27, tzinfo=UTC)
    assert len(archive.messages()) <= late + 2


@pytest.mark.usefixtures("died")
def test_who_is_forgotten_is_in_no_part_either(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """What a sync that died wrote down is put into its place first, and then nothing of somebody is left."""
    assert archive.messages().empty
    assert list(Path(archive.path).glob("staged/*/*/000001.parquet"))
    who = world.blip.sessions()["session"].iloc[3]
    assert count_removed(archive.forget(who)) == len(world.blip.messages(who))
    assert len(archive.messages()) == len(world.blip.history()) - len(world.blip.messages(who))
    assert not list(Path(archive.path).glob("staged/*/*/*"))


@pytest.mark.usefixtures("died")
def test_a_part_that_is_broken_is_named(archive: msgnb.Archive) -> None:
    """A sync that died leaves parts, which is no trouble; one that can't be read is."""
    assert archive.verify() == []
    (part,) = Path(archive.path).glob("staged/*/*/*.parquet")
    part.write_bytes(part.read_bytes()[:100])
    (found,) = archive.verify()
    assert found.startswith(f"{part}: can't be read")


def test_a_session_that_is_gone_is_passed_over(
    world: msgnb.testing.Offline, archive: msgnb.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that was deleted since they were listed is no reason to stop."""
    listed = world.netsapiens.sessions()
    world.netsapiens.sessions.delete(listed["session"].iloc[2])
    monkeypatch.setattr(world.netsapiens, "sessions", lambda: listed)
    assert archive.sync(world.netsapiens) > 0
    assert archive.messages()["session"].nunique() == len(listed) - 1


def test_a_broken_file_is_found(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """A file that is cut, and one that is in another month's place, are named; leftovers go."""
    archive.sync(world.netsapiens)
    first, second, *_ = sorted(Path(archive.path).rglob("*.parquet"))
    whole = first.read_bytes()
    first.write_bytes(whole[:100])
    (Path(archive.path) / "temporary").mkdir()
    (Path(archive.path) / "temporary" / "left.new").write_bytes(b"left by a sync that died")
    (found,) = archive.verify()
    assert found.startswith(f"{first}: can't be read")
    first.write_bytes(second.read_bytes())
    (found,) = archive.verify()
    assert "messages are of another month" in found
    first.write_bytes(whole)
    archive.compact()
    assert archive.verify() == []
    assert not list(Path(archive.path).rglob("*.new"))


def test_two_syncs_at_once_are_one_after_the_other(
    world: msgnb.testing.Offline, archive: msgnb.Archive
) -> None:
    """Both end well, and every message is there once."""
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: msgnb.Archive(archive.path).sync(world.blip), range(2)))
    pd.testing.assert_frame_equal(ordered(archive.messages()), ordered(world.blip.history()))


def test_a_failure_keeps_what_was_written(
    world: msgnb.testing.Offline, archive: msgnb.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sync that ends in the middle has written whole parts; the next one goes on."""
    world.clock.advance(days=4)  # nothing is on its way any more
    world.clock.freeze()  # nor does what is sent now get anywhere between two readings
    monkeypatch.setattr(sync, "PART_ROWS", 200)
    rule = world.faults.add("html", operation=READS, nth=30)
    with pytest.raises(msgnb.Unreachable):
        archive.sync(world.blip, workers=1)
    assert rule.fired == 1
    assert 0 < len(archive.messages()) < len(world.blip.history())
    world.journal.clear()
    archive.sync(world.blip)
    assert [entry.operation for entry in world.journal].count(READS) < len(world.blip.sessions())
    pd.testing.assert_frame_equal(ordered(archive.messages()), ordered(world.blip.history()))


def test_an_archive_killed_at_any_moment_is_whole_after_the_next_sync(tmp_path: Path) -> None:
    """Killed at random moments again and again, also while it writes, it ends as an undisturbed one."""
    chance = random.Random(7)
    with msgnb.testing.serve() as served:
        login = served.credentials["blip"]
        command = [sys.executable, str(Path(__file__).resolve().parents[1] / "support" / "archive_worker.py")]
        arguments = [str(tmp_path / "killed"), json.dumps(login)]
        for _ in range(KILLS):
            with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE) as worker:
                assert worker.stdout is not None
                assert worker.stdout.readline() == b"syncing\n"
                time.sleep(chance.random() * 0.8)  # the random moment
                worker.kill()
        killed = msgnb.Archive(tmp_path / "killed")
        killed.sync(served.blip)
        calm = msgnb.Archive(tmp_path / "calm")
        calm.sync(served.blip)
        pd.testing.assert_frame_equal(ordered(killed.messages()), ordered(calm.messages()))
        assert killed.verify() == []


def test_too_little_memory_is_no_end(
    world: msgnb.testing.Offline, archive: msgnb.Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a month does not fit into the memory that a sync takes, it takes more instead of failing."""
    monkeypatch.setattr("msgnb.history.files.MEMORY", "1MB")
    archive.sync(world.smsdrop)
    pd.testing.assert_frame_equal(ordered(archive.messages()), ordered(world.smsdrop.history()))


def test_it_works_on_any_address(world: msgnb.testing.Offline) -> None:
    """On a file system that is no folder, here one in memory, it is the same."""
    archive = msgnb.Archive("memory://msgnb-test/history")
    archive.sync(world.netsapiens)
    pd.testing.assert_frame_equal(ordered(archive.messages()), ordered(world.netsapiens.history()))
    assert archive.verify() == []


def test_what_cannot_be_is_told(world: msgnb.testing.Offline, archive: msgnb.Archive) -> None:
    """No workers, and a time without a zone, are refused before anything is asked."""
    for arguments, words in (
        ({"workers": 0}, "workers: 0 is not between 1 and 32"),
        ({"since": "2026-10-01T09:00"}, "since: .* no zone"),
    ):
        with pytest.raises(msgnb.InvalidRequest, match=words):
            archive.sync(world.blip, **arguments)
    assert len(world.journal) == 0


def test_without_its_libraries_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where DuckDB is missing, the error names the extra."""
    real: Any = import_module

    def missing(name: str) -> Any:
        if name == "duckdb":
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr("msgnb.history.files.import_module", missing)
    with pytest.raises(msgnb.SettingsError, match=r"an archive needs duckdb: pip install 'msgnb\[archive\]'"):
        msgnb.Archive(tmp_path)
    assert timedelta(days=3) == sync.PENDING_PERIOD
