"""Content of messages: each kind made for sending, and read as a person would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import msgnb
from msgnb.platforms.blip import content

DATA = Path(__file__).resolve().parents[2] / "data"
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
    assert content.parse_text(made.content, made.type) == shown


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
    assert content.parse_text(body, kind) == shown


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


# The documented examples

LINES = (DATA / "blip_contents.jsonl").read_text(encoding="utf-8").splitlines()
DOCUMENTED = {line["name"]: line for line in map(json.loads, LINES)}
CAT = "http://2.bp.blogspot.com/-pATX0YgNSFs/VP-82AQKcuI/AAAAAAAALSU/Vet9e7Qsjjw/s1600/Cat-hd-wallpapers.jpg"
CAT_PREVIEW = (
    "https://encrypted-tbn3.gstatic.com/images?q=tbn:ANd9GcS8qkelB28RstsNxLi7gbrwCLsBVmobPjb5IrwKJSuqSnGX4IzX"
)
RABBITS = (
    "http://www.petshoplovers.com/wp-content/uploads/2014/03/CUIDADOS-B%C3%81SICOS-PARA-CRIAR-COELHOS.jpg"
)
SHOP = "https://petersapparel.parseapp.com"
HATS = "http://petersapparel.parseapp.com/img/item100-thumb.png"
CHOICES = [
    "First option",
    {"order": 2, "text": "Second option"},
    {"order": 3, "text": "Third option", "type": "application/json", "value": {"key1": "value1", "key2": 2}},
]
TEMPLATE = {"namespace": "{{NAMESPACE}}"}
NOTICE = (
    "enviar-notificacao-whatsapp-blip-api / De posse do identificador do cliente que receberá a notificação, "
    "realize a requisição HTTP descrita a"
)


def linked(name: str, kind: str) -> dict[str, Any]:
    """A parameter for the header of a template."""
    return {"type": kind, kind: {"link": name}}


BUILT = {
    "Sending messages": content.text("Hello, how can I help you?"),
    "WhatsApp / Sending a welcome notification (Text)": content.template(
        "{{MESSAGE_TEMPLATE_NAME}}", "value1", "value2", **TEMPLATE
    ),
    f"{NOTICE} (2)": content.template(
        "{{MESSAGE_TEMPLATE_NAME}}",
        header=linked("https://www.blip.ai/wp-content/uploads/2018/02/logo-blip.png", "image"),
        **TEMPLATE,
    ),
    f"{NOTICE} (4)": content.template(
        "{{MESSAGE_TEMPLATE_NAME}}",
        "Uma mensagem qualquer. Gostaria de responder?",
        buttons=["Sim", "Sim"],
        **TEMPLATE,
    ),
    "Chat state": content.chat_state("composing"),
    "Collection": content.collection(*map(content.text, ("Text 1", "Text 2", "Text 3"))),
    "Collection (2)": content.collection(
        content.image(RABBITS, text="Welcome to our store!"),
        content.menu(
            "Choose what you need",
            [{"order": 1, "text": "See our stock"}, {"order": 2, "text": "Follow an order"}],
        ),
    ),
    "Input": content.ask("What is your name?"),
    "Input (2)": content.ask_location("Send your location please!"),
    "Location": content.location(-19.918899, -43.959275, altitude=853, text="Take's place"),
    "Document/Files": content.media(
        "https://gradcollege.okstate.edu/sites/default/files/PDF_linking.pdf",
        "application/pdf",
        title="pdf_open_parameters.pdf",
        size=5540,
    ),
    "Gif": content.media("http://i.giphy.com/14aUO0Mf7dWDXW.gif", "image/gif"),
    "Images": content.media(
        CAT,
        "image/jpeg",
        title="Cat",
        text="Here is a cat image for you!",
        size=227791,
        aspect_ratio="1:1",
        preview_uri=CAT_PREVIEW,
        preview_type="image/jpeg",
    ),
    "Menu": content.menu("Choose an option", CHOICES),
    "Quick Replies": content.quick_reply("Choose an option", CHOICES),
    "Multimedia menu": content.card(
        content.media(
            HATS,
            "image/jpeg",
            title="Welcome to mad hatter",
            text="Here we have the best hats for your head.",
            aspect_ratio="1:1",
        ),
        [
            content.web_link(
                "https://petersapparel.parseapp.com/view_item?item_id=100", text="Go to our site"
            ),
            (content.text("Show stock"), content.native({"action": "show-items"})),
        ],
    ),
    "Native Content": content.native({"text": "hello, world!"}),
    "Redirect": content.redirect("attendance"),
    "Redirect (2)": content.redirect("mysdkbot@msging.net", content.text("Get started")),
    "Resource": content.resource("welcome-message"),
    "Resource (3)": content.resource("welcome-message", name="John Doe"),
    "Sensitive information": content.sensitive(content.text("Your password is 123456")),
    "Web link": content.web_link(
        "http://limeprotocol.org/content-types.html#web-link",
        target="self",
        text="Here is a documentation weblink",
    ),
}


@pytest.mark.parametrize("name", BUILT)
def test_the_builders_make_what_is_documented(name: str) -> None:
    """Each builder makes the documented example of its kind, to the letter."""
    assert BUILT[name].type == DOCUMENTED[name]["type"]
    assert BUILT[name].content == DOCUMENTED[name]["content"]


def test_lists_and_carousels_are_made_of_their_parts() -> None:
    """The documented list and carousel are made again from their own parts."""

    def unwrapped(wrapped: Any) -> content.Content:
        return content.Content(wrapped["type"], wrapped["value"])

    listed = DOCUMENTED["List"]["content"]
    made = content.items(unwrapped(listed["header"]), *map(unwrapped, listed["items"]))
    assert made == content.Content(content.LIST, listed)
    shown = DOCUMENTED["Collection (3)"]["content"]
    cards = [
        content.card(
            unwrapped(each["header"]),
            [
                (unwrapped(option["label"]), unwrapped(option["value"]))
                if "value" in option
                else unwrapped(option["label"])
                for option in each["options"]
            ],
        )
        for each in shown["items"]
    ]
    assert content.carousel(*cards) == content.Content(content.COLLECTION, shown)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_every_documented_content_is_read(name: str) -> None:
    """Each documented content has a text that a person can read, and not its JSON."""
    kind, body = DOCUMENTED[name]["type"], DOCUMENTED[name]["content"]
    shown = content.parse_text(body, kind)
    assert shown
    # What is the channel's own has no text that we could know.
    assert not shown.startswith("{") or kind == content.JSON
