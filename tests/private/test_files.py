"""What msgnb writes is for the user only, from its first byte, and a killed process leaves nothing."""

from __future__ import annotations

import json
import os
import random
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from vcr import VCR
from vcr.request import Request

import msgnb
from msgnb.core import process_folder
from msgnb.core.private_files import create_file, make_folder, make_once, replace_file
from msgnb.testing import cassettes
from msgnb.testing.recording_key import VARIABLE, find_key

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes")

KILLS = 5
SUPPORT = Path(__file__).resolve().parents[1] / "support"
NOBODY = 65_534


@pytest.fixture(params=[0o000, 0o022], ids=["umask 000", "umask 022"])
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for everything that is written, the user's state and the system's temporary files included."""
    for name, folder in (("XDG_STATE_HOME", "state"), ("TMPDIR", "tmp"), ("HOME", "home")):
        (tmp_path / folder).mkdir()
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setattr(process_folder, "_MADE", {})
    (tmp_path / "desktop").mkdir(mode=0o755)
    (tmp_path / "desktop").chmod(0o755)
    return tmp_path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def wide(folder: Path) -> list[str]:
    """Return the files and folders below a folder that others than the user can read or write."""
    return [f"{path.relative_to(folder)} {mode(path):o}" for path in folder.rglob("*") if mode(path) & 0o077]


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def write_archive(world: msgnb.testing.Offline, folder: Path) -> None:
    archive = msgnb.Archive(folder / "deep" / "it's history")
    archive.sync(world.netsapiens)
    archive.sync(world.smsdrop)
    archive.compact()
    archive.forget(archive.messages()["recipient"].iloc[0])
    assert len(archive.sql("select * from messages order by text").df())


def write_remote_archive(world: msgnb.testing.Offline, folder: Path) -> None:
    archive = msgnb.Archive(f"memory://private-{folder.name}/history")
    archive.sync(world.netsapiens)
    archive.sync(world.netsapiens)
    assert len(archive.messages())


def write_journal(world: msgnb.testing.Offline, folder: Path) -> None:
    people = pd.DataFrame({"phone": ["+22963588213"]})
    campaign = msgnb.Campaign(text="Hello", sender="MyShop")
    path = folder / "deep" / "campaign.jsonl"
    world.smsdrop.send_campaign(campaign, msgnb.recipients(people), journal=path)


def write_exports(world: msgnb.testing.Offline, folder: Path) -> None:
    messages = world.smsdrop.history()
    messages.msg.to_csv(folder / "people.csv")
    messages.msg.to_excel(folder / "people.xlsx")


def write_charts(world: msgnb.testing.Offline, folder: Path) -> None:
    for suffix in (".svg", ".json"):  # the other formats take seconds
        world.smsdrop.history().msg.plot.volume().save(folder / f"chart{suffix}")


def write_recording(_: msgnb.testing.Offline, folder: Path) -> None:
    vcr = VCR(**cassettes.vcr_config(), record_mode="all")
    cassettes.register(vcr)
    with cassettes.growing_cassette(vcr, folder / "recordings" / "call.yaml") as cassette:
        response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": b"{}"}}
        cassette.append(Request("GET", "https://example.com", None, {}), response)


def write_dumps(world: msgnb.testing.Offline, folder: Path) -> None:
    for suffix in (".csv", ".json", ".jsonl", ".parquet"):
        assert len(world.dump(folder / f"dump{suffix}"))


WRITERS = [
    write_archive, write_remote_archive, write_journal, write_exports, write_charts,
    write_recording, write_dumps,
]  # fmt: skip


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.usefixtures("_umask")
def test_only_the_user_can_read_what_is_written(
    write: Callable[[msgnb.testing.Offline, Path], None], world: msgnb.testing.Offline, home: Path
) -> None:
    """Files have 0600, folders that msgnb makes 0700; the user's own keep their mode."""
    write(world, home / "desktop")
    assert files(home)
    assert wide(home / "desktop") == []
    assert wide(home / "state") == []
    assert mode(home / "desktop") == 0o755
    assert not files(home / "tmp")


@pytest.mark.usefixtures("_umask")
def test_a_file_that_was_wide_is_replaced_by_a_private_one(tmp_path: Path) -> None:
    """Who has the old file open reads the old content, and no byte of the other one."""
    path = tmp_path / "people.csv"
    path.write_bytes(b"nobody")
    path.chmod(0o666)
    with path.open("rb") as before:
        replace_file(path, b"Ana, +5511999998888")
        assert before.read() == b"nobody"
    assert (path.read_bytes(), mode(path)) == (b"Ana, +5511999998888", 0o600)
    assert files(tmp_path) == [path]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, for example, while the file takes its place."""
    path = tmp_path / "people.csv"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        replace_file(path, b"new")
    assert (path.read_bytes(), files(tmp_path)) == (b"old", [path])


def test_a_file_is_created_only_where_nothing_is(tmp_path: Path) -> None:
    """A link that waits at the name of a file, even to nowhere, is not written through."""
    (tmp_path / "link").symlink_to(tmp_path / "stolen")
    with pytest.raises(FileExistsError):
        create_file(tmp_path / "link")
    assert not (tmp_path / "stolen").exists()


def test_links_of_the_user_are_followed(tmp_path: Path) -> None:
    """A report that is a link to another folder stays one."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "report.csv").symlink_to("elsewhere/report.csv")
    replace_file(tmp_path / "report.csv", b"content")
    assert (tmp_path / "report.csv").is_symlink()
    assert (tmp_path / "elsewhere" / "report.csv").read_bytes() == b"content"


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can act as another user"
)
@pytest.mark.parametrize("through", ["file", "folder", "chain"])
def test_links_of_others_in_a_shared_folder_are_refused(tmp_path: Path, through: str) -> None:
    """Not the file itself, nor a folder on the way, nor behind a link of the user."""
    shared, mine = tmp_path / "shared", tmp_path / "mine"
    shared.mkdir()
    shared.chmod(0o1777)
    mine.mkdir()
    target = mine / "report.csv"
    link = shared / "link"
    link.symlink_to(mine if through == "folder" else target)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    (tmp_path / "chain").symlink_to("shared/link")
    path = {"file": link, "folder": link / "report.csv", "chain": tmp_path / "chain"}[through]
    with pytest.raises(PermissionError, match="a link that another user made"):
        replace_file(path, b"content")
    assert not target.exists()


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """`/dev/stdout` and the like are no files to replace."""
    os.mkfifo(tmp_path / "pipe")
    command = [sys.executable, "-c", f"print(open({str(tmp_path / 'pipe')!r}).read())"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as reader:
        replace_file(tmp_path / "pipe", b"content")
        assert reader.communicate()[0] == b"content\n"
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.usefixtures("_umask")
def test_folders_are_private_at_every_level(tmp_path: Path) -> None:
    """Also those between the one that exists and the one that is asked for."""
    make_folder(tmp_path / "one" / "two" / "three")
    assert wide(tmp_path) == []


@pytest.mark.usefixtures("_umask")
def test_the_key_of_recordings_is_private_at_every_level(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's folder for settings is made for it, if there is none."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    monkeypatch.delenv(VARIABLE, raising=False)
    find_key()
    assert len(files(tmp_path)) == 1
    assert wide(tmp_path) == []


def test_a_key_is_kept_where_files_have_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two processes that make it at once the first one wins there, too."""

    def fail(_: object, path: Path) -> None:
        path.write_bytes(b"of another process")
        raise OSError("no links")

    monkeypatch.setattr(os, "link", fail)
    assert make_once(tmp_path / "key", b"mine") == b"of another process"
    assert files(tmp_path) == [tmp_path / "key"]


def test_a_journal_that_was_copied_wide_is_private_when_it_is_used(
    world: msgnb.testing.Offline, tmp_path: Path
) -> None:
    """It names everyone who gets the campaign."""
    write_journal(world, tmp_path)
    path = tmp_path / "deep" / "campaign.jsonl"
    path.chmod(0o666)
    with pytest.warns(UserWarning, match="nothing was sent"):
        write_journal(world, tmp_path)
    assert mode(path) == 0o600


# Temporary files


def test_a_killed_sync_leaves_nothing_after_the_next_one(home: Path) -> None:
    """Killed at random moments, it has only private files, and the next sync deletes what is temporary."""
    chance = random.Random(7)
    archive = home / "archive"
    with msgnb.testing.serve() as served:
        login = json.dumps(served.credentials["blip"])
        command = [sys.executable, str(SUPPORT / "archive_worker.py"), str(archive), login]
        for _ in range(KILLS):
            with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
                assert worker.stdout
                assert worker.stdout.readline() == b"syncing\n"
                time.sleep(chance.random() * 0.8)  # the random moment
                worker.kill()
            assert readable_by_others(archive) == []
        (archive / "temporary").mkdir(exist_ok=True)
        (archive / "temporary" / "left.new").write_bytes(b"left by a sync that died")
        msgnb.Archive(archive).sync(served.blip)
    assert not (archive / "temporary").exists()
    assert not list(archive.rglob("*.new"))
    assert not files(home / "tmp")
    left = [path for path in files(home / "state") if path.name != "guard" and path.suffix != ".lock"]
    assert left == []


def readable_by_others(folder: Path) -> list[Path]:
    """Return the files below a folder that are wide, and in no folder that keeps others out."""
    closed = {path for path in (folder, *folder.rglob("*")) if path.is_dir() and not mode(path) & 0o077}
    return [path for path in files(folder) if mode(path) & 0o077 and not closed & set(path.parents)]


WRITE_SLOWLY = (
    "import sys, msgnb.core.private_files as files, pathlib\n"
    "def pause(*_):\n"
    "    print('drafted', flush=True); input(); raise OSError\n"
    "pathlib.Path.replace = files.os.link = pause\n"
    "getattr(files, sys.argv[1])(pathlib.Path(sys.argv[2]), b'people')\n"
)


@pytest.mark.parametrize("write", [replace_file, make_once], ids=lambda each: each.__name__)
@pytest.mark.parametrize("sweep", [replace_file, make_once], ids=lambda each: each.__name__)
def test_the_draft_of_a_killed_process_is_deleted_by_the_next_one(
    write: Callable[[Path, bytes], object], sweep: Callable[[Path, bytes], object], tmp_path: Path
) -> None:
    """That of a process which still runs is not, nor a file of the user that is called alike."""
    (tmp_path / ".msgnb-notes.new").write_bytes(b"of the user")
    command = [sys.executable, "-c", WRITE_SLOWLY, write.__name__, str(tmp_path / "one")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "drafted\n"
        sweep(tmp_path / "two", b"content")
        (draft,) = (path for path in files(tmp_path) if path.name not in {"two", ".msgnb-notes.new"})
        assert (draft.read_bytes(), mode(draft)) == (b"people", 0o600)
        other.kill()
        other.wait()
        sweep(tmp_path / "two", b"content")
    assert sorted(path.name for path in files(tmp_path)) == [".msgnb-notes.new", "two"]


def test_a_link_or_pipe_with_the_name_of_a_draft_is_left_alone(tmp_path: Path) -> None:
    """Somebody who plants one in a shared folder neither delays a write nor gets another file deleted."""
    (tmp_path / "other").write_bytes(b"kept")
    (tmp_path / f".msgnb-{1:016x}.new").symlink_to("other")
    os.mkfifo(tmp_path / f".msgnb-{2:016x}.new")
    replace_file(tmp_path / "people.csv", b"content")
    assert (tmp_path / "other").read_bytes() == b"kept"
    assert len(list(tmp_path.iterdir())) == 4


def test_the_files_of_others_are_left_alone_while_they_run(home: Path) -> None:
    """The folder of a process is deleted by the next one, once the process was killed and not before."""
    code = (
        "from msgnb.core.process_folder import process_folder as make\n"
        "(make() / 'spill').write_bytes(b'people'); print(make(), flush=True); input()"
    )
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True) as other:
        assert other.stdout
        folder = Path(other.stdout.readline().strip())
        process_folder.sweep()
        assert (folder / "spill").read_bytes() == b"people"
        other.kill()
        other.wait()
        process_folder.sweep()
    assert not folder.exists()
    assert not folder.with_suffix(".lock").exists()


def test_a_process_deletes_its_folder_when_it_ends(home: Path) -> None:
    """Also one with something in it, and one that has forked."""
    code = (
        "import os, sys; from msgnb.core.process_folder import process_folder as make\n"
        "(make() / 'spill').write_bytes(b'people')\n"
        "child = os.fork()\n"
        "if not child: sys.exit()\n"
        "os.waitpid(child, 0); assert (make() / 'spill').exists(), 'deleted by the child'\n"
        "print(make())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not Path(done.stdout.strip()).exists()
    assert [path.name for path in files(home / "state")] == ["guard"]


def test_queries_that_need_the_disk_use_the_folder_of_the_process(
    world: msgnb.testing.Offline, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DuckDB's own choice is a folder in the current one."""
    monkeypatch.chdir(home / "desktop")
    archive = msgnb.Archive(home / "archive")
    archive.sync(world.smsdrop)
    ((setting,),) = archive.sql("select current_setting('temp_directory')").fetchall()
    assert Path(setting).is_relative_to(home / "state")
    assert list((home / "desktop").iterdir()) == []


def test_without_a_state_folder_an_archive_still_works(
    world: msgnb.testing.Offline, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a container whose home can't be written: queries use memory only."""
    shutil.rmtree(home / "state")
    (home / "state").write_text("not a folder")
    archive = msgnb.Archive(home / "archive")
    archive.sync(world.smsdrop)
    ((setting,),) = archive.sql("select current_setting('temp_directory')").fetchall()
    assert setting == ""
    assert len(archive.messages())


def test_a_remote_archive_keeps_what_other_machines_are_writing(
    world: msgnb.testing.Offline, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lock holds on one machine; its leftovers are deleted, those of others are not."""
    import fsspec

    archive = msgnb.Archive("memory://shared-bucket/history")
    archive.sync(world.smsdrop)
    fs: Any = fsspec.filesystem("memory")
    (machine,) = (path.read_text() for path in (home / "state").rglob("machine"))
    for name in (machine, "another"):
        fs.pipe_file(f"/shared-bucket/history/temporary/{name}/left.new", b"people")
    archive.sync(world.smsdrop)
    found = fs.find("/shared-bucket/history/temporary")
    assert found == ["/shared-bucket/history/temporary/another/left.new"]
