"""Threads and their messages (BLiP 2.2, 2.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.errors import InvalidRequest
from msgnb.core.paging import back_in_time
from msgnb.core.progress import progress_bar
from msgnb.core.sending import SendResult
from msgnb.core.times import When, instant
from msgnb.history.reading import Reader
from msgnb.platforms.blip import to_tables as rows
from msgnb.platforms.blip.connection import Commands, escaped, identity
from msgnb.platforms.blip.content import Content
from msgnb.platforms.blip.content import text as plain
from msgnb.platforms.blip.times import stamp

if TYPE_CHECKING:
    import pandas as pd

PAGE = 100
NOTIFIED_FOR = timedelta(days=3)
"""How long the platform keeps what became of a message."""


class Conversations(Commands):
    """Reading conversations, and sending into them."""

    def sessions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The bot's threads, newest first, as a table `sessions` (BLiP 2.2).

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the threads themselves as a last column.
        """
        found = self._paged("/threads", None, PAGE, "sessions", limit)
        return rows.sessions(found, self.account, raw=raw)

    def messages(
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
        """The messages of one thread, newest first, as a table `messages` (BLiP 2.2).

        >>> bot.messages("5511999998888@wa.gw.msging.net", since="2026-10-01", until="2026-11-01")

        Args:
            session: the other party's identity, as in the column `session` of `sessions()`.
            since: from that moment on; a day, or a time with a zone. All that is kept where it is `None`.
            until: before that moment.
            merged: the thread as a router has it, over all of its bots.
            notifications: ask what became of each message of the last three days: `status` and `error` say
                so, and the columns of the table `deliveries` are added.
            limit: the most rows; all where it is `None`.
            raw: add the messages themselves as a last column.

        Raises:
            InvalidRequest: `session` is no identity, or a time has no zone.
        """
        name = escaped(identity(session, "session"))
        path = f"/threads-merged/{name}" if merged else f"/threads/{name}"
        found = self._thread(path, instant(since, "since"), instant(until, "until"), limit)
        told = self._told(found) if notifications else None
        return rows.messages(found, self.account, session, told=told, raw=raw)

    def notifications(
        self, message: str | None = None, *, limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """What became of one message, or of the last hundred, as a table `events` (BLiP 2.2, 2.8).

        The platform keeps this for three days.

        Args:
            message: the message's id.
            limit: the most rows; all where it is `None`.
            raw: add the notifications themselves as a last column.
        """
        found = self._notified(message, limit) if message else self._items("/notifications")[:limit]
        return rows.notifications(found, self.account, raw=raw)

    def send(
        self, to: str, content: Content | str, *, metadata: Mapping[str, str] | None = None
    ) -> SendResult:
        """Send any content to one identity; `msgnb.blip.content` makes each kind (BLiP 3).

        >>> bot.send(to, content.quick_reply("Shall we?", ["Yes", "No"]))

        Args:
            to: the recipient's identity.
            content: what to say; a text is a plain text.
            metadata: what goes with it, such as `{"#message.replaceVariables": "true"}`.

        Raises:
            InvalidRequest: `to` is no identity, or the text is empty.
            OutcomeUnknown: the answer got lost; `id` is the message's.
        """
        said = plain(content) if isinstance(content, str) else content
        message = {"to": identity(to, "to"), "type": said.type, "content": said.content}
        sent = self.send_message({**message, **({"metadata": dict(metadata)} if metadata else {})})
        return SendResult(self.platform, to, "sent", message=sent["id"], session=to, answer=sent)

    def send_text(self, to: str, text: str, *, sender: str | None = None) -> SendResult:
        """Send a text to one identity; the bot is always the sender.

        >>> bot.send_text("5511999998888@wa.gw.msging.net", "Hello")

        Raises:
            InvalidRequest: `to` is no identity, the text is empty, or there is a `sender`.
            OutcomeUnknown: the answer got lost; `id` is the message's.
        """
        if sender:
            raise InvalidRequest.of(sender=f"BLiP sends as the bot, not as {sender!r}; leave it out")
        return self.send(to, text)

    def _notified(self, message: str, limit: int | None = None) -> list[Any]:
        """The notifications of one message, for each of its recipients."""
        return self._paged(
            "/notifications", None, PAGE, "notifications", limit, key=_notice, query={"id": message}
        )

    def _thread(
        self, path: str, since: datetime | None, until: datetime | None, limit: int | None = None
    ) -> list[Any]:
        """The messages of a thread, newest first."""

        def fetch(before: datetime | None, skip: int) -> list[Any]:
            bound = {"storageDate": stamp(before), "direction": "desc"} if before else {}
            return self._items(path, None, {"$skip": skip, "$take": PAGE, **bound})

        return back_in_time(
            fetch, size=PAGE, key=_key, time_of=_time, what="messages", limit=limit, since=since, until=until
        )

    def _reader(self, *, raw: bool = False) -> Reader:
        return Threads(self, raw=raw)

    def _told(self, found: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
        """What the platform still knows of the messages that were sent lately, by their ids."""
        earliest = self._now() - NOTIFIED_FOR
        recent = [each for each in found if each.get("direction") == "sent" and _time(each) >= earliest]
        told: dict[str, list[Mapping[str, Any]]] = {}
        with progress_bar("notifications", len(recent)) as bar:
            for name in (str(each.get("id")) for each in recent):
                told[name] = self._notified(name)
                bar.update()
        return told


class Threads:
    """How a bot's history is read: thread by thread, back to a moment."""

    def __init__(self, bot: Conversations, *, raw: bool) -> None:
        self._bot = bot
        self._raw = raw

    def sessions(self, since: datetime | None) -> Iterator[str]:
        """The threads whose last message is not too old."""
        for page in self._bot._pages("/threads", None, PAGE, "sessions", None):  # noqa: SLF001 - a part of it
            for thread in page:
                last = thread.get("lastMessage")
                if since is None or not last or _time(last) >= since:
                    yield str(thread["identity"])

    def read(self, session: str, since: datetime | None, until: datetime | None) -> tables.Rows:
        """The messages of one thread."""
        path = f"/threads/{escaped(identity(session, 'session'))}"
        found = self._bot._thread(path, since, until)  # noqa: SLF001
        return rows.message_rows(found, self._bot.account, session, raw=self._raw)


def _key(message: Mapping[str, Any]) -> tuple[Any, ...]:
    return message.get("id"), message.get("direction"), message.get("date")


def _notice(notification: Mapping[str, Any]) -> tuple[Any, ...]:
    return notification.get("id"), notification.get("event"), notification.get("from")


def _time(message: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(message["date"])
