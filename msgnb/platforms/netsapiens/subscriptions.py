"""Event subscriptions: URLs that the platform posts events to (NetSapiens 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgnb.core.errors import AlreadyExists, InvalidRequest, MsgnbError
from msgnb.core.http import path_segment
from msgnb.platforms.netsapiens import to_tables
from msgnb.platforms.netsapiens.connection import NetSapiensConnection, row_id
from msgnb.platforms.netsapiens.payloads import (
    Expiry,
    Wire,
    check_model,
    check_url,
    format_expiry,
    make_subscription,
)
from msgnb.platforms.resources import Resource

if TYPE_CHECKING:
    from msgnb.tables.subscription_view import SubscriptionsFrame

_IDENTIFYING = ("model", "post-url", "domain", "user", "reseller")
"""The fields by which the platform recognizes that a subscription exists already (NetSapiens 7.2)."""


class Subscriptions(Resource):
    """Event subscriptions: `pbx.subscriptions()`, `pbx.subscriptions.create("message", url)`."""

    _connection: NetSapiensConnection

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> SubscriptionsFrame:
        """Return the event subscriptions as a table `subscriptions` (NetSapiens 7.2).

        In a notebook, those that are failing, have expired or are about to expire are highlighted; the
        table's `attention()` returns the same as a column.

        >>> pbx.subscriptions()

        Args:
            limit: the most rows; all rows if `None`.
            raw: add the platform's own objects as a last column `raw`.
        """
        from msgnb.tables.subscription_view import subscription_view  # noqa: PLC0415 - it loads pandas

        frame = to_tables.subscriptions(self.read(limit=limit), self._connection.whose(), raw=raw)
        return subscription_view(frame, self._connection.http.now())

    def read(self, *, limit: int | None = None) -> list[Wire]:
        """Return the subscriptions as the platform sends them."""
        return self._connection.rows("/subscriptions", row_id, "subscriptions", limit)

    def get(self, subscription: str) -> Wire:
        """Return one subscription as the platform sends it.

        Raises:
            NotFound: there is no subscription with this ID.
        """
        return self._connection.read(_path(subscription))

    def create(
        self,
        topic: str,
        url: str,
        *,
        expires: Expiry | None = None,
        exist_ok: bool = False,
        user: str | None = None,
        domain: str | None = None,
        reseller: str | None = None,
        geo_support: str | None = "yes",
        preferred_server: str | None = None,
    ) -> Wire:
        """Subscribe a URL to events, and return the subscription (NetSapiens 7).

        >>> pbx.subscriptions.create("message", "https://example.com/events", expires=timedelta(days=30))

        Args:
            topic: `message`, `messagesession`, `call`, `cdr`, `voicemail`, `presence`, …
            url: where the platform posts the events.
            expires: a `datetime` with a zone, a `timedelta` from now, or `YYYY-MM-DD HH:MM:SS` in UTC; if
                `None`, the subscription ends with the token that was used to create it.
            exist_ok: return a subscription that exists already, unchanged, instead of raising.
            user: only events of this user; the platform's default if `None`.
            domain: only events of this domain, likewise.
            reseller: only events of this reseller, likewise; `*` only for super users.
            geo_support: `yes` lets another server take over.
            preferred_server: the host name of the server that should post.

        Raises:
            InvalidRequest: there is no such topic, the URL is not valid, or `expires` has passed or has no
                zone.
            AlreadyExists: the same subscription exists already; `id` is its ID.
            OutcomeUnknown: the response was lost; look for the URL in `subscriptions()`.
        """
        # `geo_support` is passed although `yes` is the documented default: live servers take a missing one
        # for `no` (NetSapiens 7.2).
        body = make_subscription(
            model=check_model(topic),
            post_url=check_url(url),
            subscription_geo_support=geo_support,
            reseller=reseller,
            domain=domain,
            user=user,
            preferred_server=preferred_server,
            subscription_expires_datetime=format_expiry(expires, self._connection.now),
        )
        try:
            return self._connection.write("POST", "/subscriptions", body, id=url)
        except AlreadyExists as error:
            # The refusal does not say which subscription it means, so that is looked up (NetSapiens 7.1).
            found = self._find_existing(body)
            if exist_ok and found:
                return found
            raise _with_remedy(error, found) from None

    def update(
        self,
        subscription: str,
        *,
        topic: str | None = None,
        url: str | None = None,
        expires: Expiry | None = None,
        geo_support: str | None = None,
        preferred_server: str | None = None,
        error_count: int | None = None,
        posts_count: int | None = None,
    ) -> Wire:
        """Change a subscription, and return the platform's acknowledgement; what is `None` stays as it is.

        Args:
            subscription: the subscription's ID.
            topic: as in `create`.
            url: as in `create`.
            expires: as in `create`.
            geo_support: as in `create`.
            preferred_server: as in `create`.
            error_count: 0, the only number it can be set to.
            posts_count: 0 likewise.

        Raises:
            InvalidRequest: there is nothing to change, or a value is not valid.
            NotFound: there is no subscription with this ID.
        """
        for name, value in {"error_count": error_count, "posts_count": posts_count}.items():
            if value not in {None, 0}:
                raise InvalidRequest.of(**{name: f"{value!r} is not 0, the one value it can be set to"})
        body = make_subscription(
            model=None if topic is None else check_model(topic),
            post_url=None if url is None else check_url(url),
            subscription_geo_support=geo_support,
            subscription_expires_datetime=format_expiry(expires, self._connection.now),
            preferred_server=preferred_server,
            error_count=error_count,
            posts_count=posts_count,
        )
        if not body:
            raise InvalidRequest.of(subscription="nothing to change is given")
        return self._connection.write("PUT", _path(subscription), body)

    def renew(self, subscription: str, expires: Expiry, *, reset: bool = False) -> Wire:
        """Let a subscription end later, even if it has expired, and return the platform's acknowledgement.

        >>> pbx.subscriptions.renew(made["id"], timedelta(days=30))

        Args:
            subscription: the subscription's ID.
            expires: a `datetime` with a zone, a `timedelta` from now, or `YYYY-MM-DD HH:MM:SS` in UTC.
            reset: also set the counters of posts and errors to zero, in the same request.

        Raises:
            InvalidRequest: `expires` has passed or has no zone.
            NotFound: there is no subscription with this ID.
        """
        counter = 0 if reset else None
        return self.update(subscription, expires=expires, error_count=counter, posts_count=counter)

    def delete(self, subscription: str, *, domain: str | None = None) -> Wire:
        """Delete a subscription, and return the platform's acknowledgement (NetSapiens 7.1).

        Args:
            subscription: the subscription's ID.
            domain: its domain, which the platform requires from all but super users; one's own if `None`.

        Raises:
            NotFound: there is no subscription with this ID.
        """
        named = domain or self._connection.identity().domain
        # The ID is in the path already, but all except super users must repeat it in a body (NetSapiens 7.1).
        body = {"subscription_id": subscription, **({"domain": named} if named else {})}
        return self._connection.write("DELETE", _path(subscription), body)

    def _find_existing(self, body: Wire) -> Wire | None:
        """The subscription that has the same identifying fields, as far as they were given."""
        try:
            rows = self.read()
        except MsgnbError:
            # The caller must see why nothing was created, not why the search for the reason failed.
            return None
        given = [key for key in _IDENTIFYING if key in body]
        return next((row for row in rows if all(row.get(key) == body[key] for key in given)), None)


def _path(subscription: str) -> str:
    return f"/subscriptions/{path_segment(subscription)}"


def _with_remedy(error: AlreadyExists, found: Wire | None) -> AlreadyExists:
    """The platform's refusal, and what to do about it."""
    remedy = "pass exist_ok=True to have it, or subscriptions.renew(id, expires) to keep it longer"
    known = f"It is {found['id']}; {remedy}." if found else "It was not among those that can be read."
    return AlreadyExists(
        f"{error}. {known}",
        id=str(found["id"]) if found else None,
        reason=error.reason,
        status=error.status,
        code=error.code,
    )
