"""How a campaign goes out on SMSDrop: one of the platform's campaigns for each text (SMSDrop 2)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgnb import tables
from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.journal import Fate, Part
from msgnb.campaigns.plan import Person
from msgnb.campaigns.run import Receipt, Told
from msgnb.campaigns.watching import Standing, watch
from msgnb.core.errors import InvalidRequest
from msgnb.platforms.smsdrop.to_tables import message_status

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.platforms.smsdrop.client import SmsDrop

MOST = 10_000
FEW = 20
"""So many campaigns are read one by one; of more all are read, page by page."""
LONGEST_TITLE = 40
OVER = frozenset({"COMPLETED", "ABORTED"})
_REFUSED = re.compile(r"recipient_list\.([0-9]+)")


class SmsDropCourier:
    """Sends each text as a campaign whose title tells it from all others."""

    most = MOST

    def __init__(self, client: SmsDrop, campaign: Campaign, due: datetime | None) -> None:
        self._client = client
        self._campaign = campaign
        self._due = due

    def kin(self, person: Person) -> str | None:
        """Those who get the same text."""
        return person.text

    def send(self, part: Part) -> Receipt:
        """Launch it for all whom the platform takes; what it refuses with 422 was not created."""
        if part.waiting:
            return Receipt(self._client.retry_campaign(part.waiting).id)
        phones, refused = list(part.recipients), dict[str, str]()
        while True:
            try:
                return Receipt(self._launched(part, phones).id, refused=refused)
            except InvalidRequest as error:
                wrong = _refused(error, phones)
                phones = [phone for phone in phones if phone not in wrong]
                if not wrong or not phones:
                    raise
                refused |= wrong

    def find(self, parts: Sequence[Part]) -> Mapping[str, Receipt]:
        """The campaigns by their titles; one that waited for credit by whether it has moved."""
        waiting = {part.key: self._client.read_campaign(part.waiting) for part in parts if part.waiting}
        found = {key: one for key, one in waiting.items() if one and one.status != "PENDING"}
        keys = {self._title(part): part.key for part in parts if not part.waiting}
        everything = self._client.read_campaigns() if keys else []
        found |= {keys[one.title]: one for one in everything if one.title in keys}
        return {key: Receipt(one.id) for key, one in found.items()}

    def told(self, fates: Mapping[str, Fate]) -> Mapping[str, Told]:
        """What is sure of every recipient of each campaign: the platform tells no more."""
        known = self._read({fate.campaign for fate in fates.values() if fate.campaign})
        statuses = {name: message_status(one.status, one.delivery_percentage) for name, one in known.items()}
        return {
            phone: Told(statuses[fate.campaign], at=fate.at)
            for phone, fate in fates.items()
            if fate.campaign in statuses
        }

    def standing(self, fates: Mapping[str, Fate]) -> Standing:
        """How far they are together."""
        sizes = Counter(fate.campaign for fate in fates.values() if fate.campaign)
        known = self._read(set(sizes))
        reached = sum((one.delivery_percentage or 0) * sizes[name] for name, one in known.items()) // 100
        states = Counter(one.status or "" for one in known.values())
        words = ", ".join(
            state.lower() if len(states) == 1 else f"{count} {state.lower()}"
            for state, count in states.items()
        )
        return Standing(sum(sizes.values()), reached, words, states.keys() <= OVER, "SCHEDULED" in states)

    def _launched(self, part: Part, phones: list[str]) -> Campaign:
        given = self._campaign
        return self._client.launch_campaign(
            Campaign(part.text, given.sender, phones, self._title(part), given.message_type, self._due)
        )

    def _title(self, part: Part) -> str:
        title = self._campaign.title or self._campaign.text
        return f"{title[:LONGEST_TITLE].strip()} ({part.key[:8]})"

    def _read(self, names: set[str]) -> dict[str, Campaign]:
        if len(names) > FEW:
            found = self._client.read_campaigns()
        else:
            found = [one for name in names if (one := self._client.read_campaign(name))]
        return {one.id: one for one in found if one.id in names}


class Launched:
    """Knows what became of a campaign of the platform itself."""

    def __init__(self, client: SmsDrop, campaign: Campaign) -> None:
        self._client = client
        self._campaign = campaign
        self._courier = SmsDropCourier(client, campaign, None)

    def watch(self) -> pd.DataFrame:
        """Wait for its end, visibly."""
        title = self._campaign.title or self._campaign.message
        watch(lambda: self._courier.standing(self._fates()), self._client.http.pause, title)
        return self.outcomes()

    def outcomes(self) -> pd.DataFrame:
        """What is sure of each recipient."""
        fates = self._fates()
        told = self._courier.told(fates)
        values = {
            "recipient": list(fates),
            "state": ["sent"] * len(fates),
            "status": [told[phone].status if phone in told else None for phone in fates],
            "campaign": [fate.campaign for fate in fates.values()],
        }
        return tables.OUTCOMES.frame(len(fates), values)

    def _fates(self) -> dict[str, Fate]:
        return {
            phone: Fate("sent", "", campaign=self._campaign.id) for phone in self._campaign.recipient_list
        }


def _refused(error: InvalidRequest, phones: Sequence[str]) -> dict[str, str]:
    """The recipients that an answer names, and why."""
    numbers = {field: found.group(1) for field in error.fields if (found := _REFUSED.fullmatch(field))}
    return {
        phones[int(number)]: error.fields[field]
        for field, number in numbers.items()
        if int(number) < len(phones)
    }
