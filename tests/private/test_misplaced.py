"""A secret in the wrong place, such as that of a name, is in no error and in none of its local variables."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from canaries import PRINTERS, Way, catch, shown_by
from vcr.request import Request

import msgnb
from msgnb.app import profiles
from msgnb.core.secrets import Secret
from msgnb.testing import cassettes, known_secrets, recording_key

KEY = "Zk3v9Qd81mXw7Lr2Tn5c"
HELD = Way("", {}, {"key": KEY})


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr("sys.stdin", io.StringIO())


def write(text: str) -> None:
    Path("msgnb.toml").write_text(text, encoding="utf-8")


def connects(text: str = "", *arguments: str) -> Callable[[pytest.MonkeyPatch], Any]:
    def act(_: pytest.MonkeyPatch) -> None:
        if text:
            write(text)
        msgnb.connect(*(arguments or ("blip",)))

    return act


def reads_the_environment(patch: pytest.MonkeyPatch) -> None:
    # The names of variables are compared in lower case.
    patch.setattr("os.environ", {f"MSGNB_BLIP_{KEY}": "x", f"MSGNB_BLIP_{KEY.lower()}": "x"})
    msgnb.connect("blip")


def has_no_keyring(patch: pytest.MonkeyPatch) -> None:
    class Empty:
        @staticmethod
        def get_password(_: str, __: str) -> None:
            return None

    patch.setitem(__import__("sys").modules, "keyring", Empty)
    connects(f"[default.blip]\nkey = 'keyring:{KEY}/{KEY}'")(patch)


def fail(*_: object, **__: object) -> None:
    raise RuntimeError("a bug")


def configures(**arguments: Any) -> Callable[[pytest.MonkeyPatch], Any]:
    def act(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(cassettes, "merge", fail)
        cassettes.vcr_config(**arguments)

    return act


def records(place: Any, name: str, **arguments: Any) -> Callable[[pytest.MonkeyPatch], Any]:
    """An error while the key or a secret is used, which is later than it is given."""

    def act(patch: pytest.MonkeyPatch) -> None:
        scrubber = cassettes.make_scrubber(**arguments)
        patch.setattr(place, name, fail)
        config = cassettes.make_config(scrubber)
        config["before_record_request"](Request("GET", "https://example.com/some/path", b"some text", {}))

    return act


def checks(patch: pytest.MonkeyPatch) -> None:
    msgnb.testing.check("nowhere", [KEY])


def checks_and_fails(patch: pytest.MonkeyPatch) -> None:
    Path("call.yaml").write_text("note: some text\n", encoding="utf-8")
    patch.setattr(known_secrets, "decode_layers", fail)
    msgnb.testing.check(".", [KEY])


MOMENTS: dict[str, Callable[[pytest.MonkeyPatch], Any]] = {
    "a key as the profile, without a file": connects("", "blip", KEY),
    "a key as the profile": connects("[work.blip]\nkey = 'x'", "blip", KEY),
    "a key as the platform": connects("", KEY),
    "a setting that is called like a key": connects(f"[default.blip]\n{KEY} = 'x'"),
    "a platform that is called like a key": connects(f"[default.{KEY}]\nkey = 'x'"),
    "a key where a platform belongs": connects(f"[default]\n{KEY} = 'x'"),
    "a file that is not valid": connects(f"[default.{KEY}]\n[default.{KEY}]\n"),
    "a variable that is called like a key": reads_the_environment,
    "a password behind env:": connects(f"[default.blip]\nkey = 'env:{KEY}'"),
    "a password behind keyring:": connects(f"[default.blip]\nkey = 'keyring:{KEY}'"),
    "a password that is not in the keyring": has_no_keyring,
    "a configuration of VCR with a key": configures(key=KEY),
    "a configuration of VCR with secrets": configures(secrets=[KEY]),
    "a key that is looked up": records(recording_key, "_user_key"),
    "a key that is used": records(cassettes, "Pseudonyms", key=KEY),
    "secrets that are searched": records(known_secrets, "decode_layers", secrets=[KEY]),
    "a check of a folder that is missing": checks,
    "a check that fails": checks_and_fails,
}


@pytest.mark.parametrize("moment", MOMENTS)
def test_no_tool_shows_a_misplaced_secret(moment: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither an error's words, nor the local variables of its frames."""
    monkeypatch.delenv("MSGNB_MASK_KEY", raising=False)
    error = catch(lambda: MOMENTS[moment](monkeypatch))
    monkeypatch.undo()
    # `cgitb` can't show an `OSError` at all.
    tools = [tool for tool in PRINTERS if tool != "cgitb" or not isinstance(error, OSError)]
    assert not shown_by(error, HELD, tools)
    assert KEY.lower() not in str(error).lower()


@pytest.mark.parametrize(
    ("given", "shown"),
    [("wrok", True), ("works", True), (KEY, False), ("work" + KEY, False), ("w rk", False)],
)
def test_only_a_misspelt_name_is_repeated(given: str, shown: bool) -> None:
    """Those that exist are listed in any case."""
    write("[work.blip]\nkey = 'x'")
    with pytest.raises(msgnb.SettingsError, match="it has 'work'") as raised:
        msgnb.connect("blip", given)
    assert (repr(given) in str(raised.value)) is shown


def test_a_place_in_an_invalid_file_is_named() -> None:
    """Where the mistake is, without what is there."""
    write("[default.blip]\nkey = 5 5\n")
    with pytest.raises(msgnb.SettingsError, match=r"is not valid TOML \(at line 2, column 9\)"):
        profiles.profile_names("blip")


def test_secrets_hide_what_they_hold() -> None:
    """What knows a secret shows it in no repr."""
    found = known_secrets.KnownSecrets([Secret(KEY).reveal()])
    assert KEY not in repr(vars(found))
