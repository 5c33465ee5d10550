"""The only module that makes HTTP requests.

Every request of every platform leaves through `Http.send`. So there is one place for retries, rate limits,
sign-in, cancellation and the removal of secrets, one hook that sees every attempt, and one seam for tests.

* **Retries.** Each call passes a policy. A `READ` is repeated after any temporary failure. A `WRITE` is
  repeated only if the exchange proves that nothing was done: a message must not go out twice. What an
  exchange proves is decided in `msgnb.core.exchange`; a write of which nothing is proven ends as
  `OutcomeUnknown`.
* **Errors.** Responses become the errors of `msgnb.core.errors` here. What the body of an error says is read
  by the platform's `explain`.
* **Limits.** Time and size of an exchange are bounded, see `msgnb.core.transport`.
* **Secrets.** One function, `_attempt`, reveals what signs a request, carries it, and reads the response. It
  is sealed: no error leaves it with the frames below, all of which have the headers and the body in their
  variables. Above it there are only values that are not shown. What a server repeats of a secret is removed
  in there too, before anything else sees the response.
* **Cancellation.** Whether the call was cancelled is checked last of all, right before a request leaves.
"""

from __future__ import annotations

import logging
import os
import time
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from urllib.parse import quote, unquote, urlencode, urlsplit

import orjson
import requests
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from msgnb.core import cancellation, progress
from msgnb.core.errors import InvalidRequest, MsgnbError, OutcomeUnknown, SettingsError, Unreachable
from msgnb.core.exchange import Evidence, Expected, Proof
from msgnb.core.pacing import Pacing
from msgnb.core.responses import (
    Explanation,
    Failure,
    Response,
    hide_tokens,
    hide_words,
    make_error,
    parse_failure,
    parse_response,
    parse_retry_after,
)
from msgnb.core.secrets import SHORTEST, Hidden, Secret, hide, sealed
from msgnb.core.transport import CarriedAdapter, Carry, LimitedAdapter, total_time

Timeout = tuple[float, float] | tuple[float, float, float]
DEFAULT_TIMEOUT: Timeout = (5.0, 30.0)
"""Seconds to connect, and between two bytes of the response."""

TOTAL_TIMEOUT = 120.0
"""Seconds that an exchange may take altogether, if `timeout` has no third number."""

MAX_RETRY_AFTER = 60.0
"""The longest `Retry-After` in seconds that is waited for; above it `RateLimited` is raised immediately."""

CLOCK_TOLERANCE = timedelta(seconds=2)
"""Responses are dated in whole seconds, so smaller differences between the two clocks mean nothing."""

MIN_RETRY_WAIT = 1.0
"""Seconds to wait before a retry if the platform doesn't say how long."""

MAX_REASON = 300
"""Characters of the platform's own words that an error message quotes."""

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class RetryPolicy:
    """When a request is repeated, and how often.

    Attributes:
        repeatable: whether it does no harm if a request arrives twice.
        retry: the number of retries, the pauses between them, and the statuses after which to repeat what
            does no harm.
    """

    repeatable: bool
    retry: Retry

    def once(self) -> RetryPolicy:
        """Return the same policy without retries."""
        return replace(self, retry=self.retry.new(total=0))


def _make_policy(*statuses: int, repeatable: bool) -> RetryPolicy:
    """Up to three retries, after 0, 1 and 2 seconds with some jitter."""
    retry = Retry(3, status_forcelist=statuses, allowed_methods=None, backoff_factor=0.5, backoff_jitter=0.3)
    return RetryPolicy(repeatable, retry)


READ = _make_policy(429, 500, 502, 503, 504, repeatable=True)
WRITE = _make_policy(repeatable=False)


@dataclass(frozen=True)
class Attempt:
    """One attempt to send a request, as a client's `on_attempt` gets it.

    Attributes:
        method: the HTTP method.
        url: the URL, without secrets.
        number: 1 for the first attempt.
        seconds: how long it took.
        status: the status of the response; `None` if there was none.
        error: why there was no response, without secrets; `None` if there was one.
        retry_in: seconds until the next attempt; `None` if this was the last one.
    """

    method: str
    url: str
    number: int
    seconds: float
    status: int | None
    error: str | None
    retry_in: float | None


Hook = Callable[[Attempt], None]
Signature = Mapping[str, str | Secret]


@dataclass(frozen=True)
class _Request:
    """A request as it is before it is signed."""

    method: str
    url: str
    params: Mapping[str, Any] | None
    content_type: str | None = None
    body: Hidden[bytes] | None = None


class Auth(Protocol):
    """Signs requests, and renews what it signs them with."""

    def headers(self) -> Signature:
        """Return the headers that sign a request; the values should be `Secret`s."""
        ...

    def renew(self, used: Signature) -> bool:
        """Get something better after the server refused `used`; return whether to try again."""
        ...

    def secrets(self) -> Iterable[Secret]:
        """Return what must never be shown."""
        ...


_STACK_ERRORS = (
    HTTPException, HTTPError, OSError, EOFError, ValueError, LookupError, TypeError, AttributeError,
    ArithmeticError, RecursionError, zlib.error,
)  # fmt: skip
"""What reading a response can raise; not what tools for tests raise instead of making a request."""


def path_segment(text: object) -> str:
    """Return a text as one segment of a path; `~`, `*` and `@` are not escaped, as platforms expect."""
    return quote(str(text), safe="~*@")


class Http:
    """Sends the requests to one platform.

    Args:
        platform: its name, for messages.
        base_url: what every path is appended to; plain http is allowed only for this machine.
        auth: signs the requests.
        explain: reads the body of an error response.
        reports_failure: returns whether the body of a success reports a failure nevertheless.
        timeout: seconds to connect, to wait for the next byte, and for the whole exchange (120 if left out).
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.
        pacing: the platform's rate limits, if there are any.
        logger: gets one line per attempt at debug level; `msgnb.http` if `None`.

    Attributes:
        pause: waits for some seconds; everything that waits between requests uses it, so that tests can
            replace it.
        has_server_time: whether a response has reported the platform's time.
        evidence: which statuses of the platform prove something by themselves; none unless it is set.
        source: what answers instead of the platform, such as a mock world, or what the answers are recorded
            in; `None` for the platform alone.

    Raises:
        SettingsError: `base_url` is not a URL, is not encrypted, or contains a password.
    """

    @sealed
    def __init__(
        self,
        platform: str,
        base_url: str,
        *,
        auth: Auth,
        explain: Callable[[Any], Explanation],
        reports_failure: Callable[[Any], bool] = lambda _: False,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
        pacing: Pacing | None = None,
        logger: logging.Logger | None = None,
    ) -> None:
        self.platform = platform
        self.base_url = _validate_base_url(base_url)
        self.pause: Callable[[float], None] = self._sleep
        self.has_server_time = False
        self._pacing = pacing
        self._auth = auth
        self._explain = explain
        self._reports_failure = reports_failure
        self._timeout = timeout[:2]
        self._total = timeout[2] if len(timeout) > 2 else TOTAL_TIMEOUT
        self.evidence = Evidence()
        self.source: str | None = None
        self._on_attempt = on_attempt
        self._log = logger or logging.getLogger("msgnb.http")
        self._clock_offset = timedelta()
        self._carry: Carry | None = None
        self._find_end: Callable[[], str | None] | None = None
        self._session = self._make_session()
        self._process = os.getpid()
        # Computed once, since it takes long. It is passed with each request instead of being set on the
        # session, where REQUESTS_CA_BUNDLE would take precedence over it.
        environment = self._session.merge_environment_settings(self.base_url, {}, None, verify, None)
        # The URL of a proxy may contain a password.
        self._environment = Hidden(environment)
        self._proxy_secrets = _proxy_secrets(environment["proxies"])

    def _make_session(self) -> requests.Session:
        session = requests.Session()
        # No platform uses cookies, and a server could let them grow from request to request.
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # Encodings whose growth can be limited.
        session.headers.update({"Accept": "application/json", "Accept-Encoding": "gzip, deflate"})
        adapter = (
            CarriedAdapter(self._carry)
            if self._carry
            else LimitedAdapter(self._total, pool_connections=4, pool_maxsize=32)
        )
        session.mount("https://", adapter)
        session.mount("http://", adapter)
        return session

    def bind(
        self, find_end: Callable[[], str | None], carry: Carry | None = None, *, source: str | None = None
    ) -> None:
        """Bind this client to a mock world or a recording: outside of its life, no request leaves.

        Args:
            find_end: returns why no request may leave now; `None` if it may.
            carry: takes the requests, instead of connections.
            source: what the client is bound to, in words.
        """
        self._find_end, self._carry, self.source = find_end, carry, source
        self._session = self._make_session()

    def close(self) -> None:
        """Close the open connections."""
        self._session.close()

    def now(self) -> datetime:
        """Return the platform's time as reported by its responses; this machine's before the first one."""
        return datetime.now(UTC) + self._clock_offset

    def send(
        self,
        method: str,
        path: str,
        *,
        policy: RetryPolicy,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        form: Mapping[str, str | Secret] | None = None,
        id: str | None = None,  # noqa: A002 - the wire's word
        signed: bool = True,
        accept: Callable[[Response], bool] | None = None,
        expected: Expected | None = None,
        hides: Callable[[str], bool] | None = None,
    ) -> Response:
        """Send a request, again if its policy allows, and return the response if it is a success.

        >>> http.send("GET", f"/users/{path_segment(user)}", policy=READ).body

        Args:
            method: the HTTP method.
            path: what is appended to the base URL, its segments escaped with `path_segment`.
            policy: `READ` or `WRITE`; `.once()` of either is never repeated.
            params: the query.
            json: a body to send as JSON; a `Secret` in it is written as its text.
            form: a body to send as a web form, likewise.
            id: the ID of the message or command, for `OutcomeUnknown`.
            signed: whether to sign the request; a sign-in is not signed.
            accept: returns whether to return a response although its status is an error.
            expected: returns whether a success has the body that the operation has; another one proves
                nothing.
            hides: returns whether a field of the response is a token, by its name; its value becomes a
                `Secret`.

        Raises:
            MsgnbError: one of the tree in `msgnb.core.errors`.
            CancelledError: the call was cancelled before the request left.
        """
        request = self._make_request(method, path, params, json, form)
        result, proof = self._send_with_retries(request, policy, expected, hides, signed=signed)
        if isinstance(result, Response) and (proof == "done" or (accept and accept(result))):
            return result
        raise self._make_error(result, proof, policy, f"{method} {path}", id)

    def _send_with_retries(
        self,
        request: _Request,
        policy: RetryPolicy,
        expected: Expected | None,
        hides: Callable[[str], bool] | None,
        *,
        signed: bool,
    ) -> tuple[Response | Failure, Proof]:
        retry, number, renewed = policy.retry, 0, not signed
        while True:
            number += 1
            if self._pacing:
                self._pacing.wait(request.url.removeprefix(self.base_url), self.pause)
            signature = self._sign() if signed else Hidden({})
            started = time.perf_counter()
            result = self._attempt(request, signature, hides)
            proof = self.evidence.proves(result, self._read_explanation(result), expected)
            seconds = time.perf_counter() - started
            wait: float | None = None
            self._back_off(result)
            # A 401 proves that nothing was done, so that a write may be repeated too; once, lest two clients
            # which invalidate each other's tokens go on forever.
            if not renewed and _is_unauthorized(result) and self._renew(signature):
                renewed, wait = True, 0.0
            elif _is_retryable(result, proof, policy, retry):
                # Any error that urllib3 doesn't know only counts against the total, which is what is wanted.
                retry = retry.increment(error=MsgnbError())
                wait = self._retry_wait(result, retry)
            self._report(request, number, seconds, result, wait)
            if wait is None:
                return result, proof
            self.pause(wait)

    @sealed
    def _sign(self) -> Hidden[Signature]:
        return Hidden(self._auth.headers())

    @sealed
    def _renew(self, signature: Hidden[Signature]) -> bool:
        return self._auth.renew(signature.reveal())

    @sealed
    def _make_request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        json: Any,
        form: Mapping[str, str | Secret] | None,
    ) -> _Request:
        url = self.base_url + path
        if json is not None:
            return _Request(method, url, params, "application/json", Hidden(_encode_json(json)))
        if not form:
            return _Request(method, url, params)
        fields = urlencode({name: Secret(value).reveal() for name, value in form.items()})
        return _Request(
            method, url, params, "application/x-www-form-urlencoded", Hidden(fields.encode("ascii"))
        )

    @sealed
    def _attempt(
        self, request: _Request, signature: Hidden[Signature], hides: Callable[[str], bool] | None
    ) -> Response | Failure:
        """Send a request once; secrets are revealed in here, and nowhere above."""
        try:
            result = self._exchange(request, signature.reveal())
        except Exception as error:
            # What other tools raise may quote the request.
            error.args = tuple(self._hide(each) if isinstance(each, str) else each for each in error.args)
            raise
        if isinstance(result, Failure):
            return replace(result, reason=self._hide(result.reason))
        result = hide_tokens(result, hides) if hides else result
        # The body of a success is the user's own data.
        good = result.ok and not self._reports_failure(result.body)
        return result if good else hide_words(result, self._hide_long)

    def _exchange(self, request: _Request, signature: Signature) -> Response | Failure:
        if self._find_end and (ended := self._find_end()):
            return Failure(ended, unsent=True, temporary=False)
        try:
            prepared = self._prepare(request, signature)
        except (requests.RequestException, ValueError) as error:
            # Without the error's text, which may contain the signature.
            words = f"the request can't be written ({type(error).__name__}): check base_url and credentials"
            return Failure(words, unsent=True, temporary=False)
        # Only a GET follows redirects: a body, perhaps with a password in it, must not be sent on to wherever
        # the response points.
        redirects = request.method == "GET"
        try:
            with total_time(self._total):
                received = self._own_session().send(
                    prepared, timeout=self._timeout, allow_redirects=redirects, **self._environment.reveal()
                )
            response = parse_response(received, self._hide)
        except requests.RequestException as error:
            return parse_failure(error, self._timeout)
        except _STACK_ERRORS as error:
            # A server can make the libraries below raise any of these, after it has received the request.
            return Failure(f"the answer can't be read ({type(error).__name__})", unsent=False)
        self._synchronize(response.date())
        return response

    def _own_session(self) -> requests.Session:
        """The session of this process: one that was forked must not share its parent's connections."""
        if self._process != os.getpid():
            self._session, self._process = self._make_session(), os.getpid()
        return self._session

    def _prepare(self, request: _Request, signature: Signature) -> requests.PreparedRequest:
        """Sign a request and prepare it.

        The session could do that as well. It takes twice as long, and would let a password in the user's
        ~/.netrc replace the signature.
        """
        signed = {name: Secret(value).reveal() for name, value in signature.items()}
        content = {"Content-Type": request.content_type} if request.content_type else {}
        prepared = requests.PreparedRequest()
        prepared.prepare(
            request.method,
            request.url,
            {**self._session.headers, **content, **signed},
            params=request.params,
            data=request.body.reveal() if request.body else None,
            cookies=self._session.cookies,
        )
        return prepared

    def _synchronize(self, server_time: datetime | None) -> None:
        """Note how far the platform's clock is ahead of this machine's."""
        if server_time is None:
            return
        self.has_server_time = True
        if abs(server_time - self.now()) > CLOCK_TOLERANCE:
            self._clock_offset = server_time - datetime.now(UTC)

    def _report(
        self,
        request: _Request,
        number: int,
        seconds: float,
        result: Response | Failure,
        wait: float | None,
    ) -> None:
        if not self._on_attempt and not self._log.isEnabledFor(logging.DEBUG):
            return
        status = result.status if isinstance(result, Response) else None
        error = result.reason if isinstance(result, Failure) else None
        url = self.scrub(request.url)
        self._log.debug("%s %s #%d: %s in %.3f s", request.method, url, number, status or error, seconds)
        if self._on_attempt:
            attempt = Attempt(request.method, url, number, seconds, status, error, wait)
            try:
                self._on_attempt(attempt)
            except Exception:  # noqa: BLE001
                # A faulty hook must not turn a message that was sent into an error.
                self._log.exception("the on_attempt hook failed")

    def _back_off(self, result: Response | Failure) -> None:
        """After a 429 let all threads back off, whether or not this request is repeated."""
        if self._pacing and isinstance(result, Response) and result.status == 429:
            self._pacing.back_off(self._requested_wait(result) or 0.0)

    def _requested_wait(self, response: Response) -> float | None:
        """Seconds to wait as requested by a response, or as documented by the platform; `None` if neither."""
        documented = self._pacing.penalty if self._pacing and response.status == 429 else None
        requested = parse_retry_after(response)
        return documented if requested is None else requested

    def _retry_wait(self, result: Response | Failure, retry: Retry) -> float:
        """Seconds until the next attempt."""
        if isinstance(result, Failure):
            return retry.get_backoff_time()
        requested = self._requested_wait(result)
        return max(MIN_RETRY_WAIT, retry.get_backoff_time()) if requested is None else requested

    def _sleep(self, seconds: float) -> None:
        progress.pause(seconds, cancellation.cancelled.get(), f"waiting for {self.platform}")

    @sealed
    def scrub(self, text: str) -> str:
        """Return a text without any secret that this client knows, however it is written there."""
        return self._hide(text)

    def _hide(self, text: str) -> str:
        return hide(text, self._secrets())

    def _hide_long(self, text: str) -> str:
        """Hide what other words don't contain by chance: a body has to be understood before it is quoted."""
        return hide(text, (secret for secret in self._secrets() if len(secret.reveal()) >= SHORTEST))

    def _secrets(self) -> list[Secret]:
        return [*self._auth.secrets(), *self._proxy_secrets]

    def _read_explanation(self, result: Response | Failure) -> Explanation:
        if not isinstance(result, Response) or result.status < 400:
            return Explanation()
        try:
            return self._explain(result.body)
        except Exception:  # noqa: BLE001
            # A body of any other shape is not the platform's own error.
            return Explanation()

    def _make_error(
        self,
        result: Response | Failure,
        proof: Proof,
        policy: RetryPolicy,
        what: str,
        id: str | None,  # noqa: A002
    ) -> MsgnbError:
        what = f"{self.platform} at {urlsplit(self.base_url).netloc}: {what}"
        if isinstance(result, Failure):
            message = f"{what}: {result.reason}"
            return self.make_no_response_error(message, policy, id, unsent=result.unsent)
        explanation = self._read_explanation(result)
        foreign = "its body is not the answer to this request" if result.ok else ""
        reason = self.scrub((explanation.reason or result.unreadable or foreign).strip())[:MAX_REASON]
        message = f"{what} answered HTTP {result.status}" + (f": {reason}" if reason else "")
        if result.status < 400:
            target = _host(result.headers.get("Location", ""))
            message += f", a redirect to {target}" if target else ""
            # A success that can't be read may come from a captive portal or a proxy, or be cut off.
            message = f"{message}. Is base_url right?"
        # Reading again does no harm, so what the status says is enough for the error.
        proven = proof in {"refused", "not sent"} or (policy.repeatable and 400 <= result.status < 500)
        if proven and 400 <= result.status < 500:
            return make_error(message, result, explanation, reason)
        return self.make_no_response_error(message, policy, id, unsent=proof == "not sent")

    def make_no_response_error(
        self,
        message: str,
        policy: RetryPolicy,
        id: str | None,  # noqa: A002 - the wire's word
        *,
        unsent: bool,
    ) -> MsgnbError:
        """Return the error for a request without a usable response.

        Args:
            message: what happened, to whom.
            policy: the policy of the request.
            id: the ID of the message or command.
            unsent: whether the request certainly did not arrive.

        Returns:
            `Unreachable` if nothing was done, `OutcomeUnknown` if that can't be known.
        """
        if policy.repeatable or unsent:
            return Unreachable(message)
        stop = "" if message.endswith((".", "?")) else "."
        advice = f"look up {id}" if id else "look it up"
        words = f"{message}{stop} It may have been carried out: {advice} before you send it again."
        return OutcomeUnknown(words, id=id)


def _validate_base_url(base_url: str) -> str:
    # Without its text where it may contain a password.
    shown = "base_url" if "@" in base_url else f"base_url {base_url!r}"
    if not base_url.isprintable() or any(character in base_url for character in " \\"):
        raise SettingsError("base_url contains a blank, a backslash or an invisible character")
    try:
        parts = urlsplit(base_url)
        # Reading it is what checks it.
        _ = parts.port
    except ValueError:
        raise SettingsError(f"{shown} is no web address; write it as https://host") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"{shown} is no web address; write it as https://host")
    if "@" in parts.netloc:
        raise SettingsError(f"base_url for {parts.hostname} holds a user or password; give them as arguments")
    if parts.query or parts.fragment:
        raise SettingsError(f"base_url for {parts.hostname} holds a query; write it as https://host/path")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise SettingsError(f"{shown} would send the credentials unencrypted; write https://")
    return base_url.rstrip("/")


def _host(url: str) -> str:
    """The host of a URL that a server sent, without the user and password before it."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _proxy_secrets(proxies: Mapping[str, str]) -> list[Secret]:
    """The passwords in the URLs of proxies, as they are written there and as they are sent."""
    found = [_host_password(url) for url in proxies.values()]
    return [Secret(each) for password in found if password for each in {password, unquote(password)}]


def _host_password(url: str) -> str:
    return url.partition("://")[2].rpartition("@")[0].partition(":")[2]


def _encode_json(json: Any) -> bytes:
    try:
        return orjson.dumps(json, default=_reveal_secret)
    except TypeError as error:
        raise InvalidRequest(
            f"the request can't be written as JSON: {error}", fields={"json": str(error)}
        ) from None


def _reveal_secret(value: Any) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _is_unauthorized(result: Response | Failure) -> bool:
    return isinstance(result, Response) and result.status == 401


def _is_retryable(result: Response | Failure, proof: Proof, policy: RetryPolicy, retry: Retry) -> bool:
    if retry.total == 0:
        return False
    if isinstance(result, Failure):
        return result.temporary and (policy.repeatable or proof == "not sent")
    allowed = proof == "not sent" or (policy.repeatable and result.status in (retry.status_forcelist or ()))
    return allowed and (parse_retry_after(result) or 0) <= MAX_RETRY_AFTER
