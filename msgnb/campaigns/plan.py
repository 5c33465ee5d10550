"""What a campaign would send to whom, and how many SMS and credits that takes. Nothing is sent here.

A plan has one `Recipient` per row of the list, including the rows that are skipped, so that its table lines
up with the list. All texts are filled in when the plan is made: whatever is wrong with them is found before
the first one is sent. Sending uses `ready`; a campaign that is resumed uses `excluding` to leave out
recipients who have it already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from msgnb import tables
from msgnb.campaigns import sms
from msgnb.campaigns.recipients import recipients as read_recipients
from msgnb.core.addresses import canonical_address
from msgnb.core.block_list import is_listed, user_block_list
from msgnb.core.errors import InvalidRequest
from msgnb.core.html import element, table, without_mathjax
from msgnb.core.visible import escape_invisible

if TYPE_CHECKING:
    import pandas as pd

Normalize = Callable[[str | None, str], str | None]
"""Returns a platform's address for a phone number and for what the list contains; `None` if there is none."""
Problem = Literal["invalid", "incomplete", "duplicate", "forgotten"]
"""Why a recipient is skipped; it becomes the `error_code` of the outcome."""

RECIPIENT_COLUMNS = tables.RECIPIENTS.names
PREVIEW_ROWS = 5
LISTED_ROWS = 10
"""An error lists so many rows one by one, and counts the others."""


class CampaignText(Protocol):
    """What a plan needs of a campaign: a text with placeholders for the columns of the recipients."""

    @property
    def text(self) -> str:
        """The text, with its placeholders."""
        ...

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns that the text uses."""
        ...

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with its placeholders filled in."""
        ...


@dataclass(frozen=True, slots=True)
class Recipient:
    """One row of the list, and what it would receive.

    Attributes:
        recipient: the platform's address; what the list contains if there is none.
        text: the text, filled in; `None` if the row is skipped.
        values: values of the placeholders, in the order of `Campaign.placeholders`.
        problem: why the row is skipped, as a code.
        reason: the same in words; or a doubt about a recipient who is not skipped.
    """

    recipient: str
    text: str | None
    values: tuple[str, ...]
    problem: Problem | None
    reason: str | None


class Plan:
    """Which recipient would receive which text, and the SMS and credits that takes.

    >>> plan = sms.plan_campaign(campaign, "people.csv")
    >>> plan.preview(0), plan.segments, plan.credit

    Attributes:
        campaign: what to send.
        recipients: a `Recipient` per row of the list.
        extras: the list's other columns, with the labels of its rows.
        credit: SMS credits that the account has left; `None` if the platform has no credits.
    """

    def __init__(
        self,
        campaign: CampaignText,
        recipients: Sequence[Recipient],
        extras: pd.DataFrame,
        *,
        credit: int | None,
        counts_sms: bool,
        excluded: Collection[str] = (),
    ) -> None:
        self.campaign = campaign
        self.recipients = list(recipients)
        self.extras = extras
        self.credit = credit
        self._counts_sms = counts_sms
        self._excluded = frozenset(excluded)

    def excluding(self, names: Collection[str]) -> Plan:
        """Return the same plan without some recipients, such as those who have received the campaign."""
        return Plan(
            self.campaign,
            self.recipients,
            self.extras,
            credit=self.credit,
            counts_sms=self._counts_sms,
            excluded=names,
        )

    @cached_property
    def ready(self) -> list[Recipient]:
        """The recipients it would be sent to: those that are neither skipped nor excluded."""
        return [
            each for each in self.recipients if each.problem is None and each.recipient not in self._excluded
        ]

    @cached_property
    def segments(self) -> int:
        """Number of SMS that all texts together take."""
        return sum(sms.size(each.text or "").segments for each in self.ready)

    @property
    def shortfall(self) -> int:
        """Number of SMS credits that are missing to send all of it."""
        return 0 if self.credit is None else max(0, self.segments - self.credit)

    def preview(self, row: Any) -> str:
        """Return the text that the recipient in one row would receive.

        Args:
            row: label of the row in the table of recipients.

        Raises:
            InvalidRequest: there is no such row, or it is skipped; the error says why.
        """
        labels = list(self.extras.index)
        if row not in labels:
            raise InvalidRequest.of(row=f"{row} does not exist; rows go from {labels[0]} to {labels[-1]}")
        recipient = self.recipients[labels.index(row)]
        if recipient.text is None:
            raise InvalidRequest.of(row=f"{row} is skipped: {recipient.reason}")
        return recipient.text

    def frame(self) -> pd.DataFrame:
        """Return one row per recipient, as a table `plan`."""
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
        """Return a summary, one line per fact: recipients, SMS and credits, skipped rows, long texts."""
        lines = [self._summarize_amounts()]
        if excluded := sum(each.problem is None for each in self.recipients) - len(self.ready):
            # It was sent to some of them without a response, so nobody knows whether they have received it.
            lines.append(f"{excluded:,} skipped: already sent, or possibly sent")
        reasons = Counter(_skip_reason(each) for each in self.recipients if each.problem)
        common = reasons.most_common(PREVIEW_ROWS)
        lines += [f"{count:,} skipped: {reason}" for reason, count in common]
        if others := reasons.total() - sum(count for _, count in common):
            lines.append(f"{others:,} skipped for other reasons")
        return lines + self._summarize_unicode() if self._counts_sms else lines

    def __repr__(self) -> str:
        return "\n".join(escape_invisible(line, keep="") for line in self.summary())

    def _repr_html_(self) -> str:
        first, *others = self.summary()
        lines = [element("b", first), *(element("div", line) for line in others)]
        sizes = [(each, sms.size(each.text or "")) for each in self.ready[:PREVIEW_ROWS]]
        rows = [(each.recipient, each.text or "", f"{size.segments}") for each, size in sizes]
        head = ("Recipient", "Message", "SMS")
        shown = slice(None) if self._counts_sms else slice(2)
        return without_mathjax(*lines, table(head[shown], [row[shown] for row in rows], long={"Message"}))

    def _summarize_amounts(self) -> str:
        count = len(self.ready)
        recipients = f"{count:,} recipient{'' if count == 1 else 's'}"
        if not self._counts_sms:
            return recipients
        line = f"{recipients} · {self.segments:,} SMS"
        if self.credit is None:
            return line
        needed = f" ({self.shortfall:,} more needed)" if self.shortfall else ""
        return f"{line} · {self.credit:,} SMS credits left{needed}"

    def _summarize_unicode(self) -> list[str]:
        """Return which characters make texts longer, and what to write instead."""
        wide = [size for each in self.ready if (size := sms.size(each.text or "")).culprits]
        if not wide:
            return []
        culprits = Counter(letter for size in wide for letter in size.culprits)
        common = " ".join(letter for letter, _ in culprits.most_common(PREVIEW_ROWS))
        messages = "1 message uses" if len(wide) == 1 else f"{len(wide):,} messages use"
        lines = [f"{messages} UCS-2 (70 characters per SMS) because of: {common}"]
        saved = sum(size.segments - sms.size(size.suggestion).segments for size in wide if size.suggestion)
        if saved:
            replacements = " ".join(
                f"{letter} → {sms.PLAIN[letter] or 'nothing'}" for letter in culprits if letter in sms.PLAIN
            )
            lines.append(f"replacing special characters would save {saved:,} SMS: {replacements}")
        return lines


def make_plan(
    campaign: CampaignText,
    recipients: Any,
    *,
    column: str | None = None,
    region: str | None = None,
    normalize: Normalize | None = None,
    credit: int | None = None,
    counts_sms: bool = True,
    skip_missing: bool = False,
) -> Plan:
    """Return the plan of a campaign; see `Campaign.plan`.

    Args:
        campaign: what to send.
        recipients: anything that `msgnb.recipients` takes, or its table.
        column: as in `msgnb.recipients`.
        region: as in `msgnb.recipients`.
        normalize: returns the platform's address of a recipient; its phone number if `None`.
        credit: SMS credits that the account has left.
        counts_sms: whether the platform counts texts in SMS.
        skip_missing: skip rows in which a value that the text uses is missing.
    """
    listed = recipients if _is_recipients_table(recipients) else read_recipients(recipients, column, region)
    planned = _make_recipients(campaign, listed, normalize or _keep_phone, skip_missing=skip_missing)
    if all(each.problem for each in planned):
        reason, _ = Counter(map(_skip_reason, planned)).most_common(1)[0]
        words = f"has no valid recipients: all {len(planned)} rows are skipped, most often because: {reason}"
        raise InvalidRequest.of(recipients=words)
    extras = listed[[name for name in listed.columns if name not in RECIPIENT_COLUMNS]]
    return Plan(campaign, planned, extras, credit=credit, counts_sms=counts_sms)


class _Resolved(NamedTuple):
    """The address of one row, and whether the row is skipped; the fields are those of `Recipient`."""

    recipient: str
    problem: Problem | None
    reason: str | None


def _skip_reason(recipient: Recipient) -> str | None:
    # Each duplicate names another row; in a summary they are counted together.
    return "duplicate" if recipient.problem == "duplicate" else recipient.reason


def _is_recipients_table(recipients: Any) -> bool:
    return hasattr(recipients, "columns") and set(RECIPIENT_COLUMNS) <= set(recipients.columns)


def _make_recipients(
    campaign: CampaignText, listed: pd.DataFrame, normalize: Normalize, *, skip_missing: bool
) -> list[Recipient]:
    names = campaign.placeholders
    columns = [_placeholder_values(listed, name) for name in names]
    values = list(zip(*columns, strict=True)) if columns else [()] * len(listed)
    missing = [_describe_missing(names, row) if skip_missing else None for row in values]
    resolved = _resolve(listed, normalize, missing)
    sent_to = (
        label if row.problem is None else None for label, row in zip(listed.index, resolved, strict=True)
    )
    _check_complete(names, columns, list(sent_to))
    return [
        Recipient(
            row.recipient,
            None if row.problem else campaign.fill(dict(zip(names, filled, strict=True))),
            filled,
            row.problem,
            row.reason,
        )
        for row, filled in zip(resolved, values, strict=True)
    ]


def _resolve(listed: pd.DataFrame, normalize: Normalize, missing: Sequence[str | None]) -> list[_Resolved]:
    """Return the platform's address for each row, and which rows are skipped.

    `missing` has for each row the values that it lacks. Two spellings of an address are one recipient, and
    whoever was forgotten is skipped.
    """
    forgotten = user_block_list().load()
    labels = list(listed.index)
    first_rows: dict[str, int] = {}
    resolved: list[_Resolved] = []
    cells = zip(*(_text_cells(listed[name]) for name in ("input", "phone", "reason")), strict=True)
    for row, (written, phone, reason) in enumerate(cells):
        recipient = normalize(phone, written or "")
        if recipient is None:
            words = reason or "not a valid recipient on this platform"
            resolved.append(_Resolved(written or "", "invalid", words))
        elif missing[row]:
            resolved.append(_Resolved(recipient, "incomplete", missing[row]))
        elif is_listed(recipient, forgotten):
            resolved.append(_Resolved(recipient, "forgotten", "was forgotten, so nothing may be sent"))
        elif (first := first_rows.setdefault(canonical_address(recipient), row)) != row:
            resolved.append(_Resolved(recipient, "duplicate", f"duplicate of row {labels[first]}"))
        else:
            # Without a phone number, the reason is about the phone number, which this platform doesn't need.
            resolved.append(_Resolved(recipient, None, reason if phone else None))
    return resolved


def _keep_phone(phone: str | None, written: str) -> str | None:  # noqa: ARG001
    return phone


def _describe_missing(names: Sequence[str], row: Sequence[str | None]) -> str | None:
    missing = [name for name, value in zip(names, row, strict=True) if value is None]
    return f"no value for {', '.join(missing)}" if missing else None


def _placeholder_values(listed: pd.DataFrame, name: str) -> list[str | None]:
    """Return the values of a placeholder, from the source's column; `recipients` may have renamed it."""
    renamed = f"{name}_" if name in RECIPIENT_COLUMNS and f"{name}_" in listed.columns else name
    if renamed not in listed.columns:
        known = ", ".join(str(column) for column in listed.columns if column not in RECIPIENT_COLUMNS)
        words = f"but the recipients have no such column; available columns: {known or 'none'}"
        raise InvalidRequest.of(text=f"uses {{{name}}}, {words}")
    return _text_cells(listed[renamed])


def _text_cells(cells: Iterable[Any]) -> list[str | None]:
    return [cell if isinstance(cell, str) and cell.strip() else None for cell in cells]


def _check_complete(
    names: Sequence[str], columns: Sequence[Sequence[str | None]], labels: Sequence[Any | None]
) -> None:
    """Refuse missing values in the rows that have a label here; the other rows are skipped anyway."""
    missing = {}
    for name, column in zip(names, columns, strict=True):
        cells = zip(labels, column, strict=True)
        rows = [label for label, value in cells if value is None and label is not None]
        if rows:
            missing[name] = f"is missing in {_list_rows(rows)}; add it, or skip rows with missing values"
    if missing:
        raise InvalidRequest.of(**missing)


def _list_rows(rows: Sequence[Any]) -> str:
    listed = ", ".join(map(str, rows[:LISTED_ROWS]))
    others = len(rows) - LISTED_ROWS
    return f"row{'' if len(rows) == 1 else 's'} {listed}" + (f" and {others} more" if others > 0 else "")
