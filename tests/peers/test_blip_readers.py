"""Two clients of other people, unmodified, do their reads against the mock in process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from blip_report_requisitor import Requisitor
from blipy.Postmasters import AnalyticsPostmaster
from blipy.Types import Date

from msgnb_mocks import World
from msgnb_mocks.hosting.inprocess import InProcess

START, END = (2026, 10, 10), (2026, 10, 20)
DAYS = datetime(*START), datetime(*END)  # noqa: DTZ001 - as this client's users write them


@pytest.fixture
def inside() -> Iterator[InProcess]:
    with InProcess(World(7)) as inside:
        yield inside


def key(inside: InProcess) -> str:
    return f"Key {inside.credentials['blip']['key']}"


def during(inside: InProcess) -> list[Any]:
    """The bot's event tracks of the days that are asked for."""
    mock: Any = inside.applications["blip"]
    first, last = (datetime(*day, tzinfo=UTC) for day in (START, END))
    return [each for each in mock.state.tracks if first <= each.at <= last]


@pytest.mark.peer("blipy 0.0.6 (PyPI)")
def test_blipy_reads_categories_and_counters(inside: InProcess) -> None:
    """Blipy lists the categories and sums the counters of one over some days."""
    analytics = AnalyticsPostmaster(key(inside))
    categories = analytics.getCategories()
    assert categories.Success
    assert {row["category"] for row in categories.Resource.Items} == {"payments", "accounts", "flow"}
    counters = analytics.getCounters("payments", Date.new(*START), Date.new(*END))
    counted = sum(int(row["count"]) for row in counters.Resource.Items)
    assert counted == sum(each.category == "payments" for each in during(inside))


@pytest.mark.peer("blipy 0.0.6 (PyPI)")
def test_blipy_reads_details_and_metrics(inside: InProcess) -> None:
    """Blipy reads the events of an action over some days, and a metric by day."""
    analytics = AnalyticsPostmaster(key(inside))
    details = analytics.getTrackings("payments", "success-order", Date.new(*START), Date.new(*END))
    expected = [
        each for each in during(inside) if (each.category, each.action) == ("payments", "success-order")
    ]
    # More than a page it would not read: it takes the total of all for that of a page.
    assert 0 < len(details.Resource.Items) == len(expected) < 100
    metric = analytics.getActiveMessages(Date.new(*START), Date.new(*END), "Daily")
    assert len(metric.Resource.Items) == 10


@pytest.fixture
def generous() -> Iterator[InProcess]:
    """A server that gives what this client asks for by default, which is more than is documented."""
    with InProcess(World(7), quirks=frozenset({"blip:generous-take", "blip:metric-identity"})) as inside:
        yield inside


@pytest.mark.peer("blip-report-requisitor 0.0.7 (PyPI)")
def test_the_requisitor_reads_its_reports(generous: InProcess) -> None:
    """blip-report-requisitor reads categories, the shares of their actions, users, tickets and the bot."""
    requisitor = Requisitor(generous.credentials["blip"]["key"])
    start, end = DAYS
    assert sorted(requisitor.getAllCategories()) == ["accounts", "flow", "payments"]
    shares = requisitor.getCustomReport("payments", start, end)
    assert {row["acao"] for row in shares} == {"success-order", "failed-order"}
    assert round(sum(row["%"] for row in shares)) == 100
    assert requisitor.getMau(start, end) > 0
    assert requisitor.getAllMau() > 0
    assert len(requisitor.getAllReportsOfAllCategories(start, end)) == 3
    tickets = requisitor.getTickets(start, end)
    assert tickets
    assert {"Open", "Waiting"}.isdisjoint(each["status"] for each in tickets)


@pytest.mark.peer("blip-report-requisitor 0.0.7 (PyPI)")
def test_the_requisitor_finds_nothing_where_the_limit_holds(inside: InProcess) -> None:
    """Where the documented limits hold, its too large page is refused, which it takes for no tickets."""
    assert Requisitor(inside.credentials["blip"]["key"]).getTickets(*DAYS) == []
