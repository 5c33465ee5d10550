"""Sign-in with password, second factor, JWT or API key, and the life of tokens (NetSapiens 1).

* One lock guards a token, so that threads that find it expired at the same time renew it once.
* A token that another process has renewed in a shared store is used before a new one is requested.
* The response to a sign-in says who signed in; user, domain and scope determine what they may read.
"""

from __future__ import annotations

import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from msgnb.core.errors import AuthError, MsgnbError, OutcomeUnknown, Rejected, SettingsError, Unreachable
from msgnb.core.http import READ, WRITE, Http, RetryPolicy, Signature
from msgnb.core.responses import Response
from msgnb.core.secrets import Hidden, Secret, parse_key, parse_password, prompt_secret, sealed
from msgnb.core.tokens import TokenStore
from msgnb.platforms.netsapiens import NAME

EARLY = 60.0
"""A token is renewed this many seconds before it expires, so that it doesn't expire in transit."""
LIFE = 3600.0
"""Seconds that a token lives if the response doesn't say."""
LONGEST_LIFE = 10 * 365 * 24 * 3600.0
"""A longer life than this is no number of seconds."""
KEPT = 24 * 3600.0
"""Seconds that a store keeps a pair of tokens: as long as the refresh token lives (NetSapiens 1.1)."""
MFA_REQUIRED = "mfa_required"
_LOGIN = ("client_id", "client_secret", "username", "password")

Passcode = str | Secret | Callable[[], str | Secret]
Fields = dict[str, str | Secret]


class TokenAnswer(Mapping[str, Any]):
    """The platform's response to a sign-in; it contains the tokens as text, but its repr does not show them.

    It is a mapping and not a `dict`, since some tools look into a `dict` instead of asking for its repr.
    """

    __slots__ = ("_fields",)

    @sealed
    def __init__(self, fields: Mapping[str, Any] | None = None, **more: Any) -> None:
        given = {**(fields or {}), **more}
        self._fields = {
            name: Secret(value) if _is_token(name) and isinstance(value, str) else value
            for name, value in given.items()
        }

    def __getitem__(self, name: str) -> Any:
        value = self._fields[name]
        return value.reveal() if isinstance(value, Secret) else value

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return repr(self._fields)


@dataclass(frozen=True)
class Identity:
    """Who is signed in; `scope` is the platform's name for a set of rights."""

    user: str = ""
    domain: str = ""
    scope: str = ""

    @property
    def manages(self) -> bool:
        """Whether the rights cover all users of the domain (NetSapiens 1.4)."""
        return self.scope in {"Super User", "Reseller", "Office Manager"}

    def __str__(self) -> str:
        return f"{self.user}@{self.domain}" if self.user and self.domain else self.domain


class SignIn(Protocol):
    """One way to sign in."""

    http: Http

    @property
    def account(self) -> str:
        """Who signs in: `user@domain` as soon as the platform has reported it, the username before."""
        ...

    @property
    def identity(self) -> Identity:
        """Who is signed in, as reported by the platform."""
        ...

    def headers(self) -> Signature:
        """Return the header that signs a request."""
        ...

    def renew(self, used: Signature) -> bool:
        """Get a new token after the server refused `used`; return whether to try again."""
        ...

    def secrets(self) -> Iterable[Secret]:
        """Return what must never be shown."""
        ...

    def sign_in(self) -> TokenAnswer:
        """Sign in again."""
        ...


@dataclass(frozen=True)
class Login:
    """What a person signs in with; `passcode` is the second factor, or a function that returns it."""

    client_id: str
    client_secret: Secret
    username: str
    password: Secret
    passcode: Secret | Hidden[Callable[[], str | Secret]] | None = None


@sealed
def make_login(
    client_id: str,
    client_secret: str | Secret,
    username: str,
    password: str | Secret,
    passcode: Passcode | None,
) -> Login:
    """Return what a person signs in with.

    Raises:
        SettingsError: a secret contains what it can't contain.
    """
    # A function is not shown either: that of a `functools.partial` has its arguments in its repr.
    second = (
        Hidden(passcode)
        if callable(passcode)
        else None
        if passcode is None
        else parse_key(passcode, f"{NAME}: passcode")
    )
    return Login(
        client_id,
        parse_password(client_secret, f"{NAME}: client_secret"),
        username,
        parse_password(password, f"{NAME}: password"),
        second,
    )


@dataclass(frozen=True)
class _Pair:
    """A token and its refresh token; `ends` is in seconds of this machine's clock."""

    access: Secret
    refresh: Secret | None
    ends: float
    identity: Identity = field(default_factory=Identity)

    @sealed
    def packed(self) -> Secret:
        """The pair as text for a store."""
        who = vars(self.identity)
        refresh = self.refresh.reveal() if self.refresh else None
        return Secret(orjson.dumps([self.access.reveal(), refresh, self.ends, who]).decode())

    @classmethod
    @sealed
    def unpacked(cls, text: Secret) -> _Pair | None:
        """The pair in the text of a store; `None` if the text is something else."""
        try:
            access, refresh, ends, who = orjson.loads(text.reveal())
            return cls(Secret(access), Secret(refresh) if refresh else None, float(ends), Identity(**who))
        except (TypeError, ValueError):
            return None


class TokenAuth:
    """Signs with a bearer token, which is refreshed before it expires or if the server refuses it."""

    path = "/tokens"

    def __init__(self, login: Login, store: TokenStore | None = None) -> None:
        self.http: Http
        self.identity = Identity()
        self._login = login
        self._passcode = login.passcode
        self._store = store
        self._pair: _Pair | None = None
        self._partial: Secret | None = None
        self._sent_passcode: Secret | None = None
        self._previous: _Pair | None = None
        # Reentrant: `headers` and `renew` call `sign_in`, which takes the lock itself, while they have it.
        self._lock = threading.RLock()

    @property
    def account(self) -> str:
        """`user@domain` as soon as the platform has reported it, the username before."""
        return str(self.identity) or self._login.username

    def headers(self) -> Signature:
        """Return the header that signs a request; signs in first if there is no valid token."""
        with self._lock:
            # A refresh uses up the refresh token, so the pair in the store, perhaps a newer one, comes first
            # (NetSapiens 1.1).
            if not self._lives():
                self._stored()
            if not self._lives():
                self._renewed()
            return self._signature()

    def renew(self, used: Signature) -> bool:
        """Refresh a token that the server refused, unless another thread or process has done so."""
        with self._lock:
            # If the signature has changed, another thread has renewed it, or a process that shares the store.
            if used == self._signature() and (self._stored() is None or used == self._signature()):
                self._renewed()
            return True

    def secrets(self) -> Iterable[Secret]:
        """Return what must never be shown."""
        # Read once: another thread may replace the pair in the meantime. What is no longer valid is included
        # too, since a server may complain about it.
        pairs, code = (self._pair, self._previous), self._passcode
        known = [self._login.client_secret, self._login.password, self._partial, self._sent_passcode]
        known += [token for pair in pairs if pair for token in (pair.access, pair.refresh)]
        known += [code] if isinstance(code, Secret) else []
        return [secret for secret in known if secret is not None]

    def sign_in(self) -> TokenAnswer:
        """Get a new token with the password, and with a second factor if the platform requires one."""
        with self._lock:
            login: Fields = {"username": self._login.username, "password": self._login.password}
            # A sign-in may be repeated: a second token does no harm.
            answer = self._grant("password", READ, login)
            if _is_challenge(answer):
                answer = self._second_step(answer, login)
            return self._keep(answer)

    @sealed
    def _signature(self) -> Signature:
        return {"Authorization": Secret(f"Bearer {self._pair.access.reveal() if self._pair else ''}")}

    def _lives(self) -> bool:
        return self._pair is not None and time.time() < self._pair.ends - EARLY

    def _stored(self) -> _Pair | None:
        """Use the pair in the store, and return it; `None` if there is none."""
        kept = self._store.get(self._account_key) if self._store else None
        found = _Pair.unpacked(kept) if kept else None
        if found:
            self._pair, self.identity = found, found.identity
        return found

    @property
    def _account_key(self) -> str:
        # With the path, since a bearer token and a JSON web token are not refreshed in the same way.
        return f"{NAME}|{self.http.base_url}{self.path}|{self._login.username}"

    def _renewed(self) -> TokenAnswer:
        refresh = self._pair.refresh if self._pair else None
        if refresh is not None:
            try:
                # A refresh token is valid once, so its request must not be repeated.
                return self._keep(self._refreshed(refresh, WRITE.once()))
            except Unreachable:
                raise  # it did not arrive, so the refresh token is still valid
            except OutcomeUnknown as error:
                # It may be still valid: if it is not, the platform will refuse it the next time.
                raise Unreachable(f"{error} The next request tries to refresh the token again.") from None
            except MsgnbError:
                # In any case the password still works.
                self._previous, self._pair = self._pair, None
        return self.sign_in()

    def _refreshed(self, refresh: Secret, policy: RetryPolicy) -> Any:
        return self._grant("refresh_token", policy, {"refresh_token": refresh})

    def _grant(self, kind: str, policy: RetryPolicy, fields: Fields) -> Any:
        client: Fields = {"client_id": self._login.client_id, "client_secret": self._login.client_secret}
        return self._post({"grant_type": kind, **client, **fields}, policy)

    def _post(self, body: Fields, policy: RetryPolicy) -> Any:
        # The challenge to a second factor has the status 200 or 403 (NetSapiens 1.1).
        answer = self.http.send(
            "POST", self.path, policy=policy, json=body, signed=False, accept=_challenges, hides=_is_token
        )
        return answer.body

    def _second_step(self, challenge: Any, login: Fields) -> Any:
        # Stored, so that `secrets` includes it while it is sent.
        self._partial = _parse_token(challenge)
        fields: Fields = {
            **login,
            "mfa_vendor": str(challenge.get("mfa_vendor") or "google"),
            "mfa_type": str(challenge.get("mfa_type") or "authenticator"),
            "ns_id_type": str(challenge.get("ns_id_type") or "subscriber"),
            "passcode": self._asked(),
            "access_token": self._partial,
        }
        # A passcode is valid once, so its request must not be repeated.
        return self._grant("mfa", WRITE.once(), fields)

    def _asked(self) -> Secret:
        code, who = self._passcode, self._login.username
        if code is None or isinstance(code, Secret):
            # A passcode that was passed as text is used for one sign-in only: it changes twice a minute.
            self._passcode = None
            given = code or prompt_secret(f"passcode of {who}")
        else:
            given = _call(code)
        if not given:
            words = "give passcode=, as text or as a function that is called when one is needed"
            raise AuthError(f"netsapiens: {who} signs in with a second factor: {words}.")
        # Stored, so that `secrets` includes it while it is sent.
        self._sent_passcode = given
        return given

    def _keep(self, answer: Any) -> TokenAnswer:
        token = _parse_token(answer)
        if not token or _is_challenge(answer):
            # Some servers respond to bad credentials with 200 and no token (NetSapiens 1.1).
            raise AuthError(
                f"netsapiens: the sign-in of {self._login.username} was answered without a token. "
                "Check client_id, client_secret, username and password."
            )
        # The second name is that of JSON web tokens (NetSapiens 1.3).
        refresh = answer.get("refresh_token") or answer.get("refresh")
        life, self.identity = _parse_life(answer), _parse_identity(answer)
        ends = time.time() + life
        self._previous, self._pair = self._pair, _Pair(token, refresh, ends, self.identity)
        if self._store:
            self._store.set(self._account_key, self._pair.packed(), max(KEPT, life))
        until = datetime.fromtimestamp(ends, UTC)
        return TokenAnswer(answer, expires_at=f"{until:%Y-%m-%d %H:%M:%S}", api_url=self.http.base_url)


class JwtAuth(TokenAuth):
    """Signs with a JSON web token, obtained in the same way (NetSapiens 1.3)."""

    path = "/jwt"

    def _refreshed(self, refresh: Secret, policy: RetryPolicy) -> Any:
        # Unlike at `/tokens`, neither grant type nor client is sent (NetSapiens 1.3).
        return self._post({"refresh": refresh}, policy)


class KeyAuth:
    """Signs with an API key, which does not expire (NetSapiens 1.2)."""

    def __init__(self, key: str | Secret) -> None:
        self.http: Http
        self._key = parse_key(key, f"{NAME}: api_key")
        self._identity: Identity | None = None

    @property
    def account(self) -> str:
        """The key's `user@domain` as soon as it was requested; only the domain if the key has no user."""
        return str(self._identity or "") or "an API key"

    @property
    def identity(self) -> Identity:
        """Whose key it is, which is requested once; empty if the server doesn't report it."""
        if self._identity is None:
            try:
                self._identity = _parse_identity(self.sign_in())
            except (Rejected, AuthError):
                # Requests are signed without it, so a key whose owner is not known is no reason to fail.
                self._identity = Identity()
            except MsgnbError:
                # Asked again the next time, since the server may only be out of reach for a moment.
                return Identity()
        return self._identity

    def headers(self) -> Signature:
        """Return the header that signs a request."""
        return {"Authorization": Secret(f"Bearer {self._key.reveal()}")}

    def renew(self, used: Signature) -> bool:  # noqa: ARG002 - there is nothing to renew
        """Nothing can be renewed: a key that is refused stays refused."""
        return False

    def secrets(self) -> Iterable[Secret]:
        """Return what must never be shown."""
        return [self._key]

    def sign_in(self) -> TokenAnswer:
        """Return what the platform reports of the key; a key needs no sign-in."""
        body = self.http.send("GET", "/apikeys/~", policy=READ, hides=_is_token).body
        # Keys other than one's own are read as a list of one (NetSapiens 1.2).
        row = body[0] if isinstance(body, list) and body else body
        return TokenAnswer(row if isinstance(row, dict) else {})


@sealed
def make_auth(login: Login, api_key: str | Secret | None, sign_in: str, store: TokenStore | None) -> SignIn:
    """Return the way to sign in that the arguments of a client select.

    Raises:
        SettingsError: there is too little or too much to sign in with, or `sign_in` is unknown.
    """
    given = {name: getattr(login, name) for name in _LOGIN}
    if api_key is not None:
        if extra := [name for name, value in given.items() if value]:
            raise SettingsError(f"netsapiens: api_key and {', '.join(extra)} are both given; one is enough")
        if not (key := parse_key(api_key, f"{NAME}: api_key")):
            raise SettingsError("netsapiens: api_key is empty")
        return KeyAuth(key)
    if missing := [name for name, value in given.items() if not value]:
        raise SettingsError(f"netsapiens needs {', '.join(missing)}, or api_key alone")
    ways = {"token": TokenAuth, "jwt": JwtAuth}
    if sign_in not in ways:
        raise SettingsError(f"netsapiens: sign_in {sign_in!r} is none of {', '.join(ways)}")
    return ways[sign_in](login, store)


def _is_token(name: str) -> bool:
    return name.endswith("_token") or name in {"token", "refresh", "key"}


@sealed
def _call(passcode: Hidden[Callable[[], str | Secret]]) -> Secret:
    return parse_key(passcode.reveal()(), "netsapiens: passcode")


def _parse_token(answer: Any) -> Secret:
    found = answer if isinstance(answer, Mapping) else {}
    # A refusal has no tokens, and a challenge that is one has them as they came.
    return Secret(found.get("access_token") or found.get("token") or "")


def _challenges(answer: Response) -> bool:
    return answer.status == 403 and _is_challenge(answer.body)


def _is_challenge(answer: Any) -> bool:
    """Whether a second factor is required: shown by its type, its vendor or the scope, at any status."""
    if not isinstance(answer, dict) or not _parse_token(answer) or answer.get("refresh_token"):
        return False
    named = answer.get("mfa_type") or answer.get("mfa_vendor")
    scope = answer.get("scope") or _claims(_parse_token(answer)).get("user_scope")
    return bool(named) or scope == MFA_REQUIRED


@sealed
def _claims(token: Secret) -> Mapping[str, Any]:
    """The claims of a JWT; checking its signature is up to the server."""
    # Other tokens are opaque and have no payload; they are no error here.
    payload = token.reveal().partition(".")[2].partition(".")[0]
    try:
        # JSON web tokens omit the padding of base64, which the decoder requires.
        found = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@sealed
def _parse_life(answer: Mapping[str, Any]) -> float:
    """Seconds that a token lives; for a JWT the span of its two times, so that no two clocks are compared."""
    claims = _claims(_parse_token(answer))
    try:
        seconds = float(answer.get("expires_in") or (claims.get("exp", 0) - claims.get("iat", 0)))
    except (TypeError, ValueError, OverflowError):
        return LIFE
    # Neither a time that has passed nor one beyond the calendar is the end of a token.
    return seconds if 0 < seconds < LONGEST_LIFE else LIFE


@sealed
def _parse_identity(answer: Mapping[str, Any]) -> Identity:
    # What the response to `/tokens` says, a JSON web token has in its claims (NetSapiens 1.1, 1.3).
    fields = {**_claims(_parse_token(answer)), **answer}
    user, domain = (str(fields.get(key) or "") for key in ("user", "domain"))
    if not (user and domain) and "@" in str(fields.get("uid") or ""):
        user, _, domain = str(fields["uid"]).partition("@")
    # The names of tokens, of API keys and of JSON web tokens, in this order (NetSapiens 1.1 to 1.3).
    scope = fields.get("scope") or fields.get("user-scope") or fields.get("user_scope") or ""
    return Identity(user, domain, str(scope))
