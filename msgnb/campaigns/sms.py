"""How many SMS a text takes, and which characters make it more.

* A text of GSM's own alphabet has seven bits a character: 160 in one SMS, 153 in each of several. Some
  characters, such as `€` and `[`, take two of these places.
* One other character makes the whole text Unicode: 70 UTF-16 units in one SMS, 67 in each of several. There
  every character counts one unit, GSM's two-place characters too; emoji and other rare ones count two.
* Neither a two-place character nor a pair of units is ever cut in two: what does not fit goes to the next
  SMS.
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
GSM_ROOM, UNICODE_ROOM = (160, 153), (70, 67)
"""Places in one SMS, and in each of several, which also carry what joins them."""
BEYOND_ONE_UNIT = 0xFFFF

# What word processors put in the place of what was typed; each has a plain form that reads alike.
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
    """What a text takes as SMS.

    Attributes:
        encoding: `GSM-7` or `UCS-2`.
        characters: as a person counts them.
        units: places that they take: septets, or UTF-16 units.
        segments: how many SMS that is; none for an empty text.
        left: places left in the last one.
        culprits: the characters that force Unicode, each once, in their order.
        suggestion: the text with plain forms in the place of quotes, dashes and spaces that force Unicode, if
            it is GSM then and takes no more SMS; `None` where that does not help.
    """

    encoding: str
    characters: int
    units: int
    segments: int
    left: int
    culprits: tuple[str, ...] = ()
    suggestion: str | None = None


@lru_cache(maxsize=4096)
def size(text: str) -> Size:
    """How many SMS a text takes, and why.

    >>> size("Hello").segments
    1
    >>> size("It’s €5").culprits, size("It’s €5").suggestion
    (('’',), "It's €5")
    """
    culprits = tuple(dict.fromkeys(letter for letter in text if not _is_gsm(letter)))
    places = _places(text, unicode=bool(culprits))
    segments, left = _packed(places, *(UNICODE_ROOM if culprits else GSM_ROOM))
    plain = _plain(text) if culprits else None
    if plain and _packed(_places(plain, unicode=False), *GSM_ROOM)[0] > segments:
        plain = None
    encoding = "UCS-2" if culprits else "GSM-7"
    return Size(encoding, len(text), sum(places), segments, left, culprits, plain)


def _places(text: str, *, unicode: bool) -> list[int]:
    """The places that each character takes."""
    if unicode:
        return [2 if ord(letter) > BEYOND_ONE_UNIT else 1 for letter in text]
    return [2 if letter in GSM_EXTENSION else 1 for letter in text]


def _packed(places: list[int], single: int, part: int) -> tuple[int, int]:
    """The number of SMS, and the places left in the last one."""
    if not places:
        return 0, single
    if sum(places) <= single:
        return 1, single - sum(places)
    segments, left = 1, part
    for place in places:
        if place > left:
            segments, left = segments + 1, part
        left -= place
    return segments, left


def _plain(text: str) -> str | None:
    found = "".join(letter if _is_gsm(letter) else PLAIN.get(letter, letter) for letter in text)
    return found if all(map(_is_gsm, found)) else None


def _is_gsm(letter: str) -> bool:
    return letter in GSM or letter in GSM_EXTENSION
