"""How many, when and by whom; how far campaigns came, and who comes back."""

from __future__ import annotations

from collections.abc import Sequence

import narwhals as nw

from msgnb.analysis.frames import COUNTS, SESSION, STAGES, Table, counted, flags, frame_of, given, grouped
from msgnb.analysis.partitions import added_up
from msgnb.analysis.times import check_period, local, weekday, with_period


@added_up()
def volume(messages: Table, *, by: str = "day", per: str | Sequence[str] = (), zone: str = "UTC") -> Table:
    """How many messages there were, period by period.

    >>> analysis.volume(messages, by="hour", per="platform", zone="America/Sao_Paulo")

    Args:
        messages: a table `messages`.
        by: `hour`, `day`, `week` (from Monday), `month` or `year`, in the zone.
        per: further columns to count by, as `platform`, `kind` or `sender`.
        zone: of the periods, by its name.

    Returns:
        A row for each period (and value of `per`) that has messages, the earliest first: `period`, which is
        its beginning, the columns of `per`, messages, inbound, outbound, sessions.

    Raises:
        InvalidRequest: there is no such period, column or zone.
    """
    check_period(by)
    columns = [per] if isinstance(per, str) else list(per)
    frame = local(frame_of(messages, "at", "direction", *SESSION, *columns), zone)
    found = grouped(with_period(counted(frame), by), ("period", *columns), COUNTS, sessions=True)
    told: Table = given(found, "period", *columns)
    return told


@added_up()
def busy(messages: Table, *, zone: str = "UTC") -> Table:
    """When people write: messages by weekday and hour.

    Args:
        messages: a table `messages`.
        zone: of weekdays and hours, by its name.

    Returns:
        A row for each weekday (1 is Monday) and hour (0 to 23) with messages: weekday, hour, messages,
        inbound, outbound.

    Raises:
        InvalidRequest: there is no such zone.
    """
    frame = local(frame_of(messages, "at", "direction"), zone)
    at = nw.col("_local")
    placed = counted(frame).with_columns(
        weekday(at).alias("weekday"), at.dt.hour().cast(nw.Int64).alias("hour")
    )
    told: Table = given(grouped(placed, ("weekday", "hour"), COUNTS), "weekday", "hour")
    return told


@added_up()
def funnel(messages: Table) -> Table:
    """How far the messages of each campaign came.

    Args:
        messages: a table `messages`, with its column `campaign`.

    Returns:
        A row for each campaign: platform, account, campaign, messages, and how many were at least accepted,
        sent, delivered and read; failed; unknown. Who read a message got it delivered, and so on.
    """
    keys = ("platform", "account", "campaign")
    frame = frame_of(messages, *keys, "status").filter(~nw.col("campaign").is_null())
    status = nw.col("status")
    stages = {stage: status.is_in(list(STAGES[number:])) for number, stage in enumerate(STAGES)}
    stages |= {name: status == name for name in ("failed", "unknown")}
    marked = frame.with_columns(nw.lit(1).alias("messages"), *flags(stages))
    told: Table = given(grouped(marked, keys, ("messages", *stages)), *keys)
    return told


@added_up()
def cohorts(messages: Table, *, by: str = "month", zone: str = "UTC") -> Table:
    """Who comes back: of those who wrote first in one period, how many wrote in which later one.

    Args:
        messages: a table `messages`; only what is inbound counts.
        by: `day`, `week`, `month` or `year`, in the zone.
        zone: of the periods, by its name.

    Returns:
        A row for each pair that has somebody: cohort (the period of the first message), period, and sessions.

    Raises:
        InvalidRequest: there is no such period or zone.
    """
    check_period(by)
    frame = local(frame_of(messages, "at", "direction", *SESSION), zone)
    said = with_period(frame.filter(nw.col("direction") == "inbound"), by)
    periods = said.select(*SESSION, "period").unique()
    begun = periods.with_columns(nw.col("period").min().over(*SESSION).alias("cohort"))
    marked = begun.with_columns(nw.lit(1).alias("sessions"))
    told: Table = given(grouped(marked, ("cohort", "period"), ("sessions",)), "cohort", "period")
    return told


@added_up("messages")
def agents(messages: Table) -> Table:
    """Who wrote how much on the account's side, where the platform tells who it was.

    Args:
        messages: a table `messages`; only what is outbound counts.

    Returns:
        A row for each, the busiest first: platform, sender, messages, sessions, first_at, last_at.
    """
    frame = frame_of(messages, *SESSION, "at", "direction", "sender").filter(
        nw.col("direction") == "outbound"
    )
    ends = nw.col("at").min().alias("first_at"), nw.col("at").max().alias("last_at")
    marked = frame.with_columns(nw.lit(1).alias("messages"))
    found = grouped(marked, ("platform", "sender"), ("messages",), *ends, sessions=True)
    told: Table = given(found, "messages", "platform", "sender", descending=[True, False, False])
    return told
