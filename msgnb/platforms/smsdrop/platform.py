"""The descriptor of SMSDrop."""

from __future__ import annotations

from collections.abc import Callable

from msgnb.campaigns.campaign import Campaign, MessageType
from msgnb.core.phones import parse_e164
from msgnb.platforms.calls import Call, Expression
from msgnb.platforms.descriptor import Addressing, Platform, Setting
from msgnb.platforms.message_kinds import Draft, MessageKind
from msgnb.platforms.smsdrop import NAME
from msgnb.platforms.smsdrop.wire import WIRE


def _client() -> type:
    from msgnb.platforms.smsdrop.client import SmsDrop  # noqa: PLC0415 - listing platforms loads no client

    return SmsDrop


class SmsDropAddressing(Addressing):
    """Recipients are phone numbers with country code; senders are short names or numbers."""

    sender_example = "MyShop"

    def check_recipient(self, to: str) -> None:
        """Refuse what is not a phone number with country code."""
        parse_e164(to, "to")

    def check_sender(self, sender: str) -> None:
        """Refuse what is too long for a sender."""
        # A campaign checks its sender when it is created; the text doesn't matter here.
        Campaign("-", sender)


def _sms(message_type: MessageType) -> Callable[[Draft], Call]:
    def call(draft: Draft) -> Call:
        default = message_type is MessageType.PLAIN_TEXT
        argument = None if default else Expression(message_type, f"msgnb.MessageType.{message_type.name}")
        named = {"sender": draft.sender, "at": draft.at, "message_type": argument}
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
        Setting("base_url", "https://…; the platform's own if empty", label="Server"),
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
    wire=WIRE,
)  # fmt: skip
