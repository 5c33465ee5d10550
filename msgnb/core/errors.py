"""Everything that msgnb raises on purpose.

    MsgnbError
    ├── AuthError                 the platform doesn't know us, or doesn't let us
    ├── RateLimited               too many requests; `retry_after` seconds if the platform said so
    ├── Rejected                  the platform (or msgnb, before sending) refused: `code`, `reason`, `status`
    │   ├── NotFound              there is no such thing
    │   ├── AlreadyExists         there is one already: `id`, if it could be found
    │   ├── InvalidRequest        the request can't be right: `fields` says what and why; also a ValueError
    │   └── InsufficientCredit    too little credit: `campaign`, if it was created, can be retried
    ├── Unreachable               no answer, or none that the platform could have given; nothing was done
    ├── OutcomeUnknown            sent, but the answer got lost: look up `id` before you send again
    ├── IncompleteHistory         reading ended early: `frame` is what was read, `resume()` goes on
    ├── NotSupported              this platform has no such thing
    └── SettingsError             a profile, an option or a secret is missing or misspelt; also a ValueError

Each message says what happened, for whom, and what to do. None holds a secret or a whole answer's body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class MsgnbError(Exception):
    """Base of all errors that msgnb raises on purpose."""


class AuthError(MsgnbError):
    """The credentials, the token or the rights behind them were refused."""


class RateLimited(MsgnbError):
    """The platform wants fewer requests; `retry_after` is in seconds, `None` where it didn't say."""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(MsgnbError):
    """Refused, so nothing was done.

    `code` is the platform's own (BLiP: the LIME reason code), `reason` its words, `status` the HTTP status;
    each is `None` where there was none, as when msgnb refuses before sending.
    """

    def __init__(
        self, message: str, *, code: int | None = None, reason: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.status = status


class NotFound(Rejected):
    """There is no such contact, session or campaign."""


class AlreadyExists(Rejected):
    """There is one already; `id` is its, `None` where it could not be found."""

    def __init__(self, message: str, *, id: str | None = None, **rejected: Any) -> None:  # noqa: A002
        super().__init__(message, **rejected)
        self.id = id


class InvalidRequest(Rejected, ValueError):
    """The request can't be right; `fields` maps each wrong field to what is wrong with it."""

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, **rejected: Any) -> None:
        super().__init__(message, **rejected)
        self.fields = dict(fields or {})

    @classmethod
    def of(cls, **fields: str) -> InvalidRequest:
        """Refuse before sending, e.g. `InvalidRequest.of(sender="'ABCDEFGHIJKL' has 12 letters; …")`."""
        return cls("; ".join(f"{name}: {problem}" for name, problem in fields.items()), fields=fields)


class InsufficientCredit(Rejected):
    """Too little credit: `campaign` was created but not launched; retry it when credit came.

    It is `None` where msgnb saw that before anything was sent.
    """

    def __init__(self, message: str, *, campaign: str | None, **rejected: Any) -> None:
        super().__init__(message, **rejected)
        self.campaign = campaign


class Unreachable(MsgnbError):
    """No answer, or none that the platform could have given. Nothing was done."""


class OutcomeUnknown(MsgnbError):
    """The request left, its answer never came: it may have been carried out.

    `id` is what msgnb called the message or command; look it up, or repeat it under the same id.
    """

    def __init__(self, message: str, *, id: str | None = None) -> None:  # noqa: A002 - the wire's word
        super().__init__(message)
        self.id = id


class NotSupported(MsgnbError):
    """This platform has no such thing."""


class SettingsError(MsgnbError, ValueError):
    """A profile, an option or a secret is missing or misspelt."""
