"""What tests of listening share: a source without a platform, and posts as they come."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import msgnb
from msgnb.events.event import Event
from msgnb.events.source import EventSource
from msgnb.platforms.netsapiens.events import parse_event

SENDER = "12125550176"
NOW = datetime(2026, 11, 2, tzinfo=UTC)


class Stub(EventSource):
    """A source whose subscriptions are in a dict."""

    platform = "netsapiens"

    @property
    def account(self) -> str:
        return "me@d"

    def __init__(self) -> None:
        self.opened: dict[str, str] = {}
        self.renewed = threading.Event()
        self.failing = 0

    def now(self) -> datetime:
        return NOW

    def subscribe(self, topic: str, url: str, lifetime: timedelta) -> str:
        self.opened[topic] = url
        return topic

    def renew(self, subscription: str, lifetime: timedelta) -> None:
        if self.failing:
            self.failing -= 1
            raise msgnb.Unreachable("no network")
        self.renewed.set()

    def unsubscribe(self, subscription: str) -> None:
        if self.failing:
            raise msgnb.Unreachable("no network")
        del self.opened[subscription]

    def parse_event(self, topic: str, wire: Any, arrived: Any) -> Event:
        return parse_event(topic, wire, self.account, arrived)


def told(topic: str, text: str, **more: Any) -> dict[str, Any]:
    """A posted message or session of the same conversation."""
    if topic == "message":
        return {"session_id": "s", "text": text, "direction": "orig", "from_num": SENDER,
                "timestamp": "2026-11-02 12:00:00"} | more  # fmt: skip
    return {"session_id": "s", "last_mesg": text, "last_sender": SENDER, "last_status": "unread",
            "user": "1001", "domain": "d", "last_timestamp": "2026-11-02 12:00:00"} | more  # fmt: skip
