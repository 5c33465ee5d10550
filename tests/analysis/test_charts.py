"""Charts are rendered on this machine, show what the tables contain, and load nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb import analysis, tables
from msgnb.analysis.charts import Chart

NAMES = ("volume", "busy", "responses", "funnel", "campaigns")


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    with msgnb.offline() as world:
        return pd.concat([world.blip.history(), world.smsdrop.history()], ignore_index=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_chart_is_displayed_without_another_host(whole: pd.DataFrame, name: str, tmp_path: Path) -> None:
    """In a notebook it is SVG; as a file it is an SVG, a PNG or a self-contained page."""
    chart: Chart = getattr(whole.msg.plot, name)()
    shown = chart._repr_mimebundle_()
    assert set(shown) == {"image/svg+xml", "text/plain"}
    assert shown["image/svg+xml"].startswith("<svg")
    assert "href" not in shown["image/svg+xml"]
    assert chart.save(tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    page = chart.save(tmp_path / "chart.html").read_text(encoding="utf-8")
    assert 'src="http' not in page
    assert "<svg" in chart.save(tmp_path / "chart.svg").read_text(encoding="utf-8")
    drawn = json.loads(chart.save(tmp_path / "chart.json").read_text(encoding="utf-8"))
    assert drawn["datasets"]


def rows(chart: Chart) -> list[dict[str, Any]]:
    """The rows that are drawn."""
    (found,) = chart.interactive().to_dict()["datasets"].values()
    return list(found)


def test_what_is_drawn_is_what_was_counted(whole: pd.DataFrame) -> None:
    """The bars of all periods, and the cells of the heat map, add up to the messages."""
    plot = whole.msg.plot
    assert sum(row["count"] for row in rows(plot.volume(by="week"))) == len(whole)
    assert sum(row["messages"] for row in rows(plot.busy(zone="Asia/Tokyo"))) == len(whole)
    table = plot.volume(by="week", zone="Asia/Tokyo").table
    pd.testing.assert_frame_equal(table, analysis.volume(whole, by="week", zone="Asia/Tokyo"))


def test_waits_are_sorted_into_spans() -> None:
    """A wait as long as the end of a span belongs to the next span; shares are of all questions."""
    at = datetime(2026, 10, 5, 9, tzinfo=UTC)
    waits = [59, 60, 299, 86_400]
    lines = [
        (f"s{number}", at + timedelta(seconds=late * side), ("inbound", "outbound")[side])
        for number, late in enumerate(waits)
        for side in (0, 1)
    ]
    frame = pd.DataFrame(lines, columns=["session", "at", "direction"])
    frame = frame.assign(platform="blip", account="bot", message=frame.index.astype(str))
    table = frame.msg.plot.responses().table
    assert list(table["questions"]) == [1, 2, 0, 0, 0, 0, 1]
    assert list(table["share"]) == [0.25, 0.5, 0, 0, 0, 0, 0.25]


def test_each_message_of_a_campaign_is_drawn_once(whole: pd.DataFrame) -> None:
    """The parts of all bars add up to the messages of all campaigns."""
    chart = whole.msg.plot.campaigns()
    assert sum(row["count"] for row in rows(chart)) == whole["campaign"].notna().sum()


def test_the_progress_of_a_campaign_adds_up(world: msgnb.testing.Offline) -> None:
    """Each line ends at the number of messages with its status, from outcomes and from deliveries."""
    campaign = world.blip.campaigns()["campaign"].iloc[0]
    outcomes = world.blip.campaigns.outcomes(campaign)
    drawn = outcomes.msg.plot.progress(zone="America/Sao_Paulo").table
    ends = drawn.groupby("stage")["count"].max()
    assert dict(ends) == dict(outcomes["status"].astype("str").value_counts())
    assert all(part["at"].is_monotonic_increasing for _, part in drawn.groupby("stage"))
    session = world.blip.sessions()["session"].iloc[0]
    world.blip.send_text(session, "Hello")
    world.clock.advance(hours=1)
    messages = world.blip.messages(session, notifications=True)
    reached = messages.msg.plot.progress().table.groupby("stage")["count"].max()
    assert reached["delivered"] == messages["delivered_at"].notna().sum() > 0


def test_progress_needs_times(whole: pd.DataFrame) -> None:
    """A table without status times is refused, and the error says which tables have them."""
    with pytest.raises(msgnb.InvalidRequest, match=r"table: it has no times of .*notifications=True"):
        _ = whole.msg.plot.progress()


def test_another_format_is_refused(whole: pd.DataFrame, tmp_path: Path) -> None:
    """A file name with another extension is refused, and the error lists the known ones."""
    with pytest.raises(msgnb.InvalidRequest, match=r"'chart\.bmp' ends in none of \.svg, \.png, \.html"):
        whole.msg.plot.volume().save(tmp_path / "chart.bmp")


def test_the_progress_of_no_recipients_is_empty() -> None:
    """A table of outcomes without rows is drawn as an empty chart."""
    assert tables.OUTCOMES.frame(0, {}).msg.plot.progress().table.empty
