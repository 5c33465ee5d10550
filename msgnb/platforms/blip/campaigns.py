"""Active campaigns: a WhatsApp template to one or many recipients (BLiP 2.7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.campaigns.table import make_campaigns_table
from msgnb.core.errors import InvalidRequest
from msgnb.core.phones import parse_e164
from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection, Command, escape
from msgnb.platforms.blip.times import future_time, timestamp
from msgnb.platforms.resources import PlannedTime, Resource

if TYPE_CHECKING:
    import pandas as pd

ACTIVE = "postmaster@activecampaign.msging.net"
FULL = "application/vnd.iris.activecampaign.full-campaign+json"
CHANNEL = "WhatsApp"
PAGE = 100


class Campaigns(Resource):
    """Campaigns: `bot.campaigns()`, `bot.campaigns.create(…)`."""

    _connection: BlipConnection

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the bot's campaigns as a table `campaigns` (BLiP 2.7).

        The active ones come first. The others, which `send_campaign` sent to a list or one by one, are read
        from their journals on this machine, the latest first.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the campaigns themselves, or the headers of the journals, as a last column `raw`.
        """
        active = self.active(limit=limit, raw=raw)
        # The platform stores a campaign with a template itself.
        journals = [each for each in self._connection.journaled_campaigns() if not each.header.template]
        journaled = make_campaigns_table(journals, self._connection.http.now(), raw=raw)
        return tables.concat_rows(active, journaled).iloc[:limit]

    def active(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the bot's active campaigns as a table `campaigns` (BLiP 2.7).

        The number of recipients and the share that was reached are read from the campaigns' summaries.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the campaigns themselves as a last column `raw`.
        """
        found = self._connection.items("/campaigns", ACTIVE, PAGE, "campaigns", limit)
        summaries = self._connection.items("/campaigns/summaries", ACTIVE, PAGE, "summaries")
        return to_tables.campaigns(found, summaries, self._connection.account, raw=raw)

    def create(
        self,
        title: str,
        template: str,
        recipients: str | Iterable[str] | pd.DataFrame,
        *,
        flow_id: str,
        state_id: str,
        master_state: str,
        column: str = "phone",
        params: Iterable[str] = (),
        language: str = "pt_BR",
        at: PlannedTime | None = None,
        tags: Iterable[str] = (),
    ) -> Command:
        """Send a WhatsApp template to one or many recipients, now or later (BLiP 2.7).

        >>> people = pd.DataFrame({"phone": ["+5511999990001"], "name": ["Ana"]})
        >>> bot.campaigns.create("Black Friday 1", "black_friday", people, params=["name"],
        ...                      flow_id=flow, state_id=state, master_state="router@msging.net")

        Args:
            title: title of the campaign; the platform accepts each title once.
            template: name of an approved template.
            recipients: a phone number, several, or a DataFrame with one row per recipient.
            flow_id: ID of the flow that handles replies.
            state_id: ID of the block of the flow where replies enter.
            master_state: identity of the router, or of the bot.
            column: the DataFrame's column of phone numbers.
            params: the DataFrame's columns that fill the template's variables, in their order.
            language: language of the template.
            at: when to send it: a time with a zone, a day, or a span from now; now if `None`.
            tags: tags of the campaign.

        Returns:
            The campaign as the platform sends it, with its `id`.

        Raises:
            InvalidRequest: there are no recipients, a phone number is not valid, a column is missing or
                empty, or the time has passed.
            Rejected: the title was used before.
            OutcomeUnknown: the response was lost; look for the title in `campaigns()`.
        """
        keys = list(params)
        audience = _make_audience(recipients, column, keys)
        if not title.strip() or not template.strip():
            raise InvalidRequest.of(campaign="needs a title and a template")
        # `Individual` takes `audience`, an object, and `Batch` takes `audiences`, a list (BLiP 2.7).
        one = len(audience) == 1
        campaign = {
            "name": title,
            "campaignType": "Individual" if one else "Batch",
            "flowId": flow_id,
            "stateId": state_id,
            "masterState": master_state,
            "channelType": CHANNEL,
            **self._scheduled(at),
            **({"tags": list(tags)} if tags else {}),
        }
        message = {
            "messageTemplate": template,
            "messageTemplateLanguage": language,
            # Only the keys, in order; the values of each recipient are in the audience (BLiP 2.7).
            "messageParams": [str(number) for number in range(1, len(keys) + 1)],
            "channelType": CHANNEL,
        }
        people = {"audience": audience[0]} if one else {"audiences": audience}
        created: Command = self._connection.set(
            "/campaign/full", ACTIVE, FULL, {"campaign": campaign, **people, "message": message}
        )
        return created

    def outcomes(self, campaign: str, *, raw: bool = False) -> pd.DataFrame:
        """Return how far a campaign came, one row per recipient, as a table `outcomes` (BLiP 2.7).

        Args:
            campaign: ID of the campaign.
            raw: add the platform's rows as a last column `raw`.

        Raises:
            NotFound: there is no such campaign.
        """
        audience = self._connection.page(f"/audiences/{escape(campaign)}", ACTIVE)
        summary = self._connection.get_object(f"/campaigns/{escape(campaign)}/summaries", ACTIVE)
        return to_tables.campaign_outcomes(audience, summary, campaign, raw=raw)

    def report(self, campaign: str) -> Command:
        """Return the platform's report of one campaign as the platform sends it.

        Raises:
            NotFound: there is no such campaign.
        """
        query = {"shouldHaveStateName": "true"}
        return self._connection.get_object(f"/campaigns/{escape(campaign)}/reports", ACTIVE, query)

    def delete(self, campaign: str) -> None:
        """Delete a campaign.

        Raises:
            NotFound: there is no such campaign.
        """
        self._connection.delete(f"/campaigns/{escape(campaign)}", ACTIVE)

    def _scheduled(self, at: PlannedTime | None) -> dict[str, str]:
        if at is None:
            return {}
        return {"scheduled": timestamp(future_time(at, "at", self._connection.now))}


def _make_audience(recipients: Any, column: str, keys: list[str]) -> list[dict[str, Any]]:
    people = _make_rows(recipients, column, keys)
    if not people:
        raise InvalidRequest.of(recipients="is empty: whom to send to?")
    audience = []
    for row, person in enumerate(people):
        missing = [key for key in keys if not isinstance(person.get(key), str) or not person[key].strip()]
        if missing:
            raise InvalidRequest.of(params=f"row {row}: {', '.join(missing)} is missing or no text")
        values = {str(number): person[key] for number, key in enumerate(keys, 1)}
        phone = parse_e164(person[column], f"recipients, row {row}")
        audience.append({"recipient": phone, **({"messageParams": values} if values else {})})
    return audience


def _make_rows(recipients: Any, column: str, keys: list[str]) -> list[Mapping[str, Any]]:
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
