"""What comes back from a platform: an answer, or a fault on the way, and which error each one is."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import orjson
import requests
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


@dataclass(frozen=True)
class Answer:
    """A status, the parsed body (`None` if empty), the headers, and how a body that is no JSON begins."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    garbled: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it is a success with a body that can be read."""
        return 200 <= self.status < 300 and self.garbled is None

    def date(self) -> datetime | None:
        """When the platform gave it, `None` where it does not say."""
        try:
            told = parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError:
            return None
        return told if told.tzinfo else told.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Fault:
    """No answer: why, and whether the request can't have arrived."""

    reason: str
    unsent: bool
    passing: bool = True


@dataclass(frozen=True)
class Explanation:
    """What the body of an error answer says."""

    reason: str | None = None
    code: int | None = None
    fields: Mapping[str, str] = field(default_factory=dict)


def answer_of(response: requests.Response) -> Answer:
    """The answer in a response of `requests`."""
    if not response.content:
        return Answer(response.status_code, None, response.headers)
    try:
        return Answer(response.status_code, _read(response.content), response.headers)
    except ValueError:
        return Answer(response.status_code, None, response.headers, garbled=_beginning(response))


def _read(content: bytes) -> Any:
    """The JSON of a body, also where somebody cut a character in half.

    Platforms shorten texts, and half an emoji is no character: it is replaced, instead of losing the answer.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        found = json.loads(content)
    whole = (
        json.dumps(found, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    )
    return orjson.loads(whole)


def _beginning(response: requests.Response) -> str:
    if "html" in response.headers.get("Content-Type", "") or response.content.lstrip()[:1] == b"<":
        return "an HTML page instead of JSON"
    return f"no JSON but {' '.join(response.text[:80].split())!r}"


def fault_of(error: requests.RequestException, timeout: tuple[float, float]) -> Fault:
    """Why there was no answer, and whether the request can have arrived."""
    connect, read = timeout
    if isinstance(error, requests.ConnectTimeout):
        return Fault(f"no connection within {connect:g} s", unsent=True)
    if isinstance(error, requests.Timeout):
        return Fault(f"no answer within {read:g} s", unsent=False)
    if isinstance(error, requests.exceptions.SSLError):
        return _tls_fault(error)
    cause = _cause(error)
    if isinstance(cause, NewConnectionError | ConnectTimeoutError):
        return Fault(f"no connection: {_plain(cause)}", unsent=True)
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return Fault("the connection broke before the whole answer was there", unsent=False)
    return Fault(f"{type(error).__name__}: the request could not be made", unsent=True, passing=False)


def _tls_fault(error: requests.exceptions.SSLError) -> Fault:
    chain = list(_chain(error))
    for inner in chain:
        if isinstance(inner, ssl.SSLCertVerificationError):
            why = f"its certificate is not trusted ({inner.verify_message}); verify= takes a CA file"
            return Fault(why, unsent=True, passing=False)
    handshake = any(
        "WRONG_VERSION_NUMBER" in str(inner) or "handshake" in str(inner).lower() for inner in chain
    )
    return Fault("no encrypted connection could be made", unsent=handshake, passing=False)


def _cause(error: requests.RequestException) -> object:
    inner = error.args[0] if error.args else None
    return inner.reason if isinstance(inner, MaxRetryError) else inner


def _chain(error: BaseException) -> Iterator[BaseException]:
    while error is not None:
        yield error
        inner = error.reason if isinstance(error, MaxRetryError) else error.args[0] if error.args else None
        if not isinstance(inner, BaseException):
            return
        error = inner


def _plain(error: object) -> str:
    """urllib3's message without the object at its beginning."""
    return str(error).rpartition("connection: ")[2] or str(error)


def retry_after(answer: Answer) -> float | None:
    """The seconds that the answer asks us to wait, `None` where it does not say."""
    value = answer.headers.get("Retry-After")
    if value is None:
        return None
    try:
        return max(0.0, Retry().parse_retry_after(value))
    except InvalidHeader:
        return None


_KINDS: Mapping[int, type[Rejected]] = {404: NotFound, 409: AlreadyExists}


def refusal(words: str, answer: Answer, said: Explanation, reason: str) -> MsgnbError:
    """The error for an answer that says no, as its status tells it."""
    details: dict[str, Any] = {"code": said.code, "reason": reason or None, "status": answer.status}
    match answer.status:
        case 403 if answer.garbled:
            # A platform refuses in its own words; networks shut out without any (NetSapiens 8).
            return RateLimited(f"{words}. That is a firewall's or a rate limit's answer: wait a few minutes.")
        case 401 | 403:
            return AuthError(f"{words}. Check the credentials and their rights.")
        case 422:
            return InvalidRequest(words, fields=said.fields, **details)
        case 429:
            wait = retry_after(answer)
            hint = f"; try again in {wait:g} s" if wait is not None else ""
            return RateLimited(f"{words}{hint}", retry_after=wait)
        case status if status < 400:
            target = urlsplit(answer.headers.get("Location", "")).netloc or "another address"
            return Rejected(f"{words}, a redirect to {target}. Is base_url right?", **details)
    return _KINDS.get(answer.status, Rejected)(words, **details)
