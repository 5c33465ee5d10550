"""Sign-in by password, second factor, JWT or API key, and the token's life (NetSapiens 1).

* One lock guards a token, so that threads which find it dead at the same time renew it once.
* A token that another process renewed in the shared store is taken before anything is asked for.
* Who signed in comes with the token: user, domain and scope decide what may be read and subscribed.
"""

from __future__ import annotations

import threading
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson

from msgnb.core.errors import AuthError, MsgnbError, Unreachable
from msgnb.core.http import READ, WRITE, Http, Policy
from msgnb.core.responses import Answer
from msgnb.core.secrets import Secret, ask
from msgnb.core.tokens import TokenStore

EARLY = 60.0
"""A token is renewed that many seconds before it ends, so that none ends on its way."""
LIFE = 3600.0
KEPT = 24 * 3600.0
"""Seconds that a store keeps the pair: as long as its refresh token lives (NetSapiens 1.1)."""
MFA_REQUIRED = "mfa_required"

Passcode = str | Secret | Callable[[], str]
Fields = dict[str, str | Secret]


class TokenAnswer(dict[str, Any]):
    """The platform's answer to a sign-in; its tokens are there, but don't show."""

    def __repr__(self) -> str:
        return repr({key: Secret("") if _is_token(key) else value for key, value in self.items()})

    __str__ = __repr__


@dataclass(frozen=True)
class Identity:
    """Who signed in; `scope` is the platform's word for the rights."""

    user: str = ""
    domain: str = ""
    scope: str = ""

    @property
    def manages(self) -> bool:
        """Whether every user of the domain is in reach (NetSapiens 1.4)."""
        return self.scope in {"Super User", "Reseller", "Office Manager"}

    def __str__(self) -> str:
        return f"{self.user}@{self.domain}" if self.user and self.domain else self.domain


class SignIn(Protocol):
    """One way to sign in."""

    http: Http

    @property
    def account(self) -> str:
        """Who signs in: `user@domain` as soon as the platform told, the login before."""
        ...

    @property
    def identity(self) -> Identity:
        """Who signed in, as the platform told."""
        ...

    def headers(self) -> Mapping[str, str]:
        """The header that signs a request."""
        ...

    def renew(self, used: Mapping[str, str]) -> bool:
        """The server refused `used`: get something better; says whether to try again."""
        ...

    def secrets(self) -> Iterable[Secret]:
        """What must never show."""
        ...

    def sign_in(self) -> TokenAnswer:
        """Sign in anew."""
        ...


@dataclass(frozen=True)
class Login:
    """What a person signs in with; `passcode` is the second factor, or a function that gives it."""

    client_id: str
    client_secret: Secret
    username: str
    password: Secret
    passcode: Passcode | None = None


@dataclass(frozen=True)
class _Pair:
    """A token and what renews it; `ends` in seconds of this machine's clock."""

    access: Secret
    refresh: Secret | None
    ends: float
    identity: Identity = field(default_factory=Identity)

    def packed(self) -> Secret:
        who = vars(self.identity)
        refresh = self.refresh.reveal() if self.refresh else None
        return Secret(orjson.dumps([self.access.reveal(), refresh, self.ends, who]).decode())

    @classmethod
    def unpacked(cls, text: Secret) -> _Pair | None:
        """The pair in a store's text, `None` where somebody else wrote that."""
        try:
            access, refresh, ends, who = orjson.loads(text.reveal())
            return cls(Secret(access), Secret(refresh) if refresh else None, float(ends), Identity(**who))
        except (TypeError, ValueError):
            return None


class TokenAuth:
    """Signs with a bearer token: got by password, refreshed before it ends or when the server refuses it."""

    path = "/tokens"

    def __init__(self, login: Login, store: TokenStore | None = None) -> None:
        self.http: Http
        self.identity = Identity()
        self._login = login
        self._passcode = login.passcode
        self._store = store
        self._pair: _Pair | None = None
        self._partial: Secret | None = None
        self._lock = threading.RLock()

    @property
    def account(self) -> str:
        """`user@domain` as soon as the platform told, the login before."""
        return str(self.identity) or self._login.username

    def headers(self) -> Mapping[str, str]:
        """The header that signs a request; signs in first where there is no living token."""
        with self._lock:
            if not self._lives():
                self._stored()
            if not self._lives():
                self._renewed()
            return self._signature()

    def renew(self, used: Mapping[str, str]) -> bool:
        """The server refused a token: refresh it, unless another thread or process has done so."""
        with self._lock:
            if used == self._signature() and (self._stored() is None or used == self._signature()):
                self._renewed()
            return True

    def secrets(self) -> Iterable[Secret]:
        """What must never show."""
        pair, code = self._pair, self._passcode
        known = [self._login.client_secret, self._login.password, self._partial]
        known += [pair.access, pair.refresh] if pair else []
        known += [Secret(code)] if isinstance(code, str | Secret) else []
        return [secret for secret in known if secret is not None]

    def sign_in(self) -> TokenAnswer:
        """A new token by password, and by second factor where the platform asks for one."""
        with self._lock:
            login: Fields = {"username": self._login.username, "password": self._login.password}
            answer = self._grant("password", READ, login)
            if _is_challenge(answer):
                answer = self._second_step(answer, login)
            return self._keep(answer)

    def _signature(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._pair.access.reveal() if self._pair else ''}"}

    def _lives(self) -> bool:
        return self._pair is not None and time.time() < self._pair.ends - EARLY

    def _stored(self) -> _Pair | None:
        """What the store holds, taken over; `None` where there is no store or nothing in it."""
        kept = self._store.get(self._place) if self._store else None
        found = _Pair.unpacked(kept) if kept else None
        if found:
            self._pair, self.identity = found, found.identity
        return found

    @property
    def _place(self) -> str:
        return f"netsapiens|{self.http.base_url}{self.path}|{self._login.username}"

    def _renewed(self) -> TokenAnswer:
        refresh = self._pair.refresh if self._pair else None
        if refresh is not None:
            try:
                # A refresh token works once: its request is not one to repeat.
                return self._keep(self._refreshed(refresh, WRITE.once()))
            except Unreachable:
                raise  # it did not arrive, and is good for another time
            except MsgnbError:
                self._pair = None  # whatever became of it, the password still works
        return self.sign_in()

    def _refreshed(self, refresh: Secret, policy: Policy) -> Any:
        return self._grant("refresh_token", policy, {"refresh_token": refresh})

    def _grant(self, kind: str, policy: Policy, fields: Fields) -> Any:
        client: Fields = {"client_id": self._login.client_id, "client_secret": self._login.client_secret}
        return self._post({"grant_type": kind, **client, **fields}, policy)

    def _post(self, body: Fields, policy: Policy) -> Any:
        # The challenge to a second factor comes with 200 or with 403 (NetSapiens 1.1).
        answer = self.http.send("POST", self.path, policy=policy, json=body, signed=False, accept=_challenges)
        return answer.body

    def _second_step(self, challenge: Any, login: Fields) -> Any:
        self._partial = Secret(_token_of(challenge))
        fields: Fields = {
            **login,
            "mfa_vendor": str(challenge.get("mfa_vendor") or "google"),
            "mfa_type": str(challenge.get("mfa_type") or "authenticator"),
            "ns_id_type": str(challenge.get("ns_id_type") or "subscriber"),
            "passcode": self._asked(),
            "access_token": self._partial,
        }
        # A passcode works once: its request is not one to repeat.
        return self._grant("mfa", WRITE.once(), fields)

    def _asked(self) -> Secret:
        code, who = self._passcode, self._login.username
        if callable(code):
            return Secret(code())
        # One that was given as text is worth one sign-in: it changes twice a minute.
        self._passcode = None
        given = Secret(code) if code else ask(f"passcode of {who}")
        if not given:
            words = "give passcode=, as text or as a function that is called when one is needed"
            raise AuthError(f"netsapiens: {who} signs in with a second factor: {words}.")
        return given

    def _keep(self, answer: Any) -> TokenAnswer:
        token = _token_of(answer)
        if not token or _is_challenge(answer):
            # Seen on bad credentials (NetSapiens 1.1): a success without a token.
            raise AuthError(
                f"netsapiens: the sign-in of {self._login.username} was answered without a token. "
                "Check client_id, client_secret, username and password."
            )
        refresh = answer.get("refresh_token") or answer.get("refresh")
        life, self.identity = _life(answer), _identity(answer)
        ends = time.time() + life
        self._pair = _Pair(Secret(token), Secret(str(refresh)) if refresh else None, ends, self.identity)
        self._partial = None
        if self._store:
            self._store.set(self._place, self._pair.packed(), max(KEPT, life))
        until = datetime.fromtimestamp(ends, UTC)
        return TokenAnswer(answer, expires_at=f"{until:%Y-%m-%d %H:%M:%S}", api_url=self.http.base_url)


class JwtAuth(TokenAuth):
    """The same with a JSON web token (NetSapiens 1.3)."""

    path = "/jwt"

    def _refreshed(self, refresh: Secret, policy: Policy) -> Any:
        return self._post({"refresh": refresh}, policy)


class KeyAuth:
    """Signs with an API key, which does not expire (NetSapiens 1.2)."""

    def __init__(self, key: str | Secret) -> None:
        self.http: Http
        self._key = Secret(key)
        self._identity: Identity | None = None

    @property
    def account(self) -> str:
        """The key's `user@domain` once it was asked for; a key's domain where it stands for no user."""
        return str(self._identity or "") or "an API key"

    @property
    def identity(self) -> Identity:
        """Whose key it is, asked for once; nobody's where the server does not tell."""
        if self._identity is None:
            try:
                self._identity = _identity(self.sign_in())
            except MsgnbError:
                self._identity = Identity()
        return self._identity

    def headers(self) -> Mapping[str, str]:
        """The header that signs a request."""
        return {"Authorization": f"Bearer {self._key.reveal()}"}

    def renew(self, used: Mapping[str, str]) -> bool:  # noqa: ARG002 - there is nothing to renew
        """A key that is refused stays refused."""
        return False

    def secrets(self) -> Iterable[Secret]:
        """What must never show."""
        return [self._key]

    def sign_in(self) -> TokenAnswer:
        """What the platform says of the key; there is nothing to sign in."""
        told = self.http.send("GET", "/apikeys/~", policy=READ).body
        # Other keys are read as a list of one (NetSapiens 1.2).
        row = told[0] if isinstance(told, list) and told else told
        return TokenAnswer(row if isinstance(row, dict) else {})


def _is_token(name: str) -> bool:
    return name.endswith("_token") or name in {"token", "refresh", "key"}


def _token_of(answer: Any) -> str:
    found = answer if isinstance(answer, dict) else {}
    return str(found.get("access_token") or found.get("token") or "")


def _challenges(answer: Answer) -> bool:
    return answer.status == 403 and _is_challenge(answer.body)


def _is_challenge(answer: Any) -> bool:
    """Whether a second factor is asked for: told by the type, the vendor or the scope, at any status."""
    if not isinstance(answer, dict) or not _token_of(answer) or answer.get("refresh_token"):
        return False
    named = answer.get("mfa_type") or answer.get("mfa_vendor")
    scope = answer.get("scope") or _claims(_token_of(answer)).get("user_scope")
    return bool(named) or scope == MFA_REQUIRED


def _claims(token: str) -> Mapping[str, Any]:
    """What a JWT says of itself; its signature is the server's to check."""
    payload = token.partition(".")[2].partition(".")[0]
    try:
        found = orjson.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _life(answer: Mapping[str, Any]) -> float:
    """Seconds that a token lives; of a JWT by its own two times, so that no two clocks are compared."""
    claims = _claims(_token_of(answer))
    told = answer.get("expires_in") or (claims.get("exp", 0) - claims.get("iat", 0))
    return float(told or LIFE)


def _identity(answer: Mapping[str, Any]) -> Identity:
    told = {**_claims(_token_of(answer)), **answer}
    user, domain = (str(told.get(key) or "") for key in ("user", "domain"))
    if not (user and domain) and "@" in str(told.get("uid") or ""):
        user, _, domain = str(told["uid"]).partition("@")
    scope = told.get("scope") or told.get("user-scope") or told.get("user_scope") or ""
    return Identity(user, domain, str(scope))
