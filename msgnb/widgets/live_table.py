"""A table of events that grows while they come.

It redraws a few times a second at most and always ends with the latest state: events that come in a flood
are drawn together. All text of an event is written by strangers and is escaped.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import ipywidgets as widgets

from msgnb.markup import Markup, element, table
from msgnb.widgets.fields import QUIET

if TYPE_CHECKING:
    from msgnb.events import Event
    from msgnb.live import Live

BETWEEN_SECONDS = 0.25
LONGEST_TEXT = 300
HEAD = ("time", "topic", "action", "contact", "text")


class LiveTable(widgets.VBox):
    """The latest events of a `Live`, the newest first; made by `live.widget()`.

    Attributes:
        live: whose events it shows.
    """

    def __init__(self, live: Live, rows: int) -> None:
        self.live = live
        self._rows = rows
        self._table = widgets.HTML()
        self._head = widgets.HTML()
        super().__init__([self._head, self._table], layout={"max_width": "70em"})
        self.add_class("msgnb-live-table")
        self._drawing = threading.Lock()
        self._planned: threading.Timer | None = None
        self._draw()
        live.on(self._came)

    def close(self) -> None:
        """Show nothing any more, and look at nothing."""
        self.live.off(self._came)
        super().close()

    def __repr__(self) -> str:
        return f"<LiveTable of {self.live!r}>"

    def _came(self, _event: Event) -> None:
        """Plan one drawing for all that comes meanwhile."""
        with self._drawing:
            if self._planned is None:
                self._planned = threading.Timer(BETWEEN_SECONDS, self._draw)
                self._planned.daemon = True
                self._planned.start()

    def _draw(self) -> None:
        with self._drawing:
            # Before the events are read: what comes from here on plans the next drawing.
            self._planned = None
        events = self.live.events[-self._rows :][::-1]
        self._head.value = self._summary()
        self._table.value = _table(events) if events else element("div", "Nothing came yet.", style=QUIET)

    def _summary(self) -> Markup:
        count, dropped = self.live.count, self.live.dropped
        words = f"{count:,} event{'' if count == 1 else 's'}"
        words += f", {dropped:,} dropped" if dropped else ""
        words += f", the last {self._rows} are shown" if count > self._rows else ""
        return element("div", words, style=QUIET, role="status")


def _table(events: list[Event]) -> Markup:
    again = {number for number, event in enumerate(events) if event.duplicate_of}
    return table(HEAD, map(_cells, events), long={"text"}, faint=again)


def _cells(event: Event) -> tuple[str, ...]:
    text = event.value or ""
    return (
        f"{event.at:%H:%M:%S} UTC",
        event.topic,
        (event.action or "") + (" (told again)" if event.duplicate_of else ""),
        event.contact or "",
        text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…",
    )
