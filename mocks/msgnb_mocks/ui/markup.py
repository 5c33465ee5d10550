"""Makes HTML; all text is escaped, because strangers write it."""

from __future__ import annotations

import re
from html import escape

from msgnb_mocks.core.access import ROOT, VIEW

# Texts can't contain such an attribute: their quotation marks are escaped.
_OWN_ADDRESS = re.compile(rf'(?<= )(href|src|action)="({ROOT}/[^"?]*)"')


class Html(str):
    """Text that is HTML already and must not be escaped."""

    __slots__ = ()


VOID = frozenset({"input", "link", "meta", "br"})


def tag(name: str, /, *content: str, **attributes: str | None) -> Html:
    """Return an element with escaped content, unless it is `Html`; attributes that are `None` are left out.

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
    return Html(f"<{name}{opening}>{join(*content)}</{name}>")


def join(*content: str) -> Html:
    """Return several pieces in a row."""
    return Html("".join(piece if isinstance(piece, Html) else escape(piece) for piece in content))


def document(title: str, body: Html, view: str) -> str:
    """Return a whole page, whose links and forms contain what works together with the cookie."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{title} · msgnb mocks"),
        tag("link", rel="stylesheet", href=f"{ROOT}/style.css"),
        tag("script", src=f"{ROOT}/script.js", defer=""),
    )
    page = f"<!doctype html>{tag('html', head, tag('body', body), lang='en')}"
    return _OWN_ADDRESS.sub(rf'\1="\2?{VIEW}={view}"', page)
