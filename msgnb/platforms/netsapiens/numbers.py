"""SMS numbers, and which of them a message goes out from (NetSapiens 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgnb.core.errors import AuthError, InvalidRequest, Rejected
from msgnb.core.phones import dialable
from msgnb.platforms.netsapiens import to_tables as rows
from msgnb.platforms.netsapiens.connection import Resource, only, owner_path
from msgnb.platforms.netsapiens.payloads import Wire

if TYPE_CHECKING:
    import pandas as pd

NATIONAL = 10
"""Digits of a North American number without its country code, as live servers take it too."""


class Numbers(Resource):
    """The numbers that SMS and MMS go out from."""

    def numbers(
        self, *, user: str | None = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """The SMS numbers of a user or a domain, as a table `numbers` (NetSapiens 4).

        >>> pbx.numbers()
        >>> pbx.numbers(user=None)  # all of the domain

        Args:
            user: `~` is oneself, `None` the whole domain.
            domain: `~` is one's own.
            limit: the most rows; all where it is `None`.
            raw: add the numbers themselves as a last column.
        """
        return rows.numbers(self._number_list(user, domain, limit), self._whose(user, domain), raw=raw)

    def count_numbers(self, *, user: str = "~", domain: str = "~") -> int:
        """The number of SMS numbers of a user."""
        return int(only(self._read(f"{owner_path(domain, user)}/smsnumbers/count"))["total"])

    def _number_list(self, user: str | None, domain: str, limit: int | None) -> list[Wire]:
        # Some servers refuse the bare list of a domain and want to hear for whom (NetSapiens 4, quirks).
        query = None if user else {"dest": "*"}
        return self._list(f"{owner_path(domain, user)}/smsnumbers", _number, "numbers", limit, query)

    def _from_number(self, given: str | None, user: str, domain: str) -> str:
        """The number to send from: the one that is given, if it is the user's, or the only one there is."""
        wanted = dialable(given, "from_number") if given else None
        own = self._own_numbers(user, domain, wanted)
        if own is None:
            if wanted is None:
                words = "is missing, and the server does not let us read the numbers of the user; give one"
                raise InvalidRequest.of(from_number=words)
            return wanted
        if wanted is None:
            if len(own) == 1:
                return own[0]
            raise InvalidRequest.of(from_number=f"is missing; {_choice(own)}")
        if not _among(wanted, own):
            raise InvalidRequest.of(from_number=f"{given!r} is not the user's; {_choice(own)}")
        return wanted

    def _own_numbers(self, user: str, domain: str, wanted: str | None) -> list[str] | None:
        """The user's numbers, read once and again when one is missing; `None` where we may not."""
        known = self._numbers_of.get((user, domain))
        if known is not None and (wanted is None or _among(wanted, known)):
            return known
        try:
            found = [_number(row) for row in self._number_list(user, domain, None) if row.get("number")]
        except (AuthError, Rejected):
            return None
        self._numbers_of[user, domain] = found
        return found

    _numbers_of: dict[tuple[str, str], list[str]]


def _number(row: Any) -> str:
    return str(row.get("number"))


def _among(wanted: str, own: list[str]) -> bool:
    """Whether a number is among others, with or without country code."""
    return any(_same(wanted.removeprefix("+"), number.removeprefix("+")) for number in own)


def _same(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return one == other or (len(shorter) == NATIONAL and longer.endswith(shorter))


def _choice(own: list[str]) -> str:
    return f"the user's SMS numbers are {', '.join(own)}" if own else "the user has no SMS number"
