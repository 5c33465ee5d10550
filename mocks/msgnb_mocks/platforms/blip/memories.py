"""Threads as neutral messages, and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgnb_mocks.platforms.blip.lime import stamp
from msgnb_mocks.platforms.blip.state import Message, State
from msgnb_mocks.platforms.blip.threads import MEDIA, TEXT
from msgnb_mocks.world.history import Heard


def history(state: State) -> Iterator[Heard]:
    """What was said in all threads."""
    for identity, thread in state.threads.items():
        for message in thread:
            content = message.content
            fields = content if isinstance(content, dict) else {"text": content}
            media = message.type == MEDIA
            yield Heard(
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


def remember(state: State, sayings: Iterable[Heard]) -> None:
    """Put messages in the place of all threads and contacts."""
    before = state.contacts
    state.threads.clear()
    state.deliveries.clear()
    state.contacts = {}
    for heard in sayings:
        identity = heard.session if "@" in heard.session else f"{heard.contact.lstrip('+')}@wa.gw.msging.net"
        state.threads[identity].append(_message(state, heard))
        contact = state.contacts.setdefault(identity, dict(before.get(identity, {"identity": identity})))
        contact["lastMessageDate"] = stamp(heard.at)
    senders = next(name for name in state.lists if "+senders@" in name)
    state.lists[senders] = dict.fromkeys(state.contacts)


def _message(state: State, heard: Heard) -> Message:
    name = heard.message or state.uuid()
    if not heard.media_type:
        return Message(name, heard.at, not heard.inbound, TEXT, heard.text)
    media = {"type": heard.media_type, "size": heard.media_size, "text": heard.text}
    return Message(name, heard.at, not heard.inbound, MEDIA, media)
