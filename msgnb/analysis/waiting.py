"""Sessions split by silence, and how long people wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import narwhals as nw

from msgnb.analysis.frames import (
    COUNTS,
    ORDER,
    SESSION,
    Frame,
    Sessions,
    Table,
    counted,
    frame_of,
    given,
    grouped,
)
from msgnb.analysis.partitions import latest, one_by_one
from msgnb.analysis.times import seconds
from msgnb.core.errors import InvalidRequest

GAP = timedelta(hours=12)
RUN = ("_run",)


@one_by_one(*SESSION, "conversation")
def conversations(messages: Table, *, gap: timedelta = GAP) -> Table:
    """The sessions, split wherever nobody said anything for a while.

    Args:
        messages: a table `messages`.
        gap: a silence that is at least as long begins a new conversation.

    Returns:
        A row for each: platform, account, session, conversation (counted from 1 in its session), started_at,
        ended_at, messages, inbound, outbound, and opened_by (`inbound` or `outbound`).
    """
    sessions = _numbered(messages, gap)
    opens = (nw.col("_begins") == 1) & (nw.col("direction") == "inbound")
    marked = counted(sessions.frame).with_columns(opens.cast(nw.Int64).alias("_opens"))
    ends = nw.col("at").min().alias("started_at"), nw.col("at").max().alias("ended_at")
    keys = (*sessions.keys, "conversation")
    found = grouped(marked, keys, COUNTS, *ends, nw.col("_opens").max())
    opened = nw.when(nw.col("_opens") == 1).then(nw.lit("inbound")).otherwise(nw.lit("outbound"))
    named = sessions.named(found.with_columns(opened.alias("opened_by")))
    columns = ("conversation", "started_at", "ended_at", *COUNTS, "opened_by")
    told: Table = given(named.select(*SESSION, *columns), *SESSION, "conversation")
    return told


@one_by_one(*SESSION, "asked_at")
def responses(messages: Table, *, gap: timedelta = GAP) -> Table:
    """How long people waited for an answer.

    Who writes several messages in a row asks once, with the first of them; the first message back answers
    all. An answer after a silence of the gap or more is still one, but begins a new conversation.

    Args:
        messages: a table `messages`.
        gap: as in `conversations`.

    Returns:
        A row for each question that was answered: platform, account, session, asked_at, answered_at, seconds,
        messages (of the question), and first (whether it is the first question of its conversation).
    """
    sessions, runs = _runs(messages, gap)
    next_side, answered = (
        sessions.over(nw.col(name).shift(-1), order=RUN) for name in ("_inbound", "started_at")
    )
    paired = runs.with_columns(next_side.alias("_next"), answered.alias("answered_at"))
    asked = paired.filter((nw.col("_inbound") == 1) & (nw.col("_next") == 0))
    first = nw.col("_run") == nw.col("_run").min().over(*sessions.keys, "conversation")
    waited = seconds(asked, nw.col("answered_at"), nw.col("started_at"))
    begun = nw.col("started_at").alias("asked_at")
    found = asked.with_columns(first.alias("first"), waited.alias("seconds"), begun)
    columns = ("asked_at", "answered_at", "seconds", "messages", "first")
    told: Table = given(sessions.named(found).select(*SESSION, *columns), *SESSION, "asked_at")
    return told


def unanswered(messages: Table, *, now: datetime | None = None) -> Table:
    """Who waits for an answer: the sessions in which the other party wrote last.

    Args:
        messages: a table `messages`.
        now: until when they have waited; the time of the latest message of all where it is `None`.

    Returns:
        A row for each, who waits longest first: platform, account, session, since (the first message that was
        not answered), messages (how many were not), and seconds (of waiting).

    Raises:
        InvalidRequest: `now` has no zone.
    """
    if now is not None and now.tzinfo is None:
        raise InvalidRequest.of(now=f"{now} has no zone; write datetime(…, tzinfo=UTC)")
    told: Table = _waiting(messages, latest(messages) if now is None else now)
    return told


@one_by_one("since", *SESSION)
def _waiting(messages: Any, now: datetime) -> Any:
    sessions, runs = _runs(messages, GAP)
    last = nw.col("_run") == nw.col("_run").max().over(*sessions.keys)
    waiting = runs.with_columns(last.alias("_last")).filter(nw.col("_last") & (nw.col("_inbound") == 1))
    waited = seconds(waiting, nw.lit(now), nw.col("started_at"))
    found = waiting.with_columns(nw.col("started_at").alias("since"), waited.alias("seconds"))
    columns = ("since", "messages", "seconds")
    return given(sessions.named(found).select(*SESSION, *columns), "since", *SESSION)


def _numbered(messages: Any, gap: timedelta) -> Sessions:
    """With the number of its conversation beside each message, and whether it begins it."""
    sessions = Sessions(frame_of(messages, *SESSION, *ORDER, "direction"))
    silence = nw.col("at") - sessions.over(nw.col("at").shift(1))
    begins = nw.when(silence.is_null() | (silence >= gap)).then(1).otherwise(0)
    marked = sessions.frame.with_columns(begins.cast(nw.Int64).alias("_begins"))
    number = sessions.over(nw.col("_begins").cum_sum())
    sessions.frame = marked.with_columns(number.alias("conversation"))
    return sessions


def _runs(messages: Any, gap: timedelta) -> tuple[Sessions, Frame]:
    """What one side said in a row: whose it is, its beginning, and how many messages."""
    sessions = _numbered(messages, gap)
    inbound = nw.when(nw.col("direction") == "inbound").then(1).otherwise(0)
    sided = sessions.frame.with_columns(inbound.cast(nw.Int64).alias("_inbound"), nw.lit(1).alias("messages"))
    before = sessions.over(nw.col("_inbound").shift(1))
    turns = nw.when(before.is_null() | (before != nw.col("_inbound"))).then(1).otherwise(0)
    turned = sided.with_columns(turns.cast(nw.Int64).alias("_turns"))
    numbered = turned.with_columns(sessions.over(nw.col("_turns").cum_sum()).alias("_run"))
    keys = (*sessions.keys, *RUN)
    first = nw.col("_inbound").min(), nw.col("conversation").min(), nw.col("at").min().alias("started_at")
    found = grouped(numbered, keys, ("messages",), *first)
    return sessions, found.sort(*keys) if sessions.in_order else found
