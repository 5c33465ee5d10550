"""Pictures of what the messages tell.

    messages.msg.plot.volume(by="week")
    messages.msg.plot.busy(zone="America/Sao_Paulo").save("busy.png")

* A picture is shown as SVG, made on this machine: nothing is loaded from another host, and it stays in a
  saved notebook, on GitHub and in an export.
* `interactive()` is the Altair chart itself, to change it or to point at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb import analysis
from msgnb.errors import InvalidRequest, SettingsError

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".svg", ".png", ".html", ".json")
COLOURS = {"inbound": "#0b5fb0", "outbound": "#e08a1e"}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WIDTH, HEIGHT, CELL = 620, 220, 22
WAITS = (60, 300, 900, 3600, 4 * 3600, 24 * 3600)
WAIT_NAMES = ("< 1 min", "1–5 min", "5–15 min", "15–60 min", "1–4 h", "4–24 h", "> 24 h")
STAGES = ("messages", *analysis.STAGES)


class Picture:
    """A chart that shows itself offline.

    Attributes:
        table: what is drawn.
    """

    def __init__(self, chart: Any, table: pd.DataFrame) -> None:
        self._chart = chart
        self.table = table

    def interactive(self) -> Any:
        """The Altair chart, to point at and to change; the way it shows itself may load from other hosts."""
        return self._chart.interactive()

    @property
    def svg(self) -> str:
        """The picture as SVG."""
        svg: str = _converter().vegalite_to_svg(self._chart.to_dict())
        return svg

    def save(self, path: str | Path) -> Path:
        """Write the picture as `.svg`, `.png`, `.html` (which needs nothing else) or `.json` (Vega-Lite).

        Raises:
            InvalidRequest: the file's name ends in something else.
        """
        written = Path(path)
        suffix = written.suffix.lower()
        if suffix not in FORMATS:
            raise InvalidRequest.of(path=f"{written.name!r} ends in none of {', '.join(FORMATS)}")
        content = self._chart.to_dict()
        if suffix == ".png":
            written.write_bytes(_converter().vegalite_to_png(content, scale=2))
        elif suffix == ".html":
            written.write_text(_converter().vegalite_to_html(content, bundle=True), encoding="utf-8")
        else:
            written.write_text(self.svg if suffix == ".svg" else self._chart.to_json(), encoding="utf-8")
        return written

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Picture of {len(self.table)} rows: {', '.join(self.table.columns)}>"


class Plot:
    """What can be drawn of a table `messages`; it is `frame.msg.plot`."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def volume(self, *, by: str = "day", zone: str = "UTC") -> Picture:
        """Messages in each period, inbound and outbound; arguments as those of `analysis.volume`."""
        table = analysis.volume(self._frame, by=by, zone=zone)
        long = table.melt("period", ["inbound", "outbound"], "direction", "count")
        alt = _altair()
        chart = (
            alt.Chart(long)
            .mark_bar()
            .encode(
                alt.X("period:T", title=None if zone == "UTC" else f"in {zone}"),
                alt.Y("count:Q", title=f"messages a {by}"),
                _direction(alt),
                tooltip=["period:T", "direction:N", "count:Q"],
            )
        )
        return Picture(chart.properties(width=WIDTH, height=HEIGHT), table)

    def busy(self, *, zone: str = "UTC") -> Picture:
        """When people write: a heat map of weekday and hour."""
        table = analysis.busy(self._frame, zone=zone)
        named = table.assign(day=[WEEKDAYS[number - 1] for number in table["weekday"]])
        alt = _altair()
        chart = (
            alt.Chart(named)
            .mark_rect()
            .encode(
                alt.X(
                    "hour:O",
                    title=f"hour in {zone}",
                    scale=alt.Scale(domain=list(range(24))),
                    axis=alt.Axis(labelAngle=0),
                ),
                alt.Y("day:O", title=None, sort=list(WEEKDAYS), scale=alt.Scale(domain=list(WEEKDAYS))),
                alt.Color("messages:Q", title="messages", scale=alt.Scale(scheme="blues")),
                tooltip=["day:N", "hour:O", "messages:Q", "inbound:Q", "outbound:Q"],
            )
        )
        return Picture(chart.properties(width=24 * CELL, height=7 * CELL), table)

    def responses(self, *, gap: timedelta = analysis.GAP) -> Picture:
        """How long people waited for an answer, as shares of all questions."""
        waits = analysis.responses(self._frame, gap=gap)
        table = _waits(waits)
        alt = _altair()
        chart = (
            alt.Chart(table)
            .mark_bar(color=COLOURS["outbound"])
            .encode(
                alt.X(
                    "wait:N",
                    title="until the first answer",
                    sort=list(WAIT_NAMES),
                    axis=alt.Axis(labelAngle=0),
                ),
                alt.Y("share:Q", title="of the questions", axis=alt.Axis(format="%")),
                tooltip=["wait:N", "questions:Q", alt.Tooltip("share:Q", format=".1%")],
            )
        )
        return Picture(chart.properties(width=WIDTH, height=HEIGHT), table)

    def funnel(self) -> Picture:
        """How far the messages of all campaigns came."""
        table = analysis.funnel(self._frame)
        sums = table[list(STAGES)].sum().rename_axis("stage").reset_index(name="count")
        alt = _altair()
        chart = (
            alt.Chart(sums)
            .mark_bar(color=COLOURS["inbound"])
            .encode(
                alt.X("count:Q", title="messages"),
                alt.Y("stage:N", title=None, sort=list(STAGES)),
                tooltip=["stage:N", "count:Q"],
            )
        )
        return Picture(chart.properties(width=WIDTH, height=5 * CELL), table)

    def campaigns(self) -> Picture:
        """What became of the messages of each campaign."""
        table = analysis.funnel(self._frame)
        long = _outcomes(table).melt("campaign", None, "status", "count")
        alt = _altair()
        order = ["read", "delivered", "sent", "accepted", "unknown", "failed"]
        colours = ["#1b6e3c", "#5aa876", "#9fc9ae", "#d3e4d9", "#c9ced6", "#b3261e"]
        chart = (
            alt.Chart(long)
            .mark_bar()
            .encode(
                alt.X("count:Q", title="messages", stack="normalize", axis=alt.Axis(format="%")),
                alt.Y("campaign:N", title=None),
                alt.Color("status:N", title=None, sort=order, scale=alt.Scale(domain=order, range=colours)),
                tooltip=["campaign:N", "status:N", "count:Q"],
            )
        )
        return Picture(chart.properties(width=WIDTH, height=alt.Step(CELL)), table)


def _waits(waits: pd.DataFrame) -> pd.DataFrame:
    """How many questions were answered within which time."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    edges = [-1, *WAITS, float("inf")]
    counted = pd.cut(waits["seconds"], edges, right=False, labels=list(WAIT_NAMES)).value_counts(sort=False)
    share = counted / max(int(counted.sum()), 1)
    return pd.DataFrame(
        {"wait": list(WAIT_NAMES), "questions": counted.to_numpy(), "share": share.to_numpy()}
    )


def _outcomes(table: pd.DataFrame) -> pd.DataFrame:
    """What each message came to, and no further."""
    ends = table[["campaign", "failed", "unknown"]].copy()
    for stage, following in zip(analysis.STAGES, (*analysis.STAGES[1:], None), strict=True):
        ends[stage] = table[stage] - (table[following] if following else 0)
    return ends


def _direction(alt: Any) -> Any:
    domain: Sequence[str] = list(COLOURS)
    return alt.Color("direction:N", title=None, scale=alt.Scale(domain=domain, range=list(COLOURS.values())))


def _altair() -> Any:
    try:
        import altair  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError("pictures need Altair: pip install 'msgnb[charts]'") from None
    return altair


def _converter() -> Any:
    try:
        import vl_convert  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError("pictures need vl-convert: pip install 'msgnb[charts]'") from None
    return vl_convert
