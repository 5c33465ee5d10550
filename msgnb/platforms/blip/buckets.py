"""Buckets: documents that a bot stores under names, forever or for some time (BLiP 2.10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgnb.platforms.blip.connection import BlipConnection, escape
from msgnb.platforms.blip.documents import PAGE, document_type
from msgnb.platforms.resources import Resource


class Buckets(Resource):
    """Buckets: `bot.buckets()`, `bot.buckets.get(name)`."""

    _connection: BlipConnection

    def __call__(self) -> list[str]:
        """Return the names of the bot's buckets (BLiP 2.10)."""
        return self._connection.items("/buckets", None, PAGE, "buckets", names=True)

    def get(self, name: str) -> Any:
        """Return the document in a bucket.

        Raises:
            NotFound: there is no such bucket, or it has expired.
        """
        return self._connection.get(_uri(name))

    def set(self, name: str, value: Any, *, expires: timedelta | None = None) -> None:
        """Store a document in a bucket; a text is stored as text, everything else as JSON.

        >>> bot.buckets.set("menu", {"soup": 5}, expires=timedelta(days=1))

        Args:
            name: the bucket's name.
            value: the document.
            expires: how long it is stored; forever if `None`.
        """
        query = f"?expiration={int(expires.total_seconds() * 1000)}" if expires else ""
        self._connection.set(f"{_uri(name)}{query}", None, document_type(value), value)

    def delete(self, name: str) -> None:
        """Delete a bucket.

        Raises:
            NotFound: there is no such bucket.
        """
        self._connection.delete(_uri(name))


def _uri(name: str) -> str:
    return f"/buckets/{escape(name)}"
