"""Pictures of what a browser test saw, for people to look at."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Error

PICTURES = Path(__file__).resolve().parents[2] / "build" / "screenshots"


def take_picture(page: Any, name: str, *, full_page: bool = False) -> None:
    """Save a picture of a page, if the browser can take one.

    No test asserts on a picture, and Chromium fails to take one now and then.
    """
    PICTURES.mkdir(parents=True, exist_ok=True)
    with suppress(Error):
        page.screenshot(path=PICTURES / f"{name}.png", full_page=full_page)
