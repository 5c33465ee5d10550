"""Contexts: variables that a bot stores for each user (BLiP 2.9)."""

from __future__ import annotations

from typing import Any

from msgnb.core.errors import NotFound, Rejected
from msgnb.platforms.blip.connection import BlipConnection, escape
from msgnb.platforms.blip.documents import PAGE, document_type
from msgnb.platforms.blip.identities import check_identity
from msgnb.platforms.resources import Resource

WITH_VALUES = {"withContextValues": "true"}
NO_CONTEXT = "no stored contexts"


class Contexts(Resource):
    """Variables of users: `bot.contexts(contact)`, `bot.contexts.get(contact, name)`."""

    _connection: BlipConnection

    def __call__(self, contact: str) -> dict[str, Any]:
        """Return the variables of one user with their values; empty if there are none (BLiP 2.9).

        >>> bot.contexts("5511999998888@wa.gw.msging.net")

        Raises:
            InvalidRequest: `contact` is not an identity.
        """
        try:
            uri = _uri(contact)
            found = self._connection.items(uri, None, PAGE, "variables", key=_name, query=WITH_VALUES)
        except Rejected as error:
            # For a user without variables the platform reports a failure instead of an empty list (BLiP 2.9).
            if NO_CONTEXT in (error.reason or "") or isinstance(error, NotFound):
                return {}
            raise
        return {_name(row): row.get("value") for row in found}

    def get(self, contact: str, name: str) -> Any:
        """Return one variable of a user, such as `stateid@{flow}`.

        Raises:
            NotFound: there is no such variable.
        """
        return self._connection.get(_uri(contact, name))

    def set(self, contact: str, name: str, value: Any) -> None:
        """Set a variable of a user; a text is stored as text, everything else as JSON.

        >>> bot.contexts.set(contact, "cart", {"tea": 2})
        """
        self._connection.set(_uri(contact, name), None, document_type(value), value)

    def delete(self, contact: str, name: str) -> None:
        """Delete a variable of a user.

        Raises:
            NotFound: there is no such variable.
        """
        self._connection.delete(_uri(contact, name))


def _uri(contact: str, *name: str) -> str:
    return "/".join(["/contexts", escape(check_identity(contact, "identity")), *map(escape, name)])


def _name(row: Any) -> str:
    # With values the items are objects, although the collection's type says text (BLiP 2.9).
    return str(row.get("name"))
