"""What a bot keeps under names: contexts of its users, buckets and resources (BLiP 2.9, 2.10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgnb.core.errors import NotFound, Rejected
from msgnb.platforms.blip.connection import Commands, escaped, identity

TEXT, JSON = "text/plain", "application/json"
PAGE = 1000
VALUES = {"withContextValues": "true"}
NO_CONTEXT = "no stored contexts"


class Stores(Commands):
    """Documents under names; a text is kept as text, everything else as JSON."""

    def contexts(self, who: str) -> dict[str, Any]:
        """The variables of one user, with their values; empty where there is none (BLiP 2.9)."""
        uri = f"/contexts/{escaped(identity(who, 'identity'))}"
        try:
            found = self._paged(uri, None, PAGE, "variables", None, key=_name, query=VALUES)
        except Rejected as error:
            if NO_CONTEXT in (error.reason or "") or isinstance(error, NotFound):
                return {}
            raise
        return {row["name"]: row.get("value") for row in found}

    def context(self, who: str, name: str) -> Any:
        """One variable of a user, such as `stateid@{flow}`.

        Raises:
            NotFound: there is no such variable.
        """
        return self._get(_variable(who, name))

    def set_context(self, who: str, name: str, value: Any) -> None:
        """Set a variable of a user."""
        self._set(_variable(who, name), None, _kind(value), value)

    def delete_context(self, who: str, name: str) -> None:
        """Delete a variable of a user.

        Raises:
            NotFound: there is no such variable.
        """
        self._delete(_variable(who, name))

    def buckets(self) -> list[str]:
        """The names of the bot's buckets (BLiP 2.10)."""
        return self._paged("/buckets", None, PAGE, "buckets", None)

    def bucket(self, name: str) -> Any:
        """The document in a bucket.

        Raises:
            NotFound: there is no such bucket, or it has expired.
        """
        return self._get(f"/buckets/{escaped(name)}")

    def set_bucket(self, name: str, value: Any, *, expires: timedelta | None = None) -> None:
        """Keep a document in a bucket, for ever or for a time."""
        life = f"?expiration={int(expires.total_seconds() * 1000)}" if expires else ""
        self._set(f"/buckets/{escaped(name)}{life}", None, _kind(value), value)

    def delete_bucket(self, name: str) -> None:
        """Delete a bucket.

        Raises:
            NotFound: there is no such bucket.
        """
        self._delete(f"/buckets/{escaped(name)}")

    def resources(self) -> list[str]:
        """The names of the bot's resources (BLiP 2.10)."""
        return self._paged("/resources", None, PAGE, "resources", None)

    def resource(self, name: str) -> Any:
        """A resource.

        Raises:
            NotFound: there is no such resource.
        """
        return self._get(f"/resources/{escaped(name)}")

    def set_resource(self, name: str, value: Any) -> None:
        """Keep a resource, such as a text with `${contact.name}` in it."""
        self._set(f"/resources/{escaped(name)}", None, _kind(value), value)

    def delete_resource(self, name: str) -> None:
        """Delete a resource.

        Raises:
            NotFound: there is no such resource.
        """
        self._delete(f"/resources/{escaped(name)}")


def _variable(who: str, name: str) -> str:
    return f"/contexts/{escaped(identity(who, 'identity'))}/{escaped(name)}"


def _kind(value: Any) -> str:
    return TEXT if isinstance(value, str) else JSON


def _name(row: Any) -> str:
    return str(row["name"])
