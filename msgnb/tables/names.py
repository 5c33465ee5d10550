"""Finds known names of people in texts, in any case, with or without accents, and in parts.

A name is known from a column of people: of the table itself, or of tables given with it. Names and texts are
compared without case, accents and vowel signs. Most scripts have spaces between words, so a text is read word
by word, and thousands of names cost no more than one. A word that belongs to several people gets a pseudonym
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
_SPACED_UP_TO = "\u058f"
"""The last letter of the scripts (Latin, Greek, Cyrillic, Armenian) whose words nothing is attached to."""
_SHORTEST_ATTACHED = 2
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
"""Letters that have no accent to be taken off."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
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
        names: the names, as they are in a column.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._by_word: dict[str, set[str]] = {}
        self._whole: dict[str, str] = {}
        # Names of scripts without spaces, or with particles attached to words.
        self._attached: dict[str, set[str]] = {}
        # Names without any letters, such as emoji.
        self._symbols: dict[str, str] = {}
        for name in names:
            self.learn(name)

    def __bool__(self) -> bool:
        return bool(self._whole or self._symbols)

    def find(self, text: str) -> list[NamedPerson]:
        """Return the names in a text, in order and without overlaps."""
        folded, places = _fold(text)
        found = list(self._find_words(folded, text, places))
        for part, people in self._attached.items():
            found += [
                _placed(match.start(), match.end(), places, self._name(people, part))
                for match in re.finditer(re.escape(part), folded)
            ]
        for written, name in self._symbols.items():
            found += [NamedPerson(*each.span(), name) for each in re.finditer(re.escape(written), text)]
        return _without_overlaps(found)

    def learn(self, name: str) -> None:
        """Find a name from now on."""
        if not name.strip() or MASKED_NAME.fullmatch(name):
            return
        parts = _WORD.findall(_fold(name)[0])
        if not parts:
            # A point or a dash is no name to look for.
            if any(unicodedata.category(mark) == "So" for mark in name):
                self._symbols.setdefault(name.strip(), name)
            return
        self._whole.setdefault(" ".join(parts), name)
        name = self._whole[" ".join(parts)]
        # As in addresses and nicknames, without a space; and umlauts as in passports.
        joined = {"".join(parts), parts[0] + parts[-1]} if len(parts) > 1 else set()
        spelled = _WORD.findall(_fold(unicodedata.normalize("NFC", name).casefold().translate(_UMLAUTS))[0])
        for part in {*parts, *joined, *spelled}:
            if min(part) > _SPACED_UP_TO:
                if len(part) >= _SHORTEST_ATTACHED:
                    self._attached.setdefault(part, set()).add(name)
            elif len(part) > 1 and (part not in _PARTICLES or len(parts) == 1):
                self._by_word.setdefault(part, set()).add(name)

    def _find_words(self, folded: str, text: str, places: list[int]) -> Iterator[NamedPerson]:
        words = list(_WORD.finditer(folded))
        number = 0
        while number < len(words):
            people = self._people(words[number], text[places[words[number].start()]])
            if not people:
                number += 1
                continue
            last = number
            # The words of one name that follow each other are one person.
            for following in range(number + 1, len(words)):
                gap = folded[words[following - 1].end() : words[following].start()]
                if len(gap) > 3 or any(mark in gap for mark in "\n.,;:!?"):
                    break
                word = words[following][0]
                common = people & self._by_word.get(word, set())
                if common:
                    people, last = common, following
                elif word not in _PARTICLES:
                    break
            start, end = words[number].start(), words[last].end()
            yield _placed(start, end, places, self._name(people, folded[start:end]))
            number = last + 1

    def _people(self, word: re.Match[str], first: str) -> set[str]:
        if len(word[0]) < _SHORTEST and not first.isupper():
            return set()
        return self._by_word.get(word[0], set())

    def _name(self, people: set[str], folded: str) -> str:
        if len(people) == 1:
            return next(iter(people))
        whole = " ".join(_WORD.findall(folded))
        return self._whole.get(whole, whole)


def _fold(text: str) -> tuple[str, list[int]]:
    """Return a text without case, accents, vowel signs and joiners, and where each of its characters was."""
    folded: list[str] = []
    places: list[int] = []
    for place, mark in enumerate(text):
        if mark.isascii():
            plain = mark.lower()
        else:
            plain = unicodedata.normalize("NFKD", mark).casefold().translate(_LETTERS)
            plain = "".join(each for each in plain if unicodedata.category(each) not in {"Mn", "Mc", "Cf"})
        folded.append(plain)
        places += [place] * len(plain)
    return "".join(folded), [*places, len(text)]


def _placed(start: int, end: int, places: list[int], name: str) -> NamedPerson:
    """A name at its place in the text as it is written, with the signs that follow its last letter."""
    # Up to the next letter, or the end of the text, only signs were left out.
    end_place = places[end] if end < len(places) else places[-1]
    return NamedPerson(places[start], end_place, name)


def _without_overlaps(found: list[NamedPerson]) -> list[NamedPerson]:
    """Keep the longest of those that begin at one place, and none that begins within another."""
    kept: list[NamedPerson] = []
    for each in sorted(found, key=lambda each: (each.start, -each.end)):
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept
