"""Sends one campaign to many; a process of its own, for tests that kill it."""

from __future__ import annotations

import json
import sys
from datetime import timedelta

import pandas as pd

import msgnb
from msgnb.campaigns import run


def crowd(count: int) -> pd.DataFrame:
    numbers = range(count)
    return pd.DataFrame(
        {"name": [f"Person {n}" for n in numbers], "phone": [f"+5511{910_000_000 + n}" for n in numbers]}
    )


def main(login: str, journal: str, outcomes: str, count: str) -> None:
    given = json.loads(login)
    run.SETTLE = timedelta()  # this machine's own requests take no time that could be waited for
    campaign = msgnb.Campaign(text="Hi {name}, see you.", sender="MyShop", title="Survival")
    with msgnb.SmsDrop(given["email"], given["password"], base_url=given["url"]) as sms:
        sms.send_campaign(campaign, crowd(int(count)), journal=journal).to_csv(outcomes, index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
