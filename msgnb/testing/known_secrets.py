"""Secrets that are known, and where they are: in a text, and under all of its encodings.

Percent encoding, escapes and whole texts in base64, hex or gzip are undone, and each layer is searched. In
the middle of a longer text in base64, a secret has one of three spellings. Their ends depend on what is
around it; what is between them is searched as it is, and so is the secret in hex.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from msgnb.core.secrets import Secret, base64_cores, sealed
from msgnb.testing.layers import decode_layers

HIDDEN = "hidden"
SHORTEST = 6
"""Characters that a secret must have to be searched everywhere; a shorter one would be found by chance."""
SHORTEST_INSIDE_WORDS = 8
"""Characters from which a secret is found inside of longer words, too."""
LONGEST_REMEMBERED = 200
"""Characters of a text that is not searched again; IDs and addresses occur often."""
_WORD = re.compile(r"\S+")
_URL_SAFE = str.maketrans("-_", "+/")


@dataclass(frozen=True, repr=False)
class _Spellings:
    """How a secret is found; `whole` is a pattern for one that may be a part of other words by chance."""

    plain: str
    encoded: tuple[str, ...]
    hexadecimal: str
    whole: re.Pattern[str] | None

    def occur_in(self, text: str, usual: str, lowered: str) -> bool:
        if self.plain in text and (self.whole is None or self.whole.search(text)):
            return True
        return self.hexadecimal in lowered or any(each in usual for each in self.encoded)


class KnownSecrets:
    """Finds and hides secrets once they are known."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: dict[Secret, _Spellings] = {}
        self._clean: set[str] = set()
        for secret in secrets:
            self.learn(secret)

    @sealed
    def learn(self, secret: str) -> None:
        """Hide a value everywhere from now on."""
        secret = secret.strip()
        if len(secret) < SHORTEST or secret == HIDDEN or Secret(secret) in self._known:
            return
        self._known[Secret(secret)] = _spell(secret)
        self._clean.clear()

    @sealed
    def hide(self, text: str) -> str:
        """Return a text without the secrets; what contains one under an encoding is hidden as a whole."""
        if not self.in_layers(text):
            return text
        for known in sorted(self._known.values(), key=lambda each: len(each.plain), reverse=True):
            text = known.whole.sub(HIDDEN, text) if known.whole else text.replace(known.plain, HIDDEN)
        if self.in_layers(text):
            text = _WORD.sub(lambda word: HIDDEN if self.in_layers(word[0]) else word[0], text)
        return HIDDEN if self.in_layers(text) else text

    @sealed
    def in_layers(self, text: str) -> bool:
        """Return whether a text contains a secret, also under several encodings."""
        if not self._known or len(text) < SHORTEST or text in self._clean:
            return False
        if any(self._in_plain(layer) for layer in decode_layers(text)):
            return True
        if len(text) <= LONGEST_REMEMBERED:
            self._clean.add(text)
        return False

    def _in_plain(self, text: str) -> bool:
        usual, lowered = text.translate(_URL_SAFE), text.lower()
        return any(known.occur_in(text, usual, lowered) for known in self._known.values())


def _spell(secret: str) -> _Spellings:
    raw = secret.encode("utf-8", "surrogateescape")
    inside = len(secret) >= SHORTEST_INSIDE_WORDS and not secret.isdigit()
    whole = None if inside else re.compile(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])")
    return _Spellings(secret, tuple(base64_cores(raw)), raw.hex(), whole)
