"""The error of a history that was not read to its end.

It is the one error outside of `msgnb.core.errors`, since it makes tables, which core knows nothing about.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgnb.core.errors import MsgnbError

if TYPE_CHECKING:
    import pandas as pd


class IncompleteHistory(MsgnbError):
    """Reading a history ended early. The error has what was read so far, and can continue.

    >>> try:
    ...     messages = client.history()
    ... except msgnb.IncompleteHistory as error:
    ...     messages = error.resume()

    Attributes:
        done: the sessions that were read completely.
        left: the sessions that are not read yet, as far as they are known.
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
        """The messages of the sessions that were read completely, as a table `messages`."""
        return self._table()

    def resume(self) -> pd.DataFrame:
        """Read the remaining sessions, and return the messages of all of them as one table.

        Raises:
            IncompleteHistory: it ended early again; the new error has everything that was read so far.
        """
        return self._resume()
