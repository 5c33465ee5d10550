"""How a campaign is sent on NetSapiens: one SMS to each recipient, each in a new session (NetSapiens 3.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from msgnb import tables
from msgnb.campaigns.journal import Batch
from msgnb.campaigns.plan import Recipient
from msgnb.campaigns.sender import DeliveryStatus, Receipt, Refuse
from msgnb.campaigns.statuses import RecipientStatus
from msgnb.campaigns.watching import Progress
from msgnb.core.errors import NotFound
from msgnb.core.progress import progress_bar
from msgnb.platforms.netsapiens import to_tables
from msgnb.platforms.netsapiens.field_names import MESSAGE_KEYS, Row, rename_rows
from msgnb.platforms.netsapiens.messages import Messages


class NetSapiensCampaignSender:
    """Sends to one recipient at a time; a batch's key is the ID of its session.

    Args:
        messages: sends and reads messages.
        sender: the number that recipients see.
    """

    batch_size = 1
    visible_after: timedelta | None = None

    def __init__(self, messages: Messages, sender: str) -> None:
        self._messages = messages
        self._sender = sender

    def batch_key(self, recipient: Recipient) -> str:
        """Recipients share no request: a group message would show them to each other."""
        return recipient.recipient

    def send(self, batch: Batch, refuse: Refuse) -> Receipt:  # noqa: ARG002
        """Send the SMS."""
        (to,) = batch.recipients
        # In the platform's examples numbers are digits with country code and no + (NetSapiens 3.2).
        number = to.removeprefix("+")
        sent = self._messages.send(number, batch.text, kind="sms", sender=self._sender, session=batch.key)
        return Receipt(message=tables.text(sent.get("id")))

    def look_up(self, batches: Sequence[Batch]) -> Mapping[str, Receipt]:
        """Find messages by their sessions; the oldest one in a session started it, newer ones are replies."""
        found = {}
        with progress_bar("lost answers", len(batches)) as bar:
            for batch in batches:
                if rows := self._read(batch.key):
                    found[batch.key] = Receipt(message=tables.text(rows[-1].get("id")))
                bar.update()
        return found

    def fetch_statuses(self, statuses: Mapping[str, RecipientStatus]) -> Mapping[str, DeliveryStatus]:
        """Return the status of the first message that was sent in each session."""
        reported = {}
        with progress_bar("statuses", len(statuses)) as bar:
            for phone, status in statuses.items():
                if delivery := _parse_delivery(self._read(status.key)):
                    reported[phone] = delivery
                bar.update()
        return reported

    def progress(self, statuses: Mapping[str, RecipientStatus]) -> Progress:
        """Everything that was sent is all that is known: the platform doesn't report deliveries by itself."""
        return Progress(len(statuses), len(statuses), "", finished=True, verb="sent")

    def _read(self, session: str) -> Sequence[Row]:
        try:
            return rename_rows(self._messages.read(session), MESSAGE_KEYS)
        except NotFound:
            # There is no such session, so the message that would have started it did not arrive.
            return []


def _parse_delivery(rows: Sequence[Row]) -> DeliveryStatus | None:
    """The status of the first message that was sent in a session, which is listed last."""
    sent = [row for row in rows if to_tables.DIRECTIONS.get(str(row.get("direction"))) == "outbound"]
    if not sent:
        return None
    time = to_tables.parse_time(sent[-1].get("timestamp"))
    status = to_tables.message_status(sent[-1].get("status"), "outbound")
    return DeliveryStatus(status, at=time.isoformat() if time else None)
