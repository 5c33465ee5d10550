"""Distribution lists: their members, messages to all of them, and how far those came (BLiP 2.5)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from msgnb.campaigns.attempts import FailureStreak, attempt
from msgnb.campaigns.journal import BatchResult
from msgnb.campaigns.sender import Receipt
from msgnb.core.errors import InvalidRequest
from msgnb.core.progress import progress_bar
from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection, Command, escape
from msgnb.platforms.blip.identities import check_identity, list_identity
from msgnb.platforms.blip.notifications import read_notifications
from msgnb.platforms.blip.sending import send_content
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.core.sending import SendResult
    from msgnb.platforms.blip.content import Content

BROADCAST = "postmaster@broadcast.msging.net"
LIST = "application/vnd.iris.distribution-list+json"
IDENTITY = "application/vnd.lime.identity"
PAGE = 1000


class Lists(Resource):
    """Distribution lists: `bot.lists()`, `bot.lists.send("news", text)`."""

    _connection: BlipConnection

    def __call__(self) -> list[str]:
        """Return the identities of the bot's lists; all methods accept their names too."""
        return read_lists(self._connection)

    def create(self, name: str) -> str:
        """Create a list, and return its identity.

        >>> bot.lists.create("news")
        'news@broadcast.msging.net'

        Raises:
            InvalidRequest: the name cannot be part of an identity.
        """
        identity = list_identity(name)
        self._connection.set("/lists", BROADCAST, LIST, {"identity": identity})
        return identity

    def delete(self, name: str) -> None:
        """Delete a list.

        Raises:
            NotFound: there is no such list.
        """
        self._connection.delete(_uri(name), BROADCAST)

    def members(self, name: str, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """Return the members of one list as a table `subscriptions`; `target` is the member.

        Args:
            name: the list.
            limit: the most rows; all rows if `None`.
            raw: add list and member as a last column `raw`.
        """
        return read_memberships(self._connection, [list_identity(name)], limit=limit, raw=raw)

    def add(
        self, name: str, contacts: pd.DataFrame | Iterable[str], *, column: str = "contact"
    ) -> pd.DataFrame:
        """Add members to a list with a progress bar, and return the results as a table `outcomes`.

        A member that the platform rejects does not stop the others. After five rejections in a row for the
        same reason, the remaining ones are not attempted. Adding a member twice does no harm.

        >>> bot.lists.add("news", bot.contacts())
        >>> bot.lists.add("news", ["5511999998888@wa.gw.msging.net"])

        Args:
            name: the list.
            contacts: identities, or a DataFrame that has them.
            column: the DataFrame's column that has them.

        Raises:
            InvalidRequest: one is not an identity, or the DataFrame has no such column; nobody was added.
        """
        uri = f"{_uri(name)}/recipients"

        def add(member: str) -> None:
            self._connection.set(uri, BROADCAST, IDENTITY, member)

        return _change_each(list_identity(name), _identities(contacts, column), add)

    def remove(
        self, name: str, contacts: pd.DataFrame | Iterable[str], *, column: str = "contact"
    ) -> pd.DataFrame:
        """Remove members from a list; the arguments and the result are those of `add`."""
        uri = f"{_uri(name)}/recipients"

        def remove(member: str) -> None:
            self._connection.delete(f"{uri}/{escape(member)}", BROADCAST)

        return _change_each(list_identity(name), _identities(contacts, column), remove)

    def send(self, name: str, content: Content | str) -> SendResult:
        """Send a message to all members of a list.

        The platform replaces `${contact.name}` in a text by the name of each member.

        >>> sent = bot.lists.send("news", "Hello ${contact.name}, we have news.")
        >>> bot.lists.delivery("news", sent.message)

        Args:
            name: the list.
            content: what to send; `msgnb.content` builds all kinds, and a `str` is a plain text.

        Raises:
            InvalidRequest: the text is empty.
            OutcomeUnknown: the response was lost; `id` is the message's.
        """
        return send_content(self._connection, list_identity(name), content)

    def delivery(self, name: str, message: str) -> Command:
        """Return how far a message to a list came: `recipients`, `sent`, `received`, `consumed`, `failed`.

        Args:
            name: the list.
            message: ID of the message.

        Raises:
            NotFound: no such message was sent to the list.
        """
        return self._connection.get_object(f"{_uri(name)}/messages/{escape(message)}", BROADCAST)

    def outcomes(self, name: str, message: str) -> pd.DataFrame:
        """Return what became of a message to a list as a table `outcomes`, one row per member (BLiP 2.8).

        The platform stores it for three days. A member that it reports nothing of is `unknown`.

        Args:
            name: the list.
            message: ID of the message.
        """
        members = read_members(self._connection, list_identity(name))
        reported = read_notifications(self._connection, message)
        return to_tables.list_outcomes(members, reported, message)


class Subscriptions(Resource):
    """Memberships of lists: `bot.subscriptions()`."""

    _connection: BlipConnection

    def __call__(
        self, name: str | None = None, *, limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """Return the members of one list or of all lists as a table `subscriptions` (BLiP 2.5).

        Args:
            name: the list; all lists if `None`.
            limit: the most rows; all rows if `None`.
            raw: add list and member as a last column `raw`.
        """
        names = [list_identity(name)] if name else read_lists(self._connection)
        return read_memberships(self._connection, names, limit=limit, raw=raw)


def read_lists(connection: BlipConnection) -> list[str]:
    """Return the identities of the bot's lists."""
    return connection.items("/lists", BROADCAST, PAGE, "lists", names=True)


def read_members(connection: BlipConnection, name: str, limit: int | None = None) -> list[str]:
    """Return the identities of the members of a list."""
    return connection.items(f"{_uri(name)}/recipients", BROADCAST, PAGE, "members", limit, names=True)


def read_memberships(
    connection: BlipConnection, names: Iterable[str], *, limit: int | None, raw: bool
) -> pd.DataFrame:
    """Return the members of lists as a table `subscriptions`."""
    found: list[tuple[str, str]] = []
    for name in names:
        left = None if limit is None else limit - len(found)
        found += [(name, member) for member in read_members(connection, name, left)]
    return to_tables.memberships(found, connection.account, raw=raw)


def _uri(name: str) -> str:
    # The name of the list of everyone who has written to the bot contains a +, which must be escaped
    # (BLiP 2.5).
    return f"/lists/{escape(list_identity(name))}"


def _identities(contacts: Any, column: str) -> list[str]:
    # A text is iterable too: each of its characters would be a member.
    if isinstance(contacts, str):
        raise InvalidRequest.of(contacts="is one text; give a list of identities")
    columns = getattr(contacts, "columns", None)
    if columns is not None:
        if column not in columns:
            raise InvalidRequest.of(column=f"{column!r} is none of {', '.join(map(str, columns))}")
        contacts = contacts[column]
    return list(dict.fromkeys(check_identity(each, "contacts") for each in contacts))


def _change_each(title: str, members: list[str], change: Callable[[str], None]) -> pd.DataFrame:
    def request(member: str) -> Receipt:
        change(member)
        return Receipt()

    results: list[BatchResult | None] = []
    streak = FailureStreak()
    with progress_bar(title, len(members)) as bar:
        for member in members:
            # Members that are not attempted any more have a row in the result, too.
            result = None if streak.hopeless else attempt(partial(request, member))
            results.append(result)
            if result:
                streak.add(result)
            bar.update()
    return to_tables.change_outcomes(members, results, streak.explanation)
