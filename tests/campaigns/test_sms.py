"""How many SMS a text takes, by the published rules."""

from __future__ import annotations

import pytest

from msgnb.campaigns import sms

PAIR = "😀"


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments", "left"),
    [
        ("", "GSM-7", 0, 0, 160),
        ("a" * 160, "GSM-7", 160, 1, 0),
        ("a" * 161, "GSM-7", 161, 2, 145),
        ("a" * 306, "GSM-7", 306, 2, 0),
        ("a" * 307, "GSM-7", 307, 3, 152),
        ("ñ" * 160, "GSM-7", 160, 1, 0),
        ("é" * 160, "GSM-7", 160, 1, 0),
        ("ç" * 70, "UCS-2", 70, 1, 0),
        ("ç" * 71, "UCS-2", 71, 2, 63),
        ("ç" * 134, "UCS-2", 134, 2, 0),
        ("ç" * 135, "UCS-2", 135, 3, 66),
    ],
)
def test_a_text_is_cut_by_the_published_sizes(
    text: str, encoding: str, units: int, segments: int, left: int
) -> None:
    """One SMS has 160 or 70 places; each of several has 153 or 67."""
    found = sms.size(text)
    assert (found.encoding, found.units, found.segments, found.left) == (encoding, units, segments, left)


@pytest.mark.parametrize("letter", "^{}\\[~]|€\f")
def test_a_character_of_the_extension_takes_two_places_in_gsm_and_one_in_unicode(letter: str) -> None:
    """GSM writes it as two; Unicode as one, where only pairs count two."""
    assert sms.size(letter * 80).segments == 1
    assert sms.size(letter * 81).units == 162
    assert sms.size(letter * 69 + "ç").units == 70
    assert sms.size(letter * 69 + "ç").segments == 1


def test_an_extended_character_is_never_cut_in_two() -> None:
    """What does not fit goes to the next SMS, and leaves a place empty."""
    assert sms.size("a" * 152 + "€" + "a" * 151).segments == 2
    assert sms.size("a" * 152 + "€" + "a" * 152).segments == 3


def test_a_surrogate_pair_is_never_cut_in_two() -> None:
    """33 pairs fit where 67 units do; a 34th begins the next SMS."""
    assert sms.size(PAIR * 35).segments == 1
    assert sms.size(PAIR * 66).segments == 2
    assert sms.size(PAIR * 67).segments == 3
    assert sms.size("a" + PAIR * 66).segments == 2


def test_what_forces_unicode_is_named() -> None:
    """Each such character stands once, in the order of the text."""
    assert sms.size("It’s “new” – it’s ours").culprits == ("’", "“", "”", "–")
    assert sms.size("It's new").culprits == ()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("It’s “new” – soon…", 'It\'s "new" - soon...'),
        ("10\u00a0€ for\u202fyou\u200b", "10 € for you"),
        ("Olá ‘ana’", None),  # á is in no GSM alphabet
        ("Hi 🎁", None),
        ("plain", None),
    ],
)
def test_plain_forms_are_suggested_where_they_help(text: str, plain: str | None) -> None:
    """Quotes, dashes and spaces have plain forms; letters and emoji are the writer's own."""
    found = sms.size(text)
    assert found.suggestion == plain
    if plain:
        assert sms.size(plain).encoding == "GSM-7"


def test_a_suggestion_never_costs_more() -> None:
    """Where the plain text would take more SMS, nothing is suggested."""
    text = "…" * 70  # three points each
    assert sms.size(text).segments == 1
    assert sms.size(text).suggestion is None
