"""What SMSDrop says of itself."""

from __future__ import annotations

from collections.abc import Callable

from msgnb.campaigns.campaign import Campaign, MessageType
from msgnb.core.phones import international
from msgnb.platforms.calls import Call, Shown
from msgnb.platforms.descriptor import Addressing, Platform, Setting
from msgnb.platforms.message_kinds import Draft, MessageKind
from msgnb.platforms.smsdrop import NAME


def _client() -> type:
    from msgnb.platforms.smsdrop.client import SmsDrop  # noqa: PLC0415 - listing platforms loads no client

    return SmsDrop


class SmsDropAddressing(Addressing):
    """Phone numbers with country code; senders are short names or numbers."""

    sender_example = "MyShop"

    def check_recipient(self, to: str) -> None:
        """Refuse what is not a phone number with country code."""
        international(to, "to")

    def check_sender(self, sender: str) -> None:
        """Refuse what is too long for a sender."""
        Campaign("-", sender)


def _sms(kind: MessageType) -> Callable[[Draft], Call]:
    def call(draft: Draft) -> Call:
        plain = kind is MessageType.PLAIN_TEXT
        shown = None if plain else Shown(kind, f"msgnb.MessageType.{kind.name}")
        named = {"sender": draft.sender, "at": draft.at, "message_type": shown}
        return Call("send_text", (draft.to, draft.text), named)

    return call


PLATFORM = Platform(
    name=NAME,
    title="SMSDrop",
    variable="sms",
    client=_client,
    settings=(
        Setting("email", "email of the account", "nobody@example.com"),
        Setting("password", "password of the account", "hidden", secret=True),
        Setting("base_url", "https://…; the platform's own where it is empty", label="Server"),
    ),
    sign_ins=(("email", "password"),),
    supports=frozenset({
        "send", "schedule", "campaigns", "contacts", "history", "credit", "delivery status",
    }),
    addresses=SmsDropAddressing(),
    message_kinds=(
        MessageKind("SMS", ("text", "at"), _sms(MessageType.PLAIN_TEXT), counts_sms=True),
        MessageKind("Flash SMS", ("text", "at"), _sms(MessageType.FLASH_MESSAGE), counts_sms=True),
    ),
    id_pattern=r"[0-9a-f-]+(/\+[0-9]+)?",
)  # fmt: skip
