"""Event tracks (BLiP 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import InvalidRequest
from msgnb.core.times import When
from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection, escape
from msgnb.platforms.blip.identities import check_identity
from msgnb.platforms.blip.times import span_of_days
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd

ANALYTICS = "postmaster@analytics.msging.net"
TRACK = "application/vnd.iris.eventTrack+json"
CATEGORIES_PAGE = 1000
COUNTERS_PAGE = 1000
# Single events have a lower limit than counters, which may be 10,000 at a time (BLiP 2.3).
DETAILS_PAGE = 500


class Events(Resource):
    """Event tracks: `bot.events()`, `bot.events.track(category, action)`."""

    _connection: BlipConnection

    def __call__(
        self,
        category: str | None = None,
        action: str | None = None,
        *,
        since: When | None = None,
        until: When | None = None,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return event tracks as a table `events` (BLiP 2.3).

        Without an action these are counters, one row per day and action. A day of the platform starts at
        03:00 UTC, which is midnight in Brazil. With an action these are the single events.

        >>> bot.events("payments", since="2026-10-01", until="2026-10-31")
        >>> bot.events("payments", "success-order", since="2026-10-31")

        Args:
            category: the category; all categories if `None`.
            action: an action of the category.
            since: from this day or time on. Single events are only today's if `since` and `until` are `None`.
            until: to this day, which is included, or to this time.
            limit: the most rows; all rows if `None`.
            raw: add the tracks themselves as a last column `raw`.

        Raises:
            InvalidRequest: an action has no category, or a time has no zone.
        """
        if action is not None and category is None:
            raise InvalidRequest.of(category="is missing: whose action is that?")
        span = span_of_days(since, until)
        found: list[Any] = []
        for name in [category] if category is not None else self.categories():
            left = None if limit is None else limit - len(found)
            if action is None:
                found += self._counters(name, left, span)
            else:
                found += self._details(name, action, left, span)
        return to_tables.events(found, self._connection.account, raw=raw)

    def categories(self) -> list[str]:
        """Return the categories in which events were tracked."""
        found = self._connection.items(
            "/event-track", ANALYTICS, CATEGORIES_PAGE, "categories", key=_category
        )
        return [_category(row) for row in found]

    def track(
        self,
        category: str,
        action: str,
        *,
        contact: str | None = None,
        label: str | None = None,
        value: float | None = None,
        message: str | None = None,
        extras: Mapping[str, str] | None = None,
    ) -> None:
        """Track an event.

        >>> bot.events.track("payments", "success-order", contact=who, extras={"customerId": "41231"})

        Args:
            category: category of the event.
            action: what happened.
            contact: identity of the contact it is about.
            label: a further description.
            value: a number that belongs to it.
            message: ID of the message it is about.
            extras: further properties; all values are texts.

        Raises:
            InvalidRequest: category or action is empty, `contact` is not an identity, or extras are not
                texts.
        """
        empty = [name for name, given in (("category", category), ("action", action)) if not given.strip()]
        wrong = [key for key, given in (extras or {}).items() if not isinstance(given, str)]
        problems = dict.fromkeys(empty, "is empty")
        if wrong:
            problems["extras"] = f"{', '.join(wrong)}: texts only"
        if problems:
            raise InvalidRequest.of(**problems)
        fields = {
            "category": category,
            "action": action,
            "contact": {"identity": check_identity(contact, "contact")} if contact else None,
            "label": label,
            "value": value,
            "messageId": message,
            "extras": dict(extras) if extras else None,
        }
        given = {name: value for name, value in fields.items() if value is not None}
        self._connection.set("/event-track", ANALYTICS, TRACK, given)

    def delete(self, category: str) -> None:
        """Delete a category with all its events.

        Raises:
            NotFound: there is no such category.
        """
        self._connection.delete(_uri(category), ANALYTICS)

    def _counters(self, category: str, limit: int | None, span: Mapping[str, Any]) -> list[Any]:
        return self._connection.items(
            _uri(category), ANALYTICS, COUNTERS_PAGE, "counters", limit, key=_counter, query=span
        )

    def _details(self, category: str, action: str, limit: int | None, span: Mapping[str, Any]) -> list[Any]:
        # Events have no ID, and two may be equal: only their position distinguishes them.
        positions = count()
        uri = f"{_uri(category)}/{escape(action)}"
        return self._connection.items(
            uri, ANALYTICS, DETAILS_PAGE, "events", limit, key=lambda _: next(positions), query=span
        )


def _uri(category: str) -> str:
    return f"/event-track/{escape(category)}"


def _category(row: Any) -> str:
    return str(row.get("category"))


def _counter(row: Any) -> tuple[Any, ...]:
    # Counters have no ID, but there is only one per day and action (BLiP 2.3).
    return row.get("storageDate"), row.get("category"), row.get("action")
