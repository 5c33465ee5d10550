"""Forms and views in a real JupyterLab: a large table against a small one, and a form against bare controls.

Needs Chromium, as the browser tests do. Each figure is a median, and each ratio is of one run.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import msgnb
from msgnb import tables

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "support"))

from real_lab import CHROMIUM, FLAGS, opened, serving

ROUNDS = 9
PEOPLE = 50_000
SET_UP = """
import ipywidgets
import msgnb
from IPython.display import display
from msgnb import tables
from datetime import UTC, datetime, timedelta
world = msgnb.offline(seed=7).start()
start = datetime(2026, 1, 1, tzinfo=UTC)

def messages(count):
    numbers = range(count)
    return tables.MESSAGES.frame(count, {
        "session": ["s"] * count,
        "text": [f"message number {n}" for n in numbers],
        "direction": ["inbound"] * count,
        "sender": ["Ana"] * count,
        "at": [str(start + timedelta(seconds=n)) for n in numbers],
    })

small, large = messages(200), messages(100_000)

def view(frame):
    made = msgnb.widgets.Conversations(frame, zone="UTC")
    made.choose("s")
    return made

def form():
    return msgnb.widgets.SendForm(world.smsdrop)

def bare():
    texts = [ipywidgets.Text(description="To") for _ in range(7)]
    areas = [ipywidgets.Textarea(description="Text") for _ in range(2)]
    others = [ipywidgets.Dropdown(options=["SMS"]), ipywidgets.FileUpload(), ipywidgets.Button()]
    lines = [ipywidgets.HTML("status") for _ in range(4)]
    return ipywidgets.VBox([*texts, *areas, *others, *lines])

view(small), form(), bare()
"""
SHOWN = """async ({code, found}) => {
    const panel = window.jupyterapp.shell.currentWidget;
    panel.content.activeCellIndex = panel.content.widgets.length - 1;
    const cell = panel.content.activeCell;
    cell.model.sharedModel.setSource('0');
    await window.jupyterapp.commands.execute('notebook:run-cell');
    cell.model.sharedModel.setSource(code);
    const began = performance.now();
    const ran = window.jupyterapp.commands.execute('notebook:run-cell');
    while (!(cell.outputArea?.node.querySelector(found)?.getBoundingClientRect().height > 0)) {
        await new Promise(requestAnimationFrame);
    }
    const took = performance.now() - began;
    await ran;
    return took;
}"""


def ratio(page: Any, one: tuple[str, str], other: tuple[str, str]) -> float:
    """How many times as long one takes to appear as the other, in turns."""
    times: dict[tuple[str, str], list[float]] = {one: [], other: []}
    for number in range(ROUNDS + 1):
        for code, found in (one, other):
            took = page.evaluate(SHOWN, {"code": code, "found": found})
            # The first round loads what all later ones have.
            times[code, found] += [took] if number else []
    return statistics.median(times[one]) / statistics.median(times[other])


def typing() -> tuple[float, float]:
    """Milliseconds of a letter typed over many contacts, and times the scan that it takes at least."""
    with msgnb.offline(seed=7) as world:
        people = tables.CONTACTS.frame(
            PEOPLE,
            {
                "contact": [f"+5511{n:09}" for n in range(PEOPLE)],
                "name": [f"Person number {n}" for n in range(PEOPLE)],
            },
        )
        form = msgnb.widgets.SendForm(world.smsdrop, contacts=people)
        texts = [
            f"{who} {name}".casefold() for who, name in zip(people["contact"], people["name"], strict=True)
        ]
        letters = [f"person 4999{n}"[: 5 + n % 8] for n in range(40)]
        handler = [_milliseconds(lambda typed=typed: form.to.typed(typed)) for typed in letters]
        floor = [_milliseconds(lambda: [text for text in texts if "person 4999" in text]) for _ in letters]
    return statistics.median(handler), statistics.median(handler) / statistics.median(floor)


def _milliseconds(act: Any) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def main() -> None:
    """Print the figures."""
    handler, scans = typing()
    print(f"a letter typed with {PEOPLE:,} contacts: {handler:.1f} ms ({scans:.1f} x a bare scan of them)")
    if CHROMIUM is None:
        sys.exit("no Chromium here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as home,
        serving(Path(home)) as (url, folder),
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = opened(chromium.new_page(), url, folder, "bench.ipynb", SET_UP, "0")
        page.wait_for_timeout(2000)
        seen = "[role=log] [dir=auto]"
        many = ratio(page, ("view(large)", seen), ("view(small)", seen))
        print(f"100,000 messages appear in {many:.2f} x the time of 200")
        first = ratio(page, ("form()", ".msgnb-form button"), ("bare()", ".widget-button"))
        print(f"a form appears in {first:.2f} x the time of as many bare controls")
        chromium.close()


if __name__ == "__main__":
    main()
