"""The contract of every table: its columns, their types and meaning.

* A table has the same columns and types for no row and for a million.
* This is the only module that names dtypes; a platform hands over plain lists, column by column, which is
  several times faster than a dict for each row.
* Text stays text: nothing guesses a number out of a phone number or an id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import pandas as pd

TIME = "datetime64[us, UTC]"
PLATFORMS = ("blip", "netsapiens", "smsdrop")
CHANNELS = (
    "chat", "sms", "mms", "whatsapp", "messenger", "instagram", "telegram", "email", "other",
)  # fmt: skip
MESSAGE_STATUSES = ("accepted", "sent", "delivered", "read", "failed", "unknown")
CAMPAIGN_STATUSES = ("scheduled", "pending", "sending", "completed", "aborted", "failed")
DIRECTIONS = ("inbound", "outbound")


@dataclass(frozen=True)
class Column:
    """One column: its name, what it means, and its type; `choices` make it a category."""

    name: str
    doc: str
    dtype: str = "str"
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """One kind of table."""

    name: str
    doc: str
    columns: tuple[Column, ...]

    def frame(
        self, size: int, values: Mapping[str, Any], *, raw: Sequence[Any] | None = None
    ) -> pd.DataFrame:
        """A DataFrame of this kind.

        Args:
            size: the number of rows.
            values: for each column a sequence of that length, or one text for all rows; a column that is
                left out is missing throughout.
            raw: the wire's objects, for a last column `raw`.
        """
        import pandas as pd  # noqa: PLC0415 - loads when first used

        import msgnb.analysis.accessor

        unknown = values.keys() - {column.name for column in self.columns}
        if unknown:
            raise KeyError(f"table {self.name} has no column {', '.join(sorted(unknown))}")
        data = {column.name: _series(column, values.get(column.name), size) for column in self.columns}
        if raw is not None:
            data["raw"] = pd.Series(list(raw), dtype="object")
        return pd.DataFrame(data, copy=False)

    def joined(self, several: Sequence[Rows], *, raw: bool = False) -> pd.DataFrame:
        """One DataFrame of this kind of several rows, with a last column `raw` where it is wanted."""
        size = sum(rows.size for rows in several)
        values = {column.name: _joined(column.name, several) for column in self.columns}
        objects = [each for rows in several for each in rows.raw] if raw else None
        return self.frame(size, values, raw=objects)


@dataclass(frozen=True)
class Rows:
    """Rows that are no table yet: how many, their values as `Table.frame` takes them, and the wire's objects.

    Lists are quickly joined; so what is read in small pieces becomes one table, instead of many.
    """

    size: int
    values: Mapping[str, Any]
    raw: Sequence[Any] = ()


def _joined(name: str, several: Sequence[Rows]) -> Any:
    """The values of one column of several rows; one text, or none, where it is that of all."""
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
    return Column(name, doc, "category", choices)


_PLATFORM = _choice("platform", "the platform", PLATFORMS)
_ACCOUNT = Column("account", "whose view it is: bot identity, user@domain or account e-mail")

SESSIONS = Table("sessions", "One row for each conversation with one party or group.", (
    _PLATFORM,
    _ACCOUNT,
    Column("session", "id of the session, as `messages()` takes it"),
    Column("contact", "id or number of the other party; several are separated by commas"),
    Column("name", "name of the session or of the other party"),
    _choice("kind", "channel of the session", CHANNELS),
    Column("participants", "ids of all parties, separated by commas, where the platform tells them"),
    Column("started_at", "time of its beginning", TIME),
    Column("last_at", "time of its last message", TIME),
    Column("last_text", "text of its last message"),
    _choice("last_direction", "direction of its last message", DIRECTIONS),
    Column("unread", "messages not read yet; where the platform only says whether, 1 or 0", "Int64"),
))  # fmt: skip

MESSAGES = Table("messages", "One row for each message.", (
    _PLATFORM,
    _ACCOUNT,
    Column("session", "id of its session"),
    Column("message", "id of the message"),
    Column("at", "time when it was sent or came in", TIME),
    _choice("direction", "`inbound` from the other party, `outbound` from the account", DIRECTIONS),
    Column("sender", "id or number of the sender"),
    Column("recipient", "id or number of the recipient; several are separated by commas"),
    _choice("kind", "channel of the message", CHANNELS),
    Column("content_type", "MIME type of the content"),
    Column("text", "its text, or the text that stands for other content"),
    Column("media_url", "address of its media"),
    Column("media_type", "MIME type of its media"),
    Column("media_size", "size of its media in bytes", "Int64"),
    _choice("status", "how far it came, as far as the platform tells", MESSAGE_STATUSES),
    Column("error", "why it failed"),
    Column("campaign", "id of the campaign it belongs to"),
))  # fmt: skip

CONTACTS = Table("contacts", "One row for each contact.", (
    _PLATFORM,
    _ACCOUNT,
    Column("contact", "id of the contact"),
    Column("name", "full name"),
    Column("phone", "phone number"),
    Column("email", "e-mail address"),
    Column("group", "group or company"),
    Column("last_at", "time of the last message, where the platform tells", TIME),
    Column("extras", "further properties as JSON text"),
))  # fmt: skip

SUBSCRIPTIONS = Table("subscriptions", "One row for each event subscription, list membership or credit.", (
    _PLATFORM,
    _ACCOUNT,
    Column("subscription", "id of the subscription"),
    _choice("kind", "`events` posted to a URL, membership of a `list`, or a plan's `credit`",
            ("events", "list", "credit")),
    Column("topic", "model of the events, or the list"),
    Column("target", "where events are posted, or the member"),
    Column("status", "the platform's word for its state"),
    Column("created_at", "time of its creation", TIME),
    Column("expires_at", "time when it ends", TIME),
    Column("posts", "events posted so far", "Int64"),
    Column("errors", "posts that failed", "Int64"),
    Column("credit", "SMS left", "Int64"),
))  # fmt: skip

CAMPAIGNS = Table("campaigns", "One row for each campaign.", (
    _PLATFORM,
    _ACCOUNT,
    Column("campaign", "id of the campaign"),
    Column("title", "its title"),
    Column("kind", "the platform's word for its kind"),
    Column("text", "its text, or the name of its template"),
    Column("sender", "the sender that recipients see"),
    _choice("status", "how far it came", CAMPAIGN_STATUSES),
    Column("recipients", "number of recipients", "Int64"),
    Column("messages", "number of messages: recipients × segments", "Int64"),
    Column("segments", "segments of one message", "Int64"),
    Column("delivered_percent", "share of recipients reached so far, 0 to 100", "Int64"),
    Column("created_at", "time of its creation", TIME),
    Column("scheduled_at", "time it is planned for", TIME),
))  # fmt: skip

EVENTS = Table("events", "One row for each event, in the order in which they came.", (
    _PLATFORM,
    _ACCOUNT,
    Column("event", "id of the event; of a posted message the message's, and where the platform gives none, "
           "one made when it came"),
    Column("topic", "model of a posted event, or category of a track"),
    Column("action", "what happened: a posted message is `inbound` or `outbound`, a session also `read`, a "
           "call `ringing`, `active` or `ended`"),
    Column("at", "time when it happened; where the platform does not tell, when it came", TIME),
    Column("session", "id of the session it is about"),
    Column("contact", "id or number of the other party"),
    Column("count", "how often, where events are counted", "Int64"),
    Column("value", "text of the message, or the track's value"),
    Column("duplicate_of", "`event` of the earlier row that told the same"),
    Column("extras", "all that the platform told, as JSON text"),
))  # fmt: skip

NUMBERS = Table("numbers", "One row for each number that SMS can go out from.", (
    _PLATFORM,
    _ACCOUNT,
    Column("number", "the number"),
    Column("application", "the platform's word for its use: a user's, a call queue's, or available"),
    Column("owner", "the user or queue that it belongs to"),
    Column("carrier", "who carries its messages"),
    Column("mms", "whether it takes media", "boolean"),
    Column("group_mms", "whether it takes groups", "boolean"),
))  # fmt: skip

CALLS = Table("calls", "One row for each call that is going on.", (
    _PLATFORM,
    _ACCOUNT,
    Column("call", "id of the call, as `hang_up()` takes it"),
    Column("user", "user whose call it is"),
    Column("caller", "number of the caller"),
    Column("caller_name", "name of the caller"),
    Column("called", "number that was dialled"),
    _choice("status", "`ringing`, or `active` once it was answered", ("ringing", "active")),
    Column("started_at", "time of its beginning", TIME),
    Column("answered_at", "time when it was answered", TIME),
    Column("codec", "audio codec"),
))  # fmt: skip

OUTCOMES = Table("outcomes", "One row for each recipient of a bulk send or change.", (
    Column("recipient", "whom it was for"),
    _choice("state", "`sent`, `rejected`, or `unknown` where that can't be known: look it up before you "
            "send again", ("sent", "rejected", "unknown")),
    _choice("status", "how far it came, as far as the platform tells", MESSAGE_STATUSES),
    Column("message", "id of the message"),
    Column("campaign", "id of the campaign"),
    Column("error_code", "the platform's code for what went wrong"),
    Column("error", "what went wrong"),
    Column("attempts", "how often it was tried; 0 where it was not", "Int64"),
    Column("at", "time of the latest that is known", TIME),
))  # fmt: skip

RECIPIENTS = Table("recipients", "One row for each row of a list of people; its other columns follow.", (
    Column("input", "what was given as the phone"),
    Column("phone", "the phone in E.164"),
    Column("valid", "whether it is to be sent to", "boolean"),
    Column("reason", "why not, or what is doubtful about it"),
    Column("duplicate_of", "row that has the same phone already, counted from 0", "Int64"),
    Column("country", "two letters of its country"),
))  # fmt: skip

PLAN = Table("plan", "One row for each recipient of a campaign that is to be sent.", (
    Column("recipient", "whom it would go to"),
    Column("text", "what would be said"),
    _choice("encoding", "how it goes as SMS", ("GSM-7", "UCS-2")),
    Column("characters", "its length, as a person counts it", "Int64"),
    Column("segments", "SMS that it takes", "Int64"),
    Column("culprits", "characters that force UCS-2"),
    Column("suggestion", "the text in plain characters, where that makes it GSM-7"),
    Column("reason", "why it would not be sent, or what is doubtful about it"),
))  # fmt: skip

DELIVERIES = Table("deliveries", "Columns added to `messages` where notifications are asked for.", (
    Column("accepted_at", "time when the platform took it", TIME),
    Column("sent_at", "time when it left for the channel", TIME),
    Column("delivered_at", "time when it was on the device", TIME),
    Column("read_at", "time when it was read", TIME),
    Column("failed_at", "time when it failed", TIME),
))  # fmt: skip

SCHEDULES = Table("schedules", "One row for each message that is to be sent later, or was.", (
    _PLATFORM,
    _ACCOUNT,
    Column("schedule", "id of the schedule, which is its message's"),
    Column("name", "its name"),
    Column("at", "time it is for", TIME),
    Column("recipient", "identity or list it goes to"),
    Column("content_type", "MIME type of its content"),
    Column("text", "its text, or the text that stands for other content"),
    _choice("status", "how it stands", ("scheduled", "executed", "canceled")),
))  # fmt: skip

METRICS = Table("metrics", "One row for each interval of a metric.", (
    _PLATFORM,
    _ACCOUNT,
    Column("metric", "its name"),
    Column("start_at", "beginning of the interval", TIME),
    Column("end_at", "end of the interval", TIME),
    Column("domain", "channel's domain, where the metric is split by it"),
    Column("count", "the number", "Int64"),
))  # fmt: skip

TICKETS = Table("tickets", "One row for each ticket of the human desk.", (
    _PLATFORM,
    _ACCOUNT,
    Column("ticket", "id of the ticket"),
    Column("number", "its number, counted by bot", "Int64"),
    Column("contact", "identity of the customer"),
    Column("agent", "identity of the agent"),
    Column("team", "team it was given to"),
    Column("status", "the platform's word for its state"),
    Column("closed", "whether it is closed", "boolean"),
    Column("created_at", "time of its creation", TIME),
    Column("opened_at", "time when an agent took it", TIME),
    Column("first_response_at", "time of the agent's first answer", TIME),
    Column("closed_at", "time when it was closed", TIME),
    Column("unread", "messages not read yet", "Int64"),
    Column("rating", "the customer's rating", "Int64"),
    Column("tags", "its tags, separated by commas"),
))  # fmt: skip

TABLES: tuple[Table, ...] = (
    SESSIONS, MESSAGES, DELIVERIES, CONTACTS, SUBSCRIPTIONS, CAMPAIGNS, RECIPIENTS, PLAN, OUTCOMES, EVENTS,
    NUMBERS, CALLS, SCHEDULES, METRICS, TICKETS,
)  # fmt: skip


def beside(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Two tables of the same rows as one."""
    import pandas as pd  # noqa: PLC0415

    return pd.concat([one, other], axis=1)


def below(*several: pd.DataFrame) -> pd.DataFrame:
    """Tables of one kind as one."""
    import pandas as pd  # noqa: PLC0415

    return pd.concat(several, ignore_index=True)


def with_raw(frame: pd.DataFrame, raw: Sequence[Any] | None) -> pd.DataFrame:
    """A table with the wire's objects as its last column, where they are given."""
    import pandas as pd  # noqa: PLC0415

    return frame if raw is None else frame.assign(raw=pd.Series(list(raw), dtype="object"))


def text_columns(values: Mapping[str, Any], size: int) -> pd.DataFrame:
    """Columns of text that no contract names."""
    columns = tuple(Column(name, "") for name in values)
    return Table("text", "", columns).frame(size, values)


def report(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Rows whose columns no contract names: .NET's durations become `timedelta64`, whole numbers `Int64`."""
    import pandas as pd  # noqa: PLC0415

    keys = list(dict.fromkeys(key for row in rows for key in row))
    return pd.DataFrame({key: _guessed([row.get(key) for row in rows]) for key in keys})


def _guessed(values: list[Any]) -> Any:
    import pandas as pd  # noqa: PLC0415

    known = [value for value in values if value is not None]
    if known and all(isinstance(value, str) and _SPAN.fullmatch(value) for value in known):
        # "2.00:58:27" are two days and some; pandas writes the days apart.
        spans = [
            None if value is None else re.sub(r"^(-?[0-9]+)\.(?=[0-9]+:)", r"\1 days ", value)
            for value in values
        ]
        return pd.Series(pd.to_timedelta(pd.Series(spans, dtype="object"))).dt.as_unit("us")
    if known and all(type(value) is int for value in known):
        return pd.Series(pd.array(values, dtype="Int64"))
    return pd.Series(pd.array(as_texts(values) or [None] * len(values), dtype="str"))


_SPAN = re.compile(r"-?([0-9]+\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?")


def _series(column: Column, values: Any, size: int) -> Any:
    import pandas as pd  # noqa: PLC0415

    if values is None or isinstance(values, str):
        return _array(column, [values]).repeat(size)
    return pd.Series(_array(column, values))


def _array(column: Column, values: Sequence[Any]) -> Any:
    import pandas as pd  # noqa: PLC0415

    if column.dtype == "category":
        codes = {choice: code for code, choice in enumerate(column.choices)}
        found = [codes.get(value, -1) for value in values]
        return pd.Categorical.from_codes(found, dtype=pd.CategoricalDtype(list(column.choices)))
    if column.dtype == TIME:
        # Every platform writes ISO 8601, with a T or a space and with or without a zone; without is UTC.
        times = pd.to_datetime(pd.Series(values, dtype="object"), utc=True, format="ISO8601", errors="coerce")
        return times.dt.as_unit("us").array
    dtype: Any = column.dtype  # pandas' stubs know literals only
    return pd.array(values, dtype=dtype)


def text(value: Any) -> str | None:
    """A wire value as text: numbers as they are written, an empty one as missing, objects as JSON."""
    if type(value) is str:
        return value or None
    if value is None:
        return None
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def columns(pages: Iterable[Sequence[Mapping[str, Any]]], *keys: str) -> dict[str, list[Any]]:
    """The values of some keys of all rows, as they are.

    Page by page, so that the rows of a page are read while they are still in the processor's cache, and are
    gone before the next page comes.
    """
    found: dict[str, list[Any]] = {key: [] for key in keys}
    for page in pages:
        for key, column in found.items():
            column += [row.get(key) for row in page]
    return found


def texts(rows: Sequence[Mapping[str, Any]], key: str) -> list[str | None] | None:
    """The values of one key of all rows, as text; `None` where there is none at all."""
    return as_texts([row.get(key) for row in rows])


def as_texts(found: list[Any]) -> list[str | None] | None:
    """Wire values as text; `None` where there is none at all."""
    kinds = set(map(type, found))
    if kinds <= {NoneType}:
        return None
    # Looking at all types at once is several times faster than at each value.
    return [value or None for value in found] if kinds <= {str, NoneType} else list(map(text, found))


def counts(rows: Sequence[Mapping[str, Any]], key: str) -> list[int | None]:
    """The values of one key of all rows, as counts; text such as "4" is read as its number."""
    return [count(row.get(key)) for row in rows]


def flags(rows: Sequence[Mapping[str, Any]], key: str) -> list[bool | None]:
    """The values of one key of all rows as yes or no, which some platforms write as words."""
    words = {"yes": True, "true": True, "no": False, "false": False}
    return [words.get(str(row.get(key)).lower()) for row in rows]


def count(value: Any) -> int | None:
    """A wire value as a count, `None` where it is none."""
    try:
        return None if value is None or value == "" else int(value)
    except (TypeError, ValueError):
        return None
