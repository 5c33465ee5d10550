"""What Echo SMS says of itself; forms, profiles, docs and the command line follow from it."""

from __future__ import annotations

from echo_sms import NAME
from msgnb.platforms.descriptor import Addressing, Platform, Setting


def load_client() -> type:
    """Load the client, which nobody needs in order to list platforms."""
    from echo_sms.client import EchoSms

    return EchoSms


class EchoAddressing(Addressing):
    """Phone numbers with country code; the account's own number is always the sender."""

    recipient_example = "+15550100101"


PLATFORM = Platform(
    name=NAME,
    title="Echo SMS",
    variable="echo",
    client=load_client,
    settings=(
        Setting("key", "key of the account", "echo-key", secret=True, label="API key"),
        Setting("base_url", "https://…; the service's own if empty", label="Server"),
    ),
    sign_ins=(("key",),),
    supports=frozenset({"send", "receive", "campaigns", "contacts", "history"}),
    addresses=EchoAddressing(),
)
