"""Sessions, messages and contacts, which are made from all campaigns.

The platform knows campaigns only. A session is everything that one phone number received over all campaigns,
and contacts are the phone numbers. So each of these tables reads all campaigns, whatever its limit is.
"""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING

from msgnb.core.phones import parse_e164
from msgnb.core.times import When, parse_when
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
        """Return the phone numbers that campaigns were sent to, the latest first, as a table `sessions`.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the last campaign to each phone number as a last column `raw`.
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
        """Return what one phone number received over all campaigns, newest first, as a table `messages`.

        The platform reports only the share of recipients that a campaign has reached. The status of a message
        is `unknown` unless that share is all or none.

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
        phone = parse_e164(session, "session")
        span = parse_when(since, "since"), parse_when(until, "until")
        rows = to_tables.filter_span(self._connection.campaign_rows(), *span)
        return to_tables.messages(rows, self._connection.account, phone, limit=limit, raw=raw)


class Contacts(Resource):
    """Contacts: `sms.contacts()`."""

    _connection: SmsDropConnection

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the phone numbers that campaigns were sent to, as a table `contacts`.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the last campaign to each phone number as a last column `raw`.
        """
        rows = self._connection.campaign_rows()
        return to_tables.contacts(rows, self._connection.account, limit=limit, raw=raw)


class CampaignHistory:
    """Reads an account's history: all campaigns at once, and the messages of each phone number from them.

    Args:
        connection: the connection.
        raw: keep the campaigns themselves.
    """

    def __init__(self, connection: SmsDropConnection, *, raw: bool) -> None:
        self.platform = connection.platform
        self.now = connection.now
        self._connection = connection
        self._raw = raw
        # Sessions are read by several threads, but the campaigns must be read only once.
        self._lock = threading.Lock()
        self._campaigns: dict[str, list[Wire]] | None = None

    @property
    def account(self) -> str:
        """The account's email."""
        return self._connection.account

    def list_sessions(self) -> pd.DataFrame:
        """Return all sessions as a table `sessions`."""
        return Sessions(self._connection)()

    def sessions(self, since: datetime | None) -> list[str]:  # noqa: ARG002 - all are read at once anyway
        """Return the phone numbers that campaigns were sent to."""
        return list(self._campaigns_by_phone())

    def read(
        self,
        session: str,
        since: datetime | None,  # noqa: ARG002
        until: datetime | None,  # noqa: ARG002
    ) -> tables.Rows:
        """Return what one phone number received."""
        phone = parse_e164(session, "session")
        campaigns = self._campaigns_by_phone().get(phone, ())
        return to_tables.message_rows(campaigns, phone, self.account, raw=self._raw)

    def _campaigns_by_phone(self) -> dict[str, list[Wire]]:
        with self._lock:
            if self._campaigns is None:
                self._campaigns = to_tables.group_by_phone(self._connection.campaign_rows())
            return self._campaigns
