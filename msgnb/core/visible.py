r"""Text of others where people read it: what can't be seen is written out.

A terminal obeys ESC; a mark such as U+202E reverses what follows; characters without a width hide in words.
In tables, reprs and lines of output they are shown as Python writes them: `\x1b`, `\u202e`. Values stay what
they are.
"""

from __future__ import annotations

import re
import unicodedata

_CANDIDATE = re.compile(r"[^ -~]")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"
_LAYOUT = "\n\t"


def escape_invisible(text: str, keep: str = _LAYOUT) -> str:
    r"""Return a text with escapes for the characters that can't be seen.

    >>> escape_invisible("name" + chr(0x202E) + "gpj" + chr(27) + "[2J")
    'name\\u202egpj\\x1b[2J'

    Joiners that are needed to write emoji and some scripts stay where they join something.

    Args:
        text: the text.
        keep: characters that stay, for the layout; none for a value within a line.
    """
    if text.isprintable():
        return text
    return _CANDIDATE.sub(lambda found: _escape(found, keep), text)


def _escape(found: re.Match[str], keep: str) -> str:
    mark = found[0]
    if mark in keep or unicodedata.category(mark) not in _INVISIBLE:
        return mark
    around = found.string[max(0, found.start() - 1) : found.end() + 1].replace(mark, "")
    # Between ASCII characters nothing is joined, and a joiner only hides.
    if mark in _JOINERS and len(around) == 2 and not any(map(_is_bare, around)):
        return mark
    return mark.encode("unicode_escape").decode()


def _is_bare(mark: str) -> bool:
    return mark.isascii() or unicodedata.category(mark) in _INVISIBLE
