"""Makes the `contract.json` of each mock from the documented exchanges in `tests/data`.

What the documents name in words and tables, and no example has, is in the `contract_words.json` beside it:

* `prefix`: what stands before the documented paths.
* `envelope`: fields that all operations have, and the operations that don't have them (`not_in`).
* `free_resources`: how the names of operations start whose resources are the users' own.
* `fields`: further fields by operation and side.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from msgnb_mocks import World, applications
from msgnb_mocks.core.application import Application
from msgnb_mocks.core.contract import merge
from msgnb_mocks.core.descriptor import CONTRACT_FILE, MockPlatform, Names
from msgnb_mocks.core.operations import Request
from msgnb_mocks.core.registry import mocks

ROOT = Path(__file__).resolve().parents[1]
WORDS_FILE = "contract_words.json"
PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{\w+\}")
"""Where values belong in a documented path or body."""
SIDES = ("query", "request", "response")

Words = dict[str, Any]


def make() -> dict[Path, str]:
    """Return the text of each file."""
    made = applications(World(7))
    return {
        Path(str(files(mock.contract_package))) / CONTRACT_FILE: _contract(mock, made[mock.name])
        for mock in mocks().values()
        if mock.contract_package
    }


def _contract(mock: MockPlatform, application: Application) -> str:
    words = json.loads(files(mock.contract_package).joinpath(WORDS_FILE).read_text(encoding="utf-8"))
    bodies: dict[str, dict[str, list[Any]]] = defaultdict(lambda: {side: [] for side in SIDES})
    examples = ROOT / "tests" / "data" / f"{mock.name}.jsonl"
    for line in examples.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        if "request" in pair and (name := _operation(application, words["prefix"], pair["request"])):
            _add(bodies[name], pair)
    contract = {
        operation: {side: _fields(words, operation, side, some) for side, some in sides.items()}
        for operation, sides in sorted(bodies.items())
    }
    return json.dumps(contract, indent=1, ensure_ascii=False) + "\n"


def _fields(words: Words, operation: str, side: str, bodies: list[Any]) -> Names:
    """Return the fields of the examples and of the words, without those that are the users' own."""
    further: list[str] = list(words["fields"].get(operation, {}).get(side, ()))
    envelope = words.get("envelope", {"fields": (), "not_in": ()})
    if side != "query" and operation not in envelope["not_in"]:
        further += envelope["fields"]
    found = dict.fromkeys(further, "") | merge(bodies)
    free = operation.startswith(tuple(words.get("free_resources", ())))
    return {name: kind for name, kind in sorted(found.items()) if not (free and name.startswith("resource."))}


def _operation(application: Application, prefix: str, request: dict[str, Any]) -> str | None:
    path, _, query = PLACEHOLDER.sub("x", request["path"]).partition("?")
    path = path.partition(" ")[0]
    full = path if prefix and path.startswith(prefix.rpartition("/")[0]) else f"{prefix}{path}"
    body = PLACEHOLDER.sub("x", json.dumps(request.get("body"))).encode()
    found = application.find_operation(Request(request["method"], full, query, {}, body))
    return found.name if found else None


def _add(sides: dict[str, list[Any]], pair: dict[str, Any]) -> None:
    _, _, query = pair["request"]["path"].partition("?")
    sides["query"].append(dict(parse_qsl(query)))
    sides["request"].append(pair["request"].get("body", pair["request"].get("form")))
    response = pair.get("response") or {}
    if response.get("status", 500) < 400:
        sides["response"].append(response.get("body"))


if __name__ == "__main__":
    for path, text in make().items():
        path.write_text(text, encoding="utf-8")
