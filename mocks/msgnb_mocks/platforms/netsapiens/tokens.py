"""Signing in: pairs of tokens, issued and renewed (NetSapiens 1.1)."""

from __future__ import annotations

from datetime import timedelta
from hmac import compare_digest

from msgnb_mocks.core.operations import Evidence, Json, Operation, Refusal, Response
from msgnb_mocks.platforms.netsapiens.exchange import V2, Exchange, refuse
from msgnb_mocks.platforms.netsapiens.field_names import bare
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, HOSTNAME, TERRITORY, Grant, State, User

ACCESS_SECONDS = 3600
REFRESH_LIFE = timedelta(hours=24)
MFA_REQUIRED = "mfa_required"


def create_token(exchange: Exchange) -> Response:
    """Sign in with a password, or renew a pair of tokens."""
    # Some clients send the fields in the query (NetSapiens 1.1).
    grant = _grant(exchange, {**exchange.request.query, **_fields(exchange)})
    if grant.partial:
        return _challenge(exchange.state, grant)
    user = grant.user
    return Response.of(
        {
            "username": user.uid,
            "user": user.number,
            "territory": TERRITORY,
            "domain": DOMAIN,
            "department": "n/a",
            "uid": user.uid,
            "login": user.uid,
            "scope": user.scope,
            "user_email": user.email,
            "displayName": user.name,
            "access_token": grant.access_token,
            "expires_in": ACCESS_SECONDS,
            "token_type": "Bearer",
            "refresh_token": grant.refresh_token,
            "client_id": exchange.state.client_id,
            "apiversion": exchange.state.version,
        }
    )


def create_legacy_token(exchange: Exchange) -> Response:
    """Sign in at the URL of the first version, with a form."""
    grant = _grant(exchange, {**exchange.request.query, **exchange.request.form})
    if grant.partial:
        return _challenge(exchange.state, grant)
    return Response.of(
        {
            "access_token": grant.access_token,
            "expires_in": ACCESS_SECONDS,
            "scope": grant.user.scope,
            "token_type": "Bearer",
            "refresh_token": grant.refresh_token,
            "legacy": False,
            "domain": DOMAIN,
            "apiversion": exchange.state.version,
        }
    )


def read_version(exchange: Exchange) -> Response:
    """Return the server's version, name and time."""
    now = bare(exchange.state.now())
    return Response.of(
        {"apiversion": exchange.state.version, "hostname": HOSTNAME, "current-time": now},
    )


SHOWN = ("grant_type", "username", "client_id", "scope")
"""The fields of requests that sign in which are no secrets."""

OPERATIONS = (
    Operation(
        "create_token",
        "POST",
        f"{V2}/tokens",
        create_token,
        Evidence.DOCUMENTED,
        "NetSapiens 1.1",
        errors=(400, 401, 403),
        shown=SHOWN,
    ),
    Operation(
        "create_legacy_token",
        "POST",
        "/ns-api/oauth2/token/",
        create_legacy_token,
        Evidence.SEEN,
        "NetSapiens 1.1",
        errors=(400, 401, 403),
        shown=SHOWN,
    ),
    Operation("read_version", "GET", f"{V2}/version", read_version, Evidence.DOCUMENTED, "NetSapiens 0"),
)

OPEN = frozenset(operation.handler for operation in OPERATIONS)
"""The handlers that need no token."""


def _fields(exchange: Exchange) -> dict[str, Json]:
    kind = exchange.request.headers.get("content-type", "")
    if kind.startswith("application/x-www-form-urlencoded"):
        return dict(exchange.request.form)
    return exchange.body


def _grant(exchange: Exchange, fields: dict[str, Json]) -> Grant:
    state = exchange.state
    grant_type = fields.get("grant_type")
    if grant_type not in ("password", "refresh_token", "mfa"):
        raise refuse(400, "grant_type must be password, refresh_token or mfa")
    _check_client(state, fields)
    if grant_type == "refresh_token":
        return _renew(state, str(fields.get("refresh_token") or ""))
    user = find_user(state, fields)
    if grant_type == "mfa":
        check_second_factor(state, user, fields)
        return _issue(state, user)
    return _issue(state, user, partial=bool(user.passcode))


def _challenge(state: State, grant: Grant) -> Response:
    """Return the request for a second factor; its status is 403 in the documentation and 200 in fixtures."""
    body = {
        "access_token": grant.access_token,
        "scope": MFA_REQUIRED,
        "mfa_type": "authenticator",
        "mfa_vendor": "google",
        "ns_id_type": "subscriber",
    }
    return Response.of(body, 200 if "mfa-200" in state.quirks else 403)


def check_second_factor(state: State, user: User, fields: dict[str, Json]) -> None:
    """Check the passcode of a user with a second factor, and the token of the first step."""
    challenge = state.grants.get(str(fields.get("access_token") or ""))
    if challenge is None or not challenge.partial or challenge.user != user:
        raise refuse(401, "The access token provided is invalid")
    if not _same(str(fields.get("passcode") or ""), user.passcode):
        raise refuse(401, "Invalid passcode")
    # A challenge is answered once.
    del state.grants[challenge.access_token]


def _check_client(state: State, fields: dict[str, Json]) -> None:
    client_id, secret = (str(fields.get(key) or "") for key in ("client_id", "client_secret"))
    if not client_id or not secret:
        raise refuse(400, "client_id and client_secret are required")
    if client_id != state.client_id or not _same(secret, state.client_secret):
        raise refuse(401, "Invalid client credentials")


def find_user(state: State, fields: dict[str, Json]) -> User:
    """Return the user whose login and password the fields contain."""
    login, password = (str(fields.get(key) or "") for key in ("username", "password"))
    number, _, domain = login.partition("@")
    # The login may be an email address, too (NetSapiens 1.1).
    by_number = state.users.get(number) if domain == DOMAIN else None
    user = by_number or next((each for each in state.users.values() if each.email == login), None)
    if user is None or not _same(password, user.password):
        raise _failed_login(state)
    return user


def _failed_login(state: State) -> Refusal:
    if "token-answer-without-token" in state.quirks:
        return Refusal(Response.of({"apiversion": state.version}))
    return refuse(403, "Invalid User Login")


def _same(given: str, expected: str) -> bool:
    return compare_digest(given.encode(), expected.encode())


def _renew(state: State, refresh_token: str) -> Grant:
    old = state.refreshable.pop(refresh_token, None)
    if old is None or old.refresh_expires <= state.now():
        raise refuse(400, "Invalid refresh token")
    # The old access token ends, too, even within its hour.
    state.grants.pop(old.access_token, None)
    return _issue(state, old.user)


def _issue(state: State, user: User, *, partial: bool = False) -> Grant:
    now = state.now()
    expires = now + timedelta(seconds=ACCESS_SECONDS)
    grant = Grant(user, state.new_id(), state.new_id(), expires, now + REFRESH_LIFE, partial=partial)
    state.grants[grant.access_token] = grant
    # A challenge can't be renewed: that would be a way around the second factor.
    if not partial:
        state.refreshable[grant.refresh_token] = grant
    return grant
