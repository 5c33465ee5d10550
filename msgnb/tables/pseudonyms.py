"""Pseudonyms, which are made from a key and are the same everywhere.

A number is replaced by another one: its digits are permuted, so two numbers never share a pseudonym, and its
country code, its length and the marks between its digits stay. Everything else becomes a word made from a
keyed hash.

The key is stretched with scrypt, so that trying one takes a tenth of a second. Whoever has the key can
reverse the pseudonym of every number, and recognize every other one by trying.
"""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache

from msgnb.core.addresses import is_service, keeps_domain
from msgnb.core.errors import InvalidRequest
from msgnb.core.secrets import Secret, sealed
from msgnb.tables.detectors import ADDRESS, URL, Found, digits_of

MASKED_NAME = re.compile(r"Person [A-Z2-7]{13}")
MASKED_VALUE = re.compile(r"Value [A-Z2-7]{13}")
MASKED_ADDRESS = re.compile(r"person-[0-9a-f]{16}@example\.com")
_MASKED_LOCAL = re.compile(r"person-[0-9a-f]{16}")
_MASKED_PATH = re.compile(r"/~[A-Z2-7]{13}")
_SHORTEST_PHONE = 8
"""Digits that a number must have for its first ones to be taken for a country code."""
_FEWEST_GUESSES = 13
"""The power of ten of the guesses that a key must withstand, as zxcvbn estimates them."""
_EXAMPLES = frozenset({"a long secret of yours", "correct horse battery staple"})
"""Keys that are printed somewhere, in our documentation for example."""
_JUDGED = 72
"""Characters that zxcvbn looks at."""
_ROUNDS = 10
_SHORT = 7
"""Numbers with fewer digits than this are never their own pseudonyms."""
_RESERVED_LENGTH = 15
"""Digits of a reserved number after `+` or `00`: as many as E.164 allows, and more than real ones have."""
_RESERVED_WHOLE = "000"
"""What a reserved number without a country code begins with."""
_LONG_MARK = "00"
"""What a longer reserved number has after its country code, with check digits after it."""
_LONG_CHECK = 11
"""As many check digits as make it longer than 15 digits, so that the two forms can be told apart."""
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
"""An ID that a platform generated."""
_GENERATED_LOCAL = re.compile(r"[0-9a-fA-F-]{16,}")
_ENCODED_AT = re.compile("%40|=40", re.IGNORECASE)
"""The `@` of an email address inside of an identity."""
_NUMBER = re.compile(r"[+＋]?[\d\s().\-/\u00a0]*\d[\d\s().\-/\u00a0]*")


class Masker:
    """Makes pseudonyms from a key.

    >>> masker = Masker(key)
    >>> masker.phone("+5511999998888").startswith("+55")
    True

    Args:
        key: the secret.
        reserved: whether phone numbers become `+CC0…` with 15 digits, which nobody has, and are recognized
            as pseudonyms. Recordings need that, since what was recorded is read through the same filter.

    Raises:
        InvalidRequest: the key can be guessed.
    """

    def __init__(self, key: str | Secret, *, reserved: bool = False) -> None:
        key = Secret(key)
        self._key = _stretch(key)
        self._reserved = reserved
        self._hashes: dict[tuple[str, int], list[hashlib.blake2b]] = {}

    # By what a value is

    def phone(self, number: str) -> str:
        """Return the pseudonym of a number, as it is written; anything else is returned as it is."""
        if not _NUMBER.fullmatch(number):
            return number
        digits = digits_of(number)
        if self._reserved:
            return self._reserve(number, digits)
        prefix = _fixed_prefix(digits)
        return _rewrite(number, prefix + self._permute_within(prefix, digits[len(prefix) :]))

    def name(self, name: str) -> str:
        """Return the pseudonym of a name."""
        return (
            name if not name.strip() or MASKED_NAME.fullmatch(name) else f"Person {self._word(name.strip())}"
        )

    def value(self, value: str) -> str:
        """Return the pseudonym of a value of which nothing is known."""
        return value if not value or MASKED_VALUE.fullmatch(value) else f"Value {self._word(value)}"

    def address(self, address: str) -> str:
        """Return the pseudonym of an email address, or of an identity on a chat channel."""
        local, _, domain = address.replace("＠", "@").rpartition("@")
        if MASKED_ADDRESS.fullmatch(address) or is_service(domain):
            return address
        if not (keeps_domain(domain) or _ENCODED_AT.search(local)):
            return f"person-{self._hex(address, 16)}@example.com"
        return f"{self._local(local)}@{domain}"

    def url(self, url: str) -> str:
        """Return a URL of which only scheme and host are left, and a pseudonym for the rest."""
        scheme, slashes, rest = url.partition("://") if "://" in url else ("", "", url)
        host = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
        path = rest[len(host) :]
        # A name and a password may come before the host.
        host = host.rpartition("@")[2]
        if path in {"", "/"} or _MASKED_PATH.fullmatch(path):
            return f"{scheme}{slashes}{host}{path}"
        return f"{scheme}{slashes}{host}/~{self._word(path)}"

    # By the role of a column

    def party(self, party: str) -> str:
        """Return the pseudonym of an ID or address, or of several separated by commas."""
        return ",".join(self.id(each) for each in party.split(","))

    def id(self, written: str) -> str:
        """Return the pseudonym of an ID, number, identity or URL.

        Some platforms make IDs of several parts, such as a campaign and its recipient, with a `/` in between.
        Each part has the pseudonym that it has alone.
        """
        if URL.fullmatch(written) and "://" in written:
            return self.url(written)
        return "/".join(self._part(part) for part in written.split("/"))

    def replaced(self, text: str, found: Sequence[Found]) -> str:
        """Return a text with a pseudonym in place of each piece that was found in it."""
        pieces = []
        end = 0
        for each in found:
            pieces += [text[end : each.start], self._piece(text[each.start : each.end], each)]
            end = each.end
        return "".join([*pieces, text[end:]])

    def _piece(self, written: str, found: Found) -> str:
        if found.name is not None:
            return self.name(found.name)
        if found.kind == "url":
            return self.url(written)
        if found.kind in {"phone", "card", "cpf", "number"} or _NUMBER.fullmatch(written):
            return self._number(written, found.phone)
        if found.kind == "address" and ADDRESS.fullmatch(written):
            return self.address(written)
        return self.value(written)

    def _number(self, written: str, phone: tuple[str, str] | None) -> str:
        """A number in a text; one without a country code has the pseudonym of the one with it."""
        digits = digits_of(written)
        if phone is None or digits.endswith("".join(phone)):
            masked = digits_of(self.phone(digits))
            sign = "+" * written.startswith(("+", "＋"))
            return f"{sign}{masked}" if self._reserved else _rewrite(written, masked)
        code, national = phone
        masked = self.phone(f"+{code}{national}")
        if self._reserved:
            return masked
        return _rewrite(written, digits.removesuffix(national) + masked.removeprefix(f"+{code}"))

    def _reserve(self, number: str, digits: str) -> str:
        """The pseudonym of a number that nobody has, without the marks between its digits."""
        if _is_reserved(digits):
            return number
        prefix = _fixed_prefix(digits)
        sign = "+" * number.startswith(("+", "＋"))
        code = "" if digits.startswith(_RESERVED_WHOLE) else prefix.lstrip("0")
        if code:
            zeros = prefix.removesuffix(code)
            return f"{sign}{zeros}{code}{_seal(code, self._permute(digits[len(prefix) :], code))}"
        # The zero in front of a national number is implied by the form of the pseudonym.
        national = prefix == "0" and _spare("", digits[1:]) is not None
        sealed = (
            _seal("", self._permute(digits[1:], ""))
            if national
            else _seal_long("", self._permute(digits, ""))
        )
        return f"{sign}{_RESERVED_WHOLE}{sealed}"

    def _part(self, part: str) -> str:
        if not part.strip() or MASKED_NAME.fullmatch(part) or _MASKED_LOCAL.fullmatch(part):
            return part
        if "@" in part or "＠" in part:
            return self.address(part) if ADDRESS.fullmatch(part) else self.value(part)
        if _NUMBER.fullmatch(part):
            return self.phone(part)
        if _HEXADECIMAL.fullmatch(part):
            # Nobody outside of the platform can tell whose it is, and no form would tell a pseudonym of it.
            return part if self._reserved else self._hexadecimal(part)
        return self.value(part)

    def _local(self, local: str) -> str:
        """The part of an identity before the `@`."""
        if _NUMBER.fullmatch(local):
            return self.phone(local)
        if sign := _ENCODED_AT.search(local):
            return self.address(local.replace(sign[0], "@")).replace("@", sign[0])
        # A generated ID is followed by the name of its bot; in other identities a point is part of the name.
        person, dot, bot = local.partition(".")
        if _MASKED_LOCAL.fullmatch(person):
            return local
        if dot and _GENERATED_LOCAL.fullmatch(person):
            return f"person-{self._hex(person, 16)}{dot}{bot}"
        return f"person-{self._hex(local, 16)}"

    # Words and digits

    def _word(self, value: str) -> str:
        return base64.b32encode(self._digest(value, 10)).decode()[:13]

    def _hex(self, value: str, length: int) -> str:
        return self._digest(value, 32).hex()[:length]

    def _hexadecimal(self, value: str) -> str:
        """Another generated ID of the same form."""
        digits = iter(self._digest(value, 64).hex() * (1 + len(value) // 128))
        return "".join(mark if mark == "-" else next(digits) for mark in value)

    def _digest(self, value: str, size: int) -> bytes:
        return hashlib.blake2b(
            value.encode("utf-8", "surrogatepass"), key=self._key, digest_size=size
        ).digest()

    def _permute_within(self, prefix: str, rest: str) -> str:
        """Permute the digits after a prefix, among those after which it is still the prefix."""
        rest = self._permute(rest, prefix)
        # A zero in front of a national number could become two, which stand before a country code.
        while prefix == "0" and _fixed_prefix(prefix + rest) != prefix:
            rest = self._permute(rest, prefix)
        return rest

    def _permute(self, digits: str, prefix: str) -> str:
        """Return the digits' image under a permutation of all numbers with as many digits.

        The prefix chooses the permutation; the same number after `00` or `+` has the same pseudonym.
        """
        prefix = prefix.lstrip("0")
        if len(digits) >= _SHORT:
            return self._shuffle(digits, prefix, range(_ROUNDS))
        if not digits:
            return ""
        # A permutation has one fixed point on average, which is likely to be met among few numbers. A shift
        # by one has none, and neither has a shift of what the permutation makes of the numbers.
        size = len(digits)
        if size == 1:
            return str((int(digits) + 1 + self._digest(prefix, 1)[0] % 9) % 10)
        shuffled = self._shuffle(digits, prefix, range(_ROUNDS))
        shifted = str((int(shuffled) + 1) % 10**size).zfill(size)
        return self._shuffle(shifted, prefix, range(_ROUNDS - 1, -1, -1))

    def _shuffle(self, digits: str, prefix: str, rounds: range) -> str:
        """A Feistel network over decimal digits, whose halves may differ in length by one; or its inverse."""
        size = len(digits)
        half = size // 2
        moduli = 10**half, 10 ** (size - half)
        left, right = int(digits[:half]), int(digits[half:])
        # Copying a hash is faster than beginning one with a key.
        hashes = self._round_hashes(prefix, size)
        for number in rounds:
            if rounds.step > 0:
                left, right = right, (left + _finish(hashes[number], right)) % moduli[number % 2]
            else:
                left, right = (right - _finish(hashes[number], left)) % moduli[number % 2], left
        return f"{left:0{half}d}{right:0{size - half}d}"

    def _round_hashes(self, prefix: str, size: int) -> list[hashlib.blake2b]:
        """The beginnings of the hashes of the rounds, for numbers of one prefix and length."""
        if (prefix, size) not in self._hashes:
            messages = (f"{prefix}|{size}|{number}|".encode() for number in range(_ROUNDS))
            self._hashes[prefix, size] = [
                hashlib.blake2b(message, key=self._key, digest_size=16) for message in messages
            ]
        return self._hashes[prefix, size]


def _finish(begun: hashlib.blake2b, half: int) -> int:
    """The number that a round adds to one half, made of the other one."""
    whole = begun.copy()
    whole.update(str(half).encode())
    return int.from_bytes(whole.digest(), "big")


def is_pseudonym(value: str) -> bool:
    """Whether a value is a pseudonym that can be told; numbers are only told if they are reserved ones.

    >>> is_pseudonym("Person GX3AYBTRQ2WNC")
    True
    """
    if _NUMBER.fullmatch(value):
        return _is_reserved(digits_of(value))
    words = (MASKED_NAME, MASKED_VALUE, MASKED_ADDRESS)
    local, _, domain = value.rpartition("@")
    inner = _MASKED_LOCAL.match(local) or (local and is_pseudonym(local))
    return any(word.fullmatch(value) for word in words) or bool(inner and keeps_domain(domain))


def _is_reserved(digits: str) -> bool:
    if digits.startswith(_RESERVED_WHOLE):
        return _is_sealed("", digits.removeprefix(_RESERVED_WHOLE))
    prefix = _fixed_prefix(digits)
    code = prefix.lstrip("0")
    return bool(code) and _is_sealed(code, digits.removeprefix(prefix))


def _seal(code: str, rest: str) -> str:
    """Return the digits of a reserved number after its country code.

    They are a zero, a digit that checks the number and says how many digits follow only to fill it up, those
    digits, and the permuted rest. The filling checks the rest, too, so that one in a hundred other numbers of
    15 digits passes for a reserved one, and no shorter number does.
    """
    spare = _spare(code, rest)
    if spare is None:
        return _seal_long(code, rest)
    filling = _check(f"{code}|{rest}", spare)
    return f"{_lead(code)}{_mark(code, filling + rest, spare)}{filling}{rest}"


def _seal_long(code: str, rest: str) -> str:
    return f"{_LONG_MARK}{_check(code + rest, _LONG_CHECK)}{rest}"


def _is_sealed(code: str, sealed: str) -> bool:
    """Whether the digits after a country code were made by `_seal`."""
    if len(sealed) != _RESERVED_LENGTH - len(code or _RESERVED_WHOLE):
        rest = sealed[len(_LONG_MARK) + _LONG_CHECK :]
        return bool(rest) and sealed == _seal_long(code, rest)
    mark, following = sealed[len(_lead(code))], sealed[len(_lead(code)) + 1 :]
    spare = (int(mark) - _mark(code, following, 0)) % 10
    return spare == _spare(code, following[spare:]) and sealed == _seal(code, following[spare:])


def _lead(code: str) -> str:
    """What keeps a reserved number from being dialed; without a country code, its zeros do."""
    return "0" if code else ""


def _spare(code: str, rest: str) -> int | None:
    """How many digits fill a reserved number up to 15; `None` if it can't have 15.

    Countries whose code has one digit have numbers of 11 digits, and IDs of some networks look like such a
    code and a zero, with 15 digits in all; so at least one digit is left to check.
    """
    spare = _RESERVED_LENGTH - len(code or _RESERVED_WHOLE) - len(_lead(code)) - 1 - len(rest)
    return spare if (1 if len(code) == 1 else 0) <= spare <= 9 else None


def _mark(code: str, following: str, spare: int) -> int:
    return (int(_check(code + following, 1)) + spare) % 10


def _check(digits: str, size: int) -> str:
    """As many check digits of a number; whoever has no key can compute them, too."""
    number = int.from_bytes(hashlib.blake2b(digits.encode(), digest_size=8).digest(), "big")
    return str(number % 10**size).zfill(size) if size else ""


@sealed
def check_key(key: Secret) -> None:
    """Refuse a key that can be guessed.

    Raises:
        InvalidRequest: the key can be guessed; the error does not show it.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - loads when first used

    known = key.reveal() in _EXAMPLES
    if not key or known or zxcvbn(key.reveal()[:_JUDGED])["guesses_log10"] < _FEWEST_GUESSES:
        words = "can be guessed; use several words, or make one with secrets.token_urlsafe()"
        raise InvalidRequest.of(key=words)


@lru_cache(maxsize=16)
@sealed
def _stretch(key: Secret) -> bytes:
    check_key(key)
    return hashlib.scrypt(
        key.reveal().encode(), salt=b"msgnb pseudonyms", n=2**15, r=8, p=1, maxmem=2**26, dklen=32
    )


def _fixed_prefix(digits: str) -> str:
    """The first digits of a number, which its pseudonym keeps: a country code, with the zeros before it.

    No prefix is the beginning of another one, and which one a number has can be told from its digits alone.
    Numbers of different prefixes therefore never share a pseudonym.
    """
    if len(digits) < _SHORTEST_PHONE:
        return ""
    return _parse_prefix(digits[:5])


@lru_cache(maxsize=4096)
def _parse_prefix(first: str) -> str:
    if first.startswith("00"):
        return "00" + _country_code(first[2:])
    return "0" if first.startswith("0") else _country_code(first)


def _country_code(digits: str) -> str:
    """The country code at the beginning; three digits if no country has them."""
    return next((digits[:size] for size in (1, 2, 3) if digits[:size] in _country_codes()), digits[:3])


@cache
def _country_codes() -> frozenset[str]:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    return frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


def _rewrite(written: str, digits: str) -> str:
    """Return a number with other digits, in the script and with the marks between them that it has."""
    following = iter(digits)
    return "".join(_replace_digit(mark, next(following)) if mark.isdecimal() else mark for mark in written)


def _replace_digit(old: str, new: str) -> str:
    return new if old.isascii() else chr(ord(old) - unicodedata.decimal(old) + int(new))
