"""Commands, the one way to everything on BLiP, and messages.

BLiP has one endpoint for all resources, `POST /commands`: method, uri and `to` of a command choose the
operation, and the HTTP status is 200 for a failure too. `process_command` is the open door to all of it; the
tables come through it as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, ClassVar
from urllib.parse import quote

from msgnb.core.errors import InvalidRequest, MsgnbError, NotFound, RateLimited, Rejected, Unreachable
from msgnb.core.http import READ, WRITE, Http, Policy
from msgnb.core.paging import offset_pages
from msgnb.core.sending import new_id

Command = dict[str, Any]
Query = Mapping[str, Any]

RESOURCE_NOT_FOUND = 67
NOT_FOUND = "The requested resource was not found"
"""Live answers carry this text without its code (BLiP 4)."""


class Commands:
    """Sending commands and messages."""

    http: Http
    platform: ClassVar[str]

    @property
    def account(self) -> str:
        """The bot's identity, as the key tells it."""
        return self._bot

    _bot: str

    def process_command(self, command: Mapping[str, Any]) -> Command:
        """Send a command and return the platform's answer.

        >>> bot.process_command({"method": "get", "uri": "/contacts/5511999998888@wa.gw.msging.net"})

        Args:
            command: `method` and `uri`, and `to`, `type`, `resource` as the operation wants; it is not
                changed, and gets an `id` if it has none.

        Returns:
            The whole answer, with its `resource`.

        Raises:
            Rejected: the answer's status is `failure`; `code` is the LIME reason code.
            NotFound: the same, where the reason is that there is no such resource.
            OutcomeUnknown: the answer to a command other than `get` got lost.
        """
        return self._process(command, once=False)

    def send_command(self, command: Mapping[str, Any]) -> None:
        """Send a command and leave its answer; raises like `process_command`."""
        self.process_command(command)

    def force_command(
        self, command: Mapping[str, Any], attempts: int = 5, cooldown_time: float = 1.0
    ) -> Command:
        """Send a command until it gets through, under one id.

        What the platform refused for good is not tried again, nor is a command other than `get` whose answer
        got lost: it may have been carried out.

        Args:
            command: as in `process_command`.
            attempts: how often to try at most.
            cooldown_time: seconds between the first two attempts, then twice as long each time; after a 429
                nothing leaves for two minutes at least.

        Raises:
            MsgnbError: that of the last attempt, so that it says why.
        """
        if attempts < 1:
            raise InvalidRequest.of(attempts=f"{attempts} is less than one")
        named = _named(command)
        for attempt in range(1, attempts + 1):
            try:
                return self._process(named, once=True)
            except (Unreachable, RateLimited) as error:
                if attempt == attempts:
                    error.add_note(f"This was the last of {attempts} attempts.")
                    raise
            self.http.pause(cooldown_time * 2 ** (attempt - 1))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def send_message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Send a message.

        >>> bot.send_message({"to": "551100001111@0mn.io", "type": "text/plain", "content": "Hello"})

        Args:
            message: `to`, `type`, `content`; it is not changed, and gets an `id` if it has none.

        Returns:
            The message as it was sent, with its `id`.

        Raises:
            InvalidRequest: it lacks one of them.
            OutcomeUnknown: the answer got lost; `id` is the message's.
        """
        missing = [key for key in ("to", "type", "content") if not message.get(key)]
        if missing:
            raise InvalidRequest.of(**dict.fromkeys(missing, "is missing in the message"))
        named = _named(message)
        self.http.send("POST", "/messages", policy=WRITE, json=named, id=named["id"])
        return named

    def _process(self, command: Mapping[str, Any], *, once: bool) -> Command:
        missing = [key for key in ("method", "uri") if not isinstance(command.get(key), str)]
        if missing:
            raise InvalidRequest.of(**dict.fromkeys(missing, "is missing in the command"))
        named = _named(command)
        policy = READ if named["method"].lower() == "get" else WRITE
        policy = policy.once() if once else policy
        answer = self.http.send("POST", "/commands", policy=policy, json=named, id=named["id"])
        return self._checked(answer.body, named, policy)

    def _checked(self, body: Any, command: Command, policy: Policy) -> Command:
        what = f"blip: {command['method']} {command['uri']}"
        if body is None and command["method"].lower() == "observe":
            return {}
        if not isinstance(body, dict) or "status" not in body:
            raise self.http.lost(f"{what}: the answer is no command", policy, command["id"], unsent=False)
        if body["status"] == "failure":
            raise _failure(f"{what} to {command.get('to', 'the bot')}", body.get("reason") or {})
        return body

    def _get(self, uri: str, to: str | None = None, query: Query | None = None) -> Any:
        """The resource behind a uri."""
        return self.process_command(_addressed("get", with_query(uri, query or {}), to)).get("resource")

    def _set(self, uri: str, to: str | None, kind: str, resource: Any, method: str = "set") -> Any:
        """Write a resource; returns what comes back, mostly nothing."""
        command = {**_addressed(method, uri, to), "type": kind, "resource": resource}
        return self.process_command(command).get("resource")

    def _now(self) -> datetime:
        """The platform's time; asks where no answer has told it."""
        if not self.http.dated:
            self._get("/ping")
        return self.http.now()

    def _delete(self, uri: str, to: str | None = None) -> None:
        self.process_command(_addressed("delete", uri, to))

    def _items(self, uri: str, to: str | None = None, query: Query | None = None) -> list[Any]:
        resource = self._get(uri, to, query)
        return list(resource.get("items") or ()) if isinstance(resource, dict) else []

    def _paged(
        self,
        uri: str,
        to: str | None,
        size: int,
        what: str,
        limit: int | None,
        *,
        key: Callable[[Any], Any] | None = None,
        query: Query | None = None,
    ) -> list[Any]:
        """All items of a collection."""
        return list(chain.from_iterable(self._pages(uri, to, size, what, limit, key=key, query=query)))

    def _pages(
        self,
        uri: str,
        to: str | None,
        size: int,
        what: str,
        limit: int | None,
        *,
        key: Callable[[Any], Any] | None = None,
        query: Query | None = None,
    ) -> Iterator[list[Any]]:
        """The new items of each page of a collection."""

        def fetch(offset: int, wanted: int) -> list[Any]:
            return self._items(uri, to, {"$skip": offset, "$take": wanted, **(query or {})})

        return offset_pages(fetch, size=size, key=key or key_of, what=what, limit=limit)


def escaped(text: str) -> str:
    """A piece of a uri."""
    return quote(text, safe="")


def with_query(uri: str, query: Query) -> str:
    """A uri with the parameters that are given, escaped; names such as `$take` stay as they are."""
    given = {name: value for name, value in query.items() if value is not None}
    pairs = (f"{name}={quote(str(value), safe=_PLAIN)}" for name, value in given.items())
    return f"{uri}?{'&'.join(pairs)}" if given else uri


_PLAIN = "-_.~:,()'@"


def identity(text: str, field: str) -> str:
    """An identity, checked."""
    name, at, domain = text.partition("@") if isinstance(text, str) else ("", "", "")
    if not (name and at and domain) or any(mark.isspace() for mark in text):
        raise InvalidRequest.of(
            **{field: f"{text!r} is no identity; write it like 5511999998888@wa.gw.msging.net"}
        )
    return text


def key_of(row: Any) -> Any:
    """What tells rows of a list apart; some lists hold bare identities."""
    return row if isinstance(row, str) else str(row.get("identity") or row.get("id") or row)


def _addressed(method: str, uri: str, to: str | None) -> Command:
    return {"method": method, "uri": uri, **({"to": to} if to else {})}


def _named(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with an id."""
    return {"id": new_id(), **{key: value for key, value in envelope.items() if key != "id" or value}}


def _failure(what: str, reason: Mapping[str, Any]) -> MsgnbError:
    code, words = reason.get("code"), reason.get("description") or "no reason given"
    kind = NotFound if code == RESOURCE_NOT_FOUND or words == NOT_FOUND else Rejected
    coded = f" (LIME reason {code})" if code is not None else ""
    return kind(f"{what} failed: {words}{coded}", code=code, reason=words, status=200)
