"""Message sessions: the conversations of a user or a domain (NetSapiens 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import InvalidRequest, NotFound, Rejected
from msgnb.platforms.netsapiens import to_tables as rows
from msgnb.platforms.netsapiens.connection import Resource, only, owner_path, session_path
from msgnb.platforms.netsapiens.field_names import SESSION_KEYS, modern
from msgnb.platforms.netsapiens.payloads import Wire

if TYPE_CHECKING:
    import pandas as pd


class Sessions(Resource):
    """Reading and changing message sessions."""

    def sessions(
        self, *, user: str | None = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """The message sessions of a user or a domain, newest first, as a table `sessions` (NetSapiens 2).

        >>> pbx.sessions()
        >>> pbx.sessions(user=None)  # of everybody in the domain

        Args:
            user: `~` is oneself, `None` the whole domain.
            domain: `~` is one's own.
            limit: the most rows; all where it is `None`.
            raw: add the sessions themselves as a last column.
        """
        found = self._session_list(user, domain, limit)
        frame = rows.sessions(found, self._whose(), raw=raw)
        return frame.sort_values("last_at", ascending=False, ignore_index=True, kind="stable")

    def read_session(self, session: str, *, user: str = "~", domain: str = "~") -> Wire:
        """One message session, as the platform sends it (NetSapiens 2).

        Args:
            session: the session's id.
            user: whose list it is in; `~` is oneself.
            domain: `~` is one's own.

        Raises:
            InvalidRequest: the session's id can't be one.
            NotFound: the user has no such session.
        """
        path = session_path(domain, user, session)
        try:
            return only(self._read(path))
        except NotFound as error:
            if "No Route" not in (error.reason or ""):
                raise
            # Servers before 44.3 know the list alone.
            for row in modern(self._session_list(user, domain, None), SESSION_KEYS):
                if str(row.get("messagesession-id")) == session:
                    return dict(row)
            raise

    def count_sessions(self, *, user: str | None = "~", domain: str = "~") -> int:
        """The number of message sessions of a user, or of a domain where `user` is `None`."""
        path = f"{owner_path(domain, user)}/messagesessions/count"
        try:
            found = only(self._read(path)).get("total")
        except Rejected:
            found = None
        # The count is not documented; a server that has none is asked for the list.
        return int(found) if found is not None else len(self._session_list(user, domain, None))

    def rename_session(self, session: str, name: str, *, user: str = "~", domain: str = "~") -> Wire:
        """Give a chat a name; returns the platform's acknowledgement.

        Raises:
            InvalidRequest: the name is empty, or the session's id can't be one.
            Rejected: only chats have names.
        """
        if not name.strip():
            raise InvalidRequest.of(name="is empty")
        return self._write("PUT", session_path(domain, user, session), {"session-name": name})

    def set_participants(
        self, session: str, participants: Sequence[str], *, user: str = "~", domain: str = "~"
    ) -> Wire:
        """Say who takes part in a chat from now on; returns the platform's acknowledgement.

        >>> pbx.set_participants(session, ["1001", "1002", "1004"])

        Args:
            session: the session's id.
            participants: user ids, the user's own among them.
            user: `~` is oneself.
            domain: `~` is one's own.

        Raises:
            InvalidRequest: nobody, or not the user: `leave_session` leaves.
            Rejected: only chats have participants.
        """
        names = [participants] if isinstance(participants, str) else list(participants)
        own = self.identity().user if user == "~" else user
        if not names or not all(names):
            raise InvalidRequest.of(participants="names nobody, or somebody without a name")
        if own and own not in {name.partition("@")[0] for name in names}:
            raise InvalidRequest.of(participants=f"is without {own}; leave_session(session) leaves a chat")
        return self._write("PUT", session_path(domain, user, session), {"participants": ",".join(names)})

    def mark_session(self, session: str, *, read: bool = True, user: str = "~", domain: str = "~") -> Wire:
        """Mark a session as read, or with `read=False` as unread; returns the acknowledgement."""
        body = {"messagesession-last-status": "read" if read else "unread"}
        return self._write("PUT", session_path(domain, user, session), body)

    def leave_session(self, session: str, *, user: str = "~", domain: str = "~") -> Wire:
        """Leave a chat; the others go on. Returns the platform's acknowledgement."""
        return self._write("PUT", f"{session_path(domain, user, session)}/leave")

    def delete_session(self, session: str, *, user: str = "~", domain: str = "~") -> Wire:
        """Take a session off the user's list; returns the platform's acknowledgement.

        Raises:
            NotFound: the user has no such session.
        """
        return self._write("DELETE", session_path(domain, user, session))

    def _session_list(self, user: str | None, domain: str, limit: int | None) -> list[Wire]:
        path = f"{owner_path(domain, user)}/messagesessions"
        return self._list(path, _session_key, "sessions", limit)


def _session_key(row: Wire) -> tuple[Any, ...]:
    return row.get("messagesession-id") or row.get("session_id"), row.get("user"), row.get("domain")
