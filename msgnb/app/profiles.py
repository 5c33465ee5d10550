"""Profiles: which account of which platform, and where its secrets are.

* A profile is a table of `msgnb.toml`, looked for from the current folder upward and then in the user's
  config folder; the environment goes before the file, arguments go before both.
* A secret is written as `env:NAME`, `keyring:service/user` or `ask`; a missing one is asked for where a
  person can answer.
* A name that nothing reads is an error that lists the names that are read.

    [default.blip]
    key = "env:BLIP_KEY"
    organization = "acme"

    [work.netsapiens]
    base_url = "pbx.example.com"
    client_id = "msgnb"
    client_secret = "keyring:netsapiens/msgnb"
    username = "1001@example.com"
    password = "ask"
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from msgnb.app.modes import current
from msgnb.core.errors import SettingsError
from msgnb.core.secrets import Secret, ask
from msgnb.platforms.base import Client, client_class
from msgnb.platforms.registry import get_platform, platforms

FILE = "msgnb.toml"
DEFAULT = "default"


def connect_client(platform: str, profile: str = DEFAULT, **arguments: Any) -> Client:
    """Return a client for the account that a profile names; see `msgnb.connect`."""
    described = get_platform(platform)
    mode = current()
    if mode and (client := mode.connect(platform)):
        return client
    if mode and mode.name == "cassette":
        arguments = {**described.example_login, **arguments}
    known = described.setting_names
    values = _from_file(profile, platform, known) | _from_environment(platform, known)
    given = {name: value for name, value in arguments.items() if value is not None}
    resolved = {
        name: _secret(value, f"{platform} {name}") if described.setting(name).secret else value
        for name, value in values.items()
        if name not in given
    }
    for name in described.lacking(given.keys() | resolved.keys()):
        if not described.setting(name).secret:
            raise SettingsError(_lacking(platform, profile, name))
        resolved[name] = _asked(f"{platform} {name}", _lacking(platform, profile, name))
    make_client: Any = client_class(platform)  # each client has arguments of its own
    made: Client = make_client(**given, **resolved)
    return made


def profiles(platform: str) -> list[str]:
    """The names of the profiles that have an account on a platform.

    Raises:
        SettingsError: the file is no TOML.
    """
    path = settings_file()
    return [name for name, tables in _profiles(path).items() if platform in tables] if path else []


def given(platform: str, profile: str = DEFAULT) -> dict[str, bool]:
    """The settings that a profile and the environment give, and whether each is there without asking.

    Raises:
        SettingsError: there is no such profile, or a name is unknown.
    """
    known = get_platform(platform).setting_names
    values = _from_file(profile, platform, known) | _from_environment(platform, known)
    return {name: value != "ask" for name, value in values.items()}


def settings_file() -> Path | None:
    """The file that `connect` reads: the first from this folder upward, then the user's; `None` if none."""
    from platformdirs import user_config_path  # noqa: PLC0415 - loads when first used

    here = Path.cwd()
    folders = [here, *here.parents, user_config_path("msgnb", appauthor=False)]
    return next((path for folder in folders if (path := folder / FILE).is_file()), None)


def _from_file(profile: str, platform: str, known: Collection[str]) -> dict[str, Any]:
    path = settings_file()
    if path is None:
        if profile != DEFAULT:
            raise SettingsError(f"profile {profile!r} is asked for, but there is no {FILE}")
        return {}
    found = _profiles(path)
    if profile not in found and profile != DEFAULT:
        raise SettingsError(f"{path} has no profile {profile!r}; it has {_listed(found)}")
    tables = found.get(profile, {})
    _check(tables, platforms(), f"{path} [{profile}]", "platform")
    values: dict[str, Any] = tables.get(platform, {})
    _check(values, known, f"{path} [{profile}.{platform}]", "setting")
    return values


def _profiles(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} is no TOML: {error}") from None


def _from_environment(platform: str, known: Collection[str]) -> dict[str, str]:
    prefix = f"MSGNB_{platform.upper()}_"
    values = {
        name[len(prefix) :].lower(): value for name, value in os.environ.items() if name.startswith(prefix)
    }
    _check(values, known, f"the environment ({prefix}…)", "setting")
    return values


def _check(found: Any, known: Iterable[str], where: str, kind: str) -> None:
    if not isinstance(found, Mapping):
        raise SettingsError(f"{where} is no table")
    unknown = found.keys() - set(known)
    if unknown:
        raise SettingsError(f"{where}: no {kind} {_listed(unknown)}; the known ones are {', '.join(known)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, sorted(names))) or "none"


def _lacking(platform: str, profile: str, name: str) -> str:
    variable = f"MSGNB_{platform.upper()}_{name.upper()}"
    return f"{platform} needs {name}: set {variable}, or {name} in [{profile}.{platform}] of {FILE}"


def _secret(value: Any, what: str) -> Secret:
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise SettingsError(f"{what} is no text; write 'env:NAME', 'keyring:service/user' or 'ask'")
    kind, _, rest = value.partition(":")
    match kind:
        case "env":
            return _from_variable(rest, what)
        case "keyring":
            return _from_keyring(rest, what)
        case "ask" if not rest:
            return _asked(what, f"{what} is to be asked for, but nobody is there to answer")
    return Secret(value)


def _from_variable(name: str, what: str) -> Secret:
    value = os.environ.get(name)
    if not value:
        raise SettingsError(f"{what} is kept in the environment variable {name}, which is not set")
    return Secret(value)


def _from_keyring(place: str, what: str) -> Secret:
    service, _, user = place.rpartition("/")
    if not service or not user:
        raise SettingsError(
            f"{what}: 'keyring:{place}' names no service and user; write keyring:service/user"
        )
    try:
        import keyring  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError(f"{what} is in the keyring: pip install 'msgnb[keyring]'") from None
    value = keyring.get_password(service, user)
    if value is None:
        raise SettingsError(
            f"the keyring has no password of {user} for {service}: keyring set {service} {user}"
        )
    return Secret(value)


def _asked(what: str, otherwise: str) -> Secret:
    answer = ask(what)
    if answer is None:
        raise SettingsError(otherwise)
    return answer
