"""Views that other rooms, or other packages, register by name.

A room below the widgets can't import them. It asks here for a view by its name in the entry-point group
`msgnb.views`, and shows plain text if none is installed.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any

GROUP = "msgnb.views"


def load_view(name: str) -> Any | None:
    """Return the class that the entry point of this name refers to; `None` if it can't be loaded."""
    for entry_point in entry_points(group=GROUP, name=name):
        try:
            return entry_point.load()
        except ImportError:
            # A view may need an optional dependency; another package may offer one that doesn't.
            continue
    return None
