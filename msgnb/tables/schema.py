"""The schema of every table: its columns, their types, and what each column holds.

A column is declared once, here, and everything else follows from the declaration: the dtype of the DataFrame,
what `frame.msg.mask` replaces, what `archive.forget` removes, how a cell is exported, and the table reference
in the docs. To add a column, add it here and fill it in the platforms' `to_tables` modules.

* A table has the same columns and types for zero rows and for a million.
* This is the only module that names dtypes. A platform passes plain lists, column by column, which is several
  times faster than one dict per row.
* A column that declares nothing about its content (`holds=None`), or that no table declares, is treated as
  personal: masking replaces its values.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, get_args

from msgnb.core.addresses import installed_platforms
from msgnb.core.sending import SendState
from msgnb.tables.display import prepare_display

if TYPE_CHECKING:
    import pandas as pd

TEXT = "str"
TIME = "datetime64[us, UTC]"
COUNT = "Int64"
FLAG = "boolean"
CATEGORY = "category"

Role = Literal["id", "person", "address", "text", "url", "time", "amount", "category", "opaque"]
"""What a column holds.

`person` is a name; `address` a phone number, identity, user or email, or several separated by commas;
`opaque` anything at all, such as the platform's own object.
"""
STRICTEST: tuple[Role, ...] = (
    "opaque", "person", "address", "id", "text", "url", "category", "amount", "time",
)  # fmt: skip
"""The roles in the order in which masking prefers them, should two tables use one column name differently."""
WRITTEN: frozenset[Role] = frozenset({"id", "person", "address", "text", "url"})
"""Roles whose values are text, whatever a spreadsheet would make of them."""

CHANNELS = (
    "chat", "sms", "mms", "whatsapp", "messenger", "instagram", "telegram", "email", "other",
)  # fmt: skip
MESSAGE_STATUSES = ("accepted", "sent", "delivered", "read", "failed", "unknown")
CAMPAIGN_STATUSES = ("scheduled", "pending", "sending", "completed", "aborted", "failed")
DIRECTIONS = ("inbound", "outbound")


@dataclass(frozen=True)
class Column:
    """One column.

    Args:
        name: its name.
        dtype: its pandas dtype.
        holds: what its values are; `None` is treated as personal.
        doc: what it means, for the docs.
        choices: all values of a `category`.
        list_choices: returns all values of a `category` that depend on what is installed.
    """

    name: str
    dtype: str
    holds: Role | None
    doc: str
    choices: tuple[str, ...] = ()
    list_choices: Callable[[], Collection[str]] = tuple


@dataclass(frozen=True)
class Table:
    """One kind of table."""

    name: str
    doc: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return tuple(column.name for column in self.columns)

    def holding(self, *roles: Role) -> tuple[str, ...]:
        """The names of the columns that hold one of some roles."""
        return tuple(column.name for column in self.columns if column.holds in roles)

    def frame(
        self, size: int, values: Mapping[str, Any], *, raw: Sequence[Any] | None = None
    ) -> pd.DataFrame:
        """Return a DataFrame of this kind.

        Args:
            size: the number of rows.
            values: for each column a sequence of that length, or one text for all rows; a column that is
                left out has missing values only.
            raw: the platform's own objects, for a last column `raw`.

        Raises:
            KeyError: `values` names a column that the table does not have.
        """
        import pandas as pd  # noqa: PLC0415 - loads when first used

        prepare_display()
        unknown = values.keys() - set(self.names)
        if unknown:
            raise KeyError(f"table {self.name} has no column {', '.join(sorted(unknown))}")
        data = {column.name: _series(column, values.get(column.name), size) for column in self.columns}
        if raw is not None:
            data["raw"] = pd.Series(list(raw), dtype="object")
        return pd.DataFrame(data, copy=False)

    def joined(self, several: Sequence[Rows], *, raw: bool = False) -> pd.DataFrame:
        """Return one DataFrame of several pieces, with a last column `raw` if asked for."""
        size = sum(rows.size for rows in several)
        values = {column.name: _joined(column.name, several) for column in self.columns}
        objects = [each for rows in several for each in rows.raw] if raw else None
        return self.frame(size, values, raw=objects)

    def conform(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a DataFrame with exactly this table's columns and types.

        Columns that the frame lacks, such as those of an archive written before they existed, are filled with
        missing values.
        """
        empty = self.frame(0, {})
        return frame.reindex(columns=list(self.names)).astype(empty.dtypes)


@dataclass(frozen=True)
class Rows:
    """Rows that are not a DataFrame yet: how many, their values as `Table.frame` takes them, and raw objects.

    Joining lists is much faster than joining DataFrames, so what is read in small pieces becomes one table at
    the end instead of many.
    """

    size: int
    values: Mapping[str, Any]
    raw: Sequence[Any] = ()


def _joined(name: str, several: Sequence[Rows]) -> Any:
    """The values of one column of several pieces; a single text, or none, if all pieces share it."""
    given = [(rows.values.get(name), rows.size) for rows in several]
    if all(value is None or isinstance(value, str) for value, _ in given):
        alike = {value for value, _ in given}
        if len(alike) <= 1:
            return next(iter(alike), None)
    whole: list[Any] = []
    for value, size in given:
        whole += [value] * size if value is None or isinstance(value, str) else value
    return whole


def _choice(name: str, doc: str, choices: tuple[str, ...]) -> Column:
    return Column(name, CATEGORY, "category", doc, choices)


# Plain text and not a category: reading a table or an archive of a platform that is not installed works.
_PLATFORM = Column("platform", TEXT, "category", "name of the platform", list_choices=installed_platforms)
_ACCOUNT = Column(
    "account", TEXT, "address", "account that was read: bot identity, `user@domain` or account email"
)

SESSIONS = Table("sessions", "One row per conversation with one party or group.", (
    _PLATFORM,
    _ACCOUNT,
    Column("session", TEXT, "address", "ID of the session, as `messages()` takes it"),
    Column("contact", TEXT, "address", "ID or number of the other party; several are separated by commas"),
    Column("name", TEXT, "person", "name of the session or of the other party"),
    _choice("kind", "channel of the session", CHANNELS),
    Column("participants", TEXT, "address", "IDs of all parties, separated by commas, if the platform "
           "reports them"),
    Column("started_at", TIME, "time", "when it started"),
    Column("last_at", TIME, "time", "time of its last message"),
    Column("last_text", TEXT, "text", "text of its last message"),
    _choice("last_direction", "direction of its last message", DIRECTIONS),
    Column("unread", COUNT, "amount", "number of unread messages; 1 or 0 if the platform reports only "
           "whether there are any"),
))  # fmt: skip

MESSAGES = Table("messages", "One row per message.", (
    _PLATFORM,
    _ACCOUNT,
    Column("session", TEXT, "address", "ID of its session"),
    Column("message", TEXT, "id", "ID of the message"),
    Column("at", TIME, "time", "when it was sent or received"),
    _choice("direction", "`inbound` from the other party, `outbound` from the account", DIRECTIONS),
    Column("sender", TEXT, "address", "ID or number of the sender"),
    Column("recipient", TEXT, "address", "ID or number of the recipient; several are separated by commas"),
    _choice("kind", "channel of the message", CHANNELS),
    Column("content_type", TEXT, "category", "MIME type of the content"),
    Column("text", TEXT, "text", "its text, or a text that describes other content"),
    Column("media_url", TEXT, "url", "URL of its media"),
    Column("media_type", TEXT, "category", "MIME type of its media"),
    Column("media_size", COUNT, "amount", "size of its media in bytes"),
    _choice("status", "delivery status, if the platform reports it", MESSAGE_STATUSES),
    Column("error", TEXT, "text", "why it failed"),
    Column("campaign", TEXT, "id", "ID of the campaign it belongs to"),
))  # fmt: skip

CONTACTS = Table("contacts", "One row per contact.", (
    _PLATFORM,
    _ACCOUNT,
    Column("contact", TEXT, "address", "ID of the contact"),
    Column("name", TEXT, "person", "full name"),
    Column("phone", TEXT, "address", "phone number"),
    Column("email", TEXT, "address", "email address"),
    Column("group", TEXT, "person", "group or company"),
    Column("last_at", TIME, "time", "time of the last message, if the platform reports it"),
    Column("extras", TEXT, "opaque", "further properties as JSON text"),
))  # fmt: skip

SUBSCRIPTIONS = Table("subscriptions", "One row per event subscription, list membership or SMS plan.", (
    _PLATFORM,
    _ACCOUNT,
    Column("subscription", TEXT, "id", "ID of the subscription"),
    _choice("kind", "`events` posted to a URL, membership of a `list`, or a plan's `credit`",
            ("events", "list", "credit")),
    Column("topic", TEXT, "category", "model of the events, or the list"),
    Column("target", TEXT, "address", "URL that events are posted to, or the member"),
    Column("status", TEXT, "category", "status as reported by the platform"),
    Column("created_at", TIME, "time", "when it was created"),
    Column("expires_at", TIME, "time", "when it ends"),
    Column("posts", COUNT, "amount", "number of posted events"),
    Column("errors", COUNT, "amount", "number of posts that failed"),
    Column("credit", COUNT, "amount", "SMS credits left"),
))  # fmt: skip

CAMPAIGNS = Table("campaigns", "One row per campaign.", (
    _PLATFORM,
    _ACCOUNT,
    Column("campaign", TEXT, "id", "ID of the campaign"),
    Column("title", TEXT, "text", "its title"),
    Column("kind", TEXT, "category", "type as reported by the platform"),
    Column("text", TEXT, "text", "its text, or the name of its template"),
    Column("sender", TEXT, "address", "sender that recipients see"),
    _choice("status", "its progress", CAMPAIGN_STATUSES),
    Column("recipients", COUNT, "amount", "number of recipients"),
    Column("messages", COUNT, "amount", "number of messages: recipients × segments"),
    Column("segments", COUNT, "amount", "segments of one message"),
    Column("delivered_percent", COUNT, "amount", "share of recipients reached so far, 0 to 100"),
    Column("created_at", TIME, "time", "when it was created"),
    Column("scheduled_at", TIME, "time", "time it is planned for"),
))  # fmt: skip

EVENTS = Table("events", "One row per event, in the order in which they were received.", (
    _PLATFORM,
    _ACCOUNT,
    Column("event", TEXT, "id", "ID of the event: the message's ID for a posted message; generated on "
           "receipt if the platform sends none"),
    Column("topic", TEXT, "category", "model of a posted event, or category of a track"),
    Column("action", TEXT, "category", "what happened: a posted message is `inbound` or `outbound`, a "
           "session also `read`, a call `ringing`, `active` or `ended`"),
    Column("at", TIME, "time", "when it happened; time of receipt if the platform does not report it"),
    Column("session", TEXT, "address", "ID of the session it is about"),
    Column("contact", TEXT, "address", "ID or number of the other party"),
    Column("count", COUNT, "amount", "number of occurrences, if events are counted"),
    Column("value", TEXT, "text", "text of the message, or the track's value"),
    Column("duplicate_of", TEXT, "id", "`event` of the earlier row that reports the same event"),
    Column("extras", TEXT, "opaque", "everything that the platform sent, as JSON text"),
))  # fmt: skip

NUMBERS = Table("numbers", "One row per number that can send SMS.", (
    _PLATFORM,
    _ACCOUNT,
    Column("number", TEXT, "address", "the number"),
    Column("application", TEXT, "category", "use as reported by the platform: a user's, a call queue's, or "
           "available"),
    Column("owner", TEXT, "address", "user or queue that it belongs to"),
    Column("carrier", TEXT, "category", "carrier of its messages"),
    Column("mms", FLAG, "category", "whether it can send media"),
    Column("group_mms", FLAG, "category", "whether it can send to groups"),
))  # fmt: skip

CALLS = Table("calls", "One row per active call.", (
    _PLATFORM,
    _ACCOUNT,
    Column("call", TEXT, "id", "ID of the call, as `calls.hang_up()` takes it"),
    Column("user", TEXT, "address", "user whose call it is"),
    Column("caller", TEXT, "address", "number of the caller"),
    Column("caller_name", TEXT, "person", "name of the caller"),
    Column("called", TEXT, "address", "number that was dialled"),
    _choice("status", "`ringing`, or `active` once it was answered", ("ringing", "active")),
    Column("started_at", TIME, "time", "when it started"),
    Column("answered_at", TIME, "time", "when it was answered"),
    Column("codec", TEXT, "category", "audio codec"),
))  # fmt: skip

OUTCOMES = Table("outcomes", "One row per recipient of a campaign or a bulk change.", (
    Column("recipient", TEXT, "address", "the recipient"),
    _choice("state", "`sent`, `rejected` by the platform, `unknown` if it may have been sent, or `skipped` "
            "if nothing was sent", get_args(SendState)),
    _choice("status", "delivery status, if the platform reports it", MESSAGE_STATUSES),
    Column("message", TEXT, "id", "ID of the message"),
    Column("campaign", TEXT, "id", "ID of the campaign"),
    Column("error_code", TEXT, "category", "the platform's error code, or why it was skipped"),
    Column("error", TEXT, "text", "what went wrong"),
    Column("attempts", COUNT, "amount", "number of attempts; 0 if it was not attempted"),
    Column("at", TIME, "time", "time of the latest known status"),
))  # fmt: skip

RECIPIENTS = Table("recipients", "One row per row of a list of recipients; its other columns follow.", (
    Column("input", TEXT, "address", "what was given as the phone number"),
    Column("phone", TEXT, "address", "phone number in E.164 format"),
    Column("valid", FLAG, "category", "whether the recipient will receive the message"),
    Column("reason", TEXT, "text", "why the row is skipped, or a warning about it"),
    Column("duplicate_of", COUNT, "amount", "row that already has the same phone number, counted from 0"),
    Column("country", TEXT, "category", "two-letter code of its country"),
))  # fmt: skip

PLAN = Table("plan", "One row per recipient of a campaign that is not sent yet.", (
    Column("recipient", TEXT, "address", "the recipient"),
    Column("text", TEXT, "text", "text that the recipient would receive"),
    _choice("encoding", "SMS encoding", ("GSM-7", "UCS-2")),
    Column("characters", COUNT, "amount", "length in characters"),
    Column("segments", COUNT, "amount", "number of SMS that it uses"),
    Column("culprits", TEXT, "text", "characters that force UCS-2"),
    Column("suggestion", TEXT, "text", "the text in plain characters, if that makes it GSM-7"),
    Column("reason", TEXT, "text", "why it would not be sent, or a warning about it"),
))  # fmt: skip

DELIVERIES = Table("deliveries", "Columns added to `messages` if notifications are asked for.", (
    Column("accepted_at", TIME, "time", "when the platform accepted it"),
    Column("sent_at", TIME, "time", "when it left for the channel"),
    Column("delivered_at", TIME, "time", "when it was delivered to the device"),
    Column("read_at", TIME, "time", "when it was read"),
    Column("failed_at", TIME, "time", "when it failed"),
))  # fmt: skip

SCHEDULES = Table("schedules", "One row per message that is, or was, scheduled.", (
    _PLATFORM,
    _ACCOUNT,
    Column("schedule", TEXT, "id", "ID of the schedule, which is its message's ID"),
    Column("name", TEXT, "person", "its name"),
    Column("at", TIME, "time", "time it is planned for"),
    Column("recipient", TEXT, "address", "identity or list it goes to"),
    Column("content_type", TEXT, "category", "MIME type of its content"),
    Column("text", TEXT, "text", "its text, or a text that describes other content"),
    _choice("status", "its state", ("scheduled", "executed", "canceled")),
))  # fmt: skip

METRICS = Table("metrics", "One row per interval of a metric.", (
    _PLATFORM,
    _ACCOUNT,
    Column("metric", TEXT, "category", "its name"),
    Column("start_at", TIME, "time", "start of the interval"),
    Column("end_at", TIME, "time", "end of the interval"),
    Column("domain", TEXT, "category", "channel's domain, if the metric is split by it"),
    Column("count", COUNT, "amount", "the number"),
))  # fmt: skip

TICKETS = Table("tickets", "One row per ticket of the human desk.", (
    _PLATFORM,
    _ACCOUNT,
    Column("ticket", TEXT, "id", "ID of the ticket"),
    Column("number", COUNT, "amount", "its number, counted per bot"),
    Column("contact", TEXT, "address", "identity of the customer"),
    Column("agent", TEXT, "address", "identity of the agent"),
    Column("team", TEXT, "category", "team it was assigned to"),
    Column("status", TEXT, "category", "status as reported by the platform"),
    Column("closed", FLAG, "category", "whether it is closed"),
    Column("created_at", TIME, "time", "when it was created"),
    Column("opened_at", TIME, "time", "when an agent took it"),
    Column("first_response_at", TIME, "time", "time of the agent's first response"),
    Column("closed_at", TIME, "time", "when it was closed"),
    Column("unread", COUNT, "amount", "number of unread messages"),
    Column("rating", COUNT, "amount", "the customer's rating"),
    Column("tags", TEXT, "text", "its tags, separated by commas"),
))  # fmt: skip

TABLES: tuple[Table, ...] = (
    SESSIONS, MESSAGES, DELIVERIES, CONTACTS, SUBSCRIPTIONS, CAMPAIGNS, RECIPIENTS, PLAN, OUTCOMES, EVENTS,
    NUMBERS, CALLS, SCHEDULES, METRICS, TICKETS,
)  # fmt: skip

RAW = Column("raw", "object", "opaque", "the platform's own object, with `raw=True`")


def role_of(name: str, beside: Iterable[object] = ()) -> Role | None:
    """What a column holds, by its name; `None` if no table declares it.

    If tables declare one name differently, the strictest role counts, unless the table is recognized.

    >>> role_of("sender")
    'address'
    >>> role_of("favourite_colour") is None
    True
    >>> role_of("number"), role_of("number", TICKETS.names)
    ('address', 'amount')

    Args:
        name: the name of the column.
        beside: the names of all columns of its frame, by which a table is recognized.
    """
    return strictest(column.holds for column in _meant(name, beside))


def choices_of(name: str, beside: Iterable[object] = ()) -> tuple[object, ...]:
    """All values that a column may have, by its name as in `role_of`; empty if it may have any."""
    there = tuple(beside)
    known = is_recognized(name, there)
    meant = [_values(column, known=known) for column in _meant(name, there)]
    return tuple(dict.fromkeys(chain.from_iterable(meant))) if all(meant) else ()


def is_recognized(name: str, beside: Iterable[object]) -> bool:
    """Whether a column stands in a whole table that declares it, and is no user's own column of its name."""
    there = set(beside)
    return any(columns <= there for columns in _declared().get(name, {}))


def strictest(roles: Iterable[Role | None]) -> Role | None:
    """Return the role that masking prefers; `None`, which is personal, takes precedence over all."""
    found = set(roles)
    return None if None in found else next((role for role in STRICTEST if role in found), None)


def _values(column: Column, *, known: bool) -> tuple[object, ...]:
    """All values of a column; empty if it may have any.

    A table may be of a platform that is not installed; a user's own column proves itself by what is.
    """
    listed = () if known else tuple(column.list_choices())
    return (False, True) if column.dtype == FLAG else column.choices or listed


def _meant(name: str, beside: Iterable[object]) -> list[Column]:
    """The columns that a name may mean: of the tables that are recognized, or else of all tables."""
    declared = _declared().get(name, {})
    there = set(beside) if len(declared) > 1 else set()
    recognized = [column for columns, column in declared.items() if columns <= there]
    return recognized or list(declared.values())


@cache
def _declared() -> Mapping[str, Mapping[frozenset[str], Column]]:
    """The columns of all tables by their names, each by the columns that tell its table.

    Masking leaves out columns that may contain anything, so a table is recognized without them.
    """
    found: dict[str, dict[frozenset[str], Column]] = {RAW.name: {frozenset(): RAW}}
    for table in TABLES:
        whole = frozenset(table.names) - frozenset(table.holding("opaque"))
        for column in table.columns:
            found.setdefault(column.name, {})[whole] = column
    return found


def _series(column: Column, values: Any, size: int) -> Any:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    if values is None or isinstance(values, str):
        # One value is converted once, however many rows there are.
        return _array(column, [values]).repeat(size)
    return pd.Series(_array(column, values))


_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def _parse_times(values: Sequence[Any]) -> Any:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    # Every platform writes ISO 8601, with a T or a space and with or without a zone; without is UTC.
    times = pd.to_datetime(pd.Series(values, dtype="object"), utc=True, format="ISO8601", errors="coerce")
    # pandas chooses the unit by what it reads, while a table always has microseconds.
    times = times.dt.as_unit("us")
    # In UTC a time of the first or the last day may lie outside of Python's calendar.
    return times.where(times.between(_FIRST, _LAST)).array


def _array(column: Column, values: Sequence[Any]) -> Any:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    if column.dtype == CATEGORY:
        codes: dict[object, int] = {choice: code for code, choice in enumerate(column.choices)}
        # A value that is none of the choices becomes a missing one.
        found = [codes.get(value, -1) if isinstance(value, Hashable) else -1 for value in values]
        return pd.Categorical.from_codes(found, dtype=pd.CategoricalDtype(list(column.choices)))
    if column.dtype == TIME:
        try:
            return _parse_times(values)
        except TypeError:
            # Lists and objects are not times.
            return _parse_times([value if isinstance(value, Hashable) else None for value in values])
    dtype: Any = column.dtype  # pandas' stubs know literals only
    return pd.array(values, dtype=dtype)
