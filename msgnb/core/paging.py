"""Lists that come in pages, read to the end.

Every list of every platform is read by one of two pagers: by offset, or back in time. Both assume little of
the server, since real ones shift rows between pages, ignore parameters they don't know, and repeat
themselves:

* Rows are identified by a key. A row that comes twice is returned once.
* A page without any new row ends the walk, so that a server which ignores the offset can't keep it going
  forever. What can't be reached is reported as an `IncompleteWarning`.
* A progress bar appears if a walk takes longer than a second.
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
    """The platform has more rows than it allows us to read."""


def by_offset(
    fetch: Callable[[int, int], list[Any]], *, size: int, key: Key, what: str, limit: int | None = None
) -> list[Any]:
    """Return all rows of a list that is read by offset and size; for the arguments see `offset_pages`."""
    pages = offset_pages(fetch, size=size, key=key, what=what, limit=limit)
    return list(chain.from_iterable(pages))


def offset_pages(
    fetch: Callable[[int, int], list[Any]], *, size: int, key: Key, what: str, limit: int | None = None
) -> Iterator[list[Any]]:
    """Yield the new rows of each page of a list that is read by offset and size.

    Args:
        fetch: `fetch(offset, size)` returns a page.
        size: the most rows to request in one page.
        key: returns what distinguishes one row from another.
        what: what the rows are, for the progress bar.
        limit: the most rows to return; all rows if `None`.
    """
    seen = _SeenRows(key, limit)
    offset = 0
    with progress_bar(what) as bar:
        while (wanted := seen.wanted(size)) > 0:
            page = fetch(offset, wanted)
            new = seen.add(page)
            bar.update(len(new))
            yield new
            if page and not new:
                _warn_repeated(what, seen.count)
            if len(page) < wanted or not new:
                return
            offset += len(page)


def back_in_time(
    fetch: Callable[[datetime | None, int], list[Any]],
    *,
    size: int,
    key: Key,
    get_time: Callable[[Any], datetime | None],
    what: str,
    limit: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Any]:
    """Return all rows of a list that is read newest first.

    Each page ends one millisecond after the oldest row so far. If the server excludes the end of a span, rows
    of that millisecond are not lost; if it includes the end, they come twice, and their keys show it. If one
    millisecond has more rows than fit on a page, the next page skips what was read of it.

    Args:
        fetch: `fetch(before, skip)` returns up to `size` rows before a time; the newest if `before` is
            `None`.
        size: the rows of a full page.
        key: returns what distinguishes one row from another.
        get_time: returns the time of a row; `None` if it has none, in which case it is in no span.
        what: what the rows are, for the progress bar.
        limit: the most rows to return; all rows if `None`.
        since: rows from this time on.
        until: rows before this time.
    """
    seen = _SeenRows(key, limit)
    rows: list[Any] = []
    before = until
    skip = 0
    last: list[Any] = []
    with progress_bar(what) as bar:
        while seen.wanted(size) > 0:
            page = fetch(before, skip)
            # Parsing times takes longer than all the rest; a short page without a span needs none.
            times = list(map(get_time, page)) if since or until or len(page) >= size else []
            inside = _within(page, times, since, until)
            new = seen.add(inside)
            rows += new
            bar.update(len(new))
            oldest = min(filter(None, times), default=None)
            if len(page) < size or (since and oldest and oldest < since):
                break
            if oldest is None:
                # Nothing says where the next page begins.
                _warn_repeated(what, seen.count)
                break
            if skip and not new and (inside or page == last):
                _warn_repeated(what, seen.count)
                break
            bound = oldest + timedelta(milliseconds=1)
            # A page that doesn't lead further back is all of one millisecond: continue by skipping.
            stuck = before is not None and bound >= before
            before, skip = (before, skip + len(page)) if stuck else (bound, 0)
            last = page
    return rows


def _within(
    page: list[Any], times: list[datetime | None], since: datetime | None, until: datetime | None
) -> list[Any]:
    """The rows of a page that are within a span; not every server keeps to the span it is asked for."""
    if since is None and until is None:
        return page
    return [
        row
        for row, at in zip(page, times, strict=True)
        if at is not None and (since is None or at >= since) and (until is None or at < until)
    ]


class _SeenRows:
    """Which rows were there before, and how many more are wanted."""

    def __init__(self, key: Key, limit: int | None) -> None:
        self.count = 0
        self._seen: set[Hashable] = set()
        self._key = key
        self._limit = limit

    def wanted(self, size: int) -> int:
        """Return how many rows the next page should have, `size` at most."""
        return size if self._limit is None else min(size, self._limit - self.count)

    def add(self, page: list[Any]) -> list[Any]:
        """Return the rows of a page that are new, no more than are wanted."""
        keys = map(self._identify, page)
        new = {key: row for key, row in zip(keys, page, strict=True) if key not in self._seen}
        self._seen.update(new)
        rows = list(islice(new.values(), self.wanted(len(page))))
        self.count += len(rows)
        return rows

    def _identify(self, row: Any) -> Hashable:
        key = self._key(row)
        try:
            hash(key)
        except TypeError:
            # An ID that is a list or an object is no ID that a platform documents; the row is still a row.
            return repr(key)
        return key


def _warn_repeated(what: str, count: int) -> None:
    message = (
        f"the platform repeats itself after {count} {what}; it may hold more, which it does not let us read"
    )
    warnings.warn(message, IncompleteWarning, stacklevel=4)
