"""Measures of sessions split into conversations, and of how long contacts wait for an answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import narwhals as nw

from msgnb.analysis.frames import (
    COUNTS,
    ORDER,
    SESSION,
    Frame,
    Messages,
    Sessions,
    aggregate,
    select_columns,
    with_counts,
)
from msgnb.analysis.measures import ResultColumn, from_messages, measure
from msgnb.analysis.partitions import empty_like
from msgnb.analysis.times import seconds
from msgnb.core.errors import InvalidRequest
from msgnb.tables.schema import DIRECTIONS

GAP = timedelta(hours=12)
"""A silence after which a session's next message starts a new conversation."""
RUN = ("_run",)


@measure(
    *from_messages(*SESSION, combine="row"),
    ResultColumn("conversation", "amount", "row", "number of the conversation in its session, from 1"),
    ResultColumn("started_at", "time", "row", "time of its first message"),
    ResultColumn("ended_at", "time", "row", "time of its last message"),
    ResultColumn("messages", "amount", "row", "number of messages"),
    ResultColumn("inbound", "amount", "row", "messages from the other party"),
    ResultColumn("outbound", "amount", "row", "messages from the account"),
    ResultColumn("opened_by", "category", "row", "direction of its first message", choices=DIRECTIONS),
    order=(*SESSION, "conversation"),
)
def conversations(messages: Messages, *, gap: timedelta = GAP) -> Frame:
    """Split sessions into conversations at each period of silence.

    Args:
        messages: a `messages` table.
        gap: a silence of this length or more starts a new conversation.

    Returns:
        One row per conversation, sorted by session.
    """
    sessions = _with_conversations(messages, gap)
    # `first` needs an order, which groups of a lazy frame don't have; the maximum of a flag needs none.
    opens = (nw.col("_begins") == 1) & (nw.col("direction") == "inbound")
    marked = with_counts(sessions.frame).with_columns(opens.cast(nw.Int64).alias("_opens"))
    ends = nw.col("at").min().alias("started_at"), nw.col("at").max().alias("ended_at")
    keys = (*sessions.keys, "conversation")
    found = aggregate(marked, keys, COUNTS, *ends, nw.col("_opens").max())
    opened = nw.when(nw.col("_opens") == 1).then(nw.lit("inbound")).otherwise(nw.lit("outbound"))
    return sessions.with_names(found.with_columns(opened.alias("opened_by"))).drop("_opens")


@measure(
    *from_messages(*SESSION, combine="row"),
    ResultColumn("asked_at", "time", "row", "time of the question's first message"),
    ResultColumn("answered_at", "time", "row", "time of the answer's first message"),
    ResultColumn("seconds", "amount", "row", "time between the two, in whole seconds"),
    ResultColumn("messages", "amount", "row", "number of messages of the question"),
    ResultColumn(
        "first",
        "category",
        "row",
        "whether it is the first question of its conversation",
        choices=(False, True),
    ),
    order=(*SESSION, "asked_at", "answered_at", "messages", "first"),
)
def responses(messages: Messages, *, gap: timedelta = GAP) -> Frame:
    """Measure the time between each inbound question and the answer to it.

    Several inbound messages in a row are one question, asked with the first of them; the first outbound
    message after them is the answer. An answer after a silence of the gap or more still counts, but starts a
    new conversation.

    Args:
        messages: a `messages` table.
        gap: as in `conversations`.

    Returns:
        One row per question that was answered, sorted by session.
    """
    sessions, runs = _runs(messages, gap)
    next_side, answered = (
        sessions.over(nw.col(name).shift(-1), order=RUN) for name in ("_inbound", "started_at")
    )
    paired = runs.with_columns(next_side.alias("_next"), answered.alias("answered_at"))
    # The last run of a session has no next one, so a question that waits for its answer is left out.
    asked = paired.filter((nw.col("_inbound") == 1) & (nw.col("_next") == 0))
    first = nw.col("_run") == nw.col("_run").min().over(*sessions.keys, "conversation")
    waited = seconds(asked, nw.col("answered_at"), nw.col("started_at"))
    started = nw.col("started_at").alias("asked_at")
    found = asked.with_columns(first.alias("first"), waited.alias("seconds"), started)
    columns = ("asked_at", "answered_at", "seconds", "messages", "first")
    return sessions.with_names(found).select(*SESSION, *columns)


def _latest_in_dask(messages: Any) -> Any:
    """Return the time of the latest message of a Dask frame, as a Dask scalar in UTC."""
    empty = select_columns(empty_like(messages), "at")
    at = messages["at"]
    return (at if _has_zone(empty) else at.dt.tz_localize("UTC")).max()


@measure(
    *from_messages(*SESSION, combine="row"),
    ResultColumn("since", "time", "row", "time of the first message that was not answered"),
    ResultColumn("messages", "amount", "row", "number of messages that were not answered"),
    ResultColumn("seconds", "amount", "row", "time of waiting, in whole seconds"),
    order=("since", *SESSION),
    defaults={"now": _latest_in_dask},
)
def unanswered(messages: Messages, *, now: datetime | None = None) -> Frame:
    """Return the sessions in which the other party wrote last.

    Args:
        messages: a `messages` table.
        now: the time until which they have waited, with a time zone; by default the latest message's.

    Returns:
        One row per session that waits for an answer, the longest wait first.

    Raises:
        InvalidRequest: `now` has no time zone.
    """
    sessions, runs = _runs(messages, GAP)
    last = nw.col("_run") == nw.col("_run").max().over(*sessions.keys)
    waiting = runs.with_columns(last.alias("_last")).filter(nw.col("_last") & (nw.col("_inbound") == 1))
    waited = seconds(waiting, nw.lit(_end(messages, now)), nw.col("started_at"))
    found = waiting.with_columns(nw.col("started_at").alias("since"), waited.alias("seconds"))
    return sessions.with_names(found).select(*SESSION, "since", "messages", "seconds")


def _end(messages: Messages, now: datetime | None) -> datetime:
    """The time until which sessions wait, with a time zone if the times of the messages have one."""
    frame = select_columns(messages, "at")
    # NaT, which is what Dask finds in messages without a time, differs from itself.
    if now is None or now != now:  # noqa: PLR0124
        latest = frame.select(nw.col("at").max())
        found = (latest.collect() if isinstance(latest, nw.LazyFrame) else latest).item()
        # Without any time nothing is measured, whatever the end is.
        now = datetime.fromtimestamp(0, UTC) if found is None or found != found else found  # noqa: PLR0124
        now = now.replace(tzinfo=UTC) if now.tzinfo is None else now
    if now.tzinfo is None:
        raise InvalidRequest.of(now=f"{now} has no zone; write datetime(…, tzinfo=UTC)")
    return now if _has_zone(frame) else now.astimezone(UTC).replace(tzinfo=None)


def _has_zone(frame: Frame) -> bool:
    dtype = frame.collect_schema()["at"]
    return not isinstance(dtype, nw.Datetime) or dtype.time_zone is not None


def _with_conversations(messages: Messages, gap: timedelta) -> Sessions:
    """Messages with the number of their conversation, and with `_begins` for the first of each."""
    sessions = Sessions(select_columns(messages, *SESSION, *ORDER, "direction"))
    silence = nw.col("at") - sessions.over(nw.col("at").shift(1))
    begins = nw.when(silence.is_null() | (silence >= gap)).then(1).otherwise(0)
    marked = sessions.frame.with_columns(begins.cast(nw.Int64).alias("_begins"))
    number = sessions.over(nw.col("_begins").cum_sum())
    sessions.frame = marked.with_columns(number.alias("conversation"))
    return sessions


def _runs(messages: Messages, gap: timedelta) -> tuple[Sessions, Frame]:
    """Runs of messages in one direction: the direction, when each started, and how many messages it has."""
    sessions = _with_conversations(messages, gap)
    inbound = nw.when(nw.col("direction") == "inbound").then(1).otherwise(0)
    sided = sessions.frame.with_columns(inbound.cast(nw.Int64).alias("_inbound"), nw.lit(1).alias("messages"))
    before = sessions.over(nw.col("_inbound").shift(1))
    turns = nw.when(before.is_null() | (before != nw.col("_inbound"))).then(1).otherwise(0)
    turned = sided.with_columns(turns.cast(nw.Int64).alias("_turns"))
    numbered = turned.with_columns(sessions.over(nw.col("_turns").cum_sum()).alias("_run"))
    keys = (*sessions.keys, *RUN)
    # A run has one direction, but may go on after a silence: it belongs to the conversation it began in.
    first = nw.col("_inbound").min(), nw.col("conversation").min(), nw.col("at").min().alias("started_at")
    found = aggregate(numbered, keys, ("messages",), *first)
    return sessions, found.sort(*keys) if sessions.in_order else found
