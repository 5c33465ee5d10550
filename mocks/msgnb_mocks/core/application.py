"""The base of all mock platforms, with real defaults.

An application is a table of operations over its own state. A mock of a simple SMS platform gives the
operations, what signs in, and two small methods; it inherits the rest:

    class AcmeMock(Application):
        name = "acme"

        def __init__(self, world, quirks=frozenset()):
            super().__init__(world, [Operation("acme.send", "POST", "/texts", self.send, …)])
            self.credentials = {"key": "…"}

        def authorize(self, operation, request): …     # raise Refusal unless the request is signed in
        def messages_in(self, request): …              # what it sends to whom, for the request journal

A request is routed to its operation, must be authorized, and is performed by the operation's handler. The
state of such a mock is a `MessageLog`, from which follow its history and what people received. A mock with a
richer state overrides `history`, `remember`, `received` and `receive`.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol
from urllib.parse import urlencode

import orjson

from msgnb_mocks.core.clock import Clock
from msgnb_mocks.core.messages import HistoryMessage, MessageLog, OutboundMessage
from msgnb_mocks.core.operations import Call, Operation, Refusal, Request, Response, Route, Router

LATE_LISTS = "what was accepted is in the lists a minute later"
"""The quirk `late-lists`. How soon a platform lists what it has accepted is documented by none."""
LISTED_AFTER = timedelta(minutes=1)


class SharedWorld(Protocol):
    """What all mocks of a world share, as far as the core uses it."""

    @property
    def seed(self) -> int:
        """What the world follows from."""
        ...

    @property
    def start(self) -> datetime:
        """When its clock started; the history ends there."""
        ...

    @property
    def clock(self) -> Clock:
        """Its clock."""
        ...

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """A reentrant lock, held while a request is served."""
        ...


class Application(ABC):
    """One mock platform.

    Args:
        world: what it shares with the other mocks.
        operations: what it can do.

    Attributes:
        name: the platform's name.
        can_be_answered: whether people can reply to what they receive.
        world: what it shares with the other mocks.
        clock: the world's clock.
        operations: what it can do.
        credentials: what signs in.
        further_credentials: other ways to sign in, by name.
        state: everything that it remembers; snapshots save its attributes and put them back.
    """

    name: ClassVar[str]
    can_be_answered: ClassVar[bool] = True

    def __init__(self, world: SharedWorld, operations: Iterable[Operation]) -> None:
        self.world = world
        self.clock = world.clock
        self.operations = tuple(operations)
        self.credentials: dict[str, str] = {}
        self.further_credentials: dict[str, dict[str, str]] = {}
        self.state: Any = MessageLog()
        # Commands share one path, so they can't be found by method and path.
        self.router = Router(operation for operation in self.operations if not operation.postmasters)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} with {len(self.operations)} operations>"

    # Responding

    def handle(self, request: Request) -> Response:
        """Return the response to one request."""
        with self.world.lock:
            found = self.route(request)
            if found is None:
                return self.not_found(request)
            operation, parts = found
            try:
                self.authorize(operation, request)
                response = self.perform(operation, request, parts)
            except Refusal as refusal:
                response = refusal.response
        # A command has marked its response itself: the evidence of the shared URL says nothing about the
        # command.
        return response if response.evidence else response.by(operation)

    def route(self, request: Request) -> Route | None:
        """Return the operation that serves a request, and the parts of its path; `None` if none does."""
        return self.router.find(request.method, request.path)

    def not_found(self, request: Request) -> Response:  # noqa: ARG002
        """Return the response to a request that no operation serves."""
        return Response.of({"error": "not found"}, 404)

    def authorize(self, operation: Operation, request: Request) -> None:  # noqa: B027 - all are let in
        """Check that a request is signed in; by default every request is let in.

        Raises:
            Refusal: it is not.
        """

    def perform(self, operation: Operation, request: Request, parts: dict[str, str]) -> Response:
        """Call the operation's handler.

        Raises:
            Refusal: the platform refuses the request.
        """
        response: Response = operation.handler(Call(request, parts))
        return response

    def wait_for_posts(self, seconds: float) -> bool:  # noqa: ARG002
        """Wait until every event was posted; return whether that was in time. By default none is posted."""
        return True

    # What a request is about

    def find_operation(self, request: Request) -> Operation | None:
        """Return the operation that a request asks for; `None` if there is none."""
        found = self.route(request)
        return found[0] if found else None

    def messages_in(self, request: Request) -> list[OutboundMessage]:  # noqa: ARG002
        """Return what a request sends, one message per recipient."""
        return []

    def examples(self) -> dict[str, str]:
        """Return something that exists for each name of a part of a path."""
        return {}

    def with_examples(self, request: Request) -> Request:
        """Return the same request about something that exists here, with this account's own login."""
        found = self.route(request)
        if found is None:
            return request
        operation, parts = found
        examples = self.examples()
        path = operation.fill({name: examples.get(name, part) for name, part in parts.items()})
        return replace(request, path=path, body=self._with_own_login(request))

    def signed_headers(self) -> dict[str, str]:
        """Return the headers with which a request is signed in."""
        return {}

    def login_fields(self) -> Mapping[str, str]:
        """Return the fields of a request that signs in, by their names there."""
        return self.credentials

    def is_success(self, status: int, body: Any) -> bool:  # noqa: ARG002
        """Whether a response reports success.

        Args:
            status: the HTTP status.
            body: its body as JSON values; `None` if it is not JSON.
        """
        return status < 400

    def _with_own_login(self, request: Request) -> bytes:
        login = self.login_fields()
        # A recording contains the login of another account, or none, because its secrets were replaced.
        body = request.json_object()
        if body is not None and "password" in body:
            return orjson.dumps({**body, **{name: login[name] for name in body if name in login}})
        if request.form.get("password"):
            own = {name: login[name] for name in request.form if name in login}
            return urlencode({**request.form, **own}).encode()
        return request.body

    # Messages

    def history(self) -> Iterable[HistoryMessage]:
        """Return all messages."""
        with self.world.lock:
            return list(self.state.messages)

    def remember(self, messages: Iterable[HistoryMessage]) -> None:
        """Replace the history with other messages, the oldest first."""
        with self.world.lock:
            self.state.messages = list(messages)

    def received(self) -> dict[str, list[str]]:
        """Return the texts that each phone, user or identity received from clients, the oldest first."""
        found: dict[str, list[str]] = {}
        for message in self.history():
            # The history ends where the clock starts; what is later was sent by a client.
            if not message.inbound and message.at >= self.world.start:
                found.setdefault(message.contact, []).append(message.text)
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
        """Let somebody write to the account, and return the IDs of the `session` and the `message`.

        Args:
            from_: the number, user or identity that writes.
            to: the account's number, user or identity.
            text: the text.
            session: ID of the session; the one that the two have with each other if `None`.
            media: MIME type and size in bytes of an attached file.

        Raises:
            ValueError: nobody can write here, or there is no such sender, recipient or session.
        """
        self.check_can_be_answered()
        message = self.add_message(from_, to, text, inbound=True, session=session, media=media)
        return {"session": message.session, "message": message.message}

    def check_can_be_answered(self) -> None:
        """Refuse replies on a platform that only sends.

        Raises:
            ValueError: nobody can reply.
        """
        if not self.can_be_answered:
            raise ValueError(f"{self.name} only sends: nobody can answer a campaign")

    def add_message(
        self,
        contact: str,
        own: str,
        text: str,
        *,
        inbound: bool = False,
        session: str | None = None,
        media: tuple[str, int] | None = None,
    ) -> HistoryMessage:
        """Append a message to the log, and return it.

        Args:
            contact: the contact's number, user or identity.
            own: the account's.
            text: the text.
            inbound: whether the contact sent it.
            session: ID of the session; the contact if `None`.
            media: MIME type and size in bytes of an attached file.
        """
        media_type, media_size = media or ("", 0)
        with self.world.lock:
            # Under the lock, because the number of messages is the ID: two threads would give the same one.
            message = HistoryMessage(
                self.clock.now(), inbound, text, contact, own, session or contact,
                str(len(self.state.messages) + 1), media_type=media_type, media_size=media_size,
            )  # fmt: skip
            self.state.messages.append(message)
        return message


def check_quirks(chosen: frozenset[str], known: Collection[str]) -> None:
    """Refuse quirks that don't exist.

    Raises:
        ValueError: it names them, and those that exist.
    """
    if unknown := sorted(chosen.difference(known)):
        raise ValueError(f"unknown quirks {', '.join(unknown)}; known are {', '.join(sorted(known))}")
