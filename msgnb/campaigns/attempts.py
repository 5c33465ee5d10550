"""One attempt to send: what became of it, and when the next ones are not worth making."""

from __future__ import annotations

from collections.abc import Callable

from msgnb import tables
from msgnb.campaigns.journal import BatchResult
from msgnb.campaigns.sender import Receipt
from msgnb.core.errors import InsufficientCredit, MsgnbError, OutcomeUnknown, Rejected

SAME_ERRORS = 5
"""After so many rejections in a row for the same reason, nothing more is sent."""
NO_ANSWER = "no answer came"
CREDIT = "credit"
"""The error code of a batch that waits for credit."""
FINAL_CODES = frozenset({CREDIT, "AuthError"})
"""Error codes after one of which nothing more is sent."""


def attempt(send: Callable[[], Receipt]) -> BatchResult:
    """Send something, and return what became of it."""
    try:
        return make_result(send())
    except OutcomeUnknown as error:
        return BatchResult("unknown", message=error.id, error=str(error))
    except InsufficientCredit as error:
        return BatchResult("rejected", campaign=error.campaign, error_code=CREDIT, error=str(error))
    except Rejected as error:
        code = error.code if error.code is not None else error.status
        return BatchResult("rejected", error_code=tables.text(code), error=error.reason or str(error))
    except MsgnbError as error:
        return BatchResult("rejected", error_code=type(error).__name__, error=str(error))


def make_result(receipt: Receipt) -> BatchResult:
    """Return the result of a batch that the platform accepted."""
    return BatchResult("sent", receipt.campaign, receipt.message, refused=receipt.refused)


class FailureStreak:
    """Counts rejections in a row for the same reason."""

    def __init__(self) -> None:
        self._reason: tuple[str | None, ...] = ()
        self._count = 0

    def add(self, result: BatchResult) -> None:
        """Count one more result.

        Unknown ones each have an error text of their own, with the ID of the message; they count as the same.
        """
        words = NO_ANSWER if result.state == "unknown" else result.error
        reason = () if result.state == "sent" else (result.error_code, words)
        self._count = self._count + 1 if reason and reason == self._reason else bool(reason)
        self._reason = reason

    @property
    def hopeless(self) -> bool:
        """Whether sending more is pointless."""
        return self._count >= SAME_ERRORS or any(code in FINAL_CODES for code in self._reason)

    @property
    def words(self) -> str:
        """Why the remaining recipients were not attempted."""
        return f"not tried, as before: {self._reason[-1]}" if self._reason else "not tried"
