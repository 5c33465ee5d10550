"""Who may see the page of phones and use its forms: whoever has the token that is in its address.

Other users of this machine can connect to its port, too. The token is made when the servers start, unless it
is chosen, and is printed with the address. A browser that opens the address gets a cookie and a page, whose
links and forms contain another secret; the page then puts that in the place of the token in the address.

Both are needed, and both are random for each start. Browsers send a cookie to every port of a machine, so a
server of another user may get it; what is in a page's links is sent to this port only. Programs send a header
instead:

    Authorization: Bearer <token>
"""

from __future__ import annotations

import re
import secrets
from hmac import compare_digest

from msgnb_mocks.core.operations import Request

ROOT = "/phones"
"""Below it are all pages and forms, and the cookie is sent nowhere else."""
VIEW = "view"
"""The name in an address of what works together with the cookie."""
SCHEMES = frozenset({"bearer", "token"})
_VALID = re.compile(r"[A-Za-z0-9._~-]{16,}")


def make_token() -> str:
    """Return a token that no one can guess."""
    return secrets.token_urlsafe(24)


def check_token(token: str) -> str:
    """Return a token that was chosen.

    Raises:
        ValueError: it is too short, or can't be a part of a URL; it is not in the message.
    """
    if not _VALID.fullmatch(token):
        raise ValueError("the token is not valid: use 16 or more letters, digits or the characters - . _ ~")
    return token


class Access:
    """Checks who sends a request.

    Args:
        token: the token.
        secure: whether it is served by HTTPS, so that the cookie is never sent without.

    Attributes:
        view: the secret in the links and forms of pages, which works together with the cookie.
    """

    def __init__(self, token: str, *, secure: bool) -> None:
        self._token = token
        self._cookie = make_token()
        self.view = make_token()
        self._secure = secure

    def address(self, url: str) -> str:
        """Return the address to open in a browser, below the URL of a server."""
        return f"{url}{ROOT}/?token={self._token}"

    def allows(self, request: Request) -> bool:
        """Whether a request has the token, or both the cookie and what is in a page's links."""
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        offered = bearer.strip() if scheme.lower() in SCHEMES else ""
        # All are compared, each in constant time, so that how long it takes tells nothing.
        found = (
            _same(offered, self._token),
            self.has_token(request),
            # Not `and`, which would skip the second one.
            _same(_read_cookies(request).get(_cookie_name(request), ""), self._cookie)
            & _same(request.query.get(VIEW, ""), self.view),
        )
        return any(found)

    def has_token(self, request: Request) -> bool:
        """Whether the token is in the request's address."""
        return _same(request.query.get("token", ""), self._token)

    def admits(self, request: Request) -> bool:
        """Whether a link on a page of another site may lead here: it has the token, and opens a page.

        Pages only show something. A frame, an image or a script of another page is not admitted, nor a form,
        nor what a browser fetches before somebody clicks.
        """
        headers = request.headers
        opens = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        fetched_early = "sec-purpose" in headers or "purpose" in headers
        plain = request.method == "GET" and "origin" not in headers
        return plain and opens and not fetched_early and self.has_token(request)

    def make_cookie(self, request: Request) -> str:
        """Return the header that sets the cookie."""
        secure = "; Secure" if self._secure else ""
        return f"{_cookie_name(request)}={self._cookie}; Path={ROOT}/; HttpOnly; SameSite=Strict{secure}"


def _same(one: str, other: str) -> bool:
    return compare_digest(one.encode("utf-8", "replace"), other.encode())


def _cookie_name(request: Request) -> str:
    # Cookies are the same for all ports of a machine. The port is the one that the browser knows.
    return f"msgnb-phones-{request.headers.get('host', '').rpartition(':')[2]}"


def _read_cookies(request: Request) -> dict[str, str]:
    # Those of other servers on this machine may be anything, and are no reason to refuse.
    pairs = (part.strip().partition("=") for part in request.headers.get("cookie", "").split(";"))
    return {name: value for name, _, value in pairs}
