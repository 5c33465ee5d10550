"""Waits for the end of a campaign, and shows how far it is: a widget in a notebook, a bar on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from msgnb.core import notebook
from msgnb.core.progress import watched
from msgnb.core.views import load_view

if TYPE_CHECKING:
    from tqdm import tqdm

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 2.0, 30.0, 1.3
"""Seconds between two looks: the first ones, the most, and how they grow while nothing moves."""
PATIENCE = 600.0
"""Seconds without a change after which nothing more is expected."""


@dataclass(frozen=True)
class Progress:
    """How far a campaign is.

    `reached` of `total` people have it, in the platform's `words`; `over` when nothing more will come, and
    `waits` where it waits for its time. `verb` is what the platform knows of them.
    """

    total: int
    reached: int
    words: str
    over: bool
    waits: bool = False
    verb: str = "reached"

    @property
    def summary(self) -> str:
        """How far it is, in words."""
        share = f" ({100 * self.reached // self.total} %)" if self.total else ""
        reached = f"{self.reached:,} of {self.total:,} {self.verb}{share}"
        return " · ".join(filter(None, (reached, self.words)))


class View(Protocol):
    """Where it is shown."""

    def show(self, progress: Progress) -> None:
        """Show how far it is now."""
        ...


def watch(
    look: Callable[[], Progress],
    pause: Callable[[float], None],
    title: str,
    *,
    view: View | None = None,
    stop: Event | None = None,
) -> Progress:
    """Look until it is over, or has not moved for ten minutes.

    Args:
        look: asks how far it is.
        pause: waits for some seconds.
        title: what to call it.
        view: where to show it; where people look where it is `None`.
        stop: once it is set, nothing more is waited for.
    """
    with nullcontext(view) if view else _view(title) as shown:
        progress, wait, still = look(), FIRST_PAUSE, 0.0
        shown.show(progress)
        while not progress.over and still < PATIENCE:
            pause(wait)
            if stop and stop.is_set():
                break
            before, progress = progress, look()
            shown.show(progress)
            moved = before != progress
            still = 0.0 if moved or progress.waits else still + wait
            wait = FIRST_PAUSE if moved else min(LONGEST_PAUSE, wait * GROWTH)
    return progress


@contextmanager
def _view(title: str) -> Iterator[View]:
    """A widget in a notebook, a progress bar in a terminal, and nothing if nobody looks."""
    make_widget = load_view("campaign_progress") if notebook.running() else None
    if make_widget:
        from IPython.display import display  # noqa: PLC0415 - there in every notebook

        widget: View = make_widget(title)
        display(widget)  # type: ignore[no-untyped-call]
        yield widget
    else:
        from tqdm import tqdm  # noqa: PLC0415 - loads when first used

        form = "{desc}: {n_fmt} of {total_fmt} |{bar}|{postfix}"
        with tqdm(total=0, desc=title[:40], bar_format=form, file=sys.stderr, disable=not watched()) as bar:
            yield _Bar(bar)


class _Bar:
    """A bar on a terminal."""

    def __init__(self, bar: tqdm[Any]) -> None:
        self._bar = bar

    def show(self, progress: Progress) -> None:
        """Show how far it is now."""
        self._bar.total, self._bar.n = progress.total, progress.reached
        self._bar.set_postfix_str(" ".join(filter(None, (progress.verb, progress.words))))
