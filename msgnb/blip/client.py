"""The BLiP client.

BLiP has one endpoint for everything, `POST /commands`: method, uri and `to` of a command choose the
operation, and the HTTP status is 200 for a failure too. `process_command` is the open door to all of it; the
tables come through it as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from msgnb.answers import Explanation
from msgnb.blip import rows
from msgnb.blip.auth import KeyAuth
from msgnb.client import Client
from msgnb.errors import InvalidRequest, MsgnbError, NotFound, RateLimited, Rejected, Unreachable
from msgnb.http import DEFAULT_TIMEOUT, READ, WRITE, Hook, Http, Policy, Timeout
from msgnb.paging import back_in_time, by_offset
from msgnb.secrets import Secret
from msgnb.sending import SendResult, new_id

if TYPE_CHECKING:
    import pandas as pd

Command = dict[str, Any]

HOST = "http.msging.net"
CRM = "postmaster@crm.msging.net"
BROADCAST = "postmaster@broadcast.msging.net"
CAMPAIGN = "postmaster@activecampaign.msging.net"

THREADS_PAGE = 100
CONTACTS_PAGE = 1000
LISTS_PAGE = 1000
CAMPAIGNS_PAGE = 100
RESOURCE_NOT_FOUND = 67
NOT_FOUND = "The requested resource was not found"
"""Live answers carry this text without its code (BLiP 4)."""


class Blip(Client):
    """A bot on BLiP.

    >>> bot = msgnb.Blip("Key Ym90OnNlY3JldA==", organization="acme")
    >>> bot.messages("5511999998888@wa.gw.msging.net")

    Args:
        key: the bot's key, with or without `Key ` in front.
        organization: the contract's name, for `https://{organization}.http.msging.net`.
        base_url: another address, such as a mock server's.
        timeout: seconds to connect and to wait for the next byte.
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.

    Raises:
        SettingsError: the key is empty, or the address is none.
    """

    platform = "blip"
    settings: ClassVar[Mapping[str, bool]] = {"key": True, "organization": False, "base_url": False}
    required = ("key",)
    recipient_hint = "5511999998888@wa.gw.msging.net"
    sender_hint = None

    def __init__(
        self,
        key: str | Secret,
        organization: str | None = None,
        base_url: str | None = None,
        *,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
    ) -> None:
        auth = KeyAuth(key)
        host = f"{organization}.{HOST}" if organization else HOST
        self._bot = auth.bot
        self.http = Http(
            self.platform,
            base_url or f"https://{host}",
            auth=auth,
            explain=_explain,
            timeout=timeout,
            verify=verify,
            on_attempt=on_attempt,
        )

    @property
    def account(self) -> str:
        """The bot's identity, as the key tells it."""
        return self._bot

    # The platform's own verbs

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
            cooldown_time: seconds between two attempts.

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
            self.http.pause(cooldown_time)
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

    # Tables

    def sessions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The bot's threads, newest first, as a table `sessions` (BLiP 2.2).

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the threads themselves as a last column.
        """
        found = self._paged("/threads", None, THREADS_PAGE, "sessions", limit)
        return rows.sessions(found, self.account, raw=raw)

    def messages(self, session: str, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The messages of one thread, newest first, as a table `messages` (BLiP 2.2).

        >>> bot.messages("5511999998888@wa.gw.msging.net", limit=500)

        Args:
            session: the other party's identity, as in the column `session` of `sessions()`.
            limit: the most rows; all that the platform keeps where it is `None`.
            raw: add the messages themselves as a last column.
        """
        path = f"/threads/{_escaped(_identity(session, 'session'))}"

        def fetch(before: datetime | None, skip: int) -> list[Any]:
            bound = f"&storageDate={_instant(before)}&direction=desc" if before else ""
            return self._items(f"{path}?$skip={skip}&$take={THREADS_PAGE}{bound}")

        found = back_in_time(
            fetch, size=THREADS_PAGE, key=_message_key, time_of=_message_time, what="messages", limit=limit
        )
        return rows.messages(found, self.account, session, raw=raw)

    def contacts(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The bot's contacts, as a table `contacts` (BLiP 2.1).

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the contacts themselves as a last column.
        """
        found = self._paged("/contacts", CRM, CONTACTS_PAGE, "contacts", limit)
        return rows.contacts(found, self.account, raw=raw)

    def subscriptions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The memberships of all distribution lists, as a table `subscriptions` (BLiP 2.5).

        Args:
            limit: the most rows; all where it is `None`.
            raw: add list and recipient as a last column.
        """
        found: list[tuple[str, str]] = []
        for name in self._paged("/lists", BROADCAST, LISTS_PAGE, "lists", None):
            left = None if limit is None else limit - len(found)
            uri = f"/lists/{_escaped(name)}/recipients"
            found += [(name, member) for member in self._paged(uri, BROADCAST, LISTS_PAGE, "members", left)]
        return rows.memberships(found, self.account, raw=raw)

    def campaigns(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The bot's active campaigns, as a table `campaigns` (BLiP 2.7).

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the campaigns themselves as a last column.
        """
        found = self._paged("/campaigns", CAMPAIGN, CAMPAIGNS_PAGE, "campaigns", limit)
        return rows.campaigns(found, self.account, raw=raw)

    def send_text(self, to: str, text: str, *, sender: str | None = None) -> SendResult:
        """Send a text to one identity; the bot is always the sender.

        >>> bot.send_text("5511999998888@wa.gw.msging.net", "Hello")

        Raises:
            InvalidRequest: `to` is no identity, the text is empty, or there is a `sender`.
            OutcomeUnknown: the answer got lost; `id` is the message's.
        """
        if sender:
            raise InvalidRequest.of(sender=f"BLiP sends as the bot, not as {sender!r}; leave it out")
        if not text.strip():
            raise InvalidRequest.of(text="is empty")
        message = {"to": _identity(to, "to"), "type": "text/plain", "content": text}
        sent = self.send_message(message)
        return SendResult(self.platform, to, "sent", message=sent["id"], session=to, answer=sent)

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

    def _items(self, uri: str, to: str | None = None) -> list[Any]:
        command = {"method": "get", "uri": uri, **({"to": to} if to else {})}
        resource = self.process_command(command).get("resource")
        return list(resource.get("items") or ()) if isinstance(resource, dict) else []

    def _paged(self, uri: str, to: str | None, size: int, what: str, limit: int | None) -> list[Any]:
        def fetch(offset: int, wanted: int) -> list[Any]:
            return self._items(f"{uri}?$skip={offset}&$take={wanted}", to)

        return by_offset(fetch, size=size, key=_key, what=what, limit=limit)


def _named(envelope: Mapping[str, Any]) -> dict[str, Any]:
    """A copy with an id."""
    return {"id": new_id(), **{key: value for key, value in envelope.items() if key != "id" or value}}


def _escaped(identity: str) -> str:
    return quote(identity, safe="")


def _identity(text: str, field: str) -> str:
    name, at, domain = text.partition("@") if isinstance(text, str) else ("", "", "")
    if not (name and at and domain) or any(mark.isspace() for mark in text):
        raise InvalidRequest.of(
            **{field: f"{text!r} is no identity; write it like 5511999998888@wa.gw.msging.net"}
        )
    return text


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _key(row: Any) -> str:
    """What tells rows of a list apart; some lists hold bare identities."""
    return row if isinstance(row, str) else str(row.get("identity") or row.get("id"))


def _message_key(message: Mapping[str, Any]) -> tuple[Any, ...]:
    return message.get("id"), message.get("direction"), message.get("date")


def _message_time(message: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(message["date"])


def _explain(body: Any) -> Explanation:
    reason = body.get("reason") if isinstance(body, dict) else None
    if not isinstance(reason, dict):
        return Explanation()
    return Explanation(reason.get("description"), reason.get("code"))


def _failure(what: str, reason: Mapping[str, Any]) -> MsgnbError:
    code, words = reason.get("code"), reason.get("description") or "no reason given"
    kind = NotFound if code == RESOURCE_NOT_FOUND or words == NOT_FOUND else Rejected
    coded = f" (LIME reason {code})" if code is not None else ""
    return kind(f"{what} failed: {words}{coded}", code=code, reason=words, status=200)
