"""Threads, their messages, and the logs (BLiP 2.2, 2.8)."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgnb_mocks.core.application import LISTED_AFTER
from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.blip.lime import (
    MEDIA,
    TEXT,
    Command,
    Document,
    collection,
    invalid,
    parse_time,
    stamp,
)
from msgnb_mocks.platforms.blip.state import Message, State

THREAD = "application/vnd.iris.thread+json"
MESSAGE = "application/vnd.iris.thread-message+json"
MOST = 100
# How far the log of notifications goes back (BLiP 2.2).
LOGGED_FOR = timedelta(days=3)


def get_threads(state: State, command: Command) -> Document:
    """List the threads, the latest first."""
    skip, take = command.page(50, MOST)
    threads = ((identity, _listed(state, thread)) for identity, thread in state.threads.items())
    latest = sorted(
        ((identity, thread) for identity, thread in threads if thread),
        key=lambda item: item[1][-1].at,
        reverse=True,
    )
    # Without a total, although there are items (BLiP 5).
    return collection([_thread(state, *item) for item in latest[skip : skip + take]], THREAD)


def get_thread(state: State, command: Command) -> Document:
    """List the messages of a thread, the latest first, or from a date in one direction."""
    skip, take = command.page(20, MOST)
    direction = command.query.get("direction", "desc")
    if direction not in {"asc", "desc"}:
        raise invalid(f"Invalid direction '{direction}'")
    found = _bounded(state, command, direction)
    page = (found if direction == "asc" else found[::-1])[skip : skip + take]
    now = state.now
    # The total is the number of returned messages, not that of the thread (BLiP 1.7).
    return collection([message.wire(now) for message in page], MESSAGE, len(page))


def get_logged_messages(state: State, command: Command) -> Document:
    """List the last messages of all threads."""
    skip, take = command.page(MOST, MOST)
    everything = (
        (identity, message)
        for identity, thread in state.threads.items()
        for message in _listed(state, thread)
    )
    # The log has the last 100 messages, so no page gets past them (BLiP 2.2).
    latest = sorted(everything, key=lambda item: item[1].at, reverse=True)[:MOST]
    items = [_logged(state, *item) for item in latest[skip : skip + take]]
    return collection(items, "application/vnd.lime.message+json", len(items))


def get_notifications(state: State, command: Command) -> Document:
    """List the notifications about the messages of the last three days, or about one message."""
    skip, take = command.page(MOST, MOST)
    now, wanted = state.now, command.query.get("id")
    events = [
        (at, event, identity, message)
        for identity, thread in state.threads.items()
        for message in _listed(state, thread)
        if message.sent and not message.quiet and now - message.at <= LOGGED_FOR
        if wanted is None or message.id == wanted
        for at, event in message.events(now)
    ]
    events.sort(key=lambda item: item[0], reverse=True)
    items = [_notification(state, *item) for item in events[skip : skip + take]]
    return collection(items, "application/vnd.lime.notification+json", len(items))


def post(state: State, identity: str, wire: dict[str, Json], at: datetime | None = None) -> Message:
    """Add a message that the bot sends to its thread, now or dated with a time."""
    # About a message without an ID there are no notifications, not even if it fails (BLiP 1.5).
    message = Message(
        wire.get("id") or state.uuid(),
        at or state.now,
        True,
        wire["type"],
        wire["content"],
        quiet="id" not in wire,
    )
    text = message.content if isinstance(message.content, str) else message.type
    state.received.setdefault(identity, []).append(text)
    thread = state.threads[identity]
    thread.append(message)
    # A scheduled message is dated with its own time, and there may be later ones already.
    thread.sort(key=lambda each: each.at)
    state.contacts.setdefault(identity, {"identity": identity})["lastMessageDate"] = stamp(message.at)
    return message


def receive(state: State, identity: str, text: str, media: tuple[str, int] | None) -> Message:
    """Add a message that a contact sends to its thread."""
    kind: str = TEXT
    content: Json = text
    if media:
        kind, content = MEDIA, {"type": media[0], "size": media[1], "text": text}
    message = Message(state.uuid(), state.now, False, kind, content)
    state.threads[identity].append(message)
    state.contacts.setdefault(identity, {"identity": identity})["lastMessageDate"] = stamp(message.at)
    return message


def _listed(state: State, thread: list[Message]) -> list[Message]:
    if "late-lists" not in state.quirks:
        return thread
    latest = state.now - LISTED_AFTER
    return [message for message in thread if message.at <= latest]


def _bounded(state: State, command: Command, direction: str) -> list[Message]:
    """Return the messages of a thread on the requested side of a bound, the oldest first."""
    thread = _listed(state, state.threads.get(command.parts["identity"], []))
    bound = command.query.get("storageDate")
    if name := command.query.get("messageId"):
        bound = next((stamp(message.at) for message in thread if message.id == name), bound)
    if bound is None:
        return thread
    # Whether the bound belongs to the page is not documented (BLiP 7).
    edge, inclusive = parse_time(bound), "inclusive-storage-date" in state.quirks
    if direction == "asc":
        return [m for m in thread if m.at > edge or (inclusive and m.at == edge)]
    return [m for m in thread if m.at < edge or (inclusive and m.at == edge)]


def _thread(state: State, identity: str, thread: list[Message]) -> dict[str, Json]:
    last = thread[-1].wire(state.now)
    unread = next((count for count, message in enumerate(reversed(thread)) if message.sent), len(thread))
    # The last message of a thread has no status (BLiP 2.2).
    kept = {key: last[key] for key in ("id", "direction", "type", "content", "date")}
    return {"ownerIdentity": state.bot, "identity": identity, "lastMessage": kept, "unreadMessages": unread}


def _logged(state: State, identity: str, message: Message) -> dict[str, Json]:
    sender, recipient = (state.bot, identity) if message.sent else (identity, state.bot)
    return {
        "type": message.type,
        "content": message.content,
        "id": message.id,
        "from": sender,
        "to": recipient,
        "metadata": {**message.metadata, "#envelope.storageDate": stamp(message.at)},
    }


def _notification(state: State, at: datetime, event: str, identity: str, message: Message) -> dict[str, Json]:
    # The storage date of a notification has no milliseconds, unlike that of a message (BLiP 2.8).
    reason = {"reason": message.failure} if event == "failed" else {}
    return {
        "event": event,
        "id": message.id,
        "from": identity,
        "to": state.bot,
        **reason,
        "metadata": {
            "#envelope.timestamp": str(int(at.timestamp() * 1000)),
            "#message.to": identity,
            "#envelope.storageDate": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        },
    }
