"""Phone numbers, which are text everywhere in msgnb.

A number that became an integer or a float on its way, for example in a spreadsheet, has lost its `+`, its
leading zeros or its last digits. It is refused instead of converted.
"""

from __future__ import annotations

import re

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
