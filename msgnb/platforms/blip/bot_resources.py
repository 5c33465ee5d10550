"""Resources of a bot: texts and other documents that its flows and messages use by name (BLiP 2.10)."""

from __future__ import annotations

from typing import Any

from msgnb.platforms.blip.connection import BlipConnection, escape
from msgnb.platforms.blip.documents import PAGE, document_type
from msgnb.platforms.resources import Resource


class BotResources(Resource):
    """Resources of the bot: `bot.resources()`, `bot.resources.get(name)`."""

    _connection: BlipConnection

    def __call__(self) -> list[str]:
        """Return the names of the bot's resources (BLiP 2.10)."""
        return self._connection.items("/resources", None, PAGE, "resources", names=True)

    def get(self, name: str) -> Any:
        """Return a resource.

        Raises:
            NotFound: there is no such resource.
        """
        return self._connection.get(_uri(name))

    def set(self, name: str, value: Any) -> None:
        """Store a resource; a text is stored as text, everything else as JSON.

        >>> bot.resources.set("welcome", "Hello ${contact.name}!")
        """
        self._connection.set(_uri(name), None, document_type(value), value)

    def delete(self, name: str) -> None:
        """Delete a resource.

        Raises:
            NotFound: there is no such resource.
        """
        self._connection.delete(_uri(name))


def _uri(name: str) -> str:
    return f"/resources/{escape(name)}"
