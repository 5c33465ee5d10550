"""Metrics of a bot (BLiP 2.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from msgnb.core.errors import InvalidRequest
from msgnb.core.times import When
from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection
from msgnb.platforms.blip.times import span_of_days
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd

ANALYTICS = "postmaster@analytics.msging.net"
METRICS = (
    "active-messages", "active-messages-per-domain", "active-identity", "engaged-identity",
    "received-messages", "sent-messages",
)  # fmt: skip
Interval = Literal["D", "M", "NI"]


class Metrics(Resource):
    """Metrics: `bot.metrics("active-messages")`."""

    _connection: BlipConnection

    def __call__(
        self,
        name: str,
        interval: Interval = "D",
        *,
        since: When | None = None,
        until: When | None = None,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return a metric of the bot as a table `metrics` (BLiP 2.4).

        >>> bot.metrics("active-identity", "M", since="2026-08-01", until="2026-10-31")

        Args:
            name: `active-messages`, `active-messages-per-domain`, `active-identity`, `engaged-identity`,
                `received-messages` or `sent-messages`.
            interval: one row per day `D`, one per month `M`, or one for the whole time, `NI`.
            since: from this day or time on; the platform's default if `None`.
            until: to this day, which is included, or to this time.
            limit: the most rows; all rows if `None`.
            raw: add the platform's rows as a last column `raw`.

        Raises:
            InvalidRequest: there is no such metric or interval, or a time has no zone.
        """
        if name not in METRICS:
            raise InvalidRequest.of(name=f"{name!r} is none of {', '.join(METRICS)}")
        if interval not in get_args(Interval):
            raise InvalidRequest.of(interval=f"{interval!r} is none of {', '.join(get_args(Interval))}")
        # Metrics are not paged: `$skip` and `$take` are not among their parameters (BLiP 2.4).
        found = self._connection.page(f"/metrics/{name}/{interval}", ANALYTICS, span_of_days(since, until))
        return to_tables.metrics(found[:limit], self._connection.account, name, raw=raw)
