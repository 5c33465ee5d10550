"""What a mock says of itself, once.

A mock is a package with a descriptor and an entry in the entry-point group `msgnb.mocks`, under the
platform's name:

    [project.entry-points."msgnb.mocks"]
    acme = "acme_mock:MOCK"

Everything else is derived from the descriptor and from the application that it makes: servers and ports, the
hosts that are replaced in process, pytest fixtures, the page of phones, and the lists in the docs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from importlib.resources import files
from typing import Any

import orjson

from msgnb_mocks.core.application import Application

Names = dict[str, str]
"""The JSON types of each field, such as `array|string`; `resource.items[].name` is a field inside others."""
Contract = Mapping[str, Mapping[str, Names]]
"""The documented fields of each operation: of its `query`, its `request` and its `response`."""

CONTRACT_FILE = "contract.json"


@dataclass(frozen=True)
class MockPlatform:
    """A mock.

    Args:
        name: the platform's name.
        hosts: the real hosts that it replaces. The first is the one that clients are given; the others may be
            patterns, such as `*.acme.example`.
        application: makes its application, given the world and the quirks that are switched on.
        quirks: its variations by name, with what each does: what some servers do instead of what is
            documented.
        contract_package: the package that contains the `contract.json` with the documented fields of its
            operations; empty if it has none.
    """

    name: str
    hosts: tuple[str, ...]
    application: Callable[[Any, frozenset[str]], Application]
    quirks: Mapping[str, str] = field(default_factory=dict)
    contract_package: str = ""

    @property
    def host(self) -> str:
        """The real host that clients are given."""
        return self.hosts[0]

    def replaces(self, host: str) -> bool:
        """Whether it replaces a host."""
        # `fnmatch` is for paths: on Windows it changes case and slashes before it compares.
        return any(fnmatchcase(host, pattern) for pattern in self.hosts)

    @cached_property
    def contract(self) -> Contract:
        """The documented fields of its operations."""
        if not self.contract_package:
            return {}
        found: Contract = orjson.loads(files(self.contract_package).joinpath(CONTRACT_FILE).read_bytes())
        return found
