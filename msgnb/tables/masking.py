"""Replaces people by pseudonyms, which are the same in every table masked with the same key.

The schema decides what is masked: each column says what it holds. Whatever it does not declare is masked as
personal: other columns, row labels, names of axes, column labels made of data, categories of no known table,
and amounts that are not numbers.

* Numbers and identities keep their form and the country code, see `msgnb.tables.pseudonyms`.
* In texts, addresses, numbers and URLs are found by their form (`msgnb.tables.detectors`), and people by
  their names (`msgnb.tables.names`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, get_args

from msgnb.core.errors import InvalidRequest
from msgnb.core.secrets import Secret
from msgnb.tables.detectors import Found, blank_out, find_personal
from msgnb.tables.names import Names
from msgnb.tables.pseudonyms import MASKED_NAME, Masker
from msgnb.tables.schema import TEXT, Role, choices_of, is_recognized, role_of

if TYPE_CHECKING:
    import pandas as pd

ROW_NUMBERS = 1_000_000
"""Unnamed row labels below this are row numbers; larger ones may be phone numbers."""
LARGEST_AMOUNT = 10_000_000
"""Whole numbers from this on may be phone numbers, unless the table is known."""
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean", "timedelta")
TIMES = ("date", "time", "period")
"""How pandas' names for what a column really contains begin."""
MOST_REGIONS = 5
"""Countries in which numbers without a country code are looked for, by how many numbers a table has there."""
# A label that somebody typed, and no value that became one.
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")

Mask = Callable[[str], str]


class _HasContacts(Protocol):
    """A client, whose contacts are people with names."""

    def contacts(self) -> pd.DataFrame:
        """Return the contacts."""


OnePeople: TypeAlias = "pd.DataFrame | pd.Series[str] | _HasContacts | str"
People: TypeAlias = "OnePeople | Iterable[OnePeople]"
"""Names of people: tables that have them, a column, clients with contacts, or the names themselves."""


def mask_frame(
    frame: pd.DataFrame,
    key: str | Secret,
    holds: Mapping[Any, Role] | None = None,
    *,
    people: People = (),
    region: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return a copy of a table in which each person has the same pseudonym in every column.

    The schema decides by what a column holds. A column that the schema does not declare is personal, unless
    `holds` says otherwise. Row labels are masked as a column of their name would be, and so are column labels
    that come from data, such as those of a pivot table.

    Args:
        frame: the table.
        key: secret from which the pseudonyms are derived.
        holds: roles of the user's own columns, such as `{"hour": "amount"}`; other names are ignored.
        people: tables with names of people who may be mentioned in texts, or clients with contacts.
        region: countries of numbers without a country code in texts.

    Raises:
        InvalidRequest: the key can be guessed, a role or a country does not exist.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    key = Secret(key)
    reading = read_frame(frame, holds, people=people, region=region)
    masks = _Masks(Masker(key), reading.names, reading.regions)
    # Opaque columns are left out, because they may contain anybody in any form.
    kept = [position for position, role in enumerate(reading.roles) if role != "opaque"]
    found = frame.iloc[:, kept].copy()
    for position, source in enumerate(kept):
        column = reading.columns[source]
        if mask := masks.by_role(reading.roles[source], reading.is_open(source)):
            found.isetitem(position, _mapped(column, mask).array)
        elif isinstance(column.dtype, pd.CategoricalDtype):
            found.isetitem(position, _without_unused(column, reading.beside).array)
    found.index = _relabelled(found.index, _row_masks(found.index, reading, masks), masks)
    found.columns = _relabelled(found.columns, _label_masks(found.columns, reading, masks), masks)
    # Attributes may contain anything, and nothing describes them.
    found.attrs = {"masked": True}
    return found


@dataclass(frozen=True)
class Reading:
    """What is known of a frame before it is masked.

    Attributes:
        frame: the frame.
        columns: its columns by position, because several may have one name.
        roles: what each of them holds.
        holds: what the user says of own columns.
        names: names of people.
        regions: countries of numbers without a country code, the likeliest first.
    """

    frame: pd.DataFrame
    columns: list[pd.Series[Any]]
    roles: list[Role | None]
    holds: Mapping[Any, Role]
    names: Names
    regions: tuple[str, ...]

    @cached_property
    def beside(self) -> list[Any]:
        """The names of all columns and index levels."""
        return [*self.frame.columns, *self.frame.index.names]

    def role_in(self, name: Any, column: pd.Series[Any]) -> Role | None:
        """What a column or index level holds."""
        return _role(name, column, self.holds, self.beside)

    def is_open(self, position: int) -> bool:
        """Whether a column is a category that may have any value, so that its values are texts."""
        import pandas as pd  # noqa: PLC0415 - loads when first used

        name, dtype = self.frame.columns[position], self.columns[position].dtype
        if self.roles[position] != "category" or choices_of(name, self.beside):
            return False
        return not (pd.api.types.is_bool_dtype(dtype) or pd.api.types.is_numeric_dtype(dtype))


def read_frame(
    frame: pd.DataFrame,
    holds: Mapping[Any, Role] | None = None,
    *,
    people: People = (),
    region: str | Sequence[str] | None = None,
) -> Reading:
    """Return what is known of a frame: the roles of its columns, names of people, and countries.

    Raises:
        InvalidRequest: a role or a country does not exist.
    """
    given = _checked_roles(holds or {})
    beside = [*frame.columns, *frame.index.names]
    role_in = partial(_role, given=given, beside=beside)
    columns = [frame.iloc[:, position] for position in range(frame.shape[1])]
    roles = [role_in(name, column) for name, column in zip(frame.columns, columns, strict=True)]
    levels = [frame.index.get_level_values(level).to_series() for level in range(frame.index.nlevels)]
    level_roles = [role_in(name, level) for name, level in zip(frame.index.names, levels, strict=True)]
    series = [*zip(columns, roles, strict=True), *zip(levels, level_roles, strict=True)]
    series += [each for given_people in _listed(people) for each in _read_people(given_people, given)]
    texts = [column.dropna().map(_text).unique() for column, role in series if role == "person"]
    regions = [
        *_checked_regions(region),
        *_find_regions(column for column, role in series if role == "address"),
    ]
    names = Names(name for column in texts for name in column)
    return Reading(frame, columns, roles, given, names, tuple(dict.fromkeys(regions)))


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


class _Masks:
    """How values are masked, by what a column holds."""

    def __init__(self, masker: Masker, names: Names, regions: Sequence[str]) -> None:
        self._masker = masker
        self._names = names
        self._regions = regions

    def by_role(self, role: Role | None, is_open: bool) -> Mask | None:
        """The mask of a column; `None` if its values stay, as times, amounts and categories do."""
        if role == "category" and is_open:
            return self.text
        masker = self._masker
        return {
            "person": masker.name, "address": masker.party, "id": masker.id, "url": self.link,
            "text": self.text, None: masker.value, "opaque": masker.value,
        }.get(role)  # fmt: skip

    def text(self, text: str) -> str:
        """A text without numbers, addresses and names."""
        return self._masker.replaced(text, find_people(text, self._names, self._regions))

    def link(self, url: str) -> str:
        """A URL of which the host is left."""
        return self._masker.url(url) if "://" in url else self._masker.value(url)

    def label(self, label: str) -> str:
        """A label that may be the name of a column or axis, or a value that became one.

        It has the pseudonym of the value, so that it can still be told which one it is.
        """
        if MASKED_NAME.fullmatch(label) or role_of(label) is not None:
            return label
        found = find_people(label, self._names, self._regions)
        if len(found) == 1 and found[0].name == label:
            return self._masker.name(label)
        masked = self._masker.party(label)
        if masked != label and not masked.startswith("Value "):
            return masked
        if found:
            return self.text(label)
        return label if _IDENTIFIER.fullmatch(label) else masked

    def dummy(self, column: str, value: str) -> str:
        """The label of a column that `pandas.get_dummies` made of another one's value."""
        masker = self._masker
        return f"{column}_{masker.name(value) if role_of(column) == 'person' else masker.party(value)}"


def find_people(text: str, names: Names, regions: Sequence[str]) -> list[Found]:
    """Return what identifies people in a text, by its form and by their names."""
    found = find_personal(text, regions)
    if not names:
        return found
    rest = blank_out(text, found)
    people = (Found(each.start, each.end, "name", name=each.name) for each in names.find(rest))
    return sorted([*found, *people], key=itemgetter(0))


def _checked_roles(holds: Mapping[Any, Role]) -> Mapping[Any, Role]:
    if unknown := sorted({str(role) for role in holds.values()} - set(get_args(Role))):
        raise InvalidRequest.of(holds=f"{', '.join(unknown)} is not one of {', '.join(get_args(Role))}")
    return holds


def _checked_regions(region: str | Sequence[str] | None) -> list[str]:
    import phonenumbers  # noqa: PLC0415 - loads when first used

    given = [region] if isinstance(region, str) else list(region or ())
    regions = [each.upper() for each in given]
    if unknown := [each for each in regions if each not in phonenumbers.SUPPORTED_REGIONS]:
        raise InvalidRequest.of(
            region=f"{unknown[0]!r} is not a country; use its two-letter code, such as 'BR'"
        )
    return regions


def _find_regions(columns: Iterable[pd.Series[Any]]) -> list[str]:
    """The countries of the numbers in some columns, the commonest first."""
    import phonenumbers  # noqa: PLC0415 - loads when first used

    counts: dict[str, int] = {}
    for column in columns:
        for written, count in column.map(_text, na_action="ignore").value_counts().items():
            local = str(written).partition("@")[0]
            digits = re.sub(r"\D", "", local)
            if len(digits) < 10 or len(digits) != len(local.removeprefix("+")):
                continue
            try:
                number = phonenumbers.parse(f"+{digits}")
            except phonenumbers.NumberParseException:
                continue
            if home := phonenumbers.region_code_for_number(number):
                counts[home] = counts.get(home, 0) + count
    return sorted(counts, key=lambda home: -counts[home])[:MOST_REGIONS]


def _listed(people: People) -> list[OnePeople]:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    if isinstance(people, Iterable) and not isinstance(people, pd.DataFrame | pd.Series | str):
        return list(people)
    return [people]


def _read_people(people: OnePeople, holds: Mapping[Any, Role]) -> list[tuple[pd.Series[Any], Role | None]]:
    """The columns with names of people, and others, with what they hold.

    Raises:
        InvalidRequest: none of them holds names.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    if isinstance(people, str):
        people = pd.Series([people], dtype=TEXT)
    if isinstance(people, pd.Series):
        return [(people, "person")]
    if not isinstance(people, pd.DataFrame):
        if not hasattr(people, "contacts"):
            raise InvalidRequest.of(people=f"is a {type(people).__name__}, which has no contacts")
        # Contacts of a platform always have a column for names, also if it is empty.
        return _read_people(people.contacts(), holds)
    table = people.reset_index() if any(people.index.names) else people
    beside = list(table.columns)
    columns = [table.iloc[:, position] for position in range(table.shape[1])]
    found = [
        (column, _role(name, column, holds, beside)) for name, column in zip(beside, columns, strict=True)
    ]
    if not any(role == "person" for _, role in found):
        words = "no column holds names of people; say which one does, as holds={'nome': 'person'}"
        raise InvalidRequest.of(people=words)
    return found


def _role(
    name: Any, column: pd.Series[Any], given: Mapping[Any, Role], beside: Sequence[object]
) -> Role | None:
    """What a column holds; what the user says takes precedence over the schema."""
    if name in given:
        return given[name]
    role = role_of(name, beside) if isinstance(name, str) else None
    if role is None:
        return None
    choices = choices_of(name, beside)
    # A user's own column of such a name may hold anything.
    if not is_recognized(name, beside):
        if role == "category" and not choices:
            return None
        if role == "amount" and _has_large_numbers(column):
            return None
    return role if fits(column, role, choices) else None


def _has_large_numbers(column: pd.Series[Any]) -> bool:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    numbers = pd.to_numeric(column.astype(object), errors="coerce")
    return bool((numbers.abs() >= LARGEST_AMOUNT).any())


def _mapped(column: pd.Series[Any], mask: Mask) -> pd.Series[Any]:
    """A column as text, with each of its values masked once; missing values stay missing."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    # Objects may be unhashable, such as lists.
    values = column.map(_text, na_action="ignore") if column.dtype == "object" else column
    codes, distinct = pd.factorize(values)
    masked: Any = pd.array([mask(_text(value)) for value in distinct], dtype=TEXT)  # type: ignore[call-overload]
    return pd.Series(masked.take(codes, allow_fill=True), index=column.index)


def _without_unused(column: pd.Series[Any], beside: Sequence[object]) -> pd.Series[Any]:
    """A column that stays, without categories that no row has, which nobody has checked."""
    declared = choices_of(column.name, beside) if isinstance(column.name, str) else ()
    return column if set(column.cat.categories) <= set(declared) else column.cat.remove_unused_categories()


def _text(value: Any) -> str:
    """A value as text; a phone number in a column of floats has no `.0`."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _row_masks(labels: pd.Index[Any], reading: Reading, masks: _Masks) -> list[Mask | None]:
    """How row labels are masked, level by level."""
    levels = [labels.get_level_values(position) for position in range(labels.nlevels)]
    return [
        None if level.name is None and _are_row_numbers(level) else _level_mask(level, reading, masks)
        for level in levels
    ]


def _label_masks(labels: pd.Index[Any], reading: Reading, masks: _Masks) -> list[Mask | None]:
    """How column labels are masked, level by level.

    Those of a named axis are data. Others are names of columns, or values if they look like no name.
    """
    found: list[Mask | None] = []
    for position in range(labels.nlevels):
        level = labels.get_level_values(position)
        if level.name is not None:
            found.append(_level_mask(level, reading, masks))
        else:
            found.append(partial(_masked_label, reading=reading, masks=masks))
    return found


def _masked_label(label: Any, reading: Reading, masks: _Masks) -> Any:
    """A label that is no value stays as it is, also if it is a number or missing."""
    if label is None or label in reading.holds or (isinstance(label, str) and role_of(label) is not None):
        return label
    if isinstance(label, int) and abs(label) < ROW_NUMBERS:
        return label
    text = _text(label)
    # As `pandas.get_dummies` names columns: by a column and its value.
    column, underscore, value = text.partition("_")
    if underscore and role_of(column) in {"person", "address", "text", "id", "url"}:
        return masks.dummy(column, value)
    return masks.label(text)


def _level_mask(level: pd.Index[Any], reading: Reading, masks: _Masks) -> Mask | None:
    role = reading.role_in(level.name, level.to_series())
    is_open = role == "category" and not choices_of(str(level.name), reading.beside)
    return masks.by_role(role, is_open)


def _relabelled(axis: pd.Index[Any], wanted: Sequence[Mask | None], masks: _Masks) -> pd.Index[Any]:
    """Row or column labels with some of their levels masked, and names that are none of their values."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    levels: list[pd.Index[Any]] = []
    for position, mask in enumerate(wanted):
        level = axis.get_level_values(position)
        name = _masked_axis_name(level.name, masks)
        if isinstance(mask, partial):
            levels.append(pd.Index([mask(label) for label in level], name=name))
        elif mask:
            levels.append(pd.Index(_mapped(pd.Series(level), mask), name=name))
        else:
            levels.append(level.rename(name))
    return levels[0] if len(levels) == 1 else pd.MultiIndex.from_arrays(levels)


def _masked_axis_name(name: Any, masks: _Masks) -> Any:
    if isinstance(name, tuple):
        return tuple(_masked_axis_name(each, masks) for each in name)
    if name is None or (isinstance(name, int) and abs(name) < ROW_NUMBERS):
        return name
    return masks.label(_text(name))


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
