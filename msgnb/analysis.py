"""What the messages tell: table in, table out, in the kind of table that came in.

    from msgnb import analysis
    analysis.volume(messages, by="week", zone="America/Sao_Paulo")

* Every function takes a table `messages` of pandas, Polars, DuckDB or PySpark (all that narwhals reads), and
  answers in kind: what is too large for this machine is counted where it is.
* Messages of a session stand in the order of their times; those of the same time in the order of their ids.
* Times are counted in a zone that is named, by its own rules for summer; without one in UTC. Where a result
  has times of a zone, as a period, they do not say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, TypeVar

import narwhals as nw

from msgnb.errors import InvalidRequest
from msgnb.moments import zone_of

Table = TypeVar("Table")
Frame = Any
"""A table as narwhals sees it, eager or lazy."""

SESSION = ("platform", "account", "session")
ORDER = ("at", "message")
PERIODS = {"hour": "1h", "day": "1d", "week": "1d", "month": "1mo", "year": "1y"}
GAP = timedelta(hours=12)
OPT_OUTS = (
    "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "sair", "parar", "cancelar",
    "remover", "descadastrar", "baja", "salir", "arret", "arrêt", "desabonner", "désabonner", "stopp",
    "abmelden",
)  # fmt: skip
COUNTS = ("messages", "inbound", "outbound")
SESSIONS = nw.col("session").n_unique().alias("sessions")
SIGNS = r"^[\s\.\!\?\,\;\:\"\'\*\-]+|[\s\.\!\?\,\;\:\"\'\*\-]+$"
"""What may stand around a word."""
STAGES = ("accepted", "sent", "delivered", "read")
"""What becomes of a message, one after the other; who got to one got to those before it."""
UTC_NAMES = frozenset({"UTC", "Etc/UTC", "Z", "GMT", "Etc/GMT", "Zulu", "Etc/Zulu", "Universal", "UCT"})


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
    _check_period(by)
    columns = [per] if isinstance(per, str) else list(per)
    frame = _local(_frame(messages, "at", "direction", *SESSION, *columns), zone)
    counted = _grouped(_with_period(_counted(frame), by), ("period", *columns), COUNTS, SESSIONS)
    told: Table = _given(counted.sort("period", *columns))
    return told


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
    frame = _local(_frame(messages, "at", "direction"), zone)
    local = nw.col("_local")
    placed = _counted(frame).with_columns(
        _weekday(local).alias("weekday"), local.dt.hour().cast(nw.Int64).alias("hour")
    )
    told: Table = _given(_grouped(placed, ("weekday", "hour"), COUNTS).sort("weekday", "hour"))
    return told


def conversations(messages: Table, *, gap: timedelta = GAP) -> Table:
    """The sessions, split wherever nobody said anything for a while.

    Args:
        messages: a table `messages`.
        gap: a silence that is at least as long begins a new conversation.

    Returns:
        A row for each: platform, account, session, conversation (counted from 1 in its session), started_at,
        ended_at, messages, inbound, outbound, and opened_by (`inbound` or `outbound`).
    """
    frame = _numbered(_frame(messages, *SESSION, *ORDER, "direction"), gap)
    keys = [*SESSION, "conversation"]
    place = nw.col("messages").cum_sum().over(*keys, order_by=ORDER)
    found = _counted(frame).with_columns(place.alias("_place"))
    opens = (nw.col("_place") == 1) & (nw.col("inbound") == 1)
    marked = found.with_columns(opens.cast(nw.Int64).alias("_opens"))
    ends = nw.col("at").min().alias("started_at"), nw.col("at").max().alias("ended_at")
    counted = _grouped(marked, keys, COUNTS, *ends, nw.col("_opens").max().alias("_opened"))
    opened = nw.when(nw.col("_opened") == 1).then(nw.lit("inbound")).otherwise(nw.lit("outbound"))
    told: Table = _given(counted.with_columns(opened.alias("opened_by")).drop("_opened").sort(*keys))
    return told


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
    runs = _runs(messages, gap)
    following = [
        nw.col(name).shift(-1).over(*SESSION, order_by="_run") for name in ("direction", "started_at")
    ]
    paired = runs.with_columns(following[0].alias("_next"), following[1].alias("answered_at"))
    asked = paired.filter((nw.col("direction") == "inbound") & (nw.col("_next") == "outbound"))
    waited = _seconds(asked, nw.col("answered_at"), nw.col("started_at"))
    first = nw.col("_run") == nw.col("_run").min().over(*SESSION, "conversation")
    found = asked.with_columns(
        waited.alias("seconds"), first.alias("first"), nw.col("started_at").alias("asked_at")
    )
    columns = [*SESSION, "asked_at", "answered_at", "seconds", "messages", "first"]
    told: Table = _given(found.select(*columns).sort(*SESSION, "asked_at"))
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
    runs = _runs(messages, GAP)
    last = nw.col("_run") == nw.col("_run").max().over(*SESSION)
    moment = now or _only(runs.select(nw.col("_ended").max()))
    waiting = runs.with_columns(last.alias("_last")).filter(
        nw.col("_last") & (nw.col("direction") == "inbound")
    )
    seconds = _seconds(waiting, nw.lit(moment), nw.col("started_at"))
    found = waiting.with_columns(nw.col("started_at").alias("since"), seconds.alias("seconds"))
    told: Table = _given(found.select(*SESSION, "since", "messages", "seconds").sort("since", *SESSION))
    return told


def funnel(messages: Table) -> Table:
    """How far the messages of each campaign came.

    Args:
        messages: a table `messages`, with its column `campaign`.

    Returns:
        A row for each campaign: platform, account, campaign, messages, and how many were at least accepted,
        sent, delivered and read; failed; unknown. Who read a message got it delivered, and so on.
    """
    keys = ("platform", "account", "campaign")
    frame = _frame(messages, *keys, "status").filter(~nw.col("campaign").is_null())
    status = nw.col("status")
    stages = {stage: status.is_in(list(STAGES[number:])) for number, stage in enumerate(STAGES)}
    stages |= {name: status == name for name in ("failed", "unknown")}
    marked = frame.with_columns(nw.lit(1).alias("messages"), *_flags(stages))
    told: Table = _given(_grouped(marked, keys, ("messages", *stages)).sort(*keys))
    return told


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
    _check_period(by)
    frame = _local(_frame(messages, "at", "direction", *SESSION), zone).filter(
        nw.col("direction") == "inbound"
    )
    seen = _with_period(frame, by).select(*SESSION, "period").unique()
    begun = seen.with_columns(nw.col("period").min().over(*SESSION).alias("cohort"))
    marked = begun.with_columns(nw.lit(1).alias("sessions"))
    counted = _grouped(marked, ("cohort", "period"), ("sessions",))
    told: Table = _given(counted.sort("cohort", "period"))
    return told


def agents(messages: Table) -> Table:
    """Who wrote how much on the account's side, where the platform tells who it was.

    Args:
        messages: a table `messages`; only what is outbound counts.

    Returns:
        A row for each, the busiest first: platform, sender, messages, sessions, first_at, last_at.
    """
    frame = _frame(messages, *SESSION, "at", "direction", "sender").filter(nw.col("direction") == "outbound")
    ends = nw.col("at").min().alias("first_at"), nw.col("at").max().alias("last_at")
    marked = frame.with_columns(nw.lit(1).alias("messages"))
    counted = _grouped(marked, ("platform", "sender"), ("messages",), SESSIONS, *ends)
    told: Table = _given(counted.sort("messages", "platform", "sender", descending=[True, False, False]))
    return told


def opt_outs(messages: Table, *, words: Iterable[str] = OPT_OUTS) -> Table:
    """Who wants no more messages: what is inbound and nothing but an opt-out word.

    Case, spaces and signs around the word do not count; a sentence that has the word in it is none.

    Args:
        messages: a table `messages`.
        words: the words, in small letters; those of five languages where nothing is given.

    Returns:
        A row for each such message, the earliest first: platform, account, session, at, word.
    """
    frame = _frame(messages, *SESSION, *ORDER, "direction", "text").filter(nw.col("direction") == "inbound")
    word = nw.col("text").str.to_lowercase().str.replace_all(SIGNS, "")
    found = frame.with_columns(word.alias("word")).filter(nw.col("word").is_in(list(words)))
    told: Table = _given(found.sort(*ORDER, *SESSION).select(*SESSION, "at", "word"))
    return told


def _frame(messages: Any, *columns: str) -> Frame:
    """The columns that are needed, as narwhals sees them."""
    try:
        frame = nw.from_native(messages)
    except TypeError:
        words = f"a {type(messages).__name__} is no table of pandas, Polars, DuckDB or PySpark"
        raise InvalidRequest.of(messages=words) from None
    there = frame.collect_schema().names()
    if missing := [name for name in columns if name not in there]:
        words = f"the columns {', '.join(missing)} are missing: a table `messages` is needed"
        raise InvalidRequest.of(messages=words)
    chosen = frame.select(*dict.fromkeys(columns))
    # Categories stand in an order of their own, which other kinds of tables don't have.
    kinds = chosen.collect_schema()
    named = [name for name, kind in kinds.items() if kind in {nw.Categorical, nw.Enum}]
    return chosen.with_columns(*(nw.col(name).cast(nw.String) for name in named)) if named else chosen


def _given(frame: Frame) -> Any:
    """The table in the kind that came in."""
    native = frame.to_native()
    return native.reset_index(drop=True) if hasattr(native, "reset_index") else native


def _flags(conditions: Mapping[str, Any]) -> list[Any]:
    """Columns of ones and zeros, which every kind of table can sum quickly."""
    return [condition.cast(nw.Int64).alias(name) for name, condition in conditions.items()]


def _grouped(frame: Frame, keys: Iterable[str], counts: Iterable[str], *further: Any) -> Frame:
    """One row for each value of the keys, with sums of counts, and further aggregates."""
    sums = [nw.col(name).sum() for name in counts]
    found = frame.group_by(*keys).agg(*sums, *further)
    there = found.collect_schema().names()
    whole = [name for name in dict.fromkeys((*counts, "sessions")) if name in there]
    return found.with_columns(*(nw.col(name).cast(nw.Int64) for name in whole))


def _counted(frame: Frame) -> Frame:
    """With what `COUNTS` sums beside each message."""
    sides = {name: nw.col("direction") == name for name in ("inbound", "outbound")}
    return frame.with_columns(nw.lit(1).alias("messages"), *_flags(sides))


def _only(frame: Frame) -> Any:
    """The only value of a frame."""
    return (frame.collect() if isinstance(frame, nw.LazyFrame) else frame).item()


def _numbered(frame: Frame, gap: timedelta) -> Frame:
    """With the number of its conversation beside each message."""
    before = nw.col("at").shift(1).over(*SESSION, order_by=ORDER)
    silence = nw.col("at") - before
    begins = nw.when(silence.is_null() | (silence >= gap)).then(1).otherwise(0)
    marked = frame.with_columns(begins.cast(nw.Int64).alias("_begins"))
    number = nw.col("_begins").cum_sum().over(*SESSION, order_by=ORDER)
    return marked.with_columns(number.alias("conversation"))


def _runs(messages: Any, gap: timedelta) -> Frame:
    """What one side said in a row: its direction, beginning and end, and how many messages."""
    frame = _numbered(_frame(messages, *SESSION, *ORDER, "direction"), gap)
    before = nw.col("direction").shift(1).over(*SESSION, order_by=ORDER)
    turns = nw.when(before.is_null() | (before != nw.col("direction"))).then(1).otherwise(0)
    marked = frame.with_columns(turns.cast(nw.Int64).alias("_turns"), nw.lit(1).alias("messages"))
    run = nw.col("_turns").cum_sum().over(*SESSION, order_by=ORDER)
    first = nw.col("direction").min(), nw.col("conversation").min()
    ends = nw.col("at").min().alias("started_at"), nw.col("at").max().alias("_ended")
    return _grouped(marked.with_columns(run.alias("_run")), (*SESSION, "_run"), ("messages",), *first, *ends)


def _weekday(local: Any) -> Any:
    """From 1 for Monday to 7; Spark has 0 for Sunday."""
    day = local.dt.weekday().cast(nw.Int64)
    return nw.when(day == 0).then(nw.lit(7)).otherwise(day).cast(nw.Int64)


def _seconds(frame: Frame, later: Any, earlier: Any) -> Any:
    """The whole seconds between two times."""
    if not frame.implementation.is_spark_like():
        return (later - earlier).dt.total_seconds()
    # Spark has no spans, but its times are numbers of seconds.
    span = later.cast(nw.Float64) - earlier.cast(nw.Float64)
    return (span + 0.0005).floor().cast(nw.Int64)


def _check_period(by: str) -> None:
    if by not in PERIODS:
        raise InvalidRequest.of(by=f"{by!r} is no period; there are {', '.join(PERIODS)}")


def _with_period(frame: Frame, by: str) -> Frame:
    """With the beginning of its period beside each message."""
    period = nw.col("_local").dt.truncate(PERIODS[by])
    if by != "week":
        return frame.with_columns(period.alias("period"))
    weekday = _weekday(nw.col("_local"))
    monday = period
    for day in range(2, 8):
        monday = nw.when(weekday == day).then(period.dt.offset_by(f"-{day - 1}d")).otherwise(monday)
    return frame.with_columns(monday.alias("period"))


def _local(frame: Frame, zone: str) -> Frame:
    """With the time in a zone, without saying so, beside each message."""
    wanted = zone_of(zone)
    schema = frame.collect_schema()["at"]
    kept = getattr(schema, "time_zone", None) or "UTC"
    at = nw.col("at")
    if kept == zone:
        return frame.with_columns(at.dt.replace_time_zone(None).alias("_local"))
    if kept not in UTC_NAMES:
        try:
            at = at.dt.convert_time_zone("UTC")
            frame = frame.with_columns(at)
        except NotImplementedError:
            words = f"the connection counts times in {kept}; say SET TimeZone = 'UTC' first"
            raise InvalidRequest.of(messages=words) from None
        at = nw.col("at")
    bare = at.dt.replace_time_zone(None) if getattr(schema, "time_zone", None) else at
    frame = frame.with_columns(bare.alias("_utc"))
    if zone in UTC_NAMES:
        return frame.with_columns(nw.col("_utc").alias("_local"))
    spans = list(_offsets(wanted, *_span(frame)))
    local = nw.col("_utc").dt.offset_by(f"{spans[0][1]}s")
    for since, seconds in spans[1:]:
        local = (
            nw.when(nw.col("_utc") >= since).then(nw.col("_utc").dt.offset_by(f"{seconds}s")).otherwise(local)
        )
    return frame.with_columns(local.alias("_local"))


def _span(frame: Frame) -> tuple[datetime, datetime]:
    """The earliest and the latest message."""
    found = frame.select(nw.col("_utc").min().alias("first"), nw.col("_utc").max().alias("last"))
    first, last = (found.collect() if isinstance(found, nw.LazyFrame) else found).row(0)
    if first is None or first != first:  # noqa: PLR0124 - as pandas has nothing
        nothing = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
        return nothing, nothing
    return first.to_pydatetime() if hasattr(first, "to_pydatetime") else first, last


def _offsets(zone: tzinfo, first: datetime, last: datetime) -> Iterator[tuple[datetime, int]]:
    """From when on a zone is how many seconds ahead of UTC, over a span; bounds are to the second."""
    moment = first
    seconds = _ahead(zone, moment)
    yield moment, seconds
    while moment < last:
        later = moment + timedelta(days=7)
        if _ahead(zone, later) != seconds:
            change = _change(zone, moment, later, seconds)
            seconds = _ahead(zone, change)
            yield change, seconds
        moment = later


def _change(zone: tzinfo, low: datetime, high: datetime, seconds: int) -> datetime:
    """When, between two moments, the offset changes."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if _ahead(zone, middle) == seconds else (low, middle)
    whole = high.replace(microsecond=0)
    return whole if _ahead(zone, whole) != seconds else whole + timedelta(seconds=1)


def _ahead(zone: tzinfo, utc: datetime) -> int:
    offset = utc.replace(tzinfo=UTC).astimezone(zone).utcoffset()
    return int(offset.total_seconds()) if offset else 0
