"""SMSDrop's campaigns: launched, retried and read (SMSDrop 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgnb.core.errors import InsufficientCredit, NotFound
from msgnb.core.http import WRITE
from msgnb.core.sending import new_id
from msgnb.platforms.resources import Resource
from msgnb.platforms.smsdrop import models, to_tables
from msgnb.platforms.smsdrop.connection import SmsDropConnection
from msgnb.platforms.smsdrop.delivery import LaunchedCampaign

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

        The campaign that is passed is updated, also if there is too little credit: in that case it is created, and
        `retry(campaign.id)` launches it later. A campaign without a title gets one, by which it can be found if
        the response is lost.

        Raises:
            InvalidRequest: the platform refuses a field; `fields` says which and why.
            InsufficientCredit: it was created, but not launched.
            OutcomeUnknown: the response was lost; `id` is the campaign's title.
        """
        campaign.title = campaign.title or f"msgnb {new_id()}"
        answer = self._connection.create_campaign(campaign)
        if not _is_campaign(answer.body):
            words = "smsdrop: the answer to a launch holds no campaign"
            raise self._connection.http.lost(words, WRITE, campaign.title, unsent=False)
        models.update_campaign(campaign, answer.body)
        campaign.run = LaunchedCampaign(self._connection, campaign)
        if answer.status == 201:
            raise _too_little(campaign.id or "")
        return campaign

    def retry(self, campaign: str) -> Campaign:
        """Launch a campaign that was created while there was too little credit.

        Args:
            campaign: its ID.

        Raises:
            InsufficientCredit: there is still too little.
            NotFound: there is no such campaign.
            OutcomeUnknown: the response was lost.
        """
        answer = self._connection.retry_campaign(campaign)
        if answer.status == 201:
            raise _too_little(campaign)
        # What the response to a retry contains is not documented: without a campaign in it, it is read.
        found = self._parse(answer.body) if _is_campaign(answer.body) else self.get(campaign)
        if found is None:
            raise NotFound(f"smsdrop: campaign {campaign} was launched, and then there was none")
        return found

    def get(self, campaign: str) -> Campaign | None:
        """Return one campaign by its ID; `None` if it doesn't exist."""
        row = self._connection.campaign_row(campaign)
        return None if row is None else self._parse(row)

    def read(self, skip: int = 0, limit: int | None = None) -> list[Campaign]:
        """Return campaigns in the platform's order.

        Args:
            skip: how many to leave out at the beginning.
            limit: the most to return; all if `None`.
        """
        return [self._parse(row) for row in self._connection.campaign_rows(skip, limit)]

    def _parse(self, row: Mapping[str, Any]) -> Campaign:
        found = models.parse_campaign(row)
        found.run = LaunchedCampaign(self._connection, found)
        return found


def _is_campaign(body: Any) -> bool:
    return isinstance(body, dict) and {"id", "message", "sender", "recipient_list"} <= body.keys()


def _too_little(campaign: str) -> InsufficientCredit:
    return InsufficientCredit(
        f"smsdrop: too little credit; campaign {campaign} was created, retry it when credit came",
        campaign=campaign,
        status=201,
    )
