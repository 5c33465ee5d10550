"""How a campaign is sent on BLiP (BLiP 2.5, 2.6, 2.7).

A template is sent as an active campaign. A text that several recipients share is sent to a list that is
created for it, after its members were added; a text for one recipient is sent as a message.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.journal import Batch
from msgnb.campaigns.plan import Recipient
from msgnb.campaigns.sender import DeliveryStatus, Receipt, Refuse
from msgnb.campaigns.statuses import RecipientStatus
from msgnb.campaigns.watching import Progress
from msgnb.core.errors import NotFound, OutcomeUnknown, Unreachable
from msgnb.core.progress import progress_bar
from msgnb.platforms.blip.campaigns import Campaigns
from msgnb.platforms.blip.connection import BlipConnection
from msgnb.platforms.blip.identities import LISTS, list_identity, phone_number
from msgnb.platforms.blip.lists import Lists
from msgnb.platforms.blip.messages import Messages
from msgnb.platforms.blip.schedules import Schedules
from msgnb.platforms.blip.to_tables import STATUSES

if TYPE_CHECKING:
    import pandas as pd

BATCH_SIZE = 500
ATTEMPTS = 3
"""Attempts at requests that do no harm if they are executed twice."""
FEW = 100
"""Up to this many messages to single recipients, the delivery of each is read."""
RECENT = 20
"""How many of the last messages of a thread are searched for one."""
LONGEST_TITLE = 40
IN_TRANSIT = frozenset({"accepted", "sent"})


class BlipCampaignSender:
    """Sends each batch as a template, to a list, or to one recipient.

    The key of a batch is part of the name of its list or campaign, and the ID of its message.
    """

    batch_size = BATCH_SIZE
    visible_after: timedelta | None = None

    def __init__(
        self,
        connection: BlipConnection,
        campaigns: Campaigns,
        lists: Lists,
        messages: Messages,
        schedules: Schedules,
        campaign: Campaign,
        at: datetime | None,
    ) -> None:
        self._connection = connection
        self._campaigns = campaigns
        self._lists = lists
        self._messages = messages
        self._schedules = schedules
        self._campaign = campaign
        self._at = at

    def batch_key(self, recipient: Recipient) -> Hashable:
        """Recipients of the same template, or of the same text, share a batch."""
        return None if self._campaign.template else recipient.text

    def send(self, batch: Batch, refuse: Refuse) -> Receipt:
        """Send a batch as a template, to a list, or to one recipient."""
        if self._campaign.template:
            return Receipt(self._create_campaign(batch))
        if len(batch.recipients) == 1:
            self._send_text(batch.recipients[0], batch)
            return Receipt(message=batch.key)
        return self._send_to_list(batch, refuse)

    def look_up(self, batches: Sequence[Batch]) -> Mapping[str, Receipt]:
        """Find batches by the name of the campaign, the message to the list, the thread, or the schedule."""
        if self._campaign.template:
            return self._look_up_campaigns(batches)
        # A message that is scheduled is in no thread yet.
        if self._at:
            known = set(self._schedules()["schedule"])
            return {batch.key: _make_receipt(batch) for batch in batches if batch.key in known}
        return {batch.key: _make_receipt(batch) for batch in batches if self._was_sent(batch)}

    def fetch_statuses(self, statuses: Mapping[str, RecipientStatus]) -> Mapping[str, DeliveryStatus]:
        """Return what the platform reports of each recipient."""
        groups: dict[tuple[str | None, str | None], list[str]] = {}
        for name, status in statuses.items():
            groups.setdefault((status.campaign, status.message), []).append(name)
        found: dict[str, DeliveryStatus] = {}
        with progress_bar("statuses", len(groups)) as bar:
            for (campaign, message), names in groups.items():
                found |= self._fetch(campaign, message, names)
                bar.update()
        return found

    def progress(self, statuses: Mapping[str, RecipientStatus]) -> Progress:
        """Return how many recipients were reached; it is over if no message is in transit any more."""
        singles = sum(status.campaign is None for status in statuses.values())
        if singles > FEW:
            return Progress(len(statuses), len(statuses), "", finished=True, verb="sent")
        found = [delivery.status for delivery in self.fetch_statuses(statuses).values()]
        reached = sum(status in {"delivered", "read"} for status in found)
        failed = sum(status == "failed" for status in found)
        words = f"{failed} failed" if failed else ""
        finished = not any(status in IN_TRANSIT for status in found)
        scheduled = self._at is not None and not reached
        return Progress(len(statuses), reached, words, finished, scheduled)

    def _create_campaign(self, batch: Batch) -> str | None:
        template = self._campaign.template
        assert template is not None  # noqa: S101 - `send` looked
        people = {"phone": [phone_number(name) for name in batch.recipients]}
        # Columns have numbers for names, since a placeholder may be named `phone`, too.
        columns = [str(number) for number in range(len(self._campaign.placeholders))]
        for number, column in enumerate(columns):
            people[column] = [values[number] for values in batch.values]
        created = self._campaigns.create(
            self._title(batch),
            template.name,
            tables.text_columns(people, len(batch.recipients)),
            flow_id=template.flow_id,
            state_id=template.state_id,
            master_state=template.master_state,
            params=columns,
            language=template.language,
            at=self._at,
            tags=template.tags,
        )
        return tables.text((created or {}).get("id"))

    def _send_text(self, to: str, batch: Batch) -> None:
        # The key of the batch is the ID in both cases: after a lost response it can be looked up.
        if self._at:
            title = self._title(batch)
            self._schedules.create(to, batch.text, at=self._at, name=title, schedule=batch.key)
        else:
            message = {"id": batch.key, "to": to, "type": "text/plain", "content": batch.text}
            self._connection.send_message(message)

    def _send_to_list(self, batch: Batch, refuse: Refuse) -> Receipt:
        """Create a list of the recipients and send to it; only the last request must not be sent twice."""
        name = _list_name(batch)
        _repeat(lambda: self._lists.create(name))
        refused = self._add_members(name, list(batch.recipients))
        # The platform accepts a message to an empty list, which would then count as sent.
        if len(refused) == len(batch.recipients):
            raise Unreachable(f"nobody could be added to the list: {next(iter(refused.values()))}")
        refuse(refused)
        try:
            self._send_text(list_identity(name), batch)
        except OutcomeUnknown as error:
            # Who was refused by the list gets nothing, whatever became of the message.
            return Receipt(list_identity(name), batch.key, refused, lost=str(error))
        return Receipt(list_identity(name), batch.key, refused)

    def _add_members(self, name: str, members: list[str]) -> dict[str, str]:
        """Add all members to a list; return those that the platform refused, and why.

        Raises:
            Unreachable: it is not known whether some members were added. Without that knowledge, nobody can
                tell who would receive the message, so it must not be sent.
        """
        refused: dict[str, str] = {}
        uncertain = members
        for _ in range(ATTEMPTS):
            added = self._lists.add(name, uncertain)
            rejected = added[added["state"] == "rejected"]
            refused |= dict(zip(rejected["recipient"], rejected["error"], strict=True))
            uncertain = list(added.loc[added["state"].isin(["unknown", "skipped"]), "recipient"])
            if not uncertain:
                return refused
        raise Unreachable(f"nothing was sent: no answer came when {uncertain[0]} was added to the list")

    def _look_up_campaigns(self, batches: Sequence[Batch]) -> dict[str, Receipt]:
        keys = {self._title(batch): batch.key for batch in batches}
        found = self._campaigns.active()
        known = zip(found["title"], found["campaign"], strict=True)
        return {keys[title]: Receipt(campaign) for title, campaign in known if title in keys}

    def _was_sent(self, batch: Batch) -> bool:
        if len(batch.recipients) == 1:
            # The thread is stored for three months, notifications only for three days (BLiP 5).
            recent = self._messages(batch.recipients[0], limit=RECENT)
            return batch.key in set(recent["message"])
        try:
            found = self._lists.delivery(_list_name(batch), batch.key)
        except NotFound:
            return False
        # A success without the counts of a delivery proves nothing.
        return "recipients" in found

    def _fetch(
        self, campaign: str | None, message: str | None, names: Sequence[str]
    ) -> dict[str, DeliveryStatus]:
        # The receipt of a text to several recipients has the list's identity in place of a campaign's ID.
        if campaign and campaign.endswith(f"@{LISTS}"):
            return _statuses(self._lists.outcomes(campaign, message or ""), names)
        if campaign:
            phones = {name: phone_number(name) for name in names}
            found = _statuses(self._campaigns.outcomes(campaign), list(phones.values()))
            return {name: found[phone] for name, phone in phones.items() if phone in found}
        notifications = self._messages.notifications(message)
        # Some events, such as `deleted`, are no step of a delivery (BLiP 2.8).
        steps = notifications[notifications["action"].isin(STATUSES)]
        return {names[0]: _furthest(steps)} if len(steps) else {}

    def _title(self, batch: Batch) -> str:
        title = self._campaign.title or self._campaign.text
        return f"{title[:LONGEST_TITLE].strip()} ({batch.key[:8]})"


def _list_name(batch: Batch) -> str:
    return f"msgnb-{batch.key}"


def _make_receipt(batch: Batch) -> Receipt:
    several = len(batch.recipients) > 1
    return Receipt(list_identity(_list_name(batch)) if several else None, batch.key)


def _repeat(request: Callable[[], Any]) -> None:
    """Send a request that does no harm if it is executed twice until a response arrives."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            request()
        except OutcomeUnknown as error:
            if attempt == ATTEMPTS:
                raise Unreachable(f"nothing was sent: {error}") from None
        else:
            return


def _statuses(outcomes: pd.DataFrame, names: Sequence[str]) -> dict[str, DeliveryStatus]:
    wanted = set(names)
    rows = outcomes[["recipient", "status", "error_code", "error", "at"]].itertuples(index=False, name=None)
    return {who: _make_status(*rest) for who, *rest in rows if who in wanted}


def _make_status(status: Any, code: Any, error: Any, at: Any) -> DeliveryStatus:
    known_at = at.isoformat() if at == at else None  # noqa: PLR0124 - NaT
    return DeliveryStatus(str(status), _text_or_none(code), _text_or_none(error), known_at)


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _furthest(notifications: pd.DataFrame) -> DeliveryStatus:
    """Return the last step that one message has reached."""
    steps = [name for name in STATUSES if name in set(notifications["action"])]
    last = notifications[notifications["action"] == steps[-1]].iloc[-1]
    return _make_status(STATUSES[steps[-1]], None, last["value"], last["at"])
