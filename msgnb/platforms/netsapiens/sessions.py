"""Message sessions: the conversations of a user or a domain (NetSapiens 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import InvalidRequest, NotFound, Rejected
from msgnb.platforms.netsapiens import to_tables
from msgnb.platforms.netsapiens.connection import (
    NetSapiensConnection,
    owner_path,
    session_path,
)
from msgnb.platforms.netsapiens.field_names import SESSION_KEYS, rename_rows
from msgnb.platforms.netsapiens.payloads import Wire
from msgnb.platforms.resources import Resource
from msgnb.tables import count

if TYPE_CHECKING:
    import pandas as pd


class Sessions(Resource):
    """Message sessions: `pbx.sessions()`, `pbx.sessions.mark(session)`.

    The methods that change a session return the platform's acknowledgement.
    """

    _connection: NetSapiensConnection

    def __call__(
        self, *, user: str | None = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """Return the sessions of a user or a domain, newest first, as a table `sessions` (NetSapiens 2).

        >>> pbx.sessions()
        >>> pbx.sessions(user=None)  # those of all users of the domain

        Args:
            user: the user; `~` is oneself, `None` the whole domain.
            domain: the domain; `~` is one's own.
            limit: the most rows; all rows if `None`.
            raw: add the platform's own objects as a last column `raw`.
        """
        rows = self.read(user=user, domain=domain, limit=limit)
        frame = to_tables.sessions(rows, self._connection.whose(), raw=raw)
        # The platform documents no order, and its own example is not sorted (NetSapiens 2).
        return frame.sort_values("last_at", ascending=False, ignore_index=True, kind="stable")

    def read(self, *, user: str | None = "~", domain: str = "~", limit: int | None = None) -> list[Wire]:
        """Return message sessions as the platform sends them; the arguments are those of `sessions()`."""
        path = f"{owner_path(domain, user)}/messagesessions"
        return self._connection.rows(path, _session_key, "sessions", limit)

    def get(self, session: str, *, user: str = "~", domain: str = "~") -> Wire:
        """Return one message session as the platform sends it (NetSapiens 2).

        Args:
            session: the session's ID.
            user: the user whose session it is; `~` is oneself.
            domain: the domain; `~` is one's own.

        Raises:
            InvalidRequest: the session's ID is not valid.
            NotFound: the user has no such session.
        """
        path = session_path(domain, user, session)
        try:
            return self._connection.read(path)
        except NotFound as error:
            if "No Route" not in (error.reason or ""):
                raise
            # Servers before 44.3 have only the list.
            for row in rename_rows(self.read(user=user, domain=domain), SESSION_KEYS):
                if str(row.get("messagesession-id")) == session:
                    return dict(row)
            raise

    def count(self, *, user: str | None = "~", domain: str = "~") -> int:
        """Return the number of message sessions of a user, or of a domain if `user` is `None`."""
        path = f"{owner_path(domain, user)}/messagesessions/count"
        try:
            total = count(self._connection.read(path).get("total"))
        except Rejected:
            total = None
        # The count is not documented; on a server that has none the sessions are listed.
        return total if total is not None else len(self.read(user=user, domain=domain))

    def rename(self, session: str, name: str, *, user: str = "~", domain: str = "~") -> Wire:
        """Give a chat a name.

        >>> pbx.sessions.rename(session, "Soccer team")

        Raises:
            InvalidRequest: the name is empty, or the session's ID is not valid.
            Rejected: only chats have names.
        """
        if not name.strip():
            raise InvalidRequest.of(name="is empty")
        return self._change(session, {"session-name": name}, user, domain)

    def set_participants(
        self, session: str, participants: Sequence[str], *, user: str = "~", domain: str = "~"
    ) -> Wire:
        """Replace the participants of a chat.

        >>> pbx.sessions.set_participants(session, ["1001", "1002", "1004"])

        Args:
            session: the session's ID.
            participants: user IDs, including the user's own.
            user: the user; `~` is oneself.
            domain: the domain; `~` is one's own.

        Raises:
            InvalidRequest: there are no participants, or the user is not among them.
            Rejected: only chats have participants.
        """
        # What is sent replaces the list, so it must include the user (NetSapiens 2).
        names = [participants] if isinstance(participants, str) else list(participants)
        own = self._connection.identity().user if user == "~" else user
        if not names or not all(names):
            raise InvalidRequest.of(participants="names nobody, or somebody without a name")
        if own and own not in {name.partition("@")[0] for name in names}:
            raise InvalidRequest.of(participants=f"is without {own}; sessions.leave(session) leaves a chat")
        return self._change(session, {"participants": ",".join(names)}, user, domain)

    def mark(self, session: str, *, read: bool = True, user: str = "~", domain: str = "~") -> Wire:
        """Mark a session as read, or as unread if `read` is false."""
        # Not documented, but clients in production mark sessions in this way (NetSapiens 2).
        return self._change(
            session, {"messagesession-last-status": "read" if read else "unread"}, user, domain
        )

    def leave(self, session: str, *, user: str = "~", domain: str = "~") -> Wire:
        """Leave a chat. The chat continues for the other participants."""
        return self._connection.write("PUT", f"{session_path(domain, user, session)}/leave")

    def delete(self, session: str, *, user: str = "~", domain: str = "~") -> Wire:
        """Remove a session from the user's list.

        Raises:
            NotFound: the user has no such session.
        """
        return self._connection.write("DELETE", session_path(domain, user, session))

    def _change(self, session: str, body: Wire, user: str, domain: str) -> Wire:
        return self._connection.write("PUT", session_path(domain, user, session), body)


def _session_key(row: Wire) -> tuple[Any, ...]:
    # Each participant has a row of their own.
    return row.get("messagesession-id") or row.get("session_id"), row.get("user"), row.get("domain")
