"""The documented exchanges with BLiP, which of them are played against the mock, and why others are not."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

Pair = dict[str, Any]

DATA = Path(__file__).resolve().parents[1] / "data"
LINES = (DATA / "blip.jsonl").read_text(encoding="utf-8").splitlines()
BLIP: list[Pair] = [json.loads(line) for line in LINES]

# By the node that is addressed, then by how the uri begins.
LEFT_OUT_NODES = {"postmaster@ai.msging.net": "the language model's resources are not covered"}
LEFT_OUT_URIS = {
    "/reports": "saved reports and their charts are not covered",
    "/attendance": "the desk's administration is not covered",
    "/rules": "the desk's administration is not covered",
    "/priority-rules": "the desk's administration is not covered",
    "/replies": "the desk's administration is not covered",
    "/tags": "the desk's administration is not covered",
    "/profile": "the bot's profile is not covered",
    "/delegations": "keys and permissions are not covered",
    "/account/keys": "keys and permissions are not covered",
    "/configuration": "keys and permissions are not covered",
    "/tunnels": "the directory of accounts and tunnels is not covered",
    "lime://": "the directory of accounts and tunnels is not covered",
    "/message-templates": "WhatsApp's templates are not covered",
}
LEFT_OUT_NAMES = {
    "Desk / Add new agents (2)": "the desk's administration is not covered",
    "Desk / Delete an agent": "the desk's administration is not covered",
    "Chat history / Get logged messages": "its messages came from somebody else's bot",
    "Broadcast / Send message": "a message is answered with 202 and no body; what is shown came later",
    "Content Types / Metadata": "a message is answered with 202 and no body; what is shown came later",
    "Desk / Forwarding received messages from a human agent to a final user": (
        "a message is answered with 202 and no body; what is shown came later"
    ),
}


def left_out(pair: Pair) -> str | None:
    """Why a pair is not played; `None` where it is."""
    if pair["name"] in LEFT_OUT_NAMES:
        return LEFT_OUT_NAMES[pair["name"]]
    command = pair["request"]["body"]
    if command.get("to") in LEFT_OUT_NODES:
        return LEFT_OUT_NODES[command["to"]]
    return next((why for start, why in LEFT_OUT_URIS.items() if command["uri"].startswith(start)), None)


def coverage() -> list[str]:
    """How many of how many are played, and how many are left out for each reason."""
    reasons = Counter(why for pair in BLIP if (why := left_out(pair)))
    lines = [f"{len(BLIP) - reasons.total():4} of {len(BLIP)} documented exchanges with BLiP are played"]
    return lines + [f"{count:4} left out: {why}" for why, count in reasons.most_common()]
