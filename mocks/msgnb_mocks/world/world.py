"""The people, conversations and campaigns that all mocks share.

* Everything follows from the seed: the same seed makes the same world on every machine and every day.
* The world knows no platform: each mock takes its own conversations, and makes its own state of them.
* Names and texts come from a corpus that is made in advance (`mocks/make_corpus.py`), so that mocks start
  quickly.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from itertools import accumulate
from random import Random
from typing import Any
from uuid import UUID

import orjson

from msgnb_mocks.core.clock import Clock

PEOPLE = 120
CONVERSATIONS = 90
DAYS = 60
# The share of each language, and the rhythm of messages: by weekday from Monday, and by hour of the day.
LANGUAGES = {
    "pt_BR": 30, "en_US": 25, "fr_BJ": 12, "es_ES": 10, "fr_FR": 8, "de_DE": 6, "ar_AA": 5, "he_IL": 2,
    "ja_JP": 2,
}  # fmt: skip
WEEK = (10, 11, 10, 9, 9, 4, 2)
DAY = (1, 1, 1, 1, 1, 2, 4, 8, 20, 34, 40, 36, 26, 30, 38, 36, 32, 26, 18, 14, 12, 9, 5, 2)
HOURS = tuple(accumulate(DAY))
PHONE_DIGITS = {
    "+1": 10, "+55": 11, "+34": 9, "+33": 9, "+49": 11, "+966": 9, "+971": 9, "+972": 9, "+81": 10,
    "+229": 10,
}  # fmt: skip
MAILINGS = (
    (
        "Black Friday",
        "Olá {name}! Amanhã tudo com 30% de desconto. 🛍️ Responda SAIR para não receber mais.",
        20,
    ),
    ("Opening hours", "We are open on Monday although it is a holiday. See you!", 45),
    ("Livraison retardée", "Bonjour, votre colis arrivera un jour plus tard. Merci de votre patience.", 12),
    ("Payment reminder", "Your invoice is due on Friday. Total: $5 or $6, see your e-mail.", 30),
    ("Confirmação de consulta", "Sua consulta é amanhã às 10h. Responda 1 para confirmar.", 18),
    ("Enquête de satisfaction", "Êtes-vous content de nous ? Répondez de 1 à 5.", 60),
    ("Recarga", "Tu recarga de 10 € está lista. ¡Gracias!", 8),
    ("Wartungsarbeiten", "Am Sonntag von 2 bis 4 Uhr sind wir nicht erreichbar.", 25),
    ("Promo week-end", "Ce week-end seulement : 2 achetés, 1 offert !", 70),
    ("Verification code", "941173465", 1),
    ("New shop", "Visit us in our new shop. The first 100 guests get a gift 🎁", 40),
    ("Newsletter", "Novidades de novembro: confira no site.", 55),
)
COMING = 2
MEDIA = (
    ("image/jpeg", "photo.jpg", 120_000),
    ("image/png", "screenshot.png", 60_000),
    ("application/pdf", "invoice.pdf", 240_000),
    ("audio/ogg", "voice.ogg", 35_000),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a phone; `phone` is E.164 with its `+`."""

    number: int
    first_name: str
    last_name: str
    name: str
    locale: str
    phone: str
    email: str
    city: str


@dataclass(frozen=True, slots=True)
class Media:
    """A file that is attached to a line; `size` is in bytes."""

    mime: str
    size: int
    url: str
    name: str
    caption: str


@dataclass(frozen=True, slots=True)
class Line:
    """One message; an `inbound` one is from the person, the others are from the account."""

    at: datetime
    inbound: bool
    text: str
    media: Media | None


@dataclass(frozen=True, slots=True)
class Conversation:
    """All messages with one person, the oldest first."""

    person: Person
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Mailing:
    """A text that is sent to many people, before the world's start or after it."""

    title: str
    text: str
    sender: str
    at: datetime
    recipients: tuple[Person, ...]


class World:
    """A world that follows from its seed.

    >>> World(7).people[0].phone == World(7).people[0].phone
    True

    Args:
        seed: what everything follows from.
        clock: another clock, if it should not start at the usual time.

    Attributes:
        seed: what everything follows from.
        clock: the world's clock.
        start: when the clock started; the history ends there.
        people: everybody.
        conversations: the conversations of the 60 days before the start, each with another person. A mock
            takes some of them: `world.conversations[:20]`.
        mailings: texts that are sent to many people.
        lock: held by a platform while it serves a request.
    """

    def __init__(self, seed: int = 7, *, clock: Clock | None = None) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self.lock = threading.RLock()
        self.start = self.clock.start
        made = _made(seed, self.start)
        self.people, self.conversations, self.mailings = made.people, made.conversations, made.mailings

    def random(self, purpose: str) -> Random:
        """Return a random generator for one purpose, which is independent of all others."""
        return _random(self.seed, purpose)

    @staticmethod
    def uuid(rng: Random) -> str:
        """Return a random UUID."""
        # `uuid4` would not follow from the seed.
        return str(UUID(int=rng.getrandbits(128), version=4))

    @staticmethod
    def hex(rng: Random, digits: int = 32) -> str:
        """Return random hexadecimal digits."""
        return f"{rng.getrandbits(4 * digits):0{digits}x}"


class _Making:
    """Makes everything that follows from a seed, for a history that ends at `start`."""

    def __init__(self, seed: int, start: datetime) -> None:
        self._seed = seed
        self._start = start
        midnight = start.replace(hour=0, minute=0, second=0)
        # From yesterday back, so that no message is later than the start.
        days = [midnight - timedelta(days=back) for back in range(1, DAYS + 1)]
        self._days = days, list(accumulate(WEEK[day.weekday()] for day in days))
        self.people = tuple(self._people())
        self.conversations = tuple(self._conversations())
        self.mailings = tuple(self._mailings())

    def _people(self) -> Iterator[Person]:
        rng = _random(self._seed, "people")
        taken: set[str] = set()
        for number, locale in enumerate(rng.choices(list(LANGUAGES), list(LANGUAGES.values()), k=PEOPLE)):
            first, last = (rng.choice(_corpus()[locale]["people"])[part] for part in (0, 1))
            # In Japanese the family name comes first.
            name = f"{last} {first}" if locale == "ja_JP" else f"{first} {last}"
            phone = _phone(rng, locale)
            # Two people with one number would be one contact.
            while phone in taken:
                phone = _phone(rng, locale)
            taken.add(phone)
            city = rng.choice(_corpus()[locale]["cities"])
            yield Person(number, first, last, name, locale, phone, f"person{number}@example.com", city)

    def _conversations(self) -> Iterator[Conversation]:
        rng = _random(self._seed, "conversations")
        for person in rng.sample(self.people, CONVERSATIONS):
            exchanges = 2 + int(rng.expovariate(1 / 20))
            lines = [line for _ in range(exchanges) for line in self._exchange(rng, person)]
            yield Conversation(person, tuple(sorted(lines, key=lambda line: line.at)))

    def _exchange(self, rng: Random, person: Person) -> Iterator[Line]:
        """Yield a question, and in most cases its answer some minutes later."""
        corpus = _corpus()[person.locale]
        question, answer = rng.choice(corpus["exchanges"])
        words = {
            "name": person.first_name,
            "order": rng.randrange(10_000_000, 999_999_999),
            "product": rng.choice(corpus["products"]),
            "city": person.city,
            "day": rng.choice(corpus["days"]),
            "hour": rng.randrange(9, 18),
        }
        asked = self._moment(rng)
        yield Line(asked, True, question.format(**words), self._media(rng))
        answered = asked + timedelta(milliseconds=20_000 + int(rng.expovariate(1 / 600_000)))
        if rng.random() < 0.9 and answered < self._start:
            yield Line(
                answered, False, answer.format(**words), self._media(rng) if rng.random() < 0.3 else None
            )

    def _moment(self, rng: Random) -> datetime:
        """Return a random time of the last 60 days, by the rhythm of week and day."""
        days, weights = self._days
        day: datetime = rng.choices(days, cum_weights=weights)[0]
        hour = rng.choices(range(24), cum_weights=HOURS)[0]
        return day + timedelta(hours=hour, milliseconds=rng.randrange(3_600_000))

    def _media(self, rng: Random) -> Media | None:
        if rng.random() > 0.06:
            return None
        mime, name, size = rng.choice(MEDIA)
        url = f"https://media.example/{World.hex(rng, 12)}/{name}"
        return Media(mime, size + rng.randrange(size), url, name, rng.choice(("", "👆", "📎")))

    def _mailings(self) -> Iterator[Mailing]:
        rng = _random(self._seed, "mailings")
        for number, (title, text, size) in enumerate(MAILINGS):
            # The last ones are still to come.
            days = rng.randrange(1, 6) if number >= len(MAILINGS) - COMING else -rng.randrange(1, DAYS)
            midnight = self._start.replace(hour=0, minute=0, second=0)
            at = midnight + timedelta(days=days, hours=rng.randrange(8, 18), minutes=rng.choice((0, 15, 30)))
            yield Mailing(
                title, text, rng.choice(("MyShop", "Clinic", "INFO", "22990")), at, self._crowd(rng, size)
            )

    def _crowd(self, rng: Random, size: int) -> tuple[Person, ...]:
        return tuple(rng.sample(self.people, min(size, len(self.people))))


@lru_cache(maxsize=4)
def _made(seed: int, start: datetime) -> _Making:
    """Make the world of a seed, or return the one that was made before."""
    return _Making(seed, start)


def _random(seed: int, purpose: str) -> Random:
    # Text as a seed gives the same numbers in every process; the hash of text would not.
    return Random(f"{seed}:{purpose}")


@cache
def _corpus() -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(files("msgnb_mocks.world").joinpath("corpus.json").read_bytes())
    return found


def _phone(rng: Random, locale: str) -> str:
    prefix: str = rng.choice(_corpus()[locale]["prefixes"])
    country = next(code for code in PHONE_DIGITS if prefix.startswith(code))
    missing = PHONE_DIGITS[country] - (len(prefix) - len(country))
    return prefix + "".join(str(rng.randrange(10)) for _ in range(missing))
