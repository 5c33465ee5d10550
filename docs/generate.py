"""Writes the pages of the docs that follow from the code: the tables, and the mocks' operations."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from msgnb.tables import TABLES, Table
from msgnb_mocks import World
from msgnb_mocks.core import registry as platforms
from msgnb_mocks.core.contract import contract
from msgnb_mocks.core.openapi import listing
from msgnb_mocks.core.operations import Operation
from msgnb_mocks.core.registry import MODULES

HERE = Path(__file__).parent
TABLES_HEAD = """# Tables

Every table has the same columns and types for no row and for a million. Text is `str`, ids and phone numbers
too; times are `datetime64[us, UTC]`, counts `Int64`, small closed sets `category`. What is missing is `NaN`,
`<NA>` or `NaT`, as pandas has it. With `raw=True` the platform's own object is a last column `raw`.
"""
OPERATIONS_HEAD = """# What the mocks answer

Made from the mocks' own tables of operations. *Sure* says where the contract comes from: `documented` by the
platform, `seen` in the code of clients that work with it, or `inferred`. Errors are HTTP statuses, or LIME
reason codes for BLiP's commands.
"""
QUIRKS_HEAD = """## Quirks

Where documentation and live servers differ, the mocks do what is documented, and the other thing where it is
switched on: `msgnb.offline(quirks={"single-row-object"})`, `msgnb_mocks.serve(quirks=…)`, or
`python -m msgnb_mocks --quirk …`.
"""


FIDELITY_HEAD = """# How true the mocks are

They follow the platforms' documents and what other people's clients do; nobody has compared them with the
live services here. Whoever has an account can, in minutes:
[prove it](cassettes.md#prove-the-mocks-against-your-account).

Each operation says how sure its contract is: `documented` by the platform, `seen` in the code of clients that
work with it, or `inferred`. The same stands in the header `X-Msgnb-Evidence` of each answer, and in the page
of [phones](phones.md). With `strict=True` (`msgnb.offline`, `msgnb.testing.serve`, `msgnb mocks --strict`)
what is only inferred is refused.
"""
CLIENTS_HEAD = """## Other people's clients

Unmodified, as they are on PyPI, and what of the mocks they use in their tests here (`tests/peers`).

| client | operations | which |
| --- | --- | --- |
"""
PROVED_HEAD = """## Operation by operation

*Examples* says whether documented exchanges of it are kept, whose names and types the mock's answers are held
against; *clients* how many of those above use it.

| operation | sure | examples | clients |
| --- | --- | --- | --- |
"""
PROVED = HERE.parent / "tests" / "peers" / "proved.json"


def pages() -> dict[str, str]:
    """The pages by their file names."""
    operations = listing(platforms(World(7)).values())
    return {
        "tables.md": "\n".join([TABLES_HEAD, *map(_table, TABLES)]),
        "fidelity.md": _fidelity(),
        "operations.md": f"{OPERATIONS_HEAD}\n{operations}\n{QUIRKS_HEAD}\n{_quirks()}",
    }


def _fidelity() -> str:
    """What proves the mocks: documents, and clients that work with them."""
    proved = json.loads(PROVED.read_text(encoding="utf-8"))
    used = {
        client: sorted({name for names in tests.values() for name in names})
        for client, tests in proved.items()
    }
    clients = [
        f"| {client} | {len(names)} | {', '.join(map(_code, names))} |" for client, names in used.items()
    ]
    applications = platforms(World(7)).values()
    operations = [operation for each in applications for operation in each.operations]
    rows = [_proof(operation, used) for operation in operations]
    sure = Counter(str(operation.evidence) for operation in operations)
    shown = sum(operation.name in contract() for operation in operations)
    counted = ", ".join(f"{count} {name}" for name, count in sure.most_common())
    summary = f"Of {len(operations)} operations: {counted}; {shown} have examples.\n"
    parts = [FIDELITY_HEAD, summary, CLIENTS_HEAD + "\n".join(clients), "", PROVED_HEAD + "\n".join(rows)]
    return "\n".join(parts) + "\n"


def _proof(operation: Operation, used: dict[str, list[str]]) -> str:
    clients = sum(operation.name in names for names in used.values())
    examples = "yes" if operation.name in contract() else ""
    return f"| {_code(operation.name)} | {operation.evidence} | {examples} | {clients or ''} |"


def _code(name: str) -> str:
    return f"`{name}`"


def _quirks() -> str:
    rows = [
        f"| `{name}:{quirk}` | {words} |"
        for name, module in MODULES.items()
        for quirk, words in module.QUIRKS.items()
    ]
    return "\n".join(["| quirk | what it does |", "| --- | --- |", *rows]) + "\n"


def _table(table: Table) -> str:
    rows = [
        f"| `{column.name}` | {column.dtype} | {column.doc} | {', '.join(column.choices)} |"
        for column in table.columns
    ]
    head = [
        f"## {table.name}",
        "",
        table.doc,
        "",
        "| column | type | meaning | values |",
        "| --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *rows]) + "\n"


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
