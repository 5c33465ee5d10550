"""Signing in: a login form returns a bearer token, which is stored until it expires (SMSDrop 1)."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from msgnb.core.errors import AuthError, Rejected, SettingsError
from msgnb.core.http import READ, Http, Signature
from msgnb.core.secrets import Secret, parse_password, sealed
from msgnb.core.tokens import TokenStore

# The response to a sign-in does not say how long its token lives (SMSDrop 1).
LIFETIME = 3600.0
EXPIRY_MARGIN = 60.0
"""A token is dropped from the store so many seconds before it expires, so that none expires in transit."""


class LoginAuth:
    """Signs requests with a bearer token, and signs in again when it is refused.

    The token is stored under the URL and the email; the password is never stored.

    Args:
        email: email of the account.
        password: its password.
        store: stores the token.
    """

    @sealed
    def __init__(self, email: str, password: str | Secret, store: TokenStore) -> None:
        self.email = email
        self.http: Http
        self._password = parse_password(password, "smsdrop: password")
        self._store = store
        self._current: Secret | None = None
        self._previous: Secret | None = None
        self._lock = threading.RLock()
        if not email or not self._password:
            raise SettingsError("SMSDrop needs the email and the password of the account")

    def headers(self) -> Signature:
        """Return the header that signs a request; signs in first if no token is stored."""
        with self._lock:
            # The store is asked for each request: it drops expired tokens, and other processes may renew one.
            self._current = self._store.get(self._store_key) or self._sign_in()
            return self._signature()

    def renew(self, used: Signature) -> bool:
        """Sign in again after the server refused a token; returns whether to repeat the request."""
        with self._lock:
            # Another thread may have renewed it while this one waited for the lock.
            if used == self._signature():
                # Before the sign-in: if that fails, the refused token must not remain in the store.
                self._store.delete(self._store_key)
                self._previous, self._current = self._current, self._sign_in()
            return True

    def secrets(self) -> Iterable[Secret]:
        """Return the secrets, which are removed from logs and errors."""
        # A server may complain about the token that was refused.
        return [each for each in (self._password, self._current, self._previous) if each]

    @property
    def _store_key(self) -> str:
        # Several accounts may share a store, and a key must not contain the password (SMSDrop 1).
        return f"smsdrop|{self.http.base_url}|{self.email}"

    @sealed
    def _signature(self) -> Signature:
        return {"Authorization": Secret(f"Bearer {self._current.reveal() if self._current else ''}")}

    def _sign_in(self) -> Secret:
        # The one request that is a web form, in which the email is called `username` (SMSDrop 1).
        form: dict[str, str | Secret] = {"username": self.email, "password": self._password}
        try:
            body = self.http.send(
                "POST", "/auth/login", policy=READ, form=form, signed=False, hides=_is_token
            ).body
        except Rejected as error:
            # Bad credentials are reported with 400; any other status has another cause (SMSDrop 1).
            if error.status != 400:
                raise
            raise self._refused(error.reason or "bad credentials") from None
        token = body.get("access_token") if isinstance(body, dict) else None
        if not token:
            raise self._refused("the response came without a token")
        self._store.set(self._store_key, token, LIFETIME - EXPIRY_MARGIN)
        return Secret(token)

    def _refused(self, why: str) -> AuthError:
        return AuthError(f"smsdrop: the login of {self.email} was refused ({why}). Check email and password.")


def _is_token(name: str) -> bool:
    return name == "access_token"
