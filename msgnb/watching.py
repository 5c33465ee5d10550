"""Waits for the end of a campaign, and shows how far it is: a widget in a notebook, a bar on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

from msgnb.progress import watched

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 2.0, 30.0, 1.3
"""Seconds between two looks: the first ones, the most, and how they grow while nothing moves."""
PATIENCE = 600.0
"""Seconds without a change after which nothing more is expected."""


@dataclass(frozen=True)
class Standing:
    """How far a campaign is.

    `reached` of `total` people have it, in the platform's `words`; `over` when nothing more will come, and
    `waits` where it waits for its time.
    """

    total: int
    reached: int
    words: str
    over: bool
    waits: bool = False


def watch(look: Callable[[], Standing], pause: Callable[[float], None], title: str) -> Standing:
    """Look until it is over, or has not moved for ten minutes.

    Args:
        look: asks how far it is.
        pause: waits for some seconds.
        title: what to call it.
    """
    from tqdm.auto import tqdm  # noqa: PLC0415 - loads when first used

    standing, wait, still = look(), FIRST_PAUSE, 0.0
    with tqdm(total=standing.total, desc=title[:40], unit="", file=sys.stderr, disable=not watched()) as bar:
        while True:
            bar.set_postfix_str(standing.words, refresh=False)
            bar.n = standing.reached
            bar.refresh()
            if standing.over or still >= PATIENCE:
                return standing
            pause(wait)
            seen, standing = standing, look()
            moved = seen != standing or standing.waits
            still = 0.0 if moved else still + wait
            wait = FIRST_PAUSE if moved and not standing.waits else min(LONGEST_PAUSE, wait * GROWTH)
