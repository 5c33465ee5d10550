"""A BLiP bot: one URL for all commands, which are told apart by method, uri and `to` (BLiP 1, 2).

* The HTTP status is 200 for a failure too; its reason is in the body.
* What the bot sends is accepted, dispatched, received and consumed as the world's clock goes on.
* Where the contract has two readings, the documented or the more careful one is played; `QUIRKS` names the
  others.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgnb_mocks.core.operations import (
    Answer,
    Evidence,
    Operation,
    Request,
    Said,
    check_quirks,
    json_object,
    said_to,
)
from msgnb_mocks.platforms.blip import campaigns, lists, memories, schedules, threads
from msgnb_mocks.platforms.blip.commands import COMMANDS
from msgnb_mocks.platforms.blip.lime import (
    METHOD_NOT_SUPPORTED,
    METHODS,
    NOT_SUPPORTED,
    Command,
    Document,
    Failure,
    target,
)
from msgnb_mocks.platforms.blip.seeding import fill
from msgnb_mocks.platforms.blip.state import Limits, State
from msgnb_mocks.world.history import Heard
from msgnb_mocks.world.snapshots import filled
from msgnb_mocks.world.world import World

REAL_HOST = "http.msging.net"
INSTANCE = "!mock-1"
QUIRKS: Mapping[str, str] = {
    "inclusive-storage-date": "messages of exactly storageDate are part of the page",
    "no-failure-code": "a failure carries its description alone",
    "command-to-instance": "answers go to an instance of the bot",
    "generous-take": "a $take above the limit gives as much as there may be instead of a failure",
    "metric-identity": "metrics have the item type that they had in 2019",
    "router-key": "the bot is a router: it has no tickets of its own, and no agents",
    "free-plan": "3 messages, 6 notifications and 48 commands a second; above that 429 for two minutes",
    "paid-plan": "50 messages, 100 notifications and 200 commands a second; above that 429 for two minutes",
}


PLANS: Mapping[str, Mapping[str, int]] = {
    "free-plan": {"/messages": 3, "/notifications": 6, "/commands": 48},
    "paid-plan": {"/messages": 50, "/notifications": 100, "/commands": 200},
}


class BlipMock:
    """The mock of one bot."""

    name = "blip"

    def __init__(self, world: World, *, quirks: frozenset[str] = frozenset()) -> None:
        check_quirks(quirks, QUIRKS)
        self.state = State(world, quirks)
        filled(self.state, (self.name, world.seed, world.start, quirks), lambda: fill(self.state))
        bot = self.state.bot.partition("@")[0]
        token = base64.b64encode(f"{bot}:{world.hex(world.random('blip key'), 20)}".encode()).decode()
        self.credentials = {"key": token}
        self.clock = world.clock
        self.further_credentials: dict[str, dict[str, str]] = {}
        self._quirks = quirks
        plan = next((PLANS[quirk] for quirk in quirks if quirk in PLANS), None)
        self.state.limits = Limits.of(plan) if plan else None
        self._paths = {
            "/commands": self._command,
            "/messages": self._message,
            "/notifications": self._notification,
        }
        self._http = {f"/{operation.name.partition('.')[2]}": operation for operation in _http(self._paths)}
        self.operations = (*self._http.values(), *COMMANDS)

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        serve = self._paths.get(request.path)
        if serve is None:
            return Answer(404)
        if request.method != "POST":
            return Answer(405, b"", {"Allow": "POST"})
        if request.headers.get("authorization") != f"Key {self.credentials['key']}":
            return Answer(401)
        with self.state.world.lock:
            if self.state.limits and self.state.limits.exceeded(request.path, self.state.now):
                return Answer(429)
            schedules.execute(self.state)
            campaigns.proceed(self.state)
            envelope = json_object(request)
            answer = Answer(400) if envelope is None else serve(envelope)
        return answer if answer.evidence else answer.by(self._http[request.path])

    def operation_of(self, request: Request) -> str | None:
        """The name of the operation that a request asks for: HTTP's, or the command's."""
        if request.path != "/commands":
            return f"blip.{request.path[1:]}" if request.path in self._paths else None
        wire = json_object(request) or {}
        path, _ = target(str(wire.get("uri") or ""))
        try:
            return self._found({"method": None, **wire}, path)[0].name
        except Failure:
            return None

    def said_in(self, request: Request) -> list[Said]:
        """What a request would say: a message's content, now or later."""
        wire = json_object(request) or {}
        message: Any = wire if request.path == "/messages" else None
        if request.path == "/commands" and wire.get("method") == "set":
            resource = wire.get("resource")
            message = resource.get("message") if isinstance(resource, dict) else None
        if not isinstance(message, dict) or "content" not in message:
            return []
        said = message["content"]
        text = said if isinstance(said, str) else message.get("type")
        return said_to(message.get("to"), text, self.state.bot)

    def received(self) -> dict[str, list[str]]:
        """What each identity got: texts, and templates by their names."""
        with self.state.world.lock:
            schedules.execute(self.state)
            found = {name: list(texts) for name, texts in self.state.received.items()}
            for name, templates in campaigns.received(self.state).items():
                found.setdefault(name, []).extend(templates)
        return found

    def examples(self) -> dict[str, str]:
        """A contact with a thread, a list, a ticket and so on."""
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
        """Let a contact write to the bot; a thread has the contact's identity for its id.

        Raises:
            ValueError: the sender is no identity, or the recipient is not the bot.
        """
        identity = session or from_
        if to not in {self.state.bot, self.state.bot.partition("@")[0]}:
            raise ValueError(f"{to!r} is not the bot; it is {self.state.bot}")
        if "@" not in identity:
            raise ValueError(f"{identity!r} is no identity; write it like 5511999998888@wa.gw.msging.net")
        with self.state.world.lock:
            message = threads.come(self.state, identity, text, media)
        return {"session": identity, "message": message.id}

    def _command(self, wire: dict[str, Any]) -> Answer:
        """Process a command."""
        method, uri = wire.get("method"), wire.get("uri")
        if not isinstance(method, str) or method not in METHODS or not isinstance(uri, str):
            return Answer(400)
        if not uri.startswith(("/", "lime://")):
            return Answer(400)
        if method != "observe" and not isinstance(wire.get("id"), str):
            return Answer(400)
        path, query = target(uri)
        try:
            operation, parts = self._found(wire, path)
        except Failure as failure:
            return self._failed(wire, failure)
        try:
            command = Command(wire, parts, query, "generous-take" in self._quirks)
            answer = Answer.of(self._envelope(wire, "success", operation.handler(self.state, command)))
        except Failure as failure:
            answer = self._failed(wire, failure)
        return (Answer(202) if method == "observe" else answer).by(operation)

    def _failed(self, wire: dict[str, Any], failure: Failure) -> Answer:
        if wire["method"] == "observe":
            return Answer(202)
        return Answer.of({**self._envelope(wire, "failure", None), "reason": self._reason(failure)})

    def _found(self, wire: dict[str, Any], path: str) -> tuple[Operation, dict[str, str]]:
        """The command that serves an envelope, and the parts of its uri."""
        node = _node(wire.get("to"), self.state.bot)
        method = "set" if wire["method"] == "observe" else wire["method"]
        found = [
            (operation, parts)
            for operation in COMMANDS
            if node in operation.postmasters and (parts := operation.match(path)) is not None
        ]
        if not found:
            raise Failure(NOT_SUPPORTED, "The resource is not supported")
        for operation, parts in found:
            if operation.method == method:
                return operation, parts
        raise Failure(METHOD_NOT_SUPPORTED, "The method is not supported for this resource")

    def _envelope(self, wire: dict[str, Any], status: str, document: Document | None) -> dict[str, Any]:
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

    def _message(self, wire: dict[str, Any]) -> Answer:
        """Send a message to a contact, or to every member of a list."""
        to, kind = wire.get("to"), wire.get("type")
        if not isinstance(to, str) or "@" not in to or not isinstance(kind, str) or "content" not in wire:
            return Answer(400)
        if to.endswith(lists.DOMAIN):
            lists.deliver(self.state, to, wire)
        else:
            threads.post(self.state, to.partition("/")[0], wire)
        return Answer(202)

    def _notification(self, wire: dict[str, Any]) -> Answer:
        """Tell a contact what became of a message."""
        return Answer(202 if isinstance(wire.get("id"), str) and isinstance(wire.get("event"), str) else 400)


def _node(to: object, bot: str) -> str:
    """The domain of the postmaster that a command goes to; without one it is the bot's own server."""
    if not isinstance(to, str) or not to or to.partition("/")[0] == bot:
        return "msging.net"
    return to.partition("/")[0].partition("@")[2]


def _http(paths: Mapping[str, Callable[..., Answer]]) -> list[Operation]:
    errors = (400, 401)
    return [
        Operation(f"blip.{path[1:]}", "POST", path, handler, Evidence.DOCUMENTED, "BLiP 1.1", errors=errors)
        for path, handler in paths.items()
    ]
