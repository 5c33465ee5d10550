"""One text to many: what is said, and what is known of it.

* `{name}` in the text stands for the column `name` of the recipients; `{{` and `}}` are braces.
* Everything that can be wrong is found before anything is sent, and named by field and row.
* A platform fills in what it knows; `watch()` and `outcomes()` ask it, once the campaign is on its way.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from msgnb.campaigns.plan import Plan, make_plan
from msgnb.core.errors import InvalidRequest
from msgnb.core.phones import international

if TYPE_CHECKING:
    import pandas as pd


LONGEST_NAME = 11
LONGEST_NUMBER = 18


class MessageType(IntEnum):
    """How a phone shows a message (SMSDrop 2)."""

    PLAIN_TEXT = 0
    FLASH_MESSAGE = 1
    UNICODE = 2


@dataclass(frozen=True)
class Template:
    """An approved WhatsApp template, and where in the bot the answers to it go on (BLiP 2.7).

    >>> Template("order_ready", flow_id=flow, state_id=state, master_state="router@msging.net")

    Args:
        name: of the template.
        flow_id: of the flow that answers belong to.
        state_id: of the block in it where they begin.
        master_state: identity of the router, or of the bot.
        language: of the template.
        tags: of the campaign.
    """

    name: str
    flow_id: str
    state_id: str
    master_state: str
    language: str = "pt_BR"
    tags: tuple[str, ...] = ()


class CampaignRun(Protocol):
    """Knows what became of a campaign."""

    def watch(self) -> pd.DataFrame:
        """Wait for its end, visibly; then what became of each recipient."""
        ...

    def outcomes(self) -> pd.DataFrame:
        """What became of each recipient, as far as the platform tells now."""
        ...


@dataclass(init=False)
class Campaign:
    """One text to many.

    >>> campaign = Campaign(text="Hi {name}, your order is ready.", sender="MyShop")
    >>> outcomes = sms.send_campaign(campaign, "people.csv")
    >>> campaign.watch()

    Give the text and what the platform needs beside it; the platform fills in the rest.

    Args:
        message: the text; `text=` says the same.
        sender: what recipients see: up to 11 letters and digits, or up to 18 digits. Not needed on BLiP, nor
            on NetSapiens where the user has one number.
        recipient_list: phones with country code, for `launch_campaign`, which sends the text as it stands;
            `send_campaign` takes recipients of its own.
        title: to find it again. A campaign goes to a phone once: one with another title goes again.
        message_type: plain, flash or Unicode, where the platform knows such.
        defer_until: when to send it; with a zone.
        defer_by: seconds, or a `timedelta`, to wait before; not together with `defer_until`.
        template: on BLiP, the approved template to send: `msgnb.Template`. The columns that the text names
            fill its variables, in their order.

    Attributes:
        id: the campaign's id, once the platform has created one.
        status: the platform's word: `PENDING`, `SENDING`, `COMPLETED`, `ABORTED` or `SCHEDULED`.
        delivery_percentage: 0 to 100.
        message_count: recipients × segments.
        sms_count: segments of one message.
        created_at: when it was created.

    Raises:
        InvalidRequest: text, sender, recipients or times can't be right; `fields` says which and why.
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
            raise InvalidRequest.of(text="and message are both given; they say the same")
        self.message = (message if text is None else text) or ""
        self.sender = sender
        self.title = title
        self.message_type = message_type
        self.defer_until = defer_until
        self.defer_by = _seconds(defer_by)
        self.template = template
        problems = [
            self._about_message(),
            self._about_sender(needed=recipient_list is not None),
            self._about_times(),
        ]
        problems += [] if recipient_list is None else [_about_recipients(recipient_list)]
        if found := dict(filter(None, problems)):
            raise InvalidRequest.of(**found)
        self.recipient_list = list(recipient_list or ())

    @property
    def text(self) -> str:
        """The text, with its placeholders."""
        return self.message

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The columns that the text names, each once, in their order.

        Raises:
            InvalidRequest: a brace is open, or a placeholder is no name of a column.
        """
        return tuple(dict.fromkeys(name for _, name in _pieces(self.message) if name))

    def fill(self, values: Mapping[str, str]) -> str:
        """The text with its placeholders filled in.

        >>> Campaign(text="Hi {name}").fill({"name": "Ana"})
        'Hi Ana'
        """
        return "".join(said + (values[name] if name else "") for said, name in _pieces(self.message))

    def plan(self, recipients: Any, column: str | None = None, region: str | None = None) -> Plan:
        """Who would get what, and how many SMS that takes; nothing is sent.

        >>> campaign.plan("people.csv").preview(0)

        Args:
            recipients: anything that `msgnb.recipients` takes, or its table.
            column: as in `msgnb.recipients`.
            region: as in `msgnb.recipients`.

        Raises:
            InvalidRequest: a column that the text names is not there, or empty in some row; or there is
                nobody.
        """
        return make_plan(self, recipients, column=column, region=region)

    def watch(self) -> pd.DataFrame:
        """Wait until the campaign is through, with a bar; then what became of it, as a table `outcomes`.

        Asks the platform again every two seconds at first and every half minute later; Ctrl-C, or the
        notebook's stop, ends the waiting and nothing else.

        Raises:
            InvalidRequest: it was not sent yet.
        """
        return self._require_run().watch()

    def outcomes(self) -> pd.DataFrame:
        """What became of it by now, as a table `outcomes`: `status` is what the platform tells.

        Raises:
            InvalidRequest: it was not sent yet.
        """
        return self._require_run().outcomes()

    def _require_run(self) -> CampaignRun:
        if self.run is None:
            words = "was not sent yet; send_campaign sends it, or finds it again if it was sent before"
            raise InvalidRequest.of(campaign=words)
        return self.run

    def _about_message(self) -> tuple[str, str] | None:
        return None if self.message.strip() else ("message", "is empty")

    def _about_sender(self, *, needed: bool) -> tuple[str, str] | None:
        if (needed or self.sender) and not self.sender.strip():
            return "sender", "is empty; it is what recipients see"
        numeric = self.sender.removeprefix("+").isdigit()
        longest, kind = (LONGEST_NUMBER, "digits") if numeric else (LONGEST_NAME, "characters")
        if len(self.sender) > longest:
            return "sender", f"{self.sender!r} has {len(self.sender)} {kind}, {longest} are allowed"
        return None

    def _about_times(self) -> tuple[str, str] | None:
        if self.defer_until is not None and self.defer_by is not None:
            return "defer_by", "is given together with defer_until; give one of them"
        if self.defer_until is not None and self.defer_until.tzinfo is None:
            words = "has no zone; give one, such as datetime.UTC"
            return "defer_until", f"{self.defer_until.isoformat()} {words}"
        if self.defer_by is not None and self.defer_by < 0:
            return "defer_by", f"{self.defer_by} s lie in the past"
        return None


def _seconds(given: float | timedelta | None) -> int | None:
    """Whole seconds, as the platforms take them."""
    if given is None:
        return None
    return round(given.total_seconds() if isinstance(given, timedelta) else given)


def _about_recipients(phones: Sequence[str]) -> tuple[str, str] | None:
    if isinstance(phones, str) or not phones:
        return "recipient_list", "is no list with at least one phone number"
    for number in phones:
        try:
            international(number, "recipient_list")
        except InvalidRequest as error:
            return "recipient_list", error.fields["recipient_list"]
    return None


def _pieces(text: str) -> list[tuple[str, str | None]]:
    """What is said, and the column that follows it, piece by piece."""
    try:
        found = list(string.Formatter().parse(text))
    except ValueError as error:
        words = f"{error}; write {{{{ and }}}} for braces that are meant as such"
        raise InvalidRequest.of(text=words) from None
    for _, name, form, conversion in found:
        if name is not None and (not name.strip() or form or conversion or name.isdigit()):
            given = "{" + name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "") + "}"
            words = f"{given} is no name of a column; write {{name}}, or {{{{ and }}}} for braces"
            raise InvalidRequest.of(text=words)
    return [(said, name) for said, name, _, _ in found]
