"""The mock of a NetSapiens cluster: its users' sessions, numbers, contacts, calls and event subscriptions.

* If the contract has two readings, the mock follows the documented one; `QUIRKS` names the others, each of
  which is switched on separately.
* Rows are encoded when they are stored, not when they are listed.
* Chat is delivered to every participant; people outside write when `receive` is called.
* Messages, sessions and calls are posted to subscribers on this machine, by real requests in the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import orjson

from msgnb_mocks.core.application import LATE_LISTS, Application, check_quirks
from msgnb_mocks.core.messages import HistoryMessage, OutboundMessage
from msgnb_mocks.core.operations import JSON_HEADERS, Operation, Request, Response
from msgnb_mocks.platforms.netsapiens import (
    calls,
    contacts,
    inbound,
    jwt,
    keys,
    memories,
    messages,
    numbers,
    sessions,
    subscriptions,
    tokens,
)
from msgnb_mocks.platforms.netsapiens.exchange import V2, Exchange, refuse
from msgnb_mocks.platforms.netsapiens.posting import Poster
from msgnb_mocks.platforms.netsapiens.seeding import GUARDED, OWNER, fill
from msgnb_mocks.platforms.netsapiens.state import Barrier, State, User
from msgnb_mocks.world.snapshots import fill_once
from msgnb_mocks.world.world import World

QUIRKS: Mapping[str, str] = {
    "delete-needs-body": "deleting a subscription needs the domain in the body for a Super User, too",
    "empty-list-404": "an empty list is returned as 404",
    "file-access-url": "MMS messages have file-access-url and mime-type",
    "ignore-start": "the lists of sessions and messages ignore start",
    "iso-datetimes": "sessions, contacts and subscriptions have times like 2026-09-10T13:24:49+00:00",
    "late-lists": LATE_LISTS,
    "live-geo-default": "subscription-geo-support is no by default",
    "numeric-text": "text that looks like a number is returned as a number",
    "send-answers-message": "sending to a session returns 200 with the message",
    "single-row-object": "a list of one session, number or contact is returned as the object itself",
    "smsnumbers-needs-dest": "the list of a domain's SMS numbers needs dest or number in the query",
    "start-answers-accepted": "starting a session returns 202 without the message",
    "timestamp-keys": "keys of times end in -timestamp",
    "token-answer-without-token": "a failed login returns 200 without a token",
    "mfa-200": "the request for a second factor has status 200 instead of 403",
    "rate-block": "after more than 200 requests in a second a firewall returns 403 for a minute",
    "v1-call-keys": "active calls have the field names of the first version",
    "v2-event-keys": "posted events have the hyphenated field names of the lists",
    "v44": "version 44.1.2, without the subscriptions of a domain",
}

MODULES = (messages, sessions, tokens, jwt, keys, numbers, contacts, calls, subscriptions)
OPERATIONS = tuple(each.named("netsapiens") for module in MODULES for each in module.OPERATIONS)
DOMAIN_OPERATIONS = tuple(each.named("netsapiens") for each in subscriptions.DOMAIN_OPERATIONS)
"""Operations that clusters of version 44 don't have."""
OPEN = tokens.OPEN | {jwt.create_jwt}
"""The handlers that need no token, or check it themselves."""

# The response of the firewall is not published; this is what most firewalls return.
BLOCKED = Response(403, b"<html><h1>403 Forbidden</h1></html>", {"Content-Type": "text/html"})


class NetSapiensMock(Application):
    """The mock of one cluster."""

    name = "netsapiens"
    world: World
    state: State

    def __init__(self, world: World, quirks: frozenset[str] = frozenset()) -> None:
        check_quirks(quirks, QUIRKS)
        super().__init__(world, (*OPERATIONS, *(() if "v44" in quirks else DOMAIN_OPERATIONS)))
        self.state = State(world, quirks)
        fill_once(self.state, (self.name, world.seed, world.start, quirks), lambda: fill(self.state))
        self.credentials = self._login(self.state.users[OWNER])
        guarded = self.state.users[GUARDED]
        self.further_credentials = {
            "mfa": {**self._login(guarded), "passcode": guarded.passcode},
            "api_key": {"api_key": next(iter(self.state.api_keys))},
        }
        self.poster = Poster(self.state)
        self.state.publish = self.poster.post
        self.state.barrier = Barrier() if "rate-block" in quirks else None

    # Responding

    def handle(self, request: Request) -> Response:
        """Return the response to one request, unless the firewall blocks it."""
        with self.world.lock:
            if self.state.barrier and self.state.barrier.blocks(self.state.now()):
                return BLOCKED
            return super().handle(request)

    def wait_for_posts(self, seconds: float) -> bool:
        """Wait until every event was posted, and return whether that was in time."""
        return self.poster.wait(seconds)

    def not_found(self, request: Request) -> Response:  # noqa: ARG002
        """Return the server's 404."""
        return refuse(404, "No Route Found [92]").response

    def perform(self, operation: Operation, request: Request, parts: dict[str, str]) -> Response:
        """Check the token, and call the operation's handler."""
        exchange = Exchange(self.state, request, parts)
        if operation.handler not in OPEN:
            _ = exchange.caller  # an expired token is reported before anything else
        self.state.settle()
        response: Response = operation.handler(exchange)
        return response

    # What a request is about

    def messages_in(self, request: Request) -> list[OutboundMessage]:
        """Return what a request sends: a message's text, to each of its destinations."""
        if request.method != "POST" or not request.path.endswith("/messages"):
            return []
        body = request.json_object() or {}
        found = self.route(request)
        parts = found[1] if found else {}
        # Chat has no numbers; the sender is the user of the path.
        own = str(body.get("from-number") or parts.get("user", ""))
        return OutboundMessage.to_each(
            body.get("destination"), body.get("message"), own, parts.get("session")
        )

    def examples(self) -> dict[str, str]:
        """Return the caller, a session of theirs, and one of everything else."""
        state = self.state
        return {
            "domain": "~",
            "user": "~",
            "session": next(reversed(state.inboxes[OWNER]), ""),
            "number": next(iter(state.numbers), ""),
            "contact": next(iter(state.contacts[OWNER]), ""),
            "call": next(iter(state.calls), ""),
            "subscription": next(iter(state.subscriptions), ""),
        }

    def signed_headers(self) -> dict[str, str]:
        """Return a new token of the owner."""
        login = orjson.dumps({"grant_type": "password", **self.credentials})
        headers = {"content-type": JSON_HEADERS["Content-Type"]}
        response = self.handle(Request("POST", f"{V2}/tokens", "", headers, login))
        return {"authorization": f"Bearer {orjson.loads(response.body)['access_token']}"}

    # Messages

    def history(self) -> Iterable[HistoryMessage]:
        """Return the messages of all threads."""
        with self.world.lock:
            return list(memories.history(self.state))

    def remember(self, messages: Iterable[HistoryMessage]) -> None:
        """Replace all threads with other messages."""
        with self.world.lock:
            memories.remember(self.state, messages)

    def received(self) -> dict[str, list[str]]:
        """Return what each number, in digits, and each user received."""
        with self.world.lock:
            return {name: list(texts) for name, texts in self.state.received.items()}

    def receive(
        self,
        from_: str,
        to: str,
        text: str,
        *,
        session: str | None = None,
        media: tuple[str, int] | None = None,
    ) -> dict[str, str]:
        """Let somebody write: a number outside to one of a user's numbers, or one user to another.

        Args:
            from_: the number, or the user.
            to: one of the domain's SMS numbers, or a user.
            text: the text.
            session: ID of one of their sessions; the one that they have with each other if `None`.
            media: MIME type and size in bytes of an attached file.

        Returns:
            The IDs of the `session` and the `message`.

        Raises:
            ValueError: there is no such number, user or session.
        """
        with self.world.lock:
            return inbound.receive(self.state, from_, to, text, session=session, media=media)

    def _login(self, user: User) -> dict[str, str]:
        return {
            "client_id": self.state.client_id,
            "client_secret": self.state.client_secret,
            # The login and the account have different names on many servers.
            "username": user.email,
            "password": user.password,
        }
