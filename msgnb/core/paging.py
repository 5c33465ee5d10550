"""Lists that come in pages, read to the end.

* Every list of every platform goes through one of the two pagers here: by offset, or back through time.
* A page may overlap the one before it, and a server may ignore what it is asked for: rows are told apart by
  their key, a page that brings nothing new ends the walk, and what could not be reached is said aloud.
* A bar on stderr appears when a walk takes longer than a second, and only where someone is looking.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Hashable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any

from msgnb.core.progress import progress_bar

Row = Mapping[str, Any]
Key = Callable[[Any], Hashable]


class IncompleteWarning(UserWarning):
    """The platform holds more rows than it lets us read."""


def by_offset(
    fetch: Callable[[int, int], list[Any]], *, size: int, key: Key, what: str, limit: int | None = None
) -> list[Any]:
    """All rows of a list that is read by offset and size; arguments are those of `offset_pages`."""
    pages = offset_pages(fetch, size=size, key=key, what=what, limit=limit)
    return list(chain.from_iterable(pages))


def offset_pages(
    fetch: Callable[[int, int], list[Any]], *, size: int, key: Key, what: str, limit: int | None = None
) -> Iterator[list[Any]]:
    """The new rows of each page of a list that is read by offset and size.

    Args:
        fetch: `fetch(offset, size)` returns a page.
        size: rows to ask for in a page.
        key: tells rows apart.
        what: what the rows are, for the progress bar.
        limit: the most rows to return; all where it is `None`.
    """
    found = _Found(key, limit)
    offset = 0
    with progress_bar(what) as bar:
        while (wanted := found.wanted(size)) > 0:
            page = fetch(offset, wanted)
            new = found.new(page)
            bar.update(len(new))
            yield new
            if page and not new:
                _warn_repeated(what, found.count)
            if len(page) < wanted or not new:
                return
            offset += len(page)


def back_in_time(
    fetch: Callable[[datetime | None, int], list[Any]],
    *,
    size: int,
    key: Key,
    time_of: Callable[[Any], datetime],
    what: str,
    limit: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Any]:
    """All rows of a list that is read newest first, from the present or from a moment back.

    The next page is asked for from one millisecond after the oldest row so far, so that rows of the same
    millisecond are not lost where the server leaves its bound out; where it does not, they come twice and
    are told apart by their key. More rows in one millisecond than a page holds are reached by skipping.

    Args:
        fetch: `fetch(before, skip)` returns up to `size` rows before a moment, `None` for the newest.
        size: the rows of a full page.
        key: tells rows apart.
        time_of: the moment of a row.
        what: what the rows are, for the progress bar.
        limit: the most rows to return; all where it is `None`.
        since: rows from that moment on.
        until: rows before that moment.
    """
    found = _Found(key, limit)
    rows: list[Any] = []
    before = until
    skip = 0
    last: list[Any] = []
    with progress_bar(what) as bar:
        while found.wanted(size) > 0:
            page = fetch(before, skip)
            times = list(map(time_of, page)) if since or until or len(page) >= size else []
            inside = _inside(page, times, since, until)
            new = found.new(inside)
            rows += new
            bar.update(len(new))
            if len(page) < size or (since and min(times) < since):
                break
            if skip and not new and (inside or page == last):
                _warn_repeated(what, found.count)
                break
            bound = min(times) + timedelta(milliseconds=1)
            # A page that does not lead further back lies in one millisecond: go on behind it.
            stuck = before is not None and bound >= before
            before, skip = (before, skip + len(page)) if stuck else (bound, 0)
            last = page
    return rows


def _inside(
    page: list[Any], times: list[datetime], since: datetime | None, until: datetime | None
) -> list[Any]:
    """The rows of a page that are within a span."""
    if since is None and until is None:
        return page
    return [
        row
        for row, at in zip(page, times, strict=True)
        if (since is None or at >= since) and (until is None or at < until)
    ]


class _Found:
    """Knows which rows were there before, and how many may still come."""

    def __init__(self, key: Key, limit: int | None) -> None:
        self.count = 0
        self._seen: set[Hashable] = set()
        self._key = key
        self._limit = limit

    def wanted(self, size: int) -> int:
        return size if self._limit is None else min(size, self._limit - self.count)

    def new(self, page: list[Any]) -> list[Any]:
        """The rows of a page that were not there before, no more than are wanted."""
        fresh = {
            key: row for key, row in zip(map(self._key, page), page, strict=True) if key not in self._seen
        }
        self._seen.update(fresh)
        rows = list(islice(fresh.values(), self.wanted(len(page))))
        self.count += len(rows)
        return rows


def _warn_repeated(what: str, count: int) -> None:
    words = (
        f"the platform repeats itself after {count} {what}; it may hold more, which it does not let us read"
    )
    warnings.warn(words, IncompleteWarning, stacklevel=4)
