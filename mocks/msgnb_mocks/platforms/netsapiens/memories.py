"""Threads as the messages of a history, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgnb_mocks.core.messages import HistoryMessage
from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.netsapiens.field_names import bare
from msgnb_mocks.platforms.netsapiens.messages import chat, inbound_sms, message_row, outbound_sms
from msgnb_mocks.platforms.netsapiens.numbers import number_row
from msgnb_mocks.platforms.netsapiens.seeding import OWNER
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, State, Thread


def history(state: State) -> Iterator[HistoryMessage]:
    """Yield the messages of all threads, as their first member sees them."""
    for thread in state.threads.values():
        for record in thread.messages:
            yield _message(thread, record.row)


def remember(state: State, messages: Iterable[HistoryMessage]) -> None:
    """Replace all threads and sessions with other messages; an unknown number becomes the owner's."""
    state.threads.clear()
    state.sessions.clear()
    for inbox in state.inboxes.values():
        inbox.clear()
    publish, state.publish = state.publish, None  # subscribers receive no events about the past
    for message in messages:
        _add(state, message)
    for thread in state.threads.values():
        for member in thread.members:
            state.file(thread, member, "read")
    state.publish = publish


def _message(thread: Thread, row: Json) -> HistoryMessage:
    at = row["timestamp"]
    about = {
        "text": row["text"],
        "session": thread.id,
        "message": str(row["id"]),
        "kind": row["type"],
        "media_type": row["media-type"],
        "media_size": row["media-size"],
    }
    # Rows have times without a zone, which are in UTC (NetSapiens 0).
    moment = datetime.fromisoformat(f"{at}+00:00")
    if thread.is_chat:
        own, sender = thread.members[0], row["from-user-id"].partition("@")[0]
        others = ",".join(member for member in thread.members if member != own)
        inbound = sender != own
        return HistoryMessage(moment, inbound, contact=sender if inbound else others, own=own, **about)
    inbound = row["direction"] == "orig"
    contact = row["from-number"] if inbound else row["dialed"]
    return HistoryMessage(moment, inbound, contact=contact, own=thread.sms_number, **about)


def _add(state: State, message: HistoryMessage) -> None:
    contacts = [each.removesuffix(f"@{DOMAIN}") for each in message.contact.split(",")]
    own = message.own.removesuffix(f"@{DOMAIN}") or OWNER
    is_chat = all(each in state.users for each in (own, *contacts))
    thread = state.threads.get(message.session)
    if thread is None:
        thread = _chat(message, own, contacts) if is_chat else _sms(state, message, own, contacts)
        state.threads[message.session] = thread
    if is_chat:
        party = chat(contacts[0] if message.inbound else own, thread)
    else:
        make = inbound_sms if message.inbound else outbound_sms
        party = make(thread.members[0], thread.sms_number, ",".join(map(_digits, contacts)))
    plain, with_media = ("chat", "chat-media") if thread.is_chat else ("sms", "mms")
    about = {"media_type": message.media_type, "media_size": message.media_size} if message.media_type else {}
    status = "" if message.inbound else "sent"
    kind = with_media if message.media_type else plain
    row = message_row(
        state, thread, kind, message.text, bare(message.at), **{"status": status, **party, **about}
    )
    state.add_message(thread, row | ({"id": message.message} if message.message else {}), message.at)


def _chat(message: HistoryMessage, own: str, contacts: list[str]) -> Thread:
    return Thread(message.session, message.at, members=(own, *contacts), group=len(contacts) > 1)


def _sms(state: State, message: HistoryMessage, own: str, contacts: list[str]) -> Thread:
    number = _digits(own) if own not in state.users else next(iter(state.numbers))
    if number not in state.numbers:
        state.numbers[number] = state.encoder.record(number_row(number, "user", OWNER))
    user = str(state.numbers[number].row["dest"]) or OWNER
    remote = ",".join(map(_digits, contacts))
    return Thread(message.session, message.at, number, remote, (user,), group=len(contacts) > 1)


def _digits(number: str) -> str:
    return number.strip().removeprefix("+")
