"""Threads as neutral messages, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.netsapiens.field_names import bare
from msgnb_mocks.platforms.netsapiens.messages import chat, inbound_sms, message_row, outbound_sms
from msgnb_mocks.platforms.netsapiens.numbers import number_row
from msgnb_mocks.platforms.netsapiens.seeding import OWNER
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, State, Thread
from msgnb_mocks.world.history import Heard


def history(state: State) -> Iterator[Heard]:
    """What was said in all threads, as their first member sees it."""
    for thread in state.threads.values():
        for record in thread.messages:
            yield _heard(thread, record.row)


def remember(state: State, sayings: Iterable[Heard]) -> None:
    """Put messages in the place of all threads and sessions; an unknown number becomes the owner's."""
    state.threads.clear()
    state.sessions.clear()
    for inbox in state.inboxes.values():
        inbox.clear()
    publish, state.publish = state.publish, None  # history is no news
    for heard in sayings:
        _add(state, heard)
    for thread in state.threads.values():
        for member in thread.members:
            state.file(thread, member, "read")
    state.publish = publish


def _heard(thread: Thread, row: Json) -> Heard:
    at = row["timestamp"]
    about = {
        "text": row["text"],
        "session": thread.id,
        "message": str(row["id"]),
        "kind": row["type"],
        "media_type": row["media-type"],
        "media_size": row["media-size"],
    }
    moment = datetime.fromisoformat(f"{at}+00:00")
    if thread.is_chat:
        own, sender = thread.members[0], row["from-user-id"].partition("@")[0]
        others = ",".join(member for member in thread.members if member != own)
        inbound = sender != own
        return Heard(moment, inbound, contact=sender if inbound else others, own=own, **about)
    inbound = row["direction"] == "orig"
    contact = row["from-number"] if inbound else row["dialed"]
    return Heard(moment, inbound, contact=contact, own=thread.sms_number, **about)


def _add(state: State, heard: Heard) -> None:
    contacts = [each.removesuffix(f"@{DOMAIN}") for each in heard.contact.split(",")]
    own = heard.own.removesuffix(f"@{DOMAIN}") or OWNER
    is_chat = all(each in state.users for each in (own, *contacts))
    thread = state.threads.get(heard.session)
    if thread is None:
        thread = _chat(heard, own, contacts) if is_chat else _sms(state, heard, own, contacts)
        state.threads[heard.session] = thread
    if is_chat:
        party = chat(contacts[0] if heard.inbound else own, thread)
    else:
        make = inbound_sms if heard.inbound else outbound_sms
        party = make(thread.members[0], thread.sms_number, ",".join(map(_digits, contacts)))
    plain, with_media = ("chat", "chat-media") if thread.is_chat else ("sms", "mms")
    about = {"media_type": heard.media_type, "media_size": heard.media_size} if heard.media_type else {}
    status = "" if heard.inbound else "sent"
    kind = with_media if heard.media_type else plain
    row = message_row(state, thread, kind, heard.text, bare(heard.at), **{"status": status, **party, **about})
    state.add_message(thread, row | ({"id": heard.message} if heard.message else {}), heard.at)


def _chat(heard: Heard, own: str, contacts: list[str]) -> Thread:
    return Thread(heard.session, heard.at, members=(own, *contacts), group=len(contacts) > 1)


def _sms(state: State, heard: Heard, own: str, contacts: list[str]) -> Thread:
    number = _digits(own) if own not in state.users else next(iter(state.numbers))
    if number not in state.numbers:
        state.numbers[number] = state.spelling.record(number_row(number, "user", OWNER))
    user = str(state.numbers[number].row["dest"]) or OWNER
    remote = ",".join(map(_digits, contacts))
    return Thread(heard.session, heard.at, number, remote, (user,), group=len(contacts) > 1)


def _digits(number: str) -> str:
    return number.strip().removeprefix("+")
