"""Login by form, and the token in its store (SMSDrop 1)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from msgnb.core.errors import AuthError, Rejected, SettingsError
from msgnb.core.http import READ, Http
from msgnb.core.secrets import Secret
from msgnb.core.tokens import TokenStore

LIFE = 3600.0
EARLY = 60.0
"""A token leaves the store that many seconds before it ends, so that none ends on its way."""


class LoginAuth:
    """Signs with a bearer token that is kept in a store under root and e-mail, never the password."""

    def __init__(self, email: str, password: str | Secret, store: TokenStore) -> None:
        self.email = email
        self.http: Http
        self._password = Secret(password)
        self._store = store
        self._current: Secret | None = None
        self._lock = threading.RLock()
        if not email or not self._password:
            raise SettingsError("SMSDrop needs the e-mail and the password of the account")

    def headers(self) -> Mapping[str, str]:
        """The header that signs a request; logs in first where the store has no token."""
        with self._lock:
            self._current = self._store.get(self._account) or self._login()
            return self._signature()

    def renew(self, used: Mapping[str, str]) -> bool:
        """The server refused a token: drop it and log in, unless another thread has done so."""
        with self._lock:
            if used == self._signature():
                self._store.delete(self._account)
                self._current = self._login()
            return True

    def secrets(self) -> Iterable[Secret]:
        """What must never show."""
        return [self._password, *([self._current] if self._current else [])]

    @property
    def _account(self) -> str:
        return f"smsdrop|{self.http.base_url}|{self.email}"

    def _signature(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._current.reveal() if self._current else ''}"}

    def _login(self) -> Secret:
        form: dict[str, str | Secret] = {"username": self.email, "password": self._password}
        try:
            answer = self.http.send("POST", "/auth/login", policy=READ, form=form, signed=False).body
        except Rejected as error:
            if error.status != 400:
                raise
            raise self._refused(error.reason or "bad credentials") from None
        token = answer.get("access_token") if isinstance(answer, dict) else None
        if not token:
            raise self._refused("it was answered without a token")
        secret = Secret(str(token))
        self._store.set(self._account, secret, LIFE - EARLY)
        return secret

    def _refused(self, why: str) -> AuthError:
        return AuthError(
            f"smsdrop: the login of {self.email} was refused ({why}). Check e-mail and password."
        )
