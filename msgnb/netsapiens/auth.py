"""Sign-in by password, and the token's life (NetSapiens 1.1)."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from msgnb.errors import AuthError, MsgnbError
from msgnb.http import READ, WRITE, Http, Policy
from msgnb.secrets import Secret

EARLY = timedelta(seconds=60)
"""A token is renewed that long before it ends, so that none ends on its way."""


class TokenAnswer(dict[str, Any]):
    """The platform's answer to a sign-in; its tokens are there, but don't show."""

    def __repr__(self) -> str:
        hidden = {key: Secret("") if key.endswith("_token") else value for key, value in self.items()}
        return repr(hidden)

    __str__ = __repr__


class TokenAuth:
    """Signs with a bearer token: got by password, refreshed before it ends or when the server refuses it.

    One lock guards it, so that threads which find it dead at the same time renew it once.
    """

    def __init__(
        self, client_id: str, client_secret: str | Secret, username: str, password: str | Secret
    ) -> None:
        self.username = username
        self.http: Http
        self._client_id = client_id
        self._client_secret = Secret(client_secret)
        self._password = Secret(password)
        self._token: Secret | None = None
        self._refresh: Secret | None = None
        self._ends = datetime.min.replace(tzinfo=UTC)
        self._lock = threading.RLock()

    def headers(self) -> Mapping[str, str]:
        """The header that signs a request; signs in first where there is no living token."""
        with self._lock:
            if self._token is None or datetime.now(UTC) >= self._ends - EARLY:
                self._renewed()
            return self._signature()

    def renew(self, used: Mapping[str, str]) -> bool:
        """The server refused a token: refresh it, unless another thread has done so."""
        with self._lock:
            if used == self._signature():
                self._renewed()
            return True

    def secrets(self) -> Iterable[Secret]:
        """What must never show."""
        known = (self._client_secret, self._password, self._token, self._refresh)
        return [secret for secret in known if secret is not None]

    def sign_in(self) -> TokenAnswer:
        """A new token by password."""
        with self._lock:
            login: dict[str, str | Secret] = {"username": self.username, "password": self._password}
            return self._grant("password", READ, login)

    def _signature(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token.reveal() if self._token else ''}"}

    def _renewed(self) -> TokenAnswer:
        refresh, self._refresh = self._refresh, None
        if refresh is not None:
            try:
                # A refresh token works once: its request is not one to repeat.
                return self._grant("refresh_token", WRITE.once(), {"refresh_token": refresh})
            except MsgnbError:
                pass  # whatever became of it, the password still works
        return self.sign_in()

    def _grant(self, kind: str, policy: Policy, fields: Mapping[str, str | Secret]) -> TokenAnswer:
        client: dict[str, str | Secret] = {"client_id": self._client_id, "client_secret": self._client_secret}
        body = {"grant_type": kind, **client, **fields}
        answer = self.http.send("POST", "/tokens", policy=policy, json=body, signed=False).body
        if not isinstance(answer, dict) or not answer.get("access_token"):
            # Seen on bad credentials (NetSapiens 1.1): a success without a token.
            raise AuthError(
                f"netsapiens: the sign-in of {self.username} was answered without a token. "
                "Check client_id, client_secret, username and password."
            )
        return self._keep(answer)

    def _keep(self, answer: dict[str, Any]) -> TokenAnswer:
        self._token = Secret(str(answer["access_token"]))
        refresh = answer.get("refresh_token")
        self._refresh = Secret(str(refresh)) if refresh else None
        self._ends = datetime.now(UTC) + timedelta(seconds=float(answer.get("expires_in") or 3600))
        return TokenAnswer(answer, expires_at=f"{self._ends:%Y-%m-%d %H:%M:%S}", api_url=self.http.base_url)
