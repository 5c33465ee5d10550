"""Conversations to read, chosen from a list."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from threads import messages, said

import msgnb
from msgnb import tables
from msgnb.widgets import Conversations


def test_conversations_of_a_client(world: msgnb.testing.Offline) -> None:
    """The sessions are listed, one is opened, and earlier messages come when they are asked for."""
    for client in (world.blip, world.netsapiens, world.smsdrop):
        view = Conversations(client, zone="UTC")
        sessions = client.sessions()
        assert view._list.html.count('data-press="open"') == min(40, len(sessions))
        session = sessions["session"][0]
        view.choose(session)
        newest = client.messages(session, limit=1)
        assert f"{newest['at'][0]:%H:%M}" in view._thread.html
        assert f'data-value="{session}" aria-current="true"' in view._list.html


def test_earlier_messages_come_page_by_page() -> None:
    """A hundred are shown at first, and a hundred more each time, to the beginning."""
    start = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    count = 250
    frame = tables.MESSAGES.frame(count, {
        "session": ["s"] * count, "text": [f"number {each};" for each in range(count)],
        "direction": ["inbound"] * count,
        "at": [datetime.fromtimestamp(start + 60 * each, UTC).isoformat() for each in range(count)],
    })  # fmt: skip
    view = Conversations(frame, zone="UTC")
    view.choose("s")
    assert "number 150;" in view._thread.html
    assert "number 149;" not in view._thread.html
    view.press("earlier")
    assert "number 50;" in view._thread.html
    assert 'data-press="earlier"' in view._thread.html
    view.press("earlier")
    assert "number 0;" in view._thread.html
    assert 'data-press="earlier"' not in view._thread.html


def test_sessions_are_searched_and_listed_in_pages() -> None:
    """Words are looked for in names, ids and last texts; long lists come in pages."""
    frame = messages(
        *(said(f"order {each}", session=f"session {each}", sender=f"P{each}") for each in range(59))
    )
    view = Conversations(frame, zone="UTC")
    assert view._list.html.count('data-press="open"') == 40
    view.press("more")
    assert view._list.html.count('data-press="open"') == 59
    view.search.value = "ORDER p17"
    assert view._list.html.count('data-press="open"') == 1
    view.search.value = "nobody"
    assert "Nothing found." in view._list.html


def test_a_view_of_nothing_says_so() -> None:
    """No sessions, another table and an unknown zone each have their words."""
    assert "There are no conversations." in Conversations(messages())._thread.html
    with pytest.raises(msgnb.InvalidRequest, match="a table `messages` is needed"):
        Conversations(pd.DataFrame({"x": [1]}))
    with pytest.raises(msgnb.InvalidRequest, match="'Mars' is none"):
        Conversations(messages(), zone="Mars")


def test_what_is_new_comes_with_refresh(world: msgnb.testing.Offline) -> None:
    """Refreshing reads the sessions and the open conversation again."""
    view = Conversations(world.netsapiens, zone="UTC")
    session = world.netsapiens.sessions()["session"][0]
    view.choose(session)
    world.receive("netsapiens", from_="12125550176", to="16195550101", text="brand new")
    view.press("refresh")
    assert "brand new" in view._list.html
    assert view.session == session
    assert f"open: {session}" in repr(view)


def test_what_can_not_be_read_is_said(world: msgnb.testing.Offline) -> None:
    """A conversation that can't be read leaves the view as it is, with the reason in words."""
    view = Conversations(world.netsapiens, zone="UTC")
    view._receive({"do": "press", "name": "open", "value": "nothing like it"}, [])
    assert "is not the ID of a session" in view.status.spec["words"]
    assert '"status"' in str(view.view["layout"]).replace("'", '"')
