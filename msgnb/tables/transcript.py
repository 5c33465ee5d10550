"""A static view of a conversation: bubbles in HTML, lines of text elsewhere.

* It is made from any `messages` table, runs no scripts, and can be printed.
* External senders wrote the content. All of it is escaped, images are shown only if the message itself
  contains them, and links open only if the reader clicks them. Marks that reverse or hide what follows are
  written out.
* Times are in a named time zone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgnb.core.errors import InvalidRequest
from msgnb.core.html import Markup, element, without_mathjax
from msgnb.core.visible import escape_invisible

if TYPE_CHECKING:
    import pandas as pd

MOST = 200
"""Messages that a static view shows, because it cannot load more."""
LONGEST = 2_000
"""Characters that are shown of one message."""
LONGEST_NAME = 120
# Control characters are left to `element`, which has pictures of them.
_LEFT = "".join(map(chr, (*range(0x20), 0x7F)))
LARGEST_PICTURE = 300_000
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+")
_TICKS = {
    "accepted": ("·", "accepted"),
    "sent": ("✓", "sent"),
    "delivered": ("✓✓", "delivered"),
    "read": ("✓✓", "read"),
    "failed": ("✗", "failed"),
}
_INBOUND = "var(--jp-layout-color2, #eeeeee)"
# Pale in light themes and dark in dark ones.
_OUTBOUND = "color-mix(in srgb, var(--jp-brand-color1, #1976d2) 20%, var(--jp-layout-color1, #ffffff))"
_TEXT = "var(--jp-ui-font-color1, #1f1f1f)"
QUIET = "color:var(--jp-ui-font-color2, #616161);font-size:11px;line-height:1.4"
_BUBBLE = (
    "display:inline-block;text-align:left;max-width:85%;margin:2px 0;padding:6px 10px;border-radius:10px;"
    "line-height:1.4;white-space:pre-wrap;overflow-wrap:anywhere;unicode-bidi:isolate;"
)
_DAY = f"{QUIET};text-align:center;margin:12px 0 6px"

Row = Mapping[str, Any]


class Conversation:
    """A static view of one conversation; `messages.msg.conversation(…)` makes it.

    A notebook shows it as bubbles, `print` as lines; `html` is its HTML.

    Args:
        rows: the messages, earliest first.
        zone: the time zone.
        earlier: the number of earlier messages, which are not shown; `None` if there are some, but it is not
            known how many.
    """

    def __init__(self, rows: Iterable[Row], zone: tzinfo = UTC, earlier: int | None = 0) -> None:
        self._rows = list(rows)
        self._zone = zone
        self._earlier = earlier

    @property
    def html(self) -> Markup:
        """The conversation as HTML."""
        words = f"times in {self._zone}{self._before(' · ')}"
        body = bubbles(self._rows, self._zone) if self._rows else element("div", "No messages.", style=QUIET)
        head = element("div", words, style=QUIET)
        return without_mathjax(element("div", head, body, style="max-width:44em"))

    def _before(self, mark: str) -> str:
        return {0: "", None: f"{mark}there are earlier ones"}.get(
            self._earlier, f"{mark}{self._earlier} earlier"
        )

    def _repr_html_(self) -> str:
        return str(self.html)

    def __repr__(self) -> str:
        if not self._rows:
            return "no messages"
        lines = [f"times in {self._zone}{self._before(', ')}"]
        day = None
        for row in self._rows:
            at = _at(row, self._zone)
            if at and at.date() != day:
                day = at.date()
                lines.append(f"{at:%a %d %b %Y}")
            lines.append(_line(row, at))
        return "\n".join(lines)


def conversation(frame: pd.DataFrame, session: str | None, zone: tzinfo, most: int = MOST) -> Conversation:
    """Return a view of the latest messages of one session of a `messages` table.

    Raises:
        InvalidRequest: the table does not contain the session, or it has several and none is named.
    """
    if session is None:
        names = frame["session"].dropna().unique()
        if len(names) > 1:
            words = f"is to be named: the table has {len(names):,}, such as {names[0]!r}"
            raise InvalidRequest.of(session=words)
        found = frame
    else:
        found = frame[frame["session"] == session]
        if found.empty:
            raise InvalidRequest.of(session=f"{session!r} is not in this table")
    shown = latest(found, most)
    return Conversation(records(shown), zone, len(found) - len(shown))


def latest(messages: pd.DataFrame, most: int, skip: int = 0) -> pd.DataFrame:
    """Return the latest messages, earliest first, without the last `skip` ones."""
    # Messages of the same time keep their order.
    ordered = messages.sort_values("at", kind="stable", na_position="first")
    end = len(ordered) - skip
    return ordered.iloc[max(0, end - most) : max(0, end)]


def records(messages: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as dicts of plain values, with `None` for missing ones."""
    # Only columns of objects can contain `None`.
    plain = messages.astype(object).where(messages.notna(), None)
    found: list[dict[str, Any]] = plain.to_dict("records")  # type: ignore[assignment]
    return found


def bubbles(rows: Iterable[Row], zone: tzinfo) -> Markup:
    """Return messages as bubbles, earliest first, with a line for each day."""
    rows = list(rows)
    crowd = len({row.get("sender") for row in rows if row.get("direction") == "inbound"}) > 1
    pieces, day = [], None
    for row in rows:
        at = _at(row, zone)
        if at and at.date() != day:
            day = at.date()
            pieces.append(element("div", f"{at:%A %d %B %Y}", style=_DAY))
        pieces.append(_message(row, at, crowd=crowd))
    return Markup("".join(pieces))


def bubble(text: str, *, own: bool) -> Markup:
    """Return a text as one bubble; `own` is for texts of the account."""
    ground = _OUTBOUND if own else _INBOUND
    return element(
        "div", _visible(shortened(text)), style=f"{_BUBBLE}background:{ground};color:{_TEXT}", dir="auto"
    )


def shortened(text: str) -> str:
    """Return a text, cut if it is very long."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text) - LONGEST:,} more characters)"


def _visible(text: str) -> str:
    return escape_invisible(text, keep=_LEFT)


def _brief(value: Any) -> str:
    """A value that is shown next to a message, cut because external senders can make it long."""
    text = _visible(str(value))
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"


def _message(row: Row, at: datetime | None, *, crowd: bool) -> Markup:
    own = row.get("direction") == "outbound"
    side = "right" if own else "left"
    who = (
        [element("div", _brief(row["sender"]), style=QUIET)]
        if crowd and not own and row.get("sender")
        else []
    )
    text = row.get("text")
    media = [_media(row)] if row.get("media_url") or row.get("media_type") else []
    if not text and not media:
        text = f"({row.get('content_type') or 'no text'})"
    texts = [bubble(str(text), own=own)] if text else []
    return element("div", *who, *media, *texts, _footer(row, at), style=f"text-align:{side};margin:4px 0")


def _footer(row: Row, at: datetime | None) -> Markup:
    """The time and delivery status of a message."""
    tick, word = _TICKS.get(str(row.get("status")), ("", ""))
    look = f"{QUIET};color:var(--jp-info-color1, #0277bd)" if word == "read" else QUIET
    failed = f" {_brief(row['error'])}" if row.get("error") else ""
    pieces = [f"{at:%H:%M} " if at else ""]
    if row.get("direction") == "outbound" and tick:
        pieces.append(element("span", tick, title=word, style=look, role="img", **{"aria-label": word}))
    return element("div", *pieces, failed, style=QUIET)


def _media(row: Row) -> Markup:
    url, kind = str(row.get("media_url") or ""), _brief(row.get("media_type") or "file")
    if len(url) <= LARGEST_PICTURE and _PICTURE.fullmatch(url):
        look = "max-width:240px;max-height:180px;border-radius:8px"
        return element("div", element("img", src=url, alt=f"{kind} in this message", style=look))
    size = f", {float(row['media_size']) / 1000:,.0f} kB" if row.get("media_size") else ""
    parts = _split(url)
    if parts is None:
        return element("div", f"Attached: {kind}{size}", style=QUIET)
    words = f"Attached: {kind}{size}, from {_brief(parts.hostname)}"
    # The opened page learns nothing of the notebook, and can't control its tab.
    link = element("a", words, href=url, target="_blank", rel="noopener noreferrer nofollow")
    return element("div", link, style=QUIET)


def _split(url: str) -> Any:
    """The parts of a URL; `None` for anything else."""
    try:
        parts = urlsplit(url)
    # External senders write URLs that can't be parsed, such as one with a single bracket.
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.hostname else None


def _at(row: Row, zone: tzinfo) -> datetime | None:
    at = row.get("at")
    return None if at is None else at.astimezone(zone)


def _line(row: Row, at: datetime | None) -> str:
    own = row.get("direction") == "outbound"
    tick = f" {_TICKS[str(row['status'])][0]}" if own and row.get("status") in _TICKS else ""
    text = row.get("text") or f"({row.get('media_type') or row.get('content_type') or 'no text'})"
    who = "" if own else f"{_brief(row.get('sender') or '')}: "
    line = f"  {at:%H:%M}  " if at else "         "
    return escape_invisible(f"{line}{'→' if own else '←'} {who}{shortened(str(text))}{tick}")
