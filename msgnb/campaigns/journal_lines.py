"""The lines of a journal's file: each with a checksum, appended whole or not at all.

A line is a JSON object whose last field, `sum`, is a checksum of the fields before it. A line that was cut
off at the end of the file was never complete: nothing was done because of it, and it is removed. Any other
line whose checksum is wrong was damaged later, and nobody knows what it said.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from msgnb.core.errors import InvalidRequest

Clock = Callable[[], datetime]
_LINE = re.compile(rb'(\{.*),"sum":"([0-9a-f]{16})"\}', re.DOTALL)


def read_lines(content: bytes) -> Iterator[dict[str, Any] | None]:
    """Yield the lines that a file contains, `None` for one that is damaged.

    >>> list(read_lines(seal({"discard": "k1"}) + b"cut off"))
    [{'discard': 'k1'}]
    """
    # What follows the last line break was cut off.
    for line in content.split(b"\n")[:-1]:
        yield _unseal(line)


def seal(line: Mapping[str, Any]) -> bytes:
    """Return a line as it stands in the file."""
    fields = orjson.dumps(line)[:-1]
    return b'%s,"sum":"%s"}\n' % (fields, _checksum(fields))


def _unseal(line: bytes) -> dict[str, Any] | None:
    match = _LINE.fullmatch(line)
    if match is None or _checksum(match[1]) != match[2]:
        return None
    found = orjson.loads(match[1] + b"}")
    return found if isinstance(found, dict) else None


def _checksum(fields: bytes) -> bytes:
    return blake2b(fields, digest_size=8).hexdigest().encode()


class JournalWriter:
    """Appends lines to a journal's file, which is locked.

    Args:
        path: path of the file, for errors.
        file: the file, opened for appending.
        clock: returns the time that lines are dated with.
    """

    def __init__(self, path: Path, file: BinaryIO, clock: Clock) -> None:
        self._path = path
        self._file = file
        self._clock = clock

    def now(self) -> str:
        """Return the time in the format of the lines."""
        return self._clock().astimezone(UTC).isoformat()

    def write(self, line: Mapping[str, Any], *, sync: bool = False) -> None:
        """Append a line; with `sync`, it is on the disk when this returns, even if the power fails.

        Raises:
            InvalidRequest: the file can't be written, or was moved or deleted. The line is not in the file.
        """
        self._check_place()
        size = os.fstat(self._file.fileno()).st_size
        try:
            sealed = seal(line)
            # A disk that becomes full takes a part of the line, without an error.
            if self._file.write(sealed) != len(sealed):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            # Half a line would be taken for a damaged one later.
            os.truncate(self._file.fileno(), size)
            words = f"{self._path} can't be written: {error.strerror}; nothing more was sent"
            raise InvalidRequest.of(journal=words) from None

    def _check_place(self) -> None:
        """Refuse to go on with a file that another process would not find."""
        try:
            there = self._path.stat()
        except OSError:
            there = None
        if there is None or not os.path.samestat(there, os.fstat(self._file.fileno())):
            words = f"{self._path} was moved or deleted while the campaign was being sent; restore it first"
            raise InvalidRequest.of(journal=words)


def cut_tail(file: BinaryIO, content: bytes) -> None:
    """Remove what was cut off at the end of a file."""
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(file.fileno(), whole)
