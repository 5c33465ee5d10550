"""Archives of other versions: written before a column existed, or after.

The other version is a copy of the package with more columns in its table `messages`, one for each kind of
content; a process of its own imports the copy.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb import tables

NEW = {
    "reply_to": 'TEXT, "id"',
    "agent": 'TEXT, "person"',
    "copied": 'TEXT, "address"',
    "note": 'TEXT, "text"',
    "preview": 'TEXT, "url"',
    "read_at": 'TIME, "time"',
    "price": 'COUNT, "amount"',
    "template": 'FLAG, "category"',
    "priority": 'CATEGORY, "category"',
    "extras": 'TEXT, "opaque"',
    "unclassified": "TEXT, None",
}
"""The new columns, with their types and roles."""
COPIED = "copied@example.com"
"""Who gets a copy of each message that the other version fetches, and is found in no other column."""

FILL = """
import json, sys
from datetime import UTC, datetime
import msgnb
from msgnb import tables
from msgnb.history import sync

VALUES = {
    "reply_to": "m0", "agent": "Ana", "copied": "other@example.com, copied@example.com", "note": "hello",
    "preview": "https://example.com/x", "read_at": datetime(2026, 11, 3, tzinfo=UTC), "price": 7,
    "template": True, "priority": "high", "extras": "{}", "unclassified": "anything",
}
NEW = list(VALUES)
assert [*tables.MESSAGES.names][-len(NEW):] == NEW
read = sync.read_session

def filled(*arguments):
    rows = read(*arguments)
    values = {name: [value] * rows.size for name, value in VALUES.items()}
    return tables.Rows(rows.size, {**rows.values, **values})

sync.read_session = filled
archive = msgnb.Archive(sys.argv[1])

def say(**found):
    print(json.dumps(found))
"""
"""Starts each script of the other version: what it fetches has values in the new columns."""


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a copy of the package whose messages have more columns."""
    folder = tmp_path_factory.mktemp("newer")
    shutil.copytree(
        Path(msgnb.__file__).parent, folder / "msgnb", ignore=shutil.ignore_patterns("__pycache__")
    )
    path = folder / "msgnb" / "tables" / "schema.py"
    before, start, rest = path.read_text(encoding="utf-8").partition('MESSAGES = Table("messages"')
    columns, end, after = rest.partition("\n))")
    choices = {"priority": ', ("low", "high")'}
    added = "".join(f'\n    Column("{n}", {each}, "new"{choices.get(n, "")}),' for n, each in NEW.items())
    assert start
    assert end
    path.write_text(before + start + columns + added + end + after, encoding="utf-8")
    return folder


def run_newer(newer: Path, archive: msgnb.Archive, script: str) -> Any:
    """What a script of the other version says."""
    paths = [str(newer), *filter(None, [os.environ.get("PYTHONPATH")])]
    done = subprocess.run(
        [sys.executable, "-c", FILL + script, archive.path],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        capture_output=True,
        text=True,
        check=False,
        cwd=newer,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["session", "message", "at", "direction"], ignore_index=True)


@pytest.fixture
def archive(world: msgnb.testing.Offline, tmp_path: Path) -> msgnb.Archive:
    """An archive written by this version, with a message that is not final yet."""
    archive = msgnb.Archive(tmp_path / "history")
    archive.sync(world.netsapiens)
    return archive


def test_a_newer_version_reads_an_old_archive(newer: Path, archive: msgnb.Archive) -> None:
    """All messages are there, with missing values in the columns that did not exist."""
    found = run_newer(newer, archive, """
frame = archive.messages()
one = frame["session"].iloc[0]
counts = "select count(*), count(copied), count(read_at), count(price) from messages"
say(
    rows=len(frame), new=list(frame.columns)[-len(NEW):], missing=bool(frame[NEW].isna().all().all()),
    types=[str(each) for each in frame.dtypes],
    expected=[str(each) for each in tables.MESSAGES.frame(0, {}).dtypes],
    session=len(archive.messages(session=one)), contact=len(archive.messages(contact=one)),
    sql=archive.sql(counts).fetchall()[0], masked=len(frame.msg.mask("a long secret of ours")),
    problems=archive.verify(),
)
""")  # fmt: skip
    whole = archive.messages()
    assert found["rows"] == len(whole)
    assert found["new"] == list(NEW)
    assert found["missing"]
    assert found["types"] == found["expected"]
    assert found["session"] == found["contact"] == (whole["session"] == whole["session"].iloc[0]).sum()
    assert found["sql"] == [len(whole), 0, 0, 0]
    assert found["masked"] == len(whole)
    assert found["problems"] == []


def test_a_newer_version_syncs_an_old_archive(newer: Path, archive: msgnb.Archive) -> None:
    """What it fetches has values in the new columns, what was there has none, and nothing is lost."""
    found = run_newer(newer, archive, """
with msgnb.offline(seed=7) as world:
    who = world.netsapiens.sessions()["contact"].iloc[0]
    before = len(archive.messages())
    world.netsapiens.send_text(who, "from a newer version", sender="16195550101")
    archive.sync(world.netsapiens)
    archive.sync(world.blip)
    frame = archive.messages()
    archive.compact()
    again = archive.messages()
    one = archive.messages(text="from a newer version").iloc[0]
    say(
        old=before, rows=len(frame), alike=frame.equals(again), problems=archive.verify(),
        filled=int(frame["copied"].notna().sum()), fetched=len(world.blip.history()),
        values=[str(one[name]) for name in NEW],
    )
""")  # fmt: skip
    assert found["rows"] == found["old"] + 1 + found["fetched"]
    assert found["alike"]
    assert found["problems"] == []
    # The sessions that were read again, as far back as something may have changed, and everything of the bot.
    assert found["fetched"] < found["filled"] < found["rows"]
    assert found["values"] == [
        "m0", "Ana", f"other@example.com, {COPIED}", "hello", "https://example.com/x",
        "2026-11-03 00:00:00+00:00", "7", "True", "high", "{}", "anything",
    ]  # fmt: skip


def test_a_newer_version_forgets_in_an_old_archive(newer: Path, archive: msgnb.Archive) -> None:
    """Somebody in an old column is removed, somebody who is only in a new one as well, and they stay away."""
    found = run_newer(newer, archive, """
with msgnb.offline(seed=7) as world:
    who = archive.messages()["session"].iloc[0]
    count = len(archive.messages(contact=who))
    old = int(archive.forget(who).query("removed == 'messages'")["count"].sum())
    rest = len(archive.messages())
    archive.sync(world.blip)
    both = len(archive.messages())
    new = int(archive.forget("copied@example.com").query("removed != 'messages'")["count"].sum())
    left = len(archive.messages())
    archive.sync(world.blip)
    say(count=count, old=old, rest=rest, both=both, new=new, left=left, later=len(archive.messages()),
        problems=archive.verify(), contact=len(archive.messages(contact="copied@example.com")))
""")  # fmt: skip
    assert found["old"] == found["count"] > 0
    # Others are in that column too, so the messages stay.
    assert found["new"] > 0
    assert found["left"] == found["later"] == found["both"]
    assert found["contact"] == 0
    assert found["problems"] == []
    assert not [
        path for path in Path(archive.path).rglob("*.parquet") if COPIED.encode() in path.read_bytes()
    ]


def test_a_newer_version_merges_what_an_old_one_staged(
    newer: Path, world: msgnb.testing.Offline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files that were staged by both versions go into the same months, each with the values it has."""

    def dies(_files: Any) -> None:
        raise OSError("died")

    archive = msgnb.Archive(tmp_path / "staged")
    with monkeypatch.context() as patched:
        patched.setattr("msgnb.history.files.Files.merge_staged", dies)
        with pytest.raises(OSError, match="died"):
            archive.sync(world.blip)
    whole = world.blip.history()
    found = run_newer(newer, archive, """
with msgnb.offline(seed=7) as world:
    world.blip.send_text(world.blip.sessions()["session"].iloc[0], "one more")
    archive.sync(world.blip)
    frame = archive.messages()
    say(rows=len(frame), filled=int(frame["copied"].notna().sum()), problems=archive.verify(),
        copied=frame.loc[frame["text"] == "one more", "copied"].tolist())
""")  # fmt: skip
    assert found["rows"] == len(whole) + 1
    assert 0 < found["filled"] < found["rows"]
    assert found["copied"] == [f"other@example.com, {COPIED}"]
    assert found["problems"] == []
    assert not list(Path(archive.path).glob("staged/*/*/*"))


def test_this_version_reads_a_newer_archive(
    newer: Path, world: msgnb.testing.Offline, tmp_path: Path
) -> None:
    """`messages` has the columns it knows, `sql` has all; `sync`, `compact` and `forget` lose none."""
    archive = msgnb.Archive(tmp_path / "newer")
    run_newer(newer, archive, """
with msgnb.offline(seed=7) as world:
    say(count=archive.sync(world.blip))
""")  # fmt: skip
    whole = world.blip.history()
    pd.testing.assert_frame_equal(ordered(archive.messages()), ordered(whole))
    assert list(archive.messages().columns) == list(tables.MESSAGES.names)
    assert archive.sql("select distinct copied, price from messages").fetchall() == [
        (f"other@example.com, {COPIED}", 7)
    ]
    who = whole["session"].iloc[0]
    world.blip.send_text(who, "from this version")
    archive.sync(world.blip)
    archive.compact()
    assert archive.verify() == []
    assert archive.messages(text="from this version")["session"].tolist() == [who]
    quiet = "select count(*) filter (copied is null) as fresh, count(copied) as old from messages"
    fresh, old = archive.sql(quiet).fetchall()[0]
    assert 0 < fresh < old
    there = len(archive.messages(contact=who))
    assert int(archive.forget(who).query("removed == 'messages'")["count"].sum()) == there
    assert archive.sql("select count(copied) from messages").fetchall()[0][0] > old - there
