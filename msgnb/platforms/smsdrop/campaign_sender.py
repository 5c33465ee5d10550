"""Sends a campaign of msgnb as campaigns of the platform, one for each text (SMSDrop 2).

The title of each contains the start of the batch's key, so that it can be found again after a crash.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.journal import Batch
from msgnb.campaigns.plan import Recipient
from msgnb.campaigns.sender import DeliveryStatus, Receipt, Refuse
from msgnb.campaigns.statuses import RecipientStatus
from msgnb.campaigns.watching import Progress
from msgnb.core.errors import InvalidRequest
from msgnb.platforms.smsdrop.campaigns import Campaigns
from msgnb.platforms.smsdrop.delivery import Delivery

BATCH_SIZE = 500
LONGEST_TITLE = 40
SHOWN_KEY = 8
_REFUSED_RECIPIENT = re.compile(r"recipient_list\.([0-9]+)")


class SmsDropCampaignSender:
    """Sends each text as a campaign with a title of its own.

    Args:
        campaigns: launches and reads campaigns.
        delivery: reads how far they are.
        campaign: the campaign to send.
        at: when to send it; now if `None`.
    """

    batch_size = BATCH_SIZE
    visible_after: timedelta | None = None

    def __init__(
        self, campaigns: Campaigns, delivery: Delivery, campaign: Campaign, at: datetime | None
    ) -> None:
        self._campaigns = campaigns
        self._delivery = delivery
        self._campaign = campaign
        self._at = at

    def batch_key(self, recipient: Recipient) -> str | None:
        """Return the text: recipients of the same text share a campaign."""
        return recipient.text

    def send(self, batch: Batch, refuse: Refuse) -> Receipt:
        """Launch a campaign for all recipients that the platform accepts.

        A launch that is refused with 422 created nothing, so it is repeated without the recipients it names.
        """
        # It was created when there was not enough credit; a second launch would create it twice (SMSDrop 2).
        if batch.pending_campaign:
            return Receipt(self._campaigns.retry(batch.pending_campaign).id)
        phones, refused = list(batch.recipients), dict[str, str]()
        while True:
            try:
                return Receipt(self._launch(batch, phones).id, refused=refused)
            except InvalidRequest as error:
                newly_refused = _parse_refused(error, phones)
                phones = [phone for phone in phones if phone not in newly_refused]
                # With nobody to leave out, the next request would be refused in the same way.
                if not newly_refused or not phones:
                    raise
                refuse(newly_refused)
                refused |= newly_refused

    def look_up(self, batches: Sequence[Batch]) -> Mapping[str, Receipt]:
        """Find new campaigns by their titles, and pending ones by whether they have been launched since."""
        pending = {
            batch.key: self._campaigns.get(batch.pending_campaign)
            for batch in batches
            if batch.pending_campaign
        }
        # A campaign without credit stays pending until a retry launches it (SMSDrop 2).
        found = {key: each for key, each in pending.items() if each and each.status != "PENDING"}
        keys = {self._title(batch): batch.key for batch in batches if not batch.pending_campaign}
        # The platform can't search by title, so all campaigns are read.
        campaigns = self._campaigns.read() if keys else []
        found |= {keys[each.title]: each for each in campaigns if each.title in keys}
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
            Campaign(batch.text, given.sender, phones, self._title(batch), given.message_type, self._at)
        )

    def _title(self, batch: Batch) -> str:
        title = self._campaign.title or self._campaign.text
        return f"{title[:LONGEST_TITLE].strip()} ({batch.key[:SHOWN_KEY]})"


def _parse_refused(error: InvalidRequest, phones: Sequence[str]) -> dict[str, str]:
    """Return the recipients that an error response names, and why; they are named by their positions."""
    matches = {field: _REFUSED_RECIPIENT.fullmatch(field) for field in error.fields}
    positions = {field: int(match.group(1)) for field, match in matches.items() if match}
    return {
        phones[position]: error.fields[field]
        for field, position in positions.items()
        if position < len(phones)
    }
