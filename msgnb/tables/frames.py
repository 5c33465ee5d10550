"""DataFrames put together: rows below rows, columns next to columns, and columns that no schema declares."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgnb.tables.schema import COUNT, TEXT, Column, Table
from msgnb.tables.values import as_texts, count

if TYPE_CHECKING:
    import pandas as pd

# .NET writes days in front of a point, as "2.00:58:27".
_SPAN = re.compile(r"-?([0-9]+\.)?[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?")


def concat_columns(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """Return two tables of the same rows as one."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    return pd.concat([one, other], axis=1)


def concat_rows(*several: pd.DataFrame) -> pd.DataFrame:
    """Return tables of one kind as one."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    return pd.concat(several, ignore_index=True)


def with_raw(frame: pd.DataFrame, raw: Sequence[Any] | None) -> pd.DataFrame:
    """Return a table with the platform's own objects as its last column, if there are any."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    return frame if raw is None else frame.assign(raw=pd.Series(list(raw), dtype="object"))


def text_columns(values: Mapping[str, Any], size: int) -> pd.DataFrame:
    """Return columns of text that no schema declares, such as those of a user's own file."""
    columns = tuple(Column(name, TEXT, None, "") for name in values)
    return Table("text", "", columns).frame(size, values)


def report(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows whose columns no schema declares.

    .NET's durations become `timedelta64`, whole numbers counts, everything else text.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    keys = list(dict.fromkeys(key for row in rows for key in row))
    return pd.DataFrame({key: _typed([row.get(key) for row in rows]) for key in keys})


def _typed(values: list[Any]) -> Any:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    known = [value for value in values if value is not None]
    if known and all(isinstance(value, str) and _SPAN.fullmatch(value) for value in known):
        # pandas reads days only if they are named.
        spans = [
            None if value is None else re.sub(r"^(-?[0-9]+)\.(?=[0-9]+:)", r"\1 days ", value)
            for value in values
        ]
        return pd.Series(pd.to_timedelta(pd.Series(spans, dtype="object"))).dt.as_unit("us")
    if known and all(type(value) is int and count(value) is not None for value in known):
        return pd.Series(pd.array(values, dtype=COUNT))  # type: ignore[call-overload]
    return pd.Series(pd.array(as_texts(values) or [None] * len(values), dtype=TEXT))  # type: ignore[call-overload]
