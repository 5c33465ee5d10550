"""Contacts and the comments on them (BLiP 2.1)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import InvalidRequest
from msgnb.core.paging import IncompleteWarning
from msgnb.platforms.blip import to_tables as rows
from msgnb.platforms.blip.connection import Command, Commands, escaped, identity

if TYPE_CHECKING:
    import pandas as pd

CRM = "postmaster@crm.msging.net"
CONTACT = "application/vnd.lime.contact+json"
COMMENT = "application/vnd.iris.crm.comment+json"
PAGE = 1000
COMMENTS_PAGE = 100
MOST_FILTERED = 10_000
"""With a filter the platform lets nobody read further."""


class Contacts(Commands):
    """Reading and changing contacts."""

    def contacts(
        self,
        filter: str | None = None,  # noqa: A002 - the platform's word
        *,
        flatten: bool = False,
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """The bot's contacts, as a table `contacts` (BLiP 2.1).

        >>> bot.contacts("(startswith(name,'Ana'))")
        >>> bot.contacts("(lastmessagedate ge datetimeoffset'2026-10-01T00:00:00.000Z')", flatten=True)

        Args:
            filter: which, as the platform's `$filter` says it; all where it is `None`.
            flatten: give each key of the extras a column of its own, as `extras.plan`.
            limit: the most rows; all where it is `None`, with a filter at most 10,000.
            raw: add the contacts themselves as a last column.

        Raises:
            Rejected: the filter can't be read.
        """
        most = limit if filter is None else min(limit or MOST_FILTERED, MOST_FILTERED)
        found = self._paged("/contacts", CRM, PAGE, "contacts", most, query={"$filter": filter})
        if filter is not None and len(found) == MOST_FILTERED and limit is None:
            words = f"the platform gives {MOST_FILTERED:,} contacts with a filter and no more: narrow it"
            warnings.warn(words, IncompleteWarning, stacklevel=2)
        return rows.contacts(found, self.account, flatten=flatten, raw=raw)

    def contact(self, who: str) -> Command:
        """One contact, as the platform sends it.

        Raises:
            InvalidRequest: `who` is no identity.
            NotFound: there is no such contact.
        """
        found: Command = self._get(_path(who), CRM)
        return found

    def set_contact(self, contact: Command) -> None:
        """Create or replace a contact: what is left out of it is deleted.

        >>> bot.set_contact({"identity": who, "name": "Ana", "extras": {"plan": "Gold"}})

        Raises:
            InvalidRequest: it has no identity, or extras that are no texts.
        """
        self._set("/contacts", CRM, CONTACT, _checked(contact))

    def merge_contact(self, contact: Command) -> None:
        """Change what is given of a contact, and leave the rest; creates it where there is none.

        >>> bot.merge_contact({"identity": who, "extras": {"plan": "Gold"}})

        Raises:
            InvalidRequest: it has no identity, or extras that are no texts.
        """
        self._set("/contacts", CRM, CONTACT, _checked(contact), method="merge")

    def delete_contact(self, who: str) -> None:
        """Delete a contact.

        Raises:
            NotFound: there is no such contact.
        """
        self._delete(_path(who), CRM)

    def comments(self, who: str) -> list[Command]:
        """The comments on a contact, as the platform sends them."""
        return self._paged(f"{_path(who)}/comments", CRM, COMMENTS_PAGE, "comments", None)

    def add_comment(self, who: str, content: str, *, author: str | None = None) -> Command:
        """Comment on a contact; returns the comment with its `id`.

        Raises:
            InvalidRequest: the comment is empty.
        """
        if not content.strip():
            raise InvalidRequest.of(content="is empty")
        said = {"content": content, **({"authorIdentity": author} if author else {})}
        made: Command = self._set(f"{_path(who)}/comments", CRM, COMMENT, said)
        return made

    def delete_comment(self, who: str, comment: str) -> None:
        """Delete a comment, by its id."""
        self._delete(f"{_path(who)}/comments/{escaped(comment)}", CRM)


def _path(who: str) -> str:
    return f"/contacts/{escaped(identity(who, 'identity'))}"


def _checked(contact: Command) -> Command:
    identity(contact.get("identity", ""), "identity")
    extras: Any = contact.get("extras") or {}
    wrong = [key for key, value in extras.items() if not isinstance(value, str)]
    if wrong:
        raise InvalidRequest.of(extras=f"{', '.join(wrong)}: the values of extras are texts")
    return contact
