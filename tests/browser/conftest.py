"""A real JupyterLab on loopback, and a real Chromium that sees no other host."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pictures import take_picture
from real_lab import CHROMIUM, FLAGS, opened, serving


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where nobody can look, CI fails and a person is told why."""
    if CHROMIUM or os.environ.get("CI"):
        return
    reason = "no Chromium here: apt-get install chromium (make test does so as root)"
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a JupyterLab of its own, and its folder."""
    with serving(tmp_path_factory.mktemp("lab")) as served:
        yield served


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.fail("no Chromium, and CI is set: apt-get install chromium")
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        expect.set_options(timeout=30_000)
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def screen() -> dict[str, Any]:
    """What is special about the browser of a test; parametrized where something is."""
    return {}


@pytest.fixture
def notebook(
    lab: tuple[str, Path], browser: Any, screen: dict[str, Any], request: pytest.FixtureRequest
) -> Iterator[Any]:
    """`notebook(source, …)` runs cells in a Lab of its own and returns the page; the cells have run then.

    The test fails on a request to another host and on an error in the page.
    """
    url, folder = lab
    context = browser.new_context(**{"viewport": {"width": 1100, "height": 1000}} | screen)
    page = context.new_page()
    page.set_default_timeout(30_000)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(f"error in the page: {error}"))
    page.on("request", lambda sent: troubles.append(sent.url) if _foreign(sent.url) else None)

    def run(*cells: str) -> Any:
        return opened(page, url, folder, f"{request.node.name}.ipynb", *cells)

    yield run
    take_picture(page, request.node.name, full_page=True)
    context.close()
    assert not troubles


def _foreign(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))
