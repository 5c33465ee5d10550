"""The key that signs a bot's requests (BLiP 1.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from msgnb.core.errors import SettingsError
from msgnb.core.secrets import Secret

SCHEME = "Key"


class KeyAuth:
    """Signs requests with `Authorization: Key …`; the key is accepted with or without that word."""

    def __init__(self, key: str | Secret) -> None:
        scheme, _, token = Secret(key).reveal().strip().rpartition(" ")
        self._token = Secret(token if scheme in {"", SCHEME} and token != SCHEME else "")
        if not self._token:
            raise SettingsError(
                "the BLiP key is empty or none; write it as 'Key bWVz…', or without that word"
            )

    @property
    def bot(self) -> str:
        """Identity of the bot that the key belongs to; empty if the key does not contain it."""
        try:
            # A key is the base64 of identifier and secret, with a colon between them (BLiP 1.2).
            # It is the same key without the signs that fill it up.
            token = self._token.reveal().rstrip("=")
            padded = token + "=" * (-len(token) % 4)
            name, colon, _ = base64.b64decode(padded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return "" if not colon else name if "@" in name else f"{name}@msging.net"

    def headers(self) -> Mapping[str, str]:
        """Return the header that signs a request."""
        return {"Authorization": f"{SCHEME} {self._token.reveal()}"}

    def renew(self, used: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Return `False`: a key cannot be renewed."""
        return False

    def secrets(self) -> Iterable[Secret]:
        """Return what must never be shown."""
        return (self._token,)
