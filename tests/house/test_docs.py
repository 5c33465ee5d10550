"""What is written about the code is what the code says."""

from __future__ import annotations

import html
import re
import runpy
from pathlib import Path

import nbformat
import pytest
from awaiting import aside

import msgnb

ROOT = Path(__file__).resolve().parents[2]
PAGES = runpy.run_path(str(ROOT / "docs" / "generate.py"))["pages"]()
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDES = ("README.md", *(f"docs/{name}.md" for name in (
    "add-a-platform", "await", "campaigns", "cassettes", "events", "five-minutes", "forms", "history",
    "index", "testing", "worlds",
)))  # fmt: skip
WRITTEN = {name: (ROOT / name).read_text(encoding="utf-8") for name in GUIDES}
EXAMPLES = [
    (name, code) for name in WRITTEN for code in re.findall(r"```python\n(.*?)```", WRITTEN[name], re.DOTALL)
]


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_up_to_date(name: str) -> None:
    """The pages of the docs are those that the code makes now; `make docs` writes them anew."""
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == PAGES[name]


@pytest.mark.parametrize("name", WRITTEN)
def test_the_tests_that_are_named_are_there(name: str) -> None:
    """Every test that the README or a guide names as attacking a guarantee exists."""
    named = re.findall(r"\btests/[a-z0-9_/]+(?:\.py)?", WRITTEN[name])
    assert [path for path in named if not (ROOT / path.removesuffix("/")).exists()] == []


@pytest.mark.parametrize(("page", "code"), EXAMPLES, ids=lambda text: text[:30])
def test_the_examples_run(page: str, code: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every example of the README and of the guides runs offline as it is written."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for name in ("docs", "notebooks"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)  # where they may write
    with msgnb.offline(seed=7) as world:
        pass_by = world.mocks.clock.advance
        monkeypatch.setattr("msgnb.core.http.Http._sleep", lambda _, seconds: pass_by(seconds=seconds))
        login = world.credentials
        monkeypatch.setenv("MSGNB_BLIP_KEY", login["blip"]["key"])
        monkeypatch.setattr("getpass.getpass", lambda _: "a long secret of ours")
        for name in ("base_url", "client_id", "client_secret", "username", "password"):
            key = "url" if name == "base_url" else name
            monkeypatch.setenv(f"MSGNB_NETSAPIENS_{name.upper()}", login["netsapiens"][key])
        for name in ("email", "password"):
            monkeypatch.setenv(f"MSGNB_SMSDROP_{name.upper()}", login["smsdrop"][name])
        scope: dict[str, object] = {}
        aside(exec, compile(code, page, "exec"), scope)
        for name, thing in list(scope.items()):
            if name.startswith("test_") and callable(thing):
                thing()


def test_the_guide_to_platforms_shows_the_example() -> None:
    """Each piece of code in "Add a platform" is in the example that CI installs and tests."""
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "examples" / "echo-sms").rglob("*.py")]
    lines = {line.strip() for source in sources for line in source.splitlines()}
    guide = (ROOT / "docs" / "add-a-platform.md").read_text(encoding="utf-8")
    pieces = re.findall(r"```py\n(.*?)```", guide, re.DOTALL)
    assert len(pieces) > 8
    for piece in pieces:
        if "my_code" not in piece:
            assert [line for line in map(str.strip, piece.splitlines()) if line not in lines] == []


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\((?!http)([^)#]+)", README))))
def test_links_of_the_readme_lead_somewhere(link: str) -> None:
    """Every link of the README to a file has its file."""
    assert (ROOT / link).exists()


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_every_notebook_has_its_page(path: Path) -> None:
    """The page of each notebook has all of its present cells, is small, and loads nothing."""
    page = (ROOT / "docs" / "tours" / f"{path.stem}.html").read_text(encoding="utf-8")
    shown = html.unescape(re.sub(r"<[^>]*>", "", page))
    for cell in nbformat.read(path, as_version=4).cells:
        assert cell.cell_type != "code" or cell.source.strip() in shown, f"make docs: {cell.source[:60]}"
    assert len(page.encode()) < 300_000
    assert not re.search(r"<(script|link)\b|src=[\"'](?!data:)", page)
