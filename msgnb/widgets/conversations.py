"""A view of conversations: sessions on the left, and the messages of the selected one on the right.

* It reads from a client, or from a table `messages` of any size: only one page is drawn at a time.
* External senders wrote the messages. Images are shown only if they are part of a message, and a link is
  opened only by a click.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from msgnb.core.errors import InvalidRequest
from msgnb.core.html import Markup, element, table, without_mathjax
from msgnb.core.times import parse_zone
from msgnb.platforms.base import Client
from msgnb.platforms.registry import get_platform
from msgnb.tables.transcript import QUIET, Conversation, Row, bubbles, latest, records
from msgnb.widgets.form import Form, describe_account
from msgnb.widgets.parts import Button, Control, Pane
from msgnb.widgets.zones import local_zone

if TYPE_CHECKING:
    import pandas as pd

PAGE = 100
"""How many messages are drawn at first, and added by each "Load earlier"."""
LISTED = 40
"""How many sessions are listed at first, and added by each "more"."""
STILL = 20
"""How many messages or sessions the static picture has."""
READ = 500
"""How many sessions are read from a client."""
_ITEM = "display:flex;gap:8px;justify-content:space-between"
_CUT = "overflow:hidden;text-overflow:ellipsis;white-space:nowrap;unicode-bidi:isolate"


@dataclass(frozen=True)
class Line:
    """One session in the list."""

    session: str
    name: str
    text: str
    at: datetime | None
    unread: int

    def fits(self, words: Sequence[str]) -> bool:
        """Whether it contains all words."""
        text = f"{self.session} {self.name} {self.text}".casefold()
        return all(word in text for word in words)


class Source(Protocol):
    """Where the conversations come from."""

    title: str
    subtitle: str

    def lines(self) -> list[Line]:
        """Return the sessions, the latest first."""
        ...

    def messages(self, session: str, most: int) -> tuple[list[dict[str, Any]], bool]:
        """Return the latest messages in the order of time, and whether there are earlier ones."""
        ...


class Conversations(Form):
    """The conversations of an account, or of a table.

    >>> msgnb.widgets.Conversations(bot)
    >>> msgnb.widgets.Conversations(messages, zone="America/Sao_Paulo")

    Without a browser, as in a test, call `choose(session)` and `earlier()`, and set `search.value`.

    Args:
        source: a client, or a table `messages`.
        zone: time zone of the times that are shown, such as `America/Sao_Paulo`; this machine's if `None`.

    Attributes:
        search: field of the words to look for in names, IDs and last texts.
        session: ID of the selected session; `None` at first.

    Raises:
        InvalidRequest: the table is not a table `messages`, or the time zone does not exist.
        NotSupported: the client's platform has no sessions.
        SettingsError: the client's platform is not installed.
    """

    presses: ClassVar = {
        "open": "choose", "earlier": "earlier", "more": "more", "refresh": "refresh",
    }  # fmt: skip

    def __init__(self, source: Client | pd.DataFrame, *, zone: str | None = None) -> None:
        self._source = _make_source(source)
        self._zone = parse_zone(zone or local_zone())
        self.session: str | None = None
        self._most, self._listed = PAGE, LISTED
        self._lines: list[Line] = []
        self._rows: list[dict[str, Any]] = []
        self._earlier = False
        self.search = Control("text", "Search", hint="name, number or text")
        self._refresh = Button("Refresh", hint="Read again what is new")
        self._list = Pane(label="Conversations", role="list", scrolls=True)
        self._head = Pane(role="status")
        self._thread = Pane(label="Messages", role="log", scrolls=True, end=True)
        super().__init__(
            self._source.title,
            f"{self._source.subtitle} · times in {self._zone}",
            {
                "search": self.search, "refresh": self._refresh, "list": self._list, "head": self._head,
                "thread": self._thread,
            },
            [[["search", "list", "refresh"], ["head", "thread"]], "status"],
            look="conversations",
        )  # fmt: skip
        self.search.on(self._searched)
        self.refresh()

    def choose(self, session: str) -> None:
        """Select a session and show its messages.

        Raises:
            MsgnbError: the messages cannot be read.
        """
        with self.together():
            self.session, self._most = session, PAGE
            self._draw_thread()
            self._draw_list()

    def earlier(self) -> None:
        """Show one more page of earlier messages."""
        with self.together():
            self._most += PAGE
            self._draw_thread()

    def more(self) -> None:
        """List more sessions."""
        self._listed += LISTED
        self._draw_list()

    def refresh(self) -> None:
        """Read the sessions again, and the messages of the selected one."""
        with self.together():
            self._lines = self._source.lines()
            if self.session is None:
                words = "Choose a conversation on the left." if self._lines else "There are no conversations."
                self._thread.html = element("div", words, style=f"{QUIET};padding:24px 8px;text-align:center")
            else:
                self._draw_thread()
            self._draw_list()

    def still(self) -> Markup:
        """Return a static picture: the end of the selected conversation, or the list of the latest ones."""
        if self.session is None:
            rows = [(line.name, line.text) for line in self._lines[:STILL]]
            return without_mathjax(
                element("b", self._title), table(("name", "last text"), rows, long={"last text"})
            )
        rows_, earlier = self._source.messages(self.session, STILL)
        return Markup(
            element("b", self._title) + Conversation(rows_, self._zone, None if earlier else 0).html
        )

    def __repr__(self) -> str:
        return f"<Conversations {self._source.subtitle}: {len(self._lines):,}, open: {self.session}>"

    def _searched(self) -> None:
        self._listed = LISTED
        self._draw_list()

    def _draw_list(self) -> None:
        words = self.search.text.casefold().split()
        found = [line for line in self._lines if line.fits(words)] if words else self._lines
        pieces = [
            _item(line, self._zone, chosen=line.session == self.session) for line in found[: self._listed]
        ]
        if len(found) > self._listed:
            pieces.append(_button(f"{len(found) - self._listed:,} more …", "more"))
        if not found:
            pieces = [element("div", "Nothing found." if words else "Nothing here.", style=QUIET)]
        self._list.html = Markup("".join(pieces))

    def _draw_thread(self) -> None:
        if self.session is None:
            return
        self._rows, self._earlier = self._source.messages(self.session, self._most)
        line = next((each for each in self._lines if each.session == self.session), None)
        name = line.name if line else self.session
        self._head.html = element(
            "div", element("b", name, dir="auto"), element("div", self.session, style=QUIET)
        )
        above = _button("Load earlier", "earlier") if self._earlier else Markup()
        body = bubbles(self._rows, self._zone) if self._rows else element("div", "No messages.", style=QUIET)
        # By the key the browser recognizes the same session, and keeps the place at which somebody reads.
        self._thread.set(html=Markup(above + body), key=self.session)


def _make_source(given: Any) -> Source:
    return _Table(given) if hasattr(given, "columns") else _Account(given)


class _Account:
    """Conversations of a client."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.title = f"Conversations on {get_platform(client.platform).title}"
        self.subtitle = describe_account(client)

    def lines(self) -> list[Line]:
        return [_line(row) for row in records(self._client.sessions(limit=READ))]

    def messages(self, session: str, most: int) -> tuple[list[dict[str, Any]], bool]:
        # One more than is shown: if it exists, there are earlier ones.
        found = self._client.messages(session, limit=most + 1)
        return records(latest(found, most)), len(found) > most


class _Table:
    """Conversations of a table `messages`."""

    title = "Conversations"

    def __init__(self, frame: pd.DataFrame) -> None:
        missing = {"session", "at", "text", "direction"} - set(frame.columns)
        if missing:
            words = f"has no column {', '.join(sorted(missing))}; a table `messages` is needed"
            raise InvalidRequest.of(source=words)
        self._frame = frame[frame["session"].notna()]
        self.subtitle = f"{len(frame):,} messages"

    def lines(self) -> list[Line]:
        newest = self._frame.sort_values("at", ascending=False, na_position="last")
        return [_line(row) for row in records(newest.drop_duplicates("session"))]

    def messages(self, session: str, most: int) -> tuple[list[dict[str, Any]], bool]:
        found = self._frame[self._frame["session"] == session]
        return records(latest(found, most)), len(found) > most


def _line(row: Row) -> Line:
    """Return a session, made of a row of a table `sessions` or of its latest message."""
    party = row.get("sender") if row.get("direction") == "inbound" else row.get("recipient")
    session = str(row["session"])
    name = row.get("name") or row.get("contact") or party or session
    text = row.get("last_text") or row.get("text") or ""
    return Line(
        session, str(name), str(text), row.get("last_at") or row.get("at"), int(row.get("unread") or 0)
    )


def _item(line: Line, zone: tzinfo, *, chosen: bool) -> Markup:
    at = f"{line.at.astimezone(zone):%d %b %H:%M}" if line.at else ""
    unread = [element("span", f"{line.unread}", **{"class": "msgnb-unread", "aria-label": "unread"})]
    # External senders choose names and texts, which may be of any length.
    name = element("b" if line.unread else "span", line.name[:200], style=_CUT, dir="auto")
    top = element("div", name, element("span", at, style=f"{QUIET};white-space:nowrap"), style=_ITEM)
    last = element("div", line.text[:200], style=f"{QUIET};{_CUT};flex:1", dir="auto")
    below = element("div", last, *(unread if line.unread else []), style=_ITEM)
    button = element(
        "button", top, below, type="button",
        **{
            "class": "msgnb-item", "data-press": "open", "data-value": line.session,
            "aria-current": "true" if chosen else "false",
        },
    )  # fmt: skip
    return element("div", button, role="listitem")


def _button(words: str, press: str) -> Markup:
    button = element("button", words, type="button", **{"class": "msgnb-chip", "data-press": press})
    return element("div", button, style="text-align:center;padding:4px")
