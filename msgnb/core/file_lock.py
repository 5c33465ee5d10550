"""Locks on files, which the system releases when a process ends, however it ends.

Whether a process still runs can't be told from its number: containers and machines that share a folder count
on their own. A lock that is free tells that nobody uses the file any more.
"""

from __future__ import annotations

from typing import BinaryIO


def lock(file: BinaryIO, *, wait: bool = True) -> None:
    """Lock a file until it is closed.

    >>> with path.open("r+b") as file:
    ...     lock(file, wait=False)

    Args:
        file: the file, open for writing.
        wait: wait for whoever has locked it.

    Raises:
        BlockingIOError: another process has locked it, or the file system has no locks.
    """
    import portalocker  # noqa: PLC0415 - loads when first used

    flags = portalocker.LockFlags.EXCLUSIVE
    try:
        portalocker.lock(file, flags if wait else flags | portalocker.LockFlags.NON_BLOCKING)
    except portalocker.exceptions.LockException as error:
        raise BlockingIOError(f"{file.name} is locked") from error
