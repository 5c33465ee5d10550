"""Every message of every session: whole, within a span, and not lost by a failure on the way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest

import msgnb

PLATFORMS = ("blip", "netsapiens", "smsdrop")
READS = {"blip": "blip.threads.get", "netsapiens": "netsapiens.list_messages"}


@pytest.mark.parametrize("platform", PLATFORMS)
def test_it_is_what_the_sessions_hold(world: msgnb.testing.Offline, platform: str) -> None:
    """The rows are those of all sessions, read one by one, newest first; with `raw` with their objects."""
    client = getattr(world, platform)
    found = client.history()
    sessions = list(client.sessions()["session"])[:12]
    single = pd.concat([client.messages(session) for session in sessions])
    keys = ["session", "message", "at", "direction"]
    several = found[found["session"].isin(sessions)]
    pd.testing.assert_frame_equal(
        several.sort_values(keys).reset_index(drop=True), single.sort_values(keys).reset_index(drop=True)
    )
    assert found["at"].is_monotonic_decreasing
    assert found["session"].nunique() == len(client.sessions())
    with_raw = client.history(sessions=sessions[:2], raw=True)
    assert list(with_raw.columns) == [*found.columns, "raw"]
    assert set(with_raw["session"]) == set(sessions[:2])


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_span_is_a_part_of_the_whole(world: msgnb.testing.Offline, platform: str) -> None:
    """From a moment on and before another one: the same rows as of the whole, cut out."""
    client = getattr(world, platform)
    whole = client.history()
    since, until = datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC)
    expected = whole[(whole["at"] >= since) & (whole["at"] < until)].reset_index(drop=True)
    found = client.history(since=since, until=until)
    assert len(expected) > 0
    keys = ["at", "session", "message"]
    pd.testing.assert_frame_equal(
        found.sort_values(keys).reset_index(drop=True), expected.sort_values(keys).reset_index(drop=True)
    )
    assert client.history(since="2026-10-20", until="2026-10-20T00:00:00.001+00:00").columns.equals(
        found.columns
    )


def test_a_span_asks_for_no_more_than_it_needs(world: msgnb.testing.Offline) -> None:
    """Threads that were silent since are not read."""
    world.blip.history(since="2026-11-01")
    asked = sum(entry.operation == READS["blip"] for entry in world.journal)
    late = (world.blip.sessions()["last_at"] >= datetime(2026, 11, 1, tzinfo=UTC)).sum()
    assert 0 < late <= asked < len(world.blip.sessions())


@pytest.mark.parametrize("platform", ["blip", "netsapiens"])
def test_a_failure_loses_nothing_that_was_read(world: msgnb.testing.Offline, platform: str) -> None:
    """The error carries the whole sessions; going on reads the others, and none of them again."""
    client = getattr(world, platform)
    whole = client.history()
    world.journal.clear()
    world.faults.add("html", operation=READS[platform], nth=7)
    with pytest.raises(
        msgnb.IncompleteHistory, match=r"\d+ sessions are read and \d+ are left \(Unre"
    ) as error:
        client.history(workers=2)
    incomplete = error.value
    assert incomplete.done
    assert incomplete.left
    assert set(incomplete.frame["session"]) <= set(incomplete.done)
    world.journal.clear()
    pd.testing.assert_frame_equal(ordered(incomplete.resume()), ordered(whole))
    asked = [target(entry) for entry in world.journal if entry.operation == READS[platform]]
    assert not [each for session in incomplete.done for each in asked if session in each]
    assert all(any(session in each for each in asked) for session in incomplete.left)


def target(entry: Any) -> str:
    return unquote(str(entry.request["uri"] if entry.platform == "blip" else entry.path))


def ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(["at", "session", "message"]).reset_index(drop=True)


def test_a_list_that_breaks_is_listed_again(world: msgnb.testing.Offline) -> None:
    """Where the list of sessions failed, what was read meanwhile is kept, and going on finds the rest."""
    world.load(many_threads(130))
    whole = world.blip.history()
    world.journal.clear()
    world.faults.add("html", operation="blip.threads.list", nth=2)
    with pytest.raises(msgnb.IncompleteHistory, match=r"at least \d+ are left \(Unre") as error:
        world.blip.history(workers=2)
    done = error.value.done
    assert 0 < len(done) <= 100
    assert set(error.value.frame["session"]) == set(done)
    world.journal.clear()
    pd.testing.assert_frame_equal(ordered(error.value.resume()), ordered(whole))
    asked = [target(entry) for entry in world.journal if entry.operation == READS["blip"]]
    assert len(asked) == 130 - len(done)
    assert not [each for session in done for each in asked if session in each]


def test_a_list_that_never_began_is_a_plain_error(world: msgnb.testing.Offline) -> None:
    """Where nothing was read, the error is that of the platform."""
    world.faults.add("html", operation="blip.threads.list")
    with pytest.raises(msgnb.Unreachable):
        world.blip.history()


def many_threads(count: int) -> pd.DataFrame:
    """A message in each of many threads."""
    at, bot = datetime(2026, 10, 1, tzinfo=UTC), "demobot@msging.net"
    people = [f"55119{number:08d}@wa.gw.msging.net" for number in range(count)]
    rows = [("blip", at + timedelta(minutes=n), "inbound", each, bot, "hi") for n, each in enumerate(people)]
    return pd.DataFrame(rows, columns=["platform", "at", "direction", "sender", "recipient", "text"])


def test_an_interruption_can_go_on(world: msgnb.testing.Offline) -> None:
    """Ctrl-C ends the reading, says so, and what was read is kept."""
    whole = world.blip.history()
    real, count = world.blip.connection.page, iter(range(100))

    def interrupted(uri: str, *arguments: Any, **more: Any) -> Any:
        if uri.startswith("/threads/") and next(count) == 5:
            raise KeyboardInterrupt
        return real(uri, *arguments, **more)

    world.blip.connection.page = interrupted  # type: ignore[method-assign]
    with pytest.raises(msgnb.IncompleteHistory, match=r"\(interrupted\)") as error:
        world.blip.history(workers=1)
    assert error.value.done
    assert error.value.left
    pd.testing.assert_frame_equal(ordered(error.value.resume()), ordered(whole))


def test_a_session_that_is_gone_is_passed_over(world: msgnb.testing.Offline) -> None:
    """A session that was deleted since the list was made is no reason to stop."""
    sessions = list(world.netsapiens.sessions()["session"])
    world.netsapiens.sessions.delete(sessions[0])
    found = world.netsapiens.history(sessions=sessions)
    assert set(found["session"]) == set(sessions[1:])


def test_no_sessions_is_an_empty_table(world: msgnb.testing.Offline) -> None:
    """A history of nothing has all columns and no row."""
    for platform in PLATFORMS:
        found = getattr(world, platform).history(sessions=[])
        assert found.empty
        assert list(found.columns) == list(getattr(world, platform).history().columns)


def test_what_cannot_be_is_told_before_anything_is_asked(world: msgnb.testing.Offline) -> None:
    """A span that ends before it begins, a time without a zone, no workers: named, and nothing is sent."""
    for arguments, words in (
        ({"since": "2026-11-02", "until": "2026-11-01"}, "until: 2026-11-01 is not after since"),
        ({"since": "2026-11-01T09:00"}, "since: .* has a time but no zone"),
        ({"workers": 0}, "workers: 0 is not between 1 and 32"),
        ({"until": "yesterday"}, "until: 'yesterday' is no time"),
    ):
        with pytest.raises(msgnb.InvalidRequest, match=words):
            world.blip.history(**arguments)
    assert len(world.journal) == 0
