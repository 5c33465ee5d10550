"""The mock of a made-up SMS platform, as another package would contain it.

It signs in by key; sessions, messages and contacts can be listed, and texts can be sent.
"""

from __future__ import annotations

from typing import Any

from msgnb_mocks.core.application import Application, check_quirks
from msgnb_mocks.core.descriptor import MockPlatform
from msgnb_mocks.core.messages import HistoryMessage, OutboundMessage
from msgnb_mocks.core.operations import Call, Evidence, Operation, Refusal, Request, Response
from msgnb_mocks.world.history import from_conversations
from msgnb_mocks.world.world import World

NUMBER = "+12025550100"
QUIRKS = {"empty-list-404": "an empty list is returned as 404"}


class AcmeMock(Application):
    """The mock of one account."""

    name = "acme"
    world: World

    def __init__(self, world: World, quirks: frozenset[str] = frozenset()) -> None:
        check_quirks(quirks, QUIRKS)
        table = (
            ("acme.sessions.list", "GET", "/sessions", self._sessions, (401,)),
            ("acme.messages.list", "GET", "/sessions/{phone}/messages", self._messages, (401, 404)),
            ("acme.messages.send", "POST", "/messages", self._send, (400, 401)),
            ("acme.contacts.list", "GET", "/contacts", self._contacts, (401,)),
        )
        operations = (
            Operation(name, method, path, handler, Evidence.DOCUMENTED, "Acme 1", errors=errors)
            for name, method, path, handler, errors in table
        )
        super().__init__(world, operations)
        self.credentials = {"api_key": world.hex(world.random("acme key"), 20)}
        self._quirks = quirks
        history = from_conversations(world.conversations[:10], NUMBER)
        self.state.messages = sorted(history, key=lambda message: message.at)

    def authorize(self, operation: Operation, request: Request) -> None:
        """Check the key."""
        if request.headers.get("x-api-key") != self.credentials["api_key"]:
            raise Refusal(Response.of({"error": "the key is wrong"}, 401))

    def messages_in(self, request: Request) -> list[OutboundMessage]:
        """Return what a request sends."""
        if request.path != "/messages":
            return []
        body = request.json_object() or {}
        return OutboundMessage.to_each(body.get("to"), body.get("text"), NUMBER)

    def examples(self) -> dict[str, str]:
        """Return the phone of a session."""
        return {"phone": self.state.messages[0].contact}

    def signed_headers(self) -> dict[str, str]:
        """Return the header with the key."""
        return {"x-api-key": self.credentials["api_key"]}

    def _sessions(self, call: Call) -> Response:
        """List the sessions, the latest first."""
        latest = {message.session: message for message in self.state.messages}
        rows = [{"phone": phone, "last": _wire(message)} for phone, message in latest.items()]
        return self._list(sorted(rows, key=lambda row: row["last"]["at"], reverse=True))

    def _messages(self, call: Call) -> Response:
        """List the messages of a session, the oldest first."""
        return self._list(
            [_wire(each) for each in self.state.messages if each.session == call.parts["phone"]]
        )

    def _contacts(self, call: Call) -> Response:
        """List the contacts."""
        names = {person.phone: person.name for person in self.world.people}
        phones = dict.fromkeys(message.contact for message in self.state.messages)
        return self._list([{"phone": phone, "name": names.get(phone)} for phone in phones])

    def _send(self, call: Call) -> Response:
        """Send a text to a phone."""
        body = call.request.json_object() or {}
        if not isinstance(body.get("to"), str) or not isinstance(body.get("text"), str):
            raise Refusal(Response.of({"error": "to and text are required"}, 400))
        return Response.of(_wire(self.add_message(body["to"], NUMBER, body["text"])), 201)

    def _list(self, rows: list[Any]) -> Response:
        return Response.of(rows, 404 if "empty-list-404" in self._quirks and not rows else 200)


def _wire(message: HistoryMessage) -> dict[str, str]:
    sender, to = (message.contact, message.own)[:: 1 if message.inbound else -1]
    return {
        "id": message.message,
        "at": message.at.isoformat(),
        "from": sender,
        "to": to,
        "text": message.text,
    }


MOCK = MockPlatform("acme", ("api.acme.example", "*.acme.example"), AcmeMock, QUIRKS)
