"""How a campaign goes out on BLiP (BLiP 2.5, 2.6, 2.7).

A template goes as an active campaign. A text that is the same for several goes to a list made for it, whose
members are added first; one that is for one person only goes as a message.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.journal import RecipientStatus, Batch
from msgnb.campaigns.plan import Recipient
from msgnb.campaigns.run import Receipt, DeliveryStatus
from msgnb.campaigns.watching import Progress
from msgnb.core.errors import NotFound, OutcomeUnknown, Unreachable
from msgnb.core.progress import progress_bar
from msgnb.platforms.blip.lists import DOMAIN
from msgnb.platforms.blip.to_tables import STATUSES

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.platforms.blip.client import Blip

MOST = 10_000
WHATSAPP = "wa.gw.msging.net"
TRIES = 3
"""How often what does no harm twice is tried again after its answer got lost."""
FEW = 100
"""Of so many single messages it is asked one by one what became of them."""
RECENT = 20
"""Among so many of a thread's last messages one is looked for."""
COMING = frozenset({"accepted", "sent"})


class BlipCampaignSender:
    """Sends by the platform's own means; the key of a part is in the name of its list or campaign."""

    most = MOST

    def __init__(self, client: Blip, campaign: Campaign, due: datetime | None) -> None:
        self._client = client
        self._campaign = campaign
        self._due = due

    def kin(self, person: Recipient) -> Hashable:
        """All who get the same template, or the same text."""
        return None if self._campaign.template else person.text

    def send(self, part: Batch) -> Receipt:
        """Send it as a template, to a list, or to one."""
        if self._campaign.template:
            return Receipt(self._created(part))
        if len(part.recipients) == 1:
            self._say(part.recipients[0], part)
            return Receipt(message=part.key)
        return self._broadcast(part)

    def find(self, parts: Sequence[Batch]) -> Mapping[str, Receipt]:
        """What arrived: by a campaign's name, a list's message, a thread or the schedules."""
        if self._campaign.template:
            return self._find_campaigns(parts)
        if self._due:
            known = set(self._client.schedules()["schedule"])
            return {part.key: _receipt(part) for part in parts if part.key in known}
        return {part.key: _receipt(part) for part in parts if self._arrived(part)}

    def told(self, fates: Mapping[str, RecipientStatus]) -> Mapping[str, DeliveryStatus]:
        """What the platform tells of each recipient."""
        told: dict[str, DeliveryStatus] = {}
        groups: dict[tuple[str | None, str | None], list[str]] = {}
        for name, fate in fates.items():
            groups.setdefault((fate.campaign, fate.message), []).append(name)
        with progress_bar("statuses", len(groups)) as bar:
            for (campaign, message), names in groups.items():
                told |= self._told(campaign, message, names)
                bar.update()
        return told

    def standing(self, fates: Mapping[str, RecipientStatus]) -> Progress:
        """How many it has reached; over when nothing is on its way any more."""
        singles = sum(fate.campaign is None for fate in fates.values())
        if singles > FEW:
            return Progress(len(fates), len(fates), "", over=True, verb="sent")
        statuses = [told.status for told in self.told(fates).values()]
        reached = sum(status in {"delivered", "read"} for status in statuses)
        failed = sum(status == "failed" for status in statuses)
        words = f"{failed} failed" if failed else ""
        over = not any(status in COMING for status in statuses)
        return Progress(len(fates), reached, words, over, waits=self._due is not None and not reached)

    def _created(self, part: Batch) -> str | None:
        template = self._campaign.template
        assert template is not None  # noqa: S101 - `send` looked
        people = {"phone": [_phone(name) for name in part.recipients]}
        columns = [str(number) for number in range(len(self._campaign.placeholders))]
        for number, column in enumerate(columns):
            people[column] = [values[number] for values in part.values]
        made = self._client.create_campaign(
            self._title(part),
            template.name,
            tables.text_columns(people, len(part.recipients)),
            flow_id=template.flow_id,
            state_id=template.state_id,
            master_state=template.master_state,
            params=columns,
            language=template.language,
            scheduled=self._due,
            tags=template.tags,
        )
        return tables.text((made or {}).get("id"))

    def _say(self, to: str, part: Batch) -> None:
        if self._due:
            self._client.schedule(to, part.text, self._due, name=self._title(part), id=part.key)
        else:
            said = {"id": part.key, "to": to, "type": "text/plain", "content": part.text}
            self._client.send_message(said)

    def _broadcast(self, part: Batch) -> Receipt:
        """Make a list of them and send to it: only the last step is one that must not happen twice."""
        name = _list(part)
        _surely(lambda: self._client.create_list(name))
        refused = self._filled(name, list(part.recipients))
        if len(refused) == len(part.recipients):
            raise Unreachable(f"nobody could be added to the list: {next(iter(refused.values()))}")
        self._say(f"{name}@{DOMAIN}", part)
        return Receipt(f"{name}@{DOMAIN}", part.key, refused)

    def _filled(self, name: str, members: list[str]) -> dict[str, str]:
        """Add all members; returns those that could not be added, and why."""
        wanted, failed = members, None
        for _ in range(TRIES):
            added = self._client.add_members(name, wanted)
            failed = added[added["state"] == "rejected"]
            wanted = list(added.loc[added["state"] == "unknown", "recipient"])
            if not wanted:
                break
        refused = {} if failed is None else dict(zip(failed["recipient"], failed["error"], strict=True))
        return refused | dict.fromkeys(wanted, "could not be added to the list: no answer came")

    def _find_campaigns(self, parts: Sequence[Batch]) -> dict[str, Receipt]:
        names = {self._title(part): part.key for part in parts}
        found = self._client.active_campaigns()
        known = zip(found["title"], found["campaign"], strict=True)
        return {names[title]: Receipt(campaign) for title, campaign in known if title in names}

    def _arrived(self, part: Batch) -> bool:
        if len(part.recipients) == 1:
            recent = self._client.messages(part.recipients[0], limit=RECENT)
            return part.key in set(recent["message"])
        try:
            self._client.list_delivery(_list(part), part.key)
        except NotFound:
            return False
        return True

    def _told(
        self, campaign: str | None, message: str | None, names: Sequence[str]
    ) -> dict[str, DeliveryStatus]:
        if campaign and campaign.endswith(f"@{DOMAIN}"):
            return _by_recipient(self._client.list_outcomes(campaign, message or ""), names)
        if campaign:
            outcomes = self._client.campaign_outcomes(campaign)
            by_phone = _by_recipient(outcomes, [_phone(name) for name in names])
            return {name: by_phone[_phone(name)] for name in names if _phone(name) in by_phone}
        notices = self._client.notifications(message)
        return {names[0]: _furthest(notices)} if len(notices) else {}

    def _title(self, part: Batch) -> str:
        return f"{(self._campaign.title or self._campaign.text)[:40].strip()} ({part.key[:8]})"


def whatsapp(phone: str) -> str:
    """The identity of a phone on WhatsApp."""
    return f"{phone.removeprefix('+')}@{WHATSAPP}"


def _phone(name: str) -> str:
    return "+" + name.partition("@")[0]


def _list(part: Batch) -> str:
    return f"msgnb-{part.key}"


def _receipt(part: Batch) -> Receipt:
    several = len(part.recipients) > 1
    return Receipt(f"{_list(part)}@{DOMAIN}" if several else None, part.key)


def _surely(change: Callable[[], Any]) -> None:
    """Do what does no harm twice, also where its answer gets lost."""
    for attempt in range(1, TRIES + 1):
        try:
            change()
        except OutcomeUnknown as error:
            if attempt == TRIES:
                raise Unreachable(f"nothing was sent: {error}") from None
        else:
            return


def _by_recipient(outcomes: pd.DataFrame, names: Sequence[str]) -> dict[str, DeliveryStatus]:
    wanted = set(names)
    rows = outcomes[["recipient", "status", "error_code", "error", "at"]].itertuples(index=False, name=None)
    return {who: _told(*rest) for who, *rest in rows if who in wanted}


def _told(status: Any, code: Any, error: Any, at: Any) -> DeliveryStatus:
    told = [value if isinstance(value, str) else None for value in (code, error)]
    return DeliveryStatus(str(status), told[0], told[1], at.isoformat() if at == at else None)  # noqa: PLR0124 - NaT


def _furthest(notices: pd.DataFrame) -> DeliveryStatus:
    """The furthest that one message came."""
    steps = [name for name in STATUSES if name in set(notices["action"])] or ["accepted"]
    last = notices[notices["action"] == steps[-1]].iloc[-1]
    return _told(STATUSES[steps[-1]], None, last["value"], last["at"])
