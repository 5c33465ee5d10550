"""The mock of Echo SMS, by the service's own description in the README."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from echo_sms import NAME
from msgnb_mocks.core.application import Application
from msgnb_mocks.core.descriptor import MockPlatform
from msgnb_mocks.core.messages import HistoryMessage, OutboundMessage
from msgnb_mocks.core.operations import Call, Evidence, Operation, Refusal, Request, Response

OWN = "+15550100100"
CONVERSATIONS = 8
EXPLAINED = Evidence.DOCUMENTED, "README"


class EchoMock(Application):
    """One account, whose conversations begin with some of the world's."""

    name = NAME

    def __init__(self, world: Any, quirks: frozenset[str] = frozenset()) -> None:
        operations = [
            Operation("echo.account", "GET", "/v1/account", self.account, *EXPLAINED),
            Operation("echo.conversations", "GET", "/v1/conversations", self.conversations, *EXPLAINED),
            Operation(
                "echo.messages", "GET", "/v1/conversations/{phone}/messages", self.messages, *EXPLAINED
            ),
            Operation("echo.contacts", "GET", "/v1/contacts", self.contacts, *EXPLAINED),
            Operation("echo.send", "POST", "/v1/messages", self.send, *EXPLAINED, errors=(422,)),
        ]
        super().__init__(world, operations)
        self.credentials = {"key": world.hex(world.random("echo key"), 20)}
        chosen = world.conversations[:CONVERSATIONS]
        self._names = {each.person.phone: each.person.name for each in chosen}
        said = ((each.person.phone, line) for each in chosen for line in each.lines)
        for number, (phone, line) in enumerate(sorted(said, key=lambda pair: pair[1].at)):
            made = HistoryMessage(line.at, line.inbound, line.text, phone, OWN, phone, f"e{number}")
            self.state.messages.append(made)

    def authorize(self, operation: Operation, request: Request) -> None:
        """Check the key."""
        if request.headers.get("x-api-key") != self.credentials["key"]:
            raise Refusal(Response.of({"error": "unknown key"}, 401))

    def signed_headers(self) -> dict[str, str]:
        """Return the header that signs a request."""
        return {"X-Api-Key": self.credentials["key"]}

    def messages_in(self, request: Request) -> list[OutboundMessage]:
        """Return what a request sends."""
        body = request.json_object() or {}
        return OutboundMessage.to_each(body.get("to"), body["text"], OWN) if "text" in body else []

    def examples(self) -> dict[str, str]:
        """Return a phone with a conversation."""
        return {"phone": next(iter(self._names))}

    def account(self, call: Call) -> Response:
        """The account."""
        return Response.of({"number": OWN})

    def conversations(self, call: Call) -> Response:
        """The conversations, newest first."""
        last = {message.contact: message for message in self.state.messages}
        newest = sorted(last.values(), key=attrgetter("at"), reverse=True)
        return _page(call, [self._conversation(message) for message in newest])

    def messages(self, call: Call) -> Response:
        """The messages of one conversation, newest first."""
        mine = [each for each in reversed(self.state.messages) if each.contact == call.parts["phone"]]
        return _page(call, [_message(each) for each in mine])

    def contacts(self, call: Call) -> Response:
        """The contacts."""
        return _page(call, [{"phone": phone, "name": name} for phone, name in self._names.items()])

    def send(self, call: Call) -> Response:
        """Send a text to one phone."""
        body = call.request.json_object() or {}
        if missing := [name for name in ("to", "text") if not isinstance(body.get(name), str)]:
            raise Refusal(Response.of({"error": f"{' and '.join(missing)} is missing"}, 422))
        return Response.of({"id": self.add_message(body["to"], OWN, body["text"]).message}, 202)

    def _conversation(self, last: HistoryMessage) -> dict[str, Any]:
        about = {"phone": last.contact, "name": self._names.get(last.contact)}
        return {**about, "last_at": last.at.isoformat(), "last_text": last.text, "inbound": last.inbound}


def _message(message: HistoryMessage) -> dict[str, Any]:
    about = {"id": message.message, "at": message.at.isoformat()}
    return {**about, "inbound": message.inbound, "text": message.text}


def _page(call: Call, rows: Iterable[Any]) -> Response:
    start, size = int(call.request.query.get("offset", 0)), int(call.request.query.get("limit", 50))
    return Response.of({"items": list(rows)[start : start + size]})


MOCK = MockPlatform(NAME, ("api.echo-sms.example",), EchoMock)
