"""How often a random attack is tried."""

from __future__ import annotations

import os


def seeds(usual: int) -> int:
    """Return how many seeds to try: as many as usual, or a multiple of it in `make soak`."""
    return usual * int(os.environ.get("MSGNB_ATTACKS", "1"))
