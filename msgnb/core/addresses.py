"""Who an address belongs to, whatever platform it is from and however it is written.

`canonical_address` is the one place that says so. Lists of recipients, journals of campaigns, archives and
the block list compare what it returns, so one person is one recipient, and whoever is forgotten is forgotten
in every spelling.

What a domain stands for is declared by the platforms, in `domains` of their descriptors. They are read from
the entry points, as views are, because the core can't import a platform.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from functools import cache, lru_cache
from importlib.metadata import entry_points
from typing import Literal
from urllib.parse import unquote

from msgnb.core.phones import earlier_numbers, modernize

GROUP = "msgnb.platforms"

DomainUse = Literal["phones", "people", "services"]
"""What the identities of a domain are: phone numbers, people on a channel, or bots and lists."""

_ENCODED_AT = re.compile("%40|=40")
_MARKS = re.compile(r"[^0-9+]")
_DIGITS = re.compile(r"\+?[0-9]{7,15}")
_NUMBER = re.compile(r"\+?[\W_]*[0-9](?:[\W_]*[0-9])*[\W_]*")
"""Digits with anything but letters between them."""
_SHORTEST_IDENTITY = 10
"""Digits that the name of an identity must have to be taken for a phone number."""
_SCHEME = re.compile(r"(?:tel|mailto|sms|smsto|sip|sips|whatsapp):")
_DISPLAY = re.compile(r".*<([^<>]+)>")


@lru_cache(maxsize=65_536)
def canonical_address(written: str, region: str | None = None) -> str:
    """Return the one form that all spellings of a phone number, identity, email address or user have.

    >>> canonical_address("5511999998888@wa.gw.msging.net")
    '+5511999998888'
    >>> canonical_address("(619) 555-0102", "US")
    '+16195550102'

    A number from an earlier numbering plan becomes the one that replaced it.

    Args:
        written: the address.
        region: the country of numbers without a country code; such a number stays as it is if `None`.
    """
    plain = unicodedata.normalize("NFKC", written).strip().casefold()
    if display := _DISPLAY.fullmatch(plain):
        plain = display[1].strip()
    if scheme := _SCHEME.match(plain):
        # Parameters such as an extension follow.
        plain = re.split("[;?]", plain[scheme.end() :])[0]
    local, at, domain = plain.rpartition("@")
    if not at:
        return _canonical_number(plain, region)
    # An instance is one of somebody's devices.
    domain = domain.partition("/")[0].rstrip(".")
    if _ENCODED_AT.search(local):
        # An email address that became the name of an identity, perhaps with that of its bot behind it.
        return canonical_address(_without_bot(unquote(local.replace("=40", "@")), domain), region)
    number = _canonical_number(local, region)
    if number.startswith("+") and (use_of(domain) == "phones" or len(number) > _SHORTEST_IDENTITY):
        return number
    return f"{local}@{domain}"


def national_forms(canonical: str) -> list[str]:
    """Return how a phone number is written within its country, as digits; nothing for other addresses.

    >>> national_forms("+447911123456")
    ['7911123456', '07911123456']
    """
    import phonenumbers  # noqa: PLC0415 - loads when first used

    found: dict[str, None] = {}
    for each in (canonical, *earlier_numbers(canonical)) if canonical.startswith("+") else ():
        with suppress(phonenumbers.NumberParseException):
            number = phonenumbers.parse(each)
            dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            found[phonenumbers.national_significant_number(number)] = None
            found[_MARKS.sub("", dialled)] = None
    return list(found)


def use_of(domain: str) -> DomainUse | None:
    """Return what the identities of a domain are; `None` if no platform declares it.

    >>> use_of("wa.gw.msging.net")
    'phones'
    """
    known = _domains()
    name = domain.partition("/")[0].rstrip(".").lower()
    if name in known:
        return known[name]
    # A declaration that begins with a point is for all domains below it.
    parents = (f".{parent}" for parent in _parents(name))
    return next((known[parent] for parent in parents if parent in known), None)


def is_service(domain: str) -> bool:
    """Whether the identities of a domain are bots and lists, and no people."""
    return use_of(domain) == "services"


def keeps_domain(domain: str) -> bool:
    """Whether a domain belongs to a platform, so that it tells nothing about a person."""
    return use_of(domain) is not None


def _parents(domain: str) -> list[str]:
    parts = domain.split(".")
    return [".".join(parts[number:]) for number in range(1, len(parts))]


def _without_bot(address: str, domain: str) -> str:
    """An address without the name of a bot that some channels put behind it."""
    local, at, rest = address.partition("@")
    labels = rest.split(".")
    # A top-level domain has letters only, and a bot on a web chat is named after it.
    return f"{local}{at}{'.'.join(labels[:-1])}" if domain == "0mn.io" and len(labels) > 2 else address


def _canonical_number(text: str, region: str | None) -> str:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    if not _NUMBER.fullmatch(text):
        return text
    digits = _MARKS.sub("", text)
    if digits.startswith("00"):
        text, digits = f"+{digits[2:]}", f"+{digits[2:]}"
    if not _DIGITS.fullmatch(digits):
        return text
    # Without a sign it is a national number or has a country code, whichever is valid.
    candidates = (
        [(text, None), (digits, None)] if digits.startswith("+") else [(digits, region), (f"+{digits}", None)]
    )
    for candidate, home in candidates:
        with suppress(phonenumbers.NumberParseException):
            # It leaves out the zero of "+44 (0)20", which is dialled within the country only.
            number = phonenumbers.parse(candidate, home)
            found = modernize(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
            if digits.startswith("+") or phonenumbers.is_valid_number(phonenumbers.parse(found)):
                return found
    return digits


@cache
def installed_platforms() -> frozenset[str]:
    """Return the names of the platforms that are installed, whether they work or not."""
    return frozenset(entry_point.name for entry_point in entry_points(group=GROUP))


@cache
def _domains() -> Mapping[str, DomainUse]:
    found: dict[str, DomainUse] = {}
    for entry_point in entry_points(group=GROUP):
        # A plug-in that is broken is reported where it is asked for.
        with suppress(Exception, SystemExit):
            found |= entry_point.load().domains
    return found
