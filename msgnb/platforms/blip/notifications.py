"""Notifications: what became of messages that the bot sent (BLiP 2.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgnb.core.progress import progress_bar
from msgnb.platforms.blip.connection import BlipConnection
from msgnb.platforms.blip.times import message_time

URI = "/notifications"
PAGE = 100
STORED_FOR = timedelta(days=3)
"""How long the platform stores what became of a message."""
Wire = Mapping[str, Any]


def read_latest(connection: BlipConnection) -> list[Any]:
    """Return the last hundred notifications of the bot."""
    return connection.page(URI)


def read_notifications(connection: BlipConnection, message: str, limit: int | None = None) -> list[Any]:
    """Return the notifications of one message; one that was sent to a list has them for each member."""
    return connection.items(URI, None, PAGE, "notifications", limit, key=_key, query={"id": message})


def read_deliveries(connection: BlipConnection, messages: Sequence[Wire]) -> dict[str, Sequence[Wire]]:
    """Return the notifications of those messages of a thread that the platform still has some of, by ID."""
    # Each message takes a request, and for older ones the response would be empty (BLiP 5).
    earliest = connection.now() - STORED_FOR
    sent = [each for each in messages if each.get("direction") == "sent"]
    recent = [each for each in sent if (at := message_time(each)) is not None and at >= earliest]
    found: dict[str, Sequence[Wire]] = {}
    with progress_bar("notifications", len(recent)) as bar:
        for message in (str(each.get("id")) for each in recent):
            found[message] = read_notifications(connection, message)
            bar.update()
    return found


def _key(notification: Wire) -> tuple[Any, ...]:
    return notification.get("id"), notification.get("event"), notification.get("from")
