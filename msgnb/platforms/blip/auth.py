"""The key that signs a bot's requests (BLiP 1.2)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping

from msgnb.core.errors import SettingsError
from msgnb.core.secrets import Secret

SCHEME = "Key"


class KeyAuth:
    """Signs with `Authorization: Key …`; the key may be given with or without that word."""

    def __init__(self, key: str | Secret) -> None:
        scheme, _, token = Secret(key).reveal().strip().rpartition(" ")
        self._token = Secret(token if scheme in {"", SCHEME} and token != SCHEME else "")
        if not self._token:
            raise SettingsError(
                "the BLiP key is empty or none; write it as 'Key bWVz…', or without that word"
            )

    @property
    def bot(self) -> str:
        """The identity of the bot that owns the key; empty where the key doesn't tell."""
        try:
            name, colon, _ = base64.b64decode(self._token.reveal(), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return ""
        return "" if not colon else name if "@" in name else f"{name}@msging.net"

    def headers(self) -> Mapping[str, str]:
        """The header that signs a request."""
        return {"Authorization": f"{SCHEME} {self._token.reveal()}"}

    def renew(self, used: Mapping[str, str]) -> bool:  # noqa: ARG002
        """A key is not renewed."""
        return False

    def secrets(self) -> Iterable[Secret]:
        """What must never show."""
        return (self._token,)
