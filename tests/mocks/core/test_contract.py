"""The names of documented exchanges, which the mocks and their clients are held against."""

from __future__ import annotations

import runpy
from pathlib import Path

from msgnb_mocks.core.contract import documented, merge, undocumented

ROOT = Path(__file__).resolve().parents[3]


def test_the_contracts_are_made_of_the_documents() -> None:
    """Each `contract.json` is what `mocks/make_contract.py` makes of the documented exchanges now."""
    made = runpy.run_path(str(ROOT / "mocks" / "make_contract.py"))["make"]()
    assert len(made) == 3
    for path, text in made.items():
        assert path.read_text(encoding="utf-8") == text, path


def test_names_go_into_lists_and_objects() -> None:
    """Each name has its place and all its types; what is inside of free objects is the users' own."""
    bodies = [{"a": [{"b": 1}, {"b": None}], "extras": {"mine": 1}}, {"a": "text", "c": True}]
    assert merge(bodies) == {
        "a": "array|string",
        "a[].b": "integer|null",
        "c": "boolean",
        "extras": "object",
    }


def test_only_the_outermost_unknown_name_is_told() -> None:
    """A name that no document has is told once, without what is inside; never where nothing is known."""
    assert documented("smsdrop.subscription")
    body = {"id": "1", "bonus": {"sms": 3}, "nbr_sms": 1}
    assert undocumented("smsdrop.subscription", "response", body) == ["bonus"]
    assert undocumented("smsdrop.subscription", "response", [1, "x", None]) == []
    assert undocumented("nobody.knows", "response", body) == []
    assert undocumented(None, "request", body) == []
