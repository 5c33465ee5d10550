"""Messages of a session: listed and sent (NetSapiens 3).

A draft is a checked request to send. The message's row, its thread and the changes of session lists follow
from it.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from msgnb_mocks.core.application import LISTED_AFTER
from msgnb_mocks.core.operations import Evidence, Json, Operation, Response
from msgnb_mocks.platforms.netsapiens.exchange import ACCEPTED, V2, Exchange, refuse
from msgnb_mocks.platforms.netsapiens.field_names import Record, bare
from msgnb_mocks.platforms.netsapiens.sessions import get_session, is_listed, unknown_user
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, HOSTNAME, State, Thread, uid

CHAT_TYPES = ("chat", "chat-media")
SMS_TYPES = ("sms", "mms")
MEDIA_TYPES = ("mms", "chat-media")
MEDIA_URL = "https://media.example/netsapiens"

# The client chooses the ID of a session (NetSapiens 3.2).
_SESSION_ID = re.compile(r"[A-Za-z0-9_]{32,}")
PHONE = re.compile(r"\+?[0-9]{7,15}")
SEPARATORS = re.compile(r"[ ().-]")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that was checked and can be sent."""

    user: str
    type: str
    text: str
    destinations: tuple[str, ...]
    from_number: str = ""
    media_type: str = ""
    media_size: int = 0

    @property
    def is_chat(self) -> bool:
        """Whether it stays inside the domain."""
        return self.type in CHAT_TYPES


def list_messages(exchange: Exchange) -> Response:
    """List the messages of a session, newest first."""
    session = get_session(exchange)
    if not is_listed(exchange, session):
        raise refuse(404, f"Message session {session.thread.id} does not exist")
    messages = _listed(exchange, session.thread.messages)
    # The newest message is the last of the thread, so a page is cut off its end and reversed.
    end = max(0, len(messages) - exchange.message_start())
    return exchange.rows(messages[max(0, end - exchange.limit()) : end][::-1])


def _listed(exchange: Exchange, messages: list[Record]) -> list[Record]:
    if "late-lists" not in exchange.state.quirks:
        return messages
    latest = bare(exchange.state.now() - LISTED_AFTER)
    return [message for message in messages if str(message.row["timestamp"]) <= latest]


def send_message(exchange: Exchange) -> Response:
    """Send a message to a session; an unknown ID starts a session."""
    session_id = exchange.parts["session"]
    if not _SESSION_ID.fullmatch(session_id):
        raise refuse(400, "messagesession must have at least 32 letters, digits or underscores")
    draft = _draft(exchange)
    sent = _send(exchange.state, draft, _thread(exchange.state, draft, session_id))
    return Response.of(sent.wire) if "send-answers-message" in exchange.state.quirks else ACCEPTED


def start_session(exchange: Exchange) -> Response:
    """Send a message in a new session."""
    draft = _draft(exchange)
    sent = _send(exchange.state, draft, _new_thread(exchange.state, draft, exchange.state.new_id()))
    return ACCEPTED if "start-answers-accepted" in exchange.state.quirks else Response.of(sent.wire)


def message_row(
    state: State,
    thread: Thread,
    kind: str,
    text: str,
    at: str,
    **values: Json,
) -> dict[str, Json]:
    """Return a message with every field of the contract; `values` are those that depend on its kind."""
    row: dict[str, Json] = {
        "id": state.message_id(),
        "timestamp": at,
        "type": kind,
        "domain": DOMAIN,
        "direction": "",
        "from-number": "",
        "from-user-id": None,
        "from-video-attendee-id": None,
        "from-user-agent": "",
        "dialed": "",
        "text": text,
        "terminating-user-id": None,
        "terminating-number": "",
        "status": "",
        "video-instance-id": None,
        "media-type": "",
        "media-size": 0,
        "deleted-datetime": "",
        "messagesession-reciever-hostname": HOSTNAME,
        "messagesession-id": thread.id,
        "messagesession-participants": None,
    }
    # Keyword arguments can't have hyphens.
    row.update({key.replace("_", "-"): value for key, value in values.items()})
    if "file-access-url" in state.quirks and kind == "mms":
        row["file-access-url"] = f"{MEDIA_URL}/{row['id']}"
        row["mime-type"] = row["media-type"]
    return row


def outbound_sms(user: str, number: str, remote: str) -> dict[str, Json]:
    """Return the fields of a message to numbers outside."""
    return {
        "direction": "term",
        "from_number": number,
        "from_user_id": uid(user),
        "dialed": remote,
        "terminating_number": remote,
    }


def inbound_sms(user: str, number: str, remote: str) -> dict[str, Json]:
    """Return the fields of a message from a number outside."""
    return {
        "direction": "orig",
        "from_number": remote,
        "dialed": number,
        "terminating_user_id": uid(user),
        "terminating_number": number,
    }


def chat(user: str, thread: Thread) -> dict[str, Json]:
    """Return the fields of a message between users."""
    others = ",".join(uid(member) for member in thread.members if member != user)
    participants = ",".join(map(uid, thread.members)) if thread.group else None
    return {
        "from_user_id": uid(user),
        "terminating_user_id": others,
        "messagesession_participants": participants,
    }


def _draft(exchange: Exchange) -> Draft:
    user, body = exchange.user(), exchange.body
    kind, text = body.get("type"), body.get("message")
    if kind not in CHAT_TYPES + SMS_TYPES:
        raise refuse(400, "type must be chat, chat-media, sms or mms")
    if not isinstance(text, str) or not text:
        raise refuse(400, "message is required")
    media_type, media_size = _media(body) if kind in MEDIA_TYPES else ("", 0)
    if kind in CHAT_TYPES:
        members = _colleagues(exchange.state, body)
        return Draft(user, kind, text, members, media_type=media_type, media_size=media_size)
    number = _own_number(exchange.state, user, body.get("from-number"))
    return Draft(user, kind, text, _outsiders(body), number, media_type, media_size)


def _media(body: Mapping[str, Json]) -> tuple[str, int]:
    data, mime = body.get("data"), body.get("mime-type")
    if not isinstance(data, str) or not data:
        raise refuse(400, "data is required for media")
    if not isinstance(mime, str) or "/" not in mime:
        raise refuse(400, "mime-type is required for media")
    try:
        content = b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise refuse(400, "data is not base64") from None
    # Counted here, because clients send `size` as a number, as text, or not at all (NetSapiens 3.2).
    return mime, len(content)


def _destinations(body: Mapping[str, Json]) -> list[str]:
    given = body.get("destination")
    listed = given if isinstance(given, list) else [given]
    texts = [str(each).strip() for each in listed if isinstance(each, str | int) and str(each).strip()]
    if not texts or len(texts) != len(listed):
        raise refuse(400, "destination is required")
    return texts


def _colleagues(state: State, body: Mapping[str, Json]) -> tuple[str, ...]:
    numbers = [each.removesuffix(f"@{DOMAIN}") for each in _destinations(body)]
    if missing := next((number for number in numbers if number not in state.users), None):
        raise unknown_user(missing)
    return tuple(dict.fromkeys(numbers))


def _outsiders(body: Mapping[str, Json]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_digits(each, "destination") for each in _destinations(body)))


def _own_number(state: State, user: str, given: Json) -> str:
    if not isinstance(given, str | int) or not str(given).strip():
        raise refuse(400, "from-number is required")
    number = _digits(str(given), "from-number")
    record = state.numbers.get(number)
    if record is None or (record.row["application"], record.row["dest"]) != ("user", user):
        raise refuse(400, f"from-number {number} is not assigned to user {user}")
    return number


def _digits(given: str, field: str) -> str:
    number = SEPARATORS.sub("", given)
    if not PHONE.fullmatch(number):
        raise refuse(400, f"{field} {given} is not a phone number")
    # Live servers read a number of ten digits as a national one.
    return f"1{number}" if len(number) == 10 else number.removeprefix("+")


def _thread(state: State, draft: Draft, session_id: str) -> Thread:
    thread = state.threads.get(session_id)
    if thread is None:
        return _new_thread(state, draft, session_id)
    if draft.user not in thread.members:
        raise refuse(403, "Permission Denied")
    if thread.is_chat != draft.is_chat:
        raise refuse(400, f"type {draft.type} does not fit the session")
    return thread


def _new_thread(state: State, draft: Draft, session_id: str) -> Thread:
    thread = Thread(session_id, state.now())
    if draft.is_chat:
        thread.members = tuple(dict.fromkeys((draft.user, *draft.destinations)))
        thread.group = len(thread.members) > 2
    else:
        thread.members = (draft.user,)
        thread.sms_number = draft.from_number
        thread.remote = ",".join(draft.destinations)
        thread.group = len(draft.destinations) > 1
    state.threads[session_id] = thread
    return thread


def _send(state: State, draft: Draft, thread: Thread) -> Record:
    now = state.now()
    remote = ",".join(draft.destinations)
    party = chat(draft.user, thread) if draft.is_chat else outbound_sms(draft.user, draft.from_number, remote)
    media = {"media_type": draft.media_type, "media_size": draft.media_size}
    row = message_row(state, thread, draft.type, draft.text, bare(now), status="sending", **party, **media)
    record = state.add_message(thread, row, now)
    for destination in draft.destinations:
        state.received.setdefault(destination, []).append(draft.text)
    for member in thread.members:
        state.file(thread, member, "read" if member == draft.user else "unread")
    return record


_ERRORS = (400, 401, 403, 404)
_USER = f"{V2}/domains/{{domain}}/users/{{user}}"
_MESSAGES = f"{_USER}/messagesessions/{{session}}/messages"

OPERATIONS = tuple(
    Operation(handler.__name__, method, path, handler, Evidence.DOCUMENTED, section, errors=_ERRORS)
    for handler, method, path, section in (
        (list_messages, "GET", _MESSAGES, "NetSapiens 3.1"),
        (send_message, "POST", _MESSAGES, "NetSapiens 3.2"),
        (start_session, "POST", f"{_USER}/messages", "NetSapiens 3.3"),
    )
)
