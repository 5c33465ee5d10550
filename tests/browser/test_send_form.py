"""The form in a real JupyterLab, against the mocks in the kernel."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import expect

SET_UP = """
import msgnb
world = msgnb.offline(seed=7).start()
form = msgnb.widgets.SendForm(world.blip)
to = world.blip.sessions()["session"][0]
print("to", to)
form
"""
FORM = ".msgnb-send-form"


def _recipient(page: Any) -> str:
    line = page.locator(".jp-OutputArea-output", has_text="to ").first.inner_text()
    return line.split()[1]


def test_a_typed_message_is_sent_once_and_shown(notebook: Any) -> None:
    """Typing into the form and clicking twice sends the text once, as written, and says so."""
    page = notebook(SET_UP)
    form = page.locator(FORM)
    recipient = _recipient(page)
    form.get_by_label("To", exact=True).fill(recipient)
    form.get_by_label("Text", exact=True).press_sequentially("Prices: $5 and $6 <b>now</b>")
    form.get_by_role("button", name="Send", exact=True).dblclick()
    page.get_by_text(f"Sent to {recipient}").wait_for()
    expect(form.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    expect(form.locator(".msgnb-part-preview").get_by_text("Prices: $5 and $6 <b>now</b>")).to_have_count(1)
    assert _texts(page, recipient).count("Prices: $5 and $6 <b>now</b>") == 1


def test_nothing_typed_is_lost_while_the_kernel_is_busy(notebook: Any) -> None:
    """A click made while the kernel computes sends the whole text, not its first letters."""
    page = notebook(SET_UP)
    form = page.locator(FORM)
    recipient = _recipient(page)
    form.get_by_label("To", exact=True).fill(recipient)
    _execute(page, "import time; time.sleep(1.5)")
    form.get_by_label("Text", exact=True).press_sequentially("every single letter")
    form.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text(f"Sent to {recipient}").wait_for()
    assert _texts(page, recipient)[0] == "every single letter"


def test_a_form_is_filled_in_while_the_next_cell_runs(notebook: Any) -> None:
    """What is typed before and after the kernel has a thread for it is all there, in order."""
    page = notebook(SET_UP, "import time; time.sleep(4)")
    form = page.locator(FORM)
    recipient = _recipient(page)
    form.get_by_label("To", exact=True).fill(recipient)
    form.get_by_label("Text", exact=True).press_sequentially("first and last", delay=50)
    form.get_by_role("button", name="Send", exact=True).click()
    page.get_by_text(f"Sent to {recipient}").wait_for()
    assert _texts(page, recipient)[0] == "first and last"


def test_a_button_that_would_move_while_it_is_pressed_is_pressed(notebook: Any) -> None:
    """What the kernel says between a mouse's going down and up is drawn after it: the click is one."""
    page = notebook(SET_UP)
    form = page.locator(FORM)
    recipient = _recipient(page)
    form.get_by_label("To", exact=True).fill(recipient)
    button = form.get_by_role("button", name="Send", exact=True)
    form.get_by_label("Text", exact=True).press_sequentially("pressed slowly")
    place = button.bounding_box()
    page.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    page.mouse.down()
    _run(page, "form.text.value = '\\n'.join(['a longer text'] * 20)")
    page.mouse.up()
    page.get_by_text(f"Sent to {recipient}").wait_for()
    assert _texts(page, recipient)[0].startswith("a longer text")


def test_a_refusal_stands_in_the_form(notebook: Any) -> None:
    """A recipient that can't be one is refused in the form, in words, and nothing is sent."""
    page = notebook(SET_UP)
    form = page.locator(FORM)
    form.get_by_label("To", exact=True).fill("nobody")
    form.get_by_label("Text", exact=True).fill("hello")
    form.get_by_role("button", name="Send", exact=True).click()
    form.get_by_role("status").get_by_text("'nobody' is no identity").wait_for()
    expect(form.get_by_role("button", name="Send", exact=True)).to_be_enabled()


def _execute(page: Any, code: str) -> None:
    """Send code to the notebook's kernel and do not wait for it."""
    page.evaluate(
        """code => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            kernel.requestExecute({code});
        }""",
        code,
    )


def _run(page: Any, code: str) -> str:
    """Run code in the notebook's kernel; returns what it printed."""
    printed: str = page.evaluate(
        """async code => {
            const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
            const future = kernel.requestExecute({code});
            let text = '';
            future.onIOPub = message => {
                if (message.header.msg_type === 'stream') text += message.content.text;
            };
            await future.done;
            return text;
        }""",
        code,
    )
    return printed


def _texts(page: Any, recipient: str) -> list[str]:
    """The texts of the conversation in the kernel's world, the latest first."""
    code = f"import json; print(json.dumps(list(world.blip.messages({recipient!r}, limit=5)['text'])))"
    found: list[str] = json.loads(_run(page, code))
    return found
