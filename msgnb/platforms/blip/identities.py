"""Identities, such as `5511999998888@wa.gw.msging.net`: addresses of people, bots and lists (BLiP 1.5)."""

from __future__ import annotations

from msgnb.core.errors import InvalidRequest

WHATSAPP = "wa.gw.msging.net"
LISTS = "broadcast.msging.net"
PHONE_DOMAINS = frozenset({WHATSAPP, "take.io", "tangram.com.br"})
"""Domains whose identities are phone numbers."""
CHANNEL_DOMAINS = PHONE_DOMAINS | {
    "messenger.gw.msging.net", "instagram.gw.msging.net", "telegram.gw.msging.net", "skype.gw.msging.net",
    "workplace.gw.msging.net", "abs.gw.msging.net", "mailgun.gw.msging.net",
    "businessmessages.gw.msging.net", "tunnel.msging.net", "0mn.io", "blip.ai",
}  # fmt: skip
"""Domains on which people are; those of the desk's agents end with blip.ai."""
SERVICE_DOMAINS = frozenset({
    "msging.net", "crm.msging.net", "analytics.msging.net", LISTS, "scheduler.msging.net",
    "desk.msging.net", "ai.msging.net", "threads.msging.net", "activecampaign.msging.net",
    "builder.msging.net", "portal.blip.ai",
})  # fmt: skip
"""Domains of bots, lists and services."""
_CHANNELS = {
    "0mn.io": "chat",
    WHATSAPP: "whatsapp",
    "messenger.gw.msging.net": "messenger",
    "instagram.gw.msging.net": "instagram",
    "telegram.gw.msging.net": "telegram",
    "mailgun.gw.msging.net": "email",
    "take.io": "sms",
    "tangram.com.br": "sms",
}


def check_identity(text: str, field: str) -> str:
    """Return an identity if it is one.

    Raises:
        InvalidRequest: it is not a name and a domain; `field` is what the error calls it.
    """
    name, at, domain = text.partition("@") if isinstance(text, str) else ("", "", "")
    if not (name and at and domain) or any(mark.isspace() for mark in text):
        raise InvalidRequest.of(
            **{field: f"{text!r} is no identity; write it like 5511999998888@wa.gw.msging.net"}
        )
    return text


def list_identity(name: str) -> str:
    """Return the identity of a list; its name is enough.

    >>> list_identity("news")
    'news@broadcast.msging.net'

    Raises:
        InvalidRequest: the name cannot be part of an identity.
    """
    return check_identity(name if "@" in name else f"{name}@{LISTS}", "name")


def whatsapp_identity(phone: str) -> str:
    """Return the identity of a phone number in E.164 format on WhatsApp."""
    return f"{phone.removeprefix('+')}@{WHATSAPP}"


def phone_number(identity: str) -> str:
    """Return the phone number of an identity on WhatsApp, in E.164 format."""
    return "+" + identity.partition("@")[0]


def parse_channel(identity: str) -> str:
    """Return the channel of an identity, which its domain determines (BLiP 1.5)."""
    return _CHANNELS.get(identity.partition("@")[2].partition("/")[0], "other")
