"""Posted events: rows of messages, sessions and calls with the field names of the first version.

Receivers that work in production read those names, with all values as text; with the quirk `v2-event-keys`
events have the hyphenated names of the lists instead (NetSapiens 7.4, 7.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from msgnb_mocks.core.operations import Json
from msgnb_mocks.platforms.netsapiens.field_names import NUMERIC_KEYS, V1_CALL_KEYS, number_like

Row = Mapping[str, Json]

V1_MESSAGE_KEYS: Mapping[str, str] = {
    "id": "id",
    "timestamp": "timestamp",
    "domain": "domain",
    "type": "type",
    "direction": "direction",
    "from-number": "from_num",
    "from-user-id": "from_uid",
    "dialed": "dialed",
    "text": "text",
    "terminating-user-id": "term_uid",
    "terminating-number": "term_num",
    "status": "status",
    "media-type": "media_type",
    "media-size": "media_size",
    "messagesession-id": "session_id",
    # The misspelling is the contract's (NetSapiens 2).
    "messagesession-reciever-hostname": "hostname",
}
V1_SESSION_KEYS: Mapping[str, str] = {
    "user": "user",
    "domain": "domain",
    "messagesession-id": "session_id",
    "messagesession-remote": "remote",
    "messagesession-sms-number": "smsani",
    "messagesession-last-message": "last_mesg",
    "messagesession-last-type": "last_mesg_type",
    "messagesession-last-sender": "last_sender",
    "messagesession-last-status": "last_status",
    "messagesession-last-datetime": "last_timestamp",
}
# In events, legs have these names in addition to those of the list of calls.
_LEG_KEYS: Mapping[str, str] = {
    "call-session-id": "sessionId",
    "call-orig-user": "orig_sub",
    "call-orig-uri": "orig_from_uri",
    "call-orig-name": "orig_from_name",
    "caller-id-number": "orig_from_user",
    "call-dialed-number": "orig_to_user",
    "call-term-uri": "term_to_uri",
    "call-start-datetime": "time_start",
}
_ORIGIN_KEYS = (
    "orig_callid", "orig_from_uri", "orig_from_name", "orig_to_user", "orig_user", "orig_domain", "by_user",
    "by_domain", "term_user", "term_domain", "term_to_uri", "orig_call_info", "term_call_info",
    "time_answer", "time_start", "remove",
)  # fmt: skip


class EventNames:
    """Turns rows of the lists into posted events, by the quirks that are switched on."""

    def __init__(self, quirks: frozenset[str]) -> None:
        self._modern = "v2-event-keys" in quirks
        self._numeric = "numeric-text" in quirks

    def message(self, row: Row) -> dict[str, Json]:
        """Return the event of a message that was sent or received."""
        return self._named(row, V1_MESSAGE_KEYS)

    def session(self, row: Row) -> dict[str, Json]:
        """Return the event of a user's session that changed."""
        return self._named(row, V1_SESSION_KEYS)

    def call(self, row: Row, *, over: bool) -> dict[str, Json]:
        """Return the event of a call that started, changed or ended."""
        gone = {"remove": "yes"} if over else {}
        if self._modern:
            return {**row, **gone}
        legs = {name: _text(row[key]) for key, name in _LEG_KEYS.items()}
        return {**self._named(row, V1_CALL_KEYS), **legs, **gone}

    def origin(self, row: Row, *, over: bool) -> dict[str, Json]:
        """Return the event of the leg that a call started with."""
        if self._modern:
            return self.call(row, over=over)
        found = self.call(row, over=over)
        return {key: found[key] for key in _ORIGIN_KEYS if key in found}

    def record(self, row: Row, *, answered: datetime | None, now: datetime) -> dict[str, Json]:
        """Return the record of a call that ended; its times are in seconds since the epoch."""
        started = datetime.fromisoformat(str(row["call-start-datetime"])).replace(tzinfo=UTC)
        return {
            "cdr_id": str(row["call-session-id"]),
            "orig_sub": row["call-orig-user"],
            "term_sub": row["call-term-user"] or None,
            "orig_from_uri": row["call-orig-uri"],
            "orig_from_name": row["call-orig-name"],
            "orig_to_user": row["call-dialed-number"],
            "domain": row["call-by-domain"],
            "time_start": int(started.timestamp()),
            "time_answer": int(answered.timestamp()) if answered else None,
            "time_talking": int((now - answered).total_seconds()) if answered else 0,
        }

    def _named(self, row: Row, names: Mapping[str, str]) -> dict[str, Json]:
        if self._modern:
            return {key: self._value(key, value) for key, value in row.items()}
        return {name: self._value(key, _text(row[key])) for key, name in names.items()}

    def _value(self, key: str, value: Json) -> Json:
        return number_like(value) if self._numeric and key in NUMERIC_KEYS else value


def _text(value: Json) -> str:
    return "" if value is None else str(value)
