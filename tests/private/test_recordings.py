"""No secret and nobody is in a recording, whichever client made it; and what checks recordings finds both."""

from __future__ import annotations

import json
import os
import random
import stat
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import awaiting
import httpx
import pytest
import requests
import urllib3
from exchanges import Sent, in_every_place
from loopback import Loopback, answers
from planted import HELD_OUT, SEEN, Maker, plant
from searching import find_planted
from vcr import VCR
from vcr.request import Request

import msgnb
from msgnb.platforms.descriptor import Platform, Setting
from msgnb.platforms.wire import Wire
from msgnb.testing import cassettes
from msgnb.testing.audit import inspect
from msgnb.testing.cassettes import SecretInRecording, make_scrubber
from msgnb.testing.detectors import Detectors
from msgnb.testing.recording_key import VARIABLE, find_key, key_file

KEY = "a key that only these tests have, and long enough"
Send = Callable[[str, Sequence[Sent]], None]


def recorder(**options: Any) -> VCR:
    made = VCR(**cassettes.vcr_config(**{"key": KEY, **options}), record_mode="new_episodes")
    cassettes.register(made)
    return made


def by_requests(url: str, sent: Sequence[Sent]) -> None:
    with requests.Session() as session:
        for each in sent:
            session.post(url + each.path, data=each.body, headers=each.headers)
        session.post(url, json={"nome": sent[0].place}, auth=("ana", "p"))


def by_httpx(url: str, sent: Sequence[Sent]) -> None:
    with httpx.Client() as client:
        for each in sent:
            client.post(url + each.path, content=each.body, headers=each.headers)


def by_urllib3(url: str, sent: Sequence[Sent]) -> None:
    with urllib3.PoolManager() as pool:
        for each in sent:
            pool.request("POST", url + each.path, body=each.body, headers=each.headers)


def by_aiohttp(url: str, sent: Sequence[Sent]) -> None:
    async def send() -> None:
        async with aiohttp.ClientSession() as session:
            for each in sent:
                async with session.post(url + each.path, data=each.body, headers=each.headers) as answer:
                    await answer.read()

    awaiting.run(send())


CLIENTS = [by_requests, by_httpx, by_urllib3, by_aiohttp]


@pytest.mark.parametrize(("seed", "send"), list(enumerate(CLIENTS)))
def test_no_planted_value_is_in_a_recording(tmp_path: Path, seed: int, send: Send) -> None:
    """Each of 40 values per client, 160 in all, in each place and encoding, is in no layer of the file."""
    everything = [*plant(10 + seed, SEEN, 1), *plant(20 + seed, HELD_OUT, 1)]
    planted = random.Random(seed).sample(everything, 40)
    path = tmp_path / "recording.yaml"
    sent = list(in_every_place(planted))
    with Loopback([*(each.answer for each in sent), answers({})]) as server:
        with recorder().use_cassette(str(path)):
            send(server.url, sent)
        assert len(server.seen) >= len(sent)
    assert [f"{each.field}: {each.value}" for each in find_planted(path, planted)] == []


def test_scrubbing_twice_changes_nothing() -> None:
    """What was scrubbed is scrubbed to itself, or no replay would find its request."""
    scrubber = make_scrubber(KEY)
    filters = cassettes.make_config(scrubber)
    for each in in_every_place([*plant(31, SEEN, 1), *plant(32, HELD_OUT, 1)]):
        request = Request("POST", f"https://api.acme-dental.co.uk{each.path}", each.body, each.headers)
        once = filters["before_record_request"](request)
        twice = filters["before_record_request"](once)
        assert (twice.uri, twice.body, dict(twice.headers)) == (once.uri, once.body, dict(once.headers)), (
            each.place
        )


def test_what_a_client_was_given_as_json_is_scrubbed(tmp_path: Path) -> None:
    """Aiohttp hands its recorder a dictionary, and no text."""
    planted = plant(41, SEEN, 1)
    path = tmp_path / "recording.yaml"

    async def send(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            for each in planted:
                await session.post(url, json={"deep": [{each.field: each.value}]})
                await session.post(url, data={each.field: each.value})
                form = aiohttp.FormData()
                form.add_field(each.field, each.value, filename=f"{each.kind}.txt")
                await session.post(url, data=form)

    with Loopback([answers({})]) as server, recorder().use_cassette(str(path)):
        awaiting.run(send(server.url))
    assert find_planted(path, planted) == []


@pytest.mark.parametrize(("families", "seed"), [(SEEN, 51), (HELD_OUT, 52)])
def test_check_finds_what_was_planted(tmp_path: Path, families: dict[str, list[Maker]], seed: int) -> None:
    """At least 95 % of the values are found where nothing was scrubbed, also those it was not made for."""
    planted = plant(seed, families, 6)
    interactions = [
        {"request": {"uri": "/v1", "body": {"json": {each.field: each.value}}}, "response": {}}
        for each in planted
    ]
    for at, each in enumerate(interactions):
        folder = tmp_path / str(at)
        folder.mkdir()
        (folder / "one.json").write_text(json.dumps({"interactions": [each]}))
    missed = [each for at, each in enumerate(planted) if not inspect(tmp_path / str(at)).findings]
    assert len(missed) <= 0.05 * len(planted), missed


def test_check_finds_little_where_nothing_is() -> None:
    """Values of invented documents, and our own recordings, raise at most one false alarm in a hundred."""
    report = inspect(Path(__file__).resolve().parents[2] / "cassettes")
    assert report.values > 5000
    assert len(report.findings) <= 0.01 * report.values
    harmless = [
        "application/vnd.lime.collection+json",
        "2026-11-02T12:00:00.000Z",
        "postmaster@crm.msging.net",
    ]
    assert [list(Detectors().find("note", each)) for each in harmless] == [[], [], []]


def test_a_key_is_made_once_and_kept(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is random, only this user can read it, and one line says where it is."""
    monkeypatch.delenv(VARIABLE, raising=False)
    made = find_key()
    assert len(made) == 64
    said = capsys.readouterr().err
    assert str(key_file()) in said
    assert VARIABLE in said
    assert said.count("\n") == 1
    assert made not in said
    assert find_key() == made
    assert capsys.readouterr().err == ""
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file().parent.stat().st_mode) == 0o700
    monkeypatch.setenv(VARIABLE, "the key of the environment")
    assert find_key() == "the key of the environment"
    assert find_key("a key that is given") == "a key that is given"


def test_processes_that_start_at_once_have_one_key() -> None:
    """Whichever is quicker makes it, and all read it."""
    code = "from msgnb.testing.recording_key import find_key; print(find_key())"
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    keys = {process.communicate(timeout=60)[0] for process in started}
    assert len(keys) == 1
    assert keys != {b""}
    assert [each.name for each in key_file().parent.iterdir()] == ["mask.key"]


def test_a_replay_with_another_key_says_so(tmp_path: Path) -> None:
    """The error names both fingerprints, and no key."""
    path = tmp_path / "recording.yaml"
    with Loopback([answers({})]) as server, recorder().use_cassette(str(path)):
        requests.get(server.url)
    assert KEY not in path.read_text()
    with pytest.raises(msgnb.SettingsError, match="made with another key") as raised:
        recorder(key="another key that is long enough").use_cassette(str(path)).__enter__()
    assert KEY not in str(raised.value)


def test_a_recording_with_a_secret_in_it_is_not_written(tmp_path: Path) -> None:
    """A password that is also a word of each recording can't be hidden; the error does not show it."""
    path = tmp_path / "recording.yaml"
    with (
        Loopback([answers({})]) as server,
        pytest.raises(SecretInRecording) as raised,
        recorder(secrets=["interactions"]).use_cassette(str(path)),
    ):
        requests.get(server.url)
    assert not path.exists()
    assert "interactions" not in str(raised.value)


def test_a_secret_that_is_learnt_late_is_hidden_before(tmp_path: Path) -> None:
    """A token that stood in a readable field of an earlier exchange is hidden there, too."""
    path = tmp_path / "recording.yaml"
    token = "0123456789abcdef0123456789abcdef"
    with Loopback([answers({"id": token}), answers({})]) as server, recorder().use_cassette(str(path)):
        requests.get(server.url)
        requests.get(server.url, headers={"Authorization": f"Bearer {token}"})
    assert token not in path.read_text()


def test_a_platform_of_another_package_declares_its_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    """What its descriptor declares stays readable, and its secrets are hidden."""
    wire = Wire(fields={"stage": frozenset({"QUEUED"}), "ticket": "secret"}, paths={"relay": None})
    setting = Setting("key", secret=True)
    toy = Platform("toy", "Toy", "toy", lambda: object, (setting,), (("key",),), frozenset(), wire=wire)
    monkeypatch.setattr(cassettes, "platforms", lambda: {"toy": toy})
    scrubber = make_scrubber(KEY)
    content = {"stage": "QUEUED", "ticket": "s3cr3t-ticket", "other": "QUEUED"}
    shown = scrubber.values(content)
    assert (shown["stage"], shown["ticket"]) == ("QUEUED", "hidden")
    assert shown["other"].startswith("Value ")
    assert scrubber.uri("/relay/ana") != "/relay/ana"
    assert scrubber.uri("/relay/") == "/relay/"
