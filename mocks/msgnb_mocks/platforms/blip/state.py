"""The state of a bot: contacts, threads, lists, event tracks and campaigns."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip.lime import stamp
from msgnb_mocks.world.world import World

NEVER = datetime.min.replace(tzinfo=UTC)
# How long a plan that was exceeded is refused (BLiP 1.4).
PENALTY = timedelta(minutes=2)
# The statuses of a message, and when each is reached.
PROGRESS = (
    (timedelta(seconds=0), "accepted"),
    (timedelta(seconds=1), "dispatched"),
    (timedelta(seconds=3), "received"),
    (timedelta(seconds=10), "consumed"),
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread.

    Attributes:
        id: its ID.
        at: when it was sent.
        sent: whether the bot sent it.
        type: MIME type of the content.
        content: the content.
        failure: the reason if it failed.
        quiet: whether no notifications are sent about it.
        metadata: further facts.
    """

    id: str
    at: datetime
    sent: bool
    type: str
    content: Json
    failure: dict[str, Any] | None = None
    quiet: bool = False
    metadata: dict[str, str] = field(default_factory=dict)

    def events(self, now: datetime) -> list[tuple[datetime, str]]:
        """Return its statuses so far with their times, the latest last."""
        if not self.sent:
            return [(self.at, "accepted")]
        # A message that fails was dispatched, but not received.
        steps = PROGRESS[:2] if self.failure else PROGRESS
        found = [(self.at + delay, event) for delay, event in steps if self.at + delay <= now]
        return [*found, (found[-1][0], "failed")] if self.failure and len(found) == len(steps) else found

    def wire(self, now: datetime) -> dict[str, Json]:
        """Return it as a thread lists it."""
        events = self.events(now)
        row = {
            "id": self.id,
            "direction": "sent" if self.sent else "received",
            "type": self.type,
            "content": self.content,
            "date": stamp(self.at),
            "status": events[-1][1] if events else "accepted",
        }
        if events and events[-1][1] == "failed":
            row["reason"] = self.failure
        return {**row, "metadata": self.metadata} if self.metadata else row


@dataclass(frozen=True)
class Track:
    """One tracked event."""

    at: datetime
    category: str
    action: str
    wire: dict[str, Json]


@dataclass
class Schedule:
    """A message that is sent later; `name` is empty, or contains the schedule's name."""

    when: datetime
    message: dict[str, Json]
    name: dict[str, Json]
    status: str = "scheduled"


@dataclass(frozen=True)
class Stored:
    """A document that is stored by name, optionally until a time."""

    type: str
    value: Json
    ends: datetime | None = None

    def lives(self, now: datetime) -> bool:
        """Whether it still exists."""
        return self.ends is None or now < self.ends


@dataclass
class Campaign:
    """An active campaign: its own fields, its audience and its message."""

    wire: dict[str, Json]
    audience: list[dict[str, Json]]
    message: dict[str, Json]
    settled: bool = False
    """Whether its statuses don't change any more."""


@dataclass
class Limits:
    """The requests per second that a plan allows; after too many, all are refused for a while."""

    recent: dict[str, deque[datetime]]
    until: datetime = NEVER

    @classmethod
    def of_plan(cls, plan: Mapping[str, int]) -> Limits:
        """Return the limits of a plan by path."""
        # One more than is allowed: the limit is exceeded if all of them came within a second.
        return cls({path: deque(maxlen=most + 1) for path, most in plan.items()})

    def exceeded(self, path: str, now: datetime) -> bool:
        """Count a request, and return whether it is refused."""
        recent = self.recent[path]
        recent.append(now)
        if len(recent) == recent.maxlen and now - recent[0] < timedelta(seconds=1):
            self.until = now + PENALTY
        return now < self.until


class State:
    """Everything that the mock of a bot remembers; filled by `seeding`, changed by the commands."""

    def __init__(self, world: World, quirks: frozenset[str]) -> None:
        self.world = world
        self.quirks = quirks
        self.random = world.random("blip")
        self.bot = "demobot@msging.net"
        self.contacts: dict[str, dict[str, Json]] = {}
        self.threads: dict[str, list[Message]] = defaultdict(list)
        self.lists: dict[str, dict[str, None]] = {}
        self.deliveries: dict[tuple[str, str], list[Message]] = {}
        self.tracks: list[Track] = []
        self.campaigns: dict[str, Campaign] = {}
        self.comments: dict[str, dict[str, dict[str, Json]]] = {}
        self.schedules: dict[str, Schedule] = {}
        self.contexts: dict[str, dict[str, Stored]] = {}
        self.buckets: dict[str, Stored] = {}
        self.resources: dict[str, Stored] = {}
        self.tickets: dict[str, dict[str, Json]] = {}
        self.received: dict[str, list[str]] = {}
        self.attendants: dict[str, dict[str, Json]] = {}
        self.limits: Limits | None = None

    @property
    def now(self) -> datetime:
        """The world's time in whole milliseconds, the precision of BLiP."""
        now = self.world.clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def uuid(self) -> str:
        """Return a new ID."""
        return self.world.uuid(self.random)
