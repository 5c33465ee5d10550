"""Lists are read to the end, each row once, whatever the server does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from msgnb.core.paging import IncompleteWarning, back_in_time, by_offset
from msgnb.core.progress import is_interactive

START = datetime(2026, 1, 1, tzinfo=UTC)


def offsets(rows: list[Any], asked: list[tuple[int, int]]) -> Callable[[int, int], list[Any]]:
    def fetch(offset: int, size: int) -> list[Any]:
        asked.append((offset, size))
        return rows[offset : offset + size]

    return fetch


@pytest.mark.parametrize(("size", "pages"), [(0, 1), (9, 1), (10, 2), (11, 2), (25, 3)])
def test_a_list_is_read_to_its_end(size: int, pages: int) -> None:
    """Pages are asked for until a short one."""
    asked: list[tuple[int, int]] = []
    rows = list(range(size))
    assert by_offset(offsets(rows, asked), size=10, key=int, what="rows") == rows
    assert len(asked) == pages


@pytest.mark.parametrize("limit", [0, 1, 10, 15, 40])
def test_a_limit_ends_the_walk(limit: int) -> None:
    """No more than the limit is returned, nor asked for."""
    asked: list[tuple[int, int]] = []
    found = by_offset(offsets(list(range(25)), asked), size=10, key=int, what="rows", limit=limit)
    assert found == list(range(25))[:limit]
    assert sum(size for _, size in asked) <= max(limit, 0)


def test_pages_that_overlap_give_each_row_once() -> None:
    """A row that moves onto the next page while reading is returned once."""

    def fetch(offset: int, size: int) -> list[int]:
        return list(range(25))[max(0, offset - 1) : offset - 1 + size] if offset else list(range(10))

    assert by_offset(fetch, size=10, key=int, what="rows") == list(range(25))


def test_a_server_that_ignores_the_offset_is_told() -> None:
    """The same page again ends the walk, with a warning that there may be more."""
    with pytest.warns(IncompleteWarning, match="repeats itself after 10 rows"):
        found = by_offset(lambda *_: list(range(10)), size=10, key=int, what="rows")
    assert found == list(range(10))


def thread(*, inclusive: bool, skips: bool = True, times: list[int] | None = None) -> Any:
    """A server of rows `(number, moment)`, newest first; `times` are seconds before START."""
    rows = [(number, START - timedelta(seconds=second)) for number, second in enumerate(times or range(250))]

    def fetch(before: datetime | None, skip: int) -> list[Any]:
        found = [row for row in rows if before is None or row[1] < before or (inclusive and row[1] == before)]
        return found[skip if skips else 0 :][:100]

    return rows, fetch


def walked(fetch: Any, limit: int | None = None) -> list[Any]:
    return back_in_time(
        fetch, size=100, key=lambda row: row[0], get_time=lambda row: row[1], what="rows", limit=limit
    )


@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize(
    "times",
    [
        None,
        [number // 7 for number in range(333)],
        [0] * 250,
        [*range(50), *[50] * 230, *range(51, 120)],
        list(range(200)),
        [],
    ],
    ids=["apart", "groups", "one moment", "a crowd in the middle", "full pages", "none"],
)
def test_a_thread_is_walked_without_gap_or_double(inclusive: bool, times: list[int] | None) -> None:
    """Every row is read once, whichever way the bound is treated and however many share a moment."""
    rows, fetch = thread(inclusive=inclusive, times=times if times != [] else None)
    if times == []:
        rows, fetch = [], lambda *_: []
    assert walked(fetch) == rows


def test_a_walk_ends_at_its_limit() -> None:
    """No more than the limit is returned, the newest first."""
    rows, fetch = thread(inclusive=False)
    assert walked(fetch, limit=120) == rows[:120]


def test_a_server_that_ignores_all_bounds_is_told() -> None:
    """A server that gives the same page for ever ends the walk, with a warning."""
    rows, _ = thread(inclusive=False)
    with pytest.warns(IncompleteWarning):
        assert walked(lambda *_: rows[:100]) == rows[:100]


def test_a_crowd_beyond_a_server_without_skip_is_told() -> None:
    """More rows in one moment than a page holds, on a server that can't skip, end with a warning."""
    rows, fetch = thread(inclusive=True, skips=False, times=[0] * 250)
    with pytest.warns(IncompleteWarning):
        assert walked(fetch) == rows[:100]


def test_a_long_walk_shows_its_progress(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A walk that takes longer than a second shows on stderr how many rows there are so far."""
    ticks = count(0, 10)
    monkeypatch.setattr("msgnb.core.progress.is_interactive", lambda: True)
    monkeypatch.setattr("tqdm.std.time", lambda: next(ticks))
    by_offset(offsets(list(range(25)), []), size=10, key=int, what="messages")
    out, err = capsys.readouterr()
    assert "messages: 20" in err
    assert not out


def test_nothing_is_drawn_where_nobody_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a batch there is no progress bar; on a terminal and in a notebook there may be."""
    monkeypatch.setattr("msgnb.core.notebook.running", lambda: False)
    by_offset(offsets(list(range(25)), []), size=10, key=int, what="rows")
    assert capsys.readouterr() == ("", "")
    assert not is_interactive()
    monkeypatch.setattr("msgnb.core.notebook.running", lambda: True)
    assert is_interactive()
