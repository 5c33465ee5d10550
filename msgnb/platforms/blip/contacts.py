"""Contacts and the comments on them (BLiP 2.1)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import InvalidRequest
from msgnb.core.paging import IncompleteWarning
from msgnb.platforms.blip import to_tables
from msgnb.platforms.blip.connection import BlipConnection, Command, escape
from msgnb.platforms.blip.identities import check_identity
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    import pandas as pd

CRM = "postmaster@crm.msging.net"
CONTACT = "application/vnd.lime.contact+json"
COMMENT = "application/vnd.iris.crm.comment+json"
# The platform allows larger pages (BLiP 2.1), but a page that fails is read again as a whole.
PAGE = 1000
COMMENTS_PAGE = 100
MOST_FILTERED = 10_000
"""The most contacts that the platform returns with a filter."""


class Contacts(Resource):
    """Contacts: `bot.contacts()`, `bot.contacts.get(contact)`."""

    _connection: BlipConnection

    def __call__(
        self,
        filter: str | None = None,  # noqa: A002 - the platform's word
        *,
        flatten: bool = False,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return the bot's contacts as a table `contacts` (BLiP 2.1).

        >>> bot.contacts("(startswith(name,'Ana'))")
        >>> bot.contacts("(lastmessagedate ge datetimeoffset'2026-10-01T00:00:00.000Z')", flatten=True)

        Args:
            filter: the platform's `$filter`; all contacts if `None`.
            flatten: add a column for each key of the extras, such as `extras.plan`.
            limit: the most rows; all rows if `None`, with a filter at most 10,000.
            raw: add the contacts themselves as a last column `raw`.

        Raises:
            Rejected: the platform cannot read the filter.
        """
        # With a filter, a request beyond the first 10,000 contacts is an error (BLiP 2.1).
        most = limit if filter is None else min(limit or MOST_FILTERED, MOST_FILTERED)
        found = self._connection.items("/contacts", CRM, PAGE, "contacts", most, query={"$filter": filter})
        if filter is not None and len(found) == MOST_FILTERED and limit is None:
            words = f"the platform gives {MOST_FILTERED:,} contacts with a filter and no more: narrow it"
            warnings.warn(words, IncompleteWarning, stacklevel=2)
        return to_tables.contacts(found, self._connection.account, flatten=flatten, raw=raw)

    def get(self, contact: str) -> Command:
        """Return one contact as the platform sends it.

        >>> bot.contacts.get("5511999998888@wa.gw.msging.net")

        Raises:
            InvalidRequest: `contact` is not an identity.
            NotFound: there is no such contact.
        """
        return self._connection.get_object(_uri(contact), CRM)

    def set(self, fields: Command) -> None:
        """Create or replace a contact; fields that it does not have are deleted.

        >>> bot.contacts.set({"identity": who, "name": "Ana", "extras": {"plan": "Gold"}})

        Args:
            fields: the contact as the platform stores it, with its `identity`.

        Raises:
            InvalidRequest: it has no identity, or its extras are not texts.
        """
        self._connection.set("/contacts", CRM, CONTACT, _check(fields))

    def merge(self, fields: Command) -> None:
        """Change some fields of a contact, and keep the others; it is created if it doesn't exist.

        >>> bot.contacts.merge({"identity": who, "extras": {"plan": "Gold"}})

        Args:
            fields: the `identity` of the contact, and the fields to change.

        Raises:
            InvalidRequest: it has no identity, or its extras are not texts.
        """
        self._connection.set("/contacts", CRM, CONTACT, _check(fields), method="merge")

    def delete(self, contact: str) -> None:
        """Delete a contact.

        Raises:
            InvalidRequest: `contact` is not an identity.
            NotFound: there is no such contact.
        """
        self._connection.delete(_uri(contact), CRM)

    def comments(self, contact: str) -> list[Command]:
        """Return the comments on a contact as the platform sends them.

        Raises:
            InvalidRequest: `contact` is not an identity.
        """
        return self._connection.items(f"{_uri(contact)}/comments", CRM, COMMENTS_PAGE, "comments")

    def add_comment(self, contact: str, text: str, *, author: str | None = None) -> Command:
        """Comment on a contact, and return the comment with its `id`.

        Args:
            contact: identity of the contact.
            text: the comment.
            author: identity of the agent who wrote it, such as `ana%40example.com@blip.ai`.

        Raises:
            InvalidRequest: `contact` is not an identity, or the comment is empty.
        """
        if not text.strip():
            raise InvalidRequest.of(text="is empty")
        comment = {"content": text, **({"authorIdentity": author} if author else {})}
        created: Command = self._connection.set(f"{_uri(contact)}/comments", CRM, COMMENT, comment)
        return created

    def delete_comment(self, contact: str, comment: str) -> None:
        """Delete a comment by its ID.

        Raises:
            InvalidRequest: `contact` is not an identity.
            NotFound: there is no such comment.
        """
        self._connection.delete(f"{_uri(contact)}/comments/{escape(comment)}", CRM)


def _uri(contact: str) -> str:
    return f"/contacts/{escape(check_identity(contact, 'identity'))}"


def _check(fields: Command) -> Command:
    check_identity(fields.get("identity", ""), "identity")
    extras: Any = fields.get("extras") or {}
    wrong = [key for key, value in extras.items() if not isinstance(value, str)]
    if wrong:
        raise InvalidRequest.of(extras=f"{', '.join(wrong)}: the values of extras are texts")
    return fields
