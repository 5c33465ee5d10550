"""Threads, which are the sessions of a bot (BLiP 2.2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd

URI = "/threads"
PAGE = 100
WHAT = "sessions"


class Sessions(Resource):
    """Sessions: `bot.sessions()`."""

    _connection: BlipConnection

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the bot's threads, newest first, as a table `sessions` (BLiP 2.2).

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the threads themselves as a last column `raw`.
        """
        found = self._connection.items(URI, None, PAGE, WHAT, limit)
        return to_tables.sessions(found, self._connection.account, raw=raw)


def thread_pages(connection: BlipConnection) -> Iterator[list[Any]]:
    """Yield the threads as the platform sends them, newest first, page by page."""
    return connection.pages(URI, None, PAGE, WHAT)
