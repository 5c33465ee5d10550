"""The two names that most fields have on the wire: hyphenated in lists, those of version 1 in events.

Some servers use the names of version 1 in lists too (NetSapiens 2, 6, 7.4), so both are read everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Names = Mapping[str, str]
"""The hyphenated name of each name of version 1."""

MESSAGE_KEYS: Names = {
    "from_num": "from-number",
    "from_uid": "from-user-id",
    "term_uid": "terminating-user-id",
    "term_num": "terminating-number",
    "media_type": "media-type",
    "media_size": "media-size",
    "session_id": "messagesession-id",
    "participants": "messagesession-participants",
    "hostname": "messagesession-reciever-hostname",
    "dir": "direction",
}
SESSION_KEYS: Names = {
    "session_id": "messagesession-id",
    "remote": "messagesession-remote",
    "smsani": "messagesession-sms-number",
    "last_mesg": "messagesession-last-message",
    "last_mesg_type": "messagesession-last-type",
    "last_sender": "messagesession-last-sender",
    "last_status": "messagesession-last-status",
    "last_timestamp": "messagesession-last-datetime",
    "start_timestamp": "messagesession-start-datetime",
    "participants": "messagesession-participants",
    "session_name": "messagesession-name",
}
# Events of calls have more names than lists have.
CALL_KEYS: Names = {
    "hostname": "core-server",
    "sessionId": "call-session-id",
    "session_id": "call-session-id",
    "orig_callid": "call-orig-call-id",
    "orig_match": "call-orig-match-uri",
    "orig_sub": "call-orig-user",
    "orig_user": "call-orig-user",
    "orig_domain": "call-orig-domain",
    "orig_from_uri": "call-orig-uri",
    "orig_uri": "call-orig-uri",
    "orig_from_name": "call-orig-name",
    "orig_name": "call-orig-name",
    "orig_from_user": "caller-id-number",
    "ani": "caller-id-number",
    "orig_to_user": "call-dialed-number",
    "dnis": "call-dialed-number",
    "by_action": "call-by-action",
    "by_sub": "call-by-user",
    "by_user": "call-by-user",
    "by_domain": "call-by-domain",
    "by_callid": "call-by-call-id",
    "term_callid": "call-term-call-id",
    "term_sub": "call-term-user",
    "term_user": "call-term-user",
    "term_domain": "call-term-domain",
    "term_to_uri": "call-term-uri",
    "term_uri": "call-term-uri",
    "time_start": "call-start-datetime",
    "time_begin": "call-start-datetime",
    "time_answer": "call-answer-datetime",
    "orig_call_info": "call-orig-info",
    "term_call_info": "term-orig-info",
    "media": "call-audio-codec",
}


def rename_rows(found: Sequence[Row], names: Names) -> Sequence[Row]:
    """Return rows with hyphenated names; unchanged if the first row has no others.

    A server uses the same names for all rows of one response.
    """
    if not found or not names.keys() & found[0].keys():
        return found
    return [rename_row(row, names) for row in found]


def rename_row(row: Row, names: Names) -> dict[str, Any]:
    """Return a row with hyphenated names; of two old names for one new name, the last with a value counts."""
    kept = {key: value for key, value in row.items() if key not in names}
    old = {key: value for key, value in row.items() if key in names}
    filled = {names[key]: value for key, value in old.items() if value is not None and value != ""}
    # Hyphenated names come last: if a server sends both, they count.
    return {**{names[key]: value for key, value in old.items()}, **filled, **kept}
