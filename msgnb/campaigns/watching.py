"""Waits for the end of a campaign, and shows its progress in a widget or a progress bar.

Platforms don't notify anybody when a campaign is finished, so it is polled: often while something changes,
and less often while nothing does. A campaign that has not changed for ten minutes is given up on, because
some never end: a phone that is switched off keeps a campaign from reaching everybody.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from msgnb.core import notebook
from msgnb.core.progress import is_interactive
from msgnb.core.views import load_view
from msgnb.core.visible import escape_invisible

if TYPE_CHECKING:
    from tqdm import tqdm

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 30.0
"""Seconds between two requests for the progress: after a change, and at most."""
PAUSE_GROWTH = 1.3
STALLED_AFTER = 600.0
"""Seconds without a change after which a campaign is no longer waited for."""
LONGEST_TITLE = 40


@dataclass(frozen=True)
class Progress:
    """How far a campaign is.

    Attributes:
        total: number of recipients.
        reached: number of recipients that it has reached.
        detail: what else the platform reports, such as its status.
        finished: whether nothing more will change.
        scheduled: whether it waits for the time it is planned for.
        verb: what `reached` means on this platform: `reached`, or `sent` if deliveries are not reported.
    """

    total: int
    reached: int
    detail: str
    finished: bool
    scheduled: bool = False
    verb: str = "reached"

    @property
    def summary(self) -> str:
        """The progress in words.

        >>> Progress(100, 40, "sending", finished=False).summary
        '40 of 100 reached (40%) · sending'
        """
        share = f" ({100 * self.reached // self.total}%)" if self.total else ""
        reached = f"{self.reached:,} of {self.total:,} {self.verb}{share}"
        return " · ".join(filter(None, (reached, self.detail)))


class ProgressView(Protocol):
    """Shows the progress of a campaign."""

    def show(self, progress: Progress) -> None:
        """Show how far it is now."""
        ...


def watch(
    fetch_progress: Callable[[], Progress],
    pause: Callable[[float], None],
    title: str,
    *,
    view: ProgressView | None = None,
    stop: Event | None = None,
) -> Progress:
    """Wait until a campaign is finished, or has not changed for ten minutes, and return its progress.

    Args:
        fetch_progress: asks the platform for the progress.
        pause: waits for some seconds.
        title: title of the campaign.
        view: shows the progress; a widget or a progress bar if `None`.
        stop: ends the waiting once it is set.
    """
    with nullcontext(view) if view else _open_view(title) as shown:
        progress, wait, unchanged = fetch_progress(), FIRST_PAUSE, 0.0
        shown.show(progress)
        while not progress.finished and unchanged < STALLED_AFTER:
            pause(wait)
            if stop and stop.is_set():
                break
            before, progress = progress, fetch_progress()
            shown.show(progress)
            changed = before != progress
            # A campaign that is planned for later may stand still for days, and is not given up on.
            unchanged = 0.0 if changed or progress.scheduled else unchanged + wait
            wait = FIRST_PAUSE if changed else min(LONGEST_PAUSE, wait * PAUSE_GROWTH)
    return progress


@contextmanager
def _open_view(title: str) -> Iterator[ProgressView]:
    """Yield a widget in a notebook, and a progress bar in a terminal, which is hidden if nobody sees it."""
    make_widget = load_view("campaign_progress") if notebook.running() else None
    if make_widget:
        from IPython.display import display  # noqa: PLC0415 - there in every notebook

        widget: ProgressView = make_widget(title)
        display(widget)  # type: ignore[no-untyped-call]
        yield widget
    else:
        from tqdm import tqdm  # noqa: PLC0415 - loads when first used

        form = "{desc}: {n_fmt} of {total_fmt} |{bar}|{postfix}"
        hidden = not is_interactive()
        shown = escape_invisible(title[:LONGEST_TITLE], keep="")
        with tqdm(total=0, desc=shown, bar_format=form, file=sys.stderr, disable=hidden) as bar:
            yield _ProgressBar(bar)


class _ProgressBar:
    """A progress bar on a terminal."""

    def __init__(self, bar: tqdm[Any]) -> None:
        self._bar = bar

    def show(self, progress: Progress) -> None:
        """Show how far it is now."""
        # tqdm expects its total to be fixed, but the number of recipients is known only from the first
        # response.
        self._bar.total, self._bar.n = progress.total, progress.reached
        words = " ".join(filter(None, (progress.verb, progress.detail)))
        self._bar.set_postfix_str(escape_invisible(words, keep=""))
