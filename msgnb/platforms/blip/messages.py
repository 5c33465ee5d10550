"""Messages of threads, and their delivery (BLiP 2.2, 2.8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from msgnb.core.paging import back_in_time
from msgnb.core.times import When, parse_when
from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection, escape
from msgnb.platforms.blip.identities import check_identity
from msgnb.platforms.blip.notifications import read_deliveries, read_latest, read_notifications
from msgnb.platforms.blip.times import message_time, timestamp
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd

PAGE = 100


class Messages(Resource):
    """Messages: `bot.messages(session)`, `bot.messages.notifications(message)`."""

    _connection: BlipConnection

    def __call__(
        self,
        session: str,
        *,
        since: When | None = None,
        until: When | None = None,
        merged: bool = False,
        notifications: bool = False,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return the messages of one thread, newest first, as a table `messages` (BLiP 2.2).

        >>> bot.messages("5511999998888@wa.gw.msging.net", since="2026-10-01", until="2026-11-01")

        Args:
            session: identity of the other party, as in the column `session` of `sessions()`.
            since: messages from this time on; a day, or a time with a zone. All that are stored if `None`.
            until: messages before this time.
            merged: read the thread as a router has it, over all of its bots.
            notifications: also read the delivery of each message of the last three days: it is the `status`
                and the `error`, and the columns of the table `deliveries` are added.
            limit: the most rows; all rows if `None`.
            raw: add the messages themselves as a last column `raw`.

        Raises:
            InvalidRequest: `session` is not an identity, or a time has no zone.
        """
        uri = thread_uri(session, merged=merged)
        span = parse_when(since, "since"), parse_when(until, "until")
        found = read_thread(self._connection, uri, *span, limit)
        reported = read_deliveries(self._connection, found) if notifications else None
        return to_tables.messages(found, self._connection.account, session, notifications=reported, raw=raw)

    def notifications(
        self, message: str | None = None, *, limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """Return the notifications of one message, or the bot's last hundred, as a table `events` (BLiP 2.8).

        The platform stores them for three days.

        >>> sent = bot.send_text("5511999998888@wa.gw.msging.net", "Hello")
        >>> bot.messages.notifications(sent.message)

        Args:
            message: ID of the message; the last notifications of all messages if `None`.
            limit: the most rows; all rows if `None`.
            raw: add the notifications themselves as a last column `raw`.
        """
        if message:
            found = read_notifications(self._connection, message, limit)
        else:
            found = read_latest(self._connection)[:limit]
        return to_tables.notifications(found, self._connection.account, raw=raw)


def thread_uri(session: str, *, merged: bool = False) -> str:
    """Return the uri of a thread.

    Raises:
        InvalidRequest: `session` is not an identity.
    """
    name = escape(check_identity(session, "session"))
    return f"/threads-merged/{name}" if merged else f"/threads/{name}"


def read_thread(
    connection: BlipConnection,
    uri: str,
    since: datetime | None,
    until: datetime | None,
    limit: int | None = None,
) -> list[Any]:
    """Return the messages of a thread as the platform sends them, newest first."""

    def fetch(before: datetime | None, skip: int) -> list[Any]:
        # The platform accepts a direction only together with a date (BLiP 2.2).
        bound = {"storageDate": timestamp(before), "direction": "desc"} if before else {}
        return connection.page(uri, None, {"$skip": skip, "$take": PAGE, **bound})

    return back_in_time(
        fetch,
        size=PAGE,
        key=_key,
        get_time=message_time,
        what="messages",
        limit=limit,
        since=since,
        until=until,
    )


def _key(message: Mapping[str, Any]) -> tuple[Any, ...]:
    return message.get("id"), message.get("direction"), message.get("date")
