"""A NetSapiens cluster: one domain of eight users, their sessions, numbers, contacts, calls, subscriptions.

* Where the contract has two readings, the documented one is played; `QUIRKS` names the others, each is
  switched on by itself.
* Rows are encoded when they are stored, not when they are listed.
* Chat is delivered to every participant; people outside write when `receive` is called.
* Messages, sessions and calls are told to subscribers on this machine, by real posts in the background.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from msgnb_mocks.core.operations import (
    Answer,
    Operation,
    Refusal,
    Request,
    Router,
    Said,
    check_quirks,
    json_object,
    said_to,
)
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
from msgnb_mocks.platforms.netsapiens.exchange import Exchange, refuse
from msgnb_mocks.platforms.netsapiens.posting import Poster
from msgnb_mocks.platforms.netsapiens.seeding import GUARDED, OWNER, fill
from msgnb_mocks.platforms.netsapiens.state import Barrier, State, User
from msgnb_mocks.world.history import Heard
from msgnb_mocks.world.snapshots import filled
from msgnb_mocks.world.world import World

REAL_HOST = "api.netsapiens.example"

QUIRKS: Mapping[str, str] = {
    "delete-needs-body": "deleting a subscription wants the domain in the body from a Super User too",
    "empty-list-404": "an empty list is answered with 404",
    "file-access-url": "MMS messages carry file-access-url and mime-type",
    "ignore-start": "the lists of sessions and messages know no start",
    "iso-datetimes": "sessions, contacts and subscriptions have times like 2026-09-10T13:24:49+00:00",
    "live-geo-default": "subscription-geo-support is no where it is not given",
    "numeric-text": "text that looks like a number comes as one",
    "send-answers-message": "sending into a session answers 200 with the message",
    "single-row-object": "a list of one session, number or contact comes as the bare object",
    "smsnumbers-needs-dest": "the list of a domain's SMS numbers wants dest or number in the query",
    "start-answers-accepted": "starting a session answers 202 without the message",
    "timestamp-keys": "keys of times end in -timestamp",
    "token-answer-without-token": "a failed login is answered with 200 and no token",
    "mfa-200": "the challenge to a second factor comes with 200 instead of 403",
    "rate-block": "an address with more than 200 requests in a second gets 403 from a firewall for a minute",
    "v1-call-keys": "active calls have the names of the first version",
    "v2-event-keys": "posted events have the hyphenated names of the lists",
    "v44": "version 44.1.2, without the subscriptions of a domain",
}


OPEN = tokens.OPEN | {jwt.create_jwt}
"""What needs no token, or looks at it itself."""

# What a firewall answers is not published; this is how most of them do.
BLOCKED = Answer(403, b"<html><h1>403 Forbidden</h1></html>", {"Content-Type": "text/html"})


class NetSapiensMock:
    """The mock of one cluster, at its own host."""

    name = "netsapiens"

    def __init__(self, world: World, *, quirks: frozenset[str] = frozenset()) -> None:
        check_quirks(quirks, QUIRKS)
        self.operations: tuple[Operation, ...] = _operations(quirks)
        self.state = State(world, quirks)
        filled(self.state, (self.name, world.seed, world.start, quirks), lambda: fill(self.state))
        self.credentials = self._login(self.state.users[OWNER])
        guarded = self.state.users[GUARDED]
        self.clock = world.clock
        self.further_credentials: dict[str, dict[str, str]] = {
            "mfa": {**self._login(guarded), "passcode": guarded.passcode},
            "api_key": {"api_key": next(iter(self.state.api_keys))},
        }
        self.poster = Poster(self.state)
        self.state.publish = self.poster.post
        self._router = Router(self.operations)
        self.state.barrier = Barrier() if "rate-block" in quirks else None

    def received(self) -> dict[str, list[str]]:
        """What each number, as digits, and each user got."""
        with self.state.world.lock:
            return {name: list(texts) for name, texts in self.state.received.items()}

    def examples(self) -> dict[str, str]:
        """The caller, a session of theirs, and one of everything else."""
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

    def history(self) -> Iterable[Heard]:
        """All that was said."""
        with self.state.world.lock:
            return list(memories.history(self.state))

    def remember(self, sayings: Iterable[Heard]) -> None:
        """Put what was said elsewhere in the place of all threads."""
        with self.state.world.lock:
            memories.remember(self.state, sayings)

    def receive(
        self,
        from_: str,
        to: str,
        text: str,
        *,
        session: str | None = None,
        media: tuple[str, int] | None = None,
    ) -> dict[str, str]:
        """Let somebody else write: from a number outside to one of a user's, or from user to user.

        Args:
            from_: the number, or the user.
            to: one of the domain's SMS numbers, or a user.
            text: what is said.
            session: one of their sessions, where it is not the one that they have with each other.
            media: MIME type and size in bytes of what comes with it.

        Returns:
            The ids of the `session` and the `message`.

        Raises:
            ValueError: there is no such number, user or session.
        """
        with self.state.world.lock:
            return inbound.receive(self.state, from_, to, text, session=session, media=media)

    def _login(self, user: User) -> dict[str, str]:
        return {
            "client_id": self.state.client_id,
            "client_secret": self.state.client_secret,
            "username": user.uid,
            "password": user.password,
        }

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        with self.state.world.lock:
            if self.state.barrier and self.state.barrier.blocks(self.state.now()):
                return BLOCKED
            return self._answer(request)

    def operation_of(self, request: Request) -> str | None:
        """The name of the operation that a request asks for."""
        found = self._router.find(request.method, request.path)
        return found[0].name if found else None

    def said_in(self, request: Request) -> list[Said]:
        """What a request would say: a message's text, to each of its destinations."""
        if request.method != "POST" or not request.path.endswith("/messages"):
            return []
        body = json_object(request) or {}
        found = self._router.find(request.method, request.path)
        parts = found[1] if found else {}
        own = str(body.get("from-number") or parts.get("user", ""))
        return said_to(body.get("destination"), body.get("message"), own, parts.get("session"))

    def _answer(self, request: Request) -> Answer:
        found = self._router.find(request.method, request.path)
        if found is None:
            return refuse(404, "No Route Found [92]").answer
        operation, parts = found
        exchange = Exchange(self.state, request, parts)
        try:
            if operation.handler not in OPEN:
                _ = exchange.caller  # an expired token is told before anything else is
            self.state.settle()
            answer: Answer = operation.handler(exchange)
        except Refusal as refusal:
            answer = refusal.answer
        return answer.by(operation)


def _operations(quirks: frozenset[str]) -> tuple[Operation, ...]:
    modules = (messages, sessions, tokens, jwt, keys, numbers, contacts, calls, subscriptions)
    found = [operation for module in modules for operation in module.OPERATIONS]
    found += () if "v44" in quirks else subscriptions.DOMAIN_OPERATIONS
    return tuple(replace(operation, name=f"netsapiens.{operation.name}") for operation in found)
