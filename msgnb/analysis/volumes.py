"""Measures of how many messages there were, when and by whom; of campaigns, and of contacts who come back."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from msgnb.analysis.frames import (
    COUNTS,
    SESSION,
    STAGES,
    Frame,
    Messages,
    aggregate,
    indicator_columns,
    select_columns,
    with_counts,
)
from msgnb.analysis.measures import ChosenColumns, ResultColumn, column_names, from_messages, measure
from msgnb.analysis.times import check_period, weekday, with_local_time, with_period

PERIOD = ResultColumn("period", "time", "key", "start of the period, in the time zone")
MESSAGES = ResultColumn("messages", "amount", "sum", "number of messages")
COUNTED = (
    MESSAGES,
    ResultColumn("inbound", "amount", "sum", "messages from the other party"),
    ResultColumn("outbound", "amount", "sum", "messages from the account"),
)
SESSIONS = ResultColumn("sessions", "amount", "sum", "number of sessions")


@measure(
    PERIOD,
    ChosenColumns("per", "key", "the columns that `per` names"),
    *COUNTED,
    SESSIONS,
    order=("period", "per"),
)
def volume(messages: Messages, *, by: str = "day", per: str | Sequence[str] = (), zone: str = "UTC") -> Frame:
    """Count messages and sessions per period.

    >>> analysis.volume(messages, by="hour", per="platform", zone="America/Sao_Paulo")

    Args:
        messages: a `messages` table.
        by: `hour`, `day`, `week` (from Monday), `month` or `year`, in the time zone.
        per: more columns to group by, such as `platform`, `kind` or `sender`.
        zone: name of the time zone, such as `America/Sao_Paulo`.

    Returns:
        One row per period (and value of `per`) that has messages, earliest first.

    Raises:
        InvalidRequest: the period, a column or the time zone does not exist.
    """
    check_period(by)
    columns = column_names(per)
    frame = with_local_time(select_columns(messages, "at", "direction", *SESSION, *columns), zone)
    return aggregate(with_period(with_counts(frame), by), ("period", *columns), COUNTS, sessions=True)


@measure(
    ResultColumn("weekday", "amount", "key", "day of the week, from 1 for Monday to 7 for Sunday"),
    ResultColumn("hour", "amount", "key", "hour of the day, from 0 to 23"),
    *COUNTED,
    order=("weekday", "hour"),
)
def busy(messages: Messages, *, zone: str = "UTC") -> Frame:
    """Count messages by weekday and hour.

    Args:
        messages: a `messages` table.
        zone: name of the time zone of weekdays and hours.

    Returns:
        One row per weekday and hour that has messages.

    Raises:
        InvalidRequest: the time zone does not exist.
    """
    frame = with_local_time(select_columns(messages, "at", "direction"), zone)
    at = nw.col("_local")
    hour = at.dt.hour().cast(nw.Int64).alias("hour")
    placed = with_counts(frame).with_columns(weekday(at).alias("weekday"), hour)
    return aggregate(placed, ("weekday", "hour"), COUNTS)


@measure(
    *from_messages("platform", "account", "campaign", combine="key"),
    MESSAGES,
    ResultColumn("accepted", "amount", "sum", "messages that were at least accepted"),
    ResultColumn("sent", "amount", "sum", "messages that were at least sent"),
    ResultColumn("delivered", "amount", "sum", "messages that were at least delivered"),
    ResultColumn("read", "amount", "sum", "messages that were read"),
    ResultColumn("failed", "amount", "sum", "messages that failed"),
    ResultColumn("unknown", "amount", "sum", "messages whose status is unknown"),
    order=("platform", "account", "campaign"),
)
def funnel(messages: Messages) -> Frame:
    """Count how many messages of each campaign were accepted, sent, delivered and read.

    A message that was read also counts as delivered, sent and accepted, and so on.

    Args:
        messages: a `messages` table, with its column `campaign`.

    Returns:
        One row per campaign.
    """
    keys = ("platform", "account", "campaign")
    frame = select_columns(messages, *keys, "status").filter(~nw.col("campaign").is_null())
    status = nw.col("status")
    stages = {stage: status.is_in(list(STAGES[number:])) for number, stage in enumerate(STAGES)}
    stages |= {name: status == name for name in ("failed", "unknown")}
    marked = frame.with_columns(nw.lit(1).alias("messages"), *indicator_columns(stages))
    return aggregate(marked, keys, ("messages", *stages))


@measure(
    ResultColumn("cohort", "time", "key", "start of the period of the session's first inbound message"),
    ResultColumn("period", "time", "key", "start of a period in which it wrote, too"),
    ResultColumn("sessions", "amount", "sum", "number of sessions of the cohort that wrote in the period"),
    order=("cohort", "period"),
)
def cohorts(messages: Messages, *, by: str = "month", zone: str = "UTC") -> Frame:
    """Count how many of the sessions that started in one period were active in each later one.

    Args:
        messages: a `messages` table; only inbound messages count.
        by: `day`, `week`, `month` or `year`, in the time zone.
        zone: name of the time zone of the periods.

    Returns:
        One row per cohort and period that has sessions.

    Raises:
        InvalidRequest: the period or the time zone does not exist.
    """
    check_period(by)
    frame = with_local_time(select_columns(messages, "at", "direction", *SESSION), zone)
    inbound = with_period(frame.filter(nw.col("direction") == "inbound"), by)
    # One row per session and period, so that a sum of ones is a number of sessions.
    periods = inbound.select(*SESSION, "period").unique()
    started = periods.with_columns(nw.col("period").min().over(*SESSION).alias("cohort"))
    marked = started.with_columns(nw.lit(1).alias("sessions"))
    return aggregate(marked, ("cohort", "period"), ("sessions",))


@measure(
    *from_messages("platform", "sender", combine="key"),
    MESSAGES,
    SESSIONS,
    ResultColumn("first_at", "time", "min", "time of the first message"),
    ResultColumn("last_at", "time", "max", "time of the last message"),
    order=("-messages", "platform", "sender"),
)
def agents(messages: Messages) -> Frame:
    """Count the messages that each agent sent, if the platform reports who sent them.

    Args:
        messages: a `messages` table; only outbound messages count.

    Returns:
        One row per sender, the one with most messages first.
    """
    frame = select_columns(messages, *SESSION, "at", "direction", "sender")
    outbound = frame.filter(nw.col("direction") == "outbound")
    ends = nw.col("at").min().alias("first_at"), nw.col("at").max().alias("last_at")
    marked = outbound.with_columns(nw.lit(1).alias("messages"))
    return aggregate(marked, ("platform", "sender"), ("messages",), *ends, sessions=True)
