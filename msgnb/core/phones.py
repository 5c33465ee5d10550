"""Phone numbers, which are text everywhere in msgnb.

A number that became an integer or a float on its way, for example in a spreadsheet, has lost its `+`, its
leading zeros or its last digits. It is refused instead of converted.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from msgnb.core.errors import InvalidRequest

_SEPARATORS = re.compile(r"[\s().\-/\u00a0]")
# ASCII only: `\d` would accept the digits of other scripts, which platforms don't.
_DIGITS = re.compile(r"\+?[0-9]{7,15}")


def parse_e164(number: str, field: str = "recipient") -> str:
    """Return a number in the international format E.164: `+`, country code and digits.

    >>> parse_e164("229 63-58-82-13")
    '+22963588213'

    Args:
        number: country code and number; a leading `+` and separators are optional.
        field: the name of the argument, for the error.

    Raises:
        InvalidRequest: it is not a phone number, or doesn't start with a country code.
    """
    import phonenumbers  # noqa: PLC0415 - loads when first used

    written = _parse_digits(number, field)
    digits = written.removeprefix("+")
    # Countries renumber, and old numbers keep working for years: only the country code is checked against the
    # tables, not the length that the country assigns today.
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        raise _make_error(
            number, field, "begins with no country's code; write it like +22963588213"
        ) from None
    # A number of the right length that nobody has is most likely a national number whose first digits look
    # like a country code: another person's phone.
    if (
        written == digits
        and phonenumbers.is_possible_number(parsed)
        and not phonenumbers.is_valid_number(parsed)
    ):
        words = f"is no valid number of +{parsed.country_code}; write it with + and its country code"
        raise _make_error(number, field, words)
    return f"+{digits}"


def parse_dialable(number: str, field: str = "destination") -> str:
    """Return a number as digits, with or without country code, for a PBX that knows its own region.

    >>> parse_dialable("(858) 555-1234")
    '8585551234'

    Args:
        number: the number; a leading `+` is kept, separators are removed.
        field: the name of the argument, for the error.

    Raises:
        InvalidRequest: it is not a phone number.
    """
    return _parse_digits(number, field)


class Renumbering(NamedTuple):
    """How a country changed its numbers; the old ones are still written and often still work.

    Args:
        old: the old number in E.164 format.
        template: what replaces it.
        new: the new number.
        old_template: what it was before.
    """

    old: re.Pattern[str]
    template: str
    new: re.Pattern[str]
    old_template: str


def _prefixed(code: str, old: str, new: str, digits: str) -> Renumbering:
    """A change of the first digits after the country code; the digits after them stay."""
    pattern = rf"\+{code}%s({digits})"
    return Renumbering(
        re.compile(pattern % old), rf"+{code}{new}\1", re.compile(pattern % new), rf"+{code}{old}\1"
    )


_VIETNAM = {
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78", "123": "83", "124": "84", "125": "85",
    "127": "81", "129": "82", "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37",
    "168": "38", "169": "39", "186": "56", "188": "58", "199": "59",
}  # fmt: skip
RENUMBERINGS = (
    # Eight digits became ten on 30 November 2024 (ARCEP Bénin, plan national de numérotation).
    _prefixed("229", "", "01", r"\d{8}"),
    # Since 3 August 2019 mobile numbers are dialled without the 1 (IFT México); chat apps keep it.
    _prefixed("52", "1", "", r"\d{10}"),
    # The 9 tells carriers abroad that a number is mobile (ENACOM, plan nacional); no other line has the rest.
    _prefixed("54", "9", "", r"\d{10}"),
    # Mobile numbers got a ninth digit between 2012 and 2016 (Anatel, Resolução 553); landlines begin with 2
    # to 5.
    Renumbering(
        re.compile(r"\+55(\d\d)([6-9]\d{7})"), r"+55\g<1>9\2",
        re.compile(r"\+55(\d\d)9([6-9]\d{7})"), r"+55\1\2",
    ),
    # Eight digits became ten on 31 January 2021; the second digit of a mobile number was its operator's
    # (ARTCI, plan national de numérotage).
    _prefixed("225", "", "07", r"[04-9][7-9]\d{6}"),
    _prefixed("225", "", "05", r"[04-9][4-6]\d{6}"),
    _prefixed("225", "", "01", r"[04-9][0-3]\d{6}"),
    # Mobile numbers of eleven digits became ten in 2018 (MIC Vietnam, circular 22/2014).
    *(_prefixed("84", old, new, r"\d{7}") for old, new in _VIETNAM.items()),
)  # fmt: skip


def modernize(number: str) -> str:
    """Return the number that replaced one of an earlier numbering plan; other numbers as they are.

    >>> modernize("+22963588213")
    '+2290163588213'

    Args:
        number: a number in E.164 format.
    """
    for plan in RENUMBERINGS:
        if match := plan.old.fullmatch(number):
            return match.expand(plan.template)
    return number


def earlier_numbers(number: str) -> list[str]:
    """Return what a number was in earlier numbering plans.

    >>> earlier_numbers("+2290163588213")
    ['+22963588213']

    Args:
        number: a number in E.164 format.
    """
    matches = ((plan.new.fullmatch(number), plan.old_template) for plan in RENUMBERINGS)
    return [match.expand(template) for match, template in matches if match]


def _parse_digits(number: str, field: str) -> str:
    if not isinstance(number, str):
        kind = type(number).__name__
        raise InvalidRequest.of(
            **{field: f"{number!r} is a {kind}; phone numbers are text, as '+22963588213'"}
        )
    digits = _SEPARATORS.sub("", number)
    if not _DIGITS.fullmatch(digits):
        raise _make_error(number, field, "is no phone number; write it like +22963588213")
    return digits


def _make_error(number: str, field: str, problem: str) -> InvalidRequest:
    return InvalidRequest.of(**{field: f"{number!r} {problem}"})
