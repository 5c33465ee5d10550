"""The kinds of messages that a form offers for BLiP, and the calls that send them."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from dataclasses import replace

from msgnb.core.errors import InvalidRequest
from msgnb.platforms.blip import content
from msgnb.platforms.calls import Call, Expression
from msgnb.platforms.message_kinds import TEXT_LATER, Draft, MessageKind

DEFAULT_TYPE = "image/jpeg"


def _send(draft: Draft, made: content.Content, code: str) -> Call:
    named = {"sender": draft.sender, "at": draft.at}
    return Call("send", (draft.to, Expression(made, f"msgnb.content.{code}")), named)


def _media(draft: Draft) -> Call:
    kind = mimetypes.guess_type(draft.url.partition("?")[0])[0] or DEFAULT_TYPE
    text = draft.text.strip() or None
    made = content.media(draft.url, kind, text=text)
    return _send(draft, made, f"media({draft.url!r}, {kind!r}, text={text!r})")


def _link(draft: Draft) -> Call:
    text = draft.text.strip() or None
    return _send(draft, content.web_link(draft.url, text=text), f"web_link({draft.url!r}, text={text!r})")


def _choice(make: Callable[[str, list[str]], content.Content]) -> Callable[[Draft], Call]:
    def call(draft: Draft) -> Call:
        options = list(draft.options)
        if not draft.text.strip():
            raise InvalidRequest.of(text="is empty")
        if not options:
            raise InvalidRequest.of(options="are missing; write one to a line")
        return _send(draft, make(draft.text, options), f"{make.__name__}({draft.text!r}, {options!r})")

    return call


def _location(draft: Draft) -> Call:
    try:
        latitude, longitude = (float(each) for each in draft.place.split(","))
    except ValueError:
        words = f"{draft.place!r} is no place; write latitude, longitude as -19.92, -43.94"
        raise InvalidRequest.of(place=words) from None
    text = draft.text.strip() or None
    made = content.location(latitude, longitude, text=text)
    return _send(draft, made, f"location({latitude}, {longitude}, text={text!r})")


MESSAGE_KINDS = (
    replace(TEXT_LATER, counts_sms=False),
    MessageKind("Picture or file at an address", ("url", "text", "at"), _media),
    MessageKind("Link", ("url", "text", "at"), _link),
    MessageKind("Menu", ("text", "options", "at"), _choice(content.menu)),
    MessageKind("Quick replies", ("text", "options", "at"), _choice(content.quick_reply)),
    MessageKind("Place", ("place", "text", "at"), _location),
)
