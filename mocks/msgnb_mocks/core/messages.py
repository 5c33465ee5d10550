"""The records of messages that all mocks share: what a request sends, and what a history contains."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class OutboundMessage:
    """A message that a client's request sends to one recipient.

    Attributes:
        to: the recipient.
        text: the text; of other content its type or name.
        sender: the account's own number, user or identity, to which the recipient can reply.
        session: ID of the session, if the request names one.
    """

    to: str
    text: str
    sender: str = field(default="", compare=False)
    session: str | None = field(default=None, compare=False)

    @classmethod
    def to_each(
        cls, recipients: Any, text: Any, sender: str = "", session: str | None = None
    ) -> list[OutboundMessage]:
        """Return the same text to each recipient.

        Args:
            recipients: a recipient, or a list of them; whatever else a request's body contains there is
                skipped.
            text: the text.
            sender: as in the class.
            session: as in the class.
        """
        listed = recipients if isinstance(recipients, list) else [recipients]
        return [cls(str(each), str(text), sender, session) for each in listed if isinstance(each, str | int)]


@dataclass(frozen=True)
class HistoryMessage:
    """One message between the account and a contact, in either direction.

    Attributes:
        at: when it was sent.
        inbound: whether the contact sent it; otherwise the account did.
        text: the text.
        contact: the contact's number, user or identity; several are separated by commas.
        own: the account's number, user or identity.
        session: ID of the session.
        message: ID of the message.
        kind: the platform's kind of message.
        media_type: MIME type of an attached file.
        media_size: size of that file in bytes.
        campaign: ID of the campaign that it belongs to.
    """

    at: datetime
    inbound: bool
    text: str
    contact: str
    own: str
    session: str
    message: str = ""
    kind: str = ""
    media_type: str = ""
    media_size: int = 0
    campaign: str = ""


@dataclass
class MessageLog:
    """The state of a mock that remembers nothing but messages, the oldest first."""

    messages: list[HistoryMessage] = field(default_factory=list)
