"""Platforms of other distributions: found by their entry points, and harmless if they are broken."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

import msgnb
from msgnb import tables
from msgnb.app import cli
from msgnb.platforms import registry
from msgnb.platforms.base import Client, client_class
from msgnb.platforms.descriptor import Platform, Setting
from msgnb.platforms.registry import get_platform, platforms, problems
from msgnb.platforms.resources import Connection

OURS = ["blip", "netsapiens", "smsdrop"]
MODULE = """
from msgnb.core.http import Http
from msgnb.core.responses import Explanation
from msgnb.platforms.base import Client
from msgnb.platforms.descriptor import Platform, Setting
from msgnb.platforms.resources import Connection


class Auth:
    def headers(self): return {}
    def renew(self, used): return False
    def secrets(self): return []


class DoveClient(Client):
    platform = "dove"

    def __init__(self, ring, base_url="https://dove.example", **options):
        super().__init__(Connection(Http("dove", base_url, auth=Auth(), explain=Explanation), ring))


class Stranger:
    platform = "dove"


class Impostor(DoveClient):
    platform = "smsdrop"


def missing():
    import no_such_library


def describe(client=lambda: DoveClient, name="dove"):
    return Platform(name=name, title="Dove", variable="dove", client=client, settings=(Setting("ring"),),
                    sign_ins=(("ring",),), supports=frozenset({"send"}), campaign_rate=2)


PLATFORM = describe()
STRANGER = describe(lambda: Stranger)
NO_CLASS = describe(lambda: "DoveClient")
IMPOSTOR = describe(lambda: Impostor)
UNLOADABLE = describe(missing)
HIJACKER = describe(name="smsdrop")
"""


class Site:
    """A folder of distributions as `pip install --target` would write it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def install(
        self, distribution: str, *entry_points: str, group: str = "msgnb.platforms", **modules: str
    ) -> None:
        """Install a distribution with some entry points and modules."""
        metadata = self._folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text("\n".join([f"[{group}]", *entry_points]) + "\n")
        for name, source in modules.items():
            (self._folder / f"{name}.py").write_text(source)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    """A folder on the path of modules, and no platform that was found before."""
    folder = tmp_path / "site"
    folder.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(folder)
    registry._load_all.cache_clear()
    yield Site(folder)
    monkeypatch.undo()
    registry._load_all.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith("dove"):
            del sys.modules[name]


def settings_error(platform: str) -> str:
    with pytest.raises(msgnb.SettingsError) as caught:
        client_class(platform)
    return str(caught.value)


def test_ours_are_found_like_anyone_elses(site: Site) -> None:
    """A platform of another distribution stands in alphabetical order beside ours, and has a client."""
    site.install("dove", "dove = dove:PLATFORM", dove=MODULE)
    assert list(platforms()) == ["blip", "dove", "netsapiens", "smsdrop"]
    assert not problems()
    with msgnb.connect("dove", ring="7") as client:
        assert (client.platform, client.account) == ("dove", "7")


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("PLATFORM = ", "SyntaxError"),
        ("", "has no attribute 'PLATFORM'"),
        (MODULE + "PLATFORM = describe(name='Dove Post')", "ValueError: the name of a platform"),
    ],
)
def test_one_that_raises_when_it_is_loaded_is_to_blame_alone(site: Site, source: str, words: str) -> None:
    """The others work, and who asks for it learns which distribution it is and what it raised."""
    site.install("dove-post", "dove = dove:PLATFORM", dove=source)
    assert list(platforms()) == OURS
    with msgnb.offline() as world:
        assert len(world.smsdrop.campaigns()) > 3
    said = settings_error("dove")
    assert "the entry point msgnb.platforms:dove (dove:PLATFORM) of dove-post can't be loaded" in said
    assert words in said


@pytest.mark.parametrize(
    ("entry_point", "source"),
    [
        ("dove = json:dumps", ""),
        ("pigeon = dove:PLATFORM", MODULE),
        ("dove = dove:DoveClient", MODULE),
    ],
)
def test_what_is_no_descriptor_of_its_name_is_refused(site: Site, entry_point: str, source: str) -> None:
    """Something else, or a descriptor of another name, is no platform; the error names the entry point."""
    site.install("dove", entry_point, dove=source)
    assert list(platforms()) == OURS
    name = entry_point.partition(" ")[0]
    assert f"is not a platform named {name!r}" in settings_error(name)


def test_two_distributions_of_one_name_are_both_refused(site: Site) -> None:
    """Nobody can tell which of them is meant to get the credentials: neither does, and both are named."""
    site.install("dove", "dove = dove:PLATFORM", dove=MODULE)
    site.install("dove-fork", "dove = dove_fork:PLATFORM", dove_fork=MODULE)
    assert list(platforms()) == OURS
    said = settings_error("dove")
    assert "platform 'dove' is registered several times" in said
    assert "dove (dove:PLATFORM)" in said
    assert "dove-fork (dove_fork:PLATFORM)" in said


def test_our_names_stay_ours(site: Site) -> None:
    """A distribution that registers a name of ours gets no credentials of ours, and is reported."""
    site.install("dove", "smsdrop = dove:HIJACKER", dove=MODULE)
    assert list(platforms()) == OURS
    assert client_class("smsdrop") is msgnb.SmsDrop
    assert "dove" not in sys.modules
    assert "dove (dove:HIJACKER)" in problems()["smsdrop"]


def test_a_distribution_that_is_on_the_path_twice_is_no_conflict(site: Site) -> None:
    """The same entry point, found twice, is one platform."""
    site.install("dove", "dove = dove:PLATFORM", dove=MODULE)
    site.install("dove-old-metadata", "dove = dove:PLATFORM")
    assert "dove" in platforms()
    assert not problems()


@pytest.mark.parametrize(
    ("descriptor", "words"),
    [
        ("STRANGER", "Stranger'>, is not a msgnb Client"),
        ("NO_CLASS", "'DoveClient', is not a msgnb Client"),
        ("IMPOSTOR", "Impostor'>, is that of smsdrop"),
        ("UNLOADABLE", "can't be loaded: ModuleNotFoundError: No module named 'no_such_library'"),
    ],
)
def test_a_client_that_is_none_is_refused(site: Site, descriptor: str, words: str) -> None:
    """A client that is no `Client`, is another platform's or can't be imported is an error by its name."""
    source = MODULE + f"PLATFORM = {descriptor}\n"
    site.install("dove", "dove = dove:PLATFORM", dove=source)
    assert list(platforms()) == ["blip", "dove", "netsapiens", "smsdrop"]
    said = settings_error("dove")
    assert said.startswith("the client of dove")
    assert words in said
    with pytest.raises(msgnb.SettingsError, match="the client of dove"):
        msgnb.connect("dove", ring="7")


def test_a_platform_without_a_mock_works_but_for_the_mocks(site: Site) -> None:
    """It connects and sends; a mock world has no client for it, and says that there is no mock."""
    site.install("dove", "dove = dove:PLATFORM", dove=MODULE)
    with msgnb.offline() as world:
        assert world.platforms == tuple(OURS)
        assert len(world.smsdrop.campaigns()) > 3
        with pytest.raises(ValueError, match="dove has no mock; there are blip, netsapiens, smsdrop"):
            world.client("dove")
        with pytest.raises(AttributeError, match="dove"):
            _ = world.dove


def test_a_mock_without_a_platform_is_left_to_other_clients(site: Site) -> None:
    """A name that only the mocks know is an error where a client of msgnb is asked for."""
    with pytest.raises(msgnb.SettingsError, match=r"no platform 'dove'; the known ones are blip, netsapiens"):
        msgnb.connect("dove")
    with msgnb.offline() as world, pytest.raises(msgnb.SettingsError, match="no platform 'dove'"):
        world.client("dove")


def test_data_of_a_platform_that_is_not_installed_is_read(tmp_path: Path) -> None:
    """Its tables are read, analysed, masked and exported; only connecting to it is an error."""
    values = {
        "platform": "dove",
        "account": "7",
        "session": "s",
        "message": ["1", "2"],
        "at": ["2026-11-02T10:00:00Z", "2026-11-02T11:00:00Z"],
        "direction": ["inbound", "outbound"],
        "sender": ["+22963588213", "7"],
        "text": ["coo?", "coo!"],
    }
    frame = tables.MESSAGES.frame(2, values)
    frame.to_pickle(tmp_path / "doves.pickle")
    read = pd.read_pickle(tmp_path / "doves.pickle")
    assert set(read["platform"]) == {"dove"}
    assert read.msg.volume(by="day")["messages"].sum() == 2
    assert set(read.msg.mask("a long secret of ours")["platform"]) == {"dove"}
    with pytest.raises(msgnb.SettingsError, match="no platform 'dove'"):
        msgnb.connect("dove")


def test_a_broken_platform_keeps_no_other_of_its_profile_from_connecting(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A profile may have accounts on it; those on other platforms connect."""
    site.install("dove", "dove = dove:PLATFORM", dove="import no_such_library")
    monkeypatch.chdir(tmp_path)
    text = "[default.dove]\nring = '7'\n[default.smsdrop]\nemail = 'a@b.c'\npassword = 'word'\n"
    (tmp_path / "msgnb.toml").write_text(text)
    assert msgnb.connect("smsdrop").account == "a@b.c"
    with pytest.raises(msgnb.SettingsError, match="of dove can't be loaded"):
        msgnb.connect("dove")


def test_the_doctor_names_broken_platforms(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The report has the client of each platform, and what is wrong with those that don't work."""
    site.install("dove", "dove = dove:STRANGER", dove=MODULE)
    site.install(
        "crow", "crow = dove_crow:PLATFORM", "smsdrop = dove:HIJACKER", dove_crow="raise OSError('caw')"
    )
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(cli.app, ["doctor", "--json"])
    assert shown.exit_code == 0
    found = json.loads(shown.output)["Platforms"]
    assert found["blip"] == "msgnb.platforms.blip.client.Blip"
    assert "is not a msgnb Client" in found["dove"]
    assert found["crow"].startswith("not usable; the entry point msgnb.platforms:crow")
    assert found["smsdrop"].startswith(
        "msgnb.platforms.smsdrop.client.SmsDrop; platform 'smsdrop' is registered"
    )


def test_entry_points_are_read_once_and_late() -> None:
    """Importing and tables read none; the first masking and the first question do, and later ones don't."""
    code = """
import importlib.metadata

asked = []
real = importlib.metadata.entry_points


def counting(**selection):
    asked.append(selection.get("group"))
    return real(**selection)


importlib.metadata.entry_points = counting
import msgnb
import msgnb.platforms.registry
from msgnb import tables

assert msgnb.Blip and msgnb.NetSapiens and msgnb.SmsDrop and msgnb.connect and msgnb.Campaign
values = {"platform": "dove", "session": "s", "text": ["a", "b"], "at": ["2026-11-02T10:00:00Z"] * 2}
for _ in range(3):
    frame = tables.MESSAGES.frame(2, values)
    frame.msg.volume(by="day")
assert "msgnb.platforms" not in asked, asked
for _ in range(3):
    frame.msg.mask("a long secret of ours")
    msgnb.recipients(["+22963588213"])
    msgnb.platforms.registry.platforms()
    msgnb.platforms.registry.problems()
    msgnb.platforms.registry.get_platform("blip")
    sms = msgnb.SmsDrop("ana@example.com", "word")
    sms.connection.campaign_rate
# Once each for the registry, the names of platforms, and what their domains are, as far as they are needed.
assert 1 <= asked.count("msgnb.platforms") <= 3, asked
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_rate_of_a_campaign_is_the_descriptors(site: Site) -> None:
    """What a platform states as its rate holds for its clients, unless somebody sets another one."""
    site.install("dove", "dove = dove:PLATFORM", dove=MODULE)
    client = msgnb.connect("dove", ring="7")
    assert client.connection.campaign_rate == 2
    client.connection.campaign_rate = None
    assert client.connection.campaign_rate is None


SMALL = Platform(
    name="dove",
    title="Dove",
    variable="dove",
    client=lambda: Client,
    settings=(Setting("ring"), Setting("key", secret=True)),
    sign_ins=(("ring",), ("key",)),
    supports=frozenset({"send"}),
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Dove"}, "lowercase identifier, not 'Dove'"),
        ({"name": "dove-post"}, "lowercase identifier, not 'dove-post'"),
        ({"sign_ins": (("ring", "word"),)}, "sign_ins must list settings: word"),
        ({"sign_ins": ()}, "sign_ins must list settings: none are listed"),
    ],
)
def test_a_descriptor_that_can_not_work_is_refused_when_it_is_made(
    change: dict[str, Any], words: str
) -> None:
    """A name that is no attribute, or a sign-in by settings that there are not, is an error."""
    with pytest.raises(ValueError, match=words):
        replace(SMALL, **change)


def test_what_is_missing_depends_on_what_is_given() -> None:
    """A setting that only another way to sign in has means that way; an unknown setting is a KeyError."""
    assert SMALL.missing_settings(()) == ["ring"]
    assert SMALL.missing_settings({"key"}) == []
    with pytest.raises(KeyError):
        SMALL.setting("colour")


def test_entry_points_without_a_distribution_are_named_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry point that somebody made by hand has no distribution; it is reported all the same."""
    made = importlib.metadata.EntryPoint("dove", "json:dumps", "msgnb.platforms")
    monkeypatch.setattr(registry, "entry_points", lambda **_: [made])
    registry._load_all.cache_clear()
    try:
        with pytest.raises(msgnb.SettingsError, match="of an unknown distribution is not a platform"):
            get_platform("dove")
    finally:
        registry._load_all.cache_clear()


def test_a_connection_learns_its_rate_when_it_is_asked() -> None:
    """Making a connection looks up no platform: a client of an unregistered one can be made."""

    class Http:
        platform = "nowhere"

    connection = Connection(Http())  # type: ignore[arg-type]
    with pytest.raises(msgnb.SettingsError, match="no platform 'nowhere'"):
        _ = connection.campaign_rate
