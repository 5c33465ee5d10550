"""How a campaign is sent on SMSDrop: as one of the platform's campaigns for each text (SMSDrop 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.journal import Batch, RecipientStatus
from msgnb.campaigns.plan import Recipient
from msgnb.campaigns.sender import DeliveryStatus, Receipt
from msgnb.campaigns.watching import Progress
from msgnb.core.errors import InvalidRequest
from msgnb.platforms.smsdrop.campaigns import Campaigns
from msgnb.platforms.smsdrop.delivery import Delivery

BATCH_SIZE = 10_000
LONGEST_TITLE = 40
_REFUSED = re.compile(r"recipient_list\.([0-9]+)")


class SmsDropCampaignSender:
    """Sends each text as a campaign with a title of its own."""

    batch_size = BATCH_SIZE

    def __init__(
        self, campaigns: Campaigns, delivery: Delivery, campaign: Campaign, due: datetime | None
    ) -> None:
        self._campaigns = campaigns
        self._delivery = delivery
        self._campaign = campaign
        self._due = due

    def batch_key(self, recipient: Recipient) -> str | None:
        """Recipients of the same text share a campaign."""
        return recipient.text

    def send(self, batch: Batch) -> Receipt:
        """Launch a campaign for all recipients that the platform accepts.

        A launch that is refused with 422 created nothing, so it is repeated without the recipients it names.
        """
        if batch.waiting:
            return Receipt(self._campaigns.retry(batch.waiting).id)
        phones, refused = list(batch.recipients), dict[str, str]()
        while True:
            try:
                return Receipt(self._launch(batch, phones).id, refused=refused)
            except InvalidRequest as error:
                wrong = _refused(error, phones)
                phones = [phone for phone in phones if phone not in wrong]
                if not wrong or not phones:
                    raise
                refused |= wrong

    def look_up(self, batches: Sequence[Batch]) -> Mapping[str, Receipt]:
        """Find campaigns by their titles, and those that waited for credit by whether they were launched."""
        waiting = {batch.key: self._campaigns.get(batch.waiting) for batch in batches if batch.waiting}
        found = {key: each for key, each in waiting.items() if each and each.status != "PENDING"}
        keys = {self._title(batch): batch.key for batch in batches if not batch.waiting}
        everything = self._campaigns.read() if keys else []
        found |= {keys[each.title]: each for each in everything if each.title in keys}
        return {key: Receipt(each.id) for key, each in found.items()}

    def fetch_statuses(self, statuses: Mapping[str, RecipientStatus]) -> Mapping[str, DeliveryStatus]:
        """Return what is certain for every recipient of each campaign."""
        return self._delivery.fetch_statuses(statuses)

    def progress(self, statuses: Mapping[str, RecipientStatus]) -> Progress:
        """Return how many recipients all campaigns together have reached."""
        return self._delivery.progress(statuses)

    def _launch(self, batch: Batch, phones: list[str]) -> Campaign:
        given = self._campaign
        return self._campaigns.launch(
            Campaign(batch.text, given.sender, phones, self._title(batch), given.message_type, self._due)
        )

    def _title(self, batch: Batch) -> str:
        title = self._campaign.title or self._campaign.text
        return f"{title[:LONGEST_TITLE].strip()} ({batch.key[:8]})"


def _refused(error: InvalidRequest, phones: Sequence[str]) -> dict[str, str]:
    """The recipients that an error response names, and why."""
    numbers = {field: found.group(1) for field in error.fields if (found := _REFUSED.fullmatch(field))}
    return {
        phones[int(number)]: error.fields[field]
        for field, number in numbers.items()
        if int(number) < len(phones)
    }
