"""The delivery of campaigns after they were launched (SMSDrop 2).

The platform reports a status and a percentage for each campaign, and nothing for each recipient. So a
recipient among many has a certain status only if the campaign reached all of them, or none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from msgnb import tables
from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.sender import DeliveryStatus
from msgnb.campaigns.statuses import RecipientStatus
from msgnb.campaigns.watching import Progress, watch
from msgnb.core.errors import InvalidRequest
from msgnb.platforms.smsdrop.connection import SmsDropConnection
from msgnb.platforms.smsdrop.models import parse_campaign
from msgnb.platforms.smsdrop.to_tables import message_status

if TYPE_CHECKING:
    import pandas as pd

MOST_SINGLE_READS = 20
"""Up to this many campaigns are read one by one; more are read page by page."""
FINISHED = frozenset({"COMPLETED", "ABORTED"})


class Delivery:
    """Reads how far campaigns are.

    Args:
        connection: the connection.
    """

    def __init__(self, connection: SmsDropConnection) -> None:
        self._connection = connection

    def fetch_statuses(self, statuses: Mapping[str, RecipientStatus]) -> Mapping[str, DeliveryStatus]:
        """Return what is certain for every recipient of each campaign."""
        campaigns = self._read({each.campaign for each in statuses.values() if each.campaign})
        reported = {
            name: message_status(campaign.status, campaign.delivery_percentage)
            for name, campaign in campaigns.items()
        }
        return {
            phone: DeliveryStatus(reported[each.campaign], at=each.at)
            for phone, each in statuses.items()
            if each.campaign in reported
        }

    def progress(self, statuses: Mapping[str, RecipientStatus]) -> Progress:
        """Return how many recipients all campaigns together have reached."""
        sizes = Counter(each.campaign for each in statuses.values() if each.campaign)
        campaigns = self._read(set(sizes))
        reached = (
            sum((each.delivery_percentage or 0) * sizes[name] for name, each in campaigns.items()) // 100
        )
        states = Counter(each.status or "" for each in campaigns.values())
        detail = ", ".join(
            state.lower() if len(states) == 1 else f"{count} {state.lower()}"
            for state, count in states.items()
        )
        # Campaigns that can't be found have no state here, so nobody waits for them.
        finished = states.keys() <= FINISHED
        return Progress(sum(sizes.values()), reached, detail, finished, scheduled="SCHEDULED" in states)

    def _read(self, names: set[str]) -> dict[str, Campaign]:
        if len(names) > MOST_SINGLE_READS:
            rows = self._connection.campaign_rows()
        else:
            rows = [row for name in names if (row := self._connection.campaign_row(name))]
        campaigns = map(parse_campaign, rows)
        return {each.id: each for each in campaigns if each.id in names}


class LaunchedCampaign:
    """The run of a campaign that was launched without `send_campaign`, so it has no journal.

    Args:
        connection: the connection.
        campaign: the campaign, with its `id` and `recipient_list`.
    """

    def __init__(self, connection: SmsDropConnection, campaign: Campaign) -> None:
        self._connection = connection
        self._campaign = campaign
        self._delivery = Delivery(connection)

    def watch(self) -> pd.DataFrame:
        """Wait for the campaign to finish, with a progress bar, and return the outcomes."""
        title = self._campaign.title or self._campaign.message
        watch(lambda: self._delivery.progress(self._statuses()), self._connection.http.pause, title)
        return self.outcomes()

    def outcomes(self) -> pd.DataFrame:
        """Return what is certain for each recipient, as a table `outcomes`."""
        statuses = self._statuses()
        reported = self._delivery.fetch_statuses(statuses)
        values = {
            "recipient": list(statuses),
            "state": ["sent"] * len(statuses),
            "status": [reported[phone].status if phone in reported else None for phone in statuses],
            "campaign": [each.campaign for each in statuses.values()],
        }
        return tables.OUTCOMES.frame(len(statuses), values)

    def release(self, recipients: Collection[str], reason: str) -> None:  # noqa: ARG002
        """Raise an error: without a journal nobody's outcome is known to be unknown.

        Raises:
            InvalidRequest: always.
        """
        words = "was launched without send_campaign, so it has no journal; launch it again deliberately"
        raise InvalidRequest.of(campaign=words)

    def _statuses(self) -> dict[str, RecipientStatus]:
        return {
            phone: RecipientStatus("sent", "", campaign=self._campaign.id)
            for phone in self._campaign.recipient_list
        }
