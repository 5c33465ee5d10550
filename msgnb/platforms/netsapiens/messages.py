"""Messages: read, and sent as chat, SMS or MMS (NetSapiens 3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING

from msgnb.core.block_list import refuse_forgotten
from msgnb.core.sending import new_id
from msgnb.core.times import When, parse_when
from msgnb.platforms.netsapiens import to_tables
from msgnb.platforms.netsapiens.connection import NetSapiensConnection, row_id, session_path
from msgnb.platforms.netsapiens.media import Encoded, load_media
from msgnb.platforms.netsapiens.numbers import Numbers
from msgnb.platforms.netsapiens.payloads import PHONE_KINDS, Wire, check_session_id, make_message
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.platforms.netsapiens.media import Source


class Messages(Resource):
    """Messages: `pbx.messages(session)`, `pbx.messages.send("1002", "Hello", kind="chat")`.

    Args:
        connection: the connection.
        numbers: the numbers that SMS and MMS are sent from.
    """

    _connection: NetSapiensConnection

    def __init__(self, connection: NetSapiensConnection, numbers: Numbers) -> None:
        super().__init__(connection)
        self._numbers = numbers

    def __call__(
        self,
        session: str,
        *,
        since: When | None = None,
        until: When | None = None,
        user: str = "~",
        domain: str = "~",
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return the messages of one session, newest first, as a table `messages` (NetSapiens 3.1).

        The platform cannot filter by time. It lists the newest messages first, so pages are read until one
        reaches back to `since`.

        >>> pbx.messages(session)
        >>> pbx.messages(session, since="2026-10-01", until="2026-11-01")

        Args:
            session: the session's ID.
            since: messages from this time on; a day, or a time with a zone. All if `None`.
            until: messages before this time.
            user: the user whose session it is; `~` is oneself.
            domain: the domain; `~` is one's own.
            limit: the most rows; all rows if `None`.
            raw: add the platform's own objects as a last column `raw`.

        Raises:
            InvalidRequest: the session's ID is not valid, or a time has no zone.
        """
        begin, end = parse_when(since, "since"), parse_when(until, "until")
        # Messages after `until` are at the beginning of the list, and don't count for the limit.
        most = None if end else limit
        pages: Iterable[list[Wire]] = self.pages(session, since=begin, user=user, domain=domain, limit=most)
        if begin or end:
            pages = [to_tables.within(chain.from_iterable(pages), begin, end)[:limit]]
        return to_tables.messages(pages, self._connection.whose(user, domain), session, raw=raw)

    def read(
        self, session: str, *, user: str = "~", domain: str = "~", limit: int | None = None
    ) -> list[Wire]:
        """Return the messages of one session as the platform sends them; arguments as in `messages()`."""
        pages = self.pages(session, user=user, domain=domain, limit=limit)
        return list(chain.from_iterable(pages))

    def pages(
        self,
        session: str,
        *,
        since: When | None = None,
        user: str = "~",
        domain: str = "~",
        limit: int | None = None,
    ) -> Iterator[list[Wire]]:
        """Return the messages of one session page by page, as far back as `since`.

        The last page may have older messages too.
        """
        path = f"{session_path(domain, user, session)}/messages"
        pages = self._connection.pages(path, row_id, "messages", limit)
        begin = parse_when(since, "since")
        return pages if begin is None else _back_to(begin, pages)

    def send(
        self,
        to: str | Sequence[str],
        text: str,
        *,
        kind: str,
        sender: str | None = None,
        session: str | None = None,
        media: Source | Encoded | None = None,
        user: str = "~",
        domain: str = "~",
    ) -> Wire:
        """Send a message in a session, or start one (NetSapiens 3.2).

        >>> pbx.messages.send(["18585551234", "18585551235"], "The menu", kind="mms", media="menu.png")

        Args:
            to: phone numbers for SMS and MMS, user IDs for chat; several make a group.
            text: the text; it may be empty if there are media.
            kind: `sms`, `mms`, `chat` or `chat-media`.
            sender: one of the user's numbers, for SMS and MMS; if `None`, the user's only number.
            session: ID of the session to reply in; a new session if `None`.
            media: a path, bytes or a Pillow image, at most 18 MB.
            user: the user who sends; `~` is oneself.
            domain: the domain; `~` is one's own.

        Returns:
            The platform's response, with the `messagesession-id` to reply in.

        Raises:
            InvalidRequest: session, recipients, media or sender are not valid, or a recipient was forgotten.
            OutcomeUnknown: the response was lost; `id` is the session's ID.
        """
        refuse_forgotten(to)
        # A new session gets its ID here, so that it can be looked up if the response is lost.
        session = check_session_id(session) if session is not None else new_id()
        if media is not None and not isinstance(media, Encoded):
            media = load_media(media)
        body = make_message(kind, text, to, media.wire() if media else {})
        if kind in PHONE_KINDS:
            body["from-number"] = self._numbers.choose(sender=sender, user=user, domain=domain)
        # A session that doesn't exist is started. The route without a session would start one with each
        # message, replies included (NetSapiens 3.2, 3.3).
        path = f"{session_path(domain, user, session)}/messages"
        # An acknowledgement does not name the session; a message does, and takes precedence (NetSapiens 3.2).
        return {"messagesession-id": session, **self._connection.write("POST", path, body, id=session)}


def _back_to(since: datetime, pages: Iterator[list[Wire]]) -> Iterator[list[Wire]]:
    """The pages up to the first one whose oldest message is too old."""
    for page in pages:
        yield page
        # Newest first, so the search starts at the end; messages without a readable time are passed over.
        times = (to_tables.parse_time(row.get("timestamp")) for row in reversed(page))
        oldest = next((time for time in times if time), None)
        if oldest and oldest < since:
            return
