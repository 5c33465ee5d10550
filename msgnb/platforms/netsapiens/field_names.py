"""The two names that most things have on the wire: hyphenated in lists, of the first version in events.

Lists were seen with the names of the first version too (NetSapiens 2, 6, 7.4), so both are read everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Names = Mapping[str, str]

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
# Events of calls have some more names than lists have.
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


def modern(found: Sequence[Row], names: Names) -> Sequence[Row]:
    """Rows under the hyphenated names; as they are where the first one has those already.

    A server spells all rows of one answer alike.
    """
    if not found or not names.keys() & found[0].keys():
        return found
    return [respelt(row, names) for row in found]


def respelt(row: Row, names: Names) -> dict[str, Any]:
    """One row under the hyphenated names; of two old names for the same the last one with a value counts."""
    kept = {key: value for key, value in row.items() if key not in names}
    named = {key: value for key, value in row.items() if key in names}
    told = {names[key]: value for key, value in named.items() if value is not None and value != ""}
    return {**{names[key]: value for key, value in named.items()}, **told, **kept}
