"""What NetSapiens says of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgnb.core.errors import InvalidRequest
from msgnb.core.phones import parse_dialable
from msgnb.platforms.calls import Call, Expression
from msgnb.platforms.descriptor import Addressing, Platform, Setting
from msgnb.platforms.message_kinds import Draft, MessageKind
from msgnb.platforms.netsapiens import NAME
from msgnb.platforms.netsapiens.media import LARGEST, load_media
from msgnb.platforms.netsapiens.payloads import MODELS, is_phone
from msgnb.platforms.netsapiens.wire import WIRE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CAMPAIGN_RATE = 3
"""Requests of a campaign per second. NetSapiens publishes no rate limit, but operators block an IP address
for a while if it makes too many requests; a script in production keeps to this rate (NetSapiens 8)."""
NOT_PROCESSED: Mapping[int, str] = {
    429: "OneCloud, API best practices: back off and send the request again (NetSapiens 8)",
}
"""HTTP statuses that prove that a request was not processed, each with its source. NetSapiens itself
documents none, and no operator says so of 503."""


def _client() -> type:
    from msgnb.platforms.netsapiens.client import NetSapiens  # noqa: PLC0415 - listing platforms loads no client

    return NetSapiens


class NetSapiensAddressing(Addressing):
    """Phone numbers, and user IDs for chat; several that are separated by commas make a group."""

    recipient_example = "18585551234"
    sender_example = "18585550001"

    def check_recipient(self, to: str) -> None:
        """Refuse what is neither a phone number nor a user ID."""
        for each in self.split(to):
            if is_phone(each):
                parse_dialable(each, "to")
            elif " " in each:
                raise InvalidRequest.of(to=f"{each!r} is neither a phone number nor a user")

    def check_sender(self, sender: str) -> None:
        """Refuse what is not a phone number."""
        parse_dialable(sender, "sender")

    def split(self, to: str) -> list[str]:
        """Return the members of a group."""
        return [each.strip() for each in to.split(",") if each.strip()]

    def goes_as_sms(self, to: str, sender: str) -> bool:
        """Whether all recipients are phones; users receive chat messages."""
        recipients = self.split(to)
        return bool(sender) or (bool(recipients) and all(map(is_phone, recipients)))


ADDRESSES = NetSapiensAddressing()


def _text(draft: Draft) -> Call:
    named = {"sender": draft.sender, "session": draft.thread}
    return Call("send_text", (_recipients(draft.to), draft.text), named)


def _media(draft: Draft) -> Call:
    if draft.file is None:
        raise InvalidRequest.of(file="is missing; choose one")
    media = load_media(draft.file.content, draft.file.mime_type or None)
    # The bytes are in the form only; in Python one would pass the file's path.
    media_argument = Expression(media, repr(draft.file.name))
    named = {"sender": draft.sender, "session": draft.thread, "media": media_argument}
    return Call("send_text", (_recipients(draft.to), draft.text), named)


def _recipients(to: str) -> str | Sequence[str]:
    several = ADDRESSES.split(to)
    return several if len(several) > 1 else to


def _senders(client: Any) -> list[str]:
    """The numbers of the account."""
    return list(client.numbers()["number"])


PLATFORM = Platform(
    name=NAME,
    title="NetSapiens",
    variable="pbx",
    client=_client,
    settings=(
        Setting(
            "base_url", "address of the server, such as https://api.example.com",
            "https://api.netsapiens.example", label="Server",
        ),
        Setting("client_id", "ID of the application, from the operator", "hidden", label="Client id"),
        Setting("client_secret", "secret of the application", "hidden", secret=True),
        Setting("username", "the login, usually user@domain", "nobody@nowhere.example"),
        Setting("password", "password of the login", "hidden", secret=True),
        Setting("api_key", "an API key, instead of all four", secret=True, label="API key"),
        Setting("passcode", "the second factor: six digits, if the platform requires it", secret=True),
        Setting("account", "user@domain, if the API key has no user"),
        Setting("sign_in", "token or jwt", label="Token kind"),
    ),
    sign_ins=(
        ("base_url", "client_id", "client_secret", "username", "password"),
        ("base_url", "api_key"),
    ),
    supports=frozenset({
        "send", "receive", "campaigns", "contacts", "history", "listen", "delivery status", "calls",
    }),
    addresses=ADDRESSES,
    message_kinds=(
        MessageKind("Text", ("text", "thread"), _text, counts_sms=True),
        MessageKind("Picture or file", ("file", "text", "thread"), _media),
    ),
    topics=MODELS,
    senders=_senders,
    largest_upload=LARGEST,
    not_processed=NOT_PROCESSED,
    campaign_rate=CAMPAIGN_RATE,
    wire=WIRE,
)  # fmt: skip
