"""The campaigns of the platform: launch, retry and read them (SMSDrop 2).

The platform creates a campaign before it looks at the credit. Without enough of it the response is 201
instead of 200: the campaign exists, and waits to be launched by a retry.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgnb.core.block_list import refuse_forgotten
from msgnb.core.errors import InsufficientCredit, MsgnbError
from msgnb.core.sending import new_id
from msgnb.platforms.resources import Resource
from msgnb.platforms.smsdrop import models, to_tables
from msgnb.platforms.smsdrop.connection import WITHOUT_CREDIT, SmsDropConnection
from msgnb.platforms.smsdrop.delivery import LaunchedCampaign
from msgnb.platforms.smsdrop.models import is_campaign

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from msgnb.campaigns.campaign import Campaign


class Campaigns(Resource):
    """Campaigns: `sms.campaigns()`, `sms.campaigns.launch(campaign)`."""

    _connection: SmsDropConnection

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the campaigns as a table `campaigns`.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the campaigns themselves as a last column `raw`.
        """
        rows = self._connection.campaign_rows(0, limit)
        return to_tables.campaigns(rows, self._connection.account, raw=raw)

    def launch(self, campaign: Campaign) -> Campaign:
        """Create and launch a campaign, and return it as the platform has it.

        The campaign that is passed is updated, even if there is not enough credit: it is created in that
        case, and `retry(campaign.id)` launches it later. A campaign without a title gets one, by which it can
        be found if the response is lost.

        Args:
            campaign: the campaign, with its sender and `recipient_list`.

        Raises:
            InvalidRequest: the platform refuses a field; `fields` says which and why. Or a recipient was
                forgotten.
            InsufficientCredit: it was created, but not launched.
            OutcomeUnknown: the response was lost; `id` is the campaign's title.
        """
        refuse_forgotten(campaign.recipient_list)
        campaign.title = campaign.title or f"msgnb {new_id()}"
        response = self._connection.create_campaign(campaign)
        # Before an error for lack of credit: the campaign exists, and its ID is needed to retry it.
        models.update_campaign(campaign, response.body)
        campaign.run = LaunchedCampaign(self._connection, campaign)
        if response.status == WITHOUT_CREDIT:
            raise _insufficient_credit(campaign.id or "")
        return campaign

    def retry(self, campaign: str) -> Campaign:
        """Launch a campaign that was created while there was not enough credit.

        Args:
            campaign: ID of the campaign.

        Raises:
            InsufficientCredit: there is still not enough.
            NotFound: there is no such campaign.
            OutcomeUnknown: the response was lost.
        """
        response = self._connection.retry_campaign(campaign)
        if response.status == WITHOUT_CREDIT:
            raise _insufficient_credit(campaign)
        # What the response to a retry contains is not documented: if it is not the campaign, that is read.
        return self._parse(response.body) if is_campaign(response.body) else self._look_at(campaign)

    def _look_at(self, campaign: str) -> Campaign:
        try:
            found = self.get(campaign)
        except MsgnbError:
            # It was launched, whatever is wrong with this request.
            found = None
        return found or self._parse({"id": campaign})

    def get(self, campaign: str) -> Campaign | None:
        """Return one campaign by its ID; `None` if it doesn't exist."""
        row = self._connection.campaign_row(campaign)
        return None if row is None else self._parse(row)

    def read(self, *, skip: int = 0, limit: int | None = None) -> list[Campaign]:
        """Return campaigns in the platform's order.

        Args:
            skip: number of campaigns to skip at the beginning.
            limit: the most campaigns; all if `None`.
        """
        return [self._parse(row) for row in self._connection.campaign_rows(skip, limit)]

    def _parse(self, row: Mapping[str, Any]) -> Campaign:
        found = models.parse_campaign(row)
        found.run = LaunchedCampaign(self._connection, found)
        return found


def _insufficient_credit(campaign: str) -> InsufficientCredit:
    return InsufficientCredit(
        f"smsdrop: not enough credit; campaign {campaign} was created. Retry it after adding credit",
        campaign=campaign,
        status=WITHOUT_CREDIT,
    )
