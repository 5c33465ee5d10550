"""The error of a history that was not read to its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgnb.core.errors import MsgnbError

if TYPE_CHECKING:
    import pandas as pd


class IncompleteHistory(MsgnbError):
    """Reading a history ended before it was whole; what was read is here.

    >>> try:
    ...     messages = client.history()
    ... except msgnb.IncompleteHistory as error:
    ...     messages = error.resume()

    Attributes:
        done: the sessions that are whole.
        left: those that are not read yet, as far as they are known.
    """

    def __init__(
        self,
        message: str,
        *,
        done: list[str],
        left: list[str],
        table: Callable[[], pd.DataFrame],
        resume: Callable[[], pd.DataFrame],
    ) -> None:
        super().__init__(message)
        self.done = done
        self.left = left
        self._table = table
        self._resume = resume

    @property
    def frame(self) -> pd.DataFrame:
        """The messages of the sessions that are whole, as a table `messages`."""
        return self._table()

    def resume(self) -> pd.DataFrame:
        """Read what is left, and return all of it as one table.

        Raises:
            IncompleteHistory: it ended again; the new error carries what both of them read.
        """
        return self._resume()
