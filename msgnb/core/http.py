"""The only module that talks HTTP.

* Every request of every platform leaves through `Http.send`; so one hook sees every attempt, and one test
  seam serves all.
* Each call says what it is: a `READ` is repeated after any passing fault, a `WRITE` only where it surely did
  not arrive. A write whose answer got lost ends as `OutcomeUnknown`, never as a second send.
* Answers become errors of one tree here; what a platform's error body says is told by its `explain`.
* Nothing secret leaves in words: texts are scrubbed of every known secret; exceptions of `requests`, which
  hold the request with its headers, are never chained; and a secret stays a `Secret` until its body is
  written, so that a traceback which shows variables does not show it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from msgnb.core import cancellation
from msgnb.core.errors import InvalidRequest, MsgnbError, OutcomeUnknown, SettingsError, Unreachable
from msgnb.core.pacing import Pacing
from msgnb.core.progress import rest
from msgnb.core.responses import Answer, Explanation, Fault, answer_of, fault_of, refusal, retry_after
from msgnb.core.secrets import Secret

Timeout = tuple[float, float]
DEFAULT_TIMEOUT: Timeout = (5.0, 30.0)
"""Seconds to connect, and between two bytes of the answer."""

PATIENCE = 60.0
"""Longest wait in seconds that a `Retry-After` may ask of us; above it `RateLimited` is raised at once."""

DATE_STEP = timedelta(seconds=2)
"""Answers tell their date in whole seconds: what differs less is this machine's time."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SHORTEST_REST = 1.0
"""Seconds to leave alone a platform that asks for rest and does not say how long."""
LONGEST_REASON = 300


@dataclass(frozen=True)
class Policy:
    """What may be repeated, how often and after which statuses."""

    harmless: bool
    retry: Retry

    @classmethod
    def of(cls, *statuses: int, harmless: bool) -> Policy:
        """Up to three more attempts, 0, 1 and 2 seconds apart with some jitter."""
        retry = Retry(
            3, status_forcelist=statuses, allowed_methods=None, backoff_factor=0.5, backoff_jitter=0.3
        )
        return cls(harmless, retry)

    def once(self) -> Policy:
        """The same, never repeated."""
        return replace(self, retry=self.retry.new(total=0))


READ = Policy.of(429, 500, 502, 503, 504, harmless=True)
WRITE = Policy.of(429, 503, harmless=False)


@dataclass(frozen=True)
class Attempt:
    """One request on its way and what became of it, as the hook sees it; `url` and `error` hold no secret."""

    method: str
    url: str
    number: int
    seconds: float
    status: int | None
    error: str | None
    retry_in: float | None


Hook = Callable[[Attempt], None]


class Auth(Protocol):
    """Signs requests, and renews what it signs them with."""

    def headers(self) -> Mapping[str, str]:
        """The headers that sign a request."""
        ...

    def renew(self, used: Mapping[str, str]) -> bool:
        """The server refused `used`: get something better; says whether to try again."""
        ...

    def secrets(self) -> Iterable[Secret]:
        """What must never show."""
        ...


def part(text: object) -> str:
    """A piece of a path, escaped; `~`, `*` and `@` stay as the platforms write them."""
    return quote(str(text), safe="~*@")


class Http:
    """Requests to one platform.

    Args:
        platform: its name, for messages.
        base_url: where every path is below; plain http only for this machine.
        auth: signs the requests.
        explain: reads the platform's error bodies.
        timeout: seconds to connect and to wait for the next byte.
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.
        pacing: how many requests the platform takes in a second, if it says so.
        logger: gets one line an attempt, at debug level.
    """

    def __init__(
        self,
        platform: str,
        base_url: str,
        *,
        auth: Auth,
        explain: Callable[[Any], Explanation],
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
        pacing: Pacing | None = None,
        logger: logging.Logger | None = None,
    ) -> None:
        self.platform = platform
        self.base_url = _checked(base_url)
        self.pause: Callable[[float], None] = self._rest
        self._pacing = pacing
        self._auth = auth
        self._explain = explain
        self._timeout = timeout
        self._on_attempt = on_attempt
        self._log = logger or logging.getLogger("msgnb.http")
        self._ahead = timedelta()
        self.dated = False
        """Whether an answer has told the platform's time."""
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"
        adapter = HTTPAdapter(pool_connections=4, pool_maxsize=32)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        # Looked up once, since it takes long; and handed over with each request instead of being kept in the
        # session, where REQUESTS_CA_BUNDLE would go before it.
        self._environment = self._session.merge_environment_settings(self.base_url, {}, None, verify, None)

    def close(self) -> None:
        """Close the open connections."""
        self._session.close()

    def now(self) -> datetime:
        """The platform's time, as its last answer told it; this machine's before the first."""
        return datetime.now(UTC) + self._ahead

    def send(
        self,
        method: str,
        path: str,
        *,
        policy: Policy,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str | Secret] | None = None,
        id: str | None = None,  # noqa: A002 - the wire's word
        signed: bool = True,
        accept: Callable[[Answer], bool] | None = None,
    ) -> Answer:
        """Send a request as often as its policy allows, and return a success or raise.

        Args:
            method: the HTTP method.
            path: below the base URL, its parts escaped with `part`.
            policy: `READ` or `WRITE`, perhaps `.once()`.
            params: the query.
            json: a body to send as JSON; a `Secret` in it is written as its text.
            form: a body to send as a web form, likewise.
            id: what the message or command is called, for `OutcomeUnknown`.
            signed: whether to sign it; a sign-in is not.
            accept: tells the answers that are wanted although their status is an error.

        Raises:
            MsgnbError: one of the tree in `msgnb.errors`.
        """
        request = self._prepare(method, path, params, json, form)
        result = self._tried(request, policy, signed=signed)
        if isinstance(result, Answer) and (result.ok or (accept and accept(result))):
            return result
        raise self._error(result, policy, f"{method} {path}", id)

    def _tried(self, request: requests.Request, policy: Policy, *, signed: bool) -> Answer | Fault:
        retry, number, renewed = policy.retry, 0, not signed
        while True:
            number += 1
            if self._pacing:
                self._pacing.wait(request.url.removeprefix(self.base_url), self.pause)
            signature = self._auth.headers() if signed else {}
            cancellation.check(f"attempt {number} of {request.method}")
            started = time.perf_counter()
            result = self._attempt(request, signature)
            seconds = time.perf_counter() - started
            wait: float | None = None
            self._heed(result)
            if not renewed and _is_unauthorized(result) and self._auth.renew(signature):
                renewed, wait = True, 0.0
            elif _may_repeat(result, policy, retry):
                retry = retry.increment(error=MsgnbError())
                wait = self._wait(result, retry)
            self._report(request, number, seconds, result, wait)
            if wait is None:
                return result
            self.pause(wait)

    def _prepare(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        json: Any,
        form: Mapping[str, str | Secret] | None,
    ) -> requests.Request:
        url = self.base_url + path
        if json is not None:
            typed = {"Content-Type": "application/json"}
            return requests.Request(method, url, headers=typed, params=params, data=_encoded(json))
        fields = {name: Secret(value).reveal() for name, value in (form or {}).items()}
        return requests.Request(method, url, params=params, data=fields)

    def _attempt(self, request: requests.Request, signature: Mapping[str, str]) -> Answer | Fault:
        signed = self._prepared(request, signature)
        # A body, perhaps with a password in it, is not carried on to where somebody else points.
        redirects = request.method == "GET"
        try:
            response = self._session.send(
                signed, timeout=self._timeout, allow_redirects=redirects, **self._environment
            )
        except requests.RequestException as error:
            return fault_of(error, self._timeout)
        answer = answer_of(response)
        told = answer.date()
        self.dated = self.dated or told is not None
        if told and abs(told - self.now()) > DATE_STEP:
            self._ahead = told - datetime.now(UTC)
        return answer

    def _prepared(self, request: requests.Request, signature: Mapping[str, str]) -> requests.PreparedRequest:
        """The request, signed, as the session would make it, in half the time.

        What a session merges for each request, its cookies and the user's ~/.netrc, has no place here.
        """
        prepared = requests.PreparedRequest()
        prepared.prepare(
            request.method,
            request.url,
            {**self._session.headers, **request.headers, **signature},
            params=request.params,
            data=request.data,
            cookies=self._session.cookies,
        )
        return prepared

    def _report(
        self,
        request: requests.Request,
        number: int,
        seconds: float,
        result: Answer | Fault,
        wait: float | None,
    ) -> None:
        status = result.status if isinstance(result, Answer) else None
        error = self.scrub(result.reason) if isinstance(result, Fault) else None
        url = self.scrub(request.url)
        self._log.debug("%s %s #%d: %s in %.3f s", request.method, url, number, status or error, seconds)
        if self._on_attempt:
            attempt = Attempt(request.method, url, number, seconds, status, error, wait)
            try:
                self._on_attempt(attempt)
            except Exception:  # noqa: BLE001
                # A faulty hook must not turn a message that was sent into an error.
                self._log.exception("the on_attempt hook failed")

    def _heed(self, result: Answer | Fault) -> None:
        """Where the platform wants rest, let all threads rest, whatever becomes of this request."""
        if self._pacing and isinstance(result, Answer) and result.status == 429:
            self._pacing.rest(self._rest_asked(result) or 0.0)

    def _rest_asked(self, answer: Answer) -> float | None:
        """Seconds that an answer asks us to wait, or the platform is known to want; `None` if neither."""
        asked = retry_after(answer)
        known = self._pacing.penalty if self._pacing and answer.status == 429 else None
        return known if asked is None else asked

    def _wait(self, result: Answer | Fault, retry: Retry) -> float:
        """Seconds until the next attempt."""
        if isinstance(result, Fault):
            return retry.get_backoff_time()
        asked = self._rest_asked(result)
        return max(SHORTEST_REST, retry.get_backoff_time()) if asked is None else asked

    def _rest(self, seconds: float) -> None:
        rest(seconds, cancellation.cancelled.get(), f"{self.platform} wants rest")

    def scrub(self, text: str) -> str:
        """The text without any secret that this client knows."""
        for secret in self._auth.secrets():
            if secret:
                text = text.replace(secret.reveal(), "…").replace(quote(secret.reveal(), safe=""), "…")
        return text

    def _error(self, result: Answer | Fault, policy: Policy, what: str, id: str | None) -> MsgnbError:  # noqa: A002
        who = f"{self.platform} at {urlsplit(self.base_url).netloc}"
        if isinstance(result, Fault):
            return self.lost(f"{who}: {what}: {self.scrub(result.reason)}", policy, id, unsent=result.unsent)
        said = self._explain(result.body)
        reason = self.scrub((said.reason or result.garbled or "").strip())[:LONGEST_REASON]
        words = f"{who}: {what} answered HTTP {result.status}" + (f": {reason}" if reason else "")
        if result.status < 300:
            return self.lost(f"{words}. Is base_url right?", policy, id, unsent=False)
        if result.status >= 500:
            return self.lost(words, policy, id, unsent=result.status == 503)
        return refusal(words, result, said, reason)

    def lost(self, words: str, policy: Policy, id: str | None, *, unsent: bool) -> MsgnbError:  # noqa: A002
        """The error for a request without a usable answer: was it done, or can't that be known?"""
        if policy.harmless or unsent:
            return Unreachable(words)
        return OutcomeUnknown(
            f"{words}. It may have been carried out: look up {id or 'it'} before you send it again.", id=id
        )


def _checked(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"base_url {base_url!r} is no web address; write it as https://host")
    if parts.username or parts.password:
        raise SettingsError(f"base_url for {parts.hostname} holds a user or password; give them as arguments")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsError(f"base_url {base_url!r} would send the credentials unencrypted; write https://")
    return base_url.rstrip("/")


def _encoded(json: Any) -> bytes:
    try:
        return orjson.dumps(json, default=_revealed)
    except TypeError as error:
        raise InvalidRequest(
            f"the request can't be written as JSON: {error}", fields={"json": str(error)}
        ) from None


def _revealed(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _is_unauthorized(result: Answer | Fault) -> bool:
    return isinstance(result, Answer) and result.status == 401


def _may_repeat(result: Answer | Fault, policy: Policy, retry: Retry) -> bool:
    if retry.total == 0:
        return False
    if isinstance(result, Fault):
        return result.passing and (policy.harmless or result.unsent)
    return result.status in (retry.status_forcelist or ()) and (retry_after(result) or 0) <= PATIENCE
