"""Contacts of a user (NetSapiens 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from msgnb.platforms.netsapiens import to_tables
from msgnb.platforms.netsapiens.connection import NetSapiensConnection, user_path
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd


class Contacts(Resource):
    """Contacts: `pbx.contacts()`."""

    _connection: NetSapiensConnection

    def __call__(
        self, *, user: str = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """Return the contacts of a user as a table `contacts` (NetSapiens 5).

        Args:
            user: the user; `~` is oneself.
            domain: the domain; `~` is one's own.
            limit: the most rows; all rows if `None`.
            raw: add the platform's own objects as a last column `raw`.
        """
        path = f"{user_path(domain, user)}/contacts"
        rows = self._connection.rows(path, _contact_key, "contacts", limit)
        return to_tables.contacts(rows, self._connection.whose(user, domain), raw=raw)


def _contact_key(row: Mapping[str, Any]) -> str:
    # Colleagues in the list have a `uid` only (NetSapiens 5).
    return str(row.get("unique-id") or row.get("uid") or row)
