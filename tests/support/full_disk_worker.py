"""Sends a campaign whose journal is on a full disk, makes room, and sends it again; prints what people got.

Run in a mount namespace of its own: it mounts a small tmpfs.
"""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import pandas as pd

import msgnb

PHONES = [f"+55119999{number:05}" for number in range(60)]


def main(platform: str, folder: Path, pages: int, text: str) -> None:
    """Send, make room, send again."""

    def size(pages: int, *options: str) -> None:
        choice = ",".join([f"size={4 * pages}k", *options])
        subprocess.run(["mount", "-t", "tmpfs", "-o", choice, "none", str(folder)], check=True)

    size(pages)
    people = pd.DataFrame({"phone": PHONES, "name": list(map(str, range(60)))})
    campaign = msgnb.Campaign(
        text=text, sender={"netsapiens": "16195550101"}.get(platform, "MyShop"), title="Full"
    )
    if platform == "blip":
        campaign = msgnb.Campaign(text=text, title="Full")
    with msgnb.offline() as world:
        client = world.client(platform)
        if platform == "smsdrop":
            world.applications[platform].state.failing_percent = 0
            world.applications[platform].state.credit = 10_000
        errors = []
        try:
            client.send_campaign(campaign, people, journal=folder / "c.jsonl")
        except (msgnb.MsgnbError, OSError) as error:
            errors.append(f"{type(error).__name__}: {error}")
        size(4096, "remount")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            outcomes = client.send_campaign(campaign, people, journal=folder / "c.jsonl")
        world.clock.advance(minutes=5)
        received = world.received(platform)
    got = {
        phone: sum(len(texts) for who, texts in received.items() if phone.removeprefix("+") in who)
        for phone in PHONES
    }
    states = dict(zip(outcomes["recipient"], outcomes["state"].astype(str), strict=True))
    report = {"errors": errors, "got": got, "states": states, "counts": Counter(states.values())}
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
