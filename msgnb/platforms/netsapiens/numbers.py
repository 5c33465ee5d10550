"""SMS numbers, and from which of them a message is sent (NetSapiens 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgnb.core.errors import AuthError, InvalidRequest, Rejected
from msgnb.core.phones import parse_dialable
from msgnb.platforms.netsapiens import to_tables
from msgnb.platforms.netsapiens.connection import NetSapiensConnection, owner_path
from msgnb.platforms.netsapiens.payloads import NATIONAL_DIGITS, Wire
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd


class Numbers(Resource):
    """Numbers that SMS and MMS are sent from: `pbx.numbers()`."""

    _connection: NetSapiensConnection

    def __init__(self, connection: NetSapiensConnection) -> None:
        super().__init__(connection)
        self._known: dict[tuple[str, str], list[str]] = {}

    def __call__(
        self, *, user: str | None = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """Return the SMS numbers of a user or a domain as a table `numbers` (NetSapiens 4).

        >>> pbx.numbers()
        >>> pbx.numbers(user=None)  # those of the whole domain

        Args:
            user: the user; `~` is oneself, `None` the whole domain.
            domain: the domain; `~` is one's own.
            limit: the most rows; all rows if `None`.
            raw: add the platform's own objects as a last column `raw`.
        """
        rows = self._rows(user, domain, limit)
        return to_tables.numbers(rows, self._connection.whose(user, domain), raw=raw)

    def count(self, *, user: str = "~", domain: str = "~") -> int:
        """Return the number of SMS numbers of a user."""
        return self._connection.count(f"{owner_path(domain, user)}/smsnumbers/count")

    def choose(self, *, sender: str | None = None, user: str = "~", domain: str = "~") -> str:
        """Return the number that a message of a user is sent from.

        The numbers are read once, and again if one is not among them.

        Args:
            sender: one of the user's numbers, with or without country code; if `None`, their only number.
            user: the user; `~` is oneself.
            domain: the domain; `~` is one's own.

        Raises:
            InvalidRequest: the number is not the user's, or the user has several numbers or none.
        """
        wanted = parse_dialable(sender, "from_number") if sender else None
        own = self._own(user, domain, wanted)
        if own is None:
            if wanted is None:
                words = "is missing, and the server does not let us read the numbers of the user; give one"
                raise InvalidRequest.of(from_number=words)
            return wanted
        if wanted is None:
            if len(own) == 1:
                return own[0]
            raise InvalidRequest.of(from_number=f"is missing; {_choices(own)}")
        if not _contains(own, wanted):
            raise InvalidRequest.of(from_number=f"{sender!r} is not the user's; {_choices(own)}")
        return wanted

    def _own(self, user: str, domain: str, wanted: str | None) -> list[str] | None:
        """The user's numbers; `None` if the server does not allow reading them."""
        known = self._known.get((user, domain))
        if known is not None and (wanted is None or _contains(known, wanted)):
            return known
        try:
            found = [_number(row) for row in self._rows(user, domain, None) if row.get("number")]
        except (AuthError, Rejected):
            # Whoever may not read the numbers may still send from one, if it is named.
            return None
        self._known[user, domain] = found
        return found

    def _rows(self, user: str | None, domain: str, limit: int | None) -> list[Wire]:
        # Some servers refuse the list of a domain unless it is filtered (NetSapiens 4, quirks).
        query = None if user else {"dest": "*"}
        path = f"{owner_path(domain, user)}/smsnumbers"
        return self._connection.rows(path, _number, "numbers", limit, query)


def _number(row: Any) -> str:
    return str(row.get("number"))


def _contains(own: list[str], wanted: str) -> bool:
    """Whether a number is among others, with or without country code."""
    return any(_equal(wanted.removeprefix("+"), number.removeprefix("+")) for number in own)


def _equal(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) == NATIONAL_DIGITS and longer.endswith(shorter))


def _choices(own: list[str]) -> str:
    return f"the user's SMS numbers are {', '.join(own)}" if own else "the user has no SMS number"
