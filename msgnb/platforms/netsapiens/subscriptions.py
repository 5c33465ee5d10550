"""Event subscriptions, and listening to what they post (NetSapiens 7)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from msgnb.core.errors import AlreadyExists, InvalidRequest, MsgnbError
from msgnb.core.http import WRITE, part
from msgnb.platforms.netsapiens import to_tables as rows
from msgnb.platforms.netsapiens.connection import Resource, id_of, only
from msgnb.platforms.netsapiens.payloads import Moment, Wire, expiry, hyphenated, model_name, post_address

if TYPE_CHECKING:
    from msgnb.events.listener import Listener
    from msgnb.events.live import Live
    from msgnb.tables.subscription_view import SubscriptionsFrame

HOUR = timedelta(hours=1)


class Subscriptions(Resource):
    """Event subscriptions: URLs that the platform posts to."""

    def subscriptions(self, *, limit: int | None = None, raw: bool = False) -> SubscriptionsFrame:
        """The event subscriptions, as a table `subscriptions` (NetSapiens 7.2).

        In a notebook those that are broken, expired or about to expire stand out; `attention()` of the table
        tells the same as a column.

        >>> pbx.subscriptions()

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the subscriptions themselves as a last column.
        """
        from msgnb.tables.subscription_view import subscription_view  # noqa: PLC0415 - it loads pandas

        found = self._list("/subscriptions", id_of, "subscriptions", limit)
        return subscription_view(rows.subscriptions(found, self._whose(), raw=raw), self.http.now())

    def create_subscription(
        self,
        model: str,
        post_url: str,
        subscription_geo_support: str | None = "yes",
        reseller: str | None = None,
        domain: str | None = None,
        user: str | None = None,
        preferred_server: str | None = None,
        subscription_expires_datetime: Moment | None = None,
        *,
        exist_ok: bool = False,
    ) -> Wire:
        """Subscribe a URL to events (NetSapiens 7).

        >>> pbx.create_subscription("message", "https://example.com/events",
        ...                         subscription_expires_datetime=timedelta(days=30))

        Args:
            model: one of `message`, `messagesession`, `call`, `cdr`, `voicemail`, `presence`, …
            post_url: where the platform posts them.
            subscription_geo_support: `yes` lets another server take over.
            reseller: a filter; `*` only for super users. The platform's default where it is `None`.
            domain: a filter likewise.
            user: a filter likewise.
            preferred_server: a bare host name.
            subscription_expires_datetime: a `datetime` with a zone, a `timedelta` from now, or
                `YYYY-MM-DD HH:MM:SS` in UTC; without it the subscription ends with the token that made it.
            exist_ok: return the one that exists already, as it is, instead of raising.

        Returns:
            The subscription.

        Raises:
            InvalidRequest: no such model, the URL is none, or the expiry is over or without a zone.
            AlreadyExists: there is the same already; `id` is its.
            OutcomeUnknown: the answer got lost; look for the URL in `subscriptions()`.
        """
        body = hyphenated(
            model=model_name(model),
            post_url=post_address(post_url),
            subscription_geo_support=subscription_geo_support,
            reseller=reseller,
            domain=domain,
            user=user,
            preferred_server=preferred_server,
            subscription_expires_datetime=expiry(subscription_expires_datetime, self._now),
        )
        try:
            answer = self.http.send("POST", "/subscriptions", policy=WRITE, json=body, id=post_url).body
            return cast(Wire, answer)
        except AlreadyExists as error:
            found = self._existing(body)
            if exist_ok and found:
                return found
            raise _same(error, found) from None

    def read_subscription(self, subscription_id: str | None = None) -> Wire | list[Wire]:
        """One subscription, or all.

        Raises:
            NotFound: there is none with this id.
        """
        if subscription_id is None:
            return self._list("/subscriptions", id_of, "subscriptions", None)
        return only(self._read(_path(subscription_id)))

    def update_subscription(
        self,
        subscription_id: str,
        model: str | None = None,
        post_url: str | None = None,
        subscription_geo_support: str | None = None,
        subscription_expires_datetime: Moment | None = None,
        preferred_server: str | None = None,
        error_count: int | None = None,
        posts_count: int | None = None,
    ) -> Wire:
        """Change what is given of a subscription; `error_count` and `posts_count` can only be set to 0.

        Returns:
            The platform's acknowledgement.

        Raises:
            InvalidRequest: nothing to change, no such model, or a counter that is not 0.
            NotFound: there is none with this id.
        """
        for name, value in {"error_count": error_count, "posts_count": posts_count}.items():
            if value not in {None, 0}:
                raise InvalidRequest.of(**{name: f"{value!r} is not 0, the one value it can be set to"})
        body = hyphenated(
            model=None if model is None else model_name(model),
            post_url=None if post_url is None else post_address(post_url),
            subscription_geo_support=subscription_geo_support,
            subscription_expires_datetime=expiry(subscription_expires_datetime, self._now),
            preferred_server=preferred_server,
            error_count=error_count,
            posts_count=posts_count,
        )
        if not body:
            raise InvalidRequest.of(subscription="nothing to change is given")
        return self._write("PUT", _path(subscription_id), body)

    def renew_subscription(self, subscription_id: str, until: Moment) -> Wire:
        """Let a subscription end later, also one that has expired; returns the acknowledgement.

        >>> pbx.renew_subscription(subscription["id"], timedelta(days=30))

        Args:
            subscription_id: its id.
            until: a `datetime` with a zone, a `timedelta` from now, or `YYYY-MM-DD HH:MM:SS` in UTC.

        Raises:
            InvalidRequest: the time is over or without a zone.
            NotFound: there is none with this id.
        """
        return self.update_subscription(subscription_id, subscription_expires_datetime=until)

    def delete_subscription(self, subscription_id: str, *, domain: str | None = None) -> Wire:
        """Delete a subscription; returns the platform's acknowledgement (NetSapiens 7.1).

        Args:
            subscription_id: its id.
            domain: its domain, which users below a super user have to name; one's own where it is `None`.

        Raises:
            NotFound: there is none with this id.
        """
        named = domain or self.identity().domain
        body = {"subscription_id": subscription_id, **({"domain": named} if named else {})}
        return self._write("DELETE", _path(subscription_id), body)

    def listen(
        self,
        *models: str,
        user: str | None = None,
        domain: str | None = None,
        lifetime: timedelta = HOUR,
        listener: Listener | None = None,
        keep: int = 10_000,
    ) -> Live:
        """Receive events as they happen: subscribes, renews, and deletes the subscriptions at the end.

        >>> with pbx.listen("message", "messagesession") as live:
        ...     live.wait(lambda event: event.value == "yes", timeout=60)
        ...     live.frame()

        Args:
            models: which events, such as `message`, `messagesession`, `call`, `voicemail`.
            user: whose; `*` is everybody's, which is the default for those who manage the domain, and one's
                own for others.
            domain: where; one's own where it is `None`.
            lifetime: how long a subscription outlives this process, should it die; it is renewed at half of
                that time.
            listener: what receives them, for a public address; one of its own on this machine where it is
                `None`.
            keep: the most events that are kept; older ones are dropped and counted.

        Raises:
            InvalidRequest: no model, or one that there is not, or a lifetime under ten seconds.
        """
        from msgnb.events.live import Live  # noqa: PLC0415 - above the clients
        from msgnb.platforms.netsapiens.event_source import EventSource  # noqa: PLC0415 - it builds on this class

        if not models:
            raise InvalidRequest.of(models="names no model; say which events, as listen('message')")
        topics = tuple(dict.fromkeys(map(model_name, models)))
        return Live(EventSource(self, user, domain), topics, lifetime=lifetime, listener=listener, keep=keep)

    def _existing(self, body: Wire) -> Wire | None:
        """The subscription that stands in the way: of the same model and URL, by the same filters if told."""
        try:
            found = self._list("/subscriptions", id_of, "subscriptions", None)
        except MsgnbError:
            return None
        told = [key for key in ("model", "post-url", "domain", "user", "reseller") if key in body]
        same = [row for row in found if all(row.get(key) == body[key] for key in told)]
        return same[0] if same else None


def _path(subscription_id: str) -> str:
    return f"/subscriptions/{part(subscription_id)}"


def _same(error: AlreadyExists, found: Wire | None) -> AlreadyExists:
    """The platform's refusal, with the way out."""
    way = "pass exist_ok=True to have it, or renew_subscription(id, until) to keep it longer"
    known = f"It is {found['id']}; {way}." if found else "It was not among those that can be read."
    name = str(found["id"]) if found else None
    return AlreadyExists(
        f"{error}. {known}", id=name, reason=error.reason, status=error.status, code=error.code
    )
