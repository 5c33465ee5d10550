"""Address books: one per user, and one that the domain shares (NetSapiens 5)."""

from __future__ import annotations

from datetime import datetime

from msgnb_mocks.core.operations import Evidence, Json, Operation, Response
from msgnb_mocks.platforms.netsapiens.exchange import ACCEPTED, V2, Exchange, refuse, total
from msgnb_mocks.platforms.netsapiens.field_names import Record
from msgnb_mocks.platforms.netsapiens.state import State, User

SHARED = ""
"""The key of the domain's address book; those of users have their number."""

FIELDS = (
    "name-first-name",
    "name-middle-name",
    "name-last-name",
    "email",
    "company",
    "phonenumber-work",
    "phonenumber-cell",
    "phonenumber-fax",
    "phonenumber-home",
    "tags",
)


def list_user_contacts(exchange: Exchange) -> Response:
    """List a user's contacts, with the domain's users if requested."""
    found = [record for user in exchange.users() for record in exchange.state.contacts[user].values()]
    if exchange.request.query.get("includeDomain") == "yes":
        found += [_directory_record(exchange.state, user) for user in exchange.state.users.values()]
    return exchange.page(found, single=True)


def count_user_contacts(exchange: Exchange) -> Response:
    """Count a user's contacts."""
    return total(sum(len(exchange.state.contacts[user]) for user in exchange.users()))


def create_user_contact(exchange: Exchange) -> Response:
    """Add a contact to a user's address book."""
    return _create(exchange, exchange.user())


def read_user_contact(exchange: Exchange) -> Response:
    """Read a contact of a user."""
    return Response.of(_get(exchange, exchange.user()).wire)


def update_user_contact(exchange: Exchange) -> Response:
    """Change a contact of a user."""
    _update(exchange, exchange.user())
    return ACCEPTED


def delete_user_contact(exchange: Exchange) -> Response:
    """Remove a contact of a user."""
    return _delete(exchange, exchange.user())


def list_shared_contacts(exchange: Exchange) -> Response:
    """List the contacts that a domain shares."""
    exchange.domain()
    return exchange.page(exchange.state.contacts[SHARED].values(), single=True)


def count_shared_contacts(exchange: Exchange) -> Response:
    """Count the contacts that a domain shares."""
    exchange.domain()
    return total(len(exchange.state.contacts[SHARED]))


def create_shared_contact(exchange: Exchange) -> Response:
    """Add a contact to the domain's address book."""
    exchange.manage_domain()
    return _create(exchange, SHARED)


def read_shared_contact(exchange: Exchange) -> Response:
    """Read a contact of the domain, as a list of one."""
    exchange.domain()
    return exchange.rows([_get(exchange, SHARED)], single=True)


def update_shared_contact(exchange: Exchange) -> Response:
    """Change a contact of the domain."""
    exchange.manage_domain()
    # 200 with the contact; changing a user's contact returns 202 (NetSapiens 5).
    return Response.of(_update(exchange, SHARED).wire)


def delete_shared_contact(exchange: Exchange) -> Response:
    """Remove a contact of the domain."""
    exchange.manage_domain()
    return _delete(exchange, SHARED)


def add_contact(state: State, book: str, fields: dict[str, str], at: datetime) -> Record:
    """Add a contact to an address book, and return it."""
    row = {"unique-id": state.new_id(), **dict.fromkeys(FIELDS, ""), **fields}
    record = state.encoder.record({**row, "created-datetime": state.encoder.time(at)})
    state.contacts[book][row["unique-id"]] = record
    return record


def _fields(body: dict[str, Json]) -> dict[str, str]:
    fields = {key: str(body[key]) for key in FIELDS if body.get(key) is not None}
    if not any(fields.values()):
        raise refuse(400, "A contact needs a name, an address or a number")
    return fields


def _create(exchange: Exchange, book: str) -> Response:
    fields = _fields(exchange.body)
    return Response.of(add_contact(exchange.state, book, fields, exchange.state.now()).wire)


def _get(exchange: Exchange, book: str) -> Record:
    contact = exchange.parts["contact"]
    record = exchange.state.contacts[book].get(contact)
    if record is None:
        raise refuse(404, f"Contact {contact} does not exist")
    return record


def _update(exchange: Exchange, book: str) -> Record:
    row = {**_get(exchange, book).row, **_fields(exchange.body)}
    record = exchange.state.encoder.record(row)
    exchange.state.contacts[book][row["unique-id"]] = record
    return record


def _delete(exchange: Exchange, book: str) -> Response:
    del exchange.state.contacts[book][_get(exchange, book).row["unique-id"]]
    return ACCEPTED


# Users in a list of contacts have `uid` instead of `unique-id` (NetSapiens 5).
def _directory_record(state: State, user: User) -> Record:
    return state.encoder.record(
        {
            "uid": user.uid,
            **dict.fromkeys(FIELDS, ""),
            "name-first-name": user.first_name,
            "name-last-name": user.last_name,
            "email": user.email,
            "phonenumber-work": user.number,
        }
    )


_ERRORS = (400, 401, 403, 404)
_SHARED = f"{V2}/domains/{{domain}}/contacts"
_USER = f"{V2}/domains/{{domain}}/users/{{user}}/contacts"

OPERATIONS = tuple(
    Operation(handler.__name__, method, path, handler, Evidence.DOCUMENTED, "NetSapiens 5", errors=_ERRORS)
    for handler, method, path in (
        (list_user_contacts, "GET", _USER),
        (count_user_contacts, "GET", f"{_USER}/count"),
        (create_user_contact, "POST", _USER),
        (read_user_contact, "GET", f"{_USER}/{{contact}}"),
        (update_user_contact, "PUT", f"{_USER}/{{contact}}"),
        (delete_user_contact, "DELETE", f"{_USER}/{{contact}}"),
        (list_shared_contacts, "GET", _SHARED),
        (count_shared_contacts, "GET", f"{_SHARED}/count"),
        (create_shared_contact, "POST", _SHARED),
        (read_shared_contact, "GET", f"{_SHARED}/{{contact}}"),
        (update_shared_contact, "PUT", f"{_SHARED}/{{contact}}"),
        (delete_shared_contact, "DELETE", f"{_SHARED}/{{contact}}"),
    )
)
