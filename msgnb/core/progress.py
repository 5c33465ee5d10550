"""What is seen of long work: a bar on stderr, where someone is looking."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgnb.core import notebook

if TYPE_CHECKING:
    from tqdm import tqdm

VISIBLE_SECONDS = 5.0
"""From that length on a pause is shown."""


@contextmanager
def progress_bar(what: str, total: int | None = None, *, hidden: bool = False) -> Iterator[tqdm[Any]]:
    """A bar on stderr that shows after a second, if someone is looking and it is shown nowhere else."""
    from tqdm import tqdm  # noqa: PLC0415 - loads when first used

    hidden = hidden or not watched()
    with tqdm(
        desc=what, total=total, unit="", delay=1.0, leave=False, file=sys.stderr, disable=hidden
    ) as bar:
        yield bar


def rest(seconds: float, given_up: threading.Event | None, why: str) -> None:
    """Wait, visibly where it takes long; Ctrl-C and the event end it at once."""
    if seconds < VISIBLE_SECONDS or not watched():
        _wait(seconds, given_up)
        return
    from tqdm import tqdm  # noqa: PLC0415 - loads when first used

    ends = time.monotonic() + seconds
    form = "{desc}: {n:.0f} of {total:.0f} s |{bar}|"
    with tqdm(desc=why, total=seconds, bar_format=form, leave=False, file=sys.stderr) as bar:
        while (left := ends - time.monotonic()) > 0 and not (given_up and given_up.is_set()):
            _wait(min(1.0, left), given_up)
            bar.update(min(seconds - bar.n, 1.0))


def _wait(seconds: float, given_up: threading.Event | None) -> None:
    if given_up is None:
        time.sleep(seconds)
    else:
        given_up.wait(seconds)


def watched() -> bool:
    """Whether a person sees stderr: a terminal or a notebook."""
    return sys.stderr.isatty() or notebook.running()
