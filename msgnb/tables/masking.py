"""Stable pseudonyms for people: the same person has the same one everywhere, and it can't be turned back.

* A phone keeps its `+` and its country code; its number begins with `00`, as none that is given out does.
* An identity keeps its domain, an e-mail becomes one of example.com, a name becomes `Person 4F2A9C`.
* What is a pseudonym already stays as it is, so that masking twice changes nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, get_args

from msgnb.core.errors import InvalidRequest
from msgnb.tables.schema import TEXT, Role, role_of

if TYPE_CHECKING:
    import pandas as pd

EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w@./+-])\+[1-9](?:[ ().-]{0,2}\d){7,14}(?!\w)")
"""A number as people write it in a text, with its `+`."""
LONG_DIGITS = re.compile(r"\+?\d{8,15}")
MASKED_ADDRESS = re.compile(r"person-[0-9a-f]{8}@example\.com")
MASKED_NAME = re.compile(r"Person [0-9A-F]{6}")
OWN_DOMAINS = ("msging.net", "broadcast.msging.net")
"""Where no people are: bots, postmasters and lists."""
CHAT_DOMAINS = (".msging.net", "0mn.io", "blip.ai", ".blip.ai")
RESERVED = ("example", "test", "invalid")


Mask = Callable[[str], str]
SHORTEST_KEY = 8
SHORTEST_NAME = 4
MASKED_VALUE = re.compile("Value [0-9A-F]{6}")


def mask_frame(frame: pd.DataFrame, key: str, holds: Mapping[str, Role] | None = None) -> pd.DataFrame:
    """Return a copy of a table in which each person has the same pseudonym in every column.

    The schema decides by what a column holds. A column that the schema does not declare is personal, unless
    `holds` says otherwise.

    Args:
        frame: the table.
        key: secret from which the pseudonyms are derived.
        holds: roles of the user's own columns, such as `{"hour": "amount"}`.

    Raises:
        InvalidRequest: the key is too short, or a role does not exist.
    """
    if len(key) < SHORTEST_KEY:
        raise InvalidRequest.of(key=f"has {len(key)} characters; {SHORTEST_KEY} are needed to keep a secret")
    roles = _roles(frame, holds or {})
    masker = Masker(key)
    found = frame.drop(columns=[name for name, role in roles.items() if role == "opaque"])
    makers: dict[Role | None, Mask] = {
        "person": masker.name, "address": masker.party, "id": masker.id, "text": masker.text,
        "url": masker.text, None: masker.value,
    }  # fmt: skip
    for name in found.columns:
        if mask := makers.get(roles[name]):
            found[name] = _mapped(found[name], mask)
    return _without_names(found, frame, roles, masker)


def _roles(frame: pd.DataFrame, given: Mapping[str, Role]) -> dict[Any, Role | None]:
    """What each column holds; what the user says takes precedence over the schema."""
    if unknown := sorted(set(given.values()) - set(get_args(Role))):
        raise InvalidRequest.of(holds=f"{', '.join(unknown)} is not one of {', '.join(get_args(Role))}")
    return {
        name: given[name] if name in given else role_of(str(name), frame[name].dtype)
        for name in frame.columns
    }


def _without_names(
    found: pd.DataFrame, frame: pd.DataFrame, roles: Mapping[Any, Role | None], masker: Masker
) -> pd.DataFrame:
    """The names of the table's people, replaced in its texts too."""
    named = [frame[name].dropna() for name, role in roles.items() if role == "person"]
    known = {part: masker.name(name) for part, name in _called(chain.from_iterable(named)).items()}
    for name, role in roles.items():
        if known and role == "text":
            found[name] = _mapped(found[name], lambda text: renamed(text, known))
    return found


def called(name: str) -> list[str]:
    """What somebody is called in texts: by the whole name, and by parts of it that are no short words."""
    return [name, *(part for part in name.split() if len(part) >= SHORTEST_NAME)]


def _called(names: Iterable[str]) -> dict[str, str]:
    """What people are called in texts: by their whole names, and by parts of them."""
    found: dict[str, str] = {}
    for name in map(str, names):
        found |= dict.fromkeys(called(name), name)
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def renamed(text: str, known: dict[str, str]) -> str:
    """A text with pseudonyms for all that is known, where it stands as a word of its own."""
    for part, pseudonym in known.items():
        if part in text:
            text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", pseudonym, text)
    return text


def _mapped(column: pd.Series[Any], mask: Mask) -> pd.Series[Any]:
    """A column with each of its values masked once; text keeps its type, anything else becomes text."""
    texts = column.map(str, na_action="ignore")
    pseudonyms = {text: mask(text) for text in texts.dropna().unique()}
    kept: Any = column.dtype if column.dtype in {TEXT, "object"} else TEXT
    return texts.map(pseudonyms, na_action="ignore").astype(kept)


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
        if (
            domain in OWN_DOMAINS
            or domain.rpartition(".")[2] in RESERVED
            or MASKED_ADDRESS.fullmatch(address)
        ):
            return address
        if domain.endswith(CHAT_DOMAINS):
            return f"{self._local(local)}@{domain}"
        if local.isdigit() and len(local) < 7:
            return address  # an extension of a PBX
        return f"person-{self._hash(address.casefold())[:8]}@example.com"

    def party(self, party: str) -> str:
        """Return the pseudonym of a number or an identity, or of several separated by commas."""
        return ",".join(self._party(each) for each in party.split(","))

    def id(self, name: str) -> str:
        """Return an ID with pseudonyms for the numbers and identities in it.

        SMSDrop's messages and BLiP's memberships have such IDs, made of a campaign or a list and a recipient.
        """
        name = EMAIL.sub(lambda found: self.address(found[0]), name)
        return re.sub(r"(?<![\d@])\+[1-9]\d{7,14}", lambda found: self.phone(found[0]), name)

    def value(self, value: str) -> str:
        """Return the pseudonym of a value of which nothing is known."""
        return value if MASKED_VALUE.fullmatch(value) else f"Value {self._hash(value)[:6].upper()}"

    def _party(self, party: str) -> str:
        if "@" in party and "://" not in party:
            return self.address(party)
        masked_party = self.phone(party)
        return self.text(party) if masked_party == party else masked_party

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


def _country_code(digits: str) -> str:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    try:
        return str(phonenumbers.parse(f"+{digits}").country_code)
    except phonenumbers.NumberParseException:
        return digits[:2]
