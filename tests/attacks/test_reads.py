"""Every read of every client, against a platform whose answers are not what it documents.

The mocks answer, and something in each answer is replaced by something else: a list by a text, an ID by an
object, a time by one beyond the calendar. What a read returns then is a table or an object, or an error of
msgnb that names the platform. Nothing else is raised, and no control character gets into an error.
"""

from __future__ import annotations

import random
import sys
import traceback
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import orjson
import pandas as pd
import pytest
import requests
from attack_seeds import seeds
from urllib3 import HTTPResponse
from verbs import READS, prepare, tables_of, verbs_of

import msgnb
from msgnb.core.errors import InvalidRequest, MsgnbError

SEEDS = seeds(12)
"""How many times each verb is attacked."""
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 1e300, "", "x", "\x1b[31m\u202e", "9" * 400, "9999-99-99",
    "0001-01-01T00:00:00+23:59", [], [None], [[]], [7, "x"], {}, {"a": {"b": []}}, {"items": 7},
)  # fmt: skip
PERIOD = 6

Path = tuple[Any, ...]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where something is in a body, the first rows of a list only."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value[:3]):
            yield from paths(inner, (*path, number))


def spoil(body: Any, rng: random.Random) -> Any:
    """Replace or remove something in a body; what is near its root is chosen more often."""
    everything = sorted(paths(body), key=len)
    path = rng.choice(everything[: max(1, int(len(everything) * rng.random() ** 2))])
    if not path:
        return rng.choice(ODD)
    inner = body
    for key in path[:-1]:
        inner = inner[key]
    if rng.random() < 0.2:
        del inner[path[-1]]
    else:
        inner[path[-1]] = rng.choice(ODD)
    return body


class Spoiled:
    """Carries requests to a world, and spoils its answers."""

    def __init__(self, world: msgnb.testing.Offline, rng: random.Random) -> None:
        self._world = world
        self._rng = rng
        self._count = 0
        self._at = rng.randrange(PERIOD)

    def carry(self, request: requests.PreparedRequest) -> HTTPResponse:
        response = self._world._inside.carry(request)
        content = response.read()
        if self._count % PERIOD == self._at or self._rng.random() < 0.2:
            content = self._spoil(content)
        self._count += 1
        headers = {key: value for key, value in response.headers.items() if key.lower() != "content-length"}
        return HTTPResponse(
            status=response.status, body=BytesIO(content), headers=headers, preload_content=False
        )

    def _spoil(self, content: bytes) -> bytes:
        try:
            return orjson.dumps(spoil(orjson.loads(content), self._rng))
        except orjson.JSONDecodeError:
            return content


@pytest.fixture(scope="module")
def spoiled_world() -> Iterator[msgnb.testing.Offline]:
    with msgnb.offline() as world:
        prepare(world)
        yield world


CASES = [(platform, verb) for platform, verbs in READS.items() for verb in verbs]


@pytest.mark.parametrize(("platform", "verb"), CASES, ids=[".".join(case) for case in CASES])
def test_a_read_ends_in_a_table_or_an_error_of_ours(
    spoiled_world: msgnb.testing.Offline, platform: str, verb: str
) -> None:
    """Whatever is in an answer, nothing but an error of the tree is raised, and it names the platform."""
    for seed in range(SEEDS):
        rng = random.Random(f"{platform} {verb} {seed}")
        client = spoiled_world._make_client(platform)
        client.connection.http.pause = lambda _: None
        client.connection.http.bind(lambda: None, Spoiled(spoiled_world, rng).carry)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = READS[platform][verb](client)
            for table in found if isinstance(found, tuple) else (found,):
                repr(table)
        except InvalidRequest as error:
            # It is about what the caller gave, such as an ID that came from an answer.
            assert str(error).isprintable(), seed
        except MsgnbError as error:
            assert platform in str(error), seed
            assert str(error).isprintable(), seed
        except LookupError:
            # The example looks for a first row, and there is none.
            assert _is_of_the_example(), seed


def _is_of_the_example() -> bool:
    """Whether the exception that is handled was raised by an example of `verbs`, or by pandas for it."""
    files = [frame.filename for frame in traceback.extract_tb(sys.exc_info()[2])]
    last = next(name for name in reversed(files) if "/pandas/" not in name)
    return last.endswith("verbs.py")


def test_every_read_is_attacked(spoiled_world: msgnb.testing.Offline) -> None:
    """All tables are read here."""
    for platform, reads in READS.items():
        client = spoiled_world.client(platform)
        assert tables_of(client) <= set(reads)
        assert {name for name in reads if "." in name} <= verbs_of(client)


def test_what_the_world_answers_is_readable(spoiled_world: msgnb.testing.Offline) -> None:
    """Without faults every read of the list succeeds, and most have something to spoil."""
    missing = []
    for platform, reads in READS.items():
        for verb, read in reads.items():
            try:
                found = read(spoiled_world.client(platform))
            except (msgnb.NotFound, InvalidRequest):
                missing.append(verb)
                continue
            if isinstance(found, pd.DataFrame | list) and len(found) == 0:
                missing.append(verb)
    # No campaign was sent with msgnb, and the user has more numbers than one.
    assert set(missing) <= {"campaigns", "numbers.choose"}
