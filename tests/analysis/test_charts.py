"""Pictures that are made here, hold what the tables hold, and load nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import msgnb
from msgnb import analysis
from msgnb.analysis.charts import Picture

NAMES = ("volume", "busy", "responses", "funnel", "campaigns")


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    with msgnb.offline() as world:
        return pd.concat([world.blip.history(), world.smsdrop.history()], ignore_index=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_shows_itself_without_another_host(whole: pd.DataFrame, name: str, tmp_path: Path) -> None:
    """In a notebook it is SVG; as a file it is an SVG, a PNG or a page that needs nothing else."""
    picture: Picture = getattr(whole.msg.plot, name)()
    shown = picture._repr_mimebundle_()
    assert set(shown) == {"image/svg+xml", "text/plain"}
    assert shown["image/svg+xml"].startswith("<svg")
    assert "href" not in shown["image/svg+xml"]
    assert picture.save(tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
    page = picture.save(tmp_path / "picture.html").read_text(encoding="utf-8")
    assert 'src="http' not in page
    assert "<svg" in picture.save(tmp_path / "picture.svg").read_text(encoding="utf-8")
    drawn = json.loads(picture.save(tmp_path / "picture.json").read_text(encoding="utf-8"))
    assert drawn["datasets"]


def rows(picture: Picture) -> list[dict[str, Any]]:
    """What is drawn."""
    (found,) = picture.interactive().to_dict()["datasets"].values()
    return list(found)


def test_what_is_drawn_is_what_was_counted(whole: pd.DataFrame) -> None:
    """The bars of a day are its messages, the cells of the heat map those of its hour."""
    plot = whole.msg.plot
    assert sum(row["count"] for row in rows(plot.volume(by="week"))) == len(whole)
    assert sum(row["messages"] for row in rows(plot.busy(zone="Asia/Tokyo"))) == len(whole)
    table = plot.volume(by="week", zone="Asia/Tokyo").table
    pd.testing.assert_frame_equal(table, analysis.volume(whole, by="week", zone="Asia/Tokyo"))


def test_waits_are_sorted_into_spans() -> None:
    """A wait that is as long as a bound belongs to the next span; the shares are of all questions."""
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
    """The parts of all bars are the messages of all campaigns."""
    picture = whole.msg.plot.campaigns()
    assert sum(row["count"] for row in rows(picture)) == whole["campaign"].notna().sum()


def test_the_progress_of_a_campaign_adds_up(world: msgnb.testing.Offline) -> None:
    """Each line ends with how many came so far, of outcomes and of messages with their deliveries."""
    campaign = world.blip.campaigns()["campaign"].iloc[0]
    outcomes = world.blip.campaign_outcomes(campaign)
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
    """A table that does not tell when is refused, with what would do."""
    with pytest.raises(msgnb.InvalidRequest, match=r"table: it has no times of .*notifications=True"):
        _ = whole.msg.plot.progress()


def test_another_format_is_refused(whole: pd.DataFrame, tmp_path: Path) -> None:
    """A file's name that ends in no known format is named, with those there are."""
    with pytest.raises(msgnb.InvalidRequest, match=r"'picture\.bmp' ends in none of \.svg, \.png, \.html"):
        whole.msg.plot.volume().save(tmp_path / "picture.bmp")
