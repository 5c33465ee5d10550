"""Removes one person's addresses from cells and texts, in every spelling.

Two kinds of people are removed: one whose address is known, and those of whom only hashes are kept because
they were forgotten earlier. For the first, a text is searched for the digits of the number, whatever stands
between them. For the others, each address that is found in a text is hashed and compared.
"""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Iterator, Sequence
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from msgnb.core.addresses import canonical_address
from msgnb.core.block_list import is_listed, mark_forgotten
from msgnb.core.errors import InvalidRequest
from msgnb.core.phones import earlier_numbers
from msgnb.tables.detectors import FEWEST_DIGITS, digits_of, find_personal
from msgnb.tables.schema import COUNT, TEXT

if TYPE_CHECKING:
    import pandas as pd

REMOVED = "[removed]"
"""What stands in a text in place of an address that was removed."""
_LIST = re.compile(r"\s*,\s*")
_BETWEEN = r"[\W_]{0,3}"
"""What may stand between the digits of a known number; its digits alone tell that it is the number."""
_IN_URL = re.compile(r"(?:\+|%2[Bb])?\d{7,15}|[\w.+-]+(?:@|%40|=40)[\w-]+(?:\.[\w-]+)+")


class Removal(ABC):
    """Somebody whose addresses are removed."""

    @abstractmethod
    def is_meant(self, address: str) -> bool:
        """Whether one address, in any spelling, is theirs."""

    @abstractmethod
    def clean_text(self, text: str) -> str:
        """Return a text with `[removed]` in place of their addresses."""

    def clean_addresses(self, cell: str) -> str | None:
        """Return a cell of addresses, separated by commas, without theirs; `None` if nobody is left.

        >>> removal.clean_addresses("1002@pbx.example,1004@pbx.example")
        '1002@pbx.example'
        """
        addresses = _LIST.split(cell)
        left = [address for address in addresses if not self._is_in(address)]
        return cell if len(left) == len(addresses) else ",".join(left) or None

    def clean_key(self, cell: str) -> str | None:
        """Return the ID of a session with hashes in place of their addresses; `None` if it is theirs.

        Unlike an address that is left out, a hash keeps two IDs apart.
        """
        addresses = _LIST.split(cell)
        if all(map(self._is_in, addresses)):
            return None
        return ",".join(mark_forgotten(each) if self._is_in(each) else each for each in addresses)

    def _is_in(self, address: str) -> bool:
        """Whether an address is theirs, or has theirs as a part."""
        return self.is_meant(address) or self.clean_text(address) != address


class KnownPerson(Removal):
    """Somebody whose address is known.

    Args:
        address: a phone number, identity, email address or user, in any spelling.
        region: the country of numbers without a country code; that of the address if it has one.

    Attributes:
        canonical: the address in its canonical form.
    """

    def __init__(self, address: str, region: str | None = None) -> None:
        self.canonical = canonical_address(address, region)
        self._region = region or _find_region(self.canonical)
        self._pattern = _make_pattern(self.canonical)

    def is_meant(self, address: str) -> bool:
        """Whether an address is theirs."""
        return canonical_address(address, self._region) == self.canonical

    def clean_text(self, text: str) -> str:
        """Return a text with `[removed]` in place of the address."""
        if self._pattern is None:
            return text
        composed = unicodedata.normalize("NFC", text)
        return self._pattern.sub(REMOVED, composed) if self._pattern.search(composed) else text

    @property
    def tail(self) -> str:
        """What every text that names the address contains, apart from what stands between digits."""
        if self.canonical.startswith("+"):
            return self.canonical[-FEWEST_DIGITS:]
        return self.canonical.partition("@")[0]

    @property
    def names_anything(self) -> bool:
        """Whether a text can name the address; the names of users are words of many texts."""
        return self._pattern is not None


class ForgottenPeople(Removal):
    """People who were forgotten.

    Args:
        hashes: their hashes, as `BlockList.load` returns them.
    """

    def __init__(self, hashes: Collection[str]) -> None:
        self._hashes = hashes

    def __bool__(self) -> bool:
        return bool(self._hashes)

    def is_meant(self, address: str) -> bool:
        """Whether an address is that of somebody who was forgotten."""
        return is_listed(address, self._hashes)

    def clean_text(self, text: str) -> str:
        """Return a text with `[removed]` in place of their addresses."""
        pieces, end = [], 0
        for found in find_personal(text):
            written = text[found.start : found.end]
            number = f"+{''.join(found.phone)}" if found.phone else digits_of(written)
            if found.kind == "url":
                cleaned = _IN_URL.sub(self._clean_in_url, written)
            else:
                meant = self.is_meant(written) or (bool(number) and self.is_meant(number))
                cleaned = REMOVED if meant else written
            pieces += [text[end : found.start], cleaned]
            end = found.end
        return "".join([*pieces, text[end:]])

    def _clean_in_url(self, match: re.Match[str]) -> str:
        return REMOVED if self.is_meant(unquote(match[0].replace("=40", "@"))) else match[0]


def check_person(who: str, region: str | None) -> KnownPerson:
    """Return the person with an address.

    Raises:
        InvalidRequest: the address is empty, or a phone number without a country.
    """
    if not who.strip():
        raise InvalidRequest.of(who="is empty; give a phone number, identity, email address or user")
    person = KnownPerson(who, region)
    if person.canonical.isdecimal() and len(person.canonical) >= FEWEST_DIGITS:
        # It would be somebody else in another country.
        raise InvalidRequest.of(who="has no country code; write it with + and the code, or give the region")
    return person


def make_report(rows: Sequence[tuple[str, str, int]]) -> pd.DataFrame:
    """Return what was removed where, as a table."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    report = pd.DataFrame(rows, columns=["place", "removed", "count"])
    return report.astype({"place": TEXT, "removed": TEXT, "count": COUNT})


def warn_not_found(person: KnownPerson, addresses: Iterable[str], place: str) -> None:
    """Warn that nothing was removed, with the addresses that are close."""
    close = list(_find_close(person, addresses))
    words = f"nothing of {person.canonical} was found in {place}"
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    # The level of the caller of `forget`, so that a notebook shows the line of the cell.
    warnings.warn(f"{words}{hint}", UserWarning, stacklevel=3)


def _find_close(person: KnownPerson, addresses: Iterable[str]) -> Iterator[str]:
    """Yield addresses that look like somebody's who was not found."""
    known = {canonical_address(address): address for address in addresses}
    local = person.canonical.partition("@")[0]
    same = [each for each in known if each.partition("@")[0] == local]
    for each in dict.fromkeys([*same, *get_close_matches(person.canonical, known, 3, 0.75)]):
        yield known[each]


def _find_region(canonical: str) -> str | None:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(canonical))
    except phonenumbers.NumberParseException:
        return None


def _make_pattern(canonical: str) -> re.Pattern[str] | None:
    """What the mentions of an address look like; `None` for users, whose names are words of many texts."""
    if canonical.startswith("+"):
        numbers = [_make_number_pattern(number) for number in (canonical, *earlier_numbers(canonical))]
        return re.compile(rf"(?:{'|'.join(numbers)})(?:@[\w.-]+\w)?")
    local, at, domain = canonical.partition("@")
    if not at:
        return None
    sign = r"(?: ?[@＠] ?|%40|=40| ?\(at\) ?| ?\[at\] ?| at | arroba )"
    point = r"(?:\.| dot | ponto )".join(map(re.escape, domain.split(".")))
    return re.compile(rf"(?<![\w.+-]){re.escape(local)}{sign}{point}(?!\w)", re.IGNORECASE)


def _make_number_pattern(number: str) -> str:
    """A number with or without its country code, with anything that people write between digits."""
    import phonenumbers  # noqa: PLC0415 - loads when first used

    parsed = phonenumbers.parse(number)
    code, national = str(parsed.country_code), phonenumbers.national_significant_number(parsed)
    zero = _digit("0")
    international = rf"(?:[+＋]|(?:{zero}{_BETWEEN}){{2}})?{_BETWEEN.join(map(_digit, code))}{_BETWEEN}"
    # Within some countries a zero comes first, in Brazil with the two digits of a carrier.
    trunk = rf"{zero}{_BETWEEN}(?:\d{_BETWEEN}\d{_BETWEEN})?"
    return rf"(?<!\d)(?:{international})?(?:{trunk})?{_BETWEEN.join(map(_digit, national))}(?!\d)"


@cache
def _digit(digit: str) -> str:
    """A class of characters with one digit in all scripts."""
    marks = map(chr, range(sys.maxunicode))
    return f"[{''.join(mark for mark in marks if unicodedata.decimal(mark, None) == int(digit))}]"
