"""Active calls: listed, made and ended (NetSapiens 6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from msgnb_mocks.core.operations import Evidence, Json, Operation, Response
from msgnb_mocks.platforms.netsapiens.exchange import ACCEPTED, V2, Exchange, refuse, total
from msgnb_mocks.platforms.netsapiens.field_names import Record, bare
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, HOSTNAME, State, User

# Written for a call that was not answered yet (NetSapiens 6).
UNANSWERED = "0000-00-00 00:00:00"


def list_domain_calls(exchange: Exchange) -> Response:
    """List the active calls of a domain."""
    exchange.manage_domain()
    return exchange.page(exchange.state.calls.values())


def list_user_calls(exchange: Exchange) -> Response:
    """List the active calls of a user."""
    return exchange.page(_calls(exchange))


def count_domain_calls(exchange: Exchange) -> Response:
    """Count the active calls of a domain."""
    exchange.manage_domain()
    return total(len(exchange.state.calls))


def count_user_calls(exchange: Exchange) -> Response:
    """Count the active calls of a user."""
    return total(len(list(_calls(exchange))))


def read_call(exchange: Exchange) -> Response:
    """Read an active call."""
    return Response.of(_get(exchange).wire)


def make_call(exchange: Exchange) -> Response:
    """Ring a user, and connect the call to a number."""
    state, body = exchange.state, exchange.body
    user = state.users[exchange.user()]
    call_id, dialed = (_required(body, key) for key in ("call-id", "call-term-user"))
    if call_id in state.calls:
        raise refuse(409, f"Call {call_id} already exists")
    row = call_row(state, user, call_id, dialed, started=state.now(), answered=None)
    row["call-orig-user"] = str(body.get("call-orig-user") or user.uid)
    row["caller-id-number"] = str(body.get("caller-id-number") or user.number)
    state.calls[call_id] = state.encoder.record(row)
    _publish(state, row, over=False)
    # Of the operations here only this one declares `synchronous`; elsewhere it is ignored (NetSapiens 0).
    return Response.of(state.calls[call_id].wire) if body.get("synchronous") == "yes" else ACCEPTED


def disconnect_call(exchange: Exchange) -> Response:
    """End an active call."""
    row = _get(exchange).row
    del exchange.state.calls[row["call-orig-call-id"]]
    _publish(exchange.state, row, over=True)
    # 200, while other deletions return 202 (NetSapiens 6).
    return Response.of({"code": 200, "message": "OK"})


def call_row(
    state: State, user: User, call_id: str, dialed: str, *, started: datetime, answered: timedelta | None
) -> dict[str, Json]:
    """Return an active call with every field of the contract; `answered` is the time until the answer."""
    leg = started.strftime("%Y%m%d%H%M%S")
    return {
        "core-server": HOSTNAME,
        "call-session-id": f"{leg}{state.random.randrange(10**6):06d}",
        "call-orig-call-id": call_id,
        "call-orig-match-uri": user.uid,
        "call-orig-user": user.number,
        "call-orig-domain": DOMAIN,
        "call-orig-uri": f"sip:{user.uid}",
        "call-orig-name": user.name,
        "caller-id-number": user.number,
        "call-dialed-number": dialed,
        "call-by-action": "CallRequest",
        "call-by-user": user.number,
        "call-by-domain": DOMAIN,
        "call-by-call-id": call_id,
        "call-term-call-id": f"{leg}-{state.new_id()}",
        "call-term-user": "",
        "call-term-domain": "*",
        "call-term-uri": f"sip:{dialed}@sip.netsapiens.example",
        "call-start-datetime": bare(started),
        "call-answer-datetime": UNANSWERED if answered is None else bare(started + answered),
        "call-orig-info": "active",
        # Not a slip: the contract calls it so (NetSapiens 6).
        "term-orig-info": "alerting" if answered is None else "active",
        "call-audio-codec": "PCMU",
    }


def _publish(state: State, row: Mapping[str, Json], *, over: bool) -> None:
    if state.publish is None:
        return
    users = {row["call-by-user"]}
    state.publish("call", users, state.event_names.call(row, over=over))
    state.publish("call_origid", users, state.event_names.origin(row, over=over))
    if over:
        taken = row["call-answer-datetime"]
        answered = None if taken == UNANSWERED else datetime.fromisoformat(f"{taken}+00:00")
        state.publish("cdr", users, state.event_names.record(row, answered=answered, now=state.now()))


def _calls(exchange: Exchange) -> Iterable[Record]:
    users = exchange.users()
    return (each for each in exchange.state.calls.values() if each.row["call-by-user"] in users)


def _get(exchange: Exchange) -> Record:
    user, call_id = exchange.user(), exchange.parts["call"]
    record = exchange.state.calls.get(call_id)
    if record is None or record.row["call-by-user"] != user:
        raise refuse(404, f"Call {call_id} does not exist")
    return record


def _required(body: dict[str, Json], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str | int) or not str(value):
        raise refuse(400, f"{key} is required")
    return str(value)


_ERRORS = (400, 401, 403, 404)
_DOMAIN = f"{V2}/domains/{{domain}}/calls"
_USER = f"{V2}/domains/{{domain}}/users/{{user}}/calls"

OPERATIONS = tuple(
    Operation(handler.__name__, method, path, handler, evidence, "NetSapiens 6", errors=errors)
    for handler, method, path, evidence, errors in (
        (list_domain_calls, "GET", _DOMAIN, Evidence.DOCUMENTED, _ERRORS),
        (list_user_calls, "GET", _USER, Evidence.DOCUMENTED, _ERRORS),
        (count_domain_calls, "GET", f"{_DOMAIN}/count", Evidence.DOCUMENTED, _ERRORS),
        (count_user_calls, "GET", f"{_USER}/count", Evidence.SEEN, _ERRORS),
        (read_call, "GET", f"{_USER}/{{call}}", Evidence.DOCUMENTED, _ERRORS),
        (make_call, "POST", _USER, Evidence.DOCUMENTED, (*_ERRORS, 409)),
        (disconnect_call, "DELETE", f"{_USER}/{{call}}", Evidence.DOCUMENTED, _ERRORS),
    )
)
