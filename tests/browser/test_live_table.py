"""The growing table in a real JupyterLab: events posted by the mocks, shown as they come."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

SET_UP = """
import msgnb
world = msgnb.offline(seed=7).start()
live = world.netsapiens.listen("message", "messagesession").start()
def say(text):
    world.receive("netsapiens", from_="12125550176", to="16195550101", text=text)
say("Hello, are you open? $5 or $6")
live.widget()
"""
TABLE = ".msgnb-live-table"


def test_events_show_as_they_come(notebook: Any) -> None:
    """What somebody writes appears by itself, as written, and what is told again is marked."""
    page = notebook(SET_UP)
    table = page.locator(TABLE)
    table.get_by_text("Hello, are you open? $5 or $6").first.wait_for()
    _execute(page, "say('<img src=x onerror=document.title=1> second')")
    table.get_by_text("<img src=x onerror=document.title=1> second").first.wait_for()
    table.get_by_text("4 events").wait_for()
    expect(table.get_by_text("(told again)")).to_have_count(2)


def test_a_flood_ends_with_the_last(notebook: Any) -> None:
    """A thousand events while the kernel computes are all counted, and the last one is shown."""
    page = notebook(SET_UP)
    table = page.locator(TABLE)
    table.get_by_text("2 events").wait_for()
    _execute(
        page,
        "for n in range(500): say(f'number {n}')\nsorted(range(2_000_000), key=lambda n: -n)",
    )
    table.get_by_text("1,002 events, the last 20 are shown").wait_for()
    table.get_by_text("number 499").first.wait_for()


def test_subscriptions_that_need_somebody_stand_out(notebook: Any) -> None:
    """The table of subscriptions marks what is broken or expired, in words and in colour."""
    page = notebook("import msgnb\nmsgnb.offline(seed=7).start().netsapiens.subscriptions()")
    page.get_by_text("3 of 5 need attention").wait_for()
    cell = page.get_by_role("cell", name="expired 3 days ago")
    assert cell.evaluate("cell => getComputedStyle(cell).fontWeight") == "600"


def _execute(page: Any, code: str) -> None:
    """Send code to the notebook's kernel and do not wait for it."""
    page.evaluate(
        """code => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            kernel.requestExecute({code});
        }""",
        code,
    )
