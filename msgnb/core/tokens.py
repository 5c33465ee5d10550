"""Where tokens are kept between requests, and, if the user likes, between processes.

A store is a plain mapping from an account (`platform`, root and login, never the password) to a token with a
life; four are here, and anything with the same three methods will do.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from msgnb.core.errors import SettingsError
from msgnb.core.secrets import Secret

if TYPE_CHECKING:
    from redis import Redis


class TokenStore(Protocol):
    """Keeps one token for each account."""

    def get(self, account: str) -> Secret | None:
        """The token of an account, `None` where there is none or it has expired."""
        ...

    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Keep a token for some seconds."""
        ...

    def delete(self, account: str) -> None:
        """Forget the token of an account, if there is one."""
        ...


class MemoryStore:
    """Keeps tokens as long as the process lives."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[Secret, float]] = {}
        self._lock = threading.Lock()

    def get(self, account: str) -> Secret | None:
        """The token of an account, `None` where there is none or it has expired."""
        with self._lock:
            token, ends = self._tokens.get(account, (None, 0.0))
        return token if time.monotonic() < ends else None

    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Keep a token for some seconds."""
        with self._lock:
            self._tokens[account] = (token, time.monotonic() + seconds)

    def delete(self, account: str) -> None:
        """Forget the token of an account."""
        with self._lock:
            self._tokens.pop(account, None)


class NoStore:
    """Keeps nothing: every request signs in anew."""

    def get(self, account: str) -> None:
        """There is none."""

    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Forget it at once."""

    def delete(self, account: str) -> None:
        """There is nothing to forget."""


class RedisStore:
    """Keeps tokens in Redis, for several processes; needs `pip install msgnb[redis]`.

    >>> SmsDrop("ana@example.com", password, token_store=RedisStore("redis://localhost:6379/0"))

    Args:
        redis: the URL of the server, or a `redis.Redis` made elsewhere.
    """

    def __init__(self, redis: str | Redis) -> None:
        self._redis = _connected(redis) if isinstance(redis, str) else redis

    def get(self, account: str) -> Secret | None:
        """The token of an account, `None` where there is none or it has expired."""
        value = self._redis.get(_key(account))
        return None if value is None else Secret(value if isinstance(value, str) else bytes(value).decode())

    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Keep a token for some seconds."""
        self._redis.set(_key(account), token.reveal(), px=max(1, int(seconds * 1000)))

    def delete(self, account: str) -> None:
        """Forget the token of an account."""
        self._redis.delete(_key(account))


class KeyringStore:
    """Keeps tokens in the system's keyring, for later processes; needs `pip install msgnb[keyring]`.

    >>> NetSapiens("pbx.example.com", token_store=KeyringStore(), **login)

    Raises:
        SettingsError: the keyring package is missing.
    """

    def __init__(self) -> None:
        try:
            import keyring  # noqa: PLC0415 - an extra
        except ImportError:
            raise SettingsError("KeyringStore needs keyring: pip install 'msgnb[keyring]'") from None
        self._keyring = keyring

    def get(self, account: str) -> Secret | None:
        """The token of an account, `None` where there is none or it has expired."""
        kept = self._keyring.get_password(_SERVICE, account)
        ends, _, token = (kept or "0 ").partition(" ")
        return Secret(token) if time.time() < float(ends) else None

    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Keep a token for some seconds."""
        self._keyring.set_password(_SERVICE, account, f"{time.time() + seconds} {token.reveal()}")

    def delete(self, account: str) -> None:
        """Forget the token of an account."""
        if self._keyring.get_password(_SERVICE, account) is not None:
            self._keyring.delete_password(_SERVICE, account)


_SERVICE = "msgnb tokens"


def _key(account: str) -> str:
    return f"msgnb:token:{account}"


def _connected(url: str) -> Redis:
    try:
        from redis import Redis as Client  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError("RedisStore needs the redis package: pip install 'msgnb[redis]'") from None
    return Client.from_url(url)
