"""How many SMS a text takes, and which of its characters make it more (3GPP TS 23.038 and 23.040).

A text in the GSM 7-bit alphabet has room for 160 characters in one SMS. A longer one is split into several
SMS of 153, because each carries a header by which the phone joins them. Some characters, such as `€` and `[`,
take two units.

One character outside of this alphabet makes the whole text UCS-2: 70 UTF-16 units in one SMS, 67 in each of
several. All characters count one unit there, the two-unit characters of GSM too; emoji and other rare ones
count two.

A character of two units is never split between two SMS: it moves to the next one, and leaves a unit empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("^{}\\[~]|€\f")
"""Characters that are written as an escape character and another one, so they take two units."""
GSM_UNITS, UCS2_UNITS = (160, 153), (70, 67)
"""Units in a single SMS, and in each of several."""
LAST_SINGLE_UNIT = 0xFFFF
"""The last character that UTF-16 writes as one unit; those after it are surrogate pairs."""

# What word processors type instead of the keys that were pressed; each has a plain form that reads the same.
PLAIN: Mapping[str, str] = {
    **dict.fromkeys("“”„‟«»″", '"'),
    **dict.fromkeys("‘’‚‛′`´", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t", " "),
    **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    **dict.fromkeys("•·∙", "*"),
    "…": "...",
    "\u2028": "\n",
    "\u2029": "\n",
    "‹": "<",
    "›": ">",
    "×": "x",
}


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a text as SMS.

    Attributes:
        encoding: `GSM-7` or `UCS-2`.
        characters: number of characters, as `len` counts them.
        units: number of units that they take: septets in GSM-7, UTF-16 units in UCS-2.
        segments: number of SMS; 0 for an empty text.
        left: number of units left in the last SMS.
        culprits: characters that force UCS-2, each once, in their order.
        suggestion: the text with quotes, dashes and spaces replaced by plain ones, if that makes it GSM-7 and
            takes no more SMS; otherwise `None`.
    """

    encoding: str
    characters: int
    units: int
    segments: int
    left: int
    culprits: tuple[str, ...] = ()
    suggestion: str | None = None


# Campaigns and forms ask for the same texts again and again.
@lru_cache(maxsize=4096)
def size(text: str) -> Size:
    """Return how many SMS a text takes, and why.

    >>> size("Hello").segments
    1
    >>> size("It’s €5").culprits, size("It’s €5").suggestion
    (('’',), "It's €5")
    """
    culprits = tuple(dict.fromkeys(letter for letter in text if not _is_gsm(letter)))
    units = _count_units(text, ucs2=bool(culprits))
    segments, left = _split(units, *(UCS2_UNITS if culprits else GSM_UNITS))
    suggestion = _make_plain(text) if culprits else None
    # Plain forms can be longer: "…" becomes three characters.
    if suggestion and _split(_count_units(suggestion, ucs2=False), *GSM_UNITS)[0] > segments:
        suggestion = None
    encoding = "UCS-2" if culprits else "GSM-7"
    return Size(encoding, len(text), sum(units), segments, left, culprits, suggestion)


def _count_units(text: str, *, ucs2: bool) -> list[int]:
    """Return how many units each character takes."""
    if ucs2:
        return [2 if ord(letter) > LAST_SINGLE_UNIT else 1 for letter in text]
    return [2 if letter in GSM_EXTENSION else 1 for letter in text]


def _split(units: list[int], single: int, several: int) -> tuple[int, int]:
    """Return the number of SMS, and the units left in the last one."""
    if not units:
        return 0, single
    if sum(units) <= single:
        return 1, single - sum(units)
    segments, left = 1, several
    for needed in units:
        if needed > left:
            segments, left = segments + 1, several
        left -= needed
    return segments, left


def _make_plain(text: str) -> str | None:
    """Return the text in plain characters; `None` if some have no plain form."""
    plain = "".join(letter if _is_gsm(letter) else PLAIN.get(letter, letter) for letter in text)
    return plain if all(map(_is_gsm, plain)) else None


def _is_gsm(letter: str) -> bool:
    return letter in GSM or letter in GSM_EXTENSION
