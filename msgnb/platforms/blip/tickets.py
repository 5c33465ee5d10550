"""The human desk: tickets and what it reports of them (BLiP 2.11)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.errors import InvalidRequest
from msgnb.core.times import When, instant
from msgnb.platforms.blip import to_tables as rows
from msgnb.platforms.blip.connection import Command, Commands, escaped

if TYPE_CHECKING:
    import pandas as pd

DESK = "postmaster@desk.msging.net"
PAGE = 100
REPORTS = (
    "attendants", "attendants/productivity", "teams", "tickets", "timings", "tags", "attendancetime",
)  # fmt: skip
MONITORS = ("tickets", "waiting-tickets", "open-tickets", "teams", "attendants", "ticket-metrics")


class Desk(Commands):
    """Tickets of the human desk."""

    def tickets(
        self,
        filter: str | None = None,  # noqa: A002 - the platform's word
        *,
        closed: bool | None = None,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """The tickets, newest first, as a table `tickets` (BLiP 2.11).

        >>> bot.tickets(closed=False)
        >>> bot.tickets(f"(customerIdentity eq '{who}')")

        Args:
            filter: which, as the platform's `$filter` says it.
            closed: only those that are closed, or that are not; a filter by the status `closed` never works.
            limit: the most rows; all where it is `None`.
            raw: add the tickets themselves as a last column.

        Raises:
            Rejected: the filter can't be read.
        """
        shut = None if closed is None else str(closed).lower()
        found = self._paged(
            "/tickets", DESK, PAGE, "tickets", limit, query={"$filter": filter, "$closed": shut}
        )
        return rows.tickets(found, self.account, raw=raw)

    def ticket(self, name: str) -> Command:
        """One ticket, as the platform sends it.

        Raises:
            NotFound: there is no such ticket.
        """
        found: Command = self._get(f"/ticket/{escaped(name)}", DESK)
        return found

    def desk_report(self, name: str, since: When, until: When) -> pd.DataFrame:
        """A report of the desk over some days; durations are `timedelta64` (BLiP 2.11).

        >>> bot.desk_report("attendants", "2026-10-01", "2026-10-31")

        Args:
            name: `attendants`, `attendants/productivity`, `teams`, `tickets`, `timings`, `tags` or
                `attendancetime`.
            since: the first day.
            until: the last day.

        Raises:
            InvalidRequest: there is no such report, or a day is none.
        """
        if name not in REPORTS:
            raise InvalidRequest.of(name=f"{name!r} is none of {', '.join(REPORTS)}")
        days = {
            "beginDate": f"{instant(since, 'since'):%Y-%m-%d}",
            "endDate": f"{instant(until, 'until'):%Y-%m-%d}",
        }
        return tables.report(_rows(self._get(f"/analytics/reports/{name}", DESK, days)))

    def desk_now(self, name: str) -> pd.DataFrame:
        """How the desk stands right now; durations are `timedelta64` (BLiP 2.11).

        Args:
            name: `tickets`, `waiting-tickets`, `open-tickets`, `teams`, `attendants` or `ticket-metrics`.

        Raises:
            InvalidRequest: there is no such view.
        """
        if name not in MONITORS:
            raise InvalidRequest.of(name=f"{name!r} is none of {', '.join(MONITORS)}")
        return tables.report(_rows(self._get(f"/monitoring/{name}", DESK, {"version": "2"})))


def _rows(resource: Any) -> list[dict[str, Any]]:
    """The rows of a report: a collection's items, or the one object that it is."""
    if not isinstance(resource, dict):
        return []
    return list(resource["items"]) if "items" in resource else [resource]
