"""Messages that other people write to the account: `receive` of the application."""

from __future__ import annotations

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.netsapiens.field_names import bare
from msgnb_mocks.platforms.netsapiens.messages import (
    CHAT_TYPES,
    PHONE,
    SEPARATORS,
    SMS_TYPES,
    chat,
    inbound_sms,
    message_row,
)
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, State, Thread, uid


def receive(
    state: State,
    sender: str,
    to: str,
    text: str,
    *,
    session: str | None = None,
    media: tuple[str, int] | None,
) -> dict[str, str]:
    """Add a message from a number outside to an SMS number, or from one user to another.

    Returns:
        The IDs of the `session` and the `message`.

    Raises:
        ValueError: the sender is not valid, there is no such number or user, or no such session of theirs.
    """
    sender, to = (each.strip().removesuffix(f"@{DOMAIN}") for each in (sender, to))
    if to in state.users:
        thread, party = _chat_from(state, sender, to, session)
        kinds = CHAT_TYPES
    else:
        thread, party = _sms_from(state, _digits(sender), _digits(to), session)
        kinds = SMS_TYPES
    about = {"media_type": media[0], "media_size": media[1]} if media else {}
    now = state.now()
    row = message_row(state, thread, kinds[bool(media)], text, bare(now), **{**party, **about})
    state.add_message(thread, row, now)
    for member in thread.members:
        state.file(thread, member, "read" if uid(member) == row["from-user-id"] else "unread")
    return {"session": thread.id, "message": str(row["id"])}


def _sms_from(state: State, sender: str, to: str, session: str | None) -> tuple[Thread, dict[str, Json]]:
    record = state.numbers.get(to)
    if record is None or record.row["application"] != "user":
        theirs = [number for number, each in state.numbers.items() if each.row["application"] == "user"]
        raise ValueError(f"nobody has the number {to}; those of users are {', '.join(theirs)}")
    if not PHONE.fullmatch(sender):
        raise ValueError(f"{sender!r} is no phone number; write it like 12125550176")
    user = str(record.row["dest"])
    latest = [
        each.thread
        for each in state.inboxes[user].values()
        if each.thread.sms_number == to
        and (each.thread.id == session if session else each.thread.remote == sender)
    ]
    if session and not latest:
        raise ValueError(f"{to} has no session {session!r}")
    # The session that changed last is at the end of an inbox.
    thread = latest[-1] if latest else Thread(state.new_id(), state.now(), to, sender, (user,))
    state.threads[thread.id] = thread
    return thread, inbound_sms(user, to, sender)


def _chat_from(state: State, sender: str, to: str, session: str | None) -> tuple[Thread, dict[str, Json]]:
    if sender not in state.users:
        raise ValueError(f"{sender!r} is no user, and only users chat; they are {', '.join(state.users)}")
    latest = [
        each.thread
        for each in state.inboxes[to].values()
        if (each.thread.id == session if session else set(each.thread.members) == {sender, to})
    ]
    if session and not latest:
        raise ValueError(f"{to} has no session {session!r}")
    thread = latest[-1] if latest else Thread(state.new_id(), state.now(), members=(sender, to))
    state.threads[thread.id] = thread
    return thread, chat(sender, thread)


def _digits(number: str) -> str:
    return SEPARATORS.sub("", number).removeprefix("+")
