"""How values that a bot stores under names are written: texts as text, everything else as JSON."""

from __future__ import annotations

from typing import Any

TEXT, JSON = "text/plain", "application/json"
PAGE = 1000


def document_type(value: Any) -> str:
    """Return the type under which a value is stored."""
    return TEXT if isinstance(value, str) else JSON
