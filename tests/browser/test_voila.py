"""The campaign form as a page without code, served by Voilà."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
import requests
from pictures import take_picture
from playwright.sync_api import expect

SOURCE = """
import msgnb
world = msgnb.offline(seed=7).start()
world.smsdrop.connection.http.pause = lambda seconds: world.mocks.clock.advance(seconds=seconds)
msgnb.widgets.CampaignForm(world.smsdrop)
"""
ROOT = Path(__file__).resolve().parents[2]
# What Voilà's own page asks for; its forms are none of it.
ITS_OWN = "https://cdn.jsdelivr.net/npm/@fortawesome/"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[str]:
    """The address of a Voilà of its own, which serves the form."""
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    made.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(made, tmp_path / "app.ipynb")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable, "-m", "voila", "app.ipynb", "--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1",
    ]  # fmt: skip
    environment = os.environ | {"HOME": str(tmp_path), "IPYTHONDIR": str(tmp_path / "ipython")}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and server.poll() is None:
            with contextlib.suppress(requests.ConnectionError):
                requests.get(f"http://127.0.0.1:{port}/static/none", timeout=5)
                break
            time.sleep(0.1)  # a starting process has no event to wait for
        else:
            pytest.fail(f"Voilà did not start: {(tmp_path / 'log').read_text()[-2000:]}")
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def test_a_colleague_sends_without_python(app: str, browser: Any) -> None:
    """Somebody pastes phones into a page, tries it and sends; no code is seen and no other host is asked."""
    page = browser.new_page(viewport={"width": 900, "height": 1000})
    page.set_default_timeout(30_000)
    foreign: list[str] = []
    page.on("request", lambda sent: foreign.append(sent.url) if _foreign(sent.url) else None)
    try:
        page.goto(app)
        _send(page)
    finally:
        take_picture(page, "test_a_colleague_sends_without_python")
        page.close()
    assert foreign == []


def _send(page: Any) -> None:
    """What the colleague does."""
    form = page.locator(".msgnb-campaign-form")
    form.get_by_label("People").select_option("Pasted phones")
    phones = form.get_by_label("Phones", exact=True)
    phones.click()  # which waits until the field is there, as typing does not
    phones.press_sequentially("+22963588213")
    form.get_by_label("From", exact=True).press_sequentially("MyShop")
    form.get_by_label("Text", exact=True).press_sequentially("It is $5 and $6")
    form.get_by_text("1 recipient · 1 SMS · 5,000 SMS credits left").wait_for()
    form.get_by_label("Dry run: check everything").uncheck()
    form.get_by_role("button", name="Send to 1 person").click()
    form.get_by_text("1 sent.").wait_for()
    expect(page.get_by_text("import msgnb")).to_have_count(0)


def _foreign(url: str) -> bool:
    return not re.match(rf"(http|ws)://127\.0\.0\.1|data:|blob:|{re.escape(ITS_OWN)}", url)
