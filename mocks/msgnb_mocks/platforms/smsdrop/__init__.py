"""An SMSDrop account: its profile, its credit and its campaigns.

* Both path forms are served: the old one without a prefix, and `/api`, which alone has `created_at`.
* A campaign's status and share of delivered messages follow from the world's clock when they are read.
* A launch takes `message_count` from the credit; with too little of it the campaign is created all the same,
  answered with 201, and waits for a retry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from zlib import crc32

from msgnb_mocks.core.operations import (
    Answer,
    Evidence,
    Json,
    Operation,
    Refusal,
    Request,
    Router,
    Said,
    check_quirks,
    json_object,
    said_to,
)
from msgnb_mocks.platforms.smsdrop.campaigns import FAILING_PERCENT, PENDING_TIME, TOKEN_LIFE, Campaign, State
from msgnb_mocks.platforms.smsdrop.checks import body_of, invalid, moment_of, number_of, problems_of
from msgnb_mocks.world.history import Heard
from msgnb_mocks.world.snapshots import filled
from msgnb_mocks.world.world import Mailing, World

REAL_HOST = "smsdrop.edevtecapps.com"
PREFIX = "/api"
QUIRKS: Mapping[str, str] = {
    "no-token-type": "the login answers the token alone",
    "retry-without-body": "a retry answers without the campaign",
}


@dataclass(frozen=True)
class Call:
    """A request with the parts of its path, and which path form it came by."""

    request: Request
    parts: Mapping[str, str]
    dated: bool


class SmsDropMock:
    """The mock of one account."""

    name = "smsdrop"

    def __init__(self, world: World, *, quirks: frozenset[str] = frozenset()) -> None:
        check_quirks(quirks, QUIRKS)
        self._world = world
        self._quirks = quirks
        rng = world.random("smsdrop")
        self.state = State(rng)
        self.credentials = {"email": "campaigns@example.com", "password": world.hex(rng, 20)}
        self.clock = world.clock
        self.further_credentials: dict[str, dict[str, str]] = {}
        self._created = world.start - timedelta(days=400)
        self._user = world.uuid(rng)
        self._plan = world.uuid(rng)
        history = self.name, world.seed, world.start, quirks
        filled(self.state, history, lambda: self._seed(world.random("smsdrop campaigns")))
        self.operations = self._operations()
        self._router = Router(self.operations)

    def examples(self) -> dict[str, str]:
        """A campaign."""
        return {"id": next(reversed(self.state.campaigns), "")}

    def history(self) -> Iterable[Heard]:
        """What each recipient of the campaigns was sent."""
        with self._world.lock:
            return [
                Heard(campaign.created_at, False, campaign.message, phone, campaign.sender, phone,
                      kind="sms", campaign=campaign.id)
                for campaign in self.state.campaigns.values()
                for phone in campaign.recipient_list
            ]  # fmt: skip

    def remember(self, sayings: Iterable[Heard]) -> None:
        """Put campaigns made of messages in the place of all; those of one text and sender are one.

        Raises:
            ValueError: a message is inbound.
        """
        made: dict[tuple[str, str, str], Campaign] = {}
        for heard in sayings:
            if heard.inbound:
                raise ValueError("smsdrop only sends: an inbound message can't be its")
            key = heard.campaign, heard.own, heard.text
            made.setdefault(key, self._remembered(heard)).recipient_list.append(heard.contact)
        with self._world.lock:
            self.state.campaigns = {campaign.id: campaign for campaign in made.values()}

    def receive(self, from_: str, to: str, text: str, **more: object) -> dict[str, str]:  # noqa: ARG002
        """Nobody writes to SMSDrop.

        Raises:
            ValueError: always.
        """
        raise ValueError("smsdrop only sends: nobody can answer a campaign")

    def received(self) -> dict[str, list[str]]:
        """What each phone got of the campaigns that clients launched."""
        found: dict[str, list[str]] = {}
        with self._world.lock:
            now = self.clock.now()
            for campaign in self.state.campaigns.values():
                if not campaign.seeded and campaign.status(now) in {"SENDING", "COMPLETED"}:
                    for phone in self._reached(campaign):
                        found.setdefault(phone, []).append(campaign.message)
        return found

    def abort(self, id: str) -> None:  # noqa: A002 - the wire's word
        """Let the operator stop a campaign where it is."""
        campaign = self.state.campaigns[id]
        campaign.reached = campaign.delivered(self.clock.now())
        campaign.aborted = True

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        path = request.path
        dated = path.startswith(f"{PREFIX}/")
        bare = path.removeprefix(PREFIX) if dated else path
        with self._world.lock:
            return self._answer(request, bare, dated=dated)

    def operation_of(self, request: Request) -> str | None:
        """The name of the operation that a request asks for."""
        found = self._router.find(request.method, request.path.removeprefix(PREFIX))
        return found[0].name if found else None

    def said_in(self, request: Request) -> list[Said]:
        """What a request would say: a new campaign's text, to each of its recipients."""
        if self.operation_of(request) != "smsdrop.campaigns.launch":
            return []
        body = json_object(request) or {}
        return said_to(body.get("recipient_list"), body.get("message"))

    def _answer(self, request: Request, path: str, *, dated: bool) -> Answer:
        found = self._router.find(request.method, path)
        if found is None:
            return self._nowhere(request, path)
        operation, parts = found
        try:
            if operation.name != "smsdrop.login":
                self._authorize(request)
            answer: Answer = operation.handler(Call(request, parts, dated))
        except Refusal as refusal:
            answer = refusal.answer
        return answer.by(operation)

    def _nowhere(self, request: Request, path: str) -> Answer:
        if self._router.find(request.method, f"{path}/"):
            query = f"?{request.query_string}" if request.query_string else ""
            return Answer(307, b"", {"Location": f"{request.path}/{query}"})
        if any(operation.match(path) is not None for operation in self.operations):
            return Answer.of({"detail": "Method Not Allowed"}, 405)
        return Answer.of({"detail": "Not Found"}, 404)

    def _authorize(self, request: Request) -> None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        ends = self.state.tokens.get(token)
        if scheme.lower() != "bearer" or ends is None or self._world.clock.now() >= ends:
            raise Refusal(Answer.of({"detail": "Unauthorized"}, 401))

    # Operations

    def _login(self, call: Call) -> Answer:
        """Log in with e-mail and password."""
        form = call.request.form
        missing = [name for name in ("username", "password") if not form.get(name)]
        if missing:
            raise invalid([([name], "field required", "value_error.missing") for name in missing])
        if (form["username"], form["password"]) != (self.credentials["email"], self.credentials["password"]):
            return Answer.of({"detail": "LOGIN_BAD_CREDENTIALS"}, 400)
        token = self._world.hex(self.state.random, 48)
        self.state.tokens[token] = self._world.clock.now() + TOKEN_LIFE
        typed = {} if "no-token-type" in self._quirks else {"token_type": "bearer"}
        return Answer.of({"access_token": token, **typed})

    def _me(self, call: Call) -> Answer:  # noqa: ARG002
        """The account's profile."""
        rights = {"is_active": True, "is_verified": True, "is_superuser": False}
        return Answer.of({"id": self._user, "email": self.credentials["email"], **rights})

    def _subscription(self, call: Call) -> Answer:  # noqa: ARG002
        """The plan and the credit left."""
        created = self._created.isoformat()
        return Answer.of({"id": self._plan, "nbr_sms": self.state.credit, "created_at": created})

    def _list(self, call: Call) -> Answer:
        """The campaigns, the latest first."""
        skip, limit = (
            number_of(call.request.query, name, default) for name, default in (("skip", 0), ("limit", 100))
        )
        found = list(reversed(self.state.campaigns.values()))[skip : skip + limit]
        return Answer.of([self._wire(campaign, call) for campaign in found])

    def _one(self, call: Call) -> Answer:
        """One campaign."""
        return Answer.of(self._wire(self._known(call.parts["id"]), call))

    def _create(self, call: Call) -> Answer:
        """Create a campaign and launch it, if the credit allows."""
        body = body_of(call.request)
        problems = problems_of(body)
        if problems:
            raise invalid(problems)
        campaign = self._made(body)
        self.state.campaigns[campaign.id] = campaign
        return self._launched(campaign, call)

    def _retry(self, call: Call) -> Answer:
        """Launch a campaign for which the credit was too little."""
        body = body_of(call.request)
        if not isinstance(body.get("id"), str):
            raise invalid([(["id"], "field required", "value_error.missing")])
        campaign = self._known(body["id"])
        answer = (
            self._launched(campaign, call) if not campaign.launched else Answer.of(self._wire(campaign, call))
        )
        return Answer(answer.status) if "retry-without-body" in self._quirks else answer

    def _launched(self, campaign: Campaign, call: Call) -> Answer:
        enough = campaign.message_count <= self.state.credit
        if enough:
            self.state.credit -= campaign.message_count
            campaign.reached = 100 * len(self._reached(campaign)) // len(campaign.recipient_list)
            campaign.launch(self._world.clock.now())
        return Answer.of(self._wire(campaign, call), 200 if enough else 201)

    def _reached(self, campaign: Campaign) -> list[str]:
        """The phones that it reaches, with their `+`."""
        phones = dict.fromkeys(f"+{phone.removeprefix('+')}" for phone in campaign.recipient_list)
        seed = self._world.seed
        return [phone for phone in phones if crc32(f"{seed}:{phone}".encode()) % 100 >= FAILING_PERCENT]

    def _wire(self, campaign: Campaign, call: Call) -> dict[str, Json]:
        return campaign.wire(self._world.clock.now(), dated=call.dated)

    def _known(self, id: str) -> Campaign:  # noqa: A002 - the wire's word
        if id not in self.state.campaigns:
            raise Refusal(Answer.of({"detail": "Not Found"}, 404))
        return self.state.campaigns[id]

    def _made(self, body: Mapping[str, Any]) -> Campaign:
        number = self.state.random.randrange(1000, 9999)
        return Campaign(
            id=self._world.uuid(self.state.random),
            title=body.get("title") or f"Campaign {number}",
            message=body["message"],
            message_type=body.get("message_type") or 0,
            sender=body["sender"],
            recipient_list=[str(phone) for phone in body["recipient_list"]],
            defer_until=moment_of(body.get("defer_until")),
            defer_by=body.get("defer_by") or None,
            created_at=self._world.clock.now(),
        )

    def _seed(self, rng: Random) -> None:
        """Campaigns in every status, from the world's mailings."""
        mailings = sorted(self._world.mailings, key=lambda mailing: mailing.at)
        made = [self._mailed(rng, mailing) for mailing in mailings]
        # One was stopped by the operator, one waits for credit, and one is just being sent.
        stopped, waiting, running = made[1:4]
        stopped.aborted, stopped.reached = True, 40
        waiting.launched = False
        running.created_at = running.starts_at = self._world.start - PENDING_TIME
        for campaign in sorted(made, key=lambda campaign: campaign.created_at):
            self.state.campaigns[campaign.id] = campaign

    def _mailed(self, rng: Random, mailing: Mailing) -> Campaign:
        coming = mailing.at > self._world.start
        return Campaign(
            id=self._world.uuid(rng),
            title=mailing.title,
            message=mailing.text.replace(" {name}", ""),
            message_type=0,
            sender=mailing.sender,
            recipient_list=[person.phone for person in mailing.recipients],
            defer_until=mailing.at if coming else None,
            defer_by=None,
            created_at=mailing.at - (timedelta(days=6) if coming else timedelta(minutes=1)),
            launched=True,
            reached=rng.choice((100, 100, 98, 95, 87, 0)),
            starts_at=mailing.at,
            seeded=True,
        )

    def _remembered(self, heard: Heard) -> Campaign:
        return Campaign(
            id=heard.campaign or self._world.uuid(self.state.random),
            title=heard.text[:30],
            message=heard.text,
            message_type=0,
            sender=heard.own,
            recipient_list=[],
            defer_until=None,
            defer_by=None,
            created_at=heard.at,
            launched=True,
            starts_at=heard.at,
            seeded=True,
        )

    def _operations(self) -> tuple[Operation, ...]:
        seen, inferred = Evidence.SEEN, Evidence.INFERRED
        table: list[tuple[str, str, str, Callable[[Call], Answer], Evidence, str, tuple[int, ...]]] = [
            ("login", "POST", "/auth/login", self._login, seen, "SMSDrop 1", (400, 422)),
            ("me", "GET", "/users/me", self._me, seen, "SMSDrop 2", (401,)),
            ("subscription", "GET", "/subscriptions/", self._subscription, seen, "SMSDrop 2", (401,)),
            ("campaigns.list", "GET", "/campaigns/", self._list, seen, "SMSDrop 2", (401, 422)),
            (
                "campaigns.launch",
                "POST",
                "/campaigns/",
                self._create,
                Evidence.DOCUMENTED,
                "SMSDrop 2",
                (401, 422),
            ),
            (
                "campaigns.retry",
                "POST",
                "/campaigns/retry",
                self._retry,
                inferred,
                "SMSDrop 2",
                (401, 404, 422),
            ),
            ("campaigns.one", "GET", "/campaigns/{id}", self._one, seen, "SMSDrop 2", (401, 404)),
        ]
        return tuple(
            Operation(f"smsdrop.{name}", method, path, handler, evidence, section, errors=errors)
            for name, method, path, handler, evidence, section, errors in table
        )
