"""How a bot's history is read: thread by thread, back to a given time (BLiP 2.2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from msgnb import tables
from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection
from msgnb.platforms.blip.messages import read_thread, thread_uri
from msgnb.platforms.blip.sessions import Sessions, thread_pages
from msgnb.platforms.blip.times import message_time

if TYPE_CHECKING:
    import pandas as pd


class ThreadHistory:
    """Reads an account's history."""

    def __init__(self, connection: BlipConnection, *, raw: bool) -> None:
        self.platform = connection.platform
        self.now = connection.now
        self._connection = connection
        self._raw = raw

    @property
    def account(self) -> str:
        """The bot's identity."""
        return self._connection.account

    def list_sessions(self) -> pd.DataFrame:
        """Return all sessions as a table `sessions`."""
        return Sessions(self._connection)()

    def sessions(self, since: datetime | None) -> Iterator[str]:
        """Yield the identities of the threads whose last message is not older than a time."""
        for page in thread_pages(self._connection):
            for thread in page:
                last_at = message_time(tables.as_object(thread.get("lastMessage")))
                # A thread that does not show its last message is read, since it may have recent ones.
                if since is None or last_at is None or last_at >= since:
                    yield str(thread.get("identity"))

    def read(self, session: str, since: datetime | None, until: datetime | None) -> tables.Rows:
        """Return the messages of one thread."""
        found = read_thread(self._connection, thread_uri(session), since, until)
        return to_tables.message_rows(found, self.account, session, raw=self._raw)
