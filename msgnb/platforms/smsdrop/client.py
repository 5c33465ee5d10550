"""The SMSDrop client.

The methods of the library `smsdrop-python` are here under their names, with its arguments; the resources have
the same methods under the names that all platforms share.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from msgnb.campaigns.campaign import Campaign, MessageType
from msgnb.core.errors import InvalidRequest, NotSupported
from msgnb.core.http import DEFAULT_TIMEOUT, Hook, Http, Timeout
from msgnb.core.phones import parse_e164
from msgnb.core.secrets import Secret
from msgnb.core.sending import SendResult
from msgnb.core.times import parse_when
from msgnb.core.tokens import MemoryStore, TokenStore
from msgnb.platforms.base import Client
from msgnb.platforms.resources import Unsupported
from msgnb.platforms.smsdrop import NAME
from msgnb.platforms.smsdrop.auth import LoginAuth
from msgnb.platforms.smsdrop.campaign_sender import SmsDropCampaignSender
from msgnb.platforms.smsdrop.campaigns import Campaigns
from msgnb.platforms.smsdrop.connection import SmsDropConnection, explain
from msgnb.platforms.smsdrop.conversations import CampaignHistory, Contacts, Messages, Sessions
from msgnb.platforms.smsdrop.delivery import Delivery
from msgnb.platforms.smsdrop.models import Subscription, User
from msgnb.platforms.smsdrop.subscriptions import Subscriptions

if TYPE_CHECKING:
    from msgnb.campaigns.sender import CampaignSender
    from msgnb.history.reader import HistoryReader
    from msgnb.platforms.resources import PlannedTime

ROOT = "https://smsdrop.edevtecapps.com"
PREFIX = "/api"


class SmsDrop(Client):
    """An account on SMSDrop.

    >>> sms = msgnb.SmsDrop("ana@example.com", password)
    >>> sms.send_text("+22963588213", "Hello", sender="MyShop")

    Args:
        email: email of the account.
        password: password of the account.
        base_url: another root, such as a mock server's.
        token_store: where tokens are stored: `MemoryStore` (the default), `RedisStore`, `NoStore` or your
            own.
        logger: receives one line per attempt, at debug level, without secrets.
        timeout: seconds to connect and to wait for the next byte.
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.

    Raises:
        SettingsError: email or password is empty, or the URL is not valid.
    """

    platform = NAME
    connection: SmsDropConnection

    def __init__(
        self,
        email: str,
        password: str | Secret,
        base_url: str | None = None,
        token_store: TokenStore | None = None,
        logger: logging.Logger | None = None,
        *,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
    ) -> None:
        auth = LoginAuth(email, password, MemoryStore() if token_store is None else token_store)
        # Each needs the other: `auth` signs the requests, and signs in by a request of its own.
        auth.http = Http(
            self.platform,
            (base_url or ROOT).rstrip("/").removesuffix(PREFIX) + PREFIX,
            auth=auth,
            explain=explain,
            timeout=timeout,
            verify=verify,
            on_attempt=on_attempt,
            logger=logger,
        )
        super().__init__(SmsDropConnection(auth.http, email))

    # The methods that users of smsdrop-python know

    def send_message(
        self, message: str, sender: str, phone: str, dispatch_date: datetime | None = None
    ) -> Campaign:
        """Send a text to one phone number; on SMSDrop that is a campaign with one recipient.

        Args:
            message: the text.
            sender: sender that the recipient sees: up to 11 letters and digits, or up to 18 digits.
            phone: phone number with country code, such as `+22963588213`.
            dispatch_date: when to send it, with a zone; now if `None`.

        Raises:
            InvalidRequest: text, sender, phone number or date is not valid.
            InsufficientCredit: the campaign was created, but not launched.
            OutcomeUnknown: the response was lost; `id` is the campaign's title.
        """
        return self.launch_campaign(Campaign(message, sender, [phone], defer_until=dispatch_date))

    def launch_campaign(self, campaign: Campaign) -> Campaign:
        """Create and launch a campaign; see `campaigns.launch`."""
        return self.campaigns.launch(campaign)

    def retry_campaign(self, id: str) -> Campaign:  # noqa: A002 - the library's word
        """Launch a campaign that was created while there was not enough credit; see `campaigns.retry`."""
        return self.campaigns.retry(id)

    def read_campaign(self, id: str) -> Campaign | None:  # noqa: A002 - the library's word
        """Return one campaign; `None` if it doesn't exist."""
        return self.campaigns.get(id)

    def read_campaigns(self, skip: int = 0, limit: int | None = None) -> list[Campaign]:
        """Return campaigns in the platform's order; see `campaigns.read`."""
        return self.campaigns.read(skip=skip, limit=limit)

    def read_subscription(self) -> Subscription:
        """Return the account's plan with its credit."""
        return self.connection.subscription()

    def read_me(self) -> User:
        """Return the account's profile."""
        return self.connection.user()

    # Tables

    @cached_property
    def sessions(self) -> Sessions:
        """Phone numbers that campaigns were sent to: a table `sessions`."""
        return Sessions(self.connection)

    @cached_property
    def messages(self) -> Messages:
        """What one phone number received: a table `messages`."""
        return Messages(self.connection)

    @cached_property
    def contacts(self) -> Contacts:
        """Phone numbers that campaigns were sent to: a table `contacts`."""
        return Contacts(self.connection)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """The plan and its credit: a table `subscriptions` of one row."""
        return Subscriptions(self.connection)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Campaigns: a table `campaigns`, and the methods to launch and read them."""
        return Campaigns(self.connection)

    @cached_property
    def events(self) -> Unsupported:
        """SMSDrop has no events."""
        return Unsupported("SMSDrop does not provide events; campaigns() shows the status of each campaign")

    def history_reader(self, *, raw: bool = False) -> HistoryReader:
        """Return a reader of the account's history, which is made from its campaigns."""
        return CampaignHistory(self.connection, raw=raw)

    # Sending

    def send_text(
        self,
        to: str,
        text: str,
        *,
        sender: str | None = None,
        at: PlannedTime | None = None,
        message_type: MessageType = MessageType.PLAIN_TEXT,
    ) -> SendResult:
        """Send a text to one phone number, now or later.

        >>> sms.send_text("+22963588213", "Hello", sender="MyShop")

        Args:
            to: phone number with country code.
            text: the text.
            sender: sender that the recipient sees: up to 11 letters and digits, or up to 18 digits.
            at: when to send it: a time with a zone, a day, or a span from now; now if `None`.
            message_type: plain, flash or Unicode.

        Raises:
            InvalidRequest: phone number, text or sender is not valid.
            InsufficientCredit: the campaign was created, but not launched.
            OutcomeUnknown: the response was lost; `id` is the campaign's title.
        """
        if not sender:
            raise InvalidRequest.of(sender="is missing; it is what the recipient sees")
        # The platform counts a span by its own clock, which may differ from this machine's.
        span, time = (at, None) if isinstance(at, timedelta) else (None, parse_when(at, "at"))
        campaign = self.launch_campaign(
            Campaign(text, sender, [to], message_type=message_type, defer_until=time, defer_by=span)
        )
        return self.connection.sent(to, session=parse_e164(to), campaign=campaign.id, response=campaign)

    def credit(self) -> int:
        """Return the SMS credits that the account has left."""
        return self.read_subscription().nbr_sms

    def campaign_sender(self, campaign: Campaign, at: datetime | None) -> CampaignSender:
        """Return the sender of a campaign, which sends it as campaigns of the platform.

        Raises:
            InvalidRequest: there is no sender.
            NotSupported: the campaign has a template.
        """
        if not campaign.sender:
            raise InvalidRequest.of(sender="is missing; it is what the recipients see")
        if campaign.template is not None:
            raise NotSupported("smsdrop knows no templates; give a text alone")
        return SmsDropCampaignSender(self.campaigns, Delivery(self.connection), campaign, at)
