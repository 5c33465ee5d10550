"""Messages that are sent later (BLiP 2.6)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgnb.core.sending import SendResult, new_id
from msgnb.core.times import When, instant
from msgnb.platforms.blip import to_tables as rows
from msgnb.platforms.blip.connection import Commands, escaped, identity
from msgnb.platforms.blip.content import Content
from msgnb.platforms.blip.content import text as plain
from msgnb.platforms.blip.times import coming, stamp

if TYPE_CHECKING:
    import pandas as pd

SCHEDULER = "postmaster@scheduler.msging.net"
SCHEDULE = "application/vnd.iris.schedule+json"
PAGE = 100


class Schedules(Commands):
    """Scheduling messages."""

    def schedule(
        self,
        to: str,
        content: Content | str,
        when: When | timedelta,
        *,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - the wire's word
    ) -> SendResult:
        """Send a message later; the result's `message` is what cancels it.

        >>> bot.schedule(to, "Your appointment is tomorrow.", datetime(2026, 12, 1, 9, tzinfo=UTC))

        Args:
            to: an identity, or a list.
            content: what to say.
            when: a time with a zone, or a span from now.
            name: of the schedule.
            id: of the message; a new one where it is `None`.

        Raises:
            InvalidRequest: `to` is no identity, or the time has no zone or is over.
            OutcomeUnknown: the answer got lost; look for `id` in `schedules()`.
        """
        said = plain(content) if isinstance(content, str) else content
        moment = coming(when, "when", self._now)
        sent = {"id": id or new_id(), "to": identity(to, "to"), "type": said.type, "content": said.content}
        body = {"message": sent, "when": stamp(moment), **({"name": name} if name else {})}
        self._set("/schedules", SCHEDULER, SCHEDULE, body)
        return SendResult(self.platform, to, "sent", message=sent["id"], session=to, answer=body)

    def schedules(
        self, *, since: When | None = None, limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """The scheduled messages, as a table `schedules` (BLiP 2.6).

        Args:
            since: those for that moment and later.
            limit: the most rows; all where it is `None`.
            raw: add the schedules themselves as a last column.
        """
        bound = None if since is None else stamp(instant(since, "since"))
        found = self._paged(
            "/schedules", SCHEDULER, PAGE, "schedules", limit, key=_key, query={"since": bound}
        )
        return rows.schedules(found, self.account, raw=raw)

    def cancel_schedule(self, message: str) -> None:
        """Cancel a scheduled message, by its id.

        Raises:
            NotFound: there is no such schedule.
            Rejected: it was sent already.
        """
        self._delete(f"/schedules/{escaped(message)}", SCHEDULER)


def _key(row: dict[str, dict[str, str]]) -> str:
    return row["message"]["id"]
