"""Phone numbers."""

from __future__ import annotations

from typing import Any

import pytest

import msgnb
from msgnb.core.phones import parse_dialable, parse_e164


@pytest.mark.parametrize("number", ["+22963588213", "22963588213", "229 63-58-82-13", "+229 (63) 58.82/13"])
def test_international_numbers_are_written_alike(number: str) -> None:
    """With or without `+` and separators it is the same number; an old length is still one."""
    assert parse_e164(number) == "+22963588213"


@pytest.mark.parametrize(
    "number", ["", "hello", "+", "12345", "+9996358821377", "1234567890123456", "٢٢٩٦٣٥٨٨٢١٣"]
)
def test_what_is_no_number_is_refused(number: str) -> None:
    """What is no number, or of no country, is named with an example."""
    with pytest.raises(msgnb.InvalidRequest, match=r"write it like \+22963588213"):
        parse_e164(number)


@pytest.mark.parametrize("number", [22963588213, 2.29e10, None])
def test_a_number_that_is_no_text_is_refused(number: Any) -> None:
    """A phone that a spreadsheet turned into a number is named as that."""
    with pytest.raises(msgnb.InvalidRequest, match="phone numbers are text"):
        parse_e164(number)


def test_local_numbers_can_be_dialled() -> None:
    """A PBX takes numbers without country code too."""
    assert parse_dialable("(858) 555-1234") == "8585551234"
