"""Dask frames: pandas computes each partition, and the results are combined as the measure declares.

The messages are shuffled first, so that each session is in one partition. A row about one session is then
complete, and numbers of sessions can be summed.

Everything here builds Dask's graph and computes nothing. To tell Dask the columns and dtypes of a result, the
measure is run on an empty pandas frame with the dtypes of the messages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Part = Callable[..., "pd.DataFrame"]
Sort = Sequence[tuple[str, bool]]
"""Columns to sort by, each with whether it is descending."""


def compute_parts(messages: Any, part: Part, values: Sequence[Any]) -> tuple[Any, pd.DataFrame]:
    """Return what `part` makes of each partition, and an empty frame of the same columns and dtypes.

    Args:
        messages: a Dask frame.
        part: a function of a pandas frame and the values.
        values: Dask scalars such as the time of the latest message of all partitions.
    """
    meta = part(empty_like(messages), *[None] * len(values))
    shuffled = messages.shuffle(on="session") if "session" in messages.columns else messages
    return shuffled.map_partitions(part, *values, meta=meta), meta


def empty_like(messages: Any) -> pd.DataFrame:
    """Return a pandas frame without rows that has the columns and dtypes of a Dask frame."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in messages.dtypes.items()})


def concat_parts(parts: Any, meta: pd.DataFrame, sort: Sort) -> Any:
    """Return the rows of all partitions, sorted: each row is about one session, so it is complete.

    Dask cannot sort by a column with missing values. The rows that miss the first column come first, in a
    partition of their own.
    """
    import dask.dataframe  # noqa: PLC0415 - whoever has a Dask frame has it

    names, descending = zip(*sort, strict=True)
    missing = parts[names[0]].isna()
    first = parts[missing].repartition(npartitions=1).map_partitions(_sorted, sort, meta=meta)
    rest = parts[~missing].sort_values(list(names), ascending=[not each for each in descending])
    together: Any = dask.dataframe.concat  # without types
    return together([first, rest.map_partitions(_sorted, sort, meta=meta)])


def aggregate_parts(
    parts: Any,
    meta: pd.DataFrame,
    combine: Mapping[str, str],
    sort: Sort,
    minimums: Mapping[str, Any],
) -> Any:
    """Return one row per key, in which the other columns of all partitions are aggregated."""
    # Each partition has one row per key, which is little enough for a single partition.
    whole = parts.repartition(npartitions=1)
    return whole.map_partitions(_aggregated, combine, sort, minimums, meta=meta)


def _aggregated(
    rows: pd.DataFrame, combine: Mapping[str, str], sort: Sort, minimums: Mapping[str, Any]
) -> pd.DataFrame:
    keys = [name for name, how in combine.items() if how == "key"]
    others = {name: how for name, how in combine.items() if how != "key"}
    # By default pandas drops the groups whose key is missing.
    found = rows.groupby(keys, dropna=False, observed=True).agg(others).reset_index()[list(combine)]
    for name, least in minimums.items():
        found = found[found[name] >= least]
    return _sorted(found, sort)


def _sorted(rows: pd.DataFrame, sort: Sort) -> pd.DataFrame:
    names, descending = zip(*sort, strict=True)
    ascending = [not each for each in descending]
    # Missing values first, as narwhals sorts them in the other libraries.
    return rows.sort_values(list(names), ascending=ascending, na_position="first", ignore_index=True)
