"""The BLiP client."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from msgnb.core.errors import InvalidRequest, SettingsError
from msgnb.core.http import DEFAULT_TIMEOUT, Hook, Http, Timeout
from msgnb.core.pacing import Pacing
from msgnb.core.secrets import Secret
from msgnb.platforms.base import Client
from msgnb.platforms.blip import NAME
from msgnb.platforms.blip.auth import KeyAuth
from msgnb.platforms.blip.bot_resources import BotResources
from msgnb.platforms.blip.buckets import Buckets
from msgnb.platforms.blip.campaign_sender import BlipCampaignSender
from msgnb.platforms.blip.campaigns import Campaigns
from msgnb.platforms.blip.connection import BlipConnection, Command, explain, reports_failure
from msgnb.platforms.blip.contacts import Contacts
from msgnb.platforms.blip.contexts import Contexts
from msgnb.platforms.blip.events import Events
from msgnb.platforms.blip.history import ThreadHistory
from msgnb.platforms.blip.lists import Lists, Subscriptions
from msgnb.platforms.blip.messages import Messages
from msgnb.platforms.blip.metrics import Metrics
from msgnb.platforms.blip.schedules import Schedules
from msgnb.platforms.blip.sending import send_content
from msgnb.platforms.blip.sessions import Sessions
from msgnb.platforms.blip.tickets import Tickets

if TYPE_CHECKING:
    from datetime import datetime

    from msgnb.campaigns.campaign import Campaign
    from msgnb.campaigns.sender import CampaignSender
    from msgnb.core.sending import SendResult
    from msgnb.history.reader import HistoryReader
    from msgnb.platforms.blip.content import Content
    from msgnb.platforms.resources import PlannedTime

HOST = "http.msging.net"
PLANS: Mapping[str, Mapping[str, int]] = {
    "free": {"/messages": 3, "/notifications": 6, "/commands": 48},
    "paid": {"/messages": 50, "/notifications": 100, "/commands": 200},
}
"""Requests per second that each plan allows (BLiP 5)."""
_LABELS = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)*")
"""Parts of a host name, such as `acme` or `acme.eu`."""
PENALTY = 120.0
"""Seconds for which the platform refuses all requests after too many (BLiP 1.4, 5)."""


class Blip(Client):
    """A bot on BLiP.

    >>> bot = msgnb.Blip("Key Ym90OnNlY3JldA==", organization="acme")
    >>> bot.messages("5511999998888@wa.gw.msging.net")

    Args:
        key: the bot's key, with or without `Key ` in front.
        organization: the contract's name, for `https://{organization}.http.msging.net`.
        base_url: another root, such as a mock server's.
        plan: `free` or `paid`: requests per second are limited to what the plan allows, over all threads: 3
            or 50 messages, 6 or 100 notifications, 48 or 200 commands. `none` sets no limit. If the platform
            refuses nevertheless, all requests wait for the two minutes for which it is known to refuse them.
        timeout: seconds to connect and to wait for the next byte.
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.

    Raises:
        SettingsError: the key is empty, the URL is not valid, or there is no such plan.
    """

    platform = NAME
    connection: BlipConnection

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
        if organization and not _LABELS.fullmatch(organization):
            # What contains a slash would be a host of its own, which gets the key.
            raise SettingsError("blip: organization is not a part of a host name; write it as acme")
        auth = KeyAuth(key)
        host = f"{organization}.{HOST}" if organization else HOST
        # With the plan `none` there are no rates, but after a 429 all requests still wait for the penalty.
        http = Http(
            self.platform,
            base_url or f"https://{host}",
            auth=auth,
            explain=explain,
            reports_failure=reports_failure,
            timeout=timeout,
            verify=verify,
            on_attempt=on_attempt,
            pacing=Pacing(PLANS.get(plan, {}), PENALTY),
        )
        super().__init__(BlipConnection(http, auth.bot))

    # The verbs that users of blip-session know

    def process_command(self, command: Mapping[str, Any]) -> Command:
        """Send a command, and return the platform's response.

        >>> bot.process_command({"method": "get", "uri": "/contacts/5511999998888@wa.gw.msging.net"})

        Args:
            command: `method` and `uri`, and `to`, `type` and `resource` as the operation requires. It is not
                changed; the copy that is sent gets an `id` if it has none.

        Returns:
            The whole response, with its `resource`.

        Raises:
            InvalidRequest: method or uri is missing.
            Rejected: the status of the response is `failure`; `code` is the LIME reason code.
            NotFound: the same, because the resource does not exist.
            OutcomeUnknown: the response to a command other than `get` was lost.
        """
        return self.connection.process(command)

    def send_command(self, command: Mapping[str, Any]) -> None:
        """Send a command and ignore what the response contains; it raises what `process_command` raises."""
        self.process_command(command)

    def force_command(
        self, command: Mapping[str, Any], attempts: int = 5, cooldown_time: float = 1.0
    ) -> Command:
        """Send a command until it succeeds, always under the same ID.

        A command that the platform rejected is not sent again, nor is a command other than `get` whose
        response was lost, since it may have been executed.

        Args:
            command: as in `process_command`.
            attempts: the most attempts.
            cooldown_time: seconds between the first two attempts; they double each time. After a 429, no
                request is made for at least two minutes.

        Raises:
            MsgnbError: the error of the last attempt.
        """
        return self.connection.force(command, attempts, cooldown_time)

    def send_message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Send a message, and return it as it was sent, with its `id`.

        >>> bot.send_message({"to": "551100001111@0mn.io", "type": "text/plain", "content": "Hello"})

        Args:
            message: `to`, `type` and `content`. It is not changed; the copy that is sent gets an `id` if it
                has none.

        Raises:
            InvalidRequest: recipient, type or content is missing.
            OutcomeUnknown: the response was lost; `id` is the message's.
        """
        return self.connection.send_message(message)

    # Tables

    @cached_property
    def sessions(self) -> Sessions:
        """Threads: a table `sessions`."""
        return Sessions(self.connection)

    @cached_property
    def messages(self) -> Messages:
        """Messages of one thread: a table `messages`; and notifications of their delivery."""
        return Messages(self.connection)

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts: a table `contacts`; they can be changed and commented on."""
        return Contacts(self.connection)

    @cached_property
    def lists(self) -> Lists:
        """Distribution lists: their names, their members, and messages to all of them."""
        return Lists(self.connection)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Memberships of distribution lists: a table `subscriptions`."""
        return Subscriptions(self.connection)

    @cached_property
    def campaigns(self) -> Campaigns:
        """Campaigns: a table `campaigns`; and those that send a WhatsApp template."""
        return Campaigns(self.connection)

    @cached_property
    def schedules(self) -> Schedules:
        """Scheduled messages: a table `schedules`; they can be created and canceled."""
        return Schedules(self.connection)

    @cached_property
    def events(self) -> Events:
        """Event tracks: a table `events`; and what tracks them."""
        return Events(self.connection)

    @cached_property
    def metrics(self) -> Metrics:
        """Metrics of the bot: a table `metrics`."""
        return Metrics(self.connection)

    @cached_property
    def tickets(self) -> Tickets:
        """Tickets of the human desk: a table `tickets`; and the desk's reports."""
        return Tickets(self.connection)

    @cached_property
    def contexts(self) -> Contexts:
        """Variables that the bot stores for each user."""
        return Contexts(self.connection)

    @cached_property
    def buckets(self) -> Buckets:
        """Documents that the bot stores under names."""
        return Buckets(self.connection)

    @cached_property
    def resources(self) -> BotResources:
        """Texts and other documents that the bot's flows and messages use by name."""
        return BotResources(self.connection)

    def history_reader(self, *, raw: bool = False) -> HistoryReader:
        """Return what reads the account's history, thread by thread."""
        return ThreadHistory(self.connection, raw=raw)

    # Sending

    def send(
        self,
        to: str,
        content: Content | str,
        *,
        sender: str | None = None,
        at: PlannedTime | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> SendResult:
        """Send any content to one recipient, now or later (BLiP 3).

        >>> bot.send(to, msgnb.content.quick_reply("Shall we?", ["Yes", "No"]))

        Args:
            to: identity of the recipient.
            content: what to send; `msgnb.content` builds all kinds, and a `str` is a plain text.
            sender: must be `None`: the bot is always the sender.
            at: when to send it: a time with a zone, a day, or a span from now; now if `None`. What is planned
                for later is in `schedules()`.
            metadata: what is attached to it, such as `{"#message.replaceVariables": "true"}`.

        Raises:
            InvalidRequest: `to` is not an identity, the text is empty, there is a `sender`, or the time has
                no zone or has passed.
            OutcomeUnknown: the response was lost; `id` is the message's.
        """
        _refuse_sender(sender)
        if at is not None:
            return self.schedules.create(to, content, at=at, metadata=metadata)
        return send_content(self.connection, to, content, metadata)

    def send_text(
        self, to: str, text: str, *, sender: str | None = None, at: PlannedTime | None = None
    ) -> SendResult:
        """Send a text to one recipient, now or later.

        >>> bot.send_text("5511999998888@wa.gw.msging.net", "Hello")

        Args:
            to: identity of the recipient.
            text: the text.
            sender: must be `None`: the bot is always the sender.
            at: when to send it, as in `send`; now if `None`.

        Raises:
            InvalidRequest: `to` is not an identity, the text is empty, there is a `sender`, or the time has
                no zone or has passed.
            OutcomeUnknown: the response was lost; `id` is the message's.
        """
        return self.send(to, text, sender=sender, at=at)

    def campaign_sender(self, campaign: Campaign, at: datetime | None) -> CampaignSender:
        """Return what sends a campaign as a template, to lists, or one by one.

        Raises:
            InvalidRequest: the campaign has a sender; the bot is always the sender.
        """
        _refuse_sender(campaign.sender)
        resources = self.campaigns, self.lists, self.messages, self.schedules
        return BlipCampaignSender(self.connection, *resources, campaign, at)


def _refuse_sender(sender: str | None) -> None:
    if sender:
        raise InvalidRequest.of(sender=f"BLiP sends as the bot, not as {sender!r}; leave it out")
