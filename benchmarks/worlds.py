"""A new world, a fork and a snapshot, against making the history anew: what a test waits for.

Medians of several runs, as ratios to a world of a seed that this process has not made before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import msgnb

RUNS = 15


def main() -> None:
    seeds = iter(range(1_000, 1_000 + RUNS))
    msgnb.offline(7)
    anew = median(lambda: opened(next(seeds)))
    print(f"a world that is made anew: 1.00 (the floor: {median(lambda: None) / anew:.4f})")
    print(f"the next world of a seed:  {median(lambda: opened(7)) / anew:.3f}")
    with msgnb.offline(7) as world:
        print(f"a snapshot:                {median(world.snapshot) / anew:.3f}")
        print(f"a fork and its end:        {median(lambda: forked(world)) / anew:.3f}")


def opened(seed: int) -> None:
    with msgnb.offline(seed) as world:
        assert world.blip, world.netsapiens


def forked(world: msgnb.testing.Offline) -> None:
    with world.fork():
        pass


def median(action: Callable[[], object]) -> float:
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        action()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


if __name__ == "__main__":
    main()
