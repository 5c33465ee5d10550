"""A campaign: one text for many recipients.

`{name}` in the text is a placeholder for the column `name` of the recipients; `{{` and `}}` are braces. A
`Campaign` knows no platform and sends nothing. It is checked as far as possible when it is created, so that
whatever is wrong with it is an error that names the field before anything is sent.

A platform fills in what it knows, such as `id` and `status`, and sets `run`, which is asked for progress and
results from then on.
"""

from __future__ import annotations

import string
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from msgnb.campaigns.plan import Plan, make_plan
from msgnb.core.errors import InvalidRequest
from msgnb.core.phones import parse_e164

if TYPE_CHECKING:
    import pandas as pd

LONGEST_NAME = 11
LONGEST_NUMBER = 18
"""What a phone shows as the sender: 11 letters and digits, or 18 digits (SMSDrop 2)."""

FieldProblem = tuple[str, str]
"""A field of a campaign, and what is wrong with it."""


class MessageType(IntEnum):
    """How a phone shows a message (SMSDrop 2)."""

    PLAIN_TEXT = 0
    FLASH_MESSAGE = 1
    UNICODE = 2


@dataclass(frozen=True)
class Template:
    """An approved WhatsApp template, and the place in the bot that handles replies to it (BLiP 2.7).

    >>> Template("order_ready", flow_id=flow, state_id=state, master_state="router@msging.net")

    Args:
        name: name of the template.
        flow_id: ID of the flow that handles replies.
        state_id: ID of the block of the flow where replies enter.
        master_state: identity of the router, or of the bot.
        language: language of the template.
        tags: tags of the campaign.
    """

    name: str
    flow_id: str
    state_id: str
    master_state: str
    language: str = "pt_BR"
    tags: tuple[str, ...] = ()


class CampaignRun(Protocol):
    """A campaign that was sent, and can be asked for its progress."""

    def watch(self) -> pd.DataFrame:
        """Wait for the campaign to finish, with a progress bar, and return the outcomes."""
        ...

    def outcomes(self) -> pd.DataFrame:
        """Return the result for each recipient, with the delivery status that the platform reports now."""
        ...

    def release(self, recipients: Collection[str], reason: str) -> None:
        """Let the next run send to recipients whose outcome is unknown."""
        ...


@dataclass(init=False)
class Campaign:
    """One text for many recipients.

    >>> campaign = Campaign(text="Hi {name}, your order is ready.", sender="MyShop")
    >>> outcomes = sms.send_campaign(campaign, "people.csv")
    >>> campaign.watch()

    Args:
        message: the text; `text=` is another name for it.
        sender: name or number that the recipients see: up to 11 letters and digits, or up to 18 digits. Not
            needed on BLiP, nor on NetSapiens if the user has only one number.
        recipient_list: phone numbers with country code, for `launch_campaign`, which sends the text without
            filling in placeholders; `send_campaign` takes the recipients as an argument.
        title: identifies the campaign. Each phone number receives it once; use a new title to send it again.
        message_type: plain text, flash message or Unicode, on platforms that distinguish them.
        defer_until: when to send it, with a time zone; now if `None`.
        defer_by: how long to wait before sending it: seconds, or a `timedelta`.
        template: on BLiP, the approved WhatsApp template to send, a `msgnb.Template`. The columns that the
            text uses fill its variables, in their order.

    Attributes:
        id: the platform's ID of the campaign; `None` before it is created there.
        status: the platform's status: `PENDING`, `SENDING`, `COMPLETED`, `ABORTED` or `SCHEDULED`.
        delivery_percentage: share of the recipients that the campaign has reached, from 0 to 100.
        message_count: number of recipients × number of SMS per message.
        sms_count: number of SMS per message.
        created_at: when it was created on the platform.
        run: reports its progress and results; `None` before it is sent.

    Raises:
        InvalidRequest: text, sender, recipients or times are not valid; `fields` says which and why.
    """

    message: str = ""
    sender: str = ""
    recipient_list: list[str] = field(default_factory=list, repr=False)
    title: str | None = None
    message_type: MessageType = MessageType.PLAIN_TEXT
    defer_until: datetime | None = None
    defer_by: int | None = None
    template: Template | None = None
    id: str | None = None
    status: str | None = None
    delivery_percentage: int | None = None
    message_count: int | None = None
    sms_count: int | None = None
    created_at: datetime | None = None
    run: CampaignRun | None = field(default=None, repr=False, compare=False)

    def __init__(
        self,
        message: str | None = None,
        sender: str = "",
        recipient_list: Sequence[str] | None = None,
        title: str | None = None,
        message_type: MessageType = MessageType.PLAIN_TEXT,
        defer_until: datetime | None = None,
        defer_by: float | timedelta | None = None,
        *,
        text: str | None = None,
        template: Template | None = None,
    ) -> None:
        if message is not None and text is not None:
            raise InvalidRequest.of(text="cannot be combined with message; pass only one of them")
        self.message = (message if text is None else text) or ""
        self.sender = sender
        self.title = title
        self.message_type = message_type
        self.defer_until = defer_until
        self.defer_by = _whole_seconds(defer_by)
        self.template = template
        self._check(recipient_list)
        self.recipient_list = list(recipient_list or ())

    @property
    def text(self) -> str:
        """The text, with its placeholders."""
        return self.message

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns that the text uses, each once, in their order.

        Raises:
            InvalidRequest: a brace is not closed, or a placeholder is not the name of a column.
        """
        return tuple(dict.fromkeys(name for _, name in _split_text(self.message) if name))

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the text with its placeholders filled in.

        >>> Campaign(text="Hi {name}").fill({"name": "Ana"})
        'Hi Ana'

        Args:
            values: a value for each placeholder; braces in a value stay as they are.
        """
        # Not `str.format`: it would also look up attributes and items of the values.
        return "".join(
            literal + (values[name] if name else "") for literal, name in _split_text(self.message)
        )

    def plan(self, recipients: Any, column: str | None = None, region: str | None = None) -> Plan:
        """Return which recipient would receive which text, and the SMS that takes; nothing is sent.

        It knows no platform, so it checks neither addresses nor credits; `client.plan_campaign` does.

        >>> campaign.plan("people.csv").preview(0)

        Args:
            recipients: anything that `msgnb.recipients` takes, or its table.
            column: as in `msgnb.recipients`.
            region: as in `msgnb.recipients`.

        Raises:
            InvalidRequest: a column that the text uses does not exist, or is empty in some row; or there are
                no recipients.
        """
        return make_plan(self, recipients, column=column, region=region)

    def watch(self) -> pd.DataFrame:
        """Wait for the campaign to finish, with a progress bar, and return the results as a table `outcomes`.

        The platform is asked every two seconds at first, and every 30 seconds later. Ctrl-C, or the
        notebook's stop button, ends the waiting and nothing else.

        Raises:
            InvalidRequest: the campaign has not been sent yet.
        """
        return self._require_run().watch()

    def outcomes(self) -> pd.DataFrame:
        """Return the result for each recipient as a table `outcomes`, as the platform reports it now.

        Raises:
            InvalidRequest: the campaign has not been sent yet.
        """
        return self._require_run().outcomes()

    def release(self, recipients: str | Iterable[str], *, reason: str) -> None:
        """Let the next run send to recipients again whose outcome is unknown.

        The platform may have accepted the message: whoever is released may get it twice. The decision is
        written to the journal; `send_campaign` with the same campaign sends then.

        >>> campaign.release(outcomes.msg.unknown()["recipient"], reason="asked them by phone")

        Args:
            recipients: one recipient or several, as in `outcomes`.
            reason: why, for whoever reads the journal later.

        Raises:
            InvalidRequest: the campaign has not been sent yet, there is no reason, or the outcome of a
                recipient is not unknown.
        """
        if not reason.strip():
            raise InvalidRequest.of(reason="is empty; say why these recipients may get the message twice")
        names = [recipients] if isinstance(recipients, str) else list(recipients)
        self._require_run().release(names, reason)

    def _require_run(self) -> CampaignRun:
        if self.run is None:
            words = "has not been sent yet; call send_campaign to send it, or to find an earlier run"
            raise InvalidRequest.of(campaign=words)
        return self.run

    def _check(self, recipient_list: Sequence[str] | None) -> None:
        """Refuse what can't be sent; all problems are in one error, so that a form shows them together."""
        problems = [
            self._find_message_problem(),
            self._find_sender_problem(required=recipient_list is not None),
            self._find_time_problem(),
            None if recipient_list is None else _find_recipients_problem(recipient_list),
        ]
        if found := dict(filter(None, problems)):
            raise InvalidRequest.of(**found)

    def _find_message_problem(self) -> FieldProblem | None:
        return None if self.message.strip() else ("message", "is empty")

    def _find_sender_problem(self, *, required: bool) -> FieldProblem | None:
        if (required or self.sender) and not self.sender.strip():
            return "sender", "is empty; it is what recipients see"
        numeric = self.sender.removeprefix("+").isdigit()
        longest, kind = (LONGEST_NUMBER, "digits") if numeric else (LONGEST_NAME, "characters")
        if len(self.sender) > longest:
            return "sender", f"{self.sender!r} has {len(self.sender)} {kind}, {longest} are allowed"
        return None

    def _find_time_problem(self) -> FieldProblem | None:
        if self.defer_until is not None and self.defer_by is not None:
            return "defer_by", "cannot be combined with defer_until; pass only one of them"
        if self.defer_until is not None and self.defer_until.tzinfo is None:
            words = "has no time zone; add one, such as datetime.UTC"
            return "defer_until", f"{self.defer_until.isoformat()} {words}"
        if self.defer_by is not None and self.defer_by < 0:
            return "defer_by", f"{self.defer_by} seconds is in the past"
        return None


def _whole_seconds(span: float | timedelta | None) -> int | None:
    """Return a span in whole seconds, which is what the platforms accept."""
    if span is None:
        return None
    return round(span.total_seconds() if isinstance(span, timedelta) else span)


def _find_recipients_problem(phones: Sequence[str]) -> FieldProblem | None:
    # A single phone number is a sequence too: of its digits.
    if isinstance(phones, str) or not phones:
        return "recipient_list", "is not a list with at least one phone number"
    for number in phones:
        try:
            parse_e164(number, "recipient_list")
        except InvalidRequest as error:
            return "recipient_list", error.fields["recipient_list"]
    return None


def _split_text(text: str) -> list[tuple[str, str | None]]:
    """Return the pieces of a text: literal text, and the placeholder that follows it.

    Only plain names are placeholders. Numbers, conversions and formats, which Python has too, are refused,
    since values are always text.
    """
    try:
        pieces = list(string.Formatter().parse(text))
    except ValueError as error:
        raise InvalidRequest.of(text=f"{error}; write {{{{ and }}}} for literal braces") from None
    for _, name, form, conversion in pieces:
        if name is not None and (not name.strip() or form or conversion or name.isdigit()):
            written = (
                "{" + name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "") + "}"
            )
            words = f"{written} is not a valid column name; use {{name}}, or {{{{ and }}}} for literal braces"
            raise InvalidRequest.of(text=words)
    return [(literal, name) for literal, name, _, _ in pieces]
