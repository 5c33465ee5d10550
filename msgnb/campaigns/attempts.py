"""One attempt to send: its result, and when further attempts are pointless.

An error of the client becomes a result of the batch here. `OutcomeUnknown` leaves open whether the message
was sent. The platform's own refusals are `rejected`. All other errors are raised before anything has arrived,
so the batch is `skipped`.
"""

from __future__ import annotations

from collections.abc import Callable

from msgnb import tables
from msgnb.campaigns.journal import BatchResult
from msgnb.campaigns.sender import Receipt
from msgnb.core.errors import AuthError, InsufficientCredit, MsgnbError, OutcomeUnknown, Rejected
from msgnb.core.sending import SendState

SAME_ERRORS = 5
"""After so many rejections in a row for the same reason, nothing more is sent."""
NO_RESPONSE = "no response was received"
CREDIT = "credit"
"""The error code of a batch that the platform holds back for lack of credit."""
FINAL_CODES = frozenset({CREDIT, "AuthError"})
"""Error codes after one of which nothing more is sent."""


def attempt(send: Callable[[], Receipt]) -> BatchResult:
    """Call `send`, and return what became of the batch; errors of the client become results."""
    try:
        return make_result(send())
    except OutcomeUnknown as error:
        return BatchResult("unknown", message=error.id, error=str(error))
    except InsufficientCredit as error:
        return BatchResult("rejected", campaign=error.campaign, error_code=CREDIT, error=str(error))
    except Rejected as error:
        # Without a status it was refused before it left.
        state: SendState = "rejected" if error.status else "skipped"
        code = error.code if error.code is not None else error.status
        return BatchResult(state, error_code=tables.text(code), error=error.reason or str(error))
    except AuthError as error:
        return BatchResult("rejected", error_code=type(error).__name__, error=str(error))
    except MsgnbError as error:
        return BatchResult("skipped", error_code=type(error).__name__, error=str(error))


def make_result(receipt: Receipt) -> BatchResult:
    """Return the result of a batch that the platform accepted, or may have accepted."""
    state: SendState = "sent" if receipt.lost is None else "unknown"
    return BatchResult(state, receipt.campaign, receipt.message, error=receipt.lost, refused=receipt.refused)


class FailureStreak:
    """Counts rejections in a row for the same reason."""

    def __init__(self) -> None:
        self._reason: tuple[str | None, ...] = ()
        self._count = 0

    def add(self, result: BatchResult) -> None:
        """Count one more result; a batch that was sent ends the streak."""
        # Each error of a lost response contains another ID; nevertheless they have the same reason.
        error = NO_RESPONSE if result.state == "unknown" else result.error
        reason = () if result.state == "sent" else (result.error_code, error)
        self._count = self._count + 1 if reason and reason == self._reason else bool(reason)
        self._reason = reason

    @property
    def hopeless(self) -> bool:
        """Whether sending more is pointless."""
        return self._count >= SAME_ERRORS or any(code in FINAL_CODES for code in self._reason)

    @property
    def explanation(self) -> str:
        """Why the remaining recipients were not sent to."""
        return f"not sent because of the previous error: {self._reason[-1]}" if self._reason else "not sent"
