"""Active campaigns: a WhatsApp template to one or many (BLiP 2.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import InvalidRequest
from msgnb.core.phones import international
from msgnb.core.times import When
from msgnb.platforms.blip import to_tables as rows
from msgnb.platforms.blip.connection import Command, Commands, escaped
from msgnb.platforms.blip.times import coming, stamp

if TYPE_CHECKING:
    import pandas as pd

ACTIVE = "postmaster@activecampaign.msging.net"
FULL = "application/vnd.iris.activecampaign.full-campaign+json"
PAGE = 100


class Campaigns(Commands):
    """Active campaigns."""

    def active_campaigns(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The bot's active campaigns, as a table `campaigns` (BLiP 2.7).

        Recipients and the share that was reached come from the campaigns' summaries.

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the campaigns themselves as a last column.
        """
        found = self._paged("/campaigns", ACTIVE, PAGE, "campaigns", limit)
        summaries = self._paged("/campaigns/summaries", ACTIVE, PAGE, "summaries", None)
        return rows.campaigns(found, summaries, self.account, raw=raw)

    def create_campaign(
        self,
        name: str,
        template: str,
        recipients: str | Iterable[str] | pd.DataFrame,
        *,
        flow_id: str,
        state_id: str,
        master_state: str,
        column: str = "phone",
        params: Iterable[str] = (),
        language: str = "pt_BR",
        scheduled: When | timedelta | None = None,
        tags: Iterable[str] = (),
    ) -> Command:
        """Send a WhatsApp template to one or many, now or later (BLiP 2.7).

        >>> people = pd.DataFrame({"phone": ["+5511999990001"], "name": ["Ana"]})
        >>> bot.create_campaign("Black Friday 1", "black_friday", people, params=["name"],
        ...                     flow_id=flow, state_id=state, master_state="router@msging.net")

        Args:
            name: of the campaign; the platform wants a new one each time.
            template: the name of an approved template.
            recipients: a phone number, several, or a DataFrame with a row for each.
            flow_id: of the flow that answers belong to.
            state_id: of the block in it where they begin.
            master_state: identity of the router, or of the bot.
            column: the DataFrame's column with the phone numbers.
            params: the DataFrame's columns with the template's variables, in their order.
            language: of the template.
            scheduled: a time with a zone or a span from now; at once where it is `None`.
            tags: of the campaign.

        Returns:
            The campaign, with its `id`.

        Raises:
            InvalidRequest: nobody to send to, a number that is none, a column that is missing or empty, or a
                time that is over.
            Rejected: the name was used before.
            OutcomeUnknown: the answer got lost; look for the name in `campaigns()`.
        """
        keys = list(params)
        audience = _audience(recipients, column, keys)
        if not name.strip() or not template.strip():
            raise InvalidRequest.of(campaign="needs a name and a template")
        one = len(audience) == 1
        campaign = {
            "name": name,
            "campaignType": "Individual" if one else "Batch",
            "flowId": flow_id,
            "stateId": state_id,
            "masterState": master_state,
            "channelType": "WhatsApp",
            **self._planned(scheduled),
            **({"tags": list(tags)} if tags else {}),
        }
        message = {
            "messageTemplate": template,
            "messageTemplateLanguage": language,
            "messageParams": [str(number) for number in range(1, len(keys) + 1)],
            "channelType": "WhatsApp",
        }
        people = {"audience": audience[0]} if one else {"audiences": audience}
        made: Command = self._set(
            "/campaign/full", ACTIVE, FULL, {"campaign": campaign, **people, "message": message}
        )
        return made

    def campaign_outcomes(self, campaign: str, *, raw: bool = False) -> pd.DataFrame:
        """How far a campaign came with each recipient, as a table `outcomes` (BLiP 2.7).

        Args:
            campaign: the campaign's id.
            raw: add the platform's rows as a last column.

        Raises:
            NotFound: there is no such campaign.
        """
        audience = self._items(f"/audiences/{escaped(campaign)}", ACTIVE)
        summary = self._get(f"/campaigns/{escaped(campaign)}/summaries", ACTIVE)
        return rows.campaign_outcomes(audience, summary, campaign, raw=raw)

    def campaign_report(self, campaign: str) -> Command:
        """The platform's report of one campaign, as it sends it.

        Raises:
            NotFound: there is no such campaign.
        """
        uri = f"/campaigns/{escaped(campaign)}/reports"
        found: Command = self._get(uri, ACTIVE, {"shouldHaveStateName": "true"})
        return found

    def delete_campaign(self, campaign: str) -> None:
        """Delete a campaign.

        Raises:
            NotFound: there is no such campaign.
        """
        self._delete(f"/campaigns/{escaped(campaign)}", ACTIVE)

    def _planned(self, when: When | timedelta | None) -> dict[str, str]:
        if when is None:
            return {}
        return {"scheduled": stamp(coming(when, "scheduled", self._now))}


def _audience(recipients: Any, column: str, keys: list[str]) -> list[dict[str, Any]]:
    people = _people(recipients, column, keys)
    if not people:
        raise InvalidRequest.of(recipients="is empty: whom to send to?")
    audience = []
    for row, person in enumerate(people):
        missing = [key for key in keys if not isinstance(person.get(key), str) or not person[key].strip()]
        if missing:
            raise InvalidRequest.of(params=f"row {row}: {', '.join(missing)} is missing or no text")
        values = {str(number): person[key] for number, key in enumerate(keys, 1)}
        phone = international(person[column], f"recipients, row {row}")
        audience.append({"recipient": phone, **({"messageParams": values} if values else {})})
    return audience


def _people(recipients: Any, column: str, keys: list[str]) -> list[Mapping[str, Any]]:
    columns = getattr(recipients, "columns", None)
    if columns is not None:
        missing = [name for name in (column, *keys) if name not in columns]
        if missing:
            words = f"{', '.join(missing)} not among {', '.join(map(str, columns))}"
            raise InvalidRequest.of(recipients=words)
        found: list[Mapping[str, Any]] = recipients.to_dict("records")
        return found
    if keys:
        raise InvalidRequest.of(params="needs a DataFrame of recipients with these columns")
    phones = [recipients] if isinstance(recipients, str) else list(recipients)
    return [{column: phone} for phone in phones]
