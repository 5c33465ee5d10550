"""A folder for the temporary files of this process, below the user's folder for state.

The system's folder for temporary files is shared with others, and nobody empties it after a process that was
killed. This folder is deleted when the process ends. A process that is killed leaves its folder behind, and
the next one that needs one deletes it: each folder has a file beside it that its process has locked, and the
system releases the lock of a process that no longer exists.
"""

from __future__ import annotations

import atexit
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import BinaryIO

from msgnb.core.file_lock import lock
from msgnb.core.private_files import FILE_MODE, create_file, make_folder, state_folder

_MADE: dict[int, tuple[Path, BinaryIO]] = {}
"""By process, since a fork knows that of its parent: the folder, and the file beside it that is locked."""
_MAKING = threading.Lock()


def process_folder() -> Path:
    """Return the folder, which is created first if it doesn't exist.

    Raises:
        OSError: the user's folder for state can't be written.
    """
    process = os.getpid()
    with _MAKING:
        if process not in _MADE or not _MADE[process][0].is_dir():
            _MADE[process] = _make(make_folder(state_folder("temporary")))
        return _MADE[process][0]


def sweep() -> None:
    """Delete the folders of processes that no longer exist."""
    base = state_folder("temporary")
    if base.is_dir():
        with _only_one(base):
            _sweep(base)


def _make(base: Path) -> tuple[Path, BinaryIO]:
    folder = base / token_hex(8)
    # Nobody else sees the file before it is locked.
    with _only_one(base):
        _sweep(base)
        held = create_file(_lock_path(folder))
        lock(held)
        make_folder(folder)
    atexit.register(_remove, folder, held, os.getpid())
    return folder, held


def _sweep(base: Path) -> None:
    for path in base.glob("*.lock"):
        try:
            with path.open("r+b") as file:
                lock(file, wait=False)
                _delete(path.with_suffix(""))
        except OSError:
            continue  # it is in use
        _forget_lock(path)


def _remove(folder: Path, held: BinaryIO, process: int) -> None:
    # A forked process inherits the duty, but not the folder.
    if os.getpid() != process:
        return
    _delete(folder)
    held.close()
    _forget_lock(_lock_path(folder))


def _delete(folder: Path) -> None:
    # Windows deletes no file that is open.
    shutil.rmtree(folder, ignore_errors=True)


def _forget_lock(path: Path) -> None:
    if not path.with_suffix("").exists():
        with suppress(OSError):
            path.unlink()


def _lock_path(folder: Path) -> Path:
    return folder.with_suffix(".lock")


@contextmanager
def _only_one(base: Path) -> Iterator[None]:
    """Wait until no other process makes or deletes folders."""
    descriptor = os.open(base / "guard", os.O_RDWR | os.O_CREAT, FILE_MODE)
    with os.fdopen(descriptor, "r+b") as guard:
        lock(guard)
        yield
