"""Stores for tokens: in memory, in Redis, in the system's keyring, or nowhere.

A store maps an account to a token that expires. The account is a text made of platform, server and login,
never of the password. Four stores are here; any object with the same three methods will do.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from msgnb.core.errors import SettingsError
from msgnb.core.secrets import Secret, sealed

if TYPE_CHECKING:
    from redis import Redis


class TokenStore(Protocol):
    """Stores one token for each account."""

    def get(self, account: str) -> Secret | None:
        """Return the token of an account; `None` if there is none or it has expired."""
        ...

    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Store a token for some seconds."""
        ...

    def delete(self, account: str) -> None:
        """Delete the token of an account, if there is one."""
        ...


class MemoryStore:
    """Stores tokens as long as the process runs."""

    def __init__(self) -> None:
        self._tokens: dict[str, tuple[Secret, float]] = {}
        self._lock = threading.Lock()

    def get(self, account: str) -> Secret | None:
        """Return the token of an account; `None` if there is none or it has expired."""
        with self._lock:
            token, end = self._tokens.get(account, (None, 0.0))
        return token if time.monotonic() < end else None

    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Store a token for some seconds."""
        with self._lock:
            self._tokens[account] = (token, time.monotonic() + seconds)

    def delete(self, account: str) -> None:
        """Delete the token of an account, if there is one."""
        with self._lock:
            self._tokens.pop(account, None)


class NoStore:
    """Stores no tokens; every request signs in again."""

    def get(self, account: str) -> None:
        """Return `None`: there is never a token."""

    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Do nothing."""

    def delete(self, account: str) -> None:
        """Do nothing."""


class RedisStore:
    """Stores tokens in Redis, for several processes; needs `pip install msgnb[redis]`.

    >>> SmsDrop("ana@example.com", password, token_store=RedisStore("redis://localhost:6379/0"))

    Args:
        redis: the URL of the server, or a `redis.Redis` that exists already.

    Raises:
        SettingsError: a URL is passed, and the redis package is not installed.
    """

    @sealed
    def __init__(self, redis: str | Redis) -> None:
        self._redis = _connect(redis) if isinstance(redis, str) else redis

    @sealed
    def get(self, account: str) -> Secret | None:
        """Return the token of an account; `None` if there is none or it has expired."""
        value = self._redis.get(_redis_key(account))
        # Which type it is depends on the `decode_responses` of a connection that the caller made.
        return None if value is None else Secret(value if isinstance(value, str) else bytes(value).decode())

    @sealed
    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Store a token for some seconds."""
        self._redis.set(_redis_key(account), token.reveal(), px=max(1, int(seconds * 1000)))

    def delete(self, account: str) -> None:
        """Delete the token of an account, if there is one."""
        self._redis.delete(_redis_key(account))


class KeyringStore:
    """Stores tokens in the system's keyring, for later processes; needs `pip install msgnb[keyring]`.

    >>> NetSapiens("pbx.example.com", token_store=KeyringStore(), **login)

    Raises:
        SettingsError: the keyring package is not installed.
    """

    def __init__(self) -> None:
        try:
            import keyring  # noqa: PLC0415 - an extra
        except ImportError:
            raise SettingsError("KeyringStore needs keyring: pip install 'msgnb[keyring]'") from None
        self._keyring = keyring

    @sealed
    def get(self, account: str) -> Secret | None:
        """Return the token of an account; `None` if there is none or it has expired."""
        # Keyrings have no expiry, so the end is stored in front of the token. It is in wall-clock time, since
        # another process has another monotonic clock.
        stored = self._keyring.get_password(_SERVICE, account)
        end, _, token = (stored or "0 ").partition(" ")
        return Secret(token) if time.time() < float(end) else None

    @sealed
    def set(self, account: str, token: Secret, seconds: float) -> None:
        """Store a token for some seconds."""
        self._keyring.set_password(_SERVICE, account, f"{time.time() + seconds} {token.reveal()}")

    def delete(self, account: str) -> None:
        """Delete the token of an account, if there is one."""
        if self._keyring.get_password(_SERVICE, account) is not None:
            self._keyring.delete_password(_SERVICE, account)


_SERVICE = "msgnb tokens"


def _redis_key(account: str) -> str:
    return f"msgnb:token:{account}"


def _connect(url: str) -> Redis:
    try:
        from redis import Redis as Client  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError("RedisStore needs the redis package: pip install 'msgnb[redis]'") from None
    return Client.from_url(url)
