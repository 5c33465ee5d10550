"""Runs every notebook without a screen, and leaves the executed ones and a page of each under build/.

With `--docs` the pages go to docs/tours/ too. Secrets are put where notebooks could pick them up, in the
environment and in a form; a file that has one of them, or grows too large, is a failure.
"""

import json
import os
import sys
from pathlib import Path
from uuid import uuid4

import nbformat
from nbclient import NotebookClient
from nbconvert import HTMLExporter

ROOT = Path(__file__).resolve().parent.parent
BUILD, DOCS = ROOT / "build", ROOT / "docs" / "tours"
LARGEST = 300_000
"""Bytes of a saved notebook, and of its page."""
CANARY = f"canary-{uuid4().hex}"
NAMES = ("MSGNB_BLIP_KEY", "MSGNB_NETSAPIENS_PASSWORD", "MSGNB_SMSDROP_PASSWORD")
SIGN_IN = f"""
import os
import msgnb
form = msgnb.widgets.SignIn("smsdrop", base_url="http://127.0.0.1:9")
form.fields["email"].value = "ana@example.com"
form.fields["password"].typed(os.environ["{NAMES[-1]}"])
form.submit()
form
"""
# Without the exporter's own template, which loads scripts from another host.
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ max-width: 60em; margin: 2em auto; padding: 0 1em; font: 15px/1.5 system-ui, sans-serif; }}
pre {{ overflow-x: auto; padding: 8px 12px; border-radius: 4px; background: #f5f5f5; font-size: 13px; }}
table {{ border-collapse: collapse; font-size: 13px; display: block; overflow-x: auto; }}
td, th {{ padding: 3px 10px; text-align: left; }}
svg, img {{ max-width: 100%; height: auto; }}
.jp-InputPrompt, .jp-OutputPrompt, .prompt, .anchor-link {{ display: none; }}
</style>
<main>{body}</main></html>
"""


def executed(path: Path, *more: str) -> nbformat.NotebookNode:
    """A notebook that has run, with its widgets' state, and cells after its own."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in more]
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=300, store_widget_state=True, resources=resources).execute()
    return notebook


def page_of(notebook: nbformat.NotebookNode, title: str) -> str:
    """A notebook as a page that loads nothing."""
    body, _ = HTMLExporter(embed_images=True, template_name="basic").from_notebook_node(notebook)
    return PAGE.format(title=title, body=body)


def check(name: str, content: str) -> None:
    """Refuse what holds a secret or is too large."""
    if CANARY in content:
        sys.exit(f"{name} holds a secret: ...{content.partition(CANARY)[0][-200:]}")
    if len(content.encode()) > LARGEST:
        sys.exit(f"{name} has {len(content.encode()):,} bytes; {LARGEST:,} are the most")


def main() -> None:
    """Run all notebooks, and keep what may be kept."""
    os.environ |= dict.fromkeys(NAMES, CANARY)
    BUILD.mkdir(exist_ok=True)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        notebook = executed(path, SIGN_IN)
        # What is kept has neither the probe nor the state, which would hold whatever was typed.
        state = notebook.metadata.pop("widgets", {})
        if CANARY in json.dumps(state) or CANARY in nbformat.writes(notebook):
            sys.exit(f"{path.name}: a secret is in its outputs or in its widgets' state")
        del notebook.cells[-1]
        saved, page = nbformat.writes(notebook), page_of(notebook, path.stem)
        check(path.name, saved)
        check(f"the page of {path.name}", page)
        (BUILD / path.name).write_text(saved, encoding="utf-8")
        for folder in (BUILD, DOCS) if "--docs" in sys.argv else (BUILD,):
            folder.mkdir(exist_ok=True)
            (folder / f"{path.stem}.html").write_text(page, encoding="utf-8")
        print(f"wrote {BUILD / path.name} and its page beside it")


main()
