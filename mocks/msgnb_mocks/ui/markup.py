"""Makes HTML of values; all text is escaped, because strangers write it."""

from __future__ import annotations

from html import escape


class Html(str):
    """HTML that is safe to show."""

    __slots__ = ()


VOID = frozenset({"input", "link", "meta", "br"})


def tag(name: str, /, *content: str, **attributes: str | None) -> Html:
    """An element; its content is escaped, unless it is `Html` already. `None` leaves an attribute out.

    >>> tag("a", "1 < 2", href="/", class_="plain")
    '<a href="/" class="plain">1 &lt; 2</a>'
    """
    opening = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in VOID:
        return Html(f"<{name}{opening}>")
    return Html(f"<{name}{opening}>{joined(*content)}</{name}>")


def joined(*content: str) -> Html:
    """Some pieces, one after the other."""
    return Html("".join(piece if isinstance(piece, Html) else escape(piece) for piece in content))


def document(title: str, body: Html) -> str:
    """A whole page."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · msgnb mocks"),
        tag("link", rel="stylesheet", href="/style.css"),
        tag("script", src="/script.js", defer=""),
    )
    return f"<!doctype html>{tag('html', head, tag('body', body), lang='en')}"
