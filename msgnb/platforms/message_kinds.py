"""The kinds of messages that each platform sends, and the fields that each takes."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgnb.campaigns.campaign import Campaign, MessageType
from msgnb.core.errors import InvalidRequest
from msgnb.core.phones import dialable, international
from msgnb.platforms.blip import content
from msgnb.platforms.blip.connection import identity
from msgnb.platforms.calls import Call, Shown
from msgnb.platforms.netsapiens.media import Media, media_of
from msgnb.platforms.netsapiens.messages import is_phone
from msgnb.widgets.parts import Upload


@dataclass(frozen=True)
class Values:
    """What a form holds."""

    to: str
    sender: str | None
    text: str
    when: datetime | None = None
    thread: str | None = None
    address: str = ""
    options: tuple[str, ...] = ()
    place: str = ""
    file: Upload | None = None


@dataclass(frozen=True)
class Kind:
    """One kind of message: what it is called, the fields it takes beside recipient and sender, its call."""

    title: str
    fields: tuple[str, ...]
    call: Callable[[Values], Call]
    priced: bool = False


def _text(given: Values) -> Call:
    return Call("send_text", (given.to, given.text), {"sender": given.sender})


# BLiP


def _blip(given: Values, said: content.Content | str, code: str) -> Call:
    shown = said if isinstance(said, str) else Shown(said, f"content.{code}")
    if given.when is None:
        return Call("send", (given.to, shown))
    return Call("schedule", (given.to, shown, given.when))


def _bot_text(given: Values) -> Call:
    # The bot itself says that it has no sender, and that a text is empty.
    return _text(given) if given.when is None else _blip(given, given.text, "")


def _bot_media(given: Values) -> Call:
    kind = mimetypes.guess_type(given.address.partition("?")[0])[0] or "image/jpeg"
    text = given.text.strip() or None
    code = f"media({given.address!r}, {kind!r}, text={text!r})"
    return _blip(given, content.media(given.address, kind, text=text), code)


def _bot_link(given: Values) -> Call:
    text = given.text.strip() or None
    said = content.web_link(given.address, text=text)
    return _blip(given, said, f"web_link({given.address!r}, text={text!r})")


def _bot_choice(make: Callable[[str, list[str]], content.Content], name: str) -> Callable[[Values], Call]:
    def call(given: Values) -> Call:
        options = list(given.options)
        if not given.text.strip():
            raise InvalidRequest.of(text="is empty")
        if not options:
            raise InvalidRequest.of(options="are missing; write one to a line")
        return _blip(given, make(given.text, options), f"{name}({given.text!r}, {options!r})")

    return call


def _bot_place(given: Values) -> Call:
    try:
        latitude, longitude = (float(each) for each in given.place.split(","))
    except ValueError:
        words = f"{given.place!r} is no place; write latitude, longitude as -19.92, -43.94"
        raise InvalidRequest.of(place=words) from None
    text = given.text.strip() or None
    said = content.location(latitude, longitude, text=text)
    return _blip(given, said, f"location({latitude}, {longitude}, text={text!r})")


# NetSapiens


def _pbx_text(given: Values) -> Call:
    named = {"sender": given.sender, "session": given.thread}
    return Call("send_text", (_group(given.to), given.text), named)


def _pbx_media(given: Values) -> Call:
    if given.file is None:
        raise InvalidRequest.of(file="is missing; choose one")
    found = media_of(given.file.content, given.file.mime_type or None)
    shown = Shown(Media(found.content, found.mime_type), repr(given.file.name))
    named = {"sender": given.sender, "session": given.thread, "media": shown}
    return Call("send_text", (_group(given.to), given.text), named)


def members(to: str) -> list[str]:
    """The recipients that stand in one field, separated by commas."""
    return [each.strip() for each in to.split(",") if each.strip()]


def _group(to: str) -> Any:
    several = members(to)
    return several if len(several) > 1 else to


# SMSDrop


def _sms(kind: MessageType) -> Callable[[Values], Call]:
    def call(given: Values) -> Call:
        plain = kind is MessageType.PLAIN_TEXT
        shown = None if plain else Shown(kind, f"msgnb.MessageType.{kind.name}")
        named = {"sender": given.sender, "when": given.when, "message_type": shown}
        return Call("send_text", (given.to, given.text), named)

    return call


KINDS: Mapping[str, tuple[Kind, ...]] = {
    "blip": (
        Kind("Text", ("text", "when"), _bot_text),
        Kind("Picture or file at an address", ("address", "text", "when"), _bot_media),
        Kind("Link", ("address", "text", "when"), _bot_link),
        Kind("Menu", ("text", "options", "when"), _bot_choice(content.menu, "menu")),
        Kind("Quick replies", ("text", "options", "when"), _bot_choice(content.quick_reply, "quick_reply")),
        Kind("Place", ("place", "text", "when"), _bot_place),
    ),
    "netsapiens": (
        Kind("Text", ("text", "thread"), _pbx_text, priced=True),
        Kind("Picture or file", ("file", "text", "thread"), _pbx_media),
    ),
    "smsdrop": (
        Kind("SMS", ("text", "when"), _sms(MessageType.PLAIN_TEXT), priced=True),
        Kind("Flash SMS", ("text", "when"), _sms(MessageType.FLASH_MESSAGE), priced=True),
    ),
}


def check_recipient(platform: str, to: str) -> None:
    """Refuse what can be no recipient on a platform.

    Raises:
        InvalidRequest: it says what is wrong.
    """
    if platform == "blip":
        identity(to, "to")
    elif platform == "smsdrop":
        international(to, "to")
    else:
        for each in members(to):
            if is_phone(each):
                dialable(each, "to")
            elif " " in each:
                raise InvalidRequest.of(to=f"{each!r} is neither a phone number nor a user")


def check_sender(platform: str, sender: str) -> None:
    """Refuse what can be no sender on a platform.

    Raises:
        InvalidRequest: it says what is wrong.
    """
    if platform == "smsdrop":
        Campaign("-", sender)
    elif platform == "netsapiens":
        dialable(sender, "sender")
