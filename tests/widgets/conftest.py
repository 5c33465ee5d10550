"""A platform that is only described: no form knows more of it than its descriptor and its client."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from msgnb import tables
from msgnb.core.errors import InvalidRequest
from msgnb.core.http import Http
from msgnb.core.responses import Explanation
from msgnb.core.secrets import Secret
from msgnb.core.sending import SendResult
from msgnb.platforms import registry
from msgnb.platforms.base import Client
from msgnb.platforms.calls import Call
from msgnb.platforms.descriptor import Addressing, KnownCommand, Platform, Setting
from msgnb.platforms.message_kinds import Draft, MessageKind
from msgnb.platforms.resources import Connection, Resource

COMMANDS = (
    KnownCommand("Coo", "get", "/coo"),
    KnownCommand("Feed", "set", "/feed", "loft@post", "text/plain"),
)


class PigeonAddressing(Addressing):
    """Lofts are called by name, several of them separated by slashes."""

    recipient_example = "Ana's loft"
    sender_example = "ring 12"

    def normalize(self, phone: str | None, written: str) -> str | None:
        return written.casefold() or None

    def preferred_column(self, columns: Collection[str]) -> str | None:
        return "loft" if "loft" in columns else None

    def check_recipient(self, to: str) -> None:
        if "loft" not in to:
            raise InvalidRequest.of(to=f"{to!r} is no loft")

    def check_sender(self, sender: str) -> None:
        if "ring" not in sender:
            raise InvalidRequest.of(sender=f"{sender!r} is no ring")

    def split(self, to: str) -> list[str]:
        return [each.strip() for each in to.split("/") if each.strip()]

    def goes_as_sms(self, to: str, sender: str) -> bool:
        return "SMS" in to


def _scroll(draft: Draft) -> Call:
    return Call("send_text", (draft.to, draft.text), {"sender": draft.sender, "session": draft.thread})


def _map(draft: Draft) -> Call:
    if not draft.url:
        raise InvalidRequest.of(url="is missing")
    return Call("messages.send", (draft.to, draft.url), {"at": draft.at})


class Lofts(Resource):
    """Where pigeons live: each is a contact."""

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        return tables.CONTACTS.frame(2, {"contact": ["ana's loft", "bia's loft"], "name": ["Ana", "Bia"]})


class Flights(Resource):
    """Flights to and from a loft: each loft is a session."""

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        return tables.SESSIONS.frame(1, {"session": ["f1"], "name": ["Ana"], "contact": ["ana's loft"]})


class Scrolls(Resource):
    """What pigeons carry: a table of messages, and a way to send a map."""

    def __init__(self, connection: Connection, log: list[Any]) -> None:
        super().__init__(connection)
        self._log = log

    def __call__(self, session: str, **options: Any) -> pd.DataFrame:
        values = {"session": [session], "text": ["coo"], "direction": ["inbound"], "sender": ["Ana"]}
        return tables.MESSAGES.frame(1, {**values, "at": ["2026-11-01T12:00:00Z"]})

    def send(self, to: str, url: str, at: datetime | None = None) -> SendResult:
        self._log.append((to, url, at))
        return SendResult("pigeon", to, "sent", message="m2")


class Watches(Resource):
    """Who wants to know of landings: webhooks."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.kept: dict[str, dict[str, Any]] = {}
        self.reset: list[str] = []

    def __call__(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        rows = list(self.kept.values())
        names = ("subscription", "topic", "target", "expires_at", "posts", "errors", "status")
        return tables.SUBSCRIPTIONS.frame(len(rows), {name: [row[name] for row in rows] for name in names})

    def create(self, topic: str, url: str, *, expires: timedelta | None = None) -> dict[str, Any]:
        if not url.startswith("https://"):
            raise InvalidRequest.of(url=f"{url!r} is no web address")
        made = {"subscription": f"s{len(self.kept)}", "topic": topic, "target": url, "status": "active"}
        made |= {"expires_at": _after(expires), "posts": 0, "errors": 0}
        self.kept[made["subscription"]] = made
        return made

    def renew(self, subscription: str, expires: timedelta, *, reset: bool = False) -> None:
        self.kept[subscription]["expires_at"] = _after(expires)
        if reset:
            self.reset.append(subscription)
            self.kept[subscription] |= {"posts": 0, "errors": 0, "status": "active"}

    def delete(self, subscription: str) -> None:
        del self.kept[subscription]


def _after(span: timedelta | None) -> str | None:
    return None if span is None else (datetime.now(UTC) + span).isoformat()


class HomingPigeon(Client):
    """A client that can do no more than send, and notes what it is asked to send."""

    platform = "pigeon"

    def __init__(self, loft: str, ring: str | Secret) -> None:
        auth: Any = SimpleNamespace(headers=dict, renew=lambda used: False, secrets=lambda: [Secret(ring)])
        http = Http("pigeon", "https://pigeon.example", auth=auth, explain=lambda body: Explanation())
        super().__init__(Connection(http, loft))
        self.sent: list[Any] = []

    def send_text(
        self,
        to: str,
        text: str,
        *,
        sender: str | None = None,
        at: datetime | None = None,
        session: str | None = None,
    ) -> SendResult:
        self.sent.append((to, text, sender, session))
        return SendResult("pigeon", to, "sent", message="m1")


class PigeonClient(HomingPigeon):
    """A client with all that a form can ask for."""

    @cached_property
    def contacts(self) -> Lofts:
        return Lofts(self.connection)

    @cached_property
    def sessions(self) -> Flights:
        return Flights(self.connection)

    @cached_property
    def messages(self) -> Scrolls:
        return Scrolls(self.connection, self.sent)

    @cached_property
    def subscriptions(self) -> Watches:
        return Watches(self.connection)

    def credit(self) -> int:
        return 300

    def process_command(self, command: dict[str, Any]) -> dict[str, Any]:
        self.sent.append(command)
        return {"resource": {"items": [{"coo": "coo"}], "total": 1}}


PIGEON = Platform(
    name="pigeon",
    title="Pigeon Post",
    variable="loft",
    client=lambda: PigeonClient,
    settings=(
        Setting("loft", "name of the loft", "home"),
        Setting("ring", "what is written on the ring", "hidden", secret=True, label="Ring word"),
    ),
    sign_ins=(("loft", "ring"),),
    supports=frozenset({"send", "campaigns", "contacts", "credit"}),
    addresses=PigeonAddressing(),
    message_kinds=(
        MessageKind("Scroll", ("text", "thread"), _scroll, counts_sms=True),
        MessageKind("Map", ("url", "at"), _map),
    ),
    commands=COMMANDS,
    topics=("landing", "departure"),
    senders=lambda client: [f"ring {number}" for number in (12, 13)],
    largest_upload=12,
)


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch) -> dict[str, Platform]:
    """The platforms that are installed: pigeons, and what a test adds."""
    found = {"pigeon": PIGEON}
    monkeypatch.setattr(registry, "platforms", lambda: found)
    return found


@pytest.fixture
def pigeon(described: Mapping[str, Platform], tmp_path: Path) -> Iterator[PigeonClient]:
    """A client of the platform that is only described."""
    with PigeonClient("home", "word") as client:
        client.connection.journals = tmp_path
        yield client


@pytest.fixture
def homing(described: Mapping[str, Platform]) -> Iterator[HomingPigeon]:
    """A client of the same platform that can do no more than send."""
    with HomingPigeon("home", "word") as client:
        yield client
