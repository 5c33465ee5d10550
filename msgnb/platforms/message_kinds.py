"""Kinds of messages that a form can send, and the fields that each kind needs.

A platform lists its kinds in its descriptor. A kind makes a `Call` of the client from what the form contains,
so that the form sends exactly what the line of Python below it says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from msgnb.platforms.calls import Call


@dataclass(frozen=True)
class Upload:
    """A file that was chosen in a form.

    Attributes:
        name: name of the file.
        mime_type: its type, as the browser detected it; may be empty.
        content: its bytes.
    """

    name: str
    mime_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Draft:
    """What a form contains; fields that the kind of message does not have are empty.

    Attributes:
        to: the recipient.
        sender: the sender, if one was chosen.
        text: the text.
        at: when to send it; now if `None`.
        thread: ID of the session to reply in.
        url: URL of a file or page.
        options: choices to offer.
        place: latitude and longitude, separated by a comma.
        file: a file to send.
    """

    to: str
    sender: str | None
    text: str
    at: datetime | None = None
    thread: str | None = None
    url: str = ""
    options: tuple[str, ...] = ()
    place: str = ""
    file: Upload | None = None


@dataclass(frozen=True)
class MessageKind:
    """One kind of message.

    Attributes:
        title: its name in the form.
        fields: fields of `Draft` that it needs besides recipient and sender; the form shows only these.
        call: makes the client's call; raises `InvalidRequest` with the field that is missing or not valid.
        counts_sms: whether its text is counted in SMS.
    """

    title: str
    fields: tuple[str, ...]
    call: Callable[[Draft], Call]
    counts_sms: bool = False


def _send_text(draft: Draft) -> Call:
    return Call("send_text", (draft.to, draft.text), {"sender": draft.sender, "at": draft.at})


TEXT = MessageKind("Text", ("text",), _send_text, counts_sms=True)
"""A plain text, which every platform can send."""
TEXT_LATER = MessageKind("Text", ("text", "at"), _send_text, counts_sms=True)
"""A plain text, now or later."""
