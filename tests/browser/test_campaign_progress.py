"""A campaign in a real JupyterLab: what one sees before it is sent, and while it is on its way."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import expect

SET_UP = """
import msgnb
world = msgnb.offline(seed=7).start()
world.smsdrop.connection.http.pause = lambda seconds: world.mocks.clock.advance(seconds=seconds)
people = [f"+5511{910_000_000 + number}" for number in range(100)]
campaign = msgnb.Campaign(text="It’s $5 and $6 <b>only</b>", sender="MyShop", title="<i>Sale</i>")
"""


def test_a_plan_reads_well(notebook: Any) -> None:
    """The plan shows people, SMS and credit, and texts as they were written, prices and markup too."""
    page = notebook(f"{SET_UP}\nworld.smsdrop.plan_campaign(campaign, people)")
    page.get_by_text("100 recipients · 100 SMS · 5,000 SMS credits left").wait_for()
    page.get_by_text("100 messages use UCS-2 (70 characters per SMS) because of: ’").wait_for()
    expect(page.get_by_text("It’s $5 and $6 <b>only</b>", exact=True)).to_have_count(5)
    expect(page.locator("mjx-container")).to_have_count(0)


def test_watching_shows_a_bar_to_the_end(notebook: Any) -> None:
    """The bar stands at those who were reached, and says so in words; its title is no markup."""
    page = notebook(f"{SET_UP}\nworld.smsdrop.send_campaign(campaign, people)\noutcomes = campaign.watch()")
    view = page.locator(".msgnb-campaign-progress")
    view.get_by_text("95 of 100 reached (95%) · completed").wait_for()
    view.get_by_text("<i>Sale</i>").wait_for()
    bar = view.get_by_role("progressbar")
    assert bar.count() <= 1
    expect(view.locator(".progress-bar")).to_have_attribute("style", re.compile("width: 95%"))
