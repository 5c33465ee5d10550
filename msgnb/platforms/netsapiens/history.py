"""How a user's history is read: session by session, and page by page back to a time."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgnb.platforms.netsapiens import to_tables
from msgnb.platforms.netsapiens.connection import NetSapiensConnection
from msgnb.platforms.netsapiens.messages import Messages
from msgnb.platforms.netsapiens.sessions import Sessions

if TYPE_CHECKING:
    import pandas as pd

    from msgnb import tables


class NetSapiensHistory:
    """Reads an account's history.

    Args:
        connection: the connection.
        sessions: the account's sessions.
        messages: the account's messages.
        raw: whether rows have the platform's own objects.
    """

    def __init__(
        self, connection: NetSapiensConnection, sessions: Sessions, messages: Messages, *, raw: bool
    ) -> None:
        self.platform = connection.platform
        self.now = connection.now
        self._connection = connection
        self._sessions = sessions
        self._messages = messages
        self._raw = raw

    @property
    def account(self) -> str:
        """`user@domain`, as soon as a response has reported it."""
        return self._connection.account

    def list_sessions(self) -> pd.DataFrame:
        """Return all sessions as a table `sessions`."""
        return self._sessions()

    def sessions(self, since: datetime | None) -> list[str]:
        """Return the IDs of the sessions whose last message is not older than `since`."""
        found = self.list_sessions()
        # Negated, so that a session without a time is read as well: every comparison with NaT is false.
        recent = found[~(found["last_at"] < since)] if since else found
        return list(recent["session"])

    def read(self, session: str, since: datetime | None, until: datetime | None) -> tables.Rows:  # noqa: ARG002
        """Return the messages of one session, as far back as `since`."""
        pages = self._messages.pages(session, since=since)
        return to_tables.message_rows(pages, self._connection.whose(), session, raw=self._raw)
