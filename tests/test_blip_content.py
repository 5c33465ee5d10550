"""Content of messages: each kind made for sending, and read as a person would."""

from __future__ import annotations

from typing import Any

import pytest

import msgnb
from msgnb.blip import content

WHO = "5511999990001@wa.gw.msging.net"
URL = "https://x.example/a"


def plain(words: str) -> dict[str, str]:
    return {"type": "text/plain", "value": words}


@pytest.mark.parametrize(
    ("made", "kind", "shown"),
    [
        (content.text("Hi"), "text/plain", "Hi"),
        (content.media(URL, "application/pdf", title="a.pdf", text="Bill"), "media-link", "a.pdf – Bill"),
        (content.web_link(URL, title="Shop", target="self"), "web-link", f"Shop – {URL}"),
        (content.quick_reply("Tea?", ["Yes", {"text": "No", "order": 2}]), "select", "Tea? [Yes] [No]"),
        (content.ask("Name?"), "input", "Name?"),
        (content.ask_location("Where?"), "input", "Where?"),
        (content.contact(WHO, name="Ana", phoneNumber="+55"), "lime.contact", "Ana, +55"),
        (content.collection(content.text("a"), content.text("b")), "collection", "a\nb"),
        (content.collection(content.text("a"), content.image(URL)), "collection", f"a\n{URL}"),
        (content.card(content.image(URL, text="Soup"), [content.text("Buy")]), "document", "Soup [Buy]"),
        (content.chat_state("composing", 1000), "chatstate", "(composing)"),
        (content.redirect("other@msging.net", content.text("go on")), "redirect", "→ other@msging.net go on"),
        (content.sensitive(content.text("4111")), "sensitive", "(sensitive)"),
        (content.resource("welcome", name="Ana"), "resource", "(welcome)"),
        (content.template("hi", "Ana", header={"type": "image", "image": {"link": URL}}, buttons=["Y"]),
         "application/json", f"hi: {URL}, Ana, Y"),
    ],
)  # fmt: skip
def test_each_kind_of_content_is_made_and_read(made: content.Content, kind: str, shown: str) -> None:
    """Every builder makes its documented type, and what it made reads as a person would read it."""
    assert kind in made.type
    assert content.text_of(made.content, made.type) == shown


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        (content.LIST, {"header": plain("Menu"), "items": [plain("Soup")]}, "Menu\nSoup"),
        (content.REPLY, {"replied": plain("Yes"), "inReplyTo": {"id": "1"}}, "Yes"),
        (content.REACTION, {"emoji": {"values": [128077]}, "inReactionTo": {"id": "1"}}, "👍"),
        (content.TICKET, {"sequentialId": 7, "status": "Open"}, "ticket 7: Open"),
        (content.UNAVAILABLE, None, None),
        (content.SELECT, {"text": "broken", "options": [None]}, "broken [None]"),
        (content.SELECT, {"text": "broken", "options": 5}, "broken"),
        (content.REACTION, {"emoji": {}}, '{"emoji":{}}'),
        (content.JSON, {"a": 1}, '{"a":1}'),
        ("application/x-unknown", {"a": [1]}, '{"a":[1]}'),
        ("text/plain", 941173465, "941173465"),
    ],
)  # fmt: skip
def test_whatever_comes_is_read(kind: str, body: Any, shown: str | None) -> None:
    """Received kinds have their text; what is not in shape is shown as it is, and nothing raises."""
    assert content.text_of(body, kind) == shown


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: content.text(" "), "is empty"),
        (lambda: content.image("photo.jpg"), "is no web address"),
        (lambda: content.media("https://x", "picture"), "is no MIME type"),
        (lambda: content.menu("x", []), "options: are missing"),
        (lambda: content.menu("x", "yes"), "options: are missing"),
        (lambda: content.quick_reply("x", [str(n) for n in range(12)]), "are 12; the most are 11"),
        (lambda: content.location(91, 0), "nowhere on earth"),
        (content.collection, "is empty"),
        (lambda: content.chat_state("thinking"), "'thinking' is none of"),
        (lambda: content.template(" "), "has no name"),
    ],
)
def test_content_that_can_not_be_is_told(make: Any, words: str) -> None:
    """Empty texts, no addresses and impossible places are refused when the content is made."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        make()
