"""The only place where text becomes HTML.

Most of the text that msgnb shows was written by external senders, so all of it is escaped. `Markup` is a
string that is HTML already; `element` and `table` return it, and escape everything else.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from typing import Any


class Markup(str):
    """HTML that is safe to show."""

    __slots__ = ()


# Control characters break pages and printouts, and half a surrogate pair can't even be sent to a browser.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def replace_control_characters(value: Any) -> Any:
    """Return a value with a visible character in place of each one that can't be shown, in nested lists too.

    >>> replace_control_characters({"text": "ends" + chr(0)})
    {'text': 'ends␀'}
    """
    if isinstance(value, str):
        # `type(value)` keeps Markup what it is.
        return type(value)(_UNPRINTABLE.sub(_visible, value)) if _UNPRINTABLE.search(value) else value
    if isinstance(value, Mapping):
        return {name: replace_control_characters(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [replace_control_characters(each) for each in value]
    return value


def _visible(match: re.Match[str]) -> str:
    """Unicode's picture of a control character; the replacement character for half a surrogate pair."""
    code = ord(match[0])
    return "␡" if code == 0x7F else chr(0x2400 + code) if code < 0x20 else "\ufffd"


def element(tag: str, *content: str, **attributes: str) -> Markup:
    """Return an element; its content is escaped unless it is `Markup`.

    >>> element("b", "1 < 2", role="status")
    '<b role="status">1 &lt; 2</b>'
    """
    opening = "".join(
        f' {name}="{escape(replace_control_characters(value))}"' for name, value in attributes.items()
    )
    inner = "".join(
        piece if isinstance(piece, Markup) else escape(replace_control_characters(piece)) for piece in content
    )
    return Markup(f"<{tag}{opening}>{inner}</{tag}>")


def without_mathjax(*content: str) -> Markup:
    """Return a block in which notebooks don't take prices such as "$5 and $6" for a formula."""
    # The first class is for MathJax 2, the second one for MathJax 3 and later.
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
    """Return a table.

    Args:
        head: the names of the columns.
        rows: the texts of the cells, row by row.
        long: columns whose text is broken into lines.
        faint: numbers of the rows that are shown faintly, from 0.
    """
    styles = [_LONG if name in long else _CELL for name in head]
    top = element("tr", *(element("th", name, style=_CELL, scope="col") for name in head))
    body = [
        element(
            "tr",
            # Each cell finds its own direction, so that Arabic next to Portuguese is readable.
            *(element("td", cell, style=style, dir="auto") for cell, style in zip(row, styles, strict=True)),
            style="opacity:0.5" if number in faint else "",
        )
        for number, row in enumerate(rows)
    ]
    inner = element("thead", top) + element("tbody", Markup("".join(body)))
    return element("table", Markup(inner), style="border-collapse:collapse")
