"""Event subscriptions: created, changed and deleted (NetSapiens 7.1); `posting` posts to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from msgnb_mocks.core.operations import Evidence, Json, Operation, Refusal, Response
from msgnb_mocks.platforms.netsapiens.exchange import ACCEPTED, V2, Exchange, refuse
from msgnb_mocks.platforms.netsapiens.field_names import Record
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, HOSTNAME, TERRITORY, Grant, State

MODELS = (
    "agent",
    "auditlog",
    "auditlog_lite",
    "call",
    "call_origid",
    "cdr",
    "message",
    "messagesession",
    "subscriber",
    "presence",
    "voicemail",
)
KEPT_FOR = timedelta(days=7)
"""How long an expired subscription is still listed; "some time" in the documentation."""
COUNTERS = ("error-count", "posts-count")
# What must differ between subscriptions is not published; this fits what clients have seen (NetSapiens 7.2).
IDENTITY = ("model", "post-url", "reseller", "domain", "user")

# Unlike other errors this one has no `code` (NetSapiens 7.1).
_CONFLICT = Response.of(
    {"message": "Subscription ID already Exists or matching set of parameters already exists"}, 409
)


def list_subscriptions(exchange: Exchange) -> Response:
    """List the event subscriptions that the caller may read."""
    return exchange.page(_visible(exchange))


def read_subscription(exchange: Exchange) -> Response:
    """Read an event subscription."""
    return Response.of(_get(exchange).wire)


def create_subscription(exchange: Exchange) -> Response:
    """Subscribe a URL to the events of one model."""
    state, body, caller = exchange.state, exchange.body, exchange.caller
    geo_support = "no" if "live-geo-default" in state.quirks else "yes"
    # Without a time of its own a subscription ends with the token that creates it (NetSapiens 7.3).
    row = subscription_row(
        state,
        model=_model(body.get("model")),
        post_url=_post_url(body.get("post-url")),
        scope=caller.user.scope,
        filters=_filters(exchange),
        created=state.now(),
        expires=_expiry(state, body) or state.encoder.time(caller.expires),
    )
    row["subscription-geo-support"] = _geo_support(body.get("subscription-geo-support", geo_support))
    row["preferred-server"] = str(body.get("preferred-server") or HOSTNAME)
    return Response.of(_store(state, row).wire)


def update_subscription(exchange: Exchange) -> Response:
    """Change where and until when an event subscription posts, or reset its counters."""
    state, body = exchange.state, exchange.body
    row = dict(_get(exchange).row)
    for key, check in _CHANGES.items():
        if key in body:
            row[key] = check(body[key])
    if expires := _expiry(state, body):
        row["subscription-expires-datetime"] = expires
    _store(state, row)
    return ACCEPTED


def delete_subscription(exchange: Exchange) -> Response:
    """Remove an event subscription; below Super User the body names the domain."""
    row = _get(exchange).row
    needs_body = not exchange.caller.is_super or "delete-needs-body" in exchange.state.quirks
    if needs_body and exchange.body.get("domain") not in (row["domain"], "~"):
        raise refuse(400, "domain is required in the body")
    del exchange.state.subscriptions[row["id"]]
    return ACCEPTED


def list_domain_subscriptions(exchange: Exchange) -> Response:
    """List the event subscriptions of a domain."""
    exchange.manage_domain()
    return list_subscriptions(exchange)


def create_domain_subscription(exchange: Exchange) -> Response:
    """Subscribe a URL to the events of one model in a domain."""
    exchange.manage_domain()
    return create_subscription(exchange)


def update_domain_subscription(exchange: Exchange) -> Response:
    """Change an event subscription of a domain."""
    exchange.manage_domain()
    return update_subscription(exchange)


def delete_domain_subscription(exchange: Exchange) -> Response:
    """Remove an event subscription of a domain."""
    exchange.manage_domain()
    return delete_subscription(exchange)


def subscription_row(
    state: State,
    *,
    model: str,
    post_url: str,
    scope: str,
    filters: dict[str, str],
    created: datetime,
    expires: str,
) -> dict[str, Json]:
    """Return a new event subscription with every field of the contract."""
    return {
        "id": state.new_id(),
        "subscription-geo-support": "yes",
        "post-url": post_url,
        "model": model,
        "user-scope": scope,
        **filters,
        "preferred-server": HOSTNAME,
        "current-active-server": "",
        "status": "pending",
        "error-count": 0,
        "posts-count": 0,
        "subscription-creation-datetime": state.encoder.time(created),
        "subscription-expires-datetime": expires,
    }


def _store(state: State, row: dict[str, Json]) -> Record:
    identity = [row[key] for key in IDENTITY]
    for other in state.subscriptions.values():
        if other.row["id"] != row["id"] and [other.row[key] for key in IDENTITY] == identity:
            raise Refusal(_CONFLICT)
    record = state.encoder.record(row)
    state.subscriptions[row["id"]] = record
    return record


def parse_expiry(row: Mapping[str, Json]) -> datetime:
    """Return the time when a subscription ends."""
    moment = datetime.fromisoformat(str(row["subscription-expires-datetime"]))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _sweep(state: State) -> None:
    """Delete subscriptions that expired long ago."""
    over = [
        name for name, each in state.subscriptions.items() if parse_expiry(each.row) + KEPT_FOR <= state.now()
    ]
    for name in over:
        del state.subscriptions[name]


def _visible(exchange: Exchange) -> list[Record]:
    _sweep(exchange.state)
    found = exchange.state.subscriptions.values()
    if exchange.caller.is_super and "domain" not in exchange.parts:
        return list(found)
    own = [record for record in found if record.row["domain"] == DOMAIN]
    if exchange.caller.is_manager:
        return own
    return [record for record in own if record.row["user"] == exchange.caller.user.number]


def _get(exchange: Exchange) -> Record:
    wanted = exchange.parts["subscription"]
    found = next((each for each in _visible(exchange) if each.row["id"] == wanted), None)
    if found is None:
        raise refuse(404, f"Subscription {wanted} does not exist")
    return found


def _filters(exchange: Exchange) -> dict[str, str]:
    body, caller = exchange.body, exchange.caller
    own = {"reseller": TERRITORY, "domain": DOMAIN, "user": caller.user.number}
    reseller = "*" if caller.is_super else TERRITORY
    domain = DOMAIN if "domain" in exchange.parts else "*"
    defaults = {"reseller": reseller, "domain": domain, "user": "*"}
    given = {key: str(body.get(key) or defaults[key]) for key in own}
    filters = {key: own[key] if value == "~" else value for key, value in given.items()}
    _check_reach(caller, filters)
    return filters


def _check_reach(caller: Grant, filters: dict[str, str]) -> None:
    if caller.is_super:
        return
    user_in_reach = caller.is_manager or filters["user"] == caller.user.number
    if (filters["reseller"], filters["domain"]) != (TERRITORY, DOMAIN) or not user_in_reach:
        raise refuse(403, "Permission Denied")


def _model(value: Json) -> str:
    if value not in MODELS:
        raise refuse(400, f"model must be one of {', '.join(MODELS)}")
    return str(value)


def _post_url(value: Json) -> str:
    if isinstance(value, str):
        try:
            url = urlsplit(value)
        except ValueError:
            raise refuse(400, "post-url must be a URL") from None
        if url.scheme in {"http", "https"} and url.netloc:
            return value
    raise refuse(400, "post-url must be a URL")


def _geo_support(value: Json) -> str:
    if value not in ("yes", "no"):
        raise refuse(400, "subscription-geo-support must be yes or no")
    return str(value)


def _counter(value: Json) -> int:
    if str(value) != "0":
        raise refuse(400, f"{' and '.join(COUNTERS)} can only be set to 0")
    return 0


def _expiry(state: State, body: dict[str, Json]) -> str | None:
    given = body.get("subscription-expires-datetime")
    if given is None or given == "":
        return None
    try:
        moment = datetime.fromisoformat(str(given))
        return state.encoder.time(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise refuse(400, "subscription-expires-datetime must be YYYY-MM-DD HH:MM:SS") from None


# Neither the filters nor the scope can be changed (NetSapiens 7.2).
_CHANGES: dict[str, Callable[[Json], Json]] = {
    "model": _model,
    "post-url": _post_url,
    "subscription-geo-support": _geo_support,
    "preferred-server": str,
    **dict.fromkeys(COUNTERS, _counter),
}

_ERRORS = (400, 401, 403, 404)
_ALL = f"{V2}/subscriptions"
_DOMAIN = f"{V2}/domains/{{domain}}/subscriptions"
_ONE = "{subscription}"

OPERATIONS = tuple(
    Operation(handler.__name__, method, path, handler, Evidence.DOCUMENTED, "NetSapiens 7.1", errors=errors)
    for handler, method, path, errors in (
        (list_subscriptions, "GET", _ALL, (400, 401, 404)),
        (create_subscription, "POST", _ALL, (400, 401, 403, 409)),
        (read_subscription, "GET", f"{_ALL}/{_ONE}", _ERRORS),
        (update_subscription, "PUT", f"{_ALL}/{_ONE}", (*_ERRORS, 409)),
        (delete_subscription, "DELETE", f"{_ALL}/{_ONE}", _ERRORS),
    )
)

DOMAIN_OPERATIONS = tuple(
    Operation(handler.__name__, method, path, handler, Evidence.DOCUMENTED, "NetSapiens 7.1", errors=errors)
    for handler, method, path, errors in (
        (list_domain_subscriptions, "GET", _DOMAIN, _ERRORS),
        (create_domain_subscription, "POST", _DOMAIN, (*_ERRORS, 409)),
        (update_domain_subscription, "PUT", f"{_DOMAIN}/{_ONE}", (*_ERRORS, 409)),
        (delete_domain_subscription, "DELETE", f"{_DOMAIN}/{_ONE}", _ERRORS),
    )
)
"""Operations that clusters of version 44 don't have."""
