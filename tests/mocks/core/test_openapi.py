"""What the tables of operations say of themselves."""

from __future__ import annotations

import re

import pytest

from msgnb_mocks import World, applications
from msgnb_mocks.core.application import Application
from msgnb_mocks.core.openapi import HEADING, document, listing
from msgnb_mocks.core.operations import Evidence

MOCKS = applications(World(7))


@pytest.fixture(params=MOCKS.values(), ids=MOCKS)
def mock(request: pytest.FixtureRequest) -> Application:
    found: Application = request.param
    return found


def test_every_operation_says_what_it_is(mock: Application) -> None:
    """Each operation has a name of its own, a summary, its evidence and its section."""
    names = [operation.name for operation in mock.operations]
    assert len(set(names)) == len(names)
    for operation in mock.operations:
        assert operation.name.startswith(f"{mock.name}.")
        assert operation.summary
        assert operation.evidence in Evidence
        assert re.match(r"(BLiP|NetSapiens|SMSDrop) \d", operation.section)


def test_the_document_has_every_operation(mock: Application) -> None:
    """The OpenAPI document has each operation once, with the parts of its path as parameters."""
    made = document(mock)
    described = [
        operation for methods in made["paths"].values() for operation in methods.values()
    ] + made.get("x-commands", [])
    assert sorted(entry["operationId"] for entry in described) == sorted(o.name for o in mock.operations)
    for path, methods in made["paths"].items():
        for entry in methods.values():
            inside = {each["name"] for each in entry["parameters"] if each["in"] == "path"}
            assert inside == set(re.findall(r"\{(\w+)\}", path))


def test_the_listing_has_a_row_for_each() -> None:
    """The table for the docs has a row for each operation, all of the same width."""
    lines = listing(MOCKS.values()).splitlines()
    assert len(lines) == 2 + sum(len(mock.operations) for mock in MOCKS.values())
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {len(HEADING) + 1}
