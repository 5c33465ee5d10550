"""Message sessions: listed, changed, left and deleted (NetSapiens 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from msgnb_mocks.core.application import LISTED_AFTER
from msgnb_mocks.core.operations import Evidence, Json, Operation, Refusal, Response
from msgnb_mocks.platforms.netsapiens.exchange import ACCEPTED, V2, Exchange, refuse, total
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, Session, State


def list_domain_sessions(exchange: Exchange) -> Response:
    """List the message sessions of all users of a domain."""
    exchange.manage_domain()
    return _page(exchange, reversed(exchange.state.sessions.values()))


def list_user_sessions(exchange: Exchange) -> Response:
    """List the message sessions of a user."""
    return _page(exchange, _sessions(exchange))


def count_domain_sessions(exchange: Exchange) -> Response:
    """Count the message sessions of a domain."""
    exchange.manage_domain()
    return total(len(exchange.state.sessions))


def count_user_sessions(exchange: Exchange) -> Response:
    """Count the message sessions of a user."""
    return total(sum(len(exchange.state.inboxes[user]) for user in exchange.users()))


def read_session(exchange: Exchange) -> Response:
    """Read one message session, as a list of one."""
    return exchange.rows([get_session(exchange).record], single=True)


def update_session(exchange: Exchange) -> Response:
    """Rename a chat, change who takes part, or set the read mark."""
    session = get_session(exchange)
    changes = {key: change for key, change in _CHANGES.items() if key in exchange.body}
    if not changes:
        raise refuse(400, f"One of {', '.join(_CHANGES)} is required")
    for key, change in changes.items():
        change(exchange.state, session, exchange.body[key])
    return ACCEPTED


def leave_session(exchange: Exchange) -> Response:
    """Leave a chat."""
    session = _chat(get_session(exchange))
    _set_members(exchange.state, session, [m for m in session.thread.members if m != session.user])
    return ACCEPTED


def delete_session(exchange: Exchange) -> Response:
    """Remove a message session from the user's list."""
    exchange.state.remove(get_session(exchange))
    return ACCEPTED


def create_session(exchange: Exchange) -> Response:  # noqa: ARG001
    """Fail: a session starts with its first message."""
    # Most servers respond in this way instead of with 404 or 405 (NetSapiens 2).
    raise refuse(500, "Internal Server Error")


def get_session(exchange: Exchange) -> Session:
    """Return the session of the path; refuse if the user doesn't have it."""
    session = exchange.state.inboxes[exchange.user()].get(exchange.parts["session"])
    if session is None:
        raise refuse(404, f"Message session {exchange.parts['session']} does not exist")
    return session


def is_listed(exchange: Exchange, session: Session) -> bool:
    """Return whether a session is in the lists by now."""
    late = "late-lists" in exchange.state.quirks
    return not late or session.thread.started <= exchange.state.now() - LISTED_AFTER


def _sessions(exchange: Exchange) -> Iterable[Session]:
    users = exchange.users()
    if len(users) == 1:
        return reversed(exchange.state.inboxes[users[0]].values())
    return reversed(exchange.state.sessions.values())


def _page(exchange: Exchange, sessions: Iterable[Session]) -> Response:
    start = exchange.message_start()
    listed = (session for session in sessions if is_listed(exchange, session))
    found = islice(listed, start, start + exchange.limit())
    return exchange.rows([session.record for session in found], single=True)


def _chat(session: Session) -> Session:
    if not session.thread.is_chat:
        raise refuse(400, "Only chat sessions can be changed")
    return session


def _rename(state: State, session: Session, name: Json) -> None:
    _chat(session).thread.name = str(name)
    _refresh_all(state, session)


def _change_participants(state: State, session: Session, participants: Json) -> None:
    wanted = [part.strip().removesuffix(f"@{DOMAIN}") for part in str(participants).split(",")]
    members = list(dict.fromkeys(part for part in wanted if part))
    if session.user not in members:
        raise refuse(400, "participants must include the user; leave the session instead")
    if missing := next((member for member in members if member not in state.users), None):
        raise unknown_user(missing)
    _set_members(state, _chat(session), members)


def _mark(state: State, session: Session, status: Json) -> None:
    if status not in ("read", "unread"):
        raise refuse(400, "messagesession-last-status must be read or unread")
    session.last_status = status
    state.refresh(session)


_CHANGES: dict[str, Callable[[State, Session, Json], None]] = {
    "participants": _change_participants,
    "session-name": _rename,
    # Not documented, but a live client uses it (NetSapiens 2).
    "messagesession-last-status": _mark,
}


def unknown_user(number: str) -> Refusal:
    """Return the refusal of a chat with a user who doesn't exist."""
    return refuse(400, f"User {number} does not exist in domain {DOMAIN}")


def _set_members(state: State, session: Session, members: list[str]) -> None:
    thread = session.thread
    thread.members = tuple(members)
    # A group stays one when its members leave.
    thread.group = thread.group or len(members) > 2
    for gone in [each for each in state.views(thread) if each.user not in members]:
        state.remove(gone)
    for member in members:
        if thread.id not in state.inboxes[member]:
            state.file(thread, member, "unread")
    _refresh_all(state, session)


def _refresh_all(state: State, session: Session) -> None:
    for each in state.views(session.thread):
        state.refresh(each)


_ERRORS = (400, 401, 403, 404)
_DOMAIN = f"{V2}/domains/{{domain}}/messagesessions"
_USER = f"{V2}/domains/{{domain}}/users/{{user}}/messagesessions"

OPERATIONS = tuple(
    Operation(handler.__name__, method, path, handler, evidence, "NetSapiens 2", errors=errors)
    for handler, method, path, evidence, errors in (
        (list_user_sessions, "GET", _USER, Evidence.DOCUMENTED, _ERRORS),
        (list_domain_sessions, "GET", _DOMAIN, Evidence.DOCUMENTED, _ERRORS),
        (count_user_sessions, "GET", f"{_USER}/count", Evidence.SEEN, _ERRORS),
        (count_domain_sessions, "GET", f"{_DOMAIN}/count", Evidence.SEEN, _ERRORS),
        (read_session, "GET", f"{_USER}/{{session}}", Evidence.DOCUMENTED, _ERRORS),
        (update_session, "PUT", f"{_USER}/{{session}}", Evidence.DOCUMENTED, _ERRORS),
        (leave_session, "PUT", f"{_USER}/{{session}}/leave", Evidence.DOCUMENTED, _ERRORS),
        (delete_session, "DELETE", f"{_USER}/{{session}}", Evidence.DOCUMENTED, _ERRORS),
        (create_session, "POST", _USER, Evidence.SEEN, (401, 500)),
    )
)
