"""Runs the tour without a screen, and leaves the executed notebook and a page of it under build/."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parent.parent
TOUR = ROOT / "notebooks" / "01-tour.ipynb"
BUILD = ROOT / "build"

notebook = nbformat.read(TOUR, as_version=4)
# A saved widget state would hold whatever was typed, a password too.
NotebookClient(
    notebook, timeout=300, store_widget_state=False, resources={"metadata": {"path": str(TOUR.parent)}}
).execute()

BUILD.mkdir(exist_ok=True)
nbformat.write(notebook, BUILD / TOUR.name)
page, _ = HTMLExporter(embed_images=True).from_notebook_node(notebook)
(BUILD / TOUR.with_suffix(".html").name).write_text(page, encoding="utf-8")
print(f"wrote {BUILD / TOUR.name} and its page beside it")
