"""The key that signs a bot's requests (BLiP 1.2)."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from msgnb.core.errors import SettingsError
from msgnb.core.http import Signature
from msgnb.core.secrets import SHORTEST, Secret, parse_key, sealed

SCHEME = "Key"


class KeyAuth:
    """Signs requests with `Authorization: Key …`; the key is accepted with or without that word."""

    @sealed
    def __init__(self, key: str | Secret) -> None:
        self._token = _parse_token(key)
        if not self._token:
            raise SettingsError(
                "the BLiP key is empty or none; write it as 'Key bWVz…', or without that word"
            )
        self._name, self._secret = _decode(self._token)

    @property
    def bot(self) -> str:
        """Identity of the bot that the key belongs to; empty if the key does not contain it."""
        return "" if not self._name else self._name if "@" in self._name else f"{self._name}@msging.net"

    @sealed
    def headers(self) -> Signature:
        """Return the header that signs a request."""
        return {"Authorization": Secret(f"{SCHEME} {self._token.reveal()}")}

    def renew(self, used: Signature) -> bool:  # noqa: ARG002
        """Return `False`: a key cannot be renewed."""
        return False

    def secrets(self) -> Iterable[Secret]:
        """Return what must never be shown."""
        return (self._token, self._secret)


@sealed
def _parse_token(key: str | Secret) -> Secret:
    """Return a key without the word in front of it; empty if it is none."""
    if not isinstance(key, str | Secret):
        return parse_key(key, "blip: key")
    token = Secret(key).reveal().strip()
    scheme, blank, rest = token.partition(" ")
    if scheme == SCHEME:
        token = rest
    elif blank:
        return Secret("")
    return parse_key(token, "blip: key")


@sealed
def _decode(key: Secret) -> tuple[str, Secret]:
    """Return the identifier and the secret in a key; both are empty if it does not contain them."""
    try:
        # A key is the base64 of identifier and secret, with a colon between them (BLiP 1.2).
        # It is the same key without the signs that fill it up.
        token = key.reveal().rstrip("=")
        padded = token + "=" * (-len(token) % 4)
        name, colon, secret = base64.b64decode(padded, validate=True).decode().partition(":")
    except ValueError:
        return "", Secret("")
    # A short one would be found in other words, too.
    return (name if colon else "", Secret(secret if len(secret) >= SHORTEST else ""))
