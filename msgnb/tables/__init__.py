"""Tables: what a DataFrame of msgnb is, before anything is asked of it.

`schema` declares every table and column; `values` reads what platforms send, `frames` puts DataFrames
together, `masking` replaces people with pseudonyms, `export` writes CSV and Excel, `transcript` and
`subscription_view` show messages and subscriptions.

This room imports `msgnb.core` only. The names below are what other rooms use, as `tables.MESSAGES`; masking,
export and views are imported from their modules.
"""

from msgnb.tables.frames import concat_columns, concat_rows, report, text_columns, with_raw
from msgnb.tables.schema import (
    CALLS,
    CAMPAIGNS,
    CONTACTS,
    DELIVERIES,
    DIRECTIONS,
    EVENTS,
    MESSAGES,
    METRICS,
    NUMBERS,
    OUTCOMES,
    PLAN,
    RECIPIENTS,
    SCHEDULES,
    SESSIONS,
    SUBSCRIPTIONS,
    TABLES,
    TICKETS,
    TIME,
    Column,
    Role,
    Rows,
    Table,
    role_of,
)
from msgnb.tables.values import (
    as_object,
    as_objects,
    as_texts,
    choices,
    columns,
    count,
    counts,
    flags,
    text,
    texts,
)

__all__ = [
    "CALLS",
    "CAMPAIGNS",
    "CONTACTS",
    "DELIVERIES",
    "DIRECTIONS",
    "EVENTS",
    "MESSAGES",
    "METRICS",
    "NUMBERS",
    "OUTCOMES",
    "PLAN",
    "RECIPIENTS",
    "SCHEDULES",
    "SESSIONS",
    "SUBSCRIPTIONS",
    "TABLES",
    "TICKETS",
    "TIME",
    "Column",
    "Role",
    "Rows",
    "Table",
    "as_object",
    "as_objects",
    "as_texts",
    "choices",
    "columns",
    "concat_columns",
    "concat_rows",
    "count",
    "counts",
    "flags",
    "report",
    "role_of",
    "text",
    "text_columns",
    "texts",
    "with_raw",
]
