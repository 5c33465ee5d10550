"""Distribution lists: their members, what is sent to them, and whom it reached (BLiP 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from msgnb.campaigns.journal import Result
from msgnb.campaigns.run import Receipt, FailureStreak, tried
from msgnb.core.errors import InvalidRequest
from msgnb.core.progress import progress_bar
from msgnb.platforms.blip import to_tables as rows
from msgnb.platforms.blip.connection import Command, escaped, identity
from msgnb.platforms.blip.content import Content
from msgnb.platforms.blip.messages import Conversations

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.core.sending import SendResult

BROADCAST = "postmaster@broadcast.msging.net"
DOMAIN = "broadcast.msging.net"
LIST = "application/vnd.iris.distribution-list+json"
IDENTITY = "application/vnd.lime.identity"
PAGE = 1000
Change = Callable[[str, str], Receipt]


class Lists(Conversations):
    """Distribution lists."""

    def lists(self) -> list[str]:
        """The identities of the bot's lists."""
        return self._paged("/lists", BROADCAST, PAGE, "lists", None)

    def create_list(self, name: str) -> str:
        """Create a list; returns its identity.

        >>> bot.create_list("news")
        'news@broadcast.msging.net'
        """
        full = _full(name)
        self._set("/lists", BROADCAST, LIST, {"identity": full})
        return full

    def delete_list(self, name: str) -> None:
        """Delete a list.

        Raises:
            NotFound: there is no such list.
        """
        self._delete(_path(name), BROADCAST)

    def subscriptions(
        self, name: str | None = None, *, limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """The memberships of one list or of all, as a table `subscriptions` (BLiP 2.5).

        Args:
            name: the list; all where it is `None`.
            limit: the most rows; all where it is `None`.
            raw: add list and recipient as a last column.
        """
        found: list[tuple[str, str]] = []
        for full in [_full(name)] if name else self.lists():
            left = None if limit is None else limit - len(found)
            uri = f"{_path(full)}/recipients"
            found += [(full, member) for member in self._paged(uri, BROADCAST, PAGE, "members", left)]
        return rows.memberships(found, self.account, raw=raw)

    def add_members(
        self, name: str, members: pd.DataFrame | Iterable[str], column: str = "contact"
    ) -> pd.DataFrame:
        """Add members to a list, with a bar; returns what became of each, as a table `outcomes`.

        One that is refused does not stop the others, but five refusals in a row for the same reason do: the
        rest is `rejected` then, unsent. Adding a member twice does no harm.

        >>> bot.add_members("news", bot.contacts())
        >>> bot.add_members("news", ["5511999998888@wa.gw.msging.net"])

        Args:
            name: the list.
            members: identities, or a DataFrame with them.
            column: the DataFrame's column that holds them.

        Raises:
            InvalidRequest: one is no identity, or the DataFrame has no such column; nothing is sent then.
        """
        return self._each(name, _identities(members, column), self._add)

    def remove_members(
        self, name: str, members: pd.DataFrame | Iterable[str], column: str = "contact"
    ) -> pd.DataFrame:
        """Remove members from a list; arguments and result are those of `add_members`."""
        return self._each(name, _identities(members, column), self._remove)

    def send_to_list(self, name: str, content: Content | str) -> SendResult:
        """Send to all members of a list; `${contact.name}` in a text is filled in for each.

        >>> sent = bot.send_to_list("news", "Hello ${contact.name}, we have news.")
        >>> bot.list_delivery("news", sent.message)

        Raises:
            InvalidRequest: the text is empty.
            OutcomeUnknown: the answer got lost; `id` is the message's.
        """
        return self.send(_full(name), content)

    def list_delivery(self, name: str, message: str) -> Command:
        """How far a message to a list came: `recipients`, `sent`, `received`, `consumed`, `failed`.

        Raises:
            NotFound: no such message was sent to the list.
        """
        found: Command = self._get(f"{_path(name)}/messages/{escaped(message)}", BROADCAST)
        return found

    def list_outcomes(self, name: str, message: str) -> pd.DataFrame:
        """What became of a message to a list for each member, as a table `outcomes` (BLiP 2.5, 2.8).

        The platform keeps this for three days; members that it tells nothing of are `unknown`.
        """
        members = self._paged(f"{_path(name)}/recipients", BROADCAST, PAGE, "members", None)
        told = self._notified(message)
        return rows.list_outcomes(members, told, message)

    def _add(self, path: str, member: str) -> Receipt:
        self._set(f"{path}/recipients", BROADCAST, IDENTITY, member)
        return Receipt()

    def _remove(self, path: str, member: str) -> Receipt:
        self._delete(f"{path}/recipients/{escaped(member)}", BROADCAST)
        return Receipt()

    def _each(self, name: str, members: list[str], change: Change) -> pd.DataFrame:
        path = _path(name)
        results: list[Result | None] = []
        streak = FailureStreak()
        with progress_bar(_full(name), len(members)) as bar:
            for member in members:
                result = None if streak.hopeless else tried(partial(change, path, member))
                results.append(result)
                if result:
                    streak.add(result)
                bar.update()
        return rows.outcomes(members, results, streak.words)


def _full(name: str) -> str:
    return identity(name if "@" in name else f"{name}@{DOMAIN}", "name")


def _path(name: str) -> str:
    return f"/lists/{escaped(_full(name))}"


def _identities(members: Any, column: str) -> list[str]:
    if isinstance(members, str):
        raise InvalidRequest.of(members="is one text; give a list of identities")
    columns = getattr(members, "columns", None)
    if columns is not None:
        if column not in columns:
            raise InvalidRequest.of(column=f"{column!r} is none of {', '.join(map(str, columns))}")
        members = members[column]
    return list(dict.fromkeys(identity(member, "members") for member in members))
