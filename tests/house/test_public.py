"""What users import, what importing costs, and which module may import which."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import msgnb

ROOT = Path(__file__).resolve().parents[2]
NAMES = [
    "Attempt",
    "AlreadyExists",
    "Archive",
    "AuthError",
    "Blip",
    "Campaign",
    "Client",
    "IncompleteHistory",
    "InsufficientCredit",
    "InvalidRequest",
    "KeyringStore",
    "Listener",
    "MemoryStore",
    "MessageType",
    "Mode",
    "MsgnbError",
    "NetSapiens",
    "NoStore",
    "NotFound",
    "NotSupported",
    "OutcomeUnknown",
    "RateLimited",
    "RedisStore",
    "Rejected",
    "Secret",
    "SendResult",
    "SettingsError",
    "SmsDrop",
    "Template",
    "Unreachable",
    "aio",
    "analysis",
    "canonical_address",
    "connect",
    "content",
    "forget",
    "offline",
    "recipients",
    "sms",
    "tables",
    "testing",
    "unforget",
    "use",
    "widgets",
]
CLIENTS = ("blip", "netsapiens", "smsdrop")


def modules(folder: Path) -> dict[str, ast.Module]:
    """Every module below a folder, by its name."""
    base = folder.parent
    return {
        ".".join(path.relative_to(base).with_suffix("").parts): ast.parse(path.read_text(encoding="utf-8"))
        for path in folder.rglob("*.py")
    }


def imports(tree: ast.AST, *, top_level: bool = False) -> set[str]:
    """What a module imports; with `top_level` only what it imports when it is imported itself."""
    nodes = tree.body if top_level and isinstance(tree, ast.Module) else ast.walk(tree)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_public_list_is_what_it_is() -> None:
    """The public list changes on purpose only, and every name in it is there."""
    assert sorted(msgnb.__all__) == sorted(NAMES) == sorted(dir(msgnb))
    for name in NAMES:
        assert getattr(msgnb, name)
    with pytest.raises(AttributeError, match="no 'Blipp'; it has"):
        _ = msgnb.Blipp


def test_everything_public_is_described() -> None:
    """Every public class, function and method has a docstring."""
    for name in NAMES:
        thing = getattr(msgnb, name)
        assert inspect.getdoc(thing), name
        if inspect.isclass(thing) and thing.__module__.startswith("msgnb"):
            for member, value in inspect.getmembers(thing):
                if not member.startswith("_") and callable(value):
                    assert inspect.getdoc(value), f"{name}.{member}"


def test_importing_loads_nothing_heavy() -> None:
    """`import msgnb` loads no library; using a client loads neither pandas, widgets nor mocks."""
    code = (
        "import sys, msgnb; heavy = {'requests', 'pandas', 'ipywidgets', 'msgnb_mocks', 'orjson', 'tqdm'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules);"
        "msgnb.Blip, msgnb.NetSapiens, msgnb.SmsDrop, msgnb.connect;"
        "late = {'pandas', 'ipywidgets', 'msgnb_mocks', 'phonenumbers', 'tqdm', 'keyring', 'redis',"
        "'h11', 'puremagic'};"
        "assert not late & set(sys.modules), late & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_imports_run_one_way() -> None:
    """Each library has the modules that may use it, and the layers know only what is below them."""
    for name, tree in modules(ROOT / "msgnb").items():
        used = imports(tree)
        roots = {item.partition(".")[0] for item in used}
        assert "msgnb_mocks" not in {item.partition(".")[0] for item in imports(tree, top_level=True)}, name
        http = {"msgnb.core.http", "msgnb.core.responses", "msgnb.core.transport"}
        assert "requests" not in roots or name in http, name
        assert "ipywidgets" not in roots or name.startswith("msgnb.widgets."), name
        for client in CLIENTS:
            if name.startswith(f"msgnb.platforms.{client}."):
                others = {f"msgnb.platforms.{other}" for other in CLIENTS if other != client}
                assert not {item for item in used if any(item.startswith(other) for other in others)}, name
                assert not {item for item in used if item.startswith(("msgnb.widgets", "msgnb.testing"))}, (
                    name
                )


def test_dtypes_have_one_home() -> None:
    """Only the tables' module names dtypes."""
    for path in (ROOT / "msgnb").rglob("*.py"):
        # Narwhals has names of its own for what it counts with.
        text = path.read_text(encoding="utf-8").replace("nw.Int64", "")
        assert path.name == "schema.py" or not any(name in text for name in ("Int64", "datetime64")), path


def test_the_mocks_share_no_code_with_the_client() -> None:
    """No module of the mocks imports anything of msgnb."""
    for name, tree in modules(ROOT / "mocks" / "msgnb_mocks").items():
        assert "msgnb" not in {item.partition(".")[0] for item in imports(tree)}, name


def test_the_errors_are_one_tree() -> None:
    """Everything raised on purpose is a MsgnbError; what is a wrong value is a ValueError too."""
    errors = [getattr(msgnb, name) for name in NAMES if inspect.isclass(getattr(msgnb, name))]
    raised = [error for error in errors if issubclass(error, Exception)]
    assert all(issubclass(error, msgnb.MsgnbError) for error in raised)
    assert {error.__name__ for error in raised if issubclass(error, ValueError)} == {
        "InvalidRequest",
        "SettingsError",
    }
    assert issubclass(msgnb.NotFound, msgnb.Rejected)
