"""What comes back from a platform, and which error it becomes.

An attempt to send a request ends in one of two ways. Either there is a `Response`: a status, and a body that
was parsed as JSON if possible. Or there is a `Failure`: the reason why there is no response, and whether the
request can have reached the server at all. `msgnb.core.http` decides from these two whether to try again;
what remains in the end is turned into an exception by `make_error`, or into one of the two errors for lost
responses.

Neither shows the body or the headers in its repr: they may repeat what the request contained.

Responses are classified by status alone. What an error's body says is read by the platform (`Explanation`),
and is only used for the message.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ConnectTimeoutError, InvalidHeader, MaxRetryError, NewConnectionError
from urllib3.util import Retry

from msgnb.core.errors import (
    AlreadyExists,
    AuthError,
    InvalidRequest,
    MsgnbError,
    NotFound,
    RateLimited,
    Rejected,
)
from msgnb.core.json_bodies import parse_json
from msgnb.core.secrets import Secret
from msgnb.core.transport import TooLarge, TooSlow, left_this_machine

EXCERPT = 80
"""Characters of a body that is not JSON which an error message quotes."""
READ_FOR_EXCERPT = 16 * 1024
"""Bytes of such a body that are searched for secrets first, so that the excerpt doesn't end within one."""


@dataclass(frozen=True)
class Response:
    """A response of a platform.

    Attributes:
        status: the HTTP status.
        body: the parsed JSON; `None` if the body is empty or not JSON.
        headers: the headers; names are case-insensitive.
        unreadable: describes a body that is not JSON; `None` if it is JSON or empty.
    """

    status: int
    body: Any = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    unreadable: str | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether the status is a success and the body can be read."""
        return 200 <= self.status < 300 and self.unreadable is None

    def date(self) -> datetime | None:
        """Return when the platform sent it; `None` if it doesn't say."""
        try:
            date = parsedate_to_datetime(self.headers.get("Date", ""))
            date = (date if date.tzinfo else date.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError, TypeError):
            return None
        # Arithmetic with times near the ends of the calendar overflows.
        return date if 2000 <= date.year < 2200 else None


@dataclass(frozen=True)
class Failure:
    """An attempt that ended without a response.

    Attributes:
        reason: why, for the error message.
        unsent: whether the request certainly did not reach the server.
        temporary: whether another attempt could succeed.
    """

    reason: str
    unsent: bool
    temporary: bool = True


@dataclass(frozen=True)
class Explanation:
    """What the body of an error response says.

    Attributes:
        reason: the platform's own words.
        code: the platform's own code.
        fields: maps the name of each wrong field to what is wrong with it.
    """

    reason: str | None = None
    code: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_words(self) -> bool:
        """Whether the platform's own error was found in the body."""
        return bool(self.reason or self.code is not None or self.fields)


def parse_words(value: Any) -> str | None:
    """Return the words of an error; `None` if there are none."""
    return str(value) if value else None


def parse_code(value: Any) -> int | None:
    """Return the code of an error; `None` if it is not a number."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def parse_response(response: requests.Response, hide: Callable[[str], str]) -> Response:
    """Return a response of `requests` with its body parsed.

    Args:
        response: what was received.
        hide: returns a text without secrets; used for what a message quotes.
    """
    if not response.content:
        return Response(response.status_code, None, response.headers)
    try:
        return Response(response.status_code, parse_json(response.content), response.headers)
    except ValueError:
        words = _describe_body(response, hide)
        return Response(response.status_code, None, response.headers, unreadable=words)


def _describe_body(response: requests.Response, hide: Callable[[str], str]) -> str:
    if "html" in response.headers.get("Content-Type", "") or response.content.lstrip()[:1] == b"<":
        return "an HTML page instead of JSON"
    # Not `response.text`, which guesses the charset of all of it.
    text = hide(response.content[:READ_FOR_EXCERPT].decode("utf-8", "replace"))[:EXCERPT]
    return f"no JSON but {' '.join(text.split())!r}"


def hide_words(response: Response, hide: Callable[[str], str]) -> Response:
    """Return the response of a refusal without the secrets that it repeats, in its body or its headers."""
    headers = CaseInsensitiveDict({name: hide(value) for name, value in response.headers.items()})
    words = response.unreadable and hide(response.unreadable)
    return replace(response, body=_change_texts(response.body, hide), headers=headers, unreadable=words)


def _change_texts(body: Any, change: Callable[[str], str]) -> Any:
    if isinstance(body, str):
        return change(body)
    if isinstance(body, list):
        return [_change_texts(each, change) for each in body]
    if isinstance(body, dict):
        return {change(name): _change_texts(value, change) for name, value in body.items()}
    return body


def hide_tokens(response: Response, hides: Callable[[str], bool]) -> Response:
    """Return a response whose tokens are `Secret`s.

    Args:
        response: any response.
        hides: returns whether a field is a token, by its name.
    """
    return replace(response, body=_change_tokens(response.body, hides))


def _change_tokens(body: Any, hides: Callable[[str], bool]) -> Any:
    if isinstance(body, list):
        return [_change_tokens(each, hides) for each in body]
    if not isinstance(body, dict):
        return body
    return {name: Secret(str(value)) if value and hides(name) else value for name, value in body.items()}


def parse_failure(error: requests.RequestException, timeout: tuple[float, float]) -> Failure:
    """Return why there is no response, and whether the request can have arrived.

    The distinction decides whether a message may be sent again. The connection knows whether a byte of the
    request was written; only where there is none, as in a recording, the type of the error decides, and errs
    on the safe side.

    Args:
        error: what `requests` raised.
        timeout: seconds to connect, and between two bytes of the response.
    """
    failure = _describe_failure(error, timeout)
    left = left_this_machine(error)
    return failure if left is None else replace(failure, unsent=not left)


def _describe_failure(error: requests.RequestException, timeout: tuple[float, float]) -> Failure:
    connect, read = timeout
    if isinstance(error, TooSlow | TooLarge):
        return Failure(str(error), unsent=False, temporary=isinstance(error, TooSlow))
    if isinstance(error, requests.exceptions.SSLError):
        return _tls_failure(error)
    if isinstance(error, requests.Timeout):
        unsent = isinstance(error, requests.ConnectTimeout)
        words = f"no connection within {connect:g} s" if unsent else f"no answer within {read:g} s"
        return Failure(words, unsent=unsent)
    cause = _cause(error)
    if isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return Failure(f"no connection: {_without_object(cause)}", unsent=True)
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return Failure("the connection broke before the whole answer was there", unsent=False)
    return Failure(f"the answer can't be read ({type(error).__name__})", unsent=False, temporary=False)


def _tls_failure(error: requests.exceptions.SSLError) -> Failure:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = f"its certificate is not trusted ({cause.verify_message}); verify= takes a CA file"
            return Failure(reason, unsent=True, temporary=False)
    return Failure("no encrypted connection could be made", unsent=False, temporary=False)


def _cause(error: requests.RequestException) -> object:
    cause = error.args[0] if error.args else None
    return cause.reason if isinstance(cause, MaxRetryError) else cause


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it wraps: requests keeps urllib3's error in `args`, which keeps another one."""
    while error is not None:
        yield error
        cause = error.reason if isinstance(error, MaxRetryError) else error.args[0] if error.args else None
        if not isinstance(cause, BaseException):
            return
        error = cause


def _without_object(error: object) -> str:
    """Return urllib3's message without the repr of a connection at its start."""
    return str(error).rpartition("connection: ")[2] or str(error)


def parse_retry_after(response: Response) -> float | None:
    """Return the seconds to wait according to the `Retry-After` header; `None` if it says none."""
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    try:
        return max(0.0, float(Retry().parse_retry_after(value)))
    # A date may be outside of the calendar, and a number too large.
    except (InvalidHeader, ValueError, OverflowError, TypeError):
        return None


_ERRORS: Mapping[int, type[Rejected]] = {404: NotFound, 409: AlreadyExists}


def make_error(message: str, response: Response, explanation: Explanation, reason: str) -> MsgnbError:
    """Return the error for a response that refuses a request.

    Args:
        message: what happened, to whom.
        response: the response, whose status decides the class.
        explanation: what the platform read in the body.
        reason: the platform's words, without secrets.
    """
    details: dict[str, Any] = {"code": explanation.code, "reason": reason or None, "status": response.status}
    match response.status:
        case 403 if response.unreadable:
            # A platform refuses in its own words; networks block without any (NetSapiens 8).
            return RateLimited(
                f"{message}. That is a firewall's or a rate limit's answer: wait a few minutes."
            )
        case 401 | 403:
            return AuthError(f"{message}. Check the credentials and their rights.")
        case 422:
            return InvalidRequest(message, fields=explanation.fields, **details)
        case 429:
            wait = parse_retry_after(response)
            hint = f"; try again in {wait:g} s" if wait is not None else ""
            return RateLimited(f"{message}{hint}", retry_after=wait)
    return _ERRORS.get(response.status, Rejected)(message, **details)
