"""Writes the pages of the docs that follow from the code: the tables, and the mocks' operations."""

from __future__ import annotations

from pathlib import Path

from msgnb.tables import TABLES, Table
from msgnb_mocks import World, platforms
from msgnb_mocks.openapi import listing
from msgnb_mocks.platforms import MODULES

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


def pages() -> dict[str, str]:
    """The pages by their file names."""
    operations = listing(platforms(World(7)).values())
    return {
        "tables.md": "\n".join([TABLES_HEAD, *map(_table, TABLES)]),
        "operations.md": f"{OPERATIONS_HEAD}\n{operations}\n{QUIRKS_HEAD}\n{_quirks()}",
    }


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
