"""Signing in by a form, without a screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import msgnb
from msgnb.widgets import SignIn
from msgnb.widgets.parts import SecretControl

WRONG = "canary-wrong"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No profile of whoever runs the tests."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def form_for(world: msgnb.testing.Offline, platform: str) -> tuple[SignIn, dict[str, Any]]:
    login = dict(world.credentials[platform])
    return SignIn(platform, base_url=login.pop("url", None) or login.pop("base_url", None)), login


def test_a_password_signs_in_and_is_forgotten(world: msgnb.testing.Offline) -> None:
    """What is typed makes a client; the secret is gone at once, and in nothing that is saved."""
    form, login = form_for(world, "smsdrop")
    form.fields["email"].value = login["email"]
    form.fields["password"].typed(login["password"])
    client = form.submit()
    assert client is form.client
    assert client is not None
    assert form.status.spec["words"] == f"Signed in as {login['email']}"
    assert form.fields["password"].value is None
    saved = [
        json.dumps(form.view),
        str(form.get_state()),
        str(form._repr_mimebundle_()),
        form._line.spec["code"],
    ]
    assert not any(login["password"] in each for each in saved)
    assert len(client.campaigns()) > 0


def test_a_wrong_password_is_refused_and_forgotten(world: msgnb.testing.Offline) -> None:
    """The form says that it was refused, without the secret; there is no client."""
    form, login = form_for(world, "smsdrop")
    form.fields["email"].value = login["email"]
    form.fields["password"].typed(WRONG)
    assert form.submit() is None
    assert form.state == "rejected"
    assert isinstance(form.error, msgnb.AuthError)
    assert WRONG not in form.status.spec["words"]
    assert form.fields["password"].value is None
    with pytest.raises(msgnb.SettingsError, match="nobody has signed in yet"):
        _ = form.client


def test_what_is_missing_is_named(world: msgnb.testing.Offline) -> None:
    """Empty fields that are needed are named; nobody is asked at the keyboard."""
    form, login = form_for(world, "smsdrop")
    form.submit()
    assert form.status.spec["words"] == "Fill in what is missing: Email, Password"
    assert form.fields["email"].problem == "is missing"
    form.fields["email"].value = login["email"]
    form.submit()
    assert form.fields["email"].problem == ""
    assert form.fields["password"].problem == "is missing"


def test_a_profile_fills_what_stays_empty(
    world: msgnb.testing.Offline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Profiles of the file can be chosen, and what they give need not be typed; what they ask for must be."""
    login = world.credentials["smsdrop"]
    monkeypatch.setenv("MY_PASSWORD", login["password"])
    (tmp_path / "msgnb.toml").write_text(
        f'[work.smsdrop]\nemail = "{login["email"]}"\npassword = "env:MY_PASSWORD"\n'
        f'[home.smsdrop]\nemail = "{login["email"]}"\npassword = "ask"\n[other.blip]\nkey = "x"\n'
    )
    form = SignIn("smsdrop", base_url=login.get("url") or login["base_url"])
    assert [value for value, _ in form.profile.spec["options"]] == ["default", "work", "home"]
    form.profile.value = "work"
    assert form.fields["password"].note == "from the profile, where it stays empty"
    assert form.submit() is not None, form.error
    assert "msgnb.connect('smsdrop', 'work')" in form._line.spec["code"]
    form.profile.value = "home"
    form.submit()
    assert form.fields["password"].problem == "is missing"


def test_the_platform_can_be_chosen(world: msgnb.testing.Offline) -> None:
    """Without a platform the form asks for it, and shows that platform's fields only."""
    form = SignIn()
    assert form.platform.shown
    form.platform.value = "netsapiens"
    assert "username" in form.fields
    shown = {name for name, part in form._parts.items() if part.shown}
    assert "netsapiens_password" in shown
    assert "blip_key" not in shown
    assert isinstance(form.fields["password"], SecretControl)
    with pytest.raises(msgnb.SettingsError, match="no platform 'pigeon'"):
        SignIn("pigeon")


def test_a_broken_file_is_said(tmp_path: Path) -> None:
    """A settings file that can't be read is named, and the form is there all the same."""
    (tmp_path / "msgnb.toml").write_text("no toml")
    form = SignIn("smsdrop")
    assert "msgnb.toml is not valid TOML" in form.status.spec["words"]
