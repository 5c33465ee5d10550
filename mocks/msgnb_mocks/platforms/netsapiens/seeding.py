"""Fills a cluster from the world.

The credentials are those of user 1001, who has most of the sessions. User 1006 signs in with a second factor.
User 1007 has exactly one row of most things and user 1008 none, because clients often fail with lists of one
or none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import cycle
from random import Random

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.netsapiens.calls import call_row
from msgnb_mocks.platforms.netsapiens.contacts import SHARED, add_contact
from msgnb_mocks.platforms.netsapiens.field_names import bare
from msgnb_mocks.platforms.netsapiens.keys import add_key
from msgnb_mocks.platforms.netsapiens.messages import chat, inbound_sms, message_row, outbound_sms
from msgnb_mocks.platforms.netsapiens.numbers import number_row
from msgnb_mocks.platforms.netsapiens.state import (
    DOMAIN,
    HOSTNAME,
    OFFICE_MANAGER,
    SUPER_USER,
    TERRITORY,
    State,
    Thread,
    User,
)
from msgnb_mocks.platforms.netsapiens.subscriptions import subscription_row
from msgnb_mocks.world.world import Conversation, Line, Person

OWNER = "1001"
SINGLE = "1007"
GUARDED = "1006"
SCOPES = (SUPER_USER, OFFICE_MANAGER, *["Basic User"] * 6)
NUMBERS: tuple[tuple[str, str, str], ...] = (
    ("16195550101", "user", OWNER),
    ("16195550102", "user", OWNER),
    ("16195550103", "user", "1002"),
    ("16195550104", "user", "1003"),
    ("16195550105", "user", "1004"),
    ("16195550106", "user", "1005"),
    ("16195550107", "user", "1006"),
    ("16195550108", "user", SINGLE),
    ("16195550109", "callqueue", "2001"),
    ("16195550110", "available", ""),
)
CHATS: tuple[tuple[tuple[str, ...], str, int], ...] = (
    ((OWNER, "1002"), "", 60),
    ((OWNER, "1003"), "", 24),
    (("1004", "1005"), "", 12),
    ((OWNER, "1002", "1004"), "Front desk", 45),
    (("1003", OWNER, "1005", "1006"), "", 18),
)
CONVERSATIONS = slice(50, 90)
"""The world's conversations that take place here."""
LONG_THREAD = 480
# Texts that servers may return as numbers, and some that only resemble one (NetSapiens 0).
NUMERIC_TEXTS = ("941173465", "007", "8085807e40000000", "+5511999998888", "3.50", "1")
NUMERIC_SHARE = 0.03
CONTACTS = 25
HISTORY = timedelta(days=60)


def fill(state: State) -> None:
    """Fill an empty state with users, threads and everything else."""
    rng = state.world.random("netsapiens history")
    conversations = state.world.conversations[CONVERSATIONS]
    customers = [conversation.person for conversation in conversations]
    _add_users(state, customers)
    for number, application, dest in NUMBERS:
        state.numbers[number] = state.encoder.record(number_row(number, application, dest))
    threads = [*_sms_threads(state, rng, conversations), _group_sms(state, rng, conversations[:3])]
    threads += [_chat_thread(state, rng, conversations, *each) for each in CHATS]
    _file(state, rng, threads)
    _add_contacts(state, customers)
    _add_calls(state, customers)
    _add_subscriptions(state)
    add_key(state, state.users[OWNER], "Key of the seeded world", {"can-create-keys": "yes"})


def _add_users(state: State, customers: Sequence[Person]) -> None:
    secrets = state.world.random("netsapiens passwords")
    outside = {person.number for person in customers}
    staff = [person for person in state.world.people if person.number not in outside]
    for offset, (scope, person) in enumerate(zip(SCOPES, staff, strict=False)):
        number = str(int(OWNER) + offset)
        password = state.world.hex(secrets, 20)
        passcode = f"{secrets.randrange(10**6):06d}" if number == GUARDED else ""
        state.users[number] = User(
            number, person.first_name, person.last_name, person.email, scope, password, passcode
        )
        state.inboxes[number] = {}
        state.contacts[number] = {}
    state.contacts[SHARED] = {}


def _sms_threads(state: State, rng: Random, conversations: Sequence[Conversation]) -> Iterator[Thread]:
    for index, conversation in enumerate(conversations):
        user = _holder(rng, index)
        number = rng.choice([number for number, _, dest in NUMBERS if dest == user])
        lines: Iterable[Line] = conversation.lines
        if index == 0:
            lines = _prolonged(conversations)
        yield _sms_thread(state, rng, user, number, conversation.person, lines)


def _holder(rng: Random, index: int) -> str:
    if index < 2:
        return (OWNER, SINGLE)[index]
    return OWNER if rng.random() < 0.6 else rng.choice(("1002", "1003", "1004", "1005", "1006"))


def _prolonged(conversations: Sequence[Conversation]) -> list[Line]:
    """Return the first conversation, with enough lines of the others to need several pages."""
    own = conversations[0].lines
    borrowed = _lines(conversations[1:])[: max(0, LONG_THREAD - len(own))]
    return sorted([*own, *borrowed], key=lambda line: line.at)


def _lines(conversations: Iterable[Conversation]) -> list[Line]:
    return [line for conversation in conversations for line in conversation.lines]


def _sms_thread(
    state: State, rng: Random, user: str, number: str, person: Person, lines: Iterable[Line]
) -> Thread:
    remote = person.phone.removeprefix("+")
    thread: Thread | None = None
    for line in lines:
        if thread is None:
            thread = _add_thread(state, Thread(state.new_id(), line.at, number, remote, (user,)))
        party = inbound_sms(user, number, remote) if line.inbound else outbound_sms(user, number, remote)
        _add_line(state, thread, _with_numbers(rng, line), party)
    if thread is None:
        raise ValueError(f"the conversation with {person.name} is empty")
    return thread


def _group_sms(state: State, rng: Random, conversations: Sequence[Conversation]) -> Thread:
    remotes = [conversation.person.phone.removeprefix("+") for conversation in conversations]
    number = NUMBERS[0][0]
    lines = _some(rng, conversations, 15)
    first = Thread(state.new_id(), lines[0].at, number, ",".join(remotes), (OWNER,), group=True)
    thread = _add_thread(state, first)
    for line in lines:
        sender = rng.choice(remotes)
        inbound = inbound_sms(OWNER, number, sender)
        party = inbound if line.inbound else outbound_sms(OWNER, number, thread.remote)
        _add_line(state, thread, line, party)
    return thread


def _chat_thread(
    state: State,
    rng: Random,
    conversations: Sequence[Conversation],
    members: tuple[str, ...],
    name: str,
    count: int,
) -> Thread:
    lines = _some(rng, conversations, count)
    group = len(members) > 2
    thread = _add_thread(state, Thread(state.new_id(), lines[0].at, members=members, group=group, name=name))
    for line in lines:
        _add_line(state, thread, line, {**chat(rng.choice(members), thread), "status": "sending"})
    return thread


def _some(rng: Random, conversations: Iterable[Conversation], count: int) -> list[Line]:
    """Return random lines with their own times, so that day and week keep their rhythm."""
    lines = _lines(conversations)
    return sorted(rng.sample(lines, min(count, len(lines))), key=lambda line: line.at)


def _add_thread(state: State, thread: Thread) -> Thread:
    state.threads[thread.id] = thread
    return thread


def _with_numbers(rng: Random, line: Line) -> Line:
    if line.inbound and line.media is None and rng.random() < NUMERIC_SHARE:
        return replace(line, text=rng.choice(NUMERIC_TEXTS))
    return line


def _add_line(state: State, thread: Thread, line: Line, party: dict[str, Json]) -> None:
    plain, with_media = ("chat", "chat-media") if thread.is_chat else ("sms", "mms")
    values: dict[str, Json] = {"status": "" if party.get("direction") == "orig" else "sent", **party}
    text = line.text
    if line.media:
        values |= {"media_type": line.media.mime, "media_size": line.media.size}
        text = text or line.media.caption or "media"
    kind = with_media if line.media else plain
    state.add_message(thread, message_row(state, thread, kind, text, bare(line.at), **values), line.at)


def _file(state: State, rng: Random, threads: Iterable[Thread]) -> None:
    # The session that is filed last is at the top of its list.
    for thread in sorted(threads, key=lambda each: each.messages[-1].row["timestamp"]):
        last = thread.messages[-1].row
        unread = last["direction"] != "term" and rng.random() < 0.4
        for member in thread.members:
            own = last["from-user-id"] == state.users[member].uid
            state.file(thread, member, "unread" if unread and not own else "read")


def _add_contacts(state: State, customers: Sequence[Person]) -> None:
    at = state.world.start - HISTORY
    books = [*[OWNER] * CONTACTS, *["1002"] * 3, SINGLE, *[SHARED] * 6]
    for book, person in zip(books, cycle(customers), strict=False):
        fields = {
            "name-first-name": person.first_name,
            "name-last-name": person.last_name,
            "email": person.email,
            "phonenumber-cell": person.phone.removeprefix("+"),
        }
        add_contact(state, book, fields, at)


def _add_calls(state: State, customers: Sequence[Person]) -> None:
    rang = timedelta(seconds=6)
    calls = ((OWNER, 240, rang), (OWNER, 9, None), ("1002", 75, rang), (SINGLE, 1800, rang))
    for (number, seconds, answered), person in zip(calls, customers, strict=False):
        user = state.users[number]
        started = state.world.start - timedelta(seconds=seconds)
        dialed = person.phone.removeprefix("+")
        row = call_row(state, user, state.new_id(), dialed, started=started, answered=answered)
        state.calls[row["call-orig-call-id"]] = state.encoder.record(row)


def _add_subscriptions(state: State) -> None:
    start = state.world.start
    # model, user, days since it was created, days left, status, server, errors, posts
    seeds: tuple[tuple[str, str, int, int, str, str, int, int], ...] = (
        ("message", "*", 45, 7300, "active", HOSTNAME, 7, 7195),
        ("call", "*", 20, 7300, "error", HOSTNAME, 15, 207),
        ("messagesession", OWNER, 0, 1, "pending", "", 0, 0),
        ("voicemail", "*", 30, -3, "active", HOSTNAME, 0, 412),
        ("presence", "*", 10, 7300, "error", f"https://{HOSTNAME}", 88, 88),
    )
    for model, user, age, left, status, server, errors, posts in seeds:
        row = subscription_row(
            state,
            model=model,
            post_url=f"https://{'old-' if status == 'error' else ''}hooks.{DOMAIN}/events/{model}",
            scope=SUPER_USER,
            filters={"reseller": TERRITORY, "domain": DOMAIN, "user": user},
            created=start - timedelta(days=age),
            expires=state.encoder.time(start + timedelta(days=left)),
        )
        row |= {"status": status, "current-active-server": server}
        row |= {"error-count": errors, "posts-count": posts, "preferred-server": server or HOSTNAME}
        state.subscriptions[row["id"]] = state.encoder.record(row)
