"""Reports what masking would replace in a table, so that it can be reviewed before it is shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgnb.core.addresses import is_service
from msgnb.tables.masking import People, Reading, find_people, read_frame
from msgnb.tables.schema import COUNT, TEXT, Role

if TYPE_CHECKING:
    import pandas as pd

SAMPLES = 3
"""Values that are shown of each kind."""
COLUMNS = {"column": TEXT, "kind": TEXT, "cells": COUNT, "distinct": COUNT, "samples": TEXT}
_WHOLE: Mapping[Role | None, str] = {None: "unknown", "opaque": "left out", "person": "name", "url": "url"}
_STAYS = ("time", "amount", "category")


def find_in_frame(
    frame: pd.DataFrame,
    holds: Mapping[Any, Role] | None = None,
    *,
    people: People = (),
    region: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return what would be masked, with a row for each column and kind.

    Args:
        frame: the table.
        holds: roles of the user's own columns.
        people: tables with names of people, or clients with contacts.
        region: countries of numbers without a country code.

    Raises:
        InvalidRequest: a role or a country does not exist.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    reading = read_frame(frame, holds, people=people, region=region)
    rows = [row for position in range(frame.shape[1]) for row in _column_rows(reading, position)]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _column_rows(reading: Reading, position: int) -> list[list[Any]]:
    column, role = reading.columns[position], reading.roles[position]
    name = str(reading.frame.columns[position])
    counts = {str(value): int(count) for value, count in column.dropna().map(str).value_counts().items()}
    if role == "text" or reading.is_open(position):
        return [[name, kind, *found] for kind, found in _in_texts(counts, reading).items()]
    if role == "address":
        # Bots and lists stay.
        counts = {value: count for value, count in counts.items() if not is_service(value.rpartition("@")[2])}
    kind = "stays" if role in _STAYS else _WHOLE.get(role, str(role))
    samples = "" if kind == "stays" else _samples(list(counts))
    return [[name, kind, sum(counts.values()), len(counts), samples]]


def _in_texts(counts: Mapping[str, int], reading: Reading) -> dict[str, tuple[int, int, str]]:
    """Of each kind: in how many cells it is, how many different values there are, and some of them."""
    cells: dict[str, int] = {}
    values: dict[str, dict[str, None]] = {}
    for text, count in counts.items():
        found = find_people(text, reading.names, reading.regions)
        for kind in {each.kind for each in found}:
            cells[kind] = cells.get(kind, 0) + count
        for each in found:
            values.setdefault(each.kind, {})[text[each.start : each.end]] = None
    return {kind: (cells[kind], len(values[kind]), _samples(list(values[kind]))) for kind in sorted(cells)}


def _samples(values: Sequence[str]) -> str:
    return " · ".join(values[:SAMPLES])
