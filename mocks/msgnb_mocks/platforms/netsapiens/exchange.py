"""One request on its way to a handler: who sends it, what for, and the responses that handlers share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice

from msgnb_mocks.core.operations import Json, Refusal, Request, Response
from msgnb_mocks.platforms.netsapiens.field_names import Record
from msgnb_mocks.platforms.netsapiens.state import DOMAIN, Grant, State

V2 = "/ns-api/v2"
# Without a limit servers return 100 rows, and never more than 1,000 (NetSapiens 0).
PAGE = 100
LARGEST_PAGE = 1000
KEY_LIFE = timedelta(days=20 * 365)
"""An API key doesn't expire; what is made with it ends after this."""

# The usual response to a write, which counts as full success (NetSapiens 0).
ACCEPTED = Response.of({"code": 202, "message": "Accepted"}, 202)


def refuse(code: int, message: str) -> Refusal:
    """Return the refusal in the form that nearly all errors have."""
    return Refusal(Response.of({"code": code, "message": message}, code))


def total(count: int) -> Response:
    """Return the response of all counts."""
    return Response.of({"total": count})


@dataclass(frozen=True)
class Exchange:
    """A request with the parts of its path and its token."""

    state: State
    request: Request
    parts: dict[str, str]

    @cached_property
    def caller(self) -> Grant:
        """The valid token of the request."""
        scheme, _, token = self.request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise refuse(401, "An access token is required")
        grant = self._granted(token.strip())
        if grant is None:
            raise refuse(401, "The access token provided is invalid")
        if grant.expires <= self.state.now():
            # Clients recognize an expired token by these words (NetSapiens 1.1).
            raise refuse(401, "The access token provided has expired")
        if grant.partial:
            raise refuse(401, "A second factor is required")
        if grant.readonly and self.request.method != "GET":
            raise refuse(403, "Permission Denied")
        return grant

    def _granted(self, token: str) -> Grant | None:
        """Return what a bearer token allows: tokens, JWTs and API keys share one scheme."""
        if known := self.state.api_keys.get(token):
            ends = self.state.now() + KEY_LIFE
            readonly = known.row["readonly"] == "yes"
            return Grant(known.user, token, "", ends, ends, readonly=readonly)
        return self.state.grants.get(token)

    @cached_property
    def body(self) -> dict[str, Json]:
        """The JSON object of the body; an empty one if there is no body."""
        if not self.request.body.strip():
            return {}
        try:
            found = self.request.json()
        except ValueError:
            raise refuse(400, "Request body is not valid JSON") from None
        if not isinstance(found, dict):
            raise refuse(400, "Request body must be a JSON object")
        return found

    def domain(self) -> str:
        """Return the domain of the path; refuse if it doesn't exist or the caller may not read it."""
        name = self.parts["domain"]
        if name in {"~", DOMAIN}:
            return DOMAIN
        # Below Super User, a domain that doesn't exist and one out of reach are not told apart (NetSapiens
        # 1.4).
        if not self.caller.is_super:
            raise refuse(403, "Domain not found or access denied")
        # A path may have several stars for all domains (NetSapiens 0).
        if set(name) == {"*"}:
            return DOMAIN
        raise refuse(404, f"Domain {name} does not exist")

    def manage_domain(self) -> str:
        """Return the domain of the path; refuse if the caller may not manage its users."""
        domain = self.domain()
        if not self.caller.is_manager:
            raise refuse(403, "Permission Denied")
        return domain

    def user(self) -> str:
        """Return the user of the path; refuse if there is none or the caller may not read their data."""
        domain = self.domain()
        own = self.caller.user.number
        number = own if self.parts["user"] == "~" else self.parts["user"]
        if number != own and not self.caller.is_manager:
            raise refuse(403, "Permission Denied")
        if number not in self.state.users:
            raise refuse(404, f"User {number} does not exist in domain {domain}")
        return number

    def users(self) -> tuple[str, ...]:
        """Return the users of the path: one, or all for `*`."""
        if self.parts["user"] != "*":
            return (self.user(),)
        self.manage_domain()
        return tuple(self.state.users)

    def limit(self) -> int:
        """How many rows a page has."""
        limit = self._count("limit", PAGE)
        if not 1 <= limit <= LARGEST_PAGE:
            raise refuse(400, f"limit must be between 1 and {LARGEST_PAGE}")
        return limit

    def start(self) -> int:
        """How many rows are passed over."""
        return self._count("start", 0)

    def message_start(self) -> int:
        """As `start`, for the two lists whose documentation doesn't name it."""
        return 0 if "ignore-start" in self.state.quirks else self.start()

    def page(self, records: Iterable[Record], *, single: bool = False) -> Response:
        """One page of the records."""
        start = self.start()
        return self.rows(list(islice(records, start, start + self.limit())), single=single)

    def rows(self, records: Sequence[Record], *, single: bool = False) -> Response:
        """The records as a list; `single` where servers were seen to send one row bare."""
        if not records and "empty-list-404" in self.state.quirks:
            raise refuse(404, "Not Found")
        if single and len(records) == 1 and "single-row-object" in self.state.quirks:
            return Response.of(records[0].wire)
        return Response.of([record.wire for record in records])

    def _count(self, name: str, default: int) -> int:
        given = self.request.query.get(name, "")
        if not given:
            return default
        # `isdigit` alone accepts characters that `int` does not, such as "²".
        if not (given.isascii() and given.isdigit() and len(given) < 10):
            raise refuse(400, f"{name} must be a number")
        return int(given)
