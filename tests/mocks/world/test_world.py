"""The world that all mocks share."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta

import phonenumbers
import pytest

from msgnb_mocks import World, applications
from msgnb_mocks.core.clock import START, Clock
from msgnb_mocks.platforms.blip import seeding as blip
from msgnb_mocks.platforms.netsapiens import seeding as netsapiens


def test_the_same_seed_makes_the_same_world() -> None:
    """Two worlds of one seed are equal, in what they hold and in what their platforms make of it."""
    one, other = World(7), World(7)
    assert (one.people, one.conversations, one.mailings) == (
        other.people,
        other.conversations,
        other.mailings,
    )
    assert [mock.credentials for mock in applications(one).values()] == [
        mock.credentials for mock in applications(other).values()
    ]


def test_another_seed_makes_another_world() -> None:
    """Another seed changes people, conversations and secrets."""
    one, other = World(7), World(8)
    assert one.people != other.people
    assert one.conversations != other.conversations
    assert applications(one)["blip"].credentials != applications(other)["blip"].credentials


def test_it_is_large_enough_to_explore() -> None:
    """There are some hundred people and some thousand lines over 60 days, none of them in the future."""
    world = World(7)
    lines = [line for conversation in world.conversations for line in conversation.lines]
    assert len(world.people) >= 100
    assert len(lines) >= 2000
    assert max(line.at for line in lines) < world.start
    assert world.start - min(line.at for line in lines) > timedelta(days=50)


def test_it_has_a_rhythm() -> None:
    """More is said by day than by night, and on working days than at weekends."""
    lines = [line for conversation in World(7).conversations for line in conversation.lines]
    hours = Counter(line.at.hour for line in lines)
    days = Counter(line.at.weekday() for line in lines)
    assert hours[10] > 5 * max(hours[3], 1)
    assert days[1] > 2 * days[6]


def test_it_speaks_many_scripts() -> None:
    """Texts hold accents, emoji and right-to-left letters, and some lines carry media."""
    lines = [line for conversation in World(7).conversations for line in conversation.lines]
    text = "".join(line.text for line in lines)
    assert all(letter in text for letter in ("ã", "é", "🚚", "\u0645"))
    assert any(line.media for line in lines)


def test_phones_are_possible_and_unique() -> None:
    """Every phone is E.164, unique, and of a length that its country gives out."""
    phones = [person.phone for person in World(7).people]
    assert len(set(phones)) == len(phones)
    assert all(phonenumbers.is_possible_number(phonenumbers.parse(phone)) for phone in phones)


def test_platforms_do_not_share_conversations() -> None:
    """No conversation takes place on two platforms, and a platform without one has none."""
    world = World(7)
    one, other = (world.conversations[each.CONVERSATIONS] for each in (blip, netsapiens))
    assert (len(one), len(other)) == (50, 40)
    assert not {c.person.number for c in one} & {c.person.number for c in other}
    assert not any(message.inbound for message in applications(world)["smsdrop"].history())


def test_the_clock_moves_on_only() -> None:
    """The clock starts where all worlds start, is moved on, and refuses to go back."""
    clock = Clock()
    assert timedelta() <= clock.now() - START < timedelta(minutes=1)
    assert clock.advance(hours=2) - START >= timedelta(hours=2)
    with pytest.raises(ValueError, match="back"):
        clock.advance(hours=-1)


def test_unknown_quirks_are_refused() -> None:
    """A quirk that no platform has is an error that lists those there are."""
    with pytest.raises(ValueError, match=r"nonsense; known are .*netsapiens:numeric-text"):
        applications(World(7), frozenset({"nonsense"}))


def test_credentials_are_plain_json() -> None:
    """What signs in can be written as JSON."""
    assert json.loads(json.dumps({name: mock.credentials for name, mock in applications(World(7)).items()}))
