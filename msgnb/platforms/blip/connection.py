"""The requests of one bot: commands and messages (BLiP 1).

BLiP has one endpoint for all resources, `POST /commands`: method, uri and `to` of a command select the
operation, and the HTTP status is 200 for failures too. Everything that the client reads and changes is a
command; only messages have an endpoint of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any
from urllib.parse import quote

from msgnb.core.block_list import refuse_forgotten
from msgnb.core.errors import InvalidRequest, MsgnbError, NotFound, RateLimited, Rejected, Unreachable
from msgnb.core.exchange import is_object, is_rows
from msgnb.core.http import READ, WRITE
from msgnb.core.paging import offset_pages
from msgnb.core.responses import Explanation, Response, parse_code, parse_words
from msgnb.core.sending import new_id
from msgnb.platforms.resources import Connection

Command = dict[str, Any]
Query = Mapping[str, Any]
Holds = Callable[[Any], bool]

SHARED = "https://http.msging.net"
CONTRACT = ".http.msging.net"
"""The end of a contract's own address, `https://{organization}.http.msging.net`."""
ACCEPTED = 202
RESOURCE_NOT_FOUND = 67
NOT_FOUND = "The requested resource was not found"
"""Live responses contain this text without its code (BLiP 4)."""
# The uri must not contain spaces, and %20 is safer than +; what filters need otherwise stays readable
# (BLiP 1.8).
_UNESCAPED = "-_.~:,()'@"


class BlipConnection(Connection):
    """Sends commands and messages, and reads collections page by page."""

    @property
    def installation(self) -> str:
        """The server; the address of a contract is another name of the shared one (BLiP 1.1)."""
        address = super().installation
        return SHARED if address.endswith(CONTRACT) else address

    def process(
        self, command: Mapping[str, Any], *, once: bool = False, holds: Holds | None = None
    ) -> Command:
        """Send a command and return the response.

        Args:
            command: the command.
            once: whether not to retry it.
            holds: returns whether a resource is what the command asks for; any resource is if `None`.

        Raises:
            InvalidRequest: method or uri is missing.
            Rejected: the status of the response is `failure`; `code` is the LIME reason code.
            NotFound: the same, because the resource does not exist.
            OutcomeUnknown: the response to a command other than `get` was lost.
        """
        missing = [key for key in ("method", "uri") if not isinstance(command.get(key), str)]
        if missing:
            raise InvalidRequest.of(**dict.fromkeys(missing, "is missing in the command"))
        named = _with_id(command)
        # All commands are POST requests, so the command's own method tells whether repeating it does harm.
        policy = READ if named["method"].lower() == "get" else WRITE
        policy = policy.once() if once else policy
        answer = self.http.send(
            "POST",
            "/commands",
            policy=policy,
            json=named,
            id=named["id"],
            expected=lambda response: _answers(response.body, named, holds),
        )
        return _raise_failure(answer.body or {}, named)

    def force(self, command: Mapping[str, Any], attempts: int, cooldown: float) -> Command:
        """Send a command until it succeeds, always under the same ID.

        Args:
            command: as in `process`.
            attempts: the most attempts.
            cooldown: seconds before the second attempt; they double each time.
        """
        if attempts < 1:
            raise InvalidRequest.of(attempts=f"{attempts} is less than one")
        named = _with_id(command)
        for attempt in range(1, attempts + 1):
            try:
                return self.process(named, once=True)
            except (Unreachable, RateLimited) as error:
                # Both mean that nothing was executed, or that the command is a `get`, which may be
                # executed twice.
                if attempt == attempts:
                    error.add_note(f"This was the last of {attempts} attempts.")
                    raise
            self.http.pause(cooldown * 2 ** (attempt - 1))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def send_message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """Send a message, and return it with its ID.

        Raises:
            InvalidRequest: recipient, type or content is missing, or the recipient was forgotten.
            OutcomeUnknown: the response was lost; `id` is the message's.
        """
        refuse_forgotten(str(message.get("to") or ""))
        missing = [key for key in ("to", "type", "content") if not message.get(key)]
        if missing:
            raise InvalidRequest.of(**dict.fromkeys(missing, "is missing in the message"))
        # Without an ID the platform sends no notifications, not even of failures (BLiP 1.5).
        named = _with_id(message)
        self.http.send(
            "POST", "/messages", policy=WRITE, json=named, id=named["id"], expected=_accepts_message
        )
        return named

    def get(
        self, uri: str, to: str | None = None, query: Query | None = None, *, holds: Holds | None = None
    ) -> Any:
        """Return the resource at a uri; `holds` as in `process`."""
        command = _make_command("get", with_query(uri, query or {}), to)
        return self.process(command, holds=holds).get("resource")

    def get_object(self, uri: str, to: str | None = None, query: Query | None = None) -> Command:
        """Return the resource at a uri that is an object."""
        found: Command = self.get(uri, to, query, holds=is_object)
        return found

    def set(self, uri: str, to: str | None, kind: str, resource: Any, *, method: str = "set") -> Any:
        """Write a resource of a type, and return the resource of the response; most responses have none."""
        command = {**_make_command(method, uri, to), "type": kind, "resource": resource}
        return self.process(command).get("resource")

    def delete(self, uri: str, to: str | None = None) -> None:
        """Delete the resource at a uri."""
        self.process(_make_command("delete", uri, to))

    def page(
        self, uri: str, to: str | None = None, query: Query | None = None, *, names: bool = False
    ) -> list[Any]:
        """Return the items of a collection that one response has; `names` as in `pages`."""

        def holds(resource: Any) -> bool:
            # Some empty collections come without their items, or without a resource.
            items = resource.get("items") if isinstance(resource, dict) else resource
            return items is None or is_rows(items, names=names)

        resource = self.get(uri, to, query, holds=holds)
        return (resource or {}).get("items") or []

    def items(
        self,
        uri: str,
        to: str | None,
        size: int,
        what: str,
        limit: int | None = None,
        *,
        key: Callable[[Any], Any] | None = None,
        query: Query | None = None,
        names: bool = False,
    ) -> list[Any]:
        """Return all items of a collection; the arguments are those of `pages`."""
        pages = self.pages(uri, to, size, what, limit, key=key, query=query, names=names)
        return list(chain.from_iterable(pages))

    def pages(
        self,
        uri: str,
        to: str | None,
        size: int,
        what: str,
        limit: int | None = None,
        *,
        key: Callable[[Any], Any] | None = None,
        query: Query | None = None,
        names: bool = False,
    ) -> Iterator[list[Any]]:
        """Yield the new items of each page of a collection.

        Args:
            uri: the collection.
            to: the postmaster that has it; the bot's own if `None`.
            size: the most items that the platform returns per page.
            what: what the items are, for the progress bar.
            limit: the most items; all if `None`.
            key: returns what distinguishes one item from another; its identity or ID if `None`.
            query: further parameters of the uri.
            names: whether the items are bare names or identities, instead of objects.
        """

        def fetch(offset: int, wanted: int) -> list[Any]:
            return self.page(uri, to, {"$skip": offset, "$take": wanted, **(query or {})}, names=names)

        # `total` can't end the walk: it is missing, or counts only the page, in many responses (BLiP 1.7).
        return offset_pages(fetch, size=size, key=key or item_key, what=what, limit=limit)

    def now(self) -> datetime:
        """Return the platform's time; it sends a ping if no response has reported it yet."""
        # A time that is planned is compared with the platform's clock, since this machine's may be wrong.
        if not self.http.has_server_time:
            self.get("/ping")
        return self.http.now()


def _answers(body: Any, command: Command, holds: Holds | None) -> bool:
    """Whether a body is the response to a command; another one may come from a proxy."""
    # `observe` is one-way: the platform does not respond to it (BLiP 1.5).
    if body is None:
        return str(command["method"]).lower() == "observe"
    if not isinstance(body, dict) or body.get("status") not in ("success", "failure"):
        return False
    return holds is None or reports_failure(body) or holds(body.get("resource"))


def _accepts_message(response: Response) -> bool:
    """Whether the platform accepted a message: with 202, and nothing that looks like an error (BLiP 1.4)."""
    problems = {"error", "errors", "reason", "status", "code"}
    return response.status == ACCEPTED and not (
        isinstance(response.body, dict) and problems & response.body.keys()
    )


def _raise_failure(body: Command, command: Command) -> Command:
    """The response to a command, unless it reports a failure."""
    if reports_failure(body):
        reason = body.get("reason")
        what = f"blip: {command['method']} {command['uri']} to {command.get('to', 'the bot')}"
        raise _make_error(what, reason if isinstance(reason, dict) else {"description": reason})
    return body


def reports_failure(body: Any) -> bool:
    """Return whether the response to a command reports a failure, which has the status 200."""
    return isinstance(body, dict) and body.get("status") == "failure"


def explain(body: Any) -> Explanation:
    """Read the reason in the body of an error response."""
    reason = body.get("reason") if isinstance(body, dict) else None
    if not isinstance(reason, dict):
        return Explanation()
    return Explanation(parse_words(reason.get("description")), parse_code(reason.get("code")))


def escape(text: str) -> str:
    """Return a text as one segment of a uri.

    Raises:
        InvalidRequest: it is not text, such as the missing value of a table.
    """
    if not isinstance(text, str):
        raise InvalidRequest.of(id=f"{text!r} is not text")
    return quote(text, safe="")


def with_query(uri: str, query: Query) -> str:
    """Return a uri with the parameters that are not `None`; their values are escaped, their names are not."""
    given = {name: value for name, value in query.items() if value is not None}
    pairs = (f"{name}={quote(str(value), safe=_UNESCAPED)}" for name, value in given.items())
    return f"{uri}?{'&'.join(pairs)}" if given else uri


def item_key(row: Any) -> str:
    """Return what distinguishes one item from another; the items of some collections are bare identities."""
    return row if isinstance(row, str) else str(row.get("identity") or row.get("id") or row)


def _make_command(method: str, uri: str, to: str | None) -> Command:
    return {"method": method, "uri": uri, **({"to": to} if to else {})}


def _with_id(envelope: Mapping[str, Any]) -> dict[str, Any]:
    # A copy, since the caller may use the mapping again. An ID that is empty counts as none.
    return {"id": new_id(), **{key: value for key, value in envelope.items() if key != "id" or value}}


def _make_error(what: str, reason: Mapping[str, Any]) -> MsgnbError:
    code = parse_code(reason.get("code"))
    words = str(reason.get("description") or "no reason given")
    kind = NotFound if code == RESOURCE_NOT_FOUND or words == NOT_FOUND else Rejected
    coded = f" (LIME reason {code})" if code is not None else ""
    return kind(f"{what} failed: {words}{coded}", code=code, reason=words, status=200)
