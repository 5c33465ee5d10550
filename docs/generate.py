"""Writes the pages of the docs that follow from the code.

`make docs` runs it, and a test compares its output.

Whatever is installed is described: a platform from another package is in these pages as ours are.
"""

from __future__ import annotations

import inspect
import json
from collections import Counter
from functools import cached_property
from pathlib import Path
from typing import get_args

from msgnb.analysis.reference import measures_page, measures_table
from msgnb.platforms.descriptor import Capability, Platform
from msgnb.platforms.registry import platforms
from msgnb.tables import TABLES, Table
from msgnb_mocks import World, applications
from msgnb_mocks.core.contract import documented
from msgnb_mocks.core.openapi import listing
from msgnb_mocks.core.operations import Operation
from msgnb_mocks.core.registry import mocks

HERE = Path(__file__).parent
PROVED = HERE.parent / "tests" / "peers" / "proved.json"

TABLES_HEAD = """# Tables

Every table has the same columns and types for zero rows and for a million. Text is `str`, IDs and phone
numbers too; times are `datetime64[us, UTC]`, counts `Int64`, small closed sets `category`. Missing values are
`NaN`, `<NA>` or `NaT`, as in pandas. With `raw=True` the platform's own object is a last column `raw`.

*Holds* says what a column contains, and decides how it is treated: `frame.msg.mask` replaces what holds a
`person`, an `address`, an `id`, a `text` or a `url`, keeps a `time`, an `amount` and a `category`, and drops
what is `opaque`. Columns that no table declares, such as those of your own files, are replaced as well,
unless you say what they hold: `frame.msg.mask(key, holds={"hour": "amount"})`.
"""
MEASURES_HEAD = """# Measures

What `msgnb.analysis` and `frame.msg` calculate from a table `messages` of pandas, Polars, DuckDB, Dask or
PySpark.

"""
PLATFORMS_HEAD = """# Platforms

What each installed platform says of itself. Settings come from the arguments of `msgnb.connect`, from
environment variables such as `MSGNB_BLIP_KEY`, or from a profile in `msgnb.toml`; those marked as secret
never show. [Add a platform](add-a-platform.md) explains how a package of your own appears here.

## What works where

"""
OPERATIONS_HEAD = """# Mock operations

Generated from the mocks. *Evidence* shows the source of each operation: `documented` by the platform, `seen`
in the code of clients that work with it, or `inferred`. Errors are HTTP statuses, or LIME reason codes of
BLiP's commands.
"""
QUIRKS_HEAD = """## Quirks

Where documentation and live servers differ, the mocks do what is documented. A quirk switches to what some
servers do: `msgnb.offline(quirks={"single-row-object"})`, `msgnb.testing.serve(quirks=…)`, or
`msgnb mocks --quirk …`.
"""
FIDELITY_HEAD = """# Mock fidelity

The mocks follow the platforms' documentation and the behavior of other people's clients. They have not been
compared with the live services yet. Anyone with an account can do so in minutes:
[compare the mocks with your account](cassettes.md#prove-the-mocks-against-your-account).

Each operation states its evidence: `documented` by the platform, `seen` in the code of clients that work with
it, or `inferred`. The header `X-Msgnb-Evidence` of each response and the page of [phones](phones.md) show it
too. With `strict=True` (`msgnb.offline`, `msgnb.testing.serve`, `msgnb mocks --strict`) operations that are
only inferred are rejected.
"""
CLIENTS_HEAD = """## Other people's clients

Unmodified, as they are on PyPI, and the operations that their tests here use (`tests/peers`).

| client | operations | which |
| --- | --- | --- |
"""
PROVED_HEAD = """## Operation by operation

*Examples* shows whether documented exchanges of the operation are kept, whose fields and types the mock's
responses are compared with; *clients* how many of the clients above use it.

| operation | evidence | examples | clients |
| --- | --- | --- | --- |
"""
REFERENCE_HEAD = """# Clients

::: msgnb.app.connecting.connect

::: msgnb.app.modes.use

::: msgnb.app.aio.aio

::: msgnb.platforms.base.Client
"""


def pages() -> dict[str, str]:
    """The pages by their file names."""
    operations = listing(applications(World(7)).values())
    return {
        "tables.md": "\n".join([TABLES_HEAD, *map(_table, TABLES)]),
        "measures.md": MEASURES_HEAD + measures_table() + "\n" + measures_page(),
        "platforms.md": PLATFORMS_HEAD + _features() + "".join(map(_platform, platforms().values())),
        "fidelity.md": _fidelity(),
        "operations.md": f"{OPERATIONS_HEAD}\n{operations}\n{QUIRKS_HEAD}\n{_quirks()}",
        "reference/clients.md": REFERENCE_HEAD + "".join(map(_client, platforms().values())),
    }


def _features() -> str:
    """Which platform can do what, and how much of it the mock answers."""
    known = platforms()
    made = applications(World(7))
    head = [
        "| | " + " | ".join(each.title for each in known.values()) + " |",
        "| --- |" + " --- |" * len(known),
    ]
    rows = [
        f"| {feature} | "
        + " | ".join("yes" if feature in each.supports else "" for each in known.values())
        + " |"
        for feature in get_args(Capability)
    ]
    counts = (f"{len(made[name].operations)} operations" if name in made else "" for name in known)
    return "\n".join([*head, *rows, f"| mock | {' | '.join(counts)} |"]) + "\n"


def _platform(platform: Platform) -> str:
    """The settings of one platform, and what its forms send."""
    ways = " or ".join(", ".join(f"`{name}`" for name in names) for names in platform.sign_ins)
    rows = [f"| `{each.name}` | {each.help} | {'yes' if each.secret else ''} |" for each in platform.settings]
    kinds = ", ".join(kind.title for kind in platform.message_kinds)
    lines = [
        f"\n## {platform.title}\n",
        f"`msgnb.connect({platform.name!r})`. To sign in it needs {ways}. Recipients are written like",
        f"`{platform.addresses.recipient_example}`. Its form sends: {kinds}.\n",
        "| setting | meaning | secret |",
        "| --- | --- | --- |",
        *rows,
    ]
    return "\n".join(lines) + "\n"


def _client(platform: Platform) -> str:
    """A client and its resources."""
    cls = platform.client()
    made = (inspect.getattr_static(cls, name) for name in dir(cls) if not name.startswith("_"))
    properties = [each for each in made if isinstance(each, cached_property)]
    lines = [f"\n## {platform.title}\n", f"::: {cls.__module__}.{cls.__name__}\n"]
    for each in properties:
        resource = _resource(each)
        if resource is not None:
            lines.append(
                f"### `{platform.variable}.{each.attrname}`\n\n"
                f"::: {resource}\n    options:\n      heading_level: 4\n"
            )
    return "\n".join(lines)


def _resource(made: cached_property[object]) -> str | None:
    """The path of the class that a property makes, if it is one of the platform's own."""
    name = str(made.func.__annotations__["return"])
    found = made.func.__globals__.get(name)
    own = isinstance(found, type) and found.__module__ != "msgnb.platforms.resources"
    return f"{found.__module__}.{found.__name__}" if own and found else None


def _fidelity() -> str:
    """The evidence for the mocks: documents, and clients that work with them."""
    proved = json.loads(PROVED.read_text(encoding="utf-8"))
    used = {
        client: sorted({name for names in tests.values() for name in names})
        for client, tests in proved.items()
    }
    clients = [
        f"| {client} | {len(names)} | {', '.join(map(_code, names))} |" for client, names in used.items()
    ]
    operations = [operation for each in applications(World(7)).values() for operation in each.operations]
    rows = [_proof(operation, used) for operation in operations]
    evidence = Counter(str(operation.evidence) for operation in operations)
    shown = sum(bool(documented(operation.name)) for operation in operations)
    counted = ", ".join(f"{count} {name}" for name, count in evidence.most_common())
    summary = f"Of {len(operations)} operations: {counted}; {shown} have examples.\n"
    parts = [FIDELITY_HEAD, summary, CLIENTS_HEAD + "\n".join(clients), "", PROVED_HEAD + "\n".join(rows)]
    return "\n".join(parts) + "\n"


def _proof(operation: Operation, used: dict[str, list[str]]) -> str:
    clients = sum(operation.name in names for names in used.values())
    examples = "yes" if documented(operation.name) else ""
    return f"| {_code(operation.name)} | {operation.evidence} | {examples} | {clients or ''} |"


def _code(name: str) -> str:
    return f"`{name}`"


def _quirks() -> str:
    rows = [
        f"| `{name}:{quirk}` | {words} |"
        for name, mock in mocks().items()
        for quirk, words in mock.quirks.items()
    ]
    return "\n".join(["| quirk | what it does |", "| --- | --- |", *rows]) + "\n"


def _table(table: Table) -> str:
    rows = [
        f"| `{column.name}` | {column.dtype} | {column.holds or 'personal'} | {column.doc} | "
        f"{', '.join(column.choices)} |"
        for column in table.columns
    ]
    head = ["| column | type | holds | meaning | values |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"## {table.name}", "", table.doc, "", *head, *rows]) + "\n"


if __name__ == "__main__":
    for name, text in pages().items():
        (HERE / name).write_text(text, encoding="utf-8")
