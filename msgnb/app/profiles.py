"""Profiles: which account of which platform to connect to, and where its secrets are.

A profile is a table of `msgnb.toml`. The file is searched for in the current folder, the folders above it,
and the user's config folder. Environment variables override the file, and arguments override both.

    [default.blip]
    key = "env:BLIP_KEY"
    organization = "acme"

    [work.netsapiens]
    base_url = "pbx.example.com"
    client_id = "msgnb"
    client_secret = "keyring:netsapiens/msgnb"
    username = "1001@example.com"
    password = "ask"

A secret is written as `env:NAME`, `keyring:service/user` or `ask`, so that the file itself contains none. A
secret that is missing is prompted for if somebody can answer. A name that msgnb doesn't know is an error that
lists the known ones: a misspelt setting that is ignored would connect to another account, or with other
rights. What stands in the place of a name may be a secret, so an error repeats it only if it is nearly the
same as a known one.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from msgnb.app.modes import current
from msgnb.core.errors import SettingsError
from msgnb.core.secrets import Secret, prompt_secret, sealed
from msgnb.platforms import registry
from msgnb.platforms.base import Client, client_class
from msgnb.platforms.registry import get_platform, problems

FILE = "msgnb.toml"
DEFAULT = "default"
ASK = "ask"
ALIKE = 0.75
"""How much a name must resemble a known one to be shown, from 0 to 1."""
_WORD = re.compile(r"[a-z]{2,12}")
"""A short word in lower case, which no key is."""
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,29}")
_PLACE = re.compile(r"\(at [a-z0-9, ]+\)\Z")


@sealed
def connect_client(platform: str, profile: str = DEFAULT, **arguments: Any) -> Client:
    """Return a client for the account of a profile; see `msgnb.connect`."""
    _check_platform(platform)
    described = get_platform(platform)
    mode = current()
    if mode and (client := mode.connect(platform)):
        return client
    if mode and mode.name == "cassette":
        # Nobody signs in to a recording, but the client requires credentials.
        arguments = {**described.example_login, **arguments}
    values = _read_settings(platform, profile)
    given = {name: value for name, value in arguments.items() if value is not None}
    # A secret that an argument replaces is not looked up, so nobody is prompted for it.
    resolved = {
        name: _resolve_secret(value, f"{platform} {name}") if described.setting(name).secret else value
        for name, value in values.items()
        if name not in given
    }
    for name in described.missing_settings(given.keys() | resolved.keys()):
        remedy = _describe_missing(platform, profile, name)
        if not described.setting(name).secret:
            raise SettingsError(remedy)
        resolved[name] = _prompt(f"{platform} {name}", remedy)
    make_client: Any = client_class(platform)  # each client has arguments of its own
    made: Client = make_client(**given, **resolved)
    if mode:
        secrets = ((given | resolved).get(each.name) for each in described.settings if each.secret)
        mode.learn(Secret(each) for each in secrets if each)
        mode.bind(made)
    return made


@sealed
def profile_names(platform: str) -> list[str]:
    """Return the names of the profiles that have an account on a platform.

    Raises:
        SettingsError: the file is not valid TOML.
    """
    path = find_settings_file()
    return [name for name, tables in _load_profiles(path).items() if platform in tables] if path else []


@sealed
def configured_settings(platform: str, profile: str = DEFAULT) -> dict[str, bool]:
    """Return the settings of a profile and the environment, and whether each is known without a prompt.

    >>> configured_settings("netsapiens", "work")
    {'base_url': True, …, 'password': False}

    Raises:
        SettingsError: there is no such profile, or a name is unknown.
    """
    return {name: value != ASK for name, value in _read_settings(platform, profile).items()}


def find_settings_file() -> Path | None:
    """Return the settings file: from this folder, a folder above it, or the user's; `None` if none exists."""
    from platformdirs import user_config_path  # noqa: PLC0415 - loads when first used

    here = Path.cwd()
    folders = [here, *here.parents, user_config_path("msgnb", appauthor=False)]
    return next((path for folder in folders if (path := folder / FILE).is_file()), None)


def _check_platform(platform: str) -> None:
    known = [*registry.platforms(), *problems()]
    if platform not in known:
        raise SettingsError(
            f"{_describe_unknown('platform', [platform], known)}; {_list_known(registry.platforms())}"
        )


def _read_settings(platform: str, profile: str) -> dict[str, Any]:
    """Return the settings of a profile as they are written; secrets are not resolved yet."""
    _check_platform(platform)
    known = get_platform(platform).setting_names
    return _read_profile(profile, platform, known) | _read_environment(platform, known)


def _read_profile(profile: str, platform: str, known: Collection[str]) -> dict[str, Any]:
    path = find_settings_file()
    if path is None:
        if profile != DEFAULT:
            words = f"a profile other than {DEFAULT!r} was requested, but no {FILE} was found"
            raise SettingsError(f"{words}; a key is passed by its name, as key=…")
        return {}
    found = _load_profiles(path)
    if profile not in found and profile != DEFAULT:
        raise SettingsError(
            f"{path}: {_describe_unknown('profile', [profile], found)}; it has {_quote(found)}"
        )
    tables = found.get(profile, {})
    # A platform whose plug-in is broken today must not keep the others of the profile from connecting.
    _check_names(tables, [*registry.platforms(), *problems()], f"{path} [{profile}]", "platform")
    values: dict[str, Any] = tables.get(platform, {})
    _check_names(values, known, f"{path} [{profile}.{platform}]", "setting")
    return values


def _load_profiles(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        # The rest of the error repeats what is in the file.
        place = _PLACE.search(str(error))
        raise SettingsError(f"{path} is not valid TOML {place[0] if place else ''}".rstrip()) from None


def _read_environment(platform: str, known: Collection[str]) -> dict[str, str]:
    prefix = f"MSGNB_{platform.upper()}_"
    values = {
        name[len(prefix) :].lower(): value for name, value in os.environ.items() if name.startswith(prefix)
    }
    _check_names(values, known, f"the environment ({prefix}…)", "setting")
    return values


def _check_names(found: Any, known: Iterable[str], where: str, kind: str) -> None:
    if not isinstance(found, Mapping):
        raise SettingsError(f"{where} is not a table")
    names = list(dict.fromkeys(known))
    if unknown := found.keys() - set(names):
        raise SettingsError(f"{where}: {_describe_unknown(kind, unknown, names)}; {_list_known(names)}")


def _describe_unknown(kind: str, unknown: Iterable[str], known: Iterable[str]) -> str:
    """Return what is wrong with names that are unknown; one that may be a secret is not in it."""
    names = list(known)
    parts = {
        f"no {kind} {name!r}"
        if _WORD.fullmatch(name)
        or (_PLAIN.fullmatch(name) and get_close_matches(name, names, n=1, cutoff=ALIKE))
        else f"a name that is no {kind}, and is not shown because it may be a secret"
        for name in unknown
    }
    return ", ".join(sorted(parts))


def _list_known(names: Iterable[str]) -> str:
    return f"the known ones are {', '.join(names)}"


def _quote(names: Iterable[str]) -> str:
    return ", ".join(map(repr, sorted(names))) or "none"


def _describe_missing(platform: str, profile: str, name: str) -> str:
    variable = f"MSGNB_{platform.upper()}_{name.upper()}"
    return f"{platform} needs {name}: set {variable}, or {name} in [{profile}.{platform}] of {FILE}"


def _resolve_secret(value: Any, what: str) -> Secret:
    """Return the secret that a setting refers to; a text that refers to nothing is the secret itself."""
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise SettingsError(f"{what} is not a text; write 'env:NAME', 'keyring:service/user' or 'ask'")
    kind, _, reference = value.partition(":")
    match kind:
        case "env":
            return _read_variable(reference, what)
        case "keyring":
            return _read_keyring(reference, what)
        # A secret may itself begin with `ask:`.
        case "ask" if not reference:
            return _prompt(what, f"{what} is set to 'ask', but no one can be prompted in this session")
    return Secret(value)


def _read_variable(name: str, what: str) -> Secret:
    value = os.environ.get(name)
    if not value:
        # A password that is written behind `env:` by mistake must not be repeated; the keyring's neither.
        raise SettingsError(f"{what} is set to 'env:…', but there is no such environment variable")
    return Secret(value)


def _read_keyring(reference: str, what: str) -> Secret:
    # The name of a service may contain slashes.
    service, _, user = reference.rpartition("/")
    if not service or not user:
        raise SettingsError(f"{what}: 'keyring:…' contains no service and user; write keyring:service/user")
    try:
        import keyring  # noqa: PLC0415 - an extra
    except ImportError:
        raise SettingsError(f"{what} is in the keyring: pip install 'msgnb[keyring]'") from None
    value = keyring.get_password(service, user)
    if value is None:
        raise SettingsError(
            f"{what} is not in the keyring: keyring set SERVICE USER, as the setting names them"
        )
    return Secret(value)


def _prompt(what: str, error: str) -> Secret:
    """Prompt for a secret; raises `error` if nobody can answer, as in a script."""
    answer = prompt_secret(what)
    if answer is None:
        raise SettingsError(error)
    return answer
