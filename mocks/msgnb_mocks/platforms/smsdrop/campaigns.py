"""The state of an account: campaigns, credit and tokens, and how many SMS a text takes (SMSDrop 2)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from msgnb_mocks.core.operations import Json

TOKEN_LIFE = timedelta(seconds=3600)
START_DELAY = timedelta(seconds=10)
"""From a deferred campaign's time to its start; a campaign without a time starts immediately."""
PENDING_TIME = timedelta(seconds=5)
SENDING_TIME = timedelta(seconds=15)
FAILING_PERCENT = 3
"""The share of phones that no message ever reaches; which ones follows from the seed."""
# The alphabet of SMS; each character of its extension is sent as two.
GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")


def segments(text: str) -> int:
    """Return how many SMS a text takes: 160 or 153 GSM characters each, otherwise 70 or 67 UTF-16 units."""
    if all(letter in GSM or letter in GSM_EXTENSION for letter in text):
        sizes, single, part = [2 if letter in GSM_EXTENSION else 1 for letter in text], 160, 153
    else:
        sizes, single, part = [2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67
    if sum(sizes) <= single:
        return 1
    count, room = 1, part
    for size in sizes:
        # Neither an escape sequence nor a surrogate pair is cut in two.
        if size > room:
            count, room = count + 1, part
        room -= size
    return count


@dataclass
class Campaign:
    """What the service stores of a campaign; the rest follows from the clock."""

    id: str
    title: str
    message: str
    message_type: int
    sender: str
    recipient_list: list[str]
    defer_until: datetime | None
    defer_by: int | None
    created_at: datetime
    launched: bool = False
    aborted: bool = False
    reached: int = 100
    starts_at: datetime | None = None
    seeded: bool = False

    @property
    def sms_count(self) -> int:
        """Segments of one message."""
        return segments(self.message)

    @property
    def message_count(self) -> int:
        """Recipients × segments."""
        return len(self.recipient_list) * self.sms_count

    def launch(self, now: datetime) -> None:
        """Start it now, or at its time."""
        self.launched = True
        deferred = self.defer_until or (now + timedelta(seconds=self.defer_by) if self.defer_by else None)
        self.starts_at = max(now, deferred) + START_DELAY if deferred else now

    def status(self, now: datetime) -> str:
        """Return its status."""
        if self.aborted:
            return "ABORTED"
        if not self.launched or self.starts_at is None:
            return "PENDING"
        if now < self.starts_at:
            return "SCHEDULED"
        gone = now - self.starts_at
        if gone < PENDING_TIME:
            return "PENDING"
        return "SENDING" if gone < PENDING_TIME + SENDING_TIME else "COMPLETED"

    def delivered(self, now: datetime) -> int:
        """Return the share of messages delivered so far, in percent."""
        if self.aborted:
            return self.reached
        if not self.launched or self.starts_at is None:
            return 0
        gone = (now - self.starts_at - PENDING_TIME) / SENDING_TIME
        return math.floor(self.reached * min(1.0, max(0.0, gone)))

    def wire(self, now: datetime, *, dated: bool) -> dict[str, Json]:
        """Return it as the service sends it; only the `/api` routes have `created_at`."""
        body = {
            "id": self.id,
            "title": self.title,
            "message": self.message,
            "message_type": self.message_type,
            "sender": self.sender,
            "recipient_list": self.recipient_list,
            "defer_until": self.defer_until.isoformat() if self.defer_until else None,
            "defer_by": self.defer_by,
            "status": self.status(now),
            "delivery_percentage": self.delivered(now),
            "message_count": self.message_count,
            "sms_count": self.sms_count,
        }
        # The old SDK fails if there is a field that it doesn't know (SMSDrop 2).
        return {**body, "created_at": self.created_at.isoformat()} if dated else body


@dataclass
class State:
    """Everything that the mock of an account remembers.

    Attributes:
        random: makes IDs.
        credit: SMS credits left.
        campaigns: the campaigns by ID.
        tokens: when each token ends.
        failing_percent: the share of phones that no message reaches.
    """

    random: Random
    credit: int = 5_000
    campaigns: dict[str, Campaign] = field(default_factory=dict)
    tokens: dict[str, datetime] = field(default_factory=dict)
    failing_percent: int = FAILING_PERCENT
