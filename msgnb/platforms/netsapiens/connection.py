"""What all resources of the platform share: paths, lists that are read to the end, and who asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, cast

from msgnb.core.errors import NotFound
from msgnb.core.http import READ, WRITE, Http, part
from msgnb.core.paging import Key, offset_pages
from msgnb.platforms.netsapiens.auth import Identity, SignIn
from msgnb.platforms.netsapiens.payloads import Wire, session_id

PAGE = 1000
"""The most rows that the platform gives at once; without a limit it cuts at 100 and says nothing."""


class Resource:
    """One part of the platform's API."""

    http: Http
    _auth: SignIn

    @property
    def account(self) -> str:
        """`user@domain`; before the first answer the login, or that it is an API key."""
        return self._auth.account

    def identity(self) -> Identity:
        """Who is signed in: `user`, `domain` and `scope`; signs in where nobody did yet."""
        self._auth.headers()
        return self._auth.identity

    def _now(self) -> datetime:
        """The platform's time; signs in where nobody did yet, since an answer tells it."""
        self._auth.headers()
        return self.http.now()

    def _whose(self, user: str | None = "~", domain: str = "~") -> str:
        """Whose view a list is: that of the account, or of the user it is read for."""
        own = self.identity()
        if user in {"~", None, own.user} and domain in {"~", own.domain}:
            return str(own) or self.account
        return f"{user}@{own.domain if domain == '~' else domain}" if user not in {"~", None} else str(own)

    def _read(self, path: str) -> Any:
        return self.http.send("GET", path, policy=READ).body

    def _write(self, method: str, path: str, body: Wire | None = None) -> Wire:
        """Change something; returns the acknowledgement."""
        return cast(Wire, self.http.send(method, path, policy=WRITE, json=body).body or {})

    def _list(
        self, path: str, key: Key, what: str, limit: int | None, query: Mapping[str, str] | None = None
    ) -> list[Wire]:
        return list(chain.from_iterable(self._pages(path, key, what, limit, query)))

    def _pages(
        self, path: str, key: Key, what: str, limit: int | None, query: Mapping[str, str] | None = None
    ) -> Iterator[list[Wire]]:
        def fetch(offset: int, wanted: int) -> list[Any]:
            params = {**(query or {}), "limit": wanted, "start": offset}
            try:
                answer = self.http.send("GET", path, policy=READ, params=params).body
            except NotFound as error:
                # Some routes answer an empty list with 404 (NetSapiens 0, conventions).
                if offset or not means_empty(error):
                    raise
                return []
            # Some routes answer one row as a bare object.
            return answer if isinstance(answer, list) else [answer] if answer else []

        return offset_pages(fetch, size=PAGE, key=key, what=what, limit=limit)


def means_empty(error: NotFound) -> bool:
    """Whether a 404 means an empty list: it is the platform's, and names nothing that is missing."""
    reason = error.reason or ""
    return not any(words in reason for words in ("No Route", "does not exist", "HTML page"))


def domain_path(domain: str) -> str:
    """The path of a domain; `~` is one's own."""
    return f"/domains/{part(domain)}"


def user_path(domain: str, user: str) -> str:
    """The path of a user; `~` is oneself."""
    return f"{domain_path(domain)}/users/{part(user)}"


def owner_path(domain: str, user: str | None) -> str:
    """The path of a user, or of the whole domain where there is none."""
    return user_path(domain, user) if user else domain_path(domain)


def session_path(domain: str, user: str, session: str) -> str:
    """The path of one message session."""
    return f"{user_path(domain, user)}/messagesessions/{session_id(session)}"


def only(answer: Any) -> Wire:
    """The one object of an answer, which some routes wrap in a list."""
    return cast(Wire, answer[0] if isinstance(answer, list) and answer else answer or {})


def id_of(row: Mapping[str, Any]) -> Any:
    """What tells messages and subscriptions apart."""
    return row.get("id")
