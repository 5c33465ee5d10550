"""A NetSapiens cluster: one domain of eight users, their sessions, numbers, contacts, calls, subscriptions.

* Where the contract has two readings, the documented one is played; `QUIRKS` names the others, each is
  switched on by itself.
* Rows are encoded when they are stored, not when they are listed.
* Chat is delivered to every participant; what is sent to numbers outside stays unanswered.
* Subscriptions are kept with all their rules, but no event is posted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from msgnb_mocks.netsapiens import calls, contacts, messages, numbers, sessions, subscriptions, tokens
from msgnb_mocks.netsapiens.exchange import Exchange, refuse
from msgnb_mocks.netsapiens.seeding import OWNER, fill
from msgnb_mocks.netsapiens.state import State
from msgnb_mocks.operations import Answer, Operation, Refusal, Request, Router, check_quirks
from msgnb_mocks.world import World

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
    "v1-call-keys": "active calls have the names of the first version",
    "v44": "version 44.1.2, without the subscriptions of a domain",
}


class NetSapiensMock:
    """The mock of one cluster, at its own host."""

    name = "netsapiens"

    def __init__(self, world: World, *, quirks: frozenset[str] = frozenset()) -> None:
        check_quirks(quirks, QUIRKS)
        self.operations: tuple[Operation, ...] = _operations(quirks)
        self.state = State(world, quirks)
        fill(self.state)
        self.credentials: dict[str, str] = {
            "client_id": self.state.client_id,
            "client_secret": self.state.client_secret,
            "username": self.state.users[OWNER].uid,
            "password": self.state.users[OWNER].password,
        }
        self._router = Router(self.operations)

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        with self.state.world.lock:
            try:
                return self._answer(request)
            except Refusal as refusal:
                return refusal.answer

    def _answer(self, request: Request) -> Answer:
        found = self._router.find(request.method, request.path)
        if found is None:
            raise refuse(404, "No Route Found [92]")
        operation, parts = found
        exchange = Exchange(self.state, request, parts)
        if operation.handler not in tokens.OPEN:
            _ = exchange.caller  # an expired token is told before anything else is
        self.state.settle()
        answer: Answer = operation.handler(exchange)
        return answer


def _operations(quirks: frozenset[str]) -> tuple[Operation, ...]:
    modules = (messages, sessions, tokens, numbers, contacts, calls, subscriptions)
    found = [operation for module in modules for operation in module.OPERATIONS]
    found += () if "v44" in quirks else subscriptions.DOMAIN_OPERATIONS
    return tuple(replace(operation, name=f"netsapiens.{operation.name}") for operation in found)
