"""The lines of a journal's file: numbered, each with a checksum, appended whole or not at all.

The file begins with a mark, a line of fixed width that says how many lines there are at least:

    {"journal":3,"lines":"0000000012","sum":"88a1d2…"}

Every other line is a JSON object whose last fields are its number, `n`, and a checksum of all before it,
`sum`. From these follows what has happened to a file:

* A line that was cut off at the end of the file, and is not counted by the mark, was never complete: nothing
  was done because of it, and it is removed.
* A line whose checksum is wrong was damaged later. A line whose number is not the next one shows that others
  are missing, and a mark beyond the last line that the end is. Nobody knows what these lines said.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from msgnb.core.errors import InvalidRequest

Clock = Callable[[], datetime]
VERSION = 3
"""Version of the lines, and of the canonical form of addresses in them."""
_MARK = re.compile(rb'(\{"journal":([0-9]+),"lines":"([0-9]{10})"),"sum":"([0-9a-f]{16})"\}\n')
_LINE = re.compile(rb'(\{.*),"sum":"([0-9a-f]{16})"\}', re.DOTALL)


@dataclass(frozen=True)
class Content:
    """What a journal's file contains.

    Attributes:
        lines: the lines after the mark; `None` for those that are damaged or missing.
        last: the number of the last line, also if it is missing.
        numbered: the lines that are whole, by their numbers.
    """

    lines: list[dict[str, Any] | None]
    last: int
    numbered: dict[int, dict[str, Any]] = field(default_factory=dict)

    @property
    def damaged(self) -> bool:
        """Whether a line is damaged or missing."""
        return None in self.lines


def read_content(content: bytes) -> Content | None:
    """Return what a file contains; `None` if it has no mark of this version.

    >>> read_content(make_mark(2) + seal({"discard": "k1"}, 1) + b"cut off")
    Content(lines=[{'discard': 'k1'}, None], last=2, numbered={1: {'discard': 'k1'}})
    """
    mark = _MARK.match(content)
    if mark is None or int(mark[2]) != VERSION or _checksum(mark[1]) != mark[4]:
        return None
    lines: list[dict[str, Any] | None] = []
    numbered: dict[int, dict[str, Any]] = {}
    last = 0
    # What follows the last line break was cut off.
    for sealed in content[mark.end() :].split(b"\n")[:-1]:
        line = _unseal(sealed)
        number = line.pop("n") if line else last + 1
        if line and number != last + 1:
            # Lines before it are missing, or it is an old one that stands here again.
            lines.append(None)
        lines.append(line if number > last else None)
        if line and number > last:
            numbered[number] = line
        last = max(last, number)
    if last < int(mark[3]):
        lines.append(None)
        last = int(mark[3])
    return Content(lines, last, numbered)


def write_content(lines: Mapping[int, Mapping[str, Any]], last: int) -> bytes:
    """Return the content of a file with some lines, by their numbers; others up to the last are missing."""
    return make_mark(last) + b"".join(seal(line, number) for number, line in lines.items())


def make_mark(last: int) -> bytes:
    """Return the mark of a file that has lines up to a number."""
    fields = b'{"journal":%d,"lines":"%010d"' % (VERSION, last)
    return b'%s,"sum":"%s"}\n' % (fields, _checksum(fields))


def seal(line: Mapping[str, Any], number: int) -> bytes:
    """Return a line as it stands in the file."""
    fields = orjson.dumps({**line, "n": number})[:-1]
    return b'%s,"sum":"%s"}\n' % (fields, _checksum(fields))


def _unseal(line: bytes) -> dict[str, Any] | None:
    match = _LINE.fullmatch(line)
    if match is None or _checksum(match[1]) != match[2]:
        return None
    found = orjson.loads(match[1] + b"}")
    return found if isinstance(found, dict) and isinstance(found.get("n"), int) else None


def _checksum(fields: bytes) -> bytes:
    return blake2b(fields, digest_size=8).hexdigest().encode()


class JournalWriter:
    """Appends lines to a journal's file, which is locked.

    Args:
        path: path of the file, for errors.
        file: the file, opened for reading and writing.
        clock: returns the time that lines are dated with.
        last: the number of the last line.
    """

    def __init__(self, path: Path, file: BinaryIO, clock: Clock, last: int) -> None:
        self._path = path
        self._file = file
        self._clock = clock
        self._last = last
        self._process = os.getpid()

    def now(self) -> str:
        """Return the time in the format of the lines."""
        return self._clock().astimezone(UTC).isoformat()

    def write(self, line: Mapping[str, Any], *, sync: bool = False) -> None:
        """Append a line; with `sync`, it is on the disk when this returns, even if the power fails.

        Raises:
            InvalidRequest: the file can't be written, or was moved or deleted. The line is not in the file.
        """
        self._check_place()
        size = self._file.seek(0, os.SEEK_END)
        number = self._last + 1
        try:
            # The first line comes with the mark before it.
            self._put((b"" if size else make_mark(0)) + seal(line, number))
            if sync:
                os.fsync(self._file.fileno())
                # Only after the line is on the disk: a mark that counts a line too many looks like damage.
                self._file.seek(0)
                self._put(make_mark(number))
        except OSError as error:
            # Half a line would be taken for a damaged one later.
            os.truncate(self._file.fileno(), size)
            words = f"{self._path} can't be written: {error.strerror}; nothing more was sent"
            raise InvalidRequest.of(journal=words) from None
        self._last = number

    def _put(self, content: bytes) -> None:
        # A disk that becomes full takes a part of it, without an error.
        if self._file.write(content) != len(content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def _check_place(self) -> None:
        """Refuse to go on with a file that another process would not find, or in a forked process."""
        if os.getpid() != self._process:
            # A lock is shared with forked processes, which would send the same again.
            words = (
                f"{self._path} belongs to the process that this one was forked from; nothing was sent here"
            )
            raise InvalidRequest.of(journal=words)
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
