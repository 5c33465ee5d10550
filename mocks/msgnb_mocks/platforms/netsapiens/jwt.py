"""JSON web tokens: issued, renewed and revoked (NetSapiens 1.3)."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from datetime import timedelta

import orjson

from msgnb_mocks.core.operations import Evidence, Json, Operation, Response
from msgnb_mocks.platforms.netsapiens.exchange import ACCEPTED, V2, Exchange, refuse
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, HOSTNAME, TERRITORY, Grant, State, User
from msgnb_mocks.platforms.netsapiens.tokens import MFA_REQUIRED, SHOWN, check_second_factor, find_user

LIFE = timedelta(hours=24)
REFRESH_LIFE = timedelta(days=7)


def create_jwt(exchange: Exchange) -> Response:
    """Sign in for a JWT, renew one, or issue one for another user with an API key."""
    state, fields = exchange.state, exchange.body
    if "refresh" in fields:
        return _respond(_renew(state, str(fields["refresh"])))
    if "grant_type" not in fields:
        return _respond(_issue(state, _delegated(exchange)))
    user = find_user(state, fields)
    if fields["grant_type"] == "mfa":
        check_second_factor(state, user, fields)
        return _respond(_issue(state, user))
    if fields["grant_type"] != "password":
        raise refuse(400, "grant_type must be password or mfa")
    return _respond(_issue(state, user, partial=bool(user.passcode)))


def read_jwt(exchange: Exchange) -> Response:
    """Read the claims of the JWT that signs the request."""
    return Response.of(_own(exchange).claims)


def revoke_own_jwt(exchange: Exchange) -> Response:
    """Revoke the JWT that signs the request."""
    _revoke(exchange.state, _own(exchange))
    return ACCEPTED


def revoke_jwt(exchange: Exchange) -> Response:
    """Revoke a JWT by its ID, or all of a user."""
    state, wanted = exchange.state, exchange.parts["jwt"]
    found = [
        grant
        for grant in state.grants.values()
        if grant.claims and wanted in {grant.claims["jti"], grant.claims["sub"]}
    ]
    if not found:
        raise refuse(404, f"JWT {wanted} does not exist")
    if any(grant.user != exchange.caller.user for grant in found) and not exchange.caller.is_manager:
        raise refuse(403, "Permission Denied")
    for grant in found:
        _revoke(state, grant)
    return ACCEPTED


def _respond(grant: Grant) -> Response:
    return Response.of({"token": grant.access_token, "refresh": grant.refresh_token})


def _own(exchange: Exchange) -> Grant:
    if exchange.caller.claims is None:
        raise refuse(401, "The access token provided is no JWT")
    return exchange.caller


def _delegated(exchange: Exchange) -> User:
    if exchange.caller.access_token not in exchange.state.api_keys:
        raise refuse(403, "Permission Denied")
    number, domain = (str(exchange.body.get(key) or "") for key in ("user", "domain"))
    if domain != DOMAIN or number not in exchange.state.users:
        raise refuse(404, f"User {number} does not exist in domain {domain}")
    return exchange.state.users[number]


def _renew(state: State, refresh: str) -> Grant:
    old = state.refreshable.get(refresh)
    if old is None or old.claims is None or old.refresh_expires <= state.now():
        raise refuse(401, "Invalid refresh token")
    _revoke(state, old)
    return _issue(state, old.user)


def _revoke(state: State, grant: Grant) -> None:
    state.grants.pop(grant.access_token, None)
    state.refreshable.pop(grant.refresh_token, None)


def _issue(state: State, user: User, *, partial: bool = False) -> Grant:
    now = state.now()
    claims = _claims(state, user, MFA_REQUIRED if partial else user.scope)
    token = _sign(state, claims)
    refresh = _sign(state, {"jti": state.new_id(), "sub": user.uid})
    grant = Grant(user, token, refresh, now + LIFE, now + REFRESH_LIFE, claims=claims, partial=partial)
    state.grants[token] = grant
    # Without the second factor there is nothing to renew.
    if not partial:
        state.refreshable[refresh] = grant
    return grant


def _claims(state: State, user: User, scope: str) -> dict[str, Json]:
    # `time_out` is in milliseconds, the other times are in seconds (NetSapiens 1.3).
    now = int(state.now().timestamp())
    return {
        "aud": "ns",
        "exp": now + int(LIFE.total_seconds()),
        "iat": now,
        "iss": HOSTNAME,
        "jti": state.world.hex(state.random, 40),
        "sub": user.uid,
        "time_out": int(LIFE.total_seconds()) * 1000,
        "domain": DOMAIN,
        "territory": TERRITORY,
        "user": user.number,
        "user_email": user.email,
        "user_scope": scope,
        "displayName": user.name,
        "apiversion": state.version,
    }


def _sign(state: State, claims: dict[str, Json]) -> str:
    head = _encode(orjson.dumps({"typ": "JWT", "alg": "HS256"}))
    content = f"{head}.{_encode(orjson.dumps(claims))}"
    digest = hmac.new(state.client_secret.encode(), content.encode(), hashlib.sha256).digest()
    return f"{content}.{_encode(digest)}"


def _encode(content: bytes) -> str:
    # Base64 in a JWT has no padding.
    return urlsafe_b64encode(content).rstrip(b"=").decode()


_ERRORS = (400, 401, 403, 404)
_JWT = f"{V2}/jwt"

OPERATIONS = tuple(
    Operation(
        handler.__name__,
        method,
        path,
        handler,
        Evidence.DOCUMENTED,
        "NetSapiens 1.3",
        errors=errors,
        secrets=("jwt",),
        shown=SHOWN if handler is create_jwt else None,
    )
    for handler, method, path, errors in (
        (create_jwt, "POST", _JWT, _ERRORS),
        (read_jwt, "GET", _JWT, (401, 403)),
        (revoke_own_jwt, "DELETE", _JWT, (401, 403)),
        (revoke_jwt, "DELETE", f"{_JWT}/{{jwt}}", (401, 403, 404)),
    )
)
