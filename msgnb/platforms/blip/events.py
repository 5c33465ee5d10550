"""Event tracks and metrics (BLiP 2.3, 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, Literal

from msgnb.core.errors import InvalidRequest
from msgnb.core.times import When
from msgnb.platforms.blip import to_tables as rows
from msgnb.platforms.blip.connection import Commands, escaped, identity
from msgnb.platforms.blip.times import first_moment, last_moment

if TYPE_CHECKING:
    import pandas as pd

ANALYTICS = "postmaster@analytics.msging.net"
TRACK = "application/vnd.iris.eventTrack+json"
CATEGORIES_PAGE = 1000
COUNTERS_PAGE = 1000
DETAILS_PAGE = 500
METRICS = (
    "active-messages", "active-messages-per-domain", "active-identity", "engaged-identity",
    "received-messages", "sent-messages",
)  # fmt: skip


class Tracks(Commands):
    """What the bot tracks of its conversations."""

    def event_categories(self) -> list[str]:
        """The categories that events were tracked in."""
        found = self._paged("/event-track", ANALYTICS, CATEGORIES_PAGE, "categories", None, key=_category)
        return [_category(row) for row in found]

    def events(
        self,
        category: str | None = None,
        action: str | None = None,
        *,
        since: When | None = None,
        until: When | None = None,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Event tracks as a table `events` (BLiP 2.3).

        Without an action these are counters, a row for each day and action; a day of the platform begins at
        three in the morning UTC, which is midnight in Brazil. With one they are the events themselves.

        >>> bot.events("payments", since="2026-10-01", until="2026-10-31")
        >>> bot.events("payments", "success-order", since="2026-10-31")

        Args:
            category: all of them where it is `None`.
            action: of the category.
            since: from that day or moment on. Of single events only today's where both are `None`.
            until: to that day, which is part of it, or that moment.
            limit: the most rows; all where it is `None`.
            raw: add the tracks themselves as a last column.

        Raises:
            InvalidRequest: an action without its category, or a time without a zone.
        """
        if action is not None and category is None:
            raise InvalidRequest.of(category="is missing: whose action is that?")
        span = {"startDate": first_moment(since, "since"), "endDate": last_moment(until, "until")}
        categories = [category] if category is not None else self.event_categories()
        found: list[Any] = []
        for name in categories:
            left = None if limit is None else limit - len(found)
            found += self._tracks(name, action, left, span)
        return rows.events(found, self.account, raw=raw)

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

        >>> bot.track("payments", "success-order", contact=who, extras={"customerId": "41231"})

        Args:
            category: of the event.
            action: what happened.
            contact: identity of whom it is about.
            label: a further word on it.
            value: a number that goes with it.
            message: id of the message it is about.
            extras: further properties, all texts.

        Raises:
            InvalidRequest: category or action is empty, or extras are no texts.
        """
        empty = [name for name, given in (("category", category), ("action", action)) if not given.strip()]
        wrong = [key for key, given in (extras or {}).items() if not isinstance(given, str)]
        if empty or wrong:
            problems = dict.fromkeys(empty, "is empty")
            raise InvalidRequest.of(
                **problems, **({"extras": f"{', '.join(wrong)}: texts only"} if wrong else {})
            )
        fields = {
            "category": category,
            "action": action,
            "contact": {"identity": identity(contact, "contact")} if contact else None,
            "label": label,
            "value": value,
            "messageId": message,
            "extras": dict(extras) if extras else None,
        }
        given = {name: value for name, value in fields.items() if value is not None}
        self._set("/event-track", ANALYTICS, TRACK, given)

    def delete_events(self, category: str) -> None:
        """Delete a category with all its events.

        Raises:
            NotFound: there is no such category.
        """
        self._delete(f"/event-track/{escaped(category)}", ANALYTICS)

    def metrics(
        self,
        name: str,
        interval: Literal["D", "M", "NI"] = "D",
        *,
        since: When | None = None,
        until: When | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """A metric of the bot, as a table `metrics` (BLiP 2.4).

        >>> bot.metrics("active-identity", "M", since="2026-08-01", until="2026-10-31")

        Args:
            name: `active-messages`, `active-messages-per-domain`, `active-identity`, `engaged-identity`,
                `received-messages` or `sent-messages`.
            interval: a row for each day `D` or month `M`, or one for all, `NI`.
            since: from that day or moment on; the platform's default where it is `None`.
            until: to that day, which is part of it, or that moment.
            raw: add the platform's rows as a last column.

        Raises:
            InvalidRequest: no such metric or interval.
        """
        if name not in METRICS:
            raise InvalidRequest.of(name=f"{name!r} is none of {', '.join(METRICS)}")
        if interval not in {"D", "M", "NI"}:
            raise InvalidRequest.of(interval=f"{interval!r} is none of D, M, NI")
        span = {"startDate": first_moment(since, "since"), "endDate": last_moment(until, "until")}
        found = self._items(f"/metrics/{name}/{interval}", ANALYTICS, span)
        return rows.metrics(found, self.account, name, raw=raw)

    def _tracks(
        self, category: str, action: str | None, limit: int | None, span: Mapping[str, Any]
    ) -> list[Any]:
        path = f"/event-track/{escaped(category)}"
        if action is None:
            return self._paged(path, ANALYTICS, COUNTERS_PAGE, "counters", limit, key=_counter, query=span)
        uri = f"{path}/{escaped(action)}"
        # Events have no id: rows are told apart by where they stand.
        places = count()
        return self._paged(
            uri, ANALYTICS, DETAILS_PAGE, "events", limit, key=lambda _: next(places), query=span
        )


def _category(row: Any) -> str:
    return str(row.get("category"))


def _counter(row: Any) -> tuple[Any, ...]:
    return row.get("storageDate"), row.get("category"), row.get("action")
