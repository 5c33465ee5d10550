"""A `subscriptions` table that highlights failing and expired subscriptions in a notebook.

It is a DataFrame in every other way. Selections of its rows are highlighted, too.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pandas as pd

SOON_SECONDS = 3600.0
MOST_ROWS = 100
_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
_BROKEN = "color: var(--jp-error-color1, #c62828); font-weight: 600"
_FIRST = ("topic", "status", "expires_at", "posts", "errors", "target")
_LOOK: Any = [
    {"selector": "th, td", "props": "text-align: left; white-space: nowrap"},
    {"selector": "caption", "props": "caption-side: top; text-align: left; padding: 4px 0"},
]


class SubscriptionsFrame(pd.DataFrame):
    """Subscriptions as they were at the time `read_at`."""

    _metadata = ["read_at"]  # noqa: RUF012 - the attributes that pandas passes on
    read_at: datetime

    @property
    def _constructor(self) -> Callable[..., SubscriptionsFrame]:
        # pandas makes selections with this, so they are highlighted as well.
        return SubscriptionsFrame

    def attention(self) -> pd.Series[str]:
        """Return why each row needs attention, as text; missing for rows that don't.

        >>> subscriptions[subscriptions.attention().notna()]
        """
        # Not every operation of pandas passes the attribute on.
        now = getattr(self, "read_at", None) or datetime.now(UTC)
        columns = (self[name] for name in ("status", "expires_at", "posts", "errors"))
        words = [_trouble(*row, now=now) for row in zip(*columns, strict=True)]
        return pd.Series(words, index=self.index, name="attention", dtype="str")

    def _repr_html_(self) -> str | None:
        drawable = set(self.columns) >= set(_FIRST) and self.index.is_unique and self.columns.is_unique
        if not drawable or self.empty:
            return _plain(self)
        try:
            import jinja2  # noqa: F401, PLC0415 - pandas needs it for styles; Jupyter installs it
        except ImportError:
            return _plain(self)
        return _styled(self, self.attention())


def subscription_view(frame: pd.DataFrame, read_at: datetime) -> SubscriptionsFrame:
    """Return a `subscriptions` table that highlights what needed attention at the time `read_at`."""
    found = SubscriptionsFrame(frame, copy=False)
    found.read_at = read_at
    return found


def _plain(frame: pd.DataFrame) -> str | None:
    # As a plain DataFrame, because the method of this class would call itself.
    drawn: str | None = pd.DataFrame(frame)._repr_html_()  # type: ignore[operator]
    return drawn


def _styled(frame: pd.DataFrame, words: pd.Series[str]) -> str:
    """The table as HTML: `attention` first, then the most important columns, then the others."""
    view = pd.DataFrame(frame)[[*_FIRST, *(name for name in frame.columns if name not in _FIRST)]]
    view, shown = view.head(MOST_ROWS), words.head(MOST_ROWS)
    if shown.notna().any():
        view.insert(0, "attention", shown.fillna(""))
    count = int(words.notna().sum())
    caption = f"{count} of {len(frame)} need attention" if count else f"{len(frame)}, all well"
    more = f"; the first {MOST_ROWS} are shown" if len(frame) > MOST_ROWS else ""
    styler = view.style.format(escape="html", na_rep="").format_index(escape="html")
    styler = styler.format(_time, subset=["expires_at"], na_rep="").set_table_styles(_LOOK)
    # By position, because labels may be repeated.
    marks = [_BROKEN if isinstance(word, str) else "" for word in shown]
    styler = styler.apply(lambda _: marks, subset=[view.columns[0], "status"])
    return str(styler.set_caption(caption + more).to_html())


def _time(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _trouble(status: Any, expires_at: Any, posts: Any, errors: Any, *, now: datetime) -> str | None:
    left = None if pd.isna(expires_at) else (expires_at.to_pydatetime() - now).total_seconds()
    if left is not None and left <= 0:
        return f"expired {_span(-left)} ago"
    if isinstance(status, str) and status == "error":
        counted = not (pd.isna(posts) or pd.isna(errors))
        return f"broken: {errors} of {posts} posts failed" if counted else "broken"
    if left is not None and left < SOON_SECONDS:
        return f"expires in {_span(left)}"
    return None


def _span(seconds: float) -> str:
    size, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    count = int(seconds // size)
    return f"{count} {unit}{'' if count == 1 else 's'}"
