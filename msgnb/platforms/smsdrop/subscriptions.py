"""The SMS plan of an account and its credit (SMSDrop 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgnb.platforms.resources import Resource
from msgnb.platforms.smsdrop import to_tables
from msgnb.platforms.smsdrop.connection import SmsDropConnection

if TYPE_CHECKING:
    import pandas as pd


class Subscriptions(Resource):
    """The SMS plan: `sms.subscriptions()`."""

    _connection: SmsDropConnection

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the plan and its credit as a table `subscriptions` of one row.

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the platform's own object as a last column `raw`.
        """
        frame = to_tables.subscriptions(self._connection.plan(), self._connection.account, raw=raw)
        return frame.iloc[:limit]
