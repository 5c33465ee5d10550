"""HTML that contains the words of strangers."""

from __future__ import annotations

from msgnb.core.html import Markup, element


def test_markup_is_escaped_once() -> None:
    """Text is escaped, attributes too, and what is markup already is left as it is."""
    inner = element("i", "<x>", title='"quoted"')
    assert inner == '<i title="&quot;quoted&quot;">&lt;x&gt;</i>'
    assert element("b", inner, "&") == f"<b>{inner}&amp;</b>"
    assert isinstance(inner, Markup)
