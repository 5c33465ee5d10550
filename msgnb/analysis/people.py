"""Messages by person instead of by session, over channels and platforms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgnb.core.addresses import canonical_address

if TYPE_CHECKING:
    import pandas as pd

NEEDED = frozenset({"direction", "sender", "recipient"})
"""The columns that tell who the other party of a message is."""


def by_person(frame: pd.DataFrame, region: str | None = None) -> pd.DataFrame:
    """Return messages whose sessions are people, by their canonical address.

    A session whose ID is no address becomes the other party's phone number, if all of its messages are with
    that one. A group keeps its ID.

    Args:
        frame: a table `messages`.
        region: two-letter code of the country of numbers without a country code.
    """
    sessions = frame["session"]
    known = {each: canonical_address(each, region) for each in sessions.dropna().unique()}
    if set(frame.columns) >= NEEDED:
        parties = _find_parties(frame, region)
        alone = parties.groupby(sessions).agg(["nunique", "first"])[~parties.isna().groupby(sessions).any()]
        single = alone[alone["nunique"] == 1]["first"]
        known |= {each: who for each, who in single.items() if not known[str(each)].startswith("+")}
    return frame.assign(session=sessions.map(known).astype(sessions.dtype))


def _find_parties(frame: pd.DataFrame, region: str | None) -> pd.Series[str]:
    """The phone number of the other party of each message; missing if it is none, or several."""
    column = frame["recipient"].where(frame["direction"] != "inbound", frame["sender"])
    numbers = {each: canonical_address(each, region) for each in column.dropna().unique()}
    phones = {each: number for each, number in numbers.items() if number.startswith("+")}
    return column.map(phones)
