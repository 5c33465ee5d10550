"""Reads a phone number from one cell of a list, or says why there is none.

People keep phone numbers in spreadsheets, and spreadsheets damage them: they round long numbers, drop leading
zeros, and store text as floats. Damage that can be undone is undone here. Other damage is named, so that it
can be fixed where it happened; nothing is guessed, so a number without a country code needs a region.

Countries change their numbering plans, and old numbers keep working for years. A number with a known country
code is therefore accepted even if it is not assigned today, and the doubt is reported with it.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from msgnb.core.errors import InvalidRequest

MIN_DIGITS, MAX_DIGITS = 7, 15
"""The length of a number with its country code (ITU-T E.164)."""
SIGNIFICANT_DIGITS = 6
"""Digits that `2.29636E+10`, a spreadsheet's short form of a long number, preserves; zeros follow them."""

SHORTENED = (
    "shortened by a spreadsheet; the last digits are lost. Format the column as text and export it again"
)
ADD_COUNTRY_CODE = "add + and the country code, or set the region, such as BR"
NOT_ASSIGNED = "not a currently assigned number; it may be out of service"

_MISSING = frozenset({"", "nan", "none", "<na>", "nat", "null", "n/a"})
# Two tricks that keep a spreadsheet from reading a number: a formula that returns text, and a leading
# apostrophe.
_QUOTED_FOR_SPREADSHEET = re.compile(r'="([^"]*)"|\'(.*)')
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-]?[0-9]+")
_SEPARATORS = re.compile(r"[\s().\-/\u00a0+\u200e\u202a\u202c]")
_WHOLE_FLOAT = re.compile(r"\+?[0-9]+\.0")
_EMAIL_OR_IDENTITY = re.compile(r"[^@\s]+@[^@\s]+")


class CheckedPhone(NamedTuple):
    """A phone number after the check.

    Attributes:
        number: the number in E.164 format; `None` if the cell contains none.
        country: two-letter code of its country.
        reason: what is wrong with it, or doubtful about it.
    """

    number: str | None
    country: str | None
    reason: str | None

    @classmethod
    def invalid(cls, reason: str) -> CheckedPhone:
        """Return the result for a cell that contains no phone number."""
        return cls(None, None, reason)


def cell_text(value: Any) -> str | None:
    """Return a cell as text; `None` if it is empty.

    >>> cell_text(3.0)
    '3'
    """
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float) and value.is_integer():
        # pandas stores a column of whole numbers as floats if one of them is missing.
        return str(int(value))
    text = str(value)
    return None if text.lower() in _MISSING else text


def phone_text(value: Any) -> str:
    """Return what a cell contains as text, without the marks that keep spreadsheets from reading a number."""
    text = str(value).strip()
    if quoted := _QUOTED_FOR_SPREADSHEET.fullmatch(text):
        text = quoted.group(1) or quoted.group(2)
    return "" if text.lower() in _MISSING else text


def check_region(region: str | None) -> str | None:
    """Return a region in capital letters.

    Raises:
        InvalidRequest: it is not the code of a country.
    """
    if region is None:
        return None
    import phonenumbers  # noqa: PLC0415 - loads when first used

    if region.upper() not in phonenumbers.SUPPORTED_REGIONS:
        raise InvalidRequest.of(region=f"{region!r} is not a country; use its two-letter code, such as 'BR'")
    return region.upper()


def check_phone(value: Any, region: str | None) -> CheckedPhone:
    """Return the phone number in a cell, or why there is none.

    >>> check_phone("(11) 99999-8888", "BR")
    CheckedPhone(number='+5511999998888', country='BR', reason=None)

    Args:
        value: the cell, of any type.
        region: the country of numbers without a country code.
    """
    text = phone_text(value)
    if problem := _find_damage(value, text):
        return CheckedPhone.invalid(problem)
    return _parse_phone(text.removesuffix(".0") if _WHOLE_FLOAT.fullmatch(text) else text, region)


def looks_like_phone(cell: str) -> bool:
    """Whether a cell could contain a phone number, to tell a header from the rows below it."""
    digits = _SEPARATORS.sub("", cell)
    return (digits.isdigit() and len(digits) >= MIN_DIGITS) or bool(_SCIENTIFIC.fullmatch(cell.strip()))


def _find_damage(value: Any, text: str) -> str | None:
    """Return why a cell can't contain a phone number; mostly what a spreadsheet has done to it."""
    if not text:
        return "empty"
    if _SCIENTIFIC.fullmatch(text) or (isinstance(value, int | float) and _is_rounded(text)):
        return SHORTENED
    if text.startswith(("=", "@")):
        return "a formula, not its value"
    if _EMAIL_OR_IDENTITY.fullmatch(text):
        return "an address, not a phone number"
    digits = _SEPARATORS.sub("", text)
    return None if digits.isdigit() else "contains characters that are not part of a phone number"


def _is_rounded(text: str) -> bool:
    digits = text.removesuffix(".0")
    return len(digits) > MIN_DIGITS + 2 and not digits[SIGNIFICANT_DIGITS:].strip("0")


def _parse_phone(text: str, region: str | None) -> CheckedPhone:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    written, home = _complete_country_code(text, region)
    try:
        parsed = phonenumbers.parse(written, home)
    except phonenumbers.NumberParseException:
        return CheckedPhone.invalid(f"no country code; {ADD_COUNTRY_CODE}")
    number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    digits = len(number) - 1
    if not MIN_DIGITS <= digits <= MAX_DIGITS:
        return CheckedPhone.invalid(f"{digits} digits; a phone number has {MIN_DIGITS} to {MAX_DIGITS}")
    code = parsed.country_code or 0
    country = phonenumbers.region_code_for_number(parsed) or phonenumbers.region_code_for_country_code(code)
    if phonenumbers.is_valid_number(parsed):
        return CheckedPhone(number, country, None)
    # A number of the right length that nobody has is most likely a national number whose first digits look
    # like a country code. With a sign in front, or with a length from an older numbering plan, it is meant as
    # it is.
    if phonenumbers.is_possible_number(parsed) and not text.startswith(("+", "00")):
        return CheckedPhone.invalid(_explain_invalid(text, home, f"{country} (+{code})"))
    return CheckedPhone(number, country, NOT_ASSIGNED)


def _complete_country_code(text: str, region: str | None) -> tuple[str, str | None]:
    """Return a number and its region as `phonenumbers` reads them: with `+`, or with a region."""
    digits = re.sub(r"[^0-9]", "", text)
    if text.startswith("+"):
        return text, None
    if digits.startswith("00"):
        return f"+{digits[2:]}", None
    return (text, region) if region else (f"+{digits}", None)


def _explain_invalid(text: str, region: str | None, country: str) -> str:
    """Return what is wrong with a number that has the right length and that nobody has."""
    if completed := _restore_leading_zero(text, region):
        return f"not a valid number in {region}; spreadsheets drop leading zeros, and {completed} is valid"
    return f"not a valid number in {region or country}; {ADD_COUNTRY_CODE}"


def _restore_leading_zero(text: str, region: str | None) -> str | None:
    """Return the number with a zero in front, if that makes it valid."""
    import phonenumbers  # noqa: PLC0415 - loads when first used

    if region is None or text.startswith("0"):
        return None
    try:
        number = phonenumbers.parse(f"0{text}", region)
    except phonenumbers.NumberParseException:
        return None
    return f"0{text}" if phonenumbers.is_valid_number(number) else None
