"""A mock world as HTML for notebooks: messages received, requests and faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from msgnb.core.html import Markup, element, table, without_mathjax

if TYPE_CHECKING:
    from msgnb_mocks.core.application import Application
    from msgnb_mocks.core.clock import Clock
    from msgnb_mocks.core.faults import Faults
    from msgnb_mocks.core.journal import Journal

LATEST = 8
LONGEST = 120
QUIET = "color:var(--jp-ui-font-color2, #616161)"
TITLE = "font-weight:600;margin:0 0 4px"
CARD = "flex:0 1 auto;max-width:100%;overflow-x:auto"


class World(Protocol):
    """What is shown of a world."""

    @property
    def applications(self) -> Mapping[str, Application]:
        """The mocks by name."""

    @property
    def clock(self) -> Clock:
        """Its clock."""

    @property
    def journal(self) -> Journal:
        """Its request journal."""

    @property
    def faults(self) -> Faults:
        """Its faults."""


def board(world: World, about: str) -> str:
    """Return the HTML of a world: clock, messages received, requests and faults."""
    clock = world.clock
    time = f"{clock.now():%A, %d %B %Y, %H:%M:%S} UTC{', standing still' if clock.frozen else ''}"
    head = element("div", element("b", "Mock platforms"), f" · {about}", style="margin-bottom:2px")
    now = element("div", time, style=f"{QUIET};margin-bottom:10px")
    cards = [
        _card("Inbox: what people got", ("platform", "to", "text"), _inbox(world)),
        _card("Journal: what was asked", ("#", "time", "operation", "status"), _journal(world)),
    ]
    if rules := [(rule.kind, rule.operation, f"{rule.fired} times") for rule in world.faults.rules]:
        cards.append(_card("Faults", ("what goes wrong", "where", "happened"), rules))
    row = element("div", *cards, style="display:flex;flex-wrap:wrap;gap:16px 32px")
    return without_mathjax(element("div", head, now, row, role="region", **{"aria-label": "Mock platforms"}))


def _card(title: str, head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Markup:
    listed = list(rows)
    shown = table(head, listed[:LATEST], long={"text"}) if listed else _nothing()
    hidden = len(listed) - LATEST
    more = element("div", f"and {hidden:,} before", style=QUIET) if hidden > 0 else Markup()
    return element("div", element("div", title, style=TITLE), shown, more, style=CARD)


def _nothing() -> Markup:
    return element("div", "Nothing yet.", style=QUIET)


def _inbox(world: World) -> Iterable[tuple[str, ...]]:
    """Yield the last message that each person received, platform by platform."""
    for platform, application in world.applications.items():
        for person, texts in reversed(application.received().items()):
            last, before = texts[-1], len(texts) - 1
            text = last if len(last) <= LONGEST else f"{last[:LONGEST]}…"
            yield platform, person, f"{text} (and {before} before)" if before else text


def _journal(world: World) -> Iterable[tuple[str, ...]]:
    for entry in reversed(world.journal.entries):
        status = f"{entry.status} ({entry.fault})" if entry.fault else str(entry.status)
        asked = entry.operation or f"{entry.method} {entry.path}"
        yield str(entry.number), f"{entry.at:%H:%M:%S}", asked, status
