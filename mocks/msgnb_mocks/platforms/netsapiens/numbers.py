"""The SMS numbers of a domain and of its users (NetSapiens 4)."""

from __future__ import annotations

import re

from msgnb_mocks.core.operations import Evidence, Json, Operation, Response
from msgnb_mocks.platforms.netsapiens.exchange import ACCEPTED, V2, Exchange, refuse, total
from msgnb_mocks.platforms.netsapiens.field_names import Record
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, State

APPLICATIONS = ("available", "callqueue", "user")
CARRIER = "inteliquent"

_NUMBER = re.compile(r"\+?[0-9]{7,15}")


def list_domain_numbers(exchange: Exchange) -> Response:
    """List the SMS numbers of a domain."""
    exchange.manage_domain()
    query = exchange.request.query
    if "smsnumbers-needs-dest" in exchange.state.quirks and not query.keys() & {"dest", "number"}:
        raise refuse(400, "dest or number is required")
    # `dest=*` asks a server that insists on it for all numbers (NetSapiens 4).
    wanted = {key: query[key] for key in ("dest", "number") if query.get(key, "*") != "*"}
    found = [each for each in exchange.state.numbers.values() if _matches(each, wanted)]
    return exchange.page(found, single=True)


def list_user_numbers(exchange: Exchange) -> Response:
    """List the SMS numbers of a user."""
    return exchange.page(_numbers(exchange), single=True)


def count_user_numbers(exchange: Exchange) -> Response:
    """Count the SMS numbers of a user."""
    return total(len(_numbers(exchange)))


def create_number(exchange: Exchange) -> Response:
    """Add an SMS number to a domain."""
    exchange.manage_domain()
    number = str(exchange.body.get("number") or "")
    if not _NUMBER.fullmatch(number):
        raise refuse(400, "number is required")
    number = number.removeprefix("+")
    if number in exchange.state.numbers:
        raise refuse(409, f"SMS number {number} already exists")
    carrier = str(exchange.body.get("carrier") or CARRIER)
    row = number_row(number, _application(exchange), _dest(exchange), carrier)
    exchange.state.numbers[number] = exchange.state.encoder.record(row)
    # The example of this 202 repeats the number, unlike that of other writes (NetSapiens 4).
    return Response.of({key: row[key] for key in ("domain", "number", "application", "dest")}, 202)


def update_number(exchange: Exchange) -> Response:
    """Assign an SMS number to another user or application."""
    row = _get(exchange).row
    changes = {"application": _application(exchange), "dest": _dest(exchange)}
    if carrier := exchange.body.get("carrier"):
        changes["carrier"] = str(carrier)
    exchange.state.numbers[row["number"]] = exchange.state.encoder.record({**row, **changes})
    return ACCEPTED


def delete_number(exchange: Exchange) -> Response:
    """Remove an SMS number from a domain."""
    del exchange.state.numbers[_get(exchange).row["number"]]
    return ACCEPTED


def number_row(number: str, application: str, dest: str, carrier: str = CARRIER) -> dict[str, Json]:
    """Return an SMS number with every field of the contract."""
    return {
        "number": number,
        "application": application,
        "domain": DOMAIN,
        "carrier": carrier,
        "dest": dest,
        "mms-capable": True,
        "group-mms-capable": False,
    }


def _matches(record: Record, wanted: dict[str, str]) -> bool:
    return all(record.row[key] == value for key, value in wanted.items())


def _numbers(exchange: Exchange) -> list[Record]:
    users = exchange.users()
    return [each for each in exchange.state.numbers.values() if each.row["dest"] in users]


def _get(exchange: Exchange) -> Record:
    exchange.manage_domain()
    number = exchange.parts["number"].removeprefix("+")
    record = exchange.state.numbers.get(number)
    if record is None:
        raise refuse(404, f"SMS number {number} does not exist")
    return record


def _application(exchange: Exchange) -> str:
    application = exchange.body.get("application")
    if application not in APPLICATIONS:
        raise refuse(400, f"application must be one of {', '.join(APPLICATIONS)}")
    return str(application)


def _dest(exchange: Exchange) -> str:
    dest = str(exchange.body.get("dest") or "")
    if _application(exchange) == "user":
        _check_user(exchange.state, dest)
    return dest


def _check_user(state: State, dest: str) -> None:
    if dest not in state.users:
        raise refuse(400, f"User {dest} does not exist in domain {DOMAIN}")


_ERRORS = (400, 401, 403, 404)
_DOMAIN = f"{V2}/domains/{{domain}}/smsnumbers"
_USER = f"{V2}/domains/{{domain}}/users/{{user}}/smsnumbers"

OPERATIONS = tuple(
    Operation(handler.__name__, method, path, handler, Evidence.DOCUMENTED, "NetSapiens 4", errors=errors)
    for handler, method, path, errors in (
        (list_domain_numbers, "GET", _DOMAIN, _ERRORS),
        (list_user_numbers, "GET", _USER, _ERRORS),
        (count_user_numbers, "GET", f"{_USER}/count", _ERRORS),
        (create_number, "POST", _DOMAIN, (*_ERRORS, 409)),
        (update_number, "PUT", f"{_DOMAIN}/{{number}}", _ERRORS),
        (delete_number, "DELETE", f"{_DOMAIN}/{{number}}", _ERRORS),
    )
)
