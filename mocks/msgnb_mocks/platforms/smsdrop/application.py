"""The mock of an SMSDrop account.

* Both forms of paths are served: the old one without a prefix, and `/api`, which alone has `created_at`.
* The status of a campaign and its share of delivered messages follow from the world's clock when they are
  read.
* A launch takes `message_count` from the credit. With too little credit the campaign is created all the same,
  the response is 201, and the campaign waits for a retry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

import orjson

from msgnb_mocks.core.application import LATE_LISTS, LISTED_AFTER, Application, check_quirks
from msgnb_mocks.core.messages import HistoryMessage, OutboundMessage
from msgnb_mocks.core.operations import (
    FORM_TYPE,
    Call,
    Evidence,
    Json,
    Operation,
    Refusal,
    Request,
    Response,
    Route,
)
from msgnb_mocks.platforms.smsdrop.campaigns import PENDING_TIME, TOKEN_LIFE, Campaign, State
from msgnb_mocks.platforms.smsdrop.checks import (
    find_problems,
    parse_body,
    parse_count,
    parse_time,
    refuse_invalid,
)
from msgnb_mocks.world.snapshots import fill_once
from msgnb_mocks.world.world import Mailing, World

PREFIX = "/api"
QUIRKS: Mapping[str, str] = {
    "late-lists": LATE_LISTS,
    "no-token-type": "the login returns only the token",
    "retry-without-body": "a retry returns no campaign",
}

NOT_FOUND = Response.of({"detail": "Not Found"}, 404)


@dataclass(frozen=True)
class DatedCall(Call):
    """A call that also says whether its path has the prefix, whose campaigns have `created_at`."""

    dated: bool


class SmsDropMock(Application):
    """The mock of one account."""

    name = "smsdrop"
    can_be_answered = False
    world: World
    state: State

    def __init__(self, world: World, quirks: frozenset[str] = frozenset()) -> None:
        check_quirks(quirks, QUIRKS)
        super().__init__(world, self._operations())
        self._quirks = quirks
        rng = world.random("smsdrop")
        self.state = State(rng)
        self.credentials = {"email": "campaigns@example.com", "password": world.hex(rng, 20)}
        self._created = world.start - timedelta(days=400)
        self._user = world.uuid(rng)
        self._plan = world.uuid(rng)
        history = self.name, world.seed, world.start, quirks
        fill_once(self.state, history, lambda: self._seed(world.random("smsdrop campaigns")))

    # Responding

    def route(self, request: Request) -> Route | None:
        """Return the operation that serves a request, with or without the prefix in its path."""
        return self.router.find(request.method, _bare(request.path))

    def not_found(self, request: Request) -> Response:
        """Return what FastAPI returns: a redirect if a slash is missing, 405 for another method, or 404."""
        path = _bare(request.path)
        if self.router.find(request.method, f"{path}/"):
            query = f"?{request.query_string}" if request.query_string else ""
            # FastAPI's redirect; after a 307 a client repeats the method and the body (SMSDrop 2).
            return Response(307, b"", {"Location": f"{request.path}/{query}"})
        if any(operation.match(path) is not None for operation in self.operations):
            return Response.of({"detail": "Method Not Allowed"}, 405)
        return Response.of({"detail": "Not Found"}, 404)

    def authorize(self, operation: Operation, request: Request) -> None:
        """Check the token; only the login needs none."""
        if operation.name == "smsdrop.login":
            return
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        ends = self.state.tokens.get(token)
        if scheme.lower() != "bearer" or ends is None or self.clock.now() >= ends:
            raise Refusal(Response.of({"detail": "Unauthorized"}, 401))

    def perform(self, operation: Operation, request: Request, parts: dict[str, str]) -> Response:
        """Call the operation's handler."""
        response: Response = operation.handler(DatedCall(request, parts, _has_prefix(request.path)))
        return response

    # What a request is about

    def messages_in(self, request: Request) -> list[OutboundMessage]:
        """Return what a request sends: a new campaign's text, to each of its recipients."""
        found = self.find_operation(request)
        if found is None or found.name != "smsdrop.campaigns.launch":
            return []
        body = request.json_object() or {}
        return OutboundMessage.to_each(body.get("recipient_list"), body.get("message"))

    def examples(self) -> dict[str, str]:
        """Return the ID of a campaign."""
        return {"id": next(reversed(self.state.campaigns), "")}

    def with_examples(self, request: Request) -> Request:
        """Return the same request about something that exists here, with the prefix that it had."""
        found = super().with_examples(request)
        return replace(found, path=PREFIX + found.path) if _has_prefix(request.path) else found

    def signed_headers(self) -> dict[str, str]:
        """Return a new token."""
        login = urlencode(self.login_fields()).encode()
        response = self.handle(Request("POST", "/auth/login", body=login))
        return {"authorization": f"Bearer {orjson.loads(response.body)['access_token']}"}

    def login_fields(self) -> Mapping[str, str]:
        """Return the fields of the login's form: the email is its `username`."""
        return {"username": self.credentials["email"], "password": self.credentials["password"]}

    # Messages

    def history(self) -> Iterable[HistoryMessage]:
        """Return what each recipient of the campaigns was sent."""
        with self.world.lock:
            return [
                HistoryMessage(campaign.created_at, False, campaign.message, phone, campaign.sender, phone,
                               kind="sms", campaign=campaign.id)
                for campaign in self.state.campaigns.values()
                for phone in campaign.recipient_list
            ]  # fmt: skip

    def remember(self, messages: Iterable[HistoryMessage]) -> None:
        """Replace the campaigns with others, made from messages; the same text and sender is one campaign.

        Raises:
            ValueError: a message is inbound.
        """
        made: dict[tuple[str, str, str], Campaign] = {}
        for message in messages:
            if message.inbound:
                raise ValueError("smsdrop only sends: an inbound message can't be its")
            key = message.campaign, message.own, message.text
            made.setdefault(key, self._recall(message)).recipient_list.append(message.contact)
        with self.world.lock:
            self.state.campaigns = {campaign.id: campaign for campaign in made.values()}

    def received(self) -> dict[str, list[str]]:
        """Return what each phone received from the campaigns that clients launched."""
        found: dict[str, list[str]] = {}
        with self.world.lock:
            now = self.clock.now()
            for campaign in self.state.campaigns.values():
                if not campaign.seeded and campaign.status(now) in {"SENDING", "COMPLETED"}:
                    for phone in self._reachable(campaign):
                        found.setdefault(phone, []).append(campaign.message)
        return found

    def abort(self, id: str) -> None:  # noqa: A002 - the wire's word
        """Let the operator stop a campaign at its current progress."""
        campaign = self.state.campaigns[id]
        campaign.reached = campaign.delivered(self.clock.now())
        campaign.aborted = True

    # Operations

    def _login(self, call: DatedCall) -> Response:
        """Log in with email and password."""
        form = call.request.form
        missing = [name for name in ("username", "password") if not form.get(name)]
        if missing:
            raise refuse_invalid([([name], "field required", "value_error.missing") for name in missing])
        if (form["username"], form["password"]) != (self.credentials["email"], self.credentials["password"]):
            # 400, while 401 is about tokens only (SMSDrop 1).
            return Response.of({"detail": "LOGIN_BAD_CREDENTIALS"}, 400)
        token = self.world.hex(self.state.random, 48)
        self.state.tokens[token] = self.clock.now() + TOKEN_LIFE
        typed = {} if "no-token-type" in self._quirks else {"token_type": "bearer"}
        return Response.of({"access_token": token, **typed})

    def _me(self, call: DatedCall) -> Response:  # noqa: ARG002
        """Return the account's profile."""
        rights = {"is_active": True, "is_verified": True, "is_superuser": False}
        return Response.of({"id": self._user, "email": self.credentials["email"], **rights})

    def _subscription(self, call: DatedCall) -> Response:  # noqa: ARG002
        """Return the plan and the credit left."""
        created = self._created.isoformat()
        return Response.of({"id": self._plan, "nbr_sms": self.state.credit, "created_at": created})

    def _list(self, call: DatedCall) -> Response:
        """List the campaigns, the latest first."""
        skip, limit = (
            parse_count(call.request.query, name, default) for name, default in (("skip", 0), ("limit", 100))
        )
        found = list(filter(self._is_listed, reversed(self.state.campaigns.values())))[skip : skip + limit]
        return Response.of([self._wire(campaign, call) for campaign in found])

    def _one(self, call: DatedCall) -> Response:
        """Return one campaign."""
        campaign = self._get(call.parts["id"])
        if not self._is_listed(campaign):
            raise Refusal(NOT_FOUND)
        return Response.of(self._wire(campaign, call))

    def _is_listed(self, campaign: Campaign) -> bool:
        return "late-lists" not in self._quirks or campaign.created_at <= self.clock.now() - LISTED_AFTER

    def _create(self, call: DatedCall) -> Response:
        """Create a campaign, and launch it if there is enough credit."""
        body = parse_body(call.request)
        problems = find_problems(body)
        if problems:
            raise refuse_invalid(problems)
        campaign = self._make(body)
        self.state.campaigns[campaign.id] = campaign
        # Stored already: with too little credit the campaign exists all the same (SMSDrop 2).
        return self._launch(campaign, call)

    def _retry(self, call: DatedCall) -> Response:
        """Launch a campaign for which there was too little credit."""
        body = parse_body(call.request)
        if not isinstance(body.get("id"), str):
            raise refuse_invalid([(["id"], "field required", "value_error.missing")])
        campaign = self._get(body["id"])
        response = (
            self._launch(campaign, call) if not campaign.launched else Response.of(self._wire(campaign, call))
        )
        return Response(response.status) if "retry-without-body" in self._quirks else response

    def _launch(self, campaign: Campaign, call: DatedCall) -> Response:
        enough = campaign.message_count <= self.state.credit
        if enough:
            self.state.credit -= campaign.message_count
            campaign.reached = 100 * len(self._reachable(campaign)) // len(campaign.recipient_list)
            campaign.launch(self.clock.now())
        return Response.of(self._wire(campaign, call), 200 if enough else 201)

    def _reachable(self, campaign: Campaign) -> list[str]:
        """Return the phones that it reaches, with their `+`."""
        # The leading plus is optional on the wire (SMSDrop 2).
        phones = dict.fromkeys(f"+{phone.removeprefix('+')}" for phone in campaign.recipient_list)
        # A checksum, because the hash of text differs from process to process.
        seed, failing = self.world.seed, self.state.failing_percent
        return [phone for phone in phones if crc32(f"{seed}:{phone}".encode()) % 100 >= failing]

    def _wire(self, campaign: Campaign, call: DatedCall) -> dict[str, Json]:
        return campaign.wire(self.clock.now(), dated=call.dated)

    def _get(self, id: str) -> Campaign:  # noqa: A002 - the wire's word
        if id not in self.state.campaigns:
            raise Refusal(NOT_FOUND)
        return self.state.campaigns[id]

    def _make(self, body: Mapping[str, Any]) -> Campaign:
        number = self.state.random.randrange(1000, 9999)
        return Campaign(
            id=self.world.uuid(self.state.random),
            title=body.get("title") or f"Campaign {number}",
            message=body["message"],
            message_type=body.get("message_type") or 0,
            sender=body["sender"],
            recipient_list=[str(phone) for phone in body["recipient_list"]],
            defer_until=parse_time(body.get("defer_until")),
            defer_by=body.get("defer_by") or None,
            created_at=self.clock.now(),
        )

    def _seed(self, rng: Random) -> None:
        """Make campaigns in every status from the world's mailings."""
        mailings = sorted(self.world.mailings, key=lambda mailing: mailing.at)
        made = [self._make_past(rng, mailing) for mailing in mailings]
        # One was stopped by the operator, one waits for credit, and one is being sent.
        stopped, waiting, running = made[1:4]
        stopped.aborted, stopped.reached = True, 40
        waiting.launched = False
        running.created_at = running.starts_at = self.world.start - PENDING_TIME
        for campaign in sorted(made, key=lambda campaign: campaign.created_at):
            self.state.campaigns[campaign.id] = campaign

    def _make_past(self, rng: Random, mailing: Mailing) -> Campaign:
        coming = mailing.at > self.world.start
        return Campaign(
            id=self.world.uuid(rng),
            title=mailing.title,
            # All recipients of a campaign receive the same text, so it can't contain a name.
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

    def _recall(self, message: HistoryMessage) -> Campaign:
        return Campaign(
            id=message.campaign or self.world.uuid(self.state.random),
            title=message.text[:30],
            message=message.text,
            message_type=0,
            sender=message.own,
            recipient_list=[],
            defer_until=None,
            defer_by=None,
            created_at=message.at,
            launched=True,
            starts_at=message.at,
            seeded=True,
        )

    def _operations(self) -> Iterable[Operation]:
        documented, seen, inferred = Evidence.DOCUMENTED, Evidence.SEEN, Evidence.INFERRED
        table: list[tuple[str, str, str, Callable[[DatedCall], Response], Evidence, tuple[int, ...]]] = [
            ("me", "GET", "/users/me", self._me, seen, (401,)),
            ("subscription", "GET", "/subscriptions/", self._subscription, seen, (401,)),
            ("campaigns.list", "GET", "/campaigns/", self._list, seen, (401, 422)),
            ("campaigns.launch", "POST", "/campaigns/", self._create, documented, (401, 422)),
            ("campaigns.retry", "POST", "/campaigns/retry", self._retry, inferred, (401, 404, 422)),
            ("campaigns.one", "GET", "/campaigns/{id}", self._one, seen, (401, 404)),
        ]
        yield Operation(
            "smsdrop.login", "POST", "/auth/login", self._login, seen, "SMSDrop 1",
            errors=(400, 422), request_type=FORM_TYPE, shown=("username", "grant_type", "scope"),
        )  # fmt: skip
        for name, method, path, handler, evidence, errors in table:
            yield Operation(f"smsdrop.{name}", method, path, handler, evidence, "SMSDrop 2", errors=errors)


def _has_prefix(path: str) -> bool:
    return path.startswith(f"{PREFIX}/")


def _bare(path: str) -> str:
    return path.removeprefix(PREFIX) if _has_prefix(path) else path
