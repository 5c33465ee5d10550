"""The mock of a BLiP bot: one URL for all commands, which differ in method, URI and `to` (BLiP 1, 2).

* The HTTP status of a failed command is 200; its reason is in the body.
* What the bot sends is accepted, dispatched, received and consumed as the world's clock goes on.
* If the contract has two readings, the mock follows the documented or the more careful one; `QUIRKS` names
  the others.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import orjson

from msgnb_mocks.core.application import LATE_LISTS, Application, check_quirks
from msgnb_mocks.core.messages import HistoryMessage, OutboundMessage
from msgnb_mocks.core.operations import Evidence, Operation, Refusal, Request, Response
from msgnb_mocks.platforms.blip import campaigns, lists, memories, schedules, threads
from msgnb_mocks.platforms.blip.commands import COMMANDS
from msgnb_mocks.platforms.blip.lime import (
    METHOD_NOT_SUPPORTED,
    METHODS,
    NOT_SUPPORTED,
    Command,
    Document,
    Failure,
    parse_uri,
)
from msgnb_mocks.platforms.blip.seeding import fill
from msgnb_mocks.platforms.blip.state import Limits, State
from msgnb_mocks.world.snapshots import fill_once
from msgnb_mocks.world.world import World

# Responses come from an instance of the addressed postmaster; the form of its name has changed (BLiP 1.5).
INSTANCE = "!mock-1"
QUIRKS: Mapping[str, str] = {
    "inclusive-storage-date": "messages with exactly storageDate are part of the page",
    "no-failure-code": "a failure has a description and no code",
    "command-to-instance": "responses are addressed to an instance of the bot",
    "generous-take": "a $take above the limit returns as many items as allowed instead of a failure",
    "metric-identity": "metrics have the item type of 2019",
    "late-lists": LATE_LISTS,
    "router-key": "the bot is a router: it has no tickets of its own, and no agents",
    "free-plan": "3 messages, 6 notifications and 48 commands per second; above that 429 for two minutes",
    "paid-plan": "50 messages, 100 notifications and 200 commands per second; above that 429 for two minutes",
}
# The throughput of the plans (BLiP 5).
PLANS: Mapping[str, Mapping[str, int]] = {
    "free-plan": {"/messages": 3, "/notifications": 6, "/commands": 48},
    "paid-plan": {"/messages": 50, "/notifications": 100, "/commands": 200},
}


class BlipMock(Application):
    """The mock of one bot."""

    name = "blip"
    world: World
    state: State

    def __init__(self, world: World, quirks: frozenset[str] = frozenset()) -> None:
        check_quirks(quirks, QUIRKS)
        http = _http_operations({
            "/commands": self._command,
            "/messages": self._message,
            "/notifications": self._notification,
        })  # fmt: skip
        super().__init__(world, (*http, *COMMANDS))
        self.state = State(world, quirks)
        fill_once(self.state, (self.name, world.seed, world.start, quirks), lambda: fill(self.state))
        bot = self.state.bot.partition("@")[0]
        # A key decodes to the bot's name and its access key (BLiP 1.2).
        token = base64.b64encode(f"{bot}:{world.hex(world.random('blip key'), 20)}".encode()).decode()
        self.credentials = {"key": token}
        self._quirks = quirks
        plan = next((PLANS[quirk] for quirk in quirks if quirk in PLANS), None)
        self.state.limits = Limits.of_plan(plan) if plan else None

    # Responding

    def not_found(self, request: Request) -> Response:
        """Return 405 for another method than POST, or 404."""
        if self.router.find("POST", request.path):
            return Response(405, b"", {"Allow": "POST"})
        return Response(404)

    def authorize(self, operation: Operation, request: Request) -> None:  # noqa: ARG002
        """Check the bot's key."""
        # `Key` is literal (BLiP 1.2).
        if request.headers.get("authorization") != f"Key {self.credentials['key']}":
            raise Refusal(Response(401))

    def perform(self, operation: Operation, request: Request, parts: dict[str, str]) -> Response:  # noqa: ARG002
        """Do what is due by now, and serve an envelope."""
        # Above the limit of one path, requests to all of them are refused for two minutes (BLiP 1.4).
        if self.state.limits and self.state.limits.exceeded(request.path, self.state.now):
            return Response(429)
        schedules.execute(self.state)
        campaigns.proceed(self.state)
        envelope = request.json_object()
        if envelope is None:
            return Response(400)
        response: Response = operation.handler(envelope)
        return response

    # What a request is about

    def find_operation(self, request: Request) -> Operation | None:
        """Return the operation that a request asks for: of HTTP, or the command in its body."""
        if request.path != "/commands":
            found = self.router.find("POST", request.path)
            return found[0] if found else None
        wire = request.json_object() or {}
        path, _ = parse_uri(str(wire.get("uri") or ""))
        try:
            # A malformed envelope may have no method.
            return self._find_command({"method": None, **wire}, path)[0]
        except Failure:
            return None

    def messages_in(self, request: Request) -> list[OutboundMessage]:
        """Return what a request sends, now or later: the content of a message."""
        wire = request.json_object() or {}
        message: Any = wire if request.path == "/messages" else None
        if request.path == "/commands" and wire.get("method") == "set":
            # A schedule contains the message that it sends; that of a campaign names a template and has no
            # content.
            resource = wire.get("resource")
            message = resource.get("message") if isinstance(resource, dict) else None
        if not isinstance(message, dict) or "content" not in message:
            return []
        content = message["content"]
        text = content if isinstance(content, str) else message.get("type")
        return OutboundMessage.to_each(message.get("to"), text, self.state.bot)

    def examples(self) -> dict[str, str]:
        """Return a contact with a thread, a list, a ticket and so on."""
        state, messages = self.state, next(iter(self.state.threads.values()))
        return {
            "identity": next(iter(state.threads), ""),
            "list": next(reversed(state.lists), ""),
            "message": messages[-1].id,
            "ticket": next(iter(state.tickets), ""),
            "campaign": next(iter(state.campaigns), ""),
            "category": state.tracks[0].category,
            "action": state.tracks[0].action,
        }

    def with_examples(self, request: Request) -> Request:
        """Return the same request or command about something that exists here."""
        operation = self.find_operation(request)
        if operation is None or not operation.postmasters:
            return super().with_examples(request)
        envelope = request.json_object() or {}
        path, query = parse_uri(str(envelope["uri"]))
        examples = self.examples()
        parts = {name: examples.get(name, part) for name, part in (operation.match(path) or {}).items()}
        uri = operation.fill(parts) + (f"?{urlencode(query)}" if query else "")
        return replace(request, body=orjson.dumps({**envelope, "uri": uri}))

    def signed_headers(self) -> dict[str, str]:
        """Return the header with the bot's key."""
        return {"authorization": f"Key {self.credentials['key']}"}

    def is_success(self, status: int, body: Any) -> bool:
        """Whether a response reports success: a failed command has HTTP status 200."""
        return status < 400 and not (isinstance(body, dict) and body.get("status") == "failure")

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
        """Return what each identity received: texts, and templates by name."""
        with self.world.lock:
            schedules.execute(self.state)
            found = {name: list(texts) for name, texts in self.state.received.items()}
            for name, templates in campaigns.received(self.state).items():
                found.setdefault(name, []).extend(templates)
        return found

    def receive(
        self,
        from_: str,
        to: str,
        text: str,
        *,
        session: str | None = None,
        media: tuple[str, int] | None = None,
    ) -> dict[str, str]:
        """Let a contact write to the bot; the ID of a thread is the contact's identity.

        Raises:
            ValueError: the sender is not an identity, or the recipient is not the bot.
        """
        identity = session or from_
        if to not in {self.state.bot, self.state.bot.partition("@")[0]}:
            raise ValueError(f"{to!r} is not the bot; it is {self.state.bot}")
        if "@" not in identity:
            raise ValueError(f"{identity!r} is no identity; write it like 5511999998888@wa.gw.msging.net")
        with self.state.world.lock:
            message = threads.receive(self.state, identity, text, media)
        return {"session": identity, "message": message.id}

    # Operations

    def _command(self, wire: dict[str, Any]) -> Response:
        """Process a command."""
        method, uri = wire.get("method"), wire.get("uri")
        if not isinstance(method, str) or method not in METHODS or not isinstance(uri, str):
            return Response(400)
        if not uri.startswith(("/", "lime://")):
            return Response(400)
        # An `observe` command has no ID, because nothing is returned that could have it, too (BLiP 1.5).
        if method != "observe" and not isinstance(wire.get("id"), str):
            return Response(400)
        path, query = parse_uri(uri)
        try:
            operation, parts = self._find_command(wire, path)
        except Failure as failure:
            return self._failed(wire, failure)
        try:
            command = Command(wire, parts, query, "generous-take" in self._quirks)
            response = Response.of(self._envelope(wire, "success", operation.handler(self.state, command)))
        except Failure as failure:
            response = self._failed(wire, failure)
        return (Response(202) if method == "observe" else response).by(operation)

    def _failed(self, wire: dict[str, Any], failure: Failure) -> Response:
        if wire["method"] == "observe":
            return Response(202)
        return Response.of({**self._envelope(wire, "failure", None), "reason": self._reason(failure)})

    def _find_command(self, wire: dict[str, Any], path: str) -> tuple[Operation, dict[str, str]]:
        """Return the command that serves an envelope, and the parts of its URI."""
        node = _node(wire.get("to"), self.state.bot)
        # `observe` does what `set` does, without a response (BLiP 1.5).
        method = "set" if wire["method"] == "observe" else wire["method"]
        found = [
            (operation, parts)
            for operation in COMMANDS
            if node in operation.postmasters and (parts := operation.match(path)) is not None
        ]
        if not found:
            raise Failure(NOT_SUPPORTED, "The resource is not supported")
        # A URI that only other methods serve fails with 63, an unknown one with 62 (BLiP 4).
        for operation, parts in found:
            if operation.method == method:
                return operation, parts
        raise Failure(METHOD_NOT_SUPPORTED, "The method is not supported for this resource")

    def _envelope(self, wire: dict[str, Any], status: str, document: Document | None) -> dict[str, Any]:
        # The URI is repeated in the metadata only; an absolute one as it was sent (BLiP 1.5).
        uri, bot = wire["uri"], self.state.bot
        body = {"type": document.type, "resource": document.resource} if document else {}
        return {
            **body,
            "method": wire["method"],
            "status": status,
            "id": wire["id"],
            "from": f"postmaster@{_node(wire.get('to'), bot)}/{INSTANCE}",
            "to": f"{bot}/{INSTANCE}" if "command-to-instance" in self._quirks else bot,
            "metadata": {"#command.uri": uri if uri.startswith("lime://") else f"lime://{bot}{uri}"},
        }

    def _reason(self, failure: Failure) -> dict[str, Any]:
        if "no-failure-code" in self._quirks or failure.code is None:
            return {"description": failure.description}
        return {"code": failure.code, "description": failure.description}

    def _message(self, wire: dict[str, Any]) -> Response:
        """Send a message to a contact, or to every member of a list."""
        to, kind = wire.get("to"), wire.get("type")
        if not isinstance(to, str) or "@" not in to or not isinstance(kind, str) or "content" not in wire:
            return Response(400)
        if to.endswith(lists.DOMAIN):
            lists.deliver(self.state, to, wire)
        else:
            # A node may name an instance; threads are those of identities (BLiP 1.5).
            threads.post(self.state, to.partition("/")[0], wire)
        return Response(202)

    def _notification(self, wire: dict[str, Any]) -> Response:
        """Report the status of a message to a contact."""
        return Response(
            202 if isinstance(wire.get("id"), str) and isinstance(wire.get("event"), str) else 400
        )


def _node(to: object, bot: str) -> str:
    """Return the domain of the postmaster that a command goes to; without one it is the bot's own server."""
    if not isinstance(to, str) or not to or to.partition("/")[0] == bot:
        return "msging.net"
    return to.partition("/")[0].partition("@")[2]


def _http_operations(paths: Mapping[str, Callable[..., Response]]) -> list[Operation]:
    errors = (400, 401)
    return [
        Operation(f"blip.{path[1:]}", "POST", path, handler, Evidence.DOCUMENTED, "BLiP 1.1", errors=errors)
        for path, handler in paths.items()
    ]
