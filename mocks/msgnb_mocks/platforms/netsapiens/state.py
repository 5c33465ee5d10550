"""The state of a cluster: its domain, users, threads, numbers, contacts, calls, subscriptions and tokens.

A conversation is one `Thread` with its messages, and one `Session` for each user who has it in their list;
the read mark and the other party differ from user to user.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.netsapiens.events import EventNames
from msgnb_mocks.platforms.netsapiens.field_names import Record, RowEncoder
from msgnb_mocks.world.world import World

HOSTNAME = "core1.netsapiens.example"
DOMAIN = "harbor.example"
TERRITORY = "HarborReseller"
SENDING_TIME = timedelta(seconds=2)

MOST_IN_A_SECOND = 200
PENALTY = timedelta(minutes=1)
NEVER = datetime.min.replace(tzinfo=UTC)

SUPER_USER = "Super User"
OFFICE_MANAGER = "Office Manager"


@dataclass(frozen=True, slots=True)
class User:
    """A user of the domain, who can sign in."""

    number: str
    first_name: str
    last_name: str
    email: str
    scope: str
    password: str
    passcode: str = ""
    """The code of the authenticator of a user with a second factor; here it doesn't change."""

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.first_name} {self.last_name}"

    @property
    def uid(self) -> str:
        """The login, which is also the address inside the cluster."""
        return f"{self.number}@{DOMAIN}"


@dataclass(frozen=True, slots=True)
class Grant:
    """What allows a request: a pair of tokens, a JWT with its refresh token, or an API key.

    `claims` are those of a JWT; a `partial` grant lacks the second factor; a `readonly` one can only read.
    """

    user: User
    access_token: str
    refresh_token: str
    expires: datetime
    refresh_expires: datetime
    claims: Mapping[str, Json] | None = None
    partial: bool = False
    readonly: bool = False

    @property
    def is_super(self) -> bool:
        """Whether it allows access to every domain."""
        return self.user.scope == SUPER_USER

    @property
    def is_manager(self) -> bool:
        """Whether it allows access to every user of the domain."""
        return self.user.scope in {SUPER_USER, OFFICE_MANAGER}


@dataclass(slots=True)
class ApiKey:
    """A key of a user; `key` is shown only when it is created, with the key whose ID is `maker`."""

    key: str
    user: User
    row: dict[str, Json]
    maker: str


@dataclass(slots=True)
class Thread:
    """A conversation: SMS with numbers outside, or chat between users."""

    id: str
    started: datetime
    sms_number: str = ""
    remote: str = ""
    members: tuple[str, ...] = ()
    group: bool = False
    name: str = ""
    media_type: str = ""
    media_size: int = 0
    messages: list[Record] = field(default_factory=list)

    @property
    def is_chat(self) -> bool:
        """Whether it is between users."""
        return not self.sms_number


@dataclass(slots=True)
class Session:
    """One user's view of a thread."""

    thread: Thread
    user: str
    last_status: str
    record: Record


@dataclass
class Barrier:
    """The rate limit of the network: clients that exceed it are blocked for a while, without a warning."""

    recent: deque[datetime] = field(default_factory=lambda: deque(maxlen=MOST_IN_A_SECOND))
    until: datetime = NEVER

    def blocks(self, now: datetime) -> bool:
        """Count a request, and return whether it is blocked."""
        full = len(self.recent) == MOST_IN_A_SECOND and now - self.recent[0] < timedelta(seconds=1)
        if full:
            self.until = now + PENALTY
        self.recent.append(now)
        return now < self.until


Publish = Callable[[str, Collection[str], dict[str, Json]], None]


class State:
    """Everything that the mock of a cluster remembers; `seeding` fills it."""

    def __init__(self, world: World, quirks: frozenset[str]) -> None:
        self.world = world
        self.quirks = quirks
        self.encoder = RowEncoder(quirks)
        self.random = world.random("netsapiens ids")
        secrets = world.random("netsapiens secrets")
        self.client_id = f"msgnb_{world.hex(secrets, 8)}"
        self.client_secret = world.hex(secrets, 32)
        self.users: dict[str, User] = {}
        self.grants: dict[str, Grant] = {}
        self.refreshable: dict[str, Grant] = {}
        self.api_keys: dict[str, ApiKey] = {}
        self.threads: dict[str, Thread] = {}
        self.inboxes: dict[str, dict[str, Session]] = {}
        self.sessions: dict[tuple[str, str], Session] = {}
        self.numbers: dict[str, Record] = {}
        self.contacts: dict[str, dict[str, Record]] = {}
        self.calls: dict[str, Record] = {}
        self.subscriptions: dict[str, Record] = {}
        self.event_names = EventNames(quirks)
        self.publish: Publish | None = None
        """Posts an event of a model to those who subscribed to it for some users. It is `None` while the
        history is made: subscribers receive no events about the past."""
        self.received: dict[str, list[str]] = {}
        self.failed_at: dict[str, datetime] = {}
        """When a post to a subscription failed last, by the subscription's ID."""
        self.barrier: Barrier | None = None
        self._sending: deque[tuple[datetime, Thread, int]] = deque()

    @property
    def version(self) -> str:
        """The version that the server reports."""
        return "Version: 44.1.2" if "v44" in self.quirks else "Version: 45.0.0"

    def now(self) -> datetime:
        """Return the world's time."""
        return self.world.clock.now()

    def new_id(self) -> str:
        """Return a new ID of 32 hex digits."""
        return self.world.hex(self.random, 32)

    def message_id(self) -> str:
        """Return a new message ID in one of the two forms that servers use."""
        if self.random.random() < 0.3:
            return self.world.hex(self.random, 8).upper()
        return str(self.random.randrange(10**10, 10**11))

    def add_message(self, thread: Thread, row: dict[str, Json], at: datetime) -> Record:
        """Append a message to its thread; if its status is `sending`, it is sent a little later."""
        record = self.encoder.record(row)
        thread.messages.append(record)
        if row["media-type"]:
            thread.media_type, thread.media_size = row["media-type"], row["media-size"]
        if self.publish:
            self.publish("message", thread.members, self.event_names.message(row))
        if row["status"] == "sending" and row["type"] in {"sms", "mms"}:
            self._sending.append((at + SENDING_TIME, thread, len(thread.messages) - 1))
        return record

    def settle(self) -> None:
        """Mark the messages as sent that are sent by now."""
        while self._sending and self._sending[0][0] <= self.now():
            _, thread, index = self._sending.popleft()
            sent = {**thread.messages[index].row, "status": "sent"}
            thread.messages[index] = self.encoder.record(sent)

    def file(self, thread: Thread, user: str, status: str) -> None:
        """Move the thread to the top of the user's list, with a read mark."""
        inbox = self.inboxes[user]
        # Removed first, because a key that is set again keeps its place in a dictionary.
        inbox.pop(thread.id, None)
        self.sessions.pop((user, thread.id), None)
        session = Session(thread, user, status, self._session_record(thread, user, status))
        inbox[thread.id] = self.sessions[user, thread.id] = session
        self.tell_session(session)

    def refresh(self, session: Session) -> None:
        """Update the session's row, and tell subscribers."""
        session.record = self._session_record(session.thread, session.user, session.last_status)
        self.tell_session(session)

    def tell_session(self, session: Session) -> None:
        """Tell subscribers that a user's session changed."""
        if self.publish:
            self.publish("messagesession", {session.user}, self.event_names.session(session.record.row))

    def remove(self, session: Session) -> None:
        """Remove the session from the user's list; the thread is deleted with its last session."""
        thread = session.thread
        del self.inboxes[session.user][thread.id]
        del self.sessions[session.user, thread.id]
        if not any(self.views(thread)):
            del self.threads[thread.id]

    def views(self, thread: Thread) -> Iterator[Session]:
        """Return the sessions of a thread."""
        return (inbox[thread.id] for inbox in self.inboxes.values() if thread.id in inbox)

    def _session_record(self, thread: Thread, user: str, status: str) -> Record:
        last = thread.messages[-1].row
        # Chat sessions have no start (NetSapiens 2).
        started = None if thread.is_chat else self.encoder.time(thread.started)
        row = {
            "user": user,
            "domain": DOMAIN,
            "messagesession-id": thread.id,
            "messagesession-remote": _remote(thread, user),
            "messagesession-muted": "no",
            "messagesession-sms-number": thread.sms_number,
            "messagesession-last-datetime": self._last_time(last["timestamp"]),
            "messagesession-start-datetime": started,
            "messagesession-last-message": last["text"],
            "messagesession-last-sender": last["from-user-id"] or last["from-number"],
            "messagesession-last-status": status,
            "messagesession-last-email-reminder-datetime": None,
            "messagesession-reciever-hostname": HOSTNAME,
            "messagesession-queue-termination": None,
            "messagesession-queue-status": None,
            "messagesession-queue-session-id": None,
            "messagesession-agent-start-datetime": None,
            "messagesession-last-type": last["type"],
            "messagesession-last-media-type": thread.media_type,
            "messagesession-last-media-size": thread.media_size,
            "messagesession-type": "group-chat" if thread.is_chat and thread.group else "",
            "messagesession-name": thread.name,
            "messagesession-participants": _participants(thread),
        }
        return self.encoder.record(row)

    def _last_time(self, timestamp: str) -> str:
        return self.encoder.time(datetime.fromisoformat(f"{timestamp}+00:00"))


def uid(user: str) -> str:
    """Return a user's address inside the cluster."""
    return f"{user}@{DOMAIN}"


def _remote(thread: Thread, user: str) -> str:
    if not thread.is_chat:
        return thread.remote
    return ",".join(uid(member) for member in thread.members if member != user)


def _participants(thread: Thread) -> str | None:
    if not thread.is_chat:
        return f"{thread.sms_number},{thread.remote}" if thread.group else ""
    return ",".join(map(uid, thread.members)) if thread.group else None
