"""What the messages tell, of a million messages in pandas and of ten million on DuckDB.

Each function against the same counted by hand in pandas; and ten million messages against one million on
DuckDB, beside what n log n would take. Medians of several runs, ratios in one run.
"""

from __future__ import annotations

import math
import statistics
import tempfile
import time
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd

from msgnb import analysis
from msgnb.tables.schema import DIRECTIONS, MESSAGE_STATUSES, TIME

ROWS, MANY, RUNS = 1_000_000, 10_000_000, 3
SECOND = 1_000_000
"""Times are counted in microseconds."""


def messages(rows: int, part: int = 0) -> pd.DataFrame:
    """Messages of a bot over some months: sessions of about 250 messages, other ones in each part."""
    random = np.random.default_rng(part)
    sessions = max(rows // 250, 1)
    session = np.sort(random.integers(0, sessions, rows))
    begun = (
        pd.Timestamp("2026-04-01", tz="UTC").value // 1000
        + random.integers(0, 120 * 86_400, sessions) * SECOND
    )
    waits = random.exponential(3600, rows).astype("int64") * SECOND
    total = waits.cumsum()
    first = np.searchsorted(session, np.arange(sessions))
    at = begun[session] + total - total[np.minimum(first, rows - 1)][session]
    names = pd.array(
        [f"55119{number:08d}@wa.gw.msging.net" for number in range(part * sessions, (part + 1) * sessions)],
        dtype="str",
    )
    inbound = random.random(rows) < 0.5
    words = pd.array(
        ["Hello", "Where is my order?", "Thank you", "stop", "Good morning, how can I help you?"], dtype="str"
    )
    who, bot = names.take(session), pd.array(["demobot@msging.net"], dtype="str").repeat(rows)
    campaign = pd.array(["october", "november", None], dtype="str").take(random.integers(0, 3, rows))
    pick = random.integers(0, len(MESSAGE_STATUSES), rows)
    return pd.DataFrame(
        {
            "platform": "blip",
            "account": bot,
            "session": who,
            "message": pd.array(
                [f"{number:032x}" for number in range(part * rows, (part + 1) * rows)], dtype="str"
            ),
            "at": pd.to_datetime(at, unit="us", utc=True).astype(TIME),
            "direction": pd.Categorical.from_codes((~inbound).astype("int8"), list(DIRECTIONS)),
            "sender": pd.Series(who).where(inbound, bot),
            "recipient": pd.Series(bot).where(inbound, who),
            "kind": "whatsapp",
            "text": words.take(random.integers(0, len(words), rows)),
            "status": pd.Categorical.from_codes(pick, list(MESSAGE_STATUSES)),
            "campaign": campaign,
        }
    ).astype({"platform": "category", "kind": "category"})


KEYS = ["platform", "account", "session"]
GAP = analysis.GAP
WORDS = ["order", "good morning", "thank you"]


def local(frame: pd.DataFrame, zone: str) -> pd.Series[pd.Timestamp]:
    return frame["at"].dt.tz_convert(zone).dt.tz_localize(None)


def sides(frame: pd.DataFrame, **more: Any) -> pd.DataFrame:
    inbound = frame["direction"] == "inbound"
    return frame.assign(inbound=inbound, outbound=~inbound, **more)


COUNTS = {"messages": ("at", "size"), "inbound": ("inbound", "sum"), "outbound": ("outbound", "sum")}


def volume(frame: pd.DataFrame) -> pd.DataFrame:
    days = sides(frame, period=local(frame, "America/Sao_Paulo").dt.floor("D"))
    return days.groupby("period").agg(**COUNTS, sessions=("session", "nunique")).reset_index()


def busy(frame: pd.DataFrame) -> pd.DataFrame:
    at = local(frame, "America/Sao_Paulo")
    placed = sides(frame, weekday=at.dt.day_of_week + 1, hour=at.dt.hour)
    return placed.groupby(["weekday", "hour"]).agg(**COUNTS).reset_index()


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    ordered = frame.sort_values([*KEYS, "at", "message"])
    silence = ordered.groupby(KEYS, observed=True)["at"].diff()
    begins = (silence.isna() | (silence >= GAP)).astype("int64")
    return ordered.assign(conversation=begins.groupby([ordered[key] for key in KEYS], observed=True).cumsum())


def conversations(frame: pd.DataFrame) -> pd.DataFrame:
    grouped = sides(numbered(frame)).groupby([*KEYS, "conversation"], observed=True)
    ends = {"started_at": ("at", "first"), "ended_at": ("at", "last"), "opened_by": ("direction", "first")}
    return grouped.agg(**ends, **COUNTS).reset_index()


def runs(frame: pd.DataFrame) -> pd.DataFrame:
    ordered = numbered(frame)
    keys = [ordered[key] for key in KEYS]
    before = ordered.groupby(KEYS, observed=True)["direction"].shift()
    turns = (before.isna() | (before.astype("object") != ordered["direction"].astype("object"))).astype(
        "int64"
    )
    run = turns.groupby(keys, observed=True).cumsum()
    grouped = ordered.assign(run=run).groupby([*KEYS, "run"], observed=True)
    return grouped.agg(
        direction=("direction", "first"), conversation=("conversation", "first"), started_at=("at", "first"),
        ended_at=("at", "last"), messages=("at", "size"),
    ).reset_index()  # fmt: skip


def responses(frame: pd.DataFrame) -> pd.DataFrame:
    found = runs(frame)
    later = found.groupby(KEYS, observed=True)[["direction", "started_at"]].shift(-1)
    found = found.assign(answered_at=later["started_at"], following=later["direction"])
    found["first"] = ~found.duplicated([*KEYS, "conversation"])
    asked = found[(found["direction"] == "inbound") & (found["following"] == "outbound")]
    seconds = (asked["answered_at"] - asked["started_at"]).dt.total_seconds() // 1
    return asked.assign(seconds=seconds)[[*KEYS, "started_at", "answered_at", "seconds", "messages", "first"]]


def unanswered(frame: pd.DataFrame) -> pd.DataFrame:
    last = runs(frame).drop_duplicates(KEYS, keep="last")
    waiting = last[last["direction"] == "inbound"]
    seconds = (frame["at"].max() - waiting["started_at"]).dt.total_seconds() // 1
    return waiting.assign(seconds=seconds).sort_values(["started_at", *KEYS])


def funnel(frame: pd.DataFrame) -> pd.DataFrame:
    sent = frame[frame["campaign"].notna()]
    keys = ["platform", "account", "campaign"]
    counted = sent.groupby([*keys, "status"], observed=True).size().unstack(fill_value=0)
    stages = counted[["read", "delivered", "sent", "accepted"]].cumsum(axis=1)
    return stages.join(counted[["failed", "unknown"]]).reset_index()


def cohorts(frame: pd.DataFrame) -> pd.DataFrame:
    said = frame[frame["direction"] == "inbound"]
    at = local(said, "America/Sao_Paulo")
    month = at.dt.to_period("M").dt.start_time
    seen = said[KEYS].assign(period=month).drop_duplicates()
    seen["cohort"] = seen.groupby(KEYS, observed=True)["period"].transform("min")
    return seen.groupby(["cohort", "period"]).size().reset_index(name="sessions")


def agents(frame: pd.DataFrame) -> pd.DataFrame:
    said = frame[frame["direction"] == "outbound"]
    grouped = said.groupby(["platform", "sender"], observed=True)
    counted = grouped.agg(
        messages=("at", "size"),
        sessions=("session", "nunique"),
        first_at=("at", "min"),
        last_at=("at", "max"),
    )
    return counted.sort_values("messages", ascending=False).reset_index()


def opt_outs(frame: pd.DataFrame) -> pd.DataFrame:
    said = frame[frame["direction"] == "inbound"]
    word = said["text"].str.lower().str.strip(" \t\n.!?,;:\"'*-")
    found = said.assign(word=word)[word.isin(analysis.OPT_OUTS)]
    return found.sort_values(["at", "message"])[[*KEYS, "at", "word"]]


def spoken(frame: pd.DataFrame) -> pd.Series[str]:
    said = frame["text"].dropna().str.lower()
    return said.str.replace(r"[^\w'-]+", " ", regex=True).str.strip()


def keywords(frame: pd.DataFrame) -> pd.DataFrame:
    padded = " " + spoken(frame) + " "
    marked = sides(frame)
    found = [marked[padded.str.contains(f" {word} ", regex=False)].assign(word=word) for word in WORDS]
    grouped = pd.concat(found).groupby("word").agg(**COUNTS, sessions=("session", "nunique"))
    return grouped.sort_values("messages", ascending=False).reset_index()


def ngrams(frame: pd.DataFrame) -> pd.DataFrame:
    inbound = frame[frame["direction"] == "inbound"]
    words = spoken(inbound).str.split(" ").explode()
    pairs = (words + " " + words.groupby(level=0).shift(-1)).dropna().rename("ngram")
    found = inbound[["session"]].join(pairs, how="inner")
    counted = found.groupby("ngram").agg(count=("session", "size"), sessions=("session", "nunique"))
    return counted.sort_values("count", ascending=False).reset_index()


def taken(action: Callable[[], Any], times: int = RUNS) -> float:
    took = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


ZONED = {"zone": "America/Sao_Paulo"}
CALLS: dict[str, tuple[Callable[[Any], Any], Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "volume": (lambda m: analysis.volume(m, **ZONED), volume),
    "busy": (lambda m: analysis.busy(m, **ZONED), busy),
    "conversations": (analysis.conversations, conversations),
    "responses": (analysis.responses, responses),
    "unanswered": (analysis.unanswered, unanswered),
    "funnel": (analysis.funnel, funnel),
    "cohorts": (lambda m: analysis.cohorts(m, **ZONED), cohorts),
    "agents": (analysis.agents, agents),
    "opt_outs": (analysis.opt_outs, opt_outs),
    "keywords": (lambda m: analysis.keywords(m, WORDS), keywords),
    "ngrams": (lambda m: analysis.ngrams(m, n=2), ngrams),
}


def main() -> None:
    in_pandas()
    on_duckdb()


def on_duckdb() -> None:
    """Ten times as many messages in Parquet files."""
    allowed = MANY / ROWS * math.log(MANY) / math.log(ROWS)
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for part in range(MANY // ROWS):
            messages(ROWS, part).to_parquet(f"{folder}/{part:02d}.parquet")
        few, many = (connection.sql(f"from read_parquet('{folder}/{name}.parquet')") for name in ("00", "*"))
        for name, (ours, _) in CALLS.items():
            ratio = taken(lambda: ours(many).to_arrow_table()) / taken(lambda: ours(few).to_arrow_table())  # noqa: B023
            print(
                f"{name} of {MANY:,} messages on DuckDB, to {ROWS:,}: {ratio:.1f} (at most {allowed:.1f})",
                flush=True,
            )


def in_pandas() -> None:
    """A million messages in pandas."""
    frame = messages(ROWS)
    for name, (ours, hand) in CALLS.items():
        assert len(ours(frame)) == len(hand(frame)), name
        ratio = taken(lambda: ours(frame)) / taken(lambda: hand(frame))  # noqa: B023 - used at once
        print(
            f"{name} of {ROWS:,} messages in pandas, to the same by hand: {ratio:.2f} (at most 2)", flush=True
        )


if __name__ == "__main__":
    main()
