"""Every module and every test file can be the first that somebody opens."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from attack_seeds import seeds

ROOT = Path(__file__).resolve().parents[2]
FORKSERVER = ROOT / "tests" / "support" / "forkserver.py"

LIBRARIES = (
    "requests",
    "orjson",
    "ipywidgets",
    "anywidget",
    "narwhals",
    "responses",
    "click",
    "phonenumbers",
)
"""What the processes share: other people's libraries, which load neither pandas nor msgnb."""

PLUGINS = ("pytest", "hypothesis.strategies", "faker.factory", "schemathesis.pytest.plugin")
"""What pytest loads before it collects anything, and takes longest."""
PARTS = 4
"""Into how many tests the test files are split, for the cores to share."""


def modules() -> list[str]:
    """Every module of msgnb and of the mocks."""
    found = []
    for base, package in ((ROOT, "msgnb"), (ROOT / "mocks", "msgnb_mocks")):
        for path in sorted((base / package).rglob("*.py")):
            name = ".".join(path.relative_to(base).with_suffix("").parts).removesuffix(".__init__")
            if not name.endswith("__main__"):
                found.append(name)
    return found


def test_files() -> list[str]:
    """Every test file."""
    return [str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("test_*.py"))]


test_files.__test__ = False  # type: ignore[attr-defined]


def failures(job: str, lines: list[str], *loaded: str) -> dict[str, str]:
    """What went wrong with which job, each done in a process of its own."""
    command = [sys.executable, str(FORKSERVER), job, *loaded]
    done = subprocess.run(
        command, input="\n".join(lines), capture_output=True, text=True, check=True, cwd=ROOT
    )
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(lines), done.stderr
    return {line: words for line, words in results if words}


@pytest.mark.parametrize("first", [(), ("pandas",)], ids=["before pandas", "after pandas"])
def test_every_module_is_imported_first(first: tuple[str, ...]) -> None:
    """Each module can be imported first, before or after pandas; msgnb itself always comes before them."""
    found = modules()
    assert len(found) > 150
    assert failures("import", found, *LIBRARIES, *first) == {}


@pytest.mark.parametrize("part", range(min(PARTS, seeds(1))))
def test_every_test_file_is_collected_alone(part: int) -> None:
    """Each test file can be collected without any other; a part of them, and all in a longer run."""
    found = test_files()[part::PARTS]
    assert found
    assert failures("collect", found, *LIBRARIES, "pandas", *PLUGINS) == {}


def test_rooms_are_few() -> None:
    """There are at most twelve rooms at the root of msgnb."""
    rooms = {
        path.name
        for path in (ROOT / "msgnb").iterdir()
        if path.name not in {"__init__.py", "__init__.pyi", "py.typed", "__pycache__"}
    }
    assert len(rooms) <= 12, sorted(rooms)


def test_every_room_has_a_door_sign() -> None:
    """The docstring of each package says in more than a line what lives there, or names its platform."""
    for path in [*(ROOT / "msgnb").rglob("__init__.py"), *(ROOT / "mocks").rglob("__init__.py")]:
        sign = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert sign is not None, path
        assert len(sign.splitlines()) > 2, path


def test_accessor_is_there_in_either_order() -> None:
    """`frame.msg` is there as soon as msgnb and pandas are, and loads nothing until it is used."""
    check = (
        "import sys, pandas; assert callable(pandas.DataFrame.msg); "
        "assert not [name for name in sys.modules if name.startswith('msgnb.analysis')]; "
        "pandas.DataFrame({'a': [1]}).msg.mask('a long secret of ours')"
    )
    for order in ("import pandas, msgnb", "import msgnb, pandas", "import msgnb; import pandas.testing"):
        done = subprocess.run(
            [sys.executable, "-c", f"{order}; {check}"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (order, done.stderr)


@pytest.mark.parametrize(
    "order",
    [
        "import msgnb, importlib.util as util; util.find_spec('pandas')",
        "import msgnb, polars",
        (
            "import sys, msgnb; sys.modules['numpy'] = None\ntry: import pandas\n"
            "except ImportError: del sys.modules['numpy']"
        ),
        (
            "import threading\nthreads = [threading.Thread(target=__import__, args=[name]) "
            "for name in ('pandas', 'msgnb')]\n"
            "[each.start() for each in threads]; [each.join() for each in threads]"
        ),
    ],
    ids=["spec", "polars", "failed import", "threads"],
)
def test_accessor_survives_unusual_imports(order: str) -> None:
    """`frame.msg` is there after a look at pandas' spec, a failed import, and imports in two threads."""
    check = f"{order}\nimport pandas; assert callable(pandas.DataFrame.msg)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
