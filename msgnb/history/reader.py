"""What a platform implements so that its history can be read and archived.

A reader is used by several threads at the same time. It need not be exact: `sessions` may return too many of
them, and `read` may return messages outside of the span, since both are filtered again where they are used.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from msgnb.core.errors import NotFound
from msgnb.tables import Rows

if TYPE_CHECKING:
    import pandas as pd


class HistoryReader(Protocol):
    """Reads the history of one account."""

    platform: str

    @property
    def account(self) -> str:
        """The account whose history it is; some platforms report it only after the first request."""
        ...

    def now(self) -> datetime:
        """Return the platform's time."""
        ...

    def list_sessions(self) -> pd.DataFrame:
        """Return all sessions as a table `sessions`."""
        ...

    def sessions(self, since: datetime | None) -> Iterable[str]:
        """Return the IDs of the sessions that have messages since a time, as far as the platform tells.

        They may be yielded page by page; the first ones are read while others are still being listed.
        """
        ...

    def read(self, session: str, since: datetime | None, until: datetime | None) -> Rows:
        """Return the messages of one session as rows of a table `messages`, at least those of a span.

        Raises:
            NotFound: the session no longer exists.
        """
        ...


class HistorySource(Protocol):
    """An account whose history can be read: a client."""

    def history_reader(self, *, raw: bool = False) -> HistoryReader:
        """Return what reads the history; with `raw` its rows have the platform's own objects."""
        ...


def read_session(reader: HistoryReader, session: str, since: datetime | None, until: datetime | None) -> Rows:
    """Return the messages of a session; none if it was deleted after the sessions were listed."""
    try:
        return reader.read(session, since, until)
    except NotFound:
        return Rows(0, {})
