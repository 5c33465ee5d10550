"""What a campaign would send, to whom, and what that takes: seen before anything leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from msgnb import tables
from msgnb.campaigns import sms
from msgnb.campaigns.recipients import recipients as read
from msgnb.core.errors import InvalidRequest
from msgnb.core.html import as_written, element, table

if TYPE_CHECKING:
    import pandas as pd

Address = Callable[[str | None, str], str | None]
"""What a platform calls a recipient, of the phone and of what was given; `None` where that is none."""
COLUMNS = tuple(column.name for column in tables.RECIPIENTS.columns)
SHOWN = 5
MOST_NAMED = 10
"""Rows that an error names one by one."""


class CampaignText(Protocol):
    """What a plan needs of a campaign: a text with placeholders for the recipients' columns."""

    @property
    def text(self) -> str:
        """The text, with its placeholders."""
        ...

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns that the text names."""
        ...

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with its placeholders filled in."""
        ...


@dataclass(frozen=True, slots=True)
class Recipient:
    """One row of the recipients, and what it would get.

    `problem` tells why it is left out, as `invalid` or `duplicate`; `reason` says so in words, or a doubt.
    """

    recipient: str
    text: str | None
    values: tuple[str, ...]
    problem: str | None
    reason: str | None


class Plan:
    """Who would get what, and what that takes.

    >>> plan = sms.plan_campaign(campaign, "people.csv")
    >>> plan.preview(0), plan.segments, plan.credit

    Attributes:
        campaign: what is to be sent.
        recipients: a `Recipient` for each row of the list.
        extras: the recipients' further columns, with the labels of their rows.
        credit: SMS that the account has left, `None` where the platform knows no credit.
    """

    def __init__(
        self,
        campaign: CampaignText,
        people: Sequence[Recipient],
        extras: pd.DataFrame,
        *,
        credit: int | None,
        priced: bool,
    ) -> None:
        self.campaign = campaign
        self.recipients = list(people)
        self.extras = extras
        self.credit = credit
        self._priced = priced
        self._done: frozenset[str] = frozenset()

    def without(self, done: Collection[str]) -> Plan:
        """The same plan for those who have not got it yet."""
        rest = Plan(self.campaign, self.recipients, self.extras, credit=self.credit, priced=self._priced)
        rest._done = frozenset(done)
        return rest

    @cached_property
    def ready(self) -> list[Recipient]:
        """Those it would go to."""
        return [each for each in self.recipients if each.problem is None and each.recipient not in self._done]

    @cached_property
    def segments(self) -> int:
        """SMS that all of it takes."""
        return sum(sms.size(person.text or "").segments for person in self.ready)

    @property
    def short(self) -> int:
        """SMS that the credit lacks."""
        return 0 if self.credit is None else max(0, self.segments - self.credit)

    def preview(self, row: Any) -> str:
        """What the recipient of one row would get; rows go by the labels of the recipients' table.

        Raises:
            InvalidRequest: there is no such row, or it would get nothing; the error says why.
        """
        labels = list(self.extras.index)
        if row not in labels:
            raise InvalidRequest.of(row=f"{row} is not there; rows go from {labels[0]} to {labels[-1]}")
        person = self.recipients[labels.index(row)]
        if person.text is None:
            raise InvalidRequest.of(row=f"{row} gets nothing: it {person.reason}")
        return person.text

    def frame(self) -> pd.DataFrame:
        """A row for each recipient, as a table `plan`."""
        sizes = [None if each.text is None else sms.size(each.text) for each in self.recipients]
        values = {
            "recipient": [each.recipient for each in self.recipients],
            "text": [each.text for each in self.recipients],
            "encoding": [size and size.encoding for size in sizes],
            "characters": [size and size.characters for size in sizes],
            "segments": [size and size.segments for size in sizes],
            "culprits": [" ".join(size.culprits) or None if size else None for size in sizes],
            "suggestion": [size and size.suggestion for size in sizes],
            "reason": [each.reason for each in self.recipients],
        }
        return tables.PLAN.frame(len(self.recipients), values).set_axis(self.extras.index)

    def summary(self) -> list[str]:
        """What one must know before saying yes, a line for each thing."""
        lines = [self._amount()]
        had = sum(each.problem is None for each in self.recipients) - len(self.ready)
        lines += [f"{had:,} have got it already"] if had else []
        left = Counter(_why(each) for each in self.recipients if each.problem)
        lines += [f"{count:,} left out: {reason}" for reason, count in left.most_common(SHOWN)]
        more = left.total() - sum(count for _, count in left.most_common(SHOWN))
        lines += [f"{more:,} left out for other reasons"] if more else []
        return lines + self._about_unicode() if self._priced else lines

    def __repr__(self) -> str:
        return "\n".join(self.summary())

    def _repr_html_(self) -> str:
        first, *others = self.summary()
        lines = [element("b", first), *(element("div", line) for line in others)]
        sizes = [(each, sms.size(each.text or "")) for each in self.ready[:SHOWN]]
        rows = [(each.recipient, each.text or "", f"{size.segments}") for each, size in sizes]
        head = ("recipient", "text", "SMS")
        cut = slice(None) if self._priced else slice(2)
        drawn = table(head[cut], [row[cut] for row in rows], long={"text"})
        return as_written(*lines, drawn)

    def _amount(self) -> str:
        people = f"{len(self.ready):,} {'person' if len(self.ready) == 1 else 'people'}"
        if not self._priced:
            return people
        line = f"{people}, {self.segments:,} SMS"
        if self.credit is None:
            return line
        return f"{line}, credit {self.credit:,}" + (f": {self.short:,} too few" if self.short else "")

    def _about_unicode(self) -> list[str]:
        """The characters that make texts longer, and what to write in their place."""
        sizes = [sms.size(each.text or "") for each in self.ready]
        wide = [size for size in sizes if size.culprits]
        if not wide:
            return []
        marks = Counter(mark for size in wide for mark in size.culprits)
        named = " ".join(mark for mark, _ in marks.most_common(SHOWN))
        lines = [f"{len(wide):,} go as UCS-2, 70 characters to an SMS, because of {named}"]
        spared = sum(size.segments - sms.size(size.suggestion).segments for size in wide if size.suggestion)
        if spared:
            plain = " ".join(
                f"{mark} → {sms.PLAIN[mark] or 'nothing'}" for mark in marks if mark in sms.PLAIN
            )
            lines.append(f"plain characters would spare {spared:,} SMS: {plain}")
        return lines


def make_plan(
    campaign: CampaignText,
    recipients: Any,
    *,
    column: str | None = None,
    region: str | None = None,
    address: Address | None = None,
    credit: int | None = None,
    priced: bool = True,
    skip_missing: bool = False,
) -> Plan:
    """The plan of a campaign; see `Campaign.plan`.

    Args:
        campaign: what is to be sent.
        recipients: whom to.
        column: as in `msgnb.recipients`.
        region: as in `msgnb.recipients`.
        address: what the platform calls a recipient.
        credit: SMS that the account has left.
        priced: whether texts go as SMS.
        skip_missing: leave out the rows in which a value that the text names is missing.
    """
    found = recipients if _is_read(recipients) else read(recipients, column, region)
    people = _people(campaign, found, address or _phone, skip_missing=skip_missing)
    if all(person.problem for person in people):
        why = Counter(map(_why, people)).most_common(1)[0][0]
        raise InvalidRequest.of(recipients=f"holds nobody to send to: of {len(people)} the most common {why}")
    extras = found[[name for name in found.columns if name not in COLUMNS]]
    return Plan(campaign, people, extras, credit=credit, priced=priced)


def _why(person: Recipient) -> str | None:
    return "is there already" if person.problem == "duplicate" else person.reason


def _is_read(recipients: Any) -> bool:
    return hasattr(recipients, "columns") and set(COLUMNS) <= set(recipients.columns)


def _people(
    campaign: CampaignText, found: pd.DataFrame, address: Address, *, skip_missing: bool
) -> list[Recipient]:
    names = campaign.placeholders
    columns = [_column(found, name) for name in names]
    values = list(zip(*columns, strict=True)) if columns else [()] * len(found)
    given = zip(*(_texts(found, name) for name in ("input", "phone", "reason")), strict=True)
    lacking = [_lacking(names, row) if skip_missing else None for row in values]
    seats = _seats(list(found.index), given, address, lacking)
    wanted = [
        label if problem is None else None for label, (_, problem, _) in zip(found.index, seats, strict=True)
    ]
    _check_filled(names, columns, wanted)
    return [
        Recipient(
            recipient,
            None if problem else campaign.fill(dict(zip(names, row, strict=True))),
            row,
            problem,
            reason,
        )
        for (recipient, problem, reason), row in zip(seats, values, strict=True)
    ]


def _lacking(names: Sequence[str], row: Sequence[str | None]) -> str | None:
    lacking = [name for name, value in zip(names, row, strict=True) if value is None]
    return f"has no {' and no '.join(lacking)}" if lacking else None


def _seats(
    labels: Sequence[Any], given: Any, address: Address, lacking: Sequence[str | None]
) -> list[tuple[str, str | None, str | None]]:
    """For each row its recipient, why it is left out, and the same or a doubt in words."""
    first: dict[str, int] = {}
    seats: list[tuple[str, str | None, str | None]] = []
    for row, (written, phone, reason) in enumerate(given):
        recipient = address(phone, written or "")
        if recipient is None:
            seats.append((written or "", "invalid", reason or "is no recipient of this platform"))
        elif lacking[row]:
            seats.append((recipient, "incomplete", lacking[row]))
        elif first.setdefault(recipient, row) != row:
            seats.append((recipient, "duplicate", f"is there already, in row {labels[first[recipient]]}"))
        else:
            seats.append((recipient, None, reason if phone else None))
    return seats


def _phone(phone: str | None, written: str) -> str | None:  # noqa: ARG001
    return phone


def _column(found: pd.DataFrame, name: str) -> list[str | None]:
    """A column of the source by its own name, which the table may have changed."""
    own = f"{name}_" if name in COLUMNS and f"{name}_" in found.columns else name
    if own not in found.columns:
        known = ", ".join(str(column) for column in found.columns if column not in COLUMNS)
        raise InvalidRequest.of(
            text=f"names {{{name}}}, which is no column of the recipients: {known or 'none'}"
        )
    return _texts(found, own)


def _texts(found: pd.DataFrame, name: str) -> list[str | None]:
    return [value if isinstance(value, str) and value.strip() else None for value in found[name]]


def _check_filled(
    names: Sequence[str], columns: Sequence[Sequence[str | None]], labels: Sequence[Any | None]
) -> None:
    """Refuse values that are missing, by name and row, in the rows that have a label here."""
    missing = {}
    for name, column in zip(names, columns, strict=True):
        given = zip(labels, column, strict=True)
        rows = [label for label, value in given if value is None and label is not None]
        if rows:
            missing[name] = f"is missing in {named_rows(rows)}; fill it in, or leave these rows out"
    if missing:
        raise InvalidRequest.of(**missing)


def named_rows(rows: Sequence[Any]) -> str:
    """Rows for an error: the first few by number, the others by how many."""
    shown = ", ".join(map(str, rows[:MOST_NAMED]))
    more = len(rows) - MOST_NAMED
    return f"row{'' if len(rows) == 1 else 's'} {shown}" + (f" and {more} more" if more > 0 else "")
