"""API keys: created with a key that may create others, shown once, never expiring (NetSapiens 1.2)."""

from __future__ import annotations

from msgnb_mocks.core.operations import Evidence, Json, Operation, Response
from msgnb_mocks.platforms.netsapiens.exchange import ACCEPTED, V2, Exchange, refuse
from msgnb_mocks.platforms.netsapiens.field_names import bare
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, SUPER_USER, TERRITORY, ApiKey, State, User

# A key begins with the scope of its user (NetSapiens 1.2).
PREFIXES = {SUPER_USER: "nss", "Reseller": "nsr", "Office Manager": "nsd"}
# Everything else is fixed when a key is created (NetSapiens 1.2).
CHANGEABLE = ("description", "ip-address", "allowed-models")
NOTES = "Store the key safely: it is shown this once."
SHORTEST_DESCRIPTION = 12


def read_own_key(exchange: Exchange) -> Response:
    """Read the API key that signs the request."""
    return Response.of(_own(exchange).row)


def list_keys(exchange: Exchange) -> Response:
    """List the API keys that were created with this one."""
    return Response.of([known.row for known in _made(exchange)])


def read_key(exchange: Exchange) -> Response:
    """Read an API key, as a list of one."""
    return Response.of([_get(exchange).row])


def create_key(exchange: Exchange) -> Response:
    """Create an API key; this is the only response that contains it."""
    caller = exchange.state.api_keys.get(exchange.caller.access_token)
    if caller is None or caller.row["can-create-keys"] != "yes":
        words = "API key creation only allowed using an API key with permission to create new API keys"
        raise refuse(403, words)
    user = exchange.state.users.get(str(exchange.body.get("user") or caller.user.number))
    if user is None:
        raise refuse(404, f"User {exchange.body['user']} does not exist in domain {DOMAIN}")
    made = add_key(exchange.state, user, _description(exchange.body), exchange.body, caller.row["key-id"])
    return Response.of({**made.row, "key": made.key, "notes": NOTES})


def update_key(exchange: Exchange) -> Response:
    """Change the description of an API key, and where and for what it is accepted."""
    found, body = _get(exchange), exchange.body
    if "description" in body:
        _description(body)
    found.row |= {key: body[key] for key in CHANGEABLE if key in body}
    return ACCEPTED


def revoke_key(exchange: Exchange) -> Response:
    """Revoke an API key immediately."""
    del exchange.state.api_keys[_get(exchange).key]
    return ACCEPTED


def add_key(state: State, user: User, description: str, wanted: dict[str, Json], maker: str = "") -> ApiKey:
    """Store a new API key of a user, and return it."""
    key_id = f"{PREFIXES.get(user.scope, 'nsu')}_{state.world.hex(state.random, 8)}"
    row: dict[str, Json] = {
        "description": description,
        "key-id": key_id,
        "reseller": str(wanted.get("reseller") or TERRITORY),
        "user": user.number,
        "domain": DOMAIN,
        "user-scope": user.scope,
        "ip-address": str(wanted.get("ip-address") or ""),
        "readonly": "yes" if wanted.get("readonly") == "yes" else "no",
        "can-create-keys": "yes" if wanted.get("can-create-keys") == "yes" else "no",
        "allowed-models": wanted.get("allowed-models") or "*",
        "created-datetime": bare(state.now()),
        "lastused-datetime": None,
    }
    made = ApiKey(key_id + state.world.hex(state.random, 48), user, row, maker)
    state.api_keys[made.key] = made
    return made


def _description(body: dict[str, Json]) -> str:
    description = str(body.get("description") or "")
    if len(description) < SHORTEST_DESCRIPTION:
        raise refuse(400, f"description must have at least {SHORTEST_DESCRIPTION} characters")
    return description


def _own(exchange: Exchange) -> ApiKey:
    own = exchange.state.api_keys.get(exchange.caller.access_token)
    if own is None:
        raise refuse(403, "Permission Denied")
    return own


def _made(exchange: Exchange) -> list[ApiKey]:
    own = _own(exchange).row["key-id"]
    return [known for known in exchange.state.api_keys.values() if known.maker == own]


def _get(exchange: Exchange) -> ApiKey:
    wanted = exchange.parts["key"]
    reach = [_own(exchange), *_made(exchange)]
    found = next((known for known in reach if known.row["key-id"] == wanted), None)
    if found is None:
        raise refuse(404, f"API key {wanted} does not exist")
    return found


_ERRORS = (400, 401, 403, 404)
_ALL = f"{V2}/apikeys"
_ONE = f"{_ALL}/{{key}}"

OPERATIONS = tuple(
    Operation(
        handler.__name__,
        method,
        path,
        handler,
        Evidence.DOCUMENTED,
        "NetSapiens 1.2",
        errors=errors,
        secrets=("key",),
    )
    for handler, method, path, errors in (
        (read_own_key, "GET", f"{_ALL}/~", (401, 403)),
        (list_keys, "GET", _ALL, (401, 403)),
        (create_key, "POST", _ALL, _ERRORS),
        (read_key, "GET", _ONE, (401, 403, 404)),
        (update_key, "PUT", _ONE, _ERRORS),
        (revoke_key, "DELETE", _ONE, (401, 403, 404)),
    )
)
