"""What BLiP says of itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from msgnb.platforms.blip import NAME
from msgnb.platforms.blip.command_catalogue import COMMANDS
from msgnb.platforms.blip.identities import (
    CHANNEL_DOMAINS,
    PHONE_DOMAINS,
    SERVICE_DOMAINS,
    WHATSAPP,
    check_identity,
    whatsapp_identity,
)
from msgnb.platforms.blip.message_kinds import MESSAGE_KINDS
from msgnb.platforms.blip.wire import WIRE
from msgnb.platforms.descriptor import Addressing, Platform, Setting


def _client() -> type:
    from msgnb.platforms.blip.client import Blip  # noqa: PLC0415 - listing platforms loads no client

    return Blip


_SEPARATORS = re.compile(r"[\s()+.-]")


def _digits(name: str) -> str:
    """Return the phone number in an identity on WhatsApp, which is written with digits alone."""
    plain = _SEPARATORS.sub("", unicodedata.normalize("NFKC", name))
    return plain if plain.isdecimal() else name.lower()


class BlipAddressing(Addressing):
    """Identities, such as `5511999998888@wa.gw.msging.net`; the bot is always the sender."""

    recipient_example = "5511999998888@wa.gw.msging.net"
    sender_example = None

    def normalize(self, phone: str | None, written: str) -> str | None:
        """Return an identity in lower case and without an instance, or that of a phone number on WhatsApp."""
        name, at, domain = written.strip().partition("@")
        if at and name and domain:
            # The case does not matter, and an instance is one of somebody's devices (BLiP 1.5).
            domain = domain.partition("/")[0].rstrip(".").lower()
            return f"{_digits(name) if domain == WHATSAPP else name.lower()}@{domain}"
        return whatsapp_identity(phone) if phone else None

    def preferred_column(self, columns: Collection[str]) -> str | None:
        """Return the identities of a table `contacts`, since not all contacts have a phone number."""
        return "contact" if {"contact", "phone"} <= set(columns) and "input" not in columns else None

    def check_recipient(self, to: str) -> None:
        """Refuse what is not an identity."""
        check_identity(to, "to")

    def goes_as_sms(self, to: str, sender: str) -> bool:  # noqa: ARG002
        """Return `False`: texts are not counted in SMS on any channel."""
        return False


PLATFORM = Platform(
    name=NAME,
    title="BLiP",
    variable="bot",
    client=_client,
    settings=(
        Setting("key", "the bot's key, with or without the word Key", "bm9ib2R5OmhpZGRlbg==", secret=True),
        Setting("organization", "the contract's name", "acme"),
        Setting("base_url", "https://…; the platform's own where it is empty", label="Server"),
        Setting("plan", "paid, free or none", "paid"),
    ),
    sign_ins=(("key",),),
    supports=frozenset({
        "send", "receive", "schedule", "campaigns", "templates", "contacts", "history", "events", "metrics",
        "tickets", "delivery status",
    }),
    addresses=BlipAddressing(),
    message_kinds=MESSAGE_KINDS,
    commands=COMMANDS,
    counts_sms=False,
    not_processed={429: "BLiP 1.4"},
    refused={400: "BLiP 1.4"},
    mock_settings={"plan": "none"},
    # Any further channel of the platform has people.
    domains={
        ".msging.net": "people", **dict.fromkeys(CHANNEL_DOMAINS, "people"),
        **dict.fromkeys(PHONE_DOMAINS, "phones"), **dict.fromkeys(SERVICE_DOMAINS, "services"),
    },
    wire=WIRE,
)  # fmt: skip
