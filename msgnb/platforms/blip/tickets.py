"""The human desk: its tickets, its reports and its live views (BLiP 2.11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.core.errors import InvalidRequest
from msgnb.core.exchange import is_object, is_rows
from msgnb.core.times import When, parse_when
from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection, Command, escape
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd

DESK = "postmaster@desk.msging.net"
PAGE = 100
STATUSES = ("Waiting", "Assigned", "Open", "ClosedAttendant", "ClosedClient", "Transferred")
CLOSED = frozenset({"ClosedAttendant", "ClosedClient", "Transferred"})
REPORTS = (
    "attendants", "attendants/productivity", "teams", "tickets", "timings", "tags", "attendancetime",
)  # fmt: skip
LIVE_VIEWS = ("tickets", "waiting-tickets", "open-tickets", "teams", "attendants", "ticket-metrics")


class Tickets(Resource):
    """Tickets of the human desk: `bot.tickets()`, `bot.tickets.get(ticket)`."""

    _connection: BlipConnection

    def __call__(
        self,
        filter: str | None = None,  # noqa: A002 - the platform's word
        *,
        status: str | None = None,
        closed: bool | None = None,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return the tickets, newest first, as a table `tickets` (BLiP 2.11).

        >>> bot.tickets(status="waiting")
        >>> bot.tickets(f"(customerIdentity eq '{who}')", closed=False)

        Args:
            filter: the platform's `$filter`; all tickets if `None`.
            status: only tickets of this status: `waiting`, `assigned`, `open`, `closedattendant`,
                `closedclient` or `transferred`, in any case.
            closed: only tickets that are closed, or only those that are not. A `status` of closed tickets
                implies it.
            limit: the most rows; all rows if `None`.
            raw: add the tickets themselves as a last column `raw`.

        Raises:
            InvalidRequest: there is no such status.
            Rejected: the platform cannot read the filter.
        """
        wanted = _check_status(status) if status is not None else None
        # Without `$closed=true` the platform seems to list active tickets only (BLiP 2.11).
        if closed is None and wanted in CLOSED:
            closed = True
        query = {
            "$filter": _make_filter(wanted, filter),
            "$closed": None if closed is None else str(closed).lower(),
        }
        found = self._connection.items("/tickets", DESK, PAGE, "tickets", limit, query=query)
        return to_tables.tickets(found, self._connection.account, raw=raw)

    def get(self, ticket: str) -> Command:
        """Return one ticket as the platform sends it.

        Raises:
            NotFound: there is no such ticket.
        """
        # Singular, unlike the list: the platform does not know `/tickets/{id}` (BLiP 2.11).
        return self._connection.get_object(f"/ticket/{escape(ticket)}", DESK)

    def report(self, name: str, *, since: When, until: When) -> pd.DataFrame:
        """Return a report of the desk on some days; durations are `timedelta64` (BLiP 2.11).

        >>> bot.tickets.report("attendants", since="2026-10-01", until="2026-10-31")

        Args:
            name: `attendants`, `attendants/productivity`, `teams`, `tickets`, `timings`, `tags` or
                `attendancetime`.
            since: the first day.
            until: the last day.

        Raises:
            InvalidRequest: there is no such report, or a day is not valid.
        """
        if name not in REPORTS:
            raise InvalidRequest.of(name=f"{name!r} is none of {', '.join(REPORTS)}")
        days = {
            "beginDate": f"{parse_when(since, 'since'):%Y-%m-%d}",
            "endDate": f"{parse_when(until, 'until'):%Y-%m-%d}",
        }
        return tables.report(self._rows(f"/analytics/reports/{name}", days))

    def live(self, name: str) -> pd.DataFrame:
        """Return how the desk is doing right now; durations are `timedelta64` (BLiP 2.11).

        >>> bot.tickets.live("waiting-tickets")

        Args:
            name: `tickets`, `waiting-tickets`, `open-tickets`, `teams`, `attendants` or `ticket-metrics`.

        Raises:
            InvalidRequest: there is no such view.
        """
        if name not in LIVE_VIEWS:
            raise InvalidRequest.of(name=f"{name!r} is none of {', '.join(LIVE_VIEWS)}")
        return tables.report(self._rows(f"/monitoring/{name}", {"version": "2"}))

    def _rows(self, uri: str, query: Mapping[str, str]) -> list[Command]:
        """Return the rows of a report: the items of a collection, or the one object that it is."""
        found = self._connection.get(uri, DESK, query, holds=_is_report) or {}
        rows: list[Command] = found.get("items", [found])
        return rows


def _is_report(resource: Any) -> bool:
    return is_object(resource) and ("items" not in resource or is_rows(resource["items"]))


def _check_status(status: str) -> str:
    """Return a status in the platform's casing.

    The platform ignores the case of a status in a filter, but documents one for each.
    """
    if status.lower() == "closed":
        # It is not among the platform's statuses, and a filter by it fails.
        raise InvalidRequest.of(status=f"{status!r} is not a status; use closed=True")
    known = {each.lower(): each for each in STATUSES}
    if status.lower() not in known:
        raise InvalidRequest.of(status=f"{status!r} is none of {', '.join(known)}")
    return known[status.lower()]


def _make_filter(status: str | None, further: str | None) -> str | None:
    if status is None:
        return further
    return f"status eq '{status}' and ({further})" if further else f"status eq '{status}'"
