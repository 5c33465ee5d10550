"""Recorded exchanges with the real platforms, replayed against the mocks: do they respond alike?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import orjson

from msgnb_mocks.core.application import Application
from msgnb_mocks.core.contract import merge, parent
from msgnb_mocks.core.descriptor import Names
from msgnb_mocks.core.operations import Json, Operation, Request, Response
from msgnb_mocks.core.registry import applications
from msgnb_mocks.world import snapshots
from msgnb_mocks.world.world import World


@dataclass(frozen=True)
class Exchange:
    """A recorded request, with the status and body of the real platform's response."""

    request: Request
    status: int
    body: bytes


@dataclass
class Comparison:
    """How the real platform and the mock responded to one operation.

    Attributes:
        operation: its name; method and path if the mocks have no such operation.
        evidence: how sure the mock's contract is.
        recorded: how many exchanges were recorded.
        only_recorded: fields that the mock does not return.
        only_mock: fields that the platform did not return.
        types: fields with other JSON types, `name: recorded / mock`.
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
        """Whether the mock returns everything that the platform returned."""
        return not (self.only_recorded or self.types or self.statuses)


def compare(exchanges: Iterable[Exchange], seed: int = 7) -> list[Comparison]:
    """Replay recorded requests against the mocks, and compare the responses by operation.

    The people and things of a recording don't exist in the mocks' world: if a mock does not know them, the
    same is requested about something that it knows.
    """
    mocks = applications(World(seed))
    signed = {name: mock.signed_headers() for name, mock in mocks.items()}
    sides: dict[str, tuple[list[Json], list[Json]]] = defaultdict(lambda: ([], []))
    found: dict[str, Comparison] = {}
    for exchange in exchanges:
        mock, operation = _find(mocks, exchange.request)
        name = operation.name if operation else f"{exchange.request.method} {exchange.request.path}"
        comparison = found.setdefault(name, Comparison(name))
        comparison.recorded += 1
        if mock is None or operation is None:
            comparison.only_recorded = ["(the mocks have no such operation)"]
            continue
        comparison.evidence = operation.evidence.value
        response = _replay(mock, exchange, signed[mock.name])
        _note(comparison, mock, exchange, response, sides[name])
    for name, (recorded, mocked) in sides.items():
        _compare_fields(found[name], merge(recorded), merge(mocked))
    return sorted(found.values(), key=lambda each: each.operation)


def _find(mocks: Mapping[str, Application], request: Request) -> tuple[Application | None, Operation | None]:
    for mock in mocks.values():
        if operation := mock.find_operation(request):
            return mock, operation
    return None, None


def _replay(mock: Application, exchange: Exchange, signed: Mapping[str, str]) -> Response:
    # Every exchange finds the same world, whatever the ones before it have changed or deleted.
    before = snapshots.save(mock.state)
    # The credentials in a recording are not those of the mock.
    own = {name.lower(): value for name, value in signed.items()}
    asked = replace(exchange.request, headers={**exchange.request.headers, **own})
    ways = [asked]
    # A recorded failure is not repeated with something that exists, because that would succeed.
    if mock.is_success(exchange.status, _values(exchange.body)):
        ways.append(mock.with_examples(asked))
    responses = [mock.handle(way) for way in ways]
    snapshots.restore(mock.state, before)
    recorded = merge([_values(exchange.body)]).keys()

    def likeness(response: Response) -> tuple[bool, int]:
        values = _values(response.body)
        return mock.is_success(response.status, values), len(recorded & merge([values]).keys())

    # About something that it doesn't know a mock returns little: the response with more of the recorded
    # fields counts.
    return max(responses, key=likeness)


def _note(
    comparison: Comparison,
    mock: Application,
    exchange: Exchange,
    response: Response,
    sides: tuple[list[Json], list[Json]],
) -> None:
    if exchange.status != response.status:
        statuses = f"{exchange.status} / {response.status}"
        comparison.statuses = list(dict.fromkeys([*comparison.statuses, statuses]))
        return
    recorded, mocked = _values(exchange.body), _values(response.body)
    if mock.is_success(exchange.status, recorded) and mock.is_success(response.status, mocked):
        sides[0].append(recorded)
        sides[1].append(mocked)


def _compare_fields(comparison: Comparison, recorded: Names, mocked: Names) -> None:
    """Note the fields that only one side has, without those inside a missing one, and other types."""
    comparison.only_recorded = [name for name in recorded if name not in mocked and _is_told(name, mocked)]
    comparison.only_mock = [name for name in mocked if name not in recorded and _is_told(name, recorded)]
    for name in recorded.keys() & mocked.keys():
        one, other = (set(side[name].split("|")) - {"null"} for side in (recorded, mocked))
        # A field that the mock always leaves empty has no type that could differ.
        if one - other and other:
            comparison.types.append(f"{name}: {recorded[name]} / {mocked[name]}")
    comparison.types.sort()


def _is_told(name: str, others: Names) -> bool:
    return not parent(name) or parent(name) in map(parent, others)


def _values(body: bytes) -> Json:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
