"""Pseudonyms for what a recording must not contain; the only module here that knows how they are made.

A pseudonym is stable under its key, so a person has the same one in each exchange, and it is recognized, so
that nothing is replaced twice.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection
from functools import lru_cache

from msgnb.core.addresses import is_service
from msgnb.tables.pseudonyms import Masker
from msgnb.tables.pseudonyms import is_pseudonym as is_masked
from msgnb.testing.known_secrets import HIDDEN

FINGERPRINT_LENGTH = 16
SHORTEST_PHONE, LONGEST_PHONE = 8, 15
_VALUE = re.compile("Value [0-9A-Z]{6,13}")
_PERSON = re.compile("Person [0-9A-Z]{6,13}")
_LOCAL = re.compile("person-[0-9a-f]{8,16}")
_EMAIL = re.compile(rf"{_LOCAL.pattern}@example\.com")
_FIELD = re.compile("field-[0-9a-f]{16}")
_NUMBER = re.compile(r"9900000\d{8}")
_DIGITS = re.compile("[+]?[0-9]+")
_FORMS = (_VALUE, _PERSON, _LOCAL, _EMAIL, _FIELD, _NUMBER)
_NUMBER_BASE, _NUMBERS = 990_000_000_000_000, 10**8
_GENERATED = re.compile(
    r"(?:fwd:)*(?:[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-f]{32})|[0-9]{1,4}"
)
"""An ID that a platform generated, or a pseudonym of another one."""
_EXAMPLES = frozenset({"example.com", "example.net", "example.org", "mock.example"})
"""Hosts that documents have; what is before another reserved ending may be somebody's name."""
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1", "~", "*", ""})
_HOST_LABEL = re.compile(r"h[0-9a-f]{16}")
_MASKED_HOST = re.compile(rf"{_HOST_LABEL.pattern}\.example")
_EMAIL_SIGN = re.compile("%40|=40")
_SPACED_DIGITS = re.compile(r"\+?[\d ().-]{7,}")
_EXTENSION = re.compile(r"\d{1,5}")
"""An inner number, of which each telephone system has the same ones; a code that signs in is longer."""
_INSTANCE = re.compile(r"#(?:az-)?iris\d{0,3}")
"""A server of BLiP; another instance is a device, and its owner chose the name."""
_LONG_NUMBER = re.compile(r"(?<!person-)(?<![\w.])\+?\(?\d(?:[ ().-]{0,2}\d){6,}(?![\w])")
_SERVICE = re.compile(r"[a-z][\w+-]{0,40}", re.IGNORECASE)
_NODE = re.compile(r"[\w.+%=-]+@[\w-]+(?:\.[\w-]+)+(?:/[#!~]?[\w.-]+)?")
_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^\s<>\"']+", re.IGNORECASE)
_MIXED = re.compile(r"(?=[^\s]*\d[^\s]*\d)(?=[^\s]*[A-Za-z][^\s]*[A-Za-z])[\w+/=~.-]{16,}")


def is_pseudonym(value: str) -> bool:
    """Return whether a value is a pseudonym, or several separated by commas."""
    return all(map(_is_one_pseudonym, map(str.strip, value.split(","))))


def _is_one_pseudonym(value: str) -> bool:
    if any(form.fullmatch(value) for form in _FORMS):
        return True
    return bool(_DIGITS.fullmatch(value)) and is_masked(value)


@lru_cache(maxsize=16)
def _stretch(key: str) -> bytes:
    """Return a key that takes long to find by trying; each is stretched once."""
    return hashlib.scrypt(key.encode(), salt=b"recordings of msgnb", n=2**14, r=8, p=1)


class Pseudonyms:
    """Makes pseudonyms from a key.

    Args:
        key: the key.
        hosts: domains that stay readable, because they are a platform's own.
    """

    def __init__(self, key: str, hosts: Collection[str] = ()) -> None:
        self._masker = Masker(key, reserved=True)
        self._secret = _stretch(key)
        self._hosts = tuple(sorted(hosts, key=len, reverse=True))

    @property
    def fingerprint(self) -> str:
        """What tells this key from others, and doesn't tell the key."""
        return self._hash("fingerprint", "")[:FINGERPRINT_LENGTH]

    def value(self, value: str) -> str:
        """Return the pseudonym of a value of which nothing is known."""
        return value if not value or _VALUE.fullmatch(value) else self._masker.value(value)

    def number(self, value: float) -> int:
        """Return the pseudonym of a number of which nothing is known."""
        if _NUMBER_BASE <= value < _NUMBER_BASE + _NUMBERS:
            return int(value)
        return _NUMBER_BASE + int(self._hash("number", str(value)), 16) % _NUMBERS

    def id(self, value: str) -> str:
        """Return an ID; unless the platform generated it, its pseudonym."""
        if not value or _GENERATED.fullmatch(value):
            return value
        if value.isascii() and value.isdigit():
            return str(self.number(int(value)))
        return self._hash("id", value)[:32]

    def field(self, name: str) -> str:
        """Return the pseudonym of a field's name."""
        return name if _FIELD.fullmatch(name) else f"field-{self._hash('field', name)[:16]}"

    def person(self, name: str) -> str:
        """Return the pseudonym of a name."""
        return name if not name.strip() or _PERSON.fullmatch(name) else self._masker.name(name)

    def phone(self, number: str) -> str:
        """Return the pseudonym of a phone number or another long number, however it is written."""
        digits = re.sub(r"[^\d+]", "", number)
        bare = re.sub(r"^(?:\+|00(?=[1-9]))", "", digits)
        if SHORTEST_PHONE <= len(bare) <= LONGEST_PHONE and not _NUMBER.fullmatch(digits):
            masked = self._masker.phone(digits)
            if len(masked) - len(digits) + len(bare) <= LONGEST_PHONE:
                return masked
        return str(self.number(int(digits.replace("+", ""))))

    def is_extension(self, number: str) -> bool:
        """Whether a number is an inner one of a telephone system, which stays."""
        return bool(_EXTENSION.fullmatch(number))

    def address(self, address: str) -> str:
        """Return the pseudonym of a phone number, identity, e-mail address or name, or of several."""
        # A name may contain a comma, too; each part of it is replaced then.
        return ",".join(self._address(each) for each in address.split(","))

    def host(self, host: str) -> str:
        """Return a host; a name stays if it is a platform's own, this machine's, or reserved for examples."""
        name = host.strip().rstrip(".").lower()
        if name in _LOOPBACK or name in _EXAMPLES or _MASKED_HOST.fullmatch(name):
            return host
        own = self._own(name)
        if own is None:
            return f"{self._label(name)}.example"
        # An account's contract is in front of the platform's name.
        labels = name.removesuffix(own).rstrip(".")
        return f"{self._label(labels)}.{own}" if labels else host

    def text(self, text: str) -> str:
        """Return a text with pseudonyms for its numbers, addresses, URLs and long tokens."""
        masked = _URL.sub(lambda found: self.value(found[0]), text)
        masked = _NODE.sub(lambda found: self.address(found[0]), masked)
        masked = _LONG_NUMBER.sub(lambda found: self.phone(found[0]), masked)
        return _MIXED.sub(self._token, masked)

    def _token(self, found: re.Match[str]) -> str:
        return found[0] if found[0].startswith(("person-", "field-")) else self._masker.value(found[0])

    def _address(self, address: str) -> str:
        if not address.strip() or address in _LOOPBACK or _is_node_pseudonym(address.strip()):
            return address
        scheme, colon, rest = address.partition(":")
        if colon and scheme in {"sip", "sips", "tel", "mailto"}:
            return f"{scheme}:{self._address(rest)}"
        if "@" in address:
            return self._identity(address)
        if self.is_extension(address):
            return address
        return self.phone(address) if _SPACED_DIGITS.fullmatch(address) else self._masker.name(address)

    def _identity(self, identity: str) -> str:
        # The instance behind an identity is a device of it, or a server.
        name, slash, instance = identity.partition("/")
        local, _, domain = name.rpartition("@")
        if instance and not _INSTANCE.fullmatch(instance):
            instance = f"{'#' * instance.startswith('#')}{self._label(instance.lstrip('#'))}"
        return self._node(local.strip(), domain.strip()) + slash + instance

    def _node(self, local: str, domain: str) -> str:
        if local == HIDDEN or self.is_extension(local) or (is_service(domain) and _SERVICE.fullmatch(local)):
            return f"{local}@{self.host(domain)}"
        if domain == "example.com" and _LOCAL.fullmatch(local):
            return f"{local}@{domain}"
        if self._own(domain):
            return f"{self._local(local)}@{self.host(domain)}"
        return self._masker.address(f"{local}@{domain}")

    def _local(self, local: str) -> str:
        """Return the pseudonym of what is before the domain of an identity on a channel."""
        if _SPACED_DIGITS.fullmatch(local):
            return self.phone(local)
        if sign := _EMAIL_SIGN.search(local):
            return self._address(local.replace(sign[0], "@", 1)).replace("@", sign[0])
        return local if _LOCAL.fullmatch(local) else f"person-{self._hash('local', local)[:16]}"

    def _own(self, domain: str) -> str | None:
        return next((each for each in self._hosts if domain == each or domain.endswith(f".{each}")), None)

    def _label(self, name: str) -> str:
        return name if _HOST_LABEL.fullmatch(name) else f"h{self._hash('host', name)[:16]}"

    def _hash(self, purpose: str, value: str) -> str:
        return hmac.digest(self._secret, f"{purpose}\0{value}".encode(), "sha256").hex()


def _is_node_pseudonym(address: str) -> bool:
    return any(form.fullmatch(address) for form in (_PERSON, _EMAIL, _NUMBER))
