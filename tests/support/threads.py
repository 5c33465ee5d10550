"""Messages of a thread, written in a line each."""

from __future__ import annotations

from typing import Any

import pandas as pd

from msgnb import tables


def messages(*rows: dict[str, Any]) -> pd.DataFrame:
    """A table `messages` of the fields that matter, a minute apart."""
    columns = {name for row in rows for name in row}
    values: dict[str, list[Any]] = {name: [row.get(name) for row in rows] for name in columns}
    values.setdefault("session", ["s"] * len(rows))
    values.setdefault(
        "at", [f"2026-11-0{1 + number // 60}T23:{number % 60:02}:00Z" for number in range(len(rows))]
    )
    return tables.MESSAGES.frame(len(rows), values)


def said(text: str, direction: str = "inbound", **more: Any) -> dict[str, Any]:
    """One message, by default from Ana."""
    return {"text": text, "direction": direction, "sender": "Ana", **more}
