"""Phone numbers as text."""

from __future__ import annotations

import re

from msgnb.core.errors import InvalidRequest

_SEPARATORS = re.compile(r"[\s().\-/\u00a0]")
_DIGITS = re.compile(r"\+?[0-9]{7,15}")


def international(number: str, field: str = "recipient") -> str:
    """A number with its country code, as `+` and digits.

    >>> international("229 63-58-82-13")
    '+22963588213'

    Args:
        number: country code and number; a `+` in front and separators are optional.
        field: what to call it in the error.

    Raises:
        InvalidRequest: it is no phone number, or begins with no country's code.
    """
    import phonenumbers  # noqa: PLC0415 - loads when first used

    digits = _digits(number, field).removeprefix("+")
    # Countries renumber, and old numbers go on working for years: only the country code is held against the
    # tables, not the length that the country gives out today.
    try:
        phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        raise _none(number, field, "begins with no country's code; write it like +22963588213") from None
    return f"+{digits}"


def dialable(number: str, field: str = "destination") -> str:
    """A number as digits, with or without country code, for a PBX that knows its own region.

    Raises:
        InvalidRequest: it is no phone number.
    """
    return _digits(number, field)


def _digits(number: str, field: str) -> str:
    if not isinstance(number, str):
        kind = type(number).__name__
        raise InvalidRequest.of(
            **{field: f"{number!r} is a {kind}; phone numbers are text, as '+22963588213'"}
        )
    digits = _SEPARATORS.sub("", number)
    if not _DIGITS.fullmatch(digits):
        raise _none(number, field, "is no phone number; write it like +22963588213")
    return digits


def _none(number: str, field: str, problem: str) -> InvalidRequest:
    return InvalidRequest.of(**{field: f"{number!r} {problem}"})
