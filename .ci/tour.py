"""Runs every notebook without a screen, and leaves the executed ones and a page of each under build/."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"

BUILD.mkdir(exist_ok=True)
for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
    notebook = nbformat.read(path, as_version=4)
    # A saved widget state would hold whatever was typed, a password too.
    NotebookClient(
        notebook, timeout=300, store_widget_state=False, resources={"metadata": {"path": str(path.parent)}}
    ).execute()
    nbformat.write(notebook, BUILD / path.name)
    page, _ = HTMLExporter(embed_images=True).from_notebook_node(notebook)
    (BUILD / path.with_suffix(".html").name).write_text(page, encoding="utf-8")
    print(f"wrote {BUILD / path.name} and its page beside it")
