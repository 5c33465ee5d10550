"""The field names and formats of rows on the wire.

Rows are stored as in the contract's tables: text is text, times are `YYYY-MM-DD HH:MM:SS`. A row is encoded
once, when it is stored; listing it only copies bytes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from msgnb_mocks.core.operations import Json

# 18 digits always fit into 64 bits; orjson writes no larger integers.
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,9})?")

# Servers return text that looks like a number as a number under these keys (NetSapiens 0).
NUMERIC_KEYS = frozenset(
    {
        "id",
        "messagesession-remote",
        "messagesession-sms-number",
        "messagesession-last-message",
        "messagesession-last-sender",
        "from-number",
        "dialed",
        "text",
        "terminating-number",
        "number",
        "phonenumber-work",
        "phonenumber-cell",
        "phonenumber-fax",
        "phonenumber-home",
    }
)

# Published examples have these names, while schemas and live clients use those ending in -datetime
# (NetSapiens 2).
TIMESTAMP_KEYS: Mapping[str, str] = {
    "messagesession-last-datetime": "messagesession-last-timestamp",
    "messagesession-start-datetime": "messagesession-start-timestamp",
    "messagesession-last-email-reminder-datetime": "messagesession-last-email-reminder-timestamp",
    "messagesession-agent-start-datetime": "messagesession-agent-start-timestamp",
    "deleted-datetime": "deleted-timestamp",
}

# The schema has the hyphenated names, the only published example those of the first version (NetSapiens 6).
V1_CALL_KEYS: Mapping[str, str] = {
    "core-server": "hostname",
    "call-session-id": "session_id",
    "call-orig-call-id": "orig_callid",
    "call-orig-match-uri": "orig_match",
    "call-orig-user": "orig_user",
    "call-orig-domain": "orig_domain",
    "call-orig-uri": "orig_uri",
    "call-orig-name": "orig_name",
    "caller-id-number": "ani",
    "call-dialed-number": "dnis",
    "call-by-action": "by_action",
    "call-by-user": "by_user",
    "call-by-domain": "by_domain",
    "call-by-call-id": "by_callid",
    "call-term-call-id": "term_callid",
    "call-term-user": "term_user",
    "call-term-domain": "term_domain",
    "call-term-uri": "term_uri",
    "call-start-datetime": "time_begin",
    "call-answer-datetime": "time_answer",
    "call-orig-info": "orig_call_info",
    "term-orig-info": "term_call_info",
    "call-audio-codec": "media",
}


@dataclass(frozen=True, slots=True)
class Record:
    """A stored row: its values, and the bytes that lists copy."""

    row: Mapping[str, Json]
    wire: orjson.Fragment


def bare(moment: datetime) -> str:
    """Return a time in the documented format: UTC, without a zone."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def iso(moment: datetime) -> str:
    """Return a time in the format that live servers use in sessions and subscriptions."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def number_like(value: Json) -> Json:
    """Return text that looks like a number as that number, and other values as they are."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        return value
    return float(value) if "." in value else int(value)


class RowEncoder:
    """Turns rows into records, by the quirks that are switched on."""

    def __init__(self, quirks: frozenset[str]) -> None:
        self.time = iso if "iso-datetimes" in quirks else bare
        self._numeric = "numeric-text" in quirks
        self._names: dict[str, str] = {}
        if "timestamp-keys" in quirks:
            self._names |= TIMESTAMP_KEYS
        if "v1-call-keys" in quirks:
            self._names |= V1_CALL_KEYS

    def record(self, row: Mapping[str, Json]) -> Record:
        """Return a row as it is stored."""
        return Record(row, orjson.Fragment(orjson.dumps(self._rename(row))))

    def _rename(self, row: Mapping[str, Json]) -> Mapping[str, Json]:
        if not self._numeric and not self._names:
            return row
        return {self._names.get(key, key): self._value(key, value) for key, value in row.items()}

    def _value(self, key: str, value: Json) -> Json:
        return number_like(value) if self._numeric and key in NUMERIC_KEYS else value
