"""Stable pseudonyms for people: the same person has the same one everywhere, and it can't be turned back.

* A phone keeps its `+` and its country code; its number begins with `00`, as none that is given out does.
* An identity keeps its domain, an e-mail becomes one of example.com, a name becomes `Person 4F2A9C`.
* What is a pseudonym already stays as it is, so that masking twice changes nothing.
"""

from __future__ import annotations

import hmac
import re

EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w@./+-])\+[1-9](?:[ ().-]{0,2}\d){7,14}(?!\w)")
"""A number as people write it in a text, with its `+`."""
LONG_DIGITS = re.compile(r"\+?\d{8,15}")
MASKED_NAME = re.compile(r"Person [0-9A-F]{6}")
OWN_DOMAINS = ("msging.net", "broadcast.msging.net")
"""Where no people are: bots, postmasters and lists."""
CHAT_DOMAINS = (".msging.net", "0mn.io", "blip.ai", ".blip.ai")
EXAMPLES = ("example.com", "example.org", "example.net")
RESERVED = ("example", "test", "invalid")


class Masker:
    """Makes pseudonyms by a key; who has not the key can't tell whose one is by trying all numbers.

    >>> masker.phone("+5511999998888").startswith("+5500")
    True
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def phone(self, number: str) -> str:
        """The pseudonym of a phone number; what is none stays as it is."""
        digits = re.sub(r"[ ().-]", "", number)
        if not LONG_DIGITS.fullmatch(digits):
            return number
        plus, digits = "+" * digits.startswith("+"), digits.removeprefix("+")
        code = _country_code(digits)
        rest = digits[len(code) :]
        if rest.startswith("00"):
            return plus + digits
        width = max(len(rest) - 2, 1)
        return f"{plus}{code}00{int(self._hash(digits), 16) % 10**width:0{width}d}"

    def name(self, name: str) -> str:
        """The pseudonym of a name."""
        if not name.strip() or MASKED_NAME.fullmatch(name):
            return name
        return f"Person {self._hash(name.strip().casefold())[:6].upper()}"

    def address(self, address: str) -> str:
        """The pseudonym of an e-mail address, or of an identity on a chat channel."""
        local, _, domain = address.rpartition("@")
        if domain in OWN_DOMAINS or _is_example(domain):
            return address
        if domain.endswith(CHAT_DOMAINS):
            return f"{self._local(local)}@{domain}"
        if local.isdigit() and len(local) < 7:
            return address  # an extension of a PBX
        return f"person-{self._hash(address.casefold())[:8]}@example.com"

    def text(self, text: str) -> str:
        """The same text with pseudonyms for all addresses, and numbers with their `+`."""
        text = EMAIL.sub(lambda found: self.address(found[0]), text)
        return PHONE.sub(lambda found: self.phone(found[0]), text)

    def _local(self, local: str) -> str:
        """The part of an identity that names the person."""
        if LONG_DIGITS.fullmatch(local):
            return self.phone(local)
        if re.search("%40|=40", local):
            mark = "%40" if "%40" in local else "=40"
            return self.address(local.replace(mark, "@")).replace("@", mark)
        person, dot, bot = local.partition(".")
        return f"{self._once(person)}{dot}{bot}"

    def _once(self, person: str) -> str:
        return person if re.fullmatch("person-[0-9a-f]{8}", person) else f"person-{self._hash(person)[:8]}"

    def _hash(self, value: str) -> str:
        return hmac.digest(self._key, value.encode(), "sha256").hex()


def _is_example(domain: str) -> bool:
    return domain.endswith(EXAMPLES) or domain.rpartition(".")[2] in RESERVED


def _country_code(digits: str) -> str:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    try:
        return str(phonenumbers.parse(f"+{digits}").country_code)
    except phonenumbers.NumberParseException:
        return digits[:2]
