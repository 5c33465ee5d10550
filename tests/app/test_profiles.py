"""Profiles, the environment, and where secrets are."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

import msgnb
from msgnb.app import profiles

PROFILES = """
[default.blip]
key = "env:BOT_KEY"

[work.blip]
key = "env:BOT_KEY"
organization = "acme"

[work.netsapiens]
base_url = "pbx.example.com"
client_id = "cid"
client_secret = "keyring:netsapiens/cid"
username = "1001@example.com"
password = "ask"
"""


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder and an environment of its own, and nobody at the keyboard."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_config_path", lambda *_, **__: tmp_path / "config")
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(isatty=lambda: False))
    monkeypatch.setattr("msgnb.core.notebook.running", lambda: False)
    monkeypatch.setenv("BOT_KEY", "Ym90OmE=")


def write(folder: Path, text: str = PROFILES) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "msgnb.toml").write_text(text, encoding="utf-8")


def test_a_profile_is_read(tmp_path: Path) -> None:
    """The default profile and a named one make the client that they describe."""
    write(tmp_path)
    assert msgnb.connect("blip").connection.http.base_url == "https://http.msging.net"
    bot = msgnb.connect("blip", profile="work")
    assert (bot.connection.http.base_url, bot.account) == ("https://acme.http.msging.net", "bot@msging.net")


def test_the_file_is_found_upward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file of a folder above is read from a folder below."""
    write(tmp_path)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert profiles.find_settings_file() == tmp_path / "msgnb.toml"


def test_the_users_file_comes_last(tmp_path: Path) -> None:
    """The file of the user's config folder is read where no folder has one."""
    write(tmp_path / "config")
    assert profiles.find_settings_file() == tmp_path / "config" / "msgnb.toml"
    write(tmp_path)
    assert profiles.find_settings_file() == tmp_path / "msgnb.toml"


def test_arguments_go_before_the_environment_and_that_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is nearest wins: the argument, the variable, the file."""
    write(tmp_path)
    monkeypatch.setenv("MSGNB_BLIP_ORGANIZATION", "from-environment")
    assert (
        msgnb.connect("blip", profile="work").connection.http.base_url
        == "https://from-environment.http.msging.net"
    )
    given = msgnb.connect("blip", profile="work", organization="given")
    assert given.connection.http.base_url == "https://given.http.msging.net"


def test_the_environment_alone_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any file variables make a client."""
    monkeypatch.setenv("MSGNB_SMSDROP_EMAIL", "ana@example.com")
    monkeypatch.setenv("MSGNB_SMSDROP_PASSWORD", "hidden")
    assert msgnb.connect("smsdrop").account == "ana@example.com"


def test_a_secret_comes_from_the_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`keyring:service/user` is looked up in the keyring; `ask` asks without showing."""
    write(tmp_path)
    asked = []
    passwords = {("netsapiens", "cid"): "from-keyring"}
    keyring = types.SimpleNamespace(get_password=lambda service, user: passwords.get((service, user)))
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or "typed")
    pbx = msgnb.connect("netsapiens", profile="work")
    assert pbx.connection.http.scrub("from-keyring, typed") == "…, …"
    assert asked == ["netsapiens password: "]
    passwords.clear()
    with pytest.raises(msgnb.SettingsError, match="netsapiens client_secret is not in the keyring"):
        msgnb.connect("netsapiens", profile="work")


def test_a_missing_secret_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that nothing gives is asked for where somebody is there to answer."""
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr("getpass.getpass", lambda _: "Ym90OmE=")
    assert msgnb.connect("blip").account == "bot@msging.net"


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        (PROFILES, ("blop",), "no platform 'blop'; the known ones are blip, netsapiens, smsdrop"),
        (PROFILES, ("blip", "works"), "no profile 'works'; it has 'default', 'work'"),
        (PROFILES, ("blip", "home"), "no profile 'home'; it has 'default', 'work'"),
        ("[default.blop]\nkey='x'", ("blip",), "no platform 'blop'; the known ones are blip"),
        (
            "[default.blip]\nkey='x'\norganisation='y'",
            ("blip",),
            "no setting 'organisation'; the known ones are key, organ",
        ),
        ("[default]\nblip = 5", ("blip",), r"\[default\.blip\] is not a table"),
        ("[default.blip]\nkey = 5", ("blip",), "key is not a text"),
        (
            "[default.blip]\nkey = 'env:NOT_SET'",
            ("blip",),
            "key is set to 'env:…', but there is no such environment variable",
        ),
        ("[default.blip]\nkey = 'keyring:nowhere'", ("blip",), "write keyring:service/user"),
        ("[default.blip]\nkey = 'ask'", ("blip",), "no one can be prompted"),
        ("[default", ("blip",), "is not valid TOML"),
        (PROFILES, ("smsdrop",), "smsdrop needs email: set MSGNB_SMSDROP_EMAIL, or email in"),
        (
            "[default.smsdrop]\nemail = 'a@b.c'",
            ("smsdrop",),
            "smsdrop needs password: set MSGNB_SMSDROP_PASSWORD",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, arguments: tuple[str, ...], words: str) -> None:
    """Each thing that can be wrong in a file is named, with what to write instead."""
    write(tmp_path, text)
    with pytest.raises(msgnb.SettingsError, match=words):
        msgnb.connect(*arguments)


def test_an_unknown_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that nothing reads is an error that lists those that are read."""
    monkeypatch.setenv("MSGNB_BLIP_KEYY", "x")
    with pytest.raises(msgnb.SettingsError, match="no setting 'keyy'; the known ones are key"):
        msgnb.connect("blip")


def test_a_profile_without_a_file_is_named() -> None:
    """A profile that is asked for where there is no file is an error."""
    with pytest.raises(msgnb.SettingsError, match="a profile other than 'default' was requested"):
        msgnb.connect("blip", profile="work")


def test_no_secret_is_in_an_error(tmp_path: Path) -> None:
    """An error about a file with a secret in it does not show the secret."""
    write(tmp_path, "[default.blip]\nkey = 'canary-4711'\ncolour = 'canary-4711'")
    with pytest.raises(msgnb.SettingsError) as caught:
        msgnb.connect("blip")
    assert "canary" not in str(caught.value)
