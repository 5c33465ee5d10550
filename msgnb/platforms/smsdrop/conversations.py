"""Conversations, read out of all campaigns.

The platform knows campaigns only. A session is everything that one phone received over all campaigns.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from msgnb.core.phones import international
from msgnb.core.times import When, instant
from msgnb.platforms.resources import Resource
from msgnb.platforms.smsdrop import to_tables
from msgnb.platforms.smsdrop.connection import SmsDropConnection, Wire

if TYPE_CHECKING:
    import pandas as pd

    from msgnb import tables


class Sessions(Resource):
    """Sessions: `sms.sessions()`."""

    _connection: SmsDropConnection

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the phones that campaigns were sent to, the latest first, as a table `sessions`.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the last campaign to each phone as a last column `raw`.
        """
        rows = self._connection.campaign_rows()
        return to_tables.sessions(rows, self._connection.account, limit=limit, raw=raw)


class Messages(Resource):
    """Messages: `sms.messages(session)`."""

    _connection: SmsDropConnection

    def __call__(
        self,
        session: str,
        *,
        since: When | None = None,
        until: When | None = None,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return what one phone received over all campaigns, newest first, as a table `messages`.

        The status is what is certain for each recipient: `unknown` if a campaign reached only some of them.

        >>> sms.messages("+22963588213")

        Args:
            session: the phone number, with country code.
            since: messages from this time on; a day, or a time with a zone. All if `None`.
            until: messages before this time.
            limit: the most rows; all rows if `None`.
            raw: add the campaigns as a last column `raw`.

        Raises:
            InvalidRequest: `session` is not a phone number, or a time has no zone.
        """
        phone = international(session, "session")
        span = instant(since, "since"), instant(until, "until")
        rows = to_tables.within(self._connection.campaign_rows(), *span)
        return to_tables.messages(rows, self._connection.account, phone, limit=limit, raw=raw)


class Contacts(Resource):
    """Contacts: `sms.contacts()`."""

    _connection: SmsDropConnection

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the phones that campaigns were sent to, as a table `contacts`.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the last campaign to each phone as a last column `raw`.
        """
        rows = self._connection.campaign_rows()
        return to_tables.contacts(rows, self._connection.account, limit=limit, raw=raw)


class CampaignHistory:
    """Reads an account's history: all campaigns at once, and each phone's messages from them."""

    def __init__(self, connection: SmsDropConnection, *, raw: bool) -> None:
        self.platform = connection.platform
        self.now = connection.now
        self._connection = connection
        self._raw = raw
        self._lock = threading.Lock()
        self._found: dict[str, list[Wire]] | None = None

    @property
    def account(self) -> str:
        """The account's email."""
        return self._connection.account

    def list_sessions(self) -> pd.DataFrame:
        """Return all sessions as a table `sessions`."""
        return Sessions(self._connection)()

    def sessions(self, since: datetime | None) -> list[str]:  # noqa: ARG002 - all are read at once anyway
        """Return the phones that campaigns were sent to."""
        return list(self._phones())

    def read(
        self,
        session: str,
        since: datetime | None,  # noqa: ARG002
        until: datetime | None,  # noqa: ARG002
    ) -> tables.Rows:
        """Return what one phone received."""
        phone = international(session, "session")
        return to_tables.message_rows(self._phones().get(phone, ()), phone, self.account, raw=self._raw)

    def _phones(self) -> dict[str, list[Wire]]:
        with self._lock:
            if self._found is None:
                self._found = to_tables.by_phone(self._connection.campaign_rows())
            return self._found
