"""A table of events that grows while they are received.

External senders wrote the text of events, so all of it is escaped. A paused table keeps receiving and
counting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgnb.core.html import Markup, element, table
from msgnb.tables.transcript import QUIET
from msgnb.widgets.form import Form
from msgnb.widgets.parts import Button, Control, Pane
from msgnb.widgets.redraw import Redraw

if TYPE_CHECKING:
    from msgnb.events.event import Event
    from msgnb.events.live import Live

LONGEST_TEXT = 300
HEAD = ("time", "topic", "action", "contact", "text")


class LiveTable(Form):
    """The latest events of a `Live`, newest first; `live.widget()` makes it.

    Args:
        live: whose events to show.
        rows: the most rows.

    Attributes:
        live: whose events it shows.
        filter: field of the words that an event must have in its topic, action, contact or text.
        paused: whether the table is paused.
    """

    presses: ClassVar = {"pause": "pause"}

    def __init__(self, live: Live, rows: int) -> None:
        self.live = live
        self.paused = False
        self._rows = rows
        self._seen = 0
        self._table, self._head = Pane(label="Events", scrolls=True), Pane(role="status")
        self.filter = Control("text", "Filter", hint="words in topic, action, contact or text")
        self._pause = Button("Pause")
        super().__init__(
            "Live events",
            f"of {live.account}",
            {"filter": self.filter, "pause": self._pause, "head": self._head, "table": self._table},
            [["filter", "pause"], "head", "table", "status"],
            look="live-table",
        )
        self._redraw = Redraw(self._show)
        self.filter.on(self._show)
        self._show()
        # Last, because an event may come at any moment.
        live.on(self._received, duplicates=True)

    def pause(self) -> None:
        """Pause the table, or resume it; events are received in both cases."""
        self.paused = not self.paused
        self._seen = self.live.count
        self._pause.set(label="Go on" if self.paused else "Pause")
        self._show()

    def close(self) -> None:
        """Close the widget and stop listening to events."""
        # Otherwise the events would keep the closed widget in memory, and draw it.
        self.live.off(self._received)
        super().close()

    def __repr__(self) -> str:
        return f"<LiveTable of {self.live!r}>"

    def _received(self, _event: Event) -> None:
        self._redraw.soon()

    def _show(self) -> None:
        with self.together():
            if self.paused:
                waiting = self.live.count - self._seen
                self._head.html = element("span", f"Paused; {waiting:,} came meanwhile", style=QUIET)
                return
            words = self.filter.text.casefold().split()
            events = [event for event in reversed(self.live.events) if _matches(event, words)]
            self._head.html = self._summary(len(events), filtered=bool(words))
            self._table.html = _table(events[: self._rows]) if events else _nothing(filtered=bool(words))

    def _summary(self, matching: int, *, filtered: bool) -> Markup:
        count, dropped = self.live.count, self.live.dropped
        words = f"{count:,} event{'' if count == 1 else 's'}"
        words += f", {dropped:,} dropped" if dropped else ""
        strange = len(self.live.unrecognised)
        words += f", {strange:,} other post{'' if strange == 1 else 's'} not recognised" if strange else ""
        words += f", {matching:,} fit the filter" if filtered else ""
        words += f", the last {self._rows} are shown" if matching > self._rows else ""
        return element("span", words, style=QUIET)


def _matches(event: Event, words: list[str]) -> bool:
    if not words:
        return True
    text = " ".join(filter(None, (event.topic, event.action, event.contact, event.value))).casefold()
    return all(word in text for word in words)


def _nothing(*, filtered: bool) -> Markup:
    words = "No event fits the filter." if filtered else "Nothing came yet."
    return element("div", words, style=QUIET)


def _table(events: list[Event]) -> Markup:
    duplicates = {number for number, event in enumerate(events) if event.duplicate_of}
    return table(HEAD, map(_cells, events), long={"text"}, faint=duplicates)


def _cells(event: Event) -> tuple[str, ...]:
    text = event.value or ""
    return (
        f"{event.at:%H:%M:%S} UTC",
        event.topic,
        (event.action or "") + (" (told again)" if event.duplicate_of else ""),
        event.contact or "",
        text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]}…",
    )
