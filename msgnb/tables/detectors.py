"""Finds what identifies people in texts: numbers, addresses, URLs and IDs, in any spelling.

Numbers are found twice. `phonenumbers` knows how people of a country write phone numbers, and tells whose a
number without a country code is. Whatever else has seven digits or more counts as personal too, whether its
checksum shows what it is or not; only dates and times don't.

What can't be found: names that no table of people has, addresses in words ("the red house in Rua Augusta"),
numbers that are spelled out, and what only acquaintances understand.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import phonenumbers

Kind = Literal["address", "handle", "url", "phone", "cpf", "cnpj", "card", "iban", "number", "name"]
"""What was found. `number` is any other number of seven digits or more, `handle` a user name after an `@`."""


class Found(NamedTuple):
    """Something personal in a text.

    Attributes:
        start: where it starts.
        end: where it ends.
        kind: what it is.
        phone: country code and national number, if it is a phone number of a known country.
        name: whose name it is, as a table of people has it.
    """

    start: int
    end: int
    kind: Kind
    phone: tuple[str, str] | None = None
    name: str | None = None


FEWEST_DIGITS = 7
"""Digits that a number must have to be personal; fewer are prices, codes and years."""
GAP = (
    r"[ \t().\-/\u00a0\u00ad\u2000-\u200f\u2010-\u2015\u202a-\u202f\u2060\u2212\u3000\u30fc\ufe0f\u20e3\ufeff"
    r"\uff08\uff09\uff0d\uff0e\uff0f_*·•~|]"
)
"""What people write between the digits of a number."""
RUN = re.compile(rf"[+＋]?\(?\d(?:{GAP}{{0,3}}\d){{{FEWEST_DIGITS - 1},}}")
URL = re.compile(
    r"""\b[a-z][a-z0-9+.-]{1,15}://[^\s<>"'“”]+|\bwww\.[^\s<>"'“”]+|(?<![\w@.-])(?:[\w-]+\.)+[a-z]{2,}/[^\s<>"'“”]+""",
    re.IGNORECASE,
)
_AFTER_URL = ".,;:!?)]}…"
ADDRESS = re.compile(
    r"""(?:"[^"\n]+"|[^\s@＠,;:<>()\[\]"“”«»|?/]+)(?:[@＠]| [@＠] (?=\S+\.[^\W\d]{2}))[\w-]+(?:\.[\w-]+)*"""
)
SPELLED_ADDRESS = re.compile(
    r"[\w.+-]+ ?(?:\(at\)|\[at\]|\{at\}| arroba ) ?[\w-]+(?: ?(?:\.|\(dot\)|\[dot\]| ponto ) ?[\w-]+)+"
    r"|[\w.+-]+ at [\w-]+(?: dot [\w-]+)+",
    re.IGNORECASE,
)
HANDLE = re.compile(r"(?<![\w@.])[@＠](?=[\w.]*[^\W\d])[\w.]{2,30}")
_CURRENCY = r"(?:R\$|US\$|[$€£¥₦₹]|\b(?:BRL|USD|EUR|GBP|XOF|NGN|MXN|ARS|FCFA|CFA)\b)"
_UNIT = r"(?:R\$|[$€£¥]|\b(?:reais|euros?|francs?|FCFA|CFA|dollars?|views?|km|m²)\b)"
HARMLESS = re.compile(
    rf"{_CURRENCY} ?\d{{1,3}}(?:[.,\u00a0 ]\d{{3}})*(?:[.,]\d{{2}})?(?!\d)"
    rf"|(?<!\d)\d{{1,3}}(?:[.,]\d{{3}})+(?:[.,]\d{{2}})? ?{_UNIT}"
    r"|(?<!\d)(?:19|20)\d\d ?[-–/] ?(?:19|20)\d\d(?!\d)"
    r"|(?<!\d)(?:0?[1-9]|1[0-2])/(?:19|20)\d\d(?: ?[-–] ?(?:0?[1-9]|1[0-2])/(?:19|20)\d\d)?(?!\d)"
    r"|(?<!\d)\d{1,2}[.:h]\d{2} ?[-–] ?\d{1,2}[.:h]\d{2}(?!\d)",
    re.IGNORECASE,
)
"""Amounts of money, spans of years and months, and opening hours."""
DATE = re.compile(
    r"(?<!\d)(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?)?(?!\d)"
    r"|(?<!\d)(?P<d2>\d{1,2})[/.-](?P<m2>\d{1,2})[/.-](?P<y2>\d{4}|\d{2})(?!\d)"
)
# Since 2026 a CNPJ may have letters (Receita Federal, Instrução Normativa RFB 2.229).
CNPJ = re.compile(
    r"(?<![A-Z0-9])[A-Z0-9]{2}\.?[A-Z0-9]{3}\.?[A-Z0-9]{3}/?[A-Z0-9]{4}-?\d{2}(?!\d)", re.IGNORECASE
)
IBAN = re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{1,4}){3,8}(?![A-Z0-9])", re.IGNORECASE)
_NOTHING = "\x00"
"""What stands in place of what was found already, so that nothing is found twice."""


def find_personal(text: str, regions: Sequence[str] = ()) -> list[Found]:
    """Return what identifies people in a text, in order and without overlaps.

    >>> find_personal("call (619) 555-0102", ["US"])
    [Found(start=5, end=19, kind='phone', phone=('1', '6195550102'), name=None)]

    Args:
        text: the text.
        regions: countries in which numbers without a country code may be, the likeliest first.
    """
    found: list[Found] = []
    rest = text
    for detect in (_find_urls, _find_addresses, _find_checked_ids):
        pieces = list(detect(rest))
        found += pieces
        rest = blank_out(rest, pieces)
    # The digits of a date or an amount are no number.
    rest = blank_out(rest, [*_find_dates(rest), *_matches(HARMLESS, rest, "number")])
    for run in RUN.finditer(rest):
        found += _split_run(rest, run.start(), run.end(), regions)
    return sorted(found)


def digits_of(written: str) -> str:
    """Return the digits of a number in any script, as ASCII."""
    return "".join(str(unicodedata.decimal(mark)) for mark in written if mark.isdecimal())


def is_cpf(digits: str) -> bool:
    """Whether the checksum of a Brazilian taxpayer number is right."""
    return len(digits) == 11 and len(set(digits)) > 1 and _mod_11(digits, (11, 10, 9, 8, 7, 6, 5, 4, 3, 2))


def is_cnpj(written: str) -> bool:
    """Whether the checksum of a Brazilian company number is right, which may have letters."""
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return len(written) == 14 and len(set(written)) > 1 and _mod_11(written.upper(), weights)


def is_card(digits: str) -> bool:
    """Whether a number can be that of a payment card, by its length, first digit and checksum (Luhn)."""
    if not 13 <= len(digits) <= 19 or digits[0] not in "23456":
        return False
    doubled = [int(digit) * (1 + number % 2) for number, digit in enumerate(reversed(digits))]
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def is_iban(written: str) -> bool:
    """Whether the checksum of a bank account is right (ISO 13616)."""
    moved = (written[4:] + written[:4]).upper()
    return 15 <= len(moved) <= 34 and int("".join(str(int(mark, 36)) for mark in moved)) % 97 == 1


def _mod_11(written: str, weights: Sequence[int]) -> bool:
    """Check the last two digits, of which the first is weighted as the others are, one place later."""
    values = [ord(mark) - 48 for mark in written]
    for last, used in ((len(values) - 2, weights[1:]), (len(values) - 1, weights)):
        remainder = sum(value * weight for value, weight in zip(values[:last], used, strict=True)) % 11
        if values[last] != (0 if remainder < 2 else 11 - remainder):
            return False
    return True


def _find_urls(text: str) -> Iterator[Found]:
    for match in URL.finditer(text):
        end = match.end() - len(match[0]) + len(match[0].rstrip(_AFTER_URL))
        yield Found(match.start(), end, "url")


def _find_addresses(text: str) -> Iterator[Found]:
    # The patterns are slow on long words without an `@`, such as IDs.
    if "@" in text or "＠" in text:
        addresses = list(_matches(ADDRESS, text, "address"))
        yield from addresses
        text = blank_out(text, addresses)
        yield from _matches(HANDLE, text, "handle")
    yield from _matches(SPELLED_ADDRESS, text, "address")


def _find_checked_ids(text: str) -> Iterator[Found]:
    """Find IDs that have letters, so that their digits alone would not tell what they are."""
    for pattern, kind, check in _LETTERED:
        for match in pattern.finditer(text):
            written = re.sub(r"[^A-Za-z0-9]", "", match[0])
            if not written.isdecimal() and check(written):
                yield Found(match.start(), match.end(), kind)


_LETTERED: tuple[tuple[re.Pattern[str], Kind, Callable[[str], bool]], ...] = (
    (CNPJ, "cnpj", is_cnpj),
    (IBAN, "iban", is_iban),
)
_CHECKED: tuple[tuple[Kind, Callable[[str], bool]], ...] = (
    ("cpf", is_cpf),
    ("cnpj", is_cnpj),
    ("card", is_card),
)


def _find_dates(text: str) -> Iterator[Found]:
    for match in DATE.finditer(text):
        year, month, day = (int(match[name] or match[f"{name}2"]) for name in ("y", "m", "d"))
        # Either order of day and month is a date.
        if _is_date(year, month, day) or _is_date(year, day, month):
            yield Found(match.start(), match.end(), "number")


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year + 2000 * (year < 100), month, day)
    except ValueError:
        return False
    return 1900 <= year < 2100 or year < 100


def _split_run(text: str, start: int, end: int, regions: Sequence[str]) -> Iterator[Found]:
    """Find the numbers in a run of digits; all of its digits are in one of them."""
    digits = digits_of(text[start:end])
    kind = next((kind for kind, is_kind in _CHECKED if is_kind(digits)), None)
    if kind and not (kind == "cpf" and text[start:end] == digits and _find_phones(text[start:end], regions)):
        yield Found(start, end, kind)
        return
    begin = start
    for phone in _find_phones(text[start:end], regions):
        yield from _other_number(text, begin, start + phone.start)
        yield phone._replace(start=start + phone.start, end=start + phone.end)
        begin = start + phone.end
    yield from _other_number(text, begin, end)


def _other_number(text: str, start: int, end: int) -> Iterator[Found]:
    """Find what is left of a run: one number, or several beside each other if each is long enough."""
    words = [(start + word.start(), start + word.end()) for word in re.finditer(r"\S+", text[start:end])]
    if any(len(digits_of(text[first:last])) < FEWEST_DIGITS for first, last in words):
        words = [(start, end)]
    for first, last in words:
        if digits := digits_of(text[first:last]):
            phone = _parse_international(digits)
            yield Found(first, last, "phone" if phone else "number", phone)


def _find_phones(run: str, regions: Sequence[str]) -> list[Found]:
    """Find phone numbers by the first country in which there are valid ones."""
    import phonenumbers  # noqa: PLC0415 - loads when first used

    # A full-width plus is no sign for everybody.
    plain = run.replace("＋", "+")
    for region in (*regions, None):
        matches = list(phonenumbers.PhoneNumberMatcher(plain, region, leniency=phonenumbers.Leniency.VALID))
        if matches:
            return [Found(match.start, match.end, "phone", _parts(match.number)) for match in matches]
    return []


def _parse_international(digits: str) -> tuple[str, str] | None:
    """Return the parts of a phone number that is written with its country code and without a sign."""
    import phonenumbers  # noqa: PLC0415 - loads when first used

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    return _parts(number) if phonenumbers.is_valid_number(number) else None


def _parts(number: phonenumbers.PhoneNumber) -> tuple[str, str]:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    return str(number.country_code), phonenumbers.national_significant_number(number)


def _matches(pattern: re.Pattern[str], text: str, kind: Kind) -> Iterator[Found]:
    return (Found(match.start(), match.end(), kind) for match in pattern.finditer(text))


def blank_out(text: str, found: Sequence[Found]) -> str:
    """Return a text of the same length in which nothing of what was found is left."""
    for each in found:
        text = text[: each.start] + _NOTHING * (each.end - each.start) + text[each.end :]
    return text
