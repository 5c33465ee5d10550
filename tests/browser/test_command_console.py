"""The console in a real JupyterLab: a command chosen, filled in by hand, sent and seen."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

SET_UP = """
import msgnb
world = msgnb.offline(seed=7).start()
msgnb.widgets.CommandConsole(world.blip)
"""
CONSOLE = ".msgnb-command-console"


def test_a_chosen_command_is_sent_and_shown(notebook: Any) -> None:
    """Choosing fills the fields, a click shows the table, and the history keeps the command."""
    page = notebook(SET_UP)
    console = page.locator(CONSOLE)
    console.get_by_label("Command", exact=True).select_option("Contacts: all")
    console.get_by_role("button", name="Send").click()
    console.get_by_text("50 items").wait_for()
    expect(console.get_by_role("columnheader", name="identity")).to_have_count(1)
    console.get_by_text("The same in Python").click()
    console.get_by_text("bot.process_command({'method': 'get'").wait_for()
    expect(console.get_by_label("History").locator("option")).to_have_count(2)


def test_a_command_is_written_by_hand(notebook: Any) -> None:
    """What is typed is sent whole, and a refusal stands in the console."""
    page = notebook(SET_UP)
    console = page.locator(CONSOLE)
    console.get_by_label("URI").press_sequentially("/buckets/none")
    console.get_by_role("button", name="Send").click()
    console.get_by_role("status").get_by_text("The requested resource was not found").wait_for()
    console.get_by_label("Method").select_option("set")
    console.get_by_label("Type").fill("text/plain")
    console.get_by_label("Resource").press_sequentially("hello")
    console.get_by_role("button", name="Send").dblclick()
    console.get_by_role("status").get_by_text("set succeeded").wait_for()
    expect(console.get_by_role("button", name="Send")).to_be_disabled()
    expect(console.get_by_label("History").locator("option")).to_have_count(2)
