"""Charts of the measures, drawn with Altair.

    messages.msg.plot.volume(by="week")
    messages.msg.plot.busy(zone="America/Sao_Paulo").save("busy.png")

* A chart is displayed as SVG that is rendered on this machine. It loads nothing from another host, and is
  visible in a saved notebook, on GitHub and in an export.
* `interactive()` returns the Altair chart itself, to change it or to add tooltips and zoom.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb.analysis import volumes, waiting
from msgnb.analysis.frames import STAGES
from msgnb.core.errors import InvalidRequest, SettingsError
from msgnb.core.private_files import replace_file
from msgnb.core.times import parse_zone
from msgnb.core.visible import escape_invisible

if TYPE_CHECKING:
    import pandas as pd

FORMATS = (".svg", ".png", ".html", ".json")
COLORS = {"inbound": "#0b5fb0", "outbound": "#e08a1e"}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WIDTH, HEIGHT, CELL, LABEL = 620, 220, 22, 24
FONT = "Arial, Liberation Sans, Helvetica, sans-serif"
"""Fonts with the same character widths; the padding makes room for a machine's own, wider one."""
PADDING = {"left": 24, "right": 24, "top": 5, "bottom": 5}
WAITS = (60, 300, 900, 3600, 4 * 3600, 24 * 3600)
WAIT_NAMES = ("< 1 min", "1–5 min", "5–15 min", "15–60 min", "1–4 h", "4–24 h", "> 24 h")
FUNNEL = ("messages", *STAGES)
STATUS_COLORS = {
    "read": "#1b6e3c",
    "delivered": "#5aa876",
    "sent": "#9fc9ae",
    "accepted": "#d3e4d9",
    "unknown": "#c9ced6",
    "failed": "#b3261e",
}
"""A color for each delivery status, in the order in which they are stacked."""
STATUS_TIMES = {
    "accepted_at": "accepted",
    "sent_at": "sent",
    "delivered_at": "delivered",
    "read_at": "read",
    "failed_at": "failed",
}


class Chart:
    """A chart that is displayed without a network connection.

    Attributes:
        table: the numbers that it shows.
    """

    def __init__(self, chart: Any, table: pd.DataFrame) -> None:
        self._chart = chart.properties(padding=PADDING).configure(font=FONT)
        self.table = table

    def interactive(self) -> Any:
        """Return the Altair chart, with zoom and tooltips; Altair may load scripts from other hosts."""
        return self._chart.interactive()

    @property
    def svg(self) -> str:
        """The chart as SVG."""
        svg: str = _converter().vegalite_to_svg(self._chart.to_dict())
        return svg

    def save(self, path: str | Path) -> Path:
        """Write the chart as `.svg`, `.png`, `.html` (self-contained) or `.json` (Vega-Lite).

        Only the user can read the file.

        Raises:
            InvalidRequest: the file name has another extension.
        """
        written = Path(path)
        suffix = written.suffix.lower()
        if suffix not in FORMATS:
            raise InvalidRequest.of(path=f"{written.name!r} ends in none of {', '.join(FORMATS)}")
        content = self._chart.to_dict()
        if suffix == ".png":
            replace_file(written, _converter().vegalite_to_png(content, scale=2))
        elif suffix == ".html":
            replace_file(written, _converter().vegalite_to_html(content, bundle=True).encode())
        else:
            replace_file(written, (self.svg if suffix == ".svg" else self._chart.to_json()).encode())
        return written

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": repr(self)}

    def __repr__(self) -> str:
        columns = ", ".join(map(str, self.table.columns))
        return escape_invisible(f"<Chart of {len(self.table)} rows: {columns}>", keep="")


class Plot:
    """The charts of a `messages` or `outcomes` table, as `frame.msg.plot`."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame

    def volume(self, *, by: str = "day", zone: str = "UTC") -> Chart:
        """Draw inbound and outbound messages per period; for the arguments see `analysis.volume`."""
        table = volumes.volume(self._frame, by=by, zone=zone)
        ended = table.assign(end=_ends(table["period"], by))
        long = ended.melt(["period", "end"], ["inbound", "outbound"], "direction", "count")
        alt = _altair()
        chart = (
            alt.Chart(long)
            .mark_bar(orient="vertical", stroke="white")
            .encode(
                alt.X("period:T", title=None if zone == "UTC" else f"in {zone}"),
                alt.X2("end:T"),
                alt.Y("count:Q", title=f"messages by {by}", stack="zero"),
                _direction(alt),
                tooltip=["period:T", "direction:N", "count:Q"],
            )
        )
        return Chart(chart.properties(width=WIDTH, height=HEIGHT), table)

    def busy(self, *, zone: str = "UTC") -> Chart:
        """Draw a heat map of messages by weekday and hour."""
        table = volumes.busy(self._frame, zone=zone)
        named = table.assign(day=[WEEKDAYS[number - 1] for number in table["weekday"]])
        alt = _altair()
        chart = (
            alt.Chart(named)
            .mark_rect()
            .encode(
                alt.X(
                    "hour:O",
                    title=f"hour in {zone}",
                    # All hours, so that one without messages leaves a gap and doesn't vanish.
                    scale=alt.Scale(domain=list(range(24))),
                    axis=alt.Axis(labelAngle=0),
                ),
                alt.Y("day:O", title=None, sort=list(WEEKDAYS), scale=alt.Scale(domain=list(WEEKDAYS))),
                alt.Color("messages:Q", title="messages", scale=alt.Scale(scheme="blues")),
                tooltip=["day:N", "hour:O", "messages:Q", "inbound:Q", "outbound:Q"],
            )
        )
        return Chart(chart.properties(width=24 * CELL, height=7 * CELL), table)

    def responses(self, *, gap: timedelta = waiting.GAP) -> Chart:
        """Draw how long contacts waited for an answer, as shares of all questions."""
        waits = waiting.responses(self._frame, gap=gap)
        table = _waits(waits)
        alt = _altair()
        chart = (
            alt.Chart(table)
            .mark_bar(color=COLORS["outbound"])
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
        return Chart(chart.properties(width=WIDTH, height=HEIGHT), table)

    def funnel(self) -> Chart:
        """Draw how many messages of all campaigns were accepted, sent, delivered and read."""
        table = volumes.funnel(self._frame)
        sums = table[list(FUNNEL)].sum().rename_axis("stage").reset_index(name="count")
        alt = _altair()
        chart = (
            alt.Chart(sums)
            .mark_bar(color=COLORS["inbound"])
            .encode(
                alt.X("count:Q", title="messages"),
                alt.Y("stage:N", title=None, sort=list(FUNNEL)),
                tooltip=["stage:N", "count:Q"],
            )
        )
        return Chart(chart.properties(width=WIDTH, height=5 * CELL), table)

    def campaigns(self) -> Chart:
        """Draw the delivery statuses of each campaign."""
        table = volumes.funnel(self._frame)
        labels = _labels(self._frame)
        named = _final_statuses(table).merge(labels, on="campaign")
        long = named.melt(["campaign", "label"], None, "status", "count")
        alt = _altair()
        scale = alt.Scale(domain=list(STATUS_COLORS), range=list(STATUS_COLORS.values()))
        chart = (
            alt.Chart(long)
            .mark_bar()
            .encode(
                alt.X("count:Q", title="messages", stack="normalize", axis=alt.Axis(format="%")),
                alt.Y("label:N", title=None, sort=list(labels["label"])),
                alt.Color("status:N", title=None, sort=list(STATUS_COLORS), scale=scale),
                tooltip=["campaign:N", "status:N", "count:Q"],
            )
        )
        return Chart(chart.properties(width=WIDTH, height=alt.Step(CELL)), table)

    def progress(self, *, zone: str = "UTC") -> Chart:
        """Draw how many messages had reached each delivery status over time.

        >>> bot.campaigns.outcomes(campaign).msg.plot.progress(zone="America/Sao_Paulo")

        The table is an `outcomes` table, or `messages` with the columns of `deliveries`.

        Args:
            zone: name of the time zone of the axis.

        Raises:
            InvalidRequest: the table has no status times, or the time zone does not exist.
        """
        table = _status_times(self._frame)
        # Vega draws times in the zone of the machine; those without a zone it leaves as they are.
        local = table.assign(at=table["at"].dt.tz_convert(parse_zone(zone)).dt.tz_localize(None))
        alt = _altair()
        colors = STATUS_COLORS | dict.fromkeys(("rejected", "skipped"), STATUS_COLORS["failed"])
        seen = [name for name in colors if name in set(table["stage"])]
        scale = alt.Scale(domain=seen, range=[colors[name] for name in seen])
        chart = (
            alt.Chart(local)
            .mark_line(interpolate="step-after", point=True)
            .encode(
                alt.X("at:T", title=None if zone == "UTC" else f"in {zone}"),
                alt.Y("count:Q", title="messages", axis=alt.Axis(tickMinStep=1)),
                alt.Color("stage:N", title=None, sort=seen, scale=scale),
                tooltip=["stage:N", "at:T", "count:Q"],
            )
        )
        return Chart(chart.properties(width=WIDTH, height=HEIGHT), table)


def _status_times(frame: pd.DataFrame) -> pd.DataFrame:
    """How many messages had each status at each time: `stage`, `at`, `count`."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    if set(STATUS_TIMES) <= set(frame.columns):
        stages = {name: frame[column].dropna() for column, name in STATUS_TIMES.items()}
    elif {"state", "status", "at"} <= set(frame.columns):
        # A recipient whom nothing was sent to has a state, but no status.
        known = frame["status"].astype("object").fillna(frame["state"].astype("object"))
        found = {str(name): part.dropna() for name, part in frame["at"].groupby(known)}
        stages = found or {"unknown": frame["at"].head(0)}
    else:
        words = (
            "it has no times of what became of them; `outcomes`, or messages(notifications=True), are needed"
        )
        raise InvalidRequest.of(table=words)
    parts = [
        pd.DataFrame({"stage": name, "at": times.sort_values(), "count": range(1, len(times) + 1)})
        for name, times in stages.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _waits(waits: pd.DataFrame) -> pd.DataFrame:
    """How many questions were answered within each span of time."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    edges = [-1, *WAITS, float("inf")]
    counted = pd.cut(waits["seconds"], edges, right=False, labels=list(WAIT_NAMES)).value_counts(sort=False)
    share = counted / max(int(counted.sum()), 1)
    return pd.DataFrame(
        {"wait": list(WAIT_NAMES), "questions": counted.to_numpy(), "share": share.to_numpy()}
    )


def _ends(periods: pd.Series[pd.Timestamp], by: str) -> pd.Series[pd.Timestamp]:
    """The ends of periods."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    ends: pd.Series[pd.Timestamp] = periods + pd.DateOffset(**{f"{by}s": 1})  # type: ignore[arg-type]
    return ends


def _labels(frame: pd.DataFrame) -> pd.DataFrame:
    """A label per campaign, earliest first: when it started, and the beginning of its text."""
    sent = frame[frame["campaign"].notna()].sort_values("at")
    first = sent.drop_duplicates("campaign")[["campaign", "at", "text"]]
    words = first["text"].fillna("").str.slice(0, LABEL) + first["text"].str.len().gt(LABEL).map(
        {True: "…", False: ""}
    )
    label = first["at"].dt.strftime("%d %b %H:%M ") + words
    return first.assign(label=label)[["campaign", "label"]]


def _final_statuses(table: pd.DataFrame) -> pd.DataFrame:
    """How many messages have each status, where a funnel counts those that have reached it."""
    ends = table[["campaign", "failed", "unknown"]].copy()
    for stage, following in zip(STAGES, (*STAGES[1:], None), strict=True):
        ends[stage] = table[stage] - (table[following] if following else 0)
    return ends


def _direction(alt: Any) -> Any:
    domain: Sequence[str] = list(COLORS)
    return alt.Color("direction:N", title=None, scale=alt.Scale(domain=domain, range=list(COLORS.values())))


def _altair() -> Any:
    try:
        import altair  # noqa: PLC0415 - an optional dependency
    except ImportError:
        raise SettingsError("pictures need Altair: pip install 'msgnb[charts]'") from None
    return altair


def _converter() -> Any:
    try:
        import vl_convert  # noqa: PLC0415 - an optional dependency
    except ImportError:
        raise SettingsError("pictures need vl-convert: pip install 'msgnb[charts]'") from None
    return vl_convert
