"""Reading a conversation and writing into it (NetSapiens 3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from msgnb import tables
from msgnb.core.errors import InvalidRequest
from msgnb.core.http import WRITE
from msgnb.core.sending import SendResult, new_id
from msgnb.history.reading import Reader
from msgnb.platforms.netsapiens import to_tables as rows
from msgnb.platforms.netsapiens.connection import id_of, session_path
from msgnb.platforms.netsapiens.media import Media, media_of
from msgnb.platforms.netsapiens.numbers import NATIONAL, Numbers
from msgnb.platforms.netsapiens.payloads import PHONE_KINDS, Wire, message_body, session_id
from msgnb.platforms.netsapiens.sessions import Sessions

if TYPE_CHECKING:
    import pandas as pd
    from PIL.Image import Image

    Source = str | Path | bytes | Image | Media


class Messages(Sessions, Numbers):
    """Messages of a session: read, and sent as chat, SMS and MMS, to one or to a group."""

    platform: ClassVar[str]

    def messages(
        self,
        session: str,
        *,
        user: str = "~",
        domain: str = "~",
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """The messages of one session, newest first, as a table `messages` (NetSapiens 3.1).

        >>> pbx.messages(pbx.sessions()["session"][0])

        Args:
            session: the session's id.
            user: `~` is oneself.
            domain: `~` is one's own.
            limit: the most rows; all where it is `None`.
            raw: add the messages themselves as a last column.

        Raises:
            InvalidRequest: the session's id can't be one.
        """
        path = f"{session_path(domain, user, session)}/messages"
        return rows.messages(
            self._pages(path, id_of, "messages", limit),
            self._whose(user, domain),
            session_id(session),
            raw=raw,
        )

    def _reader(self, *, raw: bool = False) -> Reader:
        return Exchanges(self, raw=raw)

    def get_messages(
        self,
        messagesession: str | None = None,
        domain: str = "~",
        user: str | None = None,
        limit: int | None = None,
    ) -> list[Wire]:
        """The messages of a session, or the sessions of a domain or user, as the platform sends them.

        Args:
            messagesession: the session; sessions are read where it is `None`.
            domain: `~` is one's own.
            user: for sessions `None` is the whole domain; for messages it is one's own user.
            limit: the most rows; all where it is `None`.

        Raises:
            InvalidRequest: the session's id can't be one.
        """
        if messagesession is None:
            return self._session_list(user, domain, limit)
        path = f"{session_path(domain, user or '~', messagesession)}/messages"
        return self._list(path, id_of, "messages", limit)

    def send_message(
        self,
        message_type: str,
        message: str,
        destination: str | Sequence[str],
        from_number: str | None = None,
        messagesession: str | None = None,
        data: str | None = None,
        mime_type: str | None = None,
        size: int | None = None,
        *,
        media: Source | None = None,
        user: str = "~",
        domain: str = "~",
    ) -> Wire:
        """Send a message into a session, or start one (NetSapiens 3.2).

        >>> pbx.send_message("sms", "Hello", "18585551234", "18585550001")
        >>> pbx.send_message("mms", "The menu", ["18585551234", "18585551235"], media="menu.png")

        Args:
            message_type: `sms`, `mms`, `chat` or `chat-media`.
            message: the text; with media it may be empty.
            destination: numbers for SMS and MMS, user ids for chat; several make a group.
            from_number: one of the user's own numbers, for SMS and MMS; the only one there is where it is
                `None`.
            messagesession: the session to answer in; a new one is started where it is `None`.
            data: media in base64, where `media` is not given.
            mime_type: of the media; found out where `media` is given.
            size: of the media in bytes, for `data`.
            media: a path, bytes, or a picture of Pillow, at most 18 MB.
            user: who sends; `~` is oneself.
            domain: `~` is one's own.

        Returns:
            The platform's answer, with the `messagesession-id` to answer in.

        Raises:
            InvalidRequest: session id, destination, media or from-number can't be right.
            OutcomeUnknown: the answer got lost; `id` is the session's.
        """
        # The client makes the id of a new session, so that an answer that got lost can be looked up.
        session = session_id(messagesession) if messagesession is not None else new_id()
        if media is not None and data is not None:
            raise InvalidRequest.of(media="and data are both given; one of them is enough")
        given = {"data": data, "mime-type": mime_type, "size": size}
        about = media_of(media, mime_type).wire() if media is not None else given
        body = message_body(message_type, message, destination, about)
        if message_type in PHONE_KINDS:
            body["from-number"] = self._from_number(from_number, user, domain)
        path = f"{session_path(domain, user, session)}/messages"
        answer = self.http.send("POST", path, policy=WRITE, json=body, id=session).body
        return {"messagesession-id": session, **(answer if isinstance(answer, dict) else {})}

    def send_text(
        self,
        to: str | Sequence[str],
        text: str,
        *,
        sender: str | None = None,
        session: str | None = None,
        media: Source | None = None,
    ) -> SendResult:
        """Send a text: as an SMS to a phone number, as a chat message to a user.

        >>> pbx.send_text("18585551234", "Hello", sender="18585550001")
        >>> pbx.send_text("1002", "The menu", media="menu.png")

        Args:
            to: a phone number, which is what has a sender, a `+` or ten digits and more, or a user id;
                several make a group.
            text: the text; with media it may be empty.
            sender: one of the user's own numbers; the only one there is where it is `None`.
            session: the session to answer in; a new one is started where it is `None`.
            media: a path, bytes, or a picture of Pillow; makes it an MMS, or a chat with media.

        Raises:
            InvalidRequest: recipient, sender, session or media can't be right, or there is nothing to send.
            OutcomeUnknown: the answer got lost; `id` is the session's.
        """
        if not text.strip() and media is None:
            raise InvalidRequest.of(text="is empty")
        phones = bool(sender) or all(map(is_phone, [to] if isinstance(to, str) else to))
        plain, with_media = ("sms", "mms") if phones else ("chat", "chat-media")
        kind = plain if media is None else with_media
        answer = self.send_message(kind, text, to, sender, session, media=media)
        return SendResult(
            self.platform,
            to if isinstance(to, str) else ",".join(to),
            "sent",
            message=_message_id(answer),
            session=answer["messagesession-id"],
            answer=answer,
        )


def is_phone(to: str) -> bool:
    """Whether a recipient is a phone number rather than a user, whose ids are short."""
    return to.startswith("+") or ("@" not in to and sum(map(str.isdigit, to)) >= NATIONAL)


def _message_id(answer: Wire) -> str | None:
    found: Any = answer.get("id")
    return str(found) if found else None


class Exchanges:
    """How a user's history is read: session by session, page by page back to a moment."""

    def __init__(self, pbx: Messages, *, raw: bool) -> None:
        self._pbx = pbx
        self._raw = raw

    def sessions(self, since: datetime | None) -> list[str]:
        """The sessions whose last message is not too old."""
        found = self._pbx.sessions()
        late = found[~(found["last_at"] < since)] if since else found
        return list(late["session"])

    def read(self, session: str, since: datetime | None, until: datetime | None) -> tables.Rows:  # noqa: ARG002
        """The messages of one session; the platform knows no times, and lists the newest first."""
        path = f"{session_path('~', '~', session)}/messages"
        found: list[list[Wire]] = []
        for page in self._pbx._pages(path, id_of, "messages", None):  # noqa: SLF001 - a part of it
            found.append(page)
            if since and page and _at(page[-1]) < since:
                break
        return rows.message_rows(found, self._pbx.account, session, raw=self._raw)


def _at(message: Wire) -> datetime:
    moment = datetime.fromisoformat(str(message.get("timestamp")))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
