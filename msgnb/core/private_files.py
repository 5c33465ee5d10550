"""Files that hold people or secrets: mode 0600, in folders with mode 0700, whatever the umask is.

A file has its mode from the moment it exists. One that is written wide and narrowed afterwards can be opened
in between, and whoever has it open reads everything that comes. Folders that exist keep their mode: they
belong to the user. Windows has no modes, and its folders of a user are private already.

A file that is replaced is written next to its place first, as a draft that then takes it in one step. A
draft is locked while it is written. A process that is killed leaves its draft behind, and the system releases
the lock: the next one that writes in the folder deletes it, and leaves those of running processes alone.

Links are followed, as `open` does, except those that somebody else put into a folder that everybody can write
to, such as `/tmp`.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from msgnb.core.file_lock import lock

FILE_MODE = 0o600
FOLDER_MODE = 0o700
EVERYBODY = stat.S_IWOTH
_DRAFT = re.compile(r"\.msgnb-[0-9a-f]{16}\.new")
# Links are not followed, and a pipe is not waited for. Windows has neither flag.
_OPEN_DRAFT = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def make_folder(path: Path) -> Path:
    """Create a folder, and those above it that are missing, and return it.

    >>> make_folder(Path("history/state"))
    """
    missing = []
    for folder in (path, *path.parents):
        if folder.is_dir():
            break
        missing.append(folder)
    for folder in reversed(missing):
        folder.mkdir(FOLDER_MODE, exist_ok=True)
    return path


def create_file(path: Path) -> BinaryIO:
    """Create a file, and return it, open for writing.

    Raises:
        FileExistsError: there is one, or a link.
    """
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, FILE_MODE), "w+b")


def replace_file(path: Path, content: bytes) -> None:
    """Write a file in one step: readers find what it had before, or all of the content.

    >>> replace_file(Path("people.csv"), content)

    Args:
        path: path of the file, whose folder exists. A device or a pipe is written to as it is.
        content: what the file has afterwards.

    Raises:
        PermissionError: the path leads through a link that somebody else made in a folder for everybody.
    """
    check_links(path)
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        path.write_bytes(content)
        return
    sweep_drafts(target.parent)
    with _write_draft(target.parent, content) as draft:
        draft.replace(target)


def make_once(path: Path, content: bytes) -> bytes:
    """Write a file unless there is one, and return what it has: of two processes, the first one writes it.

    >>> make_once(Path("key"), token_bytes(32))

    Args:
        path: path of the file; folders that are missing are created.
        content: what it has if it is new.
    """
    sweep_drafts(make_folder(path.parent))
    if not path.exists():
        with _write_draft(path.parent, content) as draft:
            _link(draft, path, content)
    return path.read_bytes()


def sweep_drafts(folder: Path) -> None:
    """Delete the drafts in a folder that processes left behind which no longer exist."""
    # A folder that can't be listed can be written to all the same.
    with suppress(OSError):
        for path in folder.iterdir():
            if _DRAFT.fullmatch(path.name):
                _delete_abandoned(path)


def check_links(path: Path) -> None:
    """Refuse a path that leads through a link that somebody else made in a folder for everybody.

    Raises:
        PermissionError: it does.
    """
    # Windows lets only administrators make links.
    if not hasattr(os, "geteuid"):
        return
    path = Path(os.path.abspath(path))  # noqa: PTH100 - `resolve` would follow the links
    for each in (path, *path.parents):
        if each.is_symlink():
            _check_link(each)


def state_folder(*names: str) -> Path:
    """Return a folder below the user's folder for state; it may not exist yet.

    >>> state_folder("campaigns")
    PosixPath('/home/ana/.local/state/msgnb/campaigns')
    """
    from platformdirs import user_state_path  # noqa: PLC0415 - loads when first used

    return user_state_path("msgnb").joinpath(*names)


@contextmanager
def _write_draft(folder: Path, content: bytes) -> Iterator[Path]:
    """Write a draft; it is deleted at the end if it has not taken its place."""
    draft, file = _create_draft(folder)
    try:
        with file:
            file.write(content)
            file.flush()
            # Windows moves no file that is open.
            if os.name == "nt":
                file.close()
            yield draft
    finally:
        draft.unlink(missing_ok=True)


def _create_draft(folder: Path) -> tuple[Path, BinaryIO]:
    while True:
        # Short, whatever the length of the name is: file systems limit it.
        draft = folder / f".msgnb-{token_hex(8)}.new"
        file = create_file(draft)
        # Without locks nobody can delete it either.
        with suppress(OSError):
            lock(file)
        if draft.exists():
            return draft, file
        # Another process deleted it before it was locked.
        file.close()


def _delete_abandoned(draft: Path) -> None:
    # It is in use, or belongs to another user.
    with suppress(OSError), os.fdopen(os.open(draft, _OPEN_DRAFT), "r+b") as file:
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            lock(file, wait=False)
            draft.unlink()


def _link(draft: Path, path: Path, content: bytes) -> None:
    """Give a draft its name, unless another process was quicker."""
    try:
        # Unlike a move, a link does not take the place of a file that another process has made.
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:
        # Some file systems have no links.
        with suppress(FileExistsError), create_file(path) as file:
            file.write(content)


def _check_link(link: Path) -> None:
    folder, owner = link.parent.stat(), link.lstat().st_uid
    # The rule of Linux (`protected_symlinks`), which not every system has switched on.
    if folder.st_mode & EVERYBODY and owner not in {os.geteuid(), folder.st_uid}:
        raise PermissionError(f"{link} is a link that another user made; choose another path")
    check_links(link.parent / link.readlink())
