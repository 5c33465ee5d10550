"""Progress bars and visible pauses, on stderr and only if a person is watching.

Bars appear in a terminal and in a notebook. Scripts and log files stay free of them, and stdout always does.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgnb.core import notebook
from msgnb.core.visible import escape_invisible

if TYPE_CHECKING:
    from tqdm import tqdm

VISIBLE_SECONDS = 5.0
"""Pauses of this length or more are shown; shorter ones would only flicker."""


@contextmanager
def progress_bar(what: str, total: int | None = None, *, hidden: bool = False) -> Iterator[tqdm[Any]]:
    """Show a progress bar on stderr, from a second on.

    >>> with progress_bar("sessions", len(sessions)) as bar:
    ...     for session in sessions:
    ...         read(session)
    ...         bar.update()

    Args:
        what: what is counted.
        total: how many there are; `None` if that is not known.
        hidden: don't show it, for example because a form shows the progress already.
    """
    from tqdm import tqdm  # noqa: PLC0415 - loads when first used

    hidden = hidden or not is_interactive()
    shown = escape_invisible(what, keep="")
    with tqdm(
        desc=shown, total=total, unit="", delay=1.0, leave=False, file=sys.stderr, disable=hidden
    ) as bar:
        yield bar


def pause(seconds: float, cancelled: threading.Event | None, reason: str) -> None:
    """Wait, with a countdown if it takes long. Ctrl-C and the event end it immediately.

    Args:
        seconds: how long to wait.
        cancelled: ends the pause when it is set; the caller then checks for itself.
        reason: what is shown next to the countdown.
    """
    if seconds < VISIBLE_SECONDS or not is_interactive():
        _wait(seconds, cancelled)
        return
    from tqdm import tqdm  # noqa: PLC0415 - loads when first used

    end = time.monotonic() + seconds
    layout = "{desc}: {n:.0f} of {total:.0f} s |{bar}|"
    shown = escape_invisible(reason, keep="")
    with tqdm(desc=shown, total=seconds, bar_format=layout, leave=False, file=sys.stderr) as bar:
        while (left := end - time.monotonic()) > 0 and not (cancelled and cancelled.is_set()):
            _wait(min(1.0, left), cancelled)
            bar.update(min(seconds - bar.n, 1.0))


def _wait(seconds: float, cancelled: threading.Event | None) -> None:
    if cancelled is None:
        time.sleep(seconds)
    else:
        cancelled.wait(seconds)


def is_interactive() -> bool:
    """Return whether a person sees stderr: it is a terminal, or this is a notebook."""
    return sys.stderr.isatty() or notebook.running()
