"""Requests that nobody thinks of: made of the OpenAPI documents, and of anything for BLiP's commands."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from msgnb_mocks import World
from msgnb_mocks.core.openapi import document
from msgnb_mocks.core.operations import Request, Response
from msgnb_mocks.hosting.inprocess import InProcess
from msgnb_mocks.platforms.blip import BlipMock
from msgnb_mocks.platforms.blip.commands import COMMANDS
from msgnb_mocks.platforms.blip.lime import METHODS as KNOWN_METHODS

EXAMPLES = 2_000
METHODS = sorted(KNOWN_METHODS)
Bot = tuple[BlipMock, dict[str, str]]
PART = re.compile(r"\{(\w+)\}")
WANTED = {"not_a_server_error", "response_schema_conformance"}
QUICK: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "derandomize": True,
    "suppress_health_check": list(HealthCheck),
    "phases": (Phase.explicit, Phase.generate),
}


@pytest.fixture(scope="module")
def inside() -> Iterator[InProcess]:
    with InProcess(World(7)) as inside:
        yield inside


def signed(inside: InProcess, name: str) -> dict[str, str]:
    """The header that signs in."""
    login = dict(inside.credentials[name])
    url = login.pop("url")
    if name == "blip":
        return {"Authorization": f"Key {login['key']}"}
    if name == "netsapiens":
        answer = requests.post(f"{url}/ns-api/v2/tokens", json={"grant_type": "password", **login})
    else:
        answer = requests.post(
            f"{url}/auth/login", data={"username": login["email"], "password": login["password"]}
        )
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def asking(
    operation: Any, url: str, headers: dict[str, str], known: dict[str, str], examples: int
) -> Counter[int]:
    """Ask for one operation, and count the statuses."""
    checks = [check for check in CHECKS.get_all() if check.__name__ in WANTED]
    assert len(checks) == len(WANTED)
    statuses: Counter[int] = Counter()

    @settings(max_examples=examples, **QUICK)
    @given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE), st.integers(0, 4))
    def asked(case: Any, chance: int) -> None:
        if chance:  # most requests are about somebody that there is
            case.path_parameters |= {name: known[name] for name in case.path_parameters if name in known}
        answer = case.call(base_url=url, headers=headers)
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=checks)

    asked()
    return statuses


def test_requests_of_the_openapi_find_no_500_and_no_breach(inside: InProcess) -> None:
    """In 2,000 requests made of the three documents each answer is as documented, and none is a 500."""
    operations = [
        (name, found.ok())
        for name, application in inside.applications.items()
        for found in schemathesis.openapi.from_dict(document(application)).get_all_operations()
        # One is documented to answer 500.
        if "500" not in found.ok().definition.raw["responses"]
    ]
    statuses: Counter[int] = Counter()
    headers = {name: signed(inside, name) for name in inside.applications}
    before = inside.snapshot()
    share = 2 * EXAMPLES // len(operations)  # where there is little to vary, there are fewer
    for name, operation in operations:
        known = inside.applications[name].examples()
        found = asking(operation, inside.credentials[name]["url"], headers[name], known, share)
        statuses += found
        inside.restore(before)
    assert statuses.total() >= EXAMPLES
    assert statuses[200] > EXAMPLES / 10


WIRE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(), inner, max_size=6),
    max_leaves=40,
)
NODES = (
    "crm",
    "analytics",
    "broadcast",
    "scheduler",
    "desk",
    "activecampaign",
    "builder",
    "threads",
    "nowhere",
)
TO = st.none() | st.sampled_from([f"postmaster@{node}.msging.net" for node in NODES]) | WIRE
NAMES = st.sampled_from(
    ["identity", "name", "when", "message", "campaign", "audience", "category", "action", "to"]
)
RESOURCE = WIRE | st.dictionaries(NAMES, WIRE, max_size=8)
QUERY = st.dictionaries(
    st.sampled_from(
        ["$skip", "$take", "$filter", "storageDate", "direction", "startDate", "since", "expiration"]
    ),
    st.text(max_size=20) | st.integers(-10, 10**12).map(str),
    max_size=4,
)


@st.composite
def uris(draw: st.DrawFn) -> str:
    """The documented uris with anything in their places, and what is none."""
    application = draw(st.sampled_from(COMMANDS))
    parts = {name: quote(draw(st.text(max_size=30)), safe="") for name in PART.findall(application.path)}
    path = PART.sub(lambda found: parts[found[1]], application.path)
    query = draw(QUERY)
    return draw(
        st.sampled_from([f"{path}?{urlencode(query)}", path, f"lime://demobot@msging.net{path}"]) | st.text()
    )


ENVELOPE = st.fixed_dictionaries(
    {"id": st.text(min_size=1), "method": st.sampled_from(METHODS) | WIRE, "uri": uris() | WIRE},
    optional={"to": TO, "type": st.text() | WIRE, "resource": RESOURCE, "from": WIRE, "metadata": WIRE},
)


@pytest.fixture(scope="module")
def bot() -> Iterator[Bot]:
    bot = BlipMock(World(7))
    yield bot, {"authorization": f"Key {bot.credentials['key']}"}


@settings(max_examples=EXAMPLES, **QUICK)
@given(ENVELOPE | WIRE)
def test_no_command_breaks_the_bot(bot: Bot, wire: Any) -> None:
    """Nested, huge, of wrong types: each command is answered as LIME answers, and never with an exception."""
    answer = posted(bot, "/commands", wire)
    assert answer.status in {200, 202, 400}
    if answer.status == 200:
        told = orjson.loads(answer.body)
        assert told["id"] == wire["id"]
        assert told["status"] in {"success", "failure"}
        assert ("reason" in told) == (told["status"] == "failure")


@settings(max_examples=EXAMPLES // 4, **QUICK)
@given(
    st.sampled_from(["/messages", "/notifications", "/commands"]),
    st.binary(max_size=200)
    | st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "to", "type", "content"), WIRE)),
)
def test_no_message_breaks_the_bot(bot: Bot, path: str, wire: Any) -> None:
    """Messages and notifications of anything, and bytes that are no JSON, are taken or refused."""
    assert posted(bot, path, wire).status in {200, 202, 400}


@pytest.mark.parametrize("depth", [100, 5_000, 200_000])
def test_what_is_nested_deeply_is_refused_or_answered(bot: Bot, depth: int) -> None:
    """A resource nested without end is answered, or refused as no JSON."""
    nested = b"[" * depth + b"]" * depth
    body = b'{"id": "1", "method": "set", "uri": "/contacts", "resource": %s}' % nested
    assert posted(bot, "/commands", body).status in {200, 400}


def posted(bot: Bot, path: str, wire: Any) -> Response:
    mock, headers = bot
    return mock.handle(
        Request("POST", path, "", headers, wire if isinstance(wire, bytes) else json.dumps(wire).encode())
    )
