"""Consistent pseudonyms for people: a person has the same one everywhere.

The schema decides what is masked: each column says what it holds. Whatever it does not declare is masked as
personal: other columns, row labels, column labels made of data, and amounts that are not numbers.

* A phone number keeps its `+` and country code, and continues with `00`, as no real number does.
* An identity keeps its domain. An email address becomes one of example.com, a name becomes `Person 4F2A9C`.
* A pseudonym is recognized and stays, so masking twice changes nothing.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from msgnb.core.errors import InvalidRequest
from msgnb.tables.schema import TEXT, Role, choices_of, role_of

if TYPE_CHECKING:
    import pandas as pd

EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w@./+-])\+[1-9](?:[ ().-]{0,2}\d){7,14}(?!\w)")
"""A phone number as people write it in a text, with its `+`."""
LONG_DIGITS = re.compile(r"\+?\d{8,15}")
MASKED_ADDRESS = re.compile(r"person-[0-9a-f]{8}@example\.com")
MASKED_NAME = re.compile(r"Person [0-9A-F]{6}")
MASKED_VALUE = re.compile("Value [0-9A-F]{6}")
OWN_DOMAINS = ("msging.net", "broadcast.msging.net")
"""Domains of bots, services and lists, where no people are."""
CHAT_DOMAINS = (".msging.net", "0mn.io")
_AT_SIGN = re.compile("%40|=40")
"""The `@` of an email address inside of an identity."""
RESERVED = ("example", "test", "invalid")
SHORTEST_KEY = 8
# Shorter parts of names, such as "da", are words of many texts.
SHORTEST_NAME = 4
ROW_NUMBERS = 10_000_000
"""Unnamed row labels below this are row numbers; larger ones may be phone numbers."""
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean", "timedelta")
TIMES = ("date", "time", "period")
"""How pandas' names for what a column really contains begin."""
_WORD = re.compile(r"\w+")
_MASKED_LOCAL = re.compile("person-[0-9a-f]{8}")
_EXTENSION = re.compile(r"\+?\d{1,6}")
_ENCODED_EMAIL = re.compile(r"[\w.+-]+%40[\w-]+(?:\.[\w-]+)+")
_EMBEDDED_PHONE = re.compile(r"(?<![\d@])(\+|%2[Bb])([1-9]\d{7,14})")
_GENERATED = re.compile(r"(?=.*[a-fA-F])[0-9a-fA-F-]{16,}")
"""An ID that a platform generated, in hexadecimal."""

Mask = Callable[[str], str]
RoleIn = Callable[[Any, "pd.Series[Any]"], Role | None]
"""What a column of one frame holds, by its name and values."""


def mask_frame(frame: pd.DataFrame, key: str, holds: Mapping[Any, Role] | None = None) -> pd.DataFrame:
    """Return a copy of a table in which each person has the same pseudonym in every column.

    The schema decides by what a column holds. A column that the schema does not declare is personal, unless
    `holds` says otherwise. Row labels are masked as a column of their name would be, and so are column labels
    that come from data, such as those of a pivot table.

    Args:
        frame: the table.
        key: secret from which the pseudonyms are derived.
        holds: roles of the user's own columns, such as `{"hour": "amount"}`; other names are ignored.

    Raises:
        InvalidRequest: the key is too short, or a role does not exist.
    """
    if len(key) < SHORTEST_KEY:
        raise InvalidRequest.of(key=f"has {len(key)} characters; {SHORTEST_KEY} are needed to keep a secret")
    role_in = partial(_role, given=_checked(holds or {}), beside=[*frame.columns, *frame.index.names])
    masker = Masker(key)
    # By position, because several columns may have one name.
    columns = [frame.iloc[:, position] for position in range(frame.shape[1])]
    roles = [role_in(name, column) for name, column in zip(frame.columns, columns, strict=True)]
    names = _Names(masker, (column for column, role in zip(columns, roles, strict=True) if role == "person"))
    masks = _masks(masker, names)
    # Opaque columns are left out, because they may contain anybody in any form.
    kept = [position for position, role in enumerate(roles) if role != "opaque"]
    found = frame.iloc[:, kept].copy()
    for position, source in enumerate(kept):
        if mask := masks.get(roles[source]):
            found.isetitem(position, _mapped(columns[source], mask).array)
    found.index = _relabelled(found.index, _row_masks(found.index, role_in, masks))
    found.columns = _relabelled(found.columns, _label_masks(found.columns, role_in, masks, masker))
    # Attributes may contain anything, and nothing describes them.
    found.attrs = {}
    return found


def fits(column: pd.Series[Any], role: Role, choices: Sequence[object] = ()) -> bool:
    """Return whether the values of a column can be what it is declared to hold.

    Amounts are numbers, times are times, and categories are among their choices. Anything else in such a
    column may be a person.

    Args:
        column: the column.
        role: what it is declared to hold.
        choices: all values that a category may have; empty if it may have any.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    if role == "category" and choices:
        return bool(column.dropna().isin(choices).all())
    kinds: tuple[str, ...] = {"amount": NUMBERS, "time": TIMES}.get(role, ())
    if not kinds or not column.notna().any():
        return True
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    return pd.api.types.infer_dtype(values, skipna=True).startswith(kinds)


def _checked(holds: Mapping[Any, Role]) -> Mapping[Any, Role]:
    if unknown := sorted({str(role) for role in holds.values()} - set(get_args(Role))):
        raise InvalidRequest.of(holds=f"{', '.join(unknown)} is not one of {', '.join(get_args(Role))}")
    return holds


def _role(
    name: Any, column: pd.Series[Any], given: Mapping[Any, Role], beside: Sequence[object]
) -> Role | None:
    """What a column holds; what the user says takes precedence over the schema."""
    if name in given:
        return given[name]
    role = role_of(name, beside) if isinstance(name, str) else None
    return role if role and fits(column, role, choices_of(name, beside)) else None


def _masks(masker: Masker, names: _Names) -> dict[Role | None, Mask]:
    """How values are masked, by what a column holds; times, amounts and categories stay."""
    return {
        "person": masker.name, "address": masker.party, "id": masker.id, "url": masker.id,
        # Addresses first, because a name may be part of one.
        "text": lambda text: names.replace(masker.text(text)), None: masker.value,
    }  # fmt: skip


def _mapped(column: pd.Series[Any], mask: Mask) -> pd.Series[Any]:
    """A column as text, with each of its values masked once; missing values stay missing."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    # Objects may be unhashable, such as lists.
    values = column.map(_text, na_action="ignore") if column.dtype == "object" else column
    codes, distinct = pd.factorize(values)
    masked: Any = pd.array([mask(_text(value)) for value in distinct], dtype=TEXT)  # type: ignore[call-overload]
    return pd.Series(masked.take(codes, allow_fill=True), index=column.index)


def _text(value: Any) -> str:
    """A value as text; a phone number in a column of floats has no `.0`."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _row_masks(
    labels: pd.Index[Any], role_in: RoleIn, masks: Mapping[Role | None, Mask]
) -> list[Mask | None]:
    """How row labels are masked, level by level."""
    levels = [labels.get_level_values(position) for position in range(labels.nlevels)]
    return [
        None if level.name is None and _are_row_numbers(level) else _level_mask(level, role_in, masks)
        for level in levels
    ]


def _label_masks(
    labels: pd.Index[Any], role_in: RoleIn, masks: Mapping[Role | None, Mask], masker: Masker
) -> list[Mask | None]:
    """How column labels are masked, level by level.

    Those of a named axis are data. All others are names of columns, unless one of them is an address.
    """
    found: list[Mask | None] = []
    for position in range(labels.nlevels):
        level = labels.get_level_values(position)
        if level.name is not None:
            found.append(_level_mask(level, role_in, masks))
        else:
            masked = any(masker.label(text) != text for text in map(_text, level))
            found.append(masker.label if masked else None)
    return found


def _level_mask(level: pd.Index[Any], role_in: RoleIn, masks: Mapping[Role | None, Mask]) -> Mask | None:
    role = role_in(level.name, level.to_series())
    return masks[None] if role == "opaque" else masks.get(role)


def _relabelled(axis: pd.Index[Any], masks: Sequence[Mask | None]) -> pd.Index[Any]:
    """Row or column labels with some of their levels masked."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    levels: list[pd.Index[Any]] = []
    for position, mask in enumerate(masks):
        level = axis.get_level_values(position)
        levels.append(pd.Index(_mapped(pd.Series(level), mask), name=level.name) if mask else level)
    return levels[0] if len(levels) == 1 else pd.MultiIndex.from_arrays(levels)


def _are_row_numbers(labels: pd.Index[Any]) -> bool:
    """Whether labels number the rows, or are times."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    if isinstance(labels, pd.DatetimeIndex):
        return True
    # The rows of a large table may have larger numbers; two phone numbers make a range too.
    if isinstance(labels, pd.RangeIndex) and labels.start < ROW_NUMBERS and 0 < labels.step < ROW_NUMBERS:
        return True
    return pd.api.types.is_integer_dtype(labels.dtype) and bool(
        labels.to_series().abs().lt(ROW_NUMBERS).all()
    )


class _Names:
    """The people of a table by their names, to be replaced in its texts."""

    def __init__(self, masker: Masker, columns: Iterable[pd.Series[Any]]) -> None:
        self._known: dict[str, str] = {}
        self._by_word: dict[str, list[str]] = {}
        for column in columns:
            for name in column.dropna().map(_text).unique():
                self._learn(name.strip(), masker)

    def _learn(self, name: str, masker: Masker) -> None:
        if not name or MASKED_NAME.fullmatch(name):
            return
        for part in called(name):
            word = _WORD.search(part)
            if part not in self._known:
                self._by_word.setdefault(word[0] if word else "", []).append(part)
            self._known[part] = masker.name(name)

    def replace(self, text: str) -> str:
        """Return a text with pseudonyms for the names in it."""
        if not self._known:
            return text
        # Looking up the words of a text is much faster than searching it for every name.
        words = ("", *_WORD.findall(text))
        return renamed(
            text, {part: self._known[part] for word in words for part in self._by_word.get(word, ())}
        )


def called(name: str) -> list[str]:
    """Return what a person is called in texts: the whole name, and the parts of it that are not short."""
    return [name, *(part for part in name.split() if len(part) >= SHORTEST_NAME)]


def renamed(text: str, known: Mapping[str, str]) -> str:
    """Return a text in which known names are replaced where they stand as words of their own."""
    there = sorted((part for part in known if part in text), key=len, reverse=True)
    if not there:
        return text
    # All at once, so that nothing is replaced within a pseudonym.
    pattern = "|".join(map(re.escape, there))
    return re.sub(rf"(?<!\w)(?:{pattern})(?!\w)", lambda found: known[found[0]], text)


class Masker:
    """Makes pseudonyms from a key. Without the key, trying all phone numbers does not tell whose one is.

    >>> masker.phone("+5511999998888").startswith("+5500")
    True
    """

    def __init__(self, key: str) -> None:
        self._key = key.encode()

    def phone(self, number: str) -> str:
        """Return the pseudonym of a phone number; anything else is returned as it is."""
        digits = re.sub(r"[ ().-]", "", number)
        if not LONG_DIGITS.fullmatch(digits):
            return number
        plus, digits = "+" * digits.startswith("+"), digits.removeprefix("+")
        code = _country_code(digits)
        rest = digits[len(code) :]
        # It is a pseudonym already.
        if rest.startswith("00"):
            return plus + digits
        # The pseudonym is as long as the number.
        width = max(len(rest) - 2, 1)
        return f"{plus}{code}00{int(self._hash(digits), 16) % 10**width:0{width}d}"

    def name(self, name: str) -> str:
        """Return the pseudonym of a name."""
        if not name.strip() or MASKED_NAME.fullmatch(name):
            return name
        return f"Person {self._hash(name.strip().casefold())[:6].upper()}"

    def address(self, address: str) -> str:
        """Return the pseudonym of an email address, or of an identity on a chat channel."""
        local, _, domain = address.rpartition("@")
        public = domain in OWN_DOMAINS or domain.rpartition(".")[2] in RESERVED
        # A cell such as "+5511999998888; bot@msging.net" is more than one address.
        if MASKED_ADDRESS.fullmatch(address) or (public and EMAIL.fullmatch(address)):
            return address
        if domain.endswith(CHAT_DOMAINS) or _AT_SIGN.search(local):
            return f"{self._local(local)}@{domain}"
        if local.isdigit() and len(local) < 7:
            return address  # extension of a PBX
        return f"person-{self._hash(address.casefold())[:8]}@example.com"

    def party(self, party: str) -> str:
        """Return the pseudonym of a number or an identity, or of several separated by commas."""
        return ",".join(self._party(each) for each in party.split(","))

    def id(self, name: str) -> str:
        """Return an ID or URL with pseudonyms for the numbers and identities in it.

        Some platforms make IDs of a campaign or a list and its recipient.
        """
        name = self._emails(name)
        if "%40" in name:
            name = _ENCODED_EMAIL.sub(lambda found: self._local(found[0]), name)
        return _EMBEDDED_PHONE.sub(lambda found: f"{found[1]}{self.phone(found[2])}", name)

    def value(self, value: str) -> str:
        """Return the pseudonym of a value of which nothing is known."""
        return value if MASKED_VALUE.fullmatch(value) else f"Value {self._hash(value)[:6].upper()}"

    def _party(self, party: str) -> str:
        if "://" in party:
            return self.text(party)
        if "@" in party:
            return self.address(party)
        if LONG_DIGITS.fullmatch(re.sub(r"[ ().-]", "", party)):
            return self.phone(party)
        # Extensions and generated IDs name no one outside of the platform; anything else may be a name.
        return party if _EXTENSION.fullmatch(party) or _GENERATED.fullmatch(party) else self.name(party)

    def label(self, label: str) -> str:
        """Return a column label with pseudonyms for the numbers and identities in it."""
        masked = self.phone(label)
        return self.text(label) if masked == label else masked

    def text(self, text: str) -> str:
        """Return a text with pseudonyms for email addresses, identities, and numbers with their `+`."""
        return PHONE.sub(lambda found: self.phone(found[0]), self._emails(text))

    def _emails(self, text: str) -> str:
        """A text with pseudonyms for email addresses and identities."""
        # The pattern is slow on long words without an `@`, such as IDs.
        return EMAIL.sub(lambda found: self.address(found[0]), text) if "@" in text else text

    def _local(self, local: str) -> str:
        """The part of an identity before the `@`."""
        if LONG_DIGITS.fullmatch(local):
            return self.phone(local)
        if sign := _AT_SIGN.search(local):
            return self.address(local.replace(sign[0], "@")).replace("@", sign[0])
        # A generated ID is followed by the name of its bot; in other identities a point is part of the name.
        person, dot, bot = local.partition(".")
        if _MASKED_LOCAL.fullmatch(person):
            return local
        if dot and _GENERATED.fullmatch(person):
            return f"person-{self._hash(person)[:8]}{dot}{bot}"
        return f"person-{self._hash(local)[:8]}"

    def _hash(self, value: str) -> str:
        return hmac.digest(self._key, value.encode(), "sha256").hex()


def _country_code(digits: str) -> str:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    try:
        return str(phonenumbers.parse(f"+{digits}").country_code)
    except phonenumbers.NumberParseException:
        return digits[:2]
