"""Conversations to read: bubbles where HTML is shown, lines of text elsewhere.

* Made of any table `messages`; no script runs, and it prints.
* Strangers wrote what is in it: all of it is escaped, pictures are shown only where they are part of the
  message itself, and to open a link is the reader's choice.
* Times are in a zone that is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgnb.core.errors import InvalidRequest
from msgnb.core.html import Markup, as_written, clean, element

if TYPE_CHECKING:
    import pandas as pd

MOST = 200
"""Messages that are shown at once where nobody can ask for more."""
LONGEST = 2_000
"""Characters of one message that are shown."""
LONGEST_NAME = 120
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
    """One conversation as it stood; made by `messages.msg.conversation(…)`.

    A notebook shows it as bubbles, `print` as lines; `html` is the page itself.

    Args:
        rows: the messages, the earliest first.
        zone: of the times.
        earlier: how many came before them and are not shown; `None` where there are some.
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
        return as_written(element("div", head, body, style="max-width:44em"))

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
    """The latest messages of one session of a table `messages`.

    Raises:
        InvalidRequest: the table has no such session; or several, and none is named.
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
    """The latest messages, the earliest of them first, leaving out the last `skip`."""
    ordered = messages.sort_values("at", kind="stable", na_position="first")
    end = len(ordered) - skip
    return ordered.iloc[max(0, end - most) : max(0, end)]


def records(messages: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, `None` where one is missing."""
    plain = messages.astype(object).where(messages.notna(), None)
    found: list[dict[str, Any]] = plain.to_dict("records")  # type: ignore[assignment]
    return found


def bubbles(rows: Iterable[Row], zone: tzinfo) -> Markup:
    """Messages as bubbles, with a line for each day, the earliest first."""
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
    """A text as its reader sees it; `own` are those of the account."""
    ground = _OUTBOUND if own else _INBOUND
    return element("div", shortened(text), style=f"{_BUBBLE}background:{ground};color:{_TEXT}", dir="auto")


def shortened(text: str) -> str:
    """A text, cut where it is very long."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]}… ({len(text) - LONGEST:,} more characters)"


def _brief(value: Any) -> str:
    """What stands beside a message; strangers can make it long."""
    text = str(value)
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
    said = [bubble(str(text), own=own)] if text else []
    return element("div", *who, *media, *said, _below(row, at), style=f"text-align:{side};margin:4px 0")


def _below(row: Row, at: datetime | None) -> Markup:
    """The time, and how far the message came."""
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
    link = element("a", words, href=url, target="_blank", rel="noopener noreferrer nofollow")
    return element("div", link, style=QUIET)


def _split(url: str) -> Any:
    """The parts of a web address; `None` for what is none."""
    try:
        parts = urlsplit(url)
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
    return str(clean(f"{line}{'→' if own else '←'} {who}{shortened(str(text))}{tick}"))
