"""Finds known names of people in texts, in any case, with or without accents, and in parts.

A name is known from a column of people: of the table itself, or of tables given with it. A text is read word
by word, so thousands of names cost no more than one. A word that belongs to several people gets a pseudonym
of its own, since nobody can tell which of them is meant.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from msgnb.tables.pseudonyms import MASKED_NAME

_WORD = re.compile(r"[^\W\d_]+")
_SHORTEST = 3
"""Letters that a part of a name must have; a part with two must be capitalized as names are."""
# Between the parts of names in many languages, and words of texts.
_PARTICLES = frozenset({
    "al", "an", "and", "ben", "bin", "da", "das", "de", "del", "della", "den", "der", "di", "do", "dos", "du",
    "e", "el", "en", "et", "ibn", "la", "las", "le", "los", "mac", "mc", "och", "of", "san", "santa", "sao",
    "the", "und", "van", "ver", "vom", "von", "y", "zu", "zum", "zur", "dr", "sr", "sra", "mr", "mrs", "ms",
    "dona", "seu", "don",
})  # fmt: skip


class NamedPerson(NamedTuple):
    """A known person in a text.

    Attributes:
        start: where the name starts.
        end: where it ends.
        name: the name in the column of people; the word itself if several people have it.
    """

    start: int
    end: int
    name: str


class Names:
    """The names of some people.

    Args:
        names: the names, as they are in a column; missing ones are left out.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_word: dict[str, set[str]] = {}
        self._whole: dict[str, str] = {}
        # Names without any letters, such as emoji.
        self._other: dict[str, str] = {}
        for name in names:
            self.learn(name)

    def __bool__(self) -> bool:
        return bool(self._whole or self._other)

    def find(self, text: str) -> list[NamedPerson]:
        """Return the names in a text, in order and without overlaps."""
        found = list(self._find_words(text))
        taken = [(each.start, each.end) for each in found]
        for written, name in self._other.items():
            for match in re.finditer(re.escape(written), text):
                if all(match.end() <= start or end <= match.start() for start, end in taken):
                    found.append(NamedPerson(match.start(), match.end(), name))
        return sorted(found)

    def learn(self, name: str) -> None:
        """Find a name from now on."""
        name = name.strip()
        if not name or MASKED_NAME.fullmatch(name):
            return
        parts = [_fold(word) for word in _WORD.findall(name)]
        if not parts:
            if not name.isdecimal():
                self._other[name] = name
            return
        self._whole.setdefault(" ".join(parts), name)
        # As in addresses and nicknames, without a space.
        joined = {"".join(parts), parts[0] + parts[-1]} if len(parts) > 1 else set()
        for part in {*parts, *joined}:
            if (part not in _PARTICLES and len(part) > 1) or len(parts) == 1:
                self._by_word.setdefault(part, set()).add(name)

    def _find_words(self, text: str) -> Iterator[NamedPerson]:
        words = list(_WORD.finditer(text))
        number = 0
        while number < len(words):
            people = self._people(words[number])
            if not people:
                number += 1
                continue
            last = number
            # The words of one name that follow each other are one person.
            for following in range(number + 1, len(words)):
                gap = text[words[following - 1].end() : words[following].start()]
                if len(gap) > 3 or any(mark in gap for mark in "\n.,;:!?"):
                    break
                word = _fold(words[following][0])
                common = people & self._by_word.get(word, set())
                if common:
                    people, last = common, following
                elif word not in _PARTICLES:
                    break
            start, end = words[number].start(), words[last].end()
            yield NamedPerson(start, end, self._name(people, text[start:end]))
            number = last + 1

    def _people(self, word: re.Match[str]) -> set[str]:
        folded = _fold(word[0])
        if len(folded) < _SHORTEST and not word[0][:1].isupper():
            return set()
        return self._by_word.get(folded, set())

    def _name(self, people: set[str], written: str) -> str:
        folded = " ".join(_fold(word) for word in _WORD.findall(written))
        if len(people) == 1:
            return next(iter(people))
        return self._whole.get(folded, folded)


def _fold(word: str) -> str:
    """Return a word without case and accents."""
    plain = unicodedata.normalize("NFKD", word).casefold()
    return "".join(mark for mark in plain if not unicodedata.combining(mark))
