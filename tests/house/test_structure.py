"""The plan of the house, held against the code: who imports whom and names platforms, how large doors are."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from functools import cached_property
from pathlib import Path
from textwrap import dedent

import grimp
import pytest

from msgnb.platforms.base import Client
from msgnb.platforms.registry import platforms
from msgnb.platforms.resources import Resource

ROOT = Path(__file__).resolve().parents[2]
MOST_NAMES, MOST_VERBS = 30, 12


def test_imports_keep_to_the_contracts() -> None:
    """The contracts in pyproject.toml hold: layers, independence, no circles of siblings."""
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("package", ["msgnb", "msgnb_mocks"])
def test_no_module_imports_itself_through_others(package: str) -> None:
    """There is no circle of modules, packages' own files, functions and type checking included."""
    graph = grimp.build_graph(package, cache_dir=None)
    below = {name: graph.find_modules_directly_imported_by(name) for name in graph.modules}
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> None:
        assert name not in way, " → ".join([*way[way.index(name) :], name])
        if name not in done:
            for each in sorted(below[name]):
                visit(each, [*way, name])
            done.add(name)

    for name in sorted(below):
        visit(name, [])


def test_only_platforms_name_platforms() -> None:
    """No module outside of a platform's own package contains its name, in code or in strings."""
    shipped = [name for name, each in platforms().items() if each.client().__module__.startswith("msgnb.")]
    assert len(shipped) == 3
    for base in (ROOT / "msgnb", ROOT / "mocks" / "msgnb_mocks"):
        for path in base.rglob("*.py"):
            if (base / "platforms") in path.parents and path.parent != base / "platforms":
                continue
            for name in shipped:
                assert name not in code(path), f"{path} names {name}"


def code(path: Path) -> str:
    """A module without comments and docstrings, in small letters."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            # Strings that stand alone are docstrings, of attributes too.
            kept = [each for each in body if not is_text(each)]
            node.body = kept or [ast.Pass()]  # type: ignore[attr-defined]
    return ast.unparse(tree).lower()


def is_text(node: ast.AST) -> bool:
    """Whether a statement is a string and nothing else."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def clients() -> list[type[Client]]:
    """The clients of all platforms that are installed."""
    return [platform.client() for platform in platforms().values()]


def public(thing: type) -> list[str]:
    """The public names of a class."""
    return [name for name in dir(thing) if not name.startswith("_")]


def own_attributes(cls: type) -> set[str]:
    """The public attributes that a class and its bases declare or set on themselves."""
    found = set()
    for owner in cls.__mro__[:-1]:
        found |= set(inspect.get_annotations(owner))
        tree = ast.parse(dedent(inspect.getsource(owner))) if owner.__module__.startswith("msgnb") else None
        for node in ast.walk(tree) if tree else ():
            written = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
            if written and isinstance(node.value, ast.Name) and node.value.id == "self":
                found.add(node.attr)
    return {name for name in found if not name.startswith("_")}


@pytest.mark.parametrize("client", clients(), ids=lambda cls: cls.__name__)
def test_clients_are_small_doors(client: type[Client]) -> None:
    """A client shows at most thirty names, a resource at most twelve; both have one base."""
    names = {*public(client), *own_attributes(client)}
    assert len(names) <= MOST_NAMES, sorted(names)
    assert client.__bases__ == (Client,)
    for name in public(client):
        value = inspect.getattr_static(client, name)
        if isinstance(value, cached_property):
            assert value.func.__doc__, f"{client.__name__}.{name}"


@pytest.mark.parametrize(
    "resource", Resource.__subclasses__(), ids=lambda cls: f"{cls.__module__}.{cls.__name__}"
)
def test_resources_are_small_doors(resource: type[Resource]) -> None:
    """A resource shows at most twelve names, has one base, and no class derives from it."""
    assert len({*public(resource), *own_attributes(resource)}) <= MOST_VERBS
    assert resource.__bases__ == (Resource,)
    assert resource.__subclasses__() == []


def test_nothing_reaches_into_privates() -> None:
    """No line of the packages asks to be excused from the rule against others' privates."""
    for base in (ROOT / "msgnb", ROOT / "mocks"):
        for path in base.rglob("*.py"):
            assert "SLF001" not in path.read_text(encoding="utf-8"), path


def test_modules_are_imported_by_statements() -> None:
    """`import_module` is used for other people's optional libraries only, since linters can't see it."""
    for base in (ROOT / "msgnb", ROOT / "mocks" / "msgnb_mocks"):
        for path in base.rglob("*.py"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                    ("import_module", "__import__")
                ):
                    literal = [each.value for each in node.args if isinstance(each, ast.Constant)]
                    assert not any(str(each).startswith("msgnb") for each in literal), path
                    assert path.name == "files.py", path


def test_stubs_are_what_the_clients_are() -> None:
    """The generated stubs are those that `make stubs` would write now."""
    check = (
        "import sys; sys.path.insert(0, '.ci'); import stubs\n"
        "for path, make in stubs.STUBS.items():\n"
        "    assert (stubs.ROOT / path).read_text(encoding='utf-8') == make(), f'{path} is old: make stubs'"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
