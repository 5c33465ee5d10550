"""Messages that are sent later (BLiP 2.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.block_list import refuse_forgotten
from msgnb.core.sending import SendResult, new_id
from msgnb.core.times import When, parse_when
from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection, escape
from msgnb.platforms.blip.sending import Metadata, make_message
from msgnb.platforms.blip.times import future_time, timestamp
from msgnb.platforms.resources import PlannedTime, Resource

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.platforms.blip.content import Content

SCHEDULER = "postmaster@scheduler.msging.net"
SCHEDULE = "application/vnd.iris.schedule+json"
PAGE = 100


class Schedules(Resource):
    """Scheduled messages: `bot.schedules()`, `bot.schedules.cancel(schedule)`."""

    _connection: BlipConnection

    def __call__(
        self, *, since: When | None = None, limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """Return the scheduled messages as a table `schedules` (BLiP 2.6).

        Args:
            since: those that are planned for this time or later; all that are stored if `None`.
            limit: the most rows; all rows if `None`.
            raw: add the schedules themselves as a last column `raw`.

        Raises:
            InvalidRequest: the time has no zone.
        """
        query = {"since": None if since is None else timestamp(parse_when(since, "since"))}
        found = self._connection.items(
            "/schedules", SCHEDULER, PAGE, "schedules", limit, key=_key, query=query
        )
        return to_tables.schedules(found, self._connection.account, raw=raw)

    def create(
        self,
        to: str,
        content: Content | str,
        *,
        at: PlannedTime,
        name: str | None = None,
        schedule: str | None = None,
        metadata: Metadata | None = None,
    ) -> SendResult:
        """Schedule a message; `cancel` takes the `message` of the result.

        >>> bot.schedules.create(to, "Your appointment is tomorrow.", at=datetime(2026, 12, 1, 9, tzinfo=UTC))

        Args:
            to: identity of the recipient or of a list.
            content: what to send; `msgnb.content` builds all kinds, and a `str` is a plain text.
            at: when to send it: a time with a zone, a day, or a span from now.
            name: name of the schedule.
            schedule: ID of the schedule, which is also its message's; a new one if `None`.
            metadata: what is attached to the message.

        Raises:
            InvalidRequest: `to` is not an identity, the text is empty, or the time has no zone or has passed.
            OutcomeUnknown: the response was lost; look for `schedule` in `schedules()`.
        """
        refuse_forgotten(to)
        message = make_message(to, content, id=schedule or new_id(), metadata=metadata)
        # After the message was checked, since the platform's time may take a request.
        moment = future_time(at, "at", self._connection.now)
        body = {"message": message, "when": timestamp(moment), **({"name": name} if name else {})}
        self._connection.set("/schedules", SCHEDULER, SCHEDULE, body)
        return self._connection.sent(to, message=message["id"], session=to, response=body)

    def cancel(self, schedule: str) -> None:
        """Cancel a scheduled message.

        Args:
            schedule: ID of the schedule, as in the column `schedule` of `schedules()`.

        Raises:
            NotFound: there is no such schedule.
            Rejected: it was sent already.
        """
        self._connection.delete(f"/schedules/{escape(schedule)}", SCHEDULER)


def _key(row: Mapping[str, Any]) -> Any:
    return tables.as_object(row.get("message")).get("id")
