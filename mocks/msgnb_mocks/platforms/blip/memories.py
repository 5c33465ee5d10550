"""Threads as the messages of a history, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgnb_mocks.core.messages import HistoryMessage
from msgnb_mocks.platforms.blip.lime import MEDIA, TEXT, stamp
from msgnb_mocks.platforms.blip.state import Message, State


def history(state: State) -> Iterator[HistoryMessage]:
    """Yield the messages of all threads."""
    for identity, thread in state.threads.items():
        for message in thread:
            content = message.content
            fields = content if isinstance(content, dict) else {"text": content}
            media = message.type == MEDIA
            yield HistoryMessage(
                message.at,
                not message.sent,
                str(fields.get("text") or ""),
                identity,
                state.bot,
                identity,
                message.id,
                "media" if media else "text",
                str(fields.get("type", "")) if media else "",
                int(fields.get("size") or 0) if media else 0,
            )


def remember(state: State, messages: Iterable[HistoryMessage]) -> None:
    """Replace all threads and contacts with those of other messages."""
    before = state.contacts
    state.threads.clear()
    state.deliveries.clear()
    state.contacts = {}
    for message in messages:
        number = message.contact.lstrip("+")
        identity = message.session if "@" in message.session else f"{number}@wa.gw.msging.net"
        state.threads[identity].append(_message(state, message))
        # Whoever was known keeps the name and the other fields.
        contact = state.contacts.setdefault(identity, dict(before.get(identity, {"identity": identity})))
        contact["lastMessageDate"] = stamp(message.at)
    # Every bot has a list of everyone who wrote to it (BLiP 2.5).
    senders = next(name for name in state.lists if "+senders@" in name)
    state.lists[senders] = dict.fromkeys(state.contacts)


def _message(state: State, message: HistoryMessage) -> Message:
    name = message.message or state.uuid()
    if not message.media_type:
        return Message(name, message.at, not message.inbound, TEXT, message.text)
    media = {"type": message.media_type, "size": message.media_size, "text": message.text}
    return Message(name, message.at, not message.inbound, MEDIA, media)
