"""The one place where text becomes HTML: strangers write it, so all of it is escaped."""

from __future__ import annotations

from html import escape


class Markup(str):
    """HTML that is safe to show."""

    __slots__ = ()


def element(tag: str, *content: str, **attributes: str) -> Markup:
    """An element; its content is escaped, unless it is `Markup` already.

    >>> element("b", "1 < 2", role="status")
    '<b role="status">1 &lt; 2</b>'
    """
    opening = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    inner = "".join(piece if isinstance(piece, Markup) else escape(piece) for piece in content)
    return Markup(f"<{tag}{opening}>{inner}</{tag}>")
