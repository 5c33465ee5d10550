"""Everything that msgnb raises on purpose.

    MsgnbError
    ├── AuthError                 authentication failed, or permission denied
    ├── RateLimited               too many requests; `retry_after` seconds, if the platform reports them
    ├── Rejected                  the platform (or msgnb, before sending) refused: `code`, `reason`, `status`
    │   ├── NotFound              it does not exist
    │   ├── AlreadyExists         it exists already; `id`, if it could be found
    │   ├── InvalidRequest        the request is not valid: `fields` says what and why; also a ValueError
    │   └── InsufficientCredit    too little credit; `campaign`, if it was created, can be retried
    ├── Unreachable               no usable response, and nothing was done
    ├── OutcomeUnknown            sent, but without a usable response: look up `id` before you send again
    ├── NotSupported              the platform does not offer this
    ├── SettingsError             a profile, an option or a secret is missing or misspelt; also a ValueError
    └── IncompleteHistory         reading ended early: `frame` is what was read, `resume()` continues

`IncompleteHistory` is in `msgnb.history`, since it makes tables; all others are here. Each message says what
happened, to whom, and what to do. None contains a secret, the complete body of a response, or a character
that a terminal obeys instead of showing it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that control a terminal or the direction of writing, or are half a character."""


class MsgnbError(Exception):
    """Base class of all errors that msgnb raises on purpose."""

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


def printable(text: str) -> str:
    """Return a text with a replacement for each character that a terminal obeys instead of showing it.

    >>> printable("name" + chr(0x202E) + "gpj" + chr(27) + "[2J")
    'name\ufffdgpj\ufffd[2J'
    """
    if text.isprintable():
        return text
    return "".join(
        "\ufffd" if unicodedata.category(each) in _INVISIBLE and each != "\n" else each for each in text
    )


class AuthError(MsgnbError):
    """The platform refused the credentials, the token or the permissions."""


class RateLimited(MsgnbError):
    """The platform refused the request because there were too many.

    Attributes:
        retry_after: seconds to wait; `None` if the platform didn't report them.
    """

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Rejected(MsgnbError):
    """The request was refused, so nothing was done.

    Attributes:
        code: the platform's own code (BLiP: the LIME reason code); `None` if there is none.
        reason: the platform's own words; `None` if there are none.
        status: the HTTP status; `None` if msgnb refused before sending.
    """

    def __init__(
        self, message: str, *, code: int | None = None, reason: str | None = None, status: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = printable(reason) if reason else reason
        self.status = status


class NotFound(Rejected):
    """The contact, session, campaign or other resource does not exist."""


class AlreadyExists(Rejected):
    """The resource exists already.

    Attributes:
        id: the ID of the existing one; `None` if it could not be found.
    """

    def __init__(self, message: str, *, id: str | None = None, **rejected: Any) -> None:  # noqa: A002
        super().__init__(message, **rejected)
        self.id = id


class InvalidRequest(Rejected, ValueError):
    """The request is not valid.

    Attributes:
        fields: maps the name of each wrong field to what is wrong with it.
    """

    def __init__(self, message: str, *, fields: Mapping[str, str] | None = None, **rejected: Any) -> None:
        super().__init__(message, **rejected)
        self.fields = {printable(name): printable(problem) for name, problem in (fields or {}).items()}

    @classmethod
    def of(cls, **fields: str) -> InvalidRequest:
        """Return the error for arguments that are refused before anything is sent.

        >>> raise InvalidRequest.of(sender="'ABCDEFGHIJKL' has 12 letters; 11 are allowed")
        Traceback (most recent call last):
        msgnb.core.errors.InvalidRequest: sender: 'ABCDEFGHIJKL' has 12 letters; 11 are allowed
        """
        return cls("; ".join(f"{name}: {problem}" for name, problem in fields.items()), fields=fields)


class InsufficientCredit(Rejected):
    """The account has too little credit.

    Attributes:
        campaign: the ID of the campaign, which was created but not launched: retry it once there is credit.
            `None` if msgnb noticed before anything was sent.
    """

    def __init__(self, message: str, *, campaign: str | None, **rejected: Any) -> None:
        super().__init__(message, **rejected)
        self.campaign = campaign


class Unreachable(MsgnbError):
    """There was no response, or none that the platform could have sent. Nothing was done."""


class OutcomeUnknown(MsgnbError):
    """The request was sent but no usable response was received, so it may have been completed.

    Attributes:
        id: the ID that msgnb gave the message or command: look it up, or repeat the request under the same
            ID.
    """

    def __init__(self, message: str, *, id: str | None = None) -> None:  # noqa: A002 - the wire's word
        super().__init__(message)
        self.id = id


class NotSupported(MsgnbError):
    """The platform does not offer this."""


class SettingsError(MsgnbError, ValueError):
    """A profile, an option or a secret is missing or misspelt."""
