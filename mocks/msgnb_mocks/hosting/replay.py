"""Recorded exchanges with the real platforms, played against the mocks: do they answer alike?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import orjson

from msgnb_mocks.core.contract import Names, merged
from msgnb_mocks.core.operations import Answer, Application, Json, Operation, Request, json_object
from msgnb_mocks.core.registry import platforms
from msgnb_mocks.platforms.blip.lime import target
from msgnb_mocks.world.snapshots import put_back, save
from msgnb_mocks.world.world import World


@dataclass(frozen=True)
class Exchange:
    """A request, and the answer that the real platform gave."""

    request: Request
    status: int
    body: bytes


@dataclass
class Comparison:
    """How one operation was answered, really and by the mock.

    Attributes:
        operation: its name; that of the method and path where the mocks have none.
        evidence: how sure the mock's contract is.
        recorded: how many exchanges there are of it.
        only_recorded: names that the mock does not answer.
        only_mock: names that the platform did not answer.
        types: names with other JSON types, `name: recorded / mock`.
        statuses: HTTP statuses that differ, `recorded / mock`.
    """

    operation: str
    evidence: str = ""
    recorded: int = 0
    only_recorded: list[str] = field(default_factory=list)
    only_mock: list[str] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)

    @property
    def alike(self) -> bool:
        """Whether nothing differs that the platform answered."""
        return not (self.only_recorded or self.types or self.statuses)


def compare(exchanges: Iterable[Exchange], seed: int = 7) -> list[Comparison]:
    """Plays what was recorded against the mocks, operation by operation.

    Who and what a recording is about is not in the mocks' world: where the mock does not know it, the same is
    asked about somebody it knows.
    """
    applications = platforms(World(seed))
    signed = {name: _signed_in(application) for name, application in applications.items()}
    sides: dict[str, tuple[list[Json], list[Json]]] = defaultdict(lambda: ([], []))
    found: dict[str, Comparison] = {}
    for exchange in exchanges:
        application, name = _asked(applications, exchange.request)
        comparison = found.setdefault(name, Comparison(name))
        comparison.recorded += 1
        if application is None:
            comparison.only_recorded = ["(the mocks have no such operation)"]
            continue
        operation = next(each for each in application.operations if each.name == name)
        comparison.evidence = operation.evidence.value
        answer = _played(application, operation, exchange, signed[application.name])
        _note(comparison, exchange, answer, sides[name])
    for name, (recorded, mocked) in sides.items():
        _differ(found[name], merged(recorded), merged(mocked))
    return sorted(found.values(), key=lambda each: each.operation)


def _asked(applications: Mapping[str, Application], request: Request) -> tuple[Application | None, str]:
    for application in applications.values():
        if name := application.operation_of(request):
            return application, name
    return None, f"{request.method} {request.path}"


def _signed_in(application: Application) -> str:
    """The header that signs in at a mock."""
    login = application.credentials
    if "key" in login:
        return f"Key {login['key']}"
    if "client_id" in login:
        body = orjson.dumps({"grant_type": "password", **login})
        headers = {"content-type": "application/json"}
        asked = Request("POST", "/ns-api/v2/tokens", "", headers, body)
    else:
        form = urlencode({"username": login["email"], "password": login["password"]}).encode()
        asked = Request("POST", "/auth/login", "", {}, form)
    return f"Bearer {orjson.loads(application.handle(asked).body)['access_token']}"


def _played(application: Application, operation: Operation, exchange: Exchange, signed: str) -> Answer:
    before = save(application.state)
    request = exchange.request
    headers = {**request.headers, "authorization": signed}
    asked = Request(request.method, request.path, request.query_string, headers, request.body)
    ways = [asked, _about_known(application, operation, asked)]
    answers = [application.handle(way) for way in ways[: 1 + _good(exchange.status, exchange.body)]]
    put_back(application.state, before)
    recorded = merged([_values(exchange.body)]).keys()
    # The one that shows most of what was recorded: of somebody unknown a mock tells little.
    return max(answers, key=lambda each: (_good(each.status, each.body), len(recorded & _named(each))))


def _named(answer: Answer) -> set[str]:
    return set(merged([_values(answer.body)]))


def _about_known(application: Application, operation: Operation, request: Request) -> Request:
    """The same request about somebody or something that the mock knows, by one who may sign in there."""
    examples = application.examples()
    envelope = json_object(request) or {}
    path, query = target(str(envelope["uri"])) if operation.postmasters else (request.path, {})
    parts = operation.match(path) or operation.match(path.removeprefix("/api")) or {}
    known = {name: quote(examples.get(name, value), safe="@~") for name, value in parts.items()}
    prefix = "/api" if operation.match(path) is None else ""
    path = prefix + operation.path.format(**known)
    if not operation.postmasters:
        body = _own_login(application, request)
        return Request(request.method, path, request.query_string, request.headers, body)
    uri = f"{path}?{urlencode(query)}" if query else path
    body = orjson.dumps({**envelope, "uri": uri})
    return Request(request.method, request.path, request.query_string, request.headers, body)


def _own_login(application: Application, request: Request) -> bytes:
    """The body, with the mock's own login where there is one in it."""
    login = application.credentials
    login = {**login, "username": login.get("username") or login.get("email", "")}
    body = json_object(request)
    if body is not None and "password" in body:
        return orjson.dumps({**body, **{name: login[name] for name in body if name in login}})
    if request.form.get("password"):
        own = {name: login[name] for name in request.form if name in login}
        return urlencode({**request.form, **own}).encode()
    return request.body


def _good(status: int, body: bytes) -> bool:
    content = _values(body)
    return status < 400 and not (isinstance(content, dict) and content.get("status") == "failure")


def _note(
    comparison: Comparison, exchange: Exchange, answer: Answer, sides: tuple[list[Json], list[Json]]
) -> None:
    if exchange.status != answer.status:
        words = f"{exchange.status} / {answer.status}"
        comparison.statuses = list(dict.fromkeys([*comparison.statuses, words]))
    elif _good(exchange.status, exchange.body) and _good(answer.status, answer.body):
        sides[0].append(_values(exchange.body))
        sides[1].append(_values(answer.body))


def _differ(comparison: Comparison, recorded: Names, mocked: Names) -> None:
    """What two sets of names do not have alike; what is inside of a missing one is not told again."""
    comparison.only_recorded = [name for name in recorded if name not in mocked and _told(name, mocked)]
    comparison.only_mock = [name for name in mocked if name not in recorded and _told(name, recorded)]
    for name in recorded.keys() & mocked.keys():
        one, other = (set(side[name].split("|")) - {"null"} for side in (recorded, mocked))
        if one - other and other:
            comparison.types.append(f"{name}: {recorded[name]} / {mocked[name]}")
    comparison.types.sort()


def _told(name: str, others: Names) -> bool:
    parent = name.rpartition(".")[0]
    return not parent or parent in {each.rpartition(".")[0] for each in others}


def _values(body: bytes) -> Json:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
