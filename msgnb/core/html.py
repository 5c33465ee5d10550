"""The one place where text becomes HTML: strangers write it, so all of it is escaped."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from typing import Any


class Markup(str):
    """HTML that is safe to show."""

    __slots__ = ()


# Control characters break pages and prints, and half a surrogate pair can't even be sent to a browser.
_ODD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean(value: Any) -> Any:
    """The same, with another character for each that can't be shown.

    >>> clean({"text": "ends" + chr(0)})
    {'text': 'ends␀'}
    """
    if isinstance(value, str):
        return type(value)(_ODD.sub(_shown, value)) if _ODD.search(value) else value
    if isinstance(value, Mapping):
        return {name: clean(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    return value


def _shown(odd: re.Match[str]) -> str:
    code = ord(odd[0])
    return "␡" if code == 0x7F else chr(0x2400 + code) if code < 0x20 else "\ufffd"


def element(tag: str, *content: str, **attributes: str) -> Markup:
    """An element; its content is escaped, unless it is `Markup` already.

    >>> element("b", "1 < 2", role="status")
    '<b role="status">1 &lt; 2</b>'
    """
    opening = "".join(f' {name}="{escape(clean(value))}"' for name, value in attributes.items())
    inner = "".join(piece if isinstance(piece, Markup) else escape(clean(piece)) for piece in content)
    return Markup(f"<{tag}{opening}>{inner}</{tag}>")


def as_written(*content: str) -> Markup:
    """A block in which no front end takes a price such as "$5 and $6" for a formula.

    The first class is what older MathJax reads, the second what it reads since 3.
    """
    return element("div", *content, **{"class": "tex2jax_ignore mathjax_ignore"})


_CELL = "padding:2px 14px 2px 0;text-align:left;vertical-align:top;line-height:1.5;white-space:nowrap"
_LONG = f"{_CELL};white-space:pre-wrap;overflow-wrap:anywhere;min-width:16em"


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    long: Collection[str] = (),
    faint: Collection[int] = (),
) -> Markup:
    """A table; the columns in `long` break their text, the rows in `faint` stand back."""
    looks = [_LONG if name in long else _CELL for name in head]
    top = element("tr", *(element("th", name, style=_CELL, scope="col") for name in head))
    body = [
        element(
            "tr",
            *(element("td", cell, style=look, dir="auto") for cell, look in zip(row, looks, strict=True)),
            style="opacity:0.5" if number in faint else "",
        )
        for number, row in enumerate(rows)
    ]
    inner = element("thead", top) + element("tbody", Markup("".join(body)))
    return element("table", Markup(inner), style="border-collapse:collapse")
