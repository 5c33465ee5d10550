"""What a platform implements so that campaigns can be sent on it.

A campaign knows no client. It splits its recipients into batches, writes each batch to the journal, and
passes it to a `CampaignSender`, which a platform makes for one campaign. `OneByOne` is a sender for any
platform that can send a text to one recipient.

The key of a batch is what makes resuming safe: a sender puts it where the platform can be asked for it later,
as the ID of a message or in the title of a campaign, and `look_up` finds it again after a crash.

A batch that is found was sent. A batch that is not found proves nothing, unless the platform guarantees that
it would have been found by then: `visible_after` states that guarantee. No platform of ours documents one.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from msgnb.campaigns.journal import Batch
from msgnb.campaigns.plan import Recipient
from msgnb.campaigns.statuses import RecipientStatus
from msgnb.campaigns.watching import Progress
from msgnb.core.sending import SendResult

Refuse = Callable[[Mapping[str, str]], None]


@dataclass(frozen=True)
class Receipt:
    """A batch that the platform accepted, or may have accepted.

    Attributes:
        campaign: the platform's ID of the campaign or list, if there is one.
        message: the platform's ID of the message, if there is one.
        refused: recipients of the batch that the platform refused, and why.
        lost: why it is not known whether the platform accepted the rest; `None` if it did.
    """

    campaign: str | None = None
    message: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)
    lost: str | None = None


@dataclass(frozen=True)
class DeliveryStatus:
    """What the platform reports about one recipient after sending.

    Attributes:
        status: one of the statuses of a table `outcomes`, such as `delivered`.
        error_code: why it failed, as a code.
        error: why it failed.
        at: when that happened, in ISO 8601.
    """

    status: str
    error_code: str | None = None
    error: str | None = None
    at: str | None = None


class CampaignSender(Protocol):
    """Sends one campaign on one platform."""

    batch_size: int
    """The most recipients of one request. All of them are unknown if its response is lost."""
    visible_after: timedelta | None
    """How long after a request its batch can be found for certain, if it arrived; `None` if the platform
    guarantees no such time, or if `look_up` does not search everything."""

    def batch_key(self, recipient: Recipient) -> Hashable:
        """Return the same value for recipients who can share a request, such as their text."""
        ...

    def send(self, batch: Batch, refuse: Refuse) -> Receipt:
        """Send a batch in one request, and raise what the client raises.

        Args:
            batch: the batch.
            refuse: called with the recipients that the platform has refused, and why, before the rest is
                sent; they are in the journal when it returns.
        """
        ...

    def look_up(self, batches: Sequence[Batch]) -> Mapping[str, Receipt]:
        """Return the receipts of those batches that the platform has received, by their keys."""
        ...

    def fetch_statuses(self, statuses: Mapping[str, RecipientStatus]) -> Mapping[str, DeliveryStatus]:
        """Return the delivery status of those recipients for which the platform reports one.

        Args:
            statuses: the recipients to whom the campaign was sent, or may have been sent.
        """
        ...

    def progress(self, statuses: Mapping[str, RecipientStatus]) -> Progress:
        """Return how many of the recipients the campaign has reached; arguments as in `fetch_statuses`."""
        ...


class OneByOne:
    """Sends a campaign as one message per recipient, on a platform that reports nothing after that.

    A message whose response was lost stays `unknown`, since it can't be looked up.

    Args:
        send: sends a text to one recipient: `send(to, text)`.
    """

    batch_size = 1
    visible_after: timedelta | None = None

    def __init__(self, send: Callable[[str, str], SendResult]) -> None:
        self._send = send

    def batch_key(self, recipient: Recipient) -> Hashable:
        """Return a value of its own for each recipient: no two share a request."""
        return recipient.recipient

    def send(self, batch: Batch, refuse: Refuse) -> Receipt:  # noqa: ARG002
        """Send the text to the batch's only recipient."""
        (recipient,) = batch.recipients
        result = self._send(recipient, batch.text)
        return Receipt(campaign=result.campaign, message=result.message)

    def look_up(self, batches: Sequence[Batch]) -> Mapping[str, Receipt]:  # noqa: ARG002
        """Return nothing: messages can't be looked up."""
        return {}

    def fetch_statuses(
        self,
        statuses: Mapping[str, RecipientStatus],  # noqa: ARG002
    ) -> Mapping[str, DeliveryStatus]:
        """Return nothing: the platform reports nothing after sending."""
        return {}

    def progress(self, statuses: Mapping[str, RecipientStatus]) -> Progress:
        """Return a finished progress: that the messages were sent is all that will be known."""
        return Progress(len(statuses), len(statuses), "", finished=True, verb="sent")
