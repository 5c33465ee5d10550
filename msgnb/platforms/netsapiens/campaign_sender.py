"""How a campaign goes out on NetSapiens: one SMS to each person, in a session of its own (NetSapiens 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgnb import tables
from msgnb.campaigns.journal import RecipientStatus, Batch
from msgnb.campaigns.plan import Recipient
from msgnb.campaigns.run import Receipt, DeliveryStatus
from msgnb.campaigns.watching import Progress
from msgnb.core.errors import NotFound
from msgnb.core.progress import progress_bar

if TYPE_CHECKING:
    from msgnb.platforms.netsapiens.client import NetSapiens


class NetSapiensCampaignSender:
    """Sends one by one; the key of a part is the id of its session."""

    most = 1

    def __init__(self, client: NetSapiens, sender: str) -> None:
        self._client = client
        self._sender = sender

    def kin(self, person: Recipient) -> str:
        """Nobody has anything in common: a group message would show them to each other."""
        return person.recipient

    def send(self, part: Batch) -> Receipt:
        """Send it."""
        (to,) = part.recipients
        number = to.removeprefix("+")
        answer = self._client.send_message("sms", part.text, number, self._sender, part.key)
        return Receipt(message=tables.text(answer.get("id")))

    def find(self, parts: Sequence[Batch]) -> Mapping[str, Receipt]:
        """The messages in the sessions that were to be begun."""
        found = {}
        with progress_bar("lost answers", len(parts)) as bar:
            for part in parts:
                if messages := self._messages(part.key):
                    found[part.key] = Receipt(message=tables.text(messages[0].get("id")))
                bar.update()
        return found

    def told(self, fates: Mapping[str, RecipientStatus]) -> Mapping[str, DeliveryStatus]:
        """The status of each message, as its session has it."""
        told = {}
        with progress_bar("statuses", len(fates)) as bar:
            for phone, fate in fates.items():
                frame = self._client.messages(fate.key)
                mine = frame[frame["direction"] == "outbound"]
                if len(mine):
                    first = mine.iloc[-1]
                    told[phone] = DeliveryStatus(str(first["status"]), at=first["at"].isoformat())
                bar.update()
        return told

    def standing(self, fates: Mapping[str, RecipientStatus]) -> Progress:
        """All that there is to know: the platform tells nothing of a delivery by itself."""
        return Progress(len(fates), len(fates), "", over=True, verb="sent")

    def _messages(self, session: str) -> list[dict[str, str]]:
        try:
            return self._client.get_messages(session, limit=1)
        except NotFound:
            return []
