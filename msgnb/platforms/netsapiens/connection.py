"""The requests of one NetSapiens user: paths, complete lists, and who is signed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any

from msgnb.core.errors import NotFound, SettingsError
from msgnb.core.exchange import is_object, is_rows
from msgnb.core.http import READ, WRITE, Http, path_segment
from msgnb.core.paging import Key, offset_pages
from msgnb.core.responses import Explanation, Response, parse_code, parse_words
from msgnb.platforms.netsapiens.auth import Identity, SignIn, TokenAnswer
from msgnb.platforms.netsapiens.payloads import Wire, check_session_id
from msgnb.platforms.resources import Connection
from msgnb.tables import count

SUCCESSES = frozenset({200, 201, 202, 204})
PAGE = 1000
"""The most rows of one page; without a limit the server silently stops after 100."""


class NetSapiensConnection(Connection):
    """Sends the requests of all resources, and knows who is signed in.

    Args:
        http: sends the requests.
        auth: signs them.
        named: the account as `user@domain`, where the platform does not tell; empty if it was not given.
    """

    def __init__(self, http: Http, auth: SignIn, named: str = "") -> None:
        super().__init__(http)
        self._auth = auth
        self._named = named

    @property
    def account(self) -> str:
        """`user@domain`; before the first response the username, or that it is an API key."""
        return self._auth.account

    def journal_account(self) -> str:
        """Return `user@domain` in lower case, as the platform reports it, or as it was given.

        Raises:
            SettingsError: an API key has no user, and none was given; or another one was given.
        """
        own = self.identity()
        known, named = str(own).casefold() if own.user else "", self._named.casefold()
        if known and named and known != named:
            raise SettingsError(f"netsapiens: account is {named}, but {known} is signed in")
        if not known and not named:
            words = "does not tell whose API key this is; pass account='user@domain' to the client"
            raise SettingsError(f"netsapiens {words}, so that nobody gets a campaign twice")
        return known or named

    def identity(self) -> Identity:
        """Return who is signed in: `user`, `domain` and `scope`; signs in if necessary.

        >>> pbx.connection.identity().scope
        'Office Manager'
        """
        # Making the header signs in, unless there is a valid token.
        self._auth.headers()
        return self._auth.identity

    def sign_in(self) -> TokenAnswer:
        """Sign in again, and return the platform's response."""
        return self._auth.sign_in()

    def now(self) -> datetime:
        """Return the platform's time; signs in if necessary, since a response reports the time."""
        self._auth.headers()
        return super().now()

    def whose(self, user: str | None = "~", domain: str = "~") -> str:
        """Return whose view a list is: that of the account, or of the user for whom it is read."""
        own = self.identity()
        if user in {"~", None, own.user} and domain in {"~", own.domain}:
            return str(own) or self.account
        return f"{user}@{own.domain if domain == '~' else domain}" if user not in {"~", None} else str(own)

    def read(self, path: str) -> Wire:
        """Return the one object of a response, which some routes wrap in a list."""

        def expected(response: Response) -> bool:
            return is_object(_unwrap(response.body))

        found: Wire = _unwrap(self.http.send("GET", path, policy=READ, expected=expected).body)
        return found

    def count(self, path: str) -> int:
        """Return the number of something: the `total` of a response."""

        def expected(response: Response) -> bool:
            return _parse_total(response.body) is not None

        body = self.http.send("GET", path, policy=READ, expected=expected).body
        return _parse_total(body) or 0

    def write(self, method: str, path: str, body: Wire | None = None, *, id: str | None = None) -> Wire:  # noqa: A002
        """Change something, and return the platform's response.

        Args:
            method: the HTTP method.
            path: the path.
            body: what to send as JSON.
            id: what to look for if the response is lost.

        Raises:
            OutcomeUnknown: the response was lost.
        """
        sent = self.http.send(method, path, policy=WRITE, json=body, id=id, expected=_acknowledges)
        return parse_single(sent.body)

    def rows(
        self, path: str, key: Key, what: str, limit: int | None, query: Mapping[str, str] | None = None
    ) -> list[Wire]:
        """Return all rows of a list; the arguments are those of `pages`."""
        return list(chain.from_iterable(self.pages(path, key, what, limit, query)))

    def pages(
        self, path: str, key: Key, what: str, limit: int | None, query: Mapping[str, str] | None = None
    ) -> Iterator[list[Wire]]:
        """Return the pages of a list, each of which is requested when it is needed.

        Args:
            path: path of the list.
            key: distinguishes the rows.
            what: what the rows are, for the progress bar.
            limit: the most rows; all rows if `None`.
            query: further parameters.
        """

        def fetch(offset: int, wanted: int) -> list[Any]:
            params = {**(query or {}), "limit": wanted, "start": offset}
            try:
                found = self.http.send("GET", path, policy=READ, params=params, expected=_is_list).body
            except NotFound as error:
                # Some routes respond to an empty list with 404 (NetSapiens 0, conventions).
                if offset or not means_empty(error):
                    raise
                return []
            # Some routes respond with a bare object if there is only one row.
            return found if isinstance(found, list) else [found] if found else []

        # Some routes ignore `start`: the pager ends if a page has nothing new (NetSapiens 0, conventions).
        return offset_pages(fetch, size=PAGE, key=key, what=what, limit=limit)


def _is_list(response: Response) -> bool:
    """Whether a success has rows: a list, one bare object, or an empty body (NetSapiens 0 and 2.7)."""
    body = response.body
    return body is None or is_rows(body) or (isinstance(body, dict) and bool(body))


def _acknowledges(response: Response) -> bool:
    """Whether a success says that something was done: an object, several, or nothing (NetSapiens 2.7)."""
    if response.status not in SUCCESSES:
        return False
    body = response.body
    if isinstance(body, list):
        body = body[0] if body else None
    if body is None:
        return True
    # An error's body under a success comes from something between the client and the platform.
    return isinstance(body, dict) and "error" not in body and (parse_code(body.get("code")) or 0) < 400


def means_empty(error: NotFound) -> bool:
    """Whether a 404 means an empty list: it comes from the platform, and names nothing that is missing."""
    reason = error.reason or ""
    return not any(words in reason for words in ("No Route", "does not exist", "HTML page"))


def explain(body: Any) -> Explanation:
    """Read the body of an error response: its `message`, or in some places `error` (NetSapiens 8)."""
    if not isinstance(body, dict):
        return Explanation()
    return Explanation(parse_words(body.get("message") or body.get("error")), parse_code(body.get("code")))


def domain_path(domain: str) -> str:
    """Return the path of a domain; `~` is one's own."""
    return f"/domains/{path_segment(domain)}"


def user_path(domain: str, user: str) -> str:
    """Return the path of a user; `~` is oneself."""
    return f"{domain_path(domain)}/users/{path_segment(user)}"


def owner_path(domain: str, user: str | None) -> str:
    """Return the path of a user, or of the whole domain if `user` is `None`."""
    return user_path(domain, user) if user else domain_path(domain)


def session_path(domain: str, user: str, session: str) -> str:
    """Return the path of a message session.

    Raises:
        InvalidRequest: the session's ID is not valid.
    """
    return f"{user_path(domain, user)}/messagesessions/{check_session_id(session)}"


def parse_single(body: Any) -> Wire:
    """Return the one object of a response, which some routes wrap in a list; empty if there is none."""
    found = _unwrap(body)
    return found if isinstance(found, dict) else {}


def _parse_total(body: Any) -> int | None:
    return count(parse_single(body).get("total"))


def _unwrap(body: Any) -> Any:
    return body[0] if isinstance(body, list) and body else body


def row_id(row: Mapping[str, Any]) -> Any:
    """Return the ID of a message or subscription."""
    return row.get("id")
