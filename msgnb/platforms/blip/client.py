"""The BLiP client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from msgnb import tables
from msgnb.core.errors import InvalidRequest, SettingsError
from msgnb.core.http import DEFAULT_TIMEOUT, Hook, Http, Timeout
from msgnb.core.pacing import Pacing
from msgnb.core.responses import Explanation
from msgnb.core.secrets import Secret
from msgnb.platforms.base import Client
from msgnb.platforms.blip.auth import KeyAuth
from msgnb.platforms.blip.buckets import Stores
from msgnb.platforms.blip.campaign_sender import BlipCampaignSender, whatsapp
from msgnb.platforms.blip.campaigns import Campaigns
from msgnb.platforms.blip.contacts import Contacts
from msgnb.platforms.blip.events import Tracks
from msgnb.platforms.blip.lists import Lists
from msgnb.platforms.blip.schedules import Schedules
from msgnb.platforms.blip.tickets import Desk

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from msgnb.campaigns.campaign import Campaign
    from msgnb.campaigns.run import CampaignSender

HOST = "http.msging.net"
PLANS: Mapping[str, Mapping[str, int]] = {
    "free": {"/messages": 3, "/notifications": 6, "/commands": 48},
    "paid": {"/messages": 50, "/notifications": 100, "/commands": 200},
}
PENALTY = 120.0
"""Seconds that the platform refuses everything after too many requests (BLiP 1.4, 5)."""


class Blip(Lists, Contacts, Tracks, Schedules, Campaigns, Stores, Desk, Client):
    """A bot on BLiP.

    >>> bot = msgnb.Blip("Key Ym90OnNlY3JldA==", organization="acme")
    >>> bot.messages("5511999998888@wa.gw.msging.net")

    Args:
        key: the bot's key, with or without `Key ` in front.
        organization: the contract's name, for `https://{organization}.http.msging.net`.
        base_url: another address, such as a mock server's.
        plan: `free` or `paid`: how many messages (3 or 50), notifications (6 or 100) and commands (48 or 200)
            leave in a second at most, over all threads; `none` keeps to no limit. Where the platform refuses
            all the same, everything rests for the two minutes that it is known to refuse.
        timeout: seconds to connect and to wait for the next byte.
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.

    Raises:
        SettingsError: the key is empty, the address is none, or there is no such plan.
    """

    platform = "blip"
    settings: ClassVar[Mapping[str, bool]] = {
        "key": True, "organization": False, "base_url": False, "plan": False,
    }  # fmt: skip
    required = ("key",)
    recipient_hint = "5511999998888@wa.gw.msging.net"
    sender_hint = None
    priced = False

    def __init__(
        self,
        key: str | Secret,
        organization: str | None = None,
        base_url: str | None = None,
        *,
        plan: Literal["free", "paid", "none"] = "paid",
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
    ) -> None:
        if plan not in {*PLANS, "none"}:
            raise SettingsError(f"blip: plan {plan!r} is none of {', '.join(PLANS)}, none")
        auth = KeyAuth(key)
        host = f"{organization}.{HOST}" if organization else HOST
        self._bot = auth.bot
        self.http = Http(
            self.platform,
            base_url or f"https://{host}",
            auth=auth,
            explain=_explain,
            timeout=timeout,
            verify=verify,
            on_attempt=on_attempt,
            pacing=Pacing(PLANS.get(plan, {}), PENALTY),
        )

    def campaigns(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The bot's campaigns, as a table `campaigns` (BLiP 2.7).

        The active ones, which the platform keeps, and then those that `send_campaign` sent to a list or one
        by one, the latest first, which are read from their journals on this machine.

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the campaigns themselves, or the heads of the journals, as a last column.
        """
        active = self.active_campaigns(limit=limit, raw=raw)
        return tables.concat_rows(active, self._kept_campaigns(raw=raw)).iloc[:limit]

    def _courier(self, campaign: Campaign, due: datetime | None) -> CampaignSender:
        if campaign.sender:
            words = f"BLiP sends as the bot, not as {campaign.sender!r}; leave it out"
            raise InvalidRequest.of(sender=words)
        return BlipCampaignSender(self, campaign, due)

    def _address(self, phone: str | None, written: str) -> str | None:
        """An identity as it is written, or that of a phone on WhatsApp."""
        name, at, domain = written.partition("@")
        if at and name and domain:
            return written
        return whatsapp(phone) if phone else None

    def _column(self, recipients: Any) -> str | None:
        """In a table of contacts their identities, which not all have phones beside."""
        columns = set(getattr(recipients, "columns", ()))
        return "contact" if {"contact", "phone"} <= columns and "input" not in columns else None


def _explain(body: Any) -> Explanation:
    reason = body.get("reason") if isinstance(body, dict) else None
    if not isinstance(reason, dict):
        return Explanation()
    return Explanation(reason.get("description"), reason.get("code"))
