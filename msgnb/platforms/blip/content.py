"""Content of messages: builders for what is sent, and the text that describes what was received (BLiP 3).

>>> bot.send(to, msgnb.content.menu("Coffee or tea?", ["Coffee", "Tea"]))
>>> bot.send(to, msgnb.content.image("https://example.com/menu.png", text="The menu"))
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from msgnb import tables
from msgnb.core.errors import InvalidRequest

TEXT = "text/plain"
JSON = "application/json"
MEDIA_LINK = "application/vnd.lime.media-link+json"
WEB_LINK = "application/vnd.lime.web-link+json"
SELECT = "application/vnd.lime.select+json"
DOCUMENT_SELECT = "application/vnd.lime.document-select+json"
COLLECTION = "application/vnd.lime.collection+json"
CONTAINER = "application/vnd.lime.container+json"
LIST = "application/vnd.lime.list+json"
LOCATION = "application/vnd.lime.location+json"
INPUT = "application/vnd.lime.input+json"
CHATSTATE = "application/vnd.lime.chatstate+json"
REDIRECT = "application/vnd.lime.redirect+json"
SENSITIVE = "application/vnd.lime.sensitive+json"
CONTACT = "application/vnd.lime.contact+json"
RESOURCE = "application/vnd.iris.resource+json"
REPLY = "application/vnd.lime.reply+json"
REACTION = "application/vnd.lime.reaction+json"
TICKET = "application/vnd.iris.ticket+json"
UNAVAILABLE = "application/vnd.iris.content-unavailable"

# The platform documents a limit for quick replies, and none for menus (BLiP 3).
MOST_QUICK_REPLIES = 11
STATES = ("starting", "composing", "paused", "deleting", "gone")

# Reading


def parse_text(content: Any, kind: str | None = None) -> str | None:
    """Return the text that a person would read, or the content as JSON if it has none.

    >>> parse_text({"text": "Choose", "options": [{"text": "First"}, {"text": "Second"}]})
    'Choose [First] [Second]'

    Args:
        content: the content of a message, as the platform sends it.
        kind: its type; guessed from the content if `None`.
    """
    # The most frequent kind first: plain texts need neither a reader nor a guess.
    if type(content) is str:
        return content or None
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    try:
        found = reader(content) if reader and isinstance(content, Mapping) else None
    except (AttributeError, KeyError, TypeError, ValueError):
        found = None  # it does not have the fields that its type promises
    return found or _by_shape(content)


def find_media(kind: str | None, content: Any) -> Mapping[str, Any]:
    """Return a media link, with its `uri`, `type` and `size`; empty for other content."""
    return content if kind == MEDIA_LINK and isinstance(content, Mapping) else _NO_MEDIA


_NO_MEDIA: Mapping[str, Any] = {}
# The first of these that is there is returned, so what people read comes before what machines read.
_TEXT_KEYS = ("text", "title", "name", "value", "uri", "key", "state")


def _by_shape(content: Any) -> str | None:
    if not isinstance(content, Mapping):
        return tables.text(content)
    own = next((content[key] for key in _TEXT_KEYS if isinstance(content.get(key), str)), None)
    if own is None:
        return _inner(content) or tables.text(dict(content))
    return " ".join([own, *_labels(content.get("options"))])


def _inner(content: Mapping[str, Any]) -> str | None:
    if "latitude" in content and "longitude" in content:
        return _location(content)
    for key in ("template", "header", "label", "replied", "value"):
        if isinstance(content.get(key), Mapping):
            return parse_text(content[key])
    return None


def _labels(options: Any) -> list[str]:
    return [f"[{_label(option)}]" for option in options] if isinstance(options, list) else []


def _label(option: Any) -> str | None:
    labelled = isinstance(option, Mapping) and "label" in option
    return _document(option["label"]) if labelled else parse_text(option)


def _document(wrapped: Any) -> str | None:
    """Return the text of a document inside another: `{"type": …, "value": …}`."""
    if isinstance(wrapped, Mapping) and "value" in wrapped:
        return parse_text(wrapped["value"], wrapped.get("type"))
    return parse_text(wrapped)


def _joined(*pieces: str | None, by: str = " ") -> str:
    return by.join(piece for piece in pieces if piece)


def _media(content: Mapping[str, Any]) -> str:
    return _joined(content.get("title"), content.get("text"), by=" – ") or str(content["uri"])


def _web_link(content: Mapping[str, Any]) -> str:
    return _joined(content.get("title"), content.get("text"), content["uri"], by=" – ")


def _select(content: Mapping[str, Any]) -> str:
    return _joined(content.get("text"), *_labels(content.get("options")))


def _document_select(content: Mapping[str, Any]) -> str:
    return _joined(_document(content.get("header") or ""), *_labels(content.get("options")))


def _collection(content: Mapping[str, Any]) -> str:
    kind = content.get("itemType")
    # In a container each item names its own type; otherwise all items have that of the collection (BLiP 3).
    parts = (_document(item) if kind == CONTAINER else parse_text(item, kind) for item in content["items"])
    return _joined(*parts, by="\n")


def _list(content: Mapping[str, Any]) -> str:
    return _joined(_document(content.get("header") or ""), *map(_document, content["items"]), by="\n")


def _location(content: Mapping[str, Any]) -> str:
    place = f"{content['latitude']}, {content['longitude']}"
    return f"{content['text']} ({place})" if content.get("text") else place


def _redirect(content: Mapping[str, Any]) -> str:
    return _joined(f"→ {content.get('address') or 'elsewhere'}", _document(content.get("context") or ""))


def _contact(content: Mapping[str, Any]) -> str:
    phone = content.get("phoneNumber") or content.get("cellPhoneNumber")
    return _joined(content.get("name"), phone, content.get("email"), by=", ") or str(content["identity"])


def _reply(content: Mapping[str, Any]) -> str:
    return _document(content["replied"]) or ""


def _reaction(content: Mapping[str, Any]) -> str:
    return "".join(
        chr(value) if isinstance(value, int) else str(value) for value in content["emoji"]["values"]
    )


def _ticket(content: Mapping[str, Any]) -> str:
    return f"ticket {content.get('sequentialId', content.get('id'))}: {content.get('status')}"


def _native(content: Mapping[str, Any]) -> str | None:
    """Return the name and the values of a WhatsApp template; `None` for other payloads of a channel."""
    template = content.get("template")
    if not isinstance(template, Mapping) or "name" not in template:
        return None
    filled = [
        _parameter(parameter)
        for component in template.get("components") or ()
        for parameter in component.get("parameters") or ()
    ]
    return _joined(template["name"], ", ".join(filter(None, filled)), by=": ")


def _parameter(parameter: Mapping[str, Any]) -> str | None:
    kind = parameter.get("type")
    value = parameter.get(kind) if isinstance(kind, str) else None
    if isinstance(value, Mapping):
        return tables.text(value.get("link") or value.get("fallback_value") or value.get("filename"))
    return tables.text(value)


# A reader may raise an error if a field is missing: `parse_text` then goes by the content's shape.
_READERS: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
    MEDIA_LINK: _media,
    WEB_LINK: _web_link,
    SELECT: _select,
    DOCUMENT_SELECT: _document_select,
    COLLECTION: _collection,
    LIST: _list,
    LOCATION: _location,
    INPUT: lambda content: _document(content["label"]),
    CHATSTATE: lambda content: f"({content['state']})",
    REDIRECT: _redirect,
    SENSITIVE: lambda _: "(sensitive)",
    CONTACT: _contact,
    RESOURCE: lambda content: f"({content['key']})",
    REPLY: _reply,
    REACTION: _reaction,
    TICKET: _ticket,
    UNAVAILABLE: lambda _: "(no longer available)",
    JSON: _native,
}

# Sending


class Content(NamedTuple):
    """What a message contains: its type and the content itself."""

    type: str
    content: Any


def text(words: str) -> Content:
    """Return a plain text.

    Raises:
        InvalidRequest: it is empty.
    """
    if not words.strip():
        raise InvalidRequest.of(text="is empty")
    return Content(TEXT, words)


def media(
    uri: str,
    mime_type: str,
    *,
    text: str | None = None,
    title: str | None = None,
    size: int | None = None,
    preview_uri: str | None = None,
    preview_type: str | None = None,
    aspect_ratio: str | None = None,
) -> Content:
    """Return an image, audio, video or other file at a URL.

    >>> media("https://example.com/invoice.pdf", "application/pdf", title="invoice.pdf")

    Args:
        uri: URL of the file.
        mime_type: MIME type of the file.
        text: its caption.
        title: its title.
        size: its size in bytes.
        preview_uri: URL of a preview image.
        preview_type: MIME type of the preview image.
        aspect_ratio: ratio of width to height, such as `1:1`.

    Raises:
        InvalidRequest: the URL or the MIME type is not valid.
    """
    if "/" not in mime_type:
        raise InvalidRequest.of(mime_type=f"{mime_type!r} is no MIME type; write it like image/jpeg")
    fields = _given(
        title=title,
        text=text,
        type=mime_type,
        uri=_address(uri),
        size=size,
        previewUri=preview_uri,
        previewType=preview_type,
        aspectRatio=aspect_ratio,
    )
    return Content(MEDIA_LINK, fields)


def image(uri: str, *, text: str | None = None, mime_type: str = "image/jpeg") -> Content:
    """Return an image at a URL, with an optional caption; see `media`."""
    return media(uri, mime_type, text=text)


def web_link(
    uri: str,
    *,
    text: str | None = None,
    title: str | None = None,
    target: str | None = None,
    preview_uri: str | None = None,
) -> Content:
    """Return a link to a web page.

    Args:
        uri: URL of the page.
        text: a description of it.
        title: its title.
        target: where it opens: `blank`, `self`, `selfCompact` or `selfTall`.
        preview_uri: URL of a preview image.

    Raises:
        InvalidRequest: the URL is not valid.
    """
    fields = _given(uri=_address(uri), text=text, title=title, target=target, previewUri=preview_uri)
    return Content(WEB_LINK, fields)


def menu(words: str, options: Sequence[str | Mapping[str, Any]]) -> Content:
    """Return a text with options to choose from.

    >>> menu("Coffee or tea?", ["Coffee", {"order": 2, "text": "Tea", "type": "text/plain", "value": "t"}])

    Args:
        words: the text.
        options: the options: their texts, or objects as the platform documents them.

    Raises:
        InvalidRequest: there are no options.
    """
    return Content(SELECT, {"text": words, "options": _options(options)})


def quick_reply(
    words: str, options: Sequence[str | Mapping[str, Any]], *, scope: str = "immediate"
) -> Content:
    """Return a text with up to eleven buttons.

    Args:
        words: the text.
        options: the buttons, as in `menu`.
        scope: `immediate` if the buttons disappear once one is pressed, or `persistent`.

    Raises:
        InvalidRequest: there are no buttons, or too many.
    """
    if len(options) > MOST_QUICK_REPLIES:
        raise InvalidRequest.of(options=f"are {len(options)}; the most are {MOST_QUICK_REPLIES}")
    return Content(SELECT, {"scope": scope, "text": words, "options": _options(options)})


def location(
    latitude: float, longitude: float, *, text: str | None = None, altitude: float | None = None
) -> Content:
    """Return a location.

    Args:
        latitude: in degrees.
        longitude: in degrees.
        text: a description of it.
        altitude: in meters.

    Raises:
        InvalidRequest: latitude or longitude is out of range.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise InvalidRequest.of(location=f"{latitude}, {longitude} is nowhere on earth")
    return Content(LOCATION, _given(latitude=latitude, longitude=longitude, altitude=altitude, text=text))


def ask_location(words: str) -> Content:
    """Return a text that asks for the location of the user."""
    validation = {"rule": "type", "type": LOCATION}
    return Content(INPUT, {"label": {"type": TEXT, "value": words}, "validation": validation})


def ask(words: str, *, rule: str = "text", error: str | None = None) -> Content:
    """Return a text that asks for an input.

    Args:
        words: the text.
        rule: what the platform accepts as an input: `text`, `number` or `date`.
        error: what it replies to another input.
    """
    return Content(
        INPUT, {"label": {"type": TEXT, "value": words}, "validation": _given(rule=rule, error=error)}
    )


def contact(identity: str, **fields: str) -> Content:
    """Return a contact card; `fields` are those of a contact, such as `name` and `phoneNumber`."""
    return Content(CONTACT, {"identity": identity, **fields})


def collection(*contents: Content) -> Content:
    """Return several contents in one message.

    Raises:
        InvalidRequest: there are none.
    """
    if not contents:
        raise InvalidRequest.of(collection="is empty")
    kinds = {each.type for each in contents}
    # A collection of one type states it once, which also makes cards a carousel (BLiP 3).
    if len(kinds) == 1:
        return Content(COLLECTION, {"itemType": kinds.pop(), "items": [each.content for each in contents]})
    return Content(COLLECTION, {"itemType": CONTAINER, "items": list(map(_wrapped, contents))})


def card(header: Content, options: Sequence[Content | tuple[Content, Content]]) -> Content:
    """Return a card: a header, usually an image with a text, and options to choose from.

    >>> card(image(uri, text="Soup"), [web_link(shop, text="Buy"), (text("More"), native({"more": True}))])

    Args:
        header: what the card shows.
        options: the options: a link, or a label and the content that is sent back if it is chosen.
    """
    return Content(DOCUMENT_SELECT, {"header": _wrapped(header), "options": list(map(_option, options))})


def carousel(*cards: Content) -> Content:
    """Return cards that are shown next to each other."""
    return collection(*cards)


def items(header: Content, *rows: Content) -> Content:
    """Return a list with a header.

    Raises:
        InvalidRequest: it has no rows.
    """
    if not rows:
        raise InvalidRequest.of(items="are missing")
    return Content(LIST, {"header": _wrapped(header), "items": list(map(_wrapped, rows))})


def native(payload: Mapping[str, Any]) -> Content:
    """Return a payload in the format of the recipient's channel, unchanged."""
    return Content(JSON, dict(payload))


def chat_state(state: str = "composing", interval: int | None = None) -> Content:
    """Return a chat state, such as that the bot is typing.

    Args:
        state: `starting`, `composing`, `paused`, `deleting` or `gone`.
        interval: how long it is shown, in milliseconds.

    Raises:
        InvalidRequest: there is no such state.
    """
    if state not in STATES:
        raise InvalidRequest.of(state=f"{state!r} is none of {', '.join(STATES)}")
    return Content(CHATSTATE, _given(state=state, interval=interval))


def redirect(address: str, context: Content | None = None) -> Content:
    """Return a redirect of the user to another bot.

    Args:
        address: the other bot, as the router knows it.
        context: content that the other bot receives.
    """
    return Content(REDIRECT, _given(address=address, context=_wrapped(context) if context else None))


def sensitive(inner: Content) -> Content:
    """Return content that the platform does not store."""
    return Content(SENSITIVE, _wrapped(inner))


def resource(key: str, **variables: str) -> Content:
    """Return a resource of the bot, whose variables the platform fills in.

    Args:
        key: name of the resource, as in `bot.resources()`.
        variables: values of its variables.
    """
    return Content(RESOURCE, _given(key=key, variables=variables or None))


def template(
    name: str,
    *values: str,
    language: str = "pt_BR",
    namespace: str | None = None,
    header: Mapping[str, Any] | None = None,
    buttons: Sequence[str] = (),
) -> Content:
    """Return a template that WhatsApp has approved, with the values of its body.

    >>> template("order_update", "Ana", "tomorrow")

    Args:
        name: name of the template.
        values: values of the body's variables, in order.
        language: code of its language.
        namespace: namespace of the account, if it is required.
        header: parameter of the header, such as `{"type": "image", "image": {"link": "https://…"}}`.
        buttons: payloads of its quick-reply buttons, in order.

    Raises:
        InvalidRequest: it has no name.
    """
    if not name.strip():
        raise InvalidRequest.of(template="has no name")
    parts: list[dict[str, Any]] = [{"type": "header", "parameters": [dict(header)]}] if header else []
    parts.append({"type": "body", "parameters": [{"type": "text", "text": value} for value in values]})
    parts += [
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": index,
            "parameters": [{"type": "payload", "payload": payload}],
        }
        for index, payload in enumerate(buttons)
    ]
    spoken = {"code": language, "policy": "deterministic"}
    filled = _given(namespace=namespace, name=name, language=spoken, components=parts)
    return Content(JSON, {"type": "template", "template": filled})


def _wrapped(inner: Content) -> dict[str, Any]:
    """Return a document as part of another."""
    return {"type": inner.type, "value": inner.content}


def _option(option: Content | tuple[Content, Content]) -> dict[str, Any]:
    if isinstance(option, Content):
        return {"label": _wrapped(option)}
    label, value = option
    return {"label": _wrapped(label), "value": _wrapped(value)}


def _given(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _options(options: Sequence[str | Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not options or isinstance(options, str):
        raise InvalidRequest.of(options="are missing; give a list of texts")
    return [{"text": option} if isinstance(option, str) else dict(option) for option in options]


def _address(uri: str) -> str:
    if not uri.startswith(("http://", "https://")):
        raise InvalidRequest.of(uri=f"{uri!r} is no web address; write it as https://host/path")
    return uri
