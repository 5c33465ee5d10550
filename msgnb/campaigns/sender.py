"""What a platform implements so that campaigns can be sent on it.

A campaign knows no client. It splits its recipients into batches, writes each batch to the journal, and passes
it to a `CampaignSender`, which a platform makes for one campaign. `OneByOne` is a sender for any platform that
can send a text to one recipient.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from msgnb.campaigns.journal import Batch, RecipientStatus
from msgnb.campaigns.plan import Recipient
from msgnb.campaigns.watching import Progress
from msgnb.core.sending import SendResult


@dataclass(frozen=True)
class Receipt:
    """A batch that the platform accepted.

    Attributes:
        campaign: what the platform calls the batch, if it has an ID.
        message: ID of the message, if there is one.
        refused: the recipients that the platform refused, and why.
    """

    campaign: str | None = None
    message: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DeliveryStatus:
    """What the platform reports of one recipient after sending; `at` is a time in ISO 8601."""

    status: str
    error_code: str | None = None
    error: str | None = None
    at: str | None = None


class CampaignSender(Protocol):
    """How one platform sends one campaign."""

    batch_size: int
    """The most recipients of one request."""

    def batch_key(self, recipient: Recipient) -> Hashable:
        """Return the same value for recipients who can share a request."""
        ...

    def send(self, batch: Batch) -> Receipt:
        """Send a batch; raises the errors that the client raises."""
        ...

    def look_up(self, batches: Sequence[Batch]) -> Mapping[str, Receipt]:
        """Return those of the batches that did arrive, by their keys."""
        ...

    def fetch_statuses(self, statuses: Mapping[str, RecipientStatus]) -> Mapping[str, DeliveryStatus]:
        """Return what the platform reports of the recipients it was sent to."""
        ...

    def progress(self, statuses: Mapping[str, RecipientStatus]) -> Progress:
        """Return how many of the recipients the campaign has reached."""
        ...


class OneByOne:
    """Sends a campaign as one message to each recipient, on a platform that reports nothing more.

    A message whose response was lost stays `unknown`, since it can't be looked up.

    Args:
        send: sends a text to one recipient.
    """

    batch_size = 1

    def __init__(self, send: Callable[[str, str], SendResult]) -> None:
        self._send = send

    def batch_key(self, recipient: Recipient) -> Hashable:
        """Each recipient has a request of its own."""
        return recipient.recipient

    def send(self, batch: Batch) -> Receipt:
        """Send the text."""
        (recipient,) = batch.recipients
        result = self._send(recipient, batch.text)
        return Receipt(campaign=result.campaign, message=result.message)

    def look_up(self, batches: Sequence[Batch]) -> Mapping[str, Receipt]:  # noqa: ARG002
        """Nothing can be looked up."""
        return {}

    def fetch_statuses(
        self,
        statuses: Mapping[str, RecipientStatus],  # noqa: ARG002
    ) -> Mapping[str, DeliveryStatus]:
        """Nothing is reported after sending."""
        return {}

    def progress(self, statuses: Mapping[str, RecipientStatus]) -> Progress:
        """Everything that was sent is all that is known."""
        return Progress(len(statuses), len(statuses), "", over=True, verb="sent")
