"""No secret and nobody is in a recording, whichever client made it; and what checks recordings finds both."""

from __future__ import annotations

import gzip
import json
import logging
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
import msgnb_mocks
from msgnb.platforms.descriptor import Platform, Setting
from msgnb.platforms.wire import Wire
from msgnb.tables.pseudonyms import is_pseudonym
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


def as_json(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False)


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
    ((_, other),) = (pair for pair in shown.items() if pair[0].startswith("field-"))
    assert other.startswith("Value ")
    assert scrubber.uri("/relay/ana") != "/relay/ana"
    assert scrubber.uri("/relay/") == "/relay/"


NATIONAL = ["700123456", "7001234567", "9400123456", "9800123456", "9100123456", "3000123456", "07911123456"]


@pytest.mark.parametrize("number", [*NATIONAL, "55001234567", "5500912345678", "490012345678"])
def test_a_real_number_is_never_taken_for_a_pseudonym(number: str) -> None:
    """A number with zeros where others have a country code is masked everywhere, and found by the check."""
    scrubber = make_scrubber(KEY, texts="masked")
    content = {"phoneNumber": number, "from": f"{number}@wa.gw.msging.net", "text": f"call {number}"}
    shown = as_json(scrubber.values(content)) + scrubber.uri(f"/contacts/{number}?number={number}")
    assert number not in shown
    assert list(Detectors().find("phoneNumber", number))


def test_few_numbers_pass_for_pseudonyms() -> None:
    """Of random numbers with 15 digits at most one in 50, and of shorter ones none."""
    rng = random.Random(5)
    for digits, most in ((8, 0), (10, 0), (13, 0), (14, 0), (15, 100)):
        numbers = (str(rng.randrange(10 ** (digits - 1), 10**digits)) for _ in range(5000))
        assert sum(map(is_pseudonym, numbers)) <= most


@pytest.mark.parametrize(
    "content",
    [
        {"text": 471199}, {"text": 1199}, {"customerInput": "471199"}, {"customerInput": 471199},
        {"from": 471199}, {"agentName": 471199},
    ],
)  # fmt: skip
def test_a_code_in_a_text_is_replaced(content: dict[str, Any]) -> None:
    """A one-time code is a text or a number of a few digits."""
    (value,) = content.values()
    assert str(value) not in as_json(make_scrubber(KEY).values(content))


@pytest.mark.parametrize("name", ["ana", "mariane", "AnaSouza", "hunter", "secretword"])
def test_a_name_that_is_not_declared_is_replaced(name: str) -> None:
    """Somebody's name, or a password, may be that of a field, a parameter, a part, an element or a header."""
    scrubber = make_scrubber(KEY)
    shown = [
        as_json(scrubber.values({name: 1, "extras": {name: 1}, "resource": [{name: {name: "x"}}]})),
        scrubber.uri(f"/threads?{name}&{name}=1&$take=5"),
        scrubber.body(f"{name}=1&password=x".encode()).decode(),
        scrubber.body(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nx\r\n--b--\r\n'.encode()
        ).decode(),
        scrubber.body(f'<{name} {name}="1"><{name}/></{name}>'.encode()).decode(),
        str(scrubber.headers({f"X-{name}": "1"})),
    ]
    assert [each for each in shown if name in each] == []
    assert all("field-" in each for each in shown)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer onlyletterstoken"}, {"Authorization": "onlyletterstoken"},
        {"Cookie": "sid=onlyletterstoken; theme=dark"}, {"X-Api-Key": "onlyletterstoken"},
        {"X-Something": "onlyletterstoken1234"}, {"X-Api-Key": "0123456789abcdef0123456789abcdef"},
    ],
)  # fmt: skip
def test_a_secret_of_a_header_is_learnt(headers: dict[str, str]) -> None:
    """Whatever it is made of, it is hidden in the fields that stay."""
    scrubber = make_scrubber(KEY, texts="masked")
    scrubber.headers(headers)
    secret = next(iter(headers.values())).split()[-1 if "Authorization" in headers else 0]
    secret = secret.partition("=")[2].rstrip(";") or secret
    assert secret not in as_json(scrubber.values({"id": secret, "text": f"it is {secret}!"}))


@pytest.mark.parametrize("word", ["ana", "ana-souza", "hunter2", "secret"])
def test_a_word_in_place_of_a_category_is_replaced(word: str) -> None:
    """Types, instances of identities, bots, hosts and the names of software may be chosen by somebody."""
    scrubber = make_scrubber(KEY)
    shown = [
        *(scrubber.values({name: word})[name] for name in ("type", "itemType", "loc", "media-type")),
        scrubber.values(f"text/{word}", "type"),
        scrubber.values(f"bot@msging.net/{word}", "from"),
        scrubber.values(f"bot@msging.net/#{word}", "from"),
        scrubber.values(f"1234.{word}@0mn.io", "from"),
        *(
            scrubber.uri(f"https://{word}.{end}/threads")
            for end in ("localhost", "test", "example", "invalid")
        ),
        *(str(scrubber.headers({name: f"{word}/1.0"})) for name in ("User-Agent", "Server", "Accept")),
        str(scrubber.headers({"User-Agent": f"python-requests/2.34.2 ({word})"})),
        str(scrubber.headers({"Content-Type": f"application/json; charset={word}"})),
    ]
    assert [each for each in shown if word in each] == []
    once = scrubber.values([f"bot@msging.net/#{word}", f"1234.{word}@0mn.io"], "from")
    assert scrubber.values(once, "from") == once


def test_what_is_documented_stays() -> None:
    """Types, servers of the platform and software stay readable."""
    scrubber = make_scrubber(KEY)
    content = {"type": "application/vnd.lime.select+json", "from": "demobot@msging.net/#az-iris6"}
    assert scrubber.values(content) == content
    headers = {"User-Agent": "python-requests/2.34.2", "Accept": "application/json, */*;q=0.5"}
    assert scrubber.headers(headers) == headers


UNUSUAL_FILES = {
    "MONDAY.YAML": b"note: ana@mail.com",
    "monday": b"note: ana@mail.com",
    "monday.har": b'{"log": {"entries": [{"name": "note", "value": "ana@mail.com"}]}}',
    "monday.yaml.bak": b"note: ana@mail.com",
    ".monday.swp": b"\x00\x01\xff note: ana@mail.com\x00\x00",
    "comment.yaml": b"note: x # from ana@mail.com",
    "anchor.yaml": b"note: &ana@mail.com x",
    "two.yaml": b"note: x\n---\nnote: ana@mail.com",
    "wide.yaml": "note: ana@mail.com".encode("utf-16"),
    "wide-without-mark.yaml": "note: ana@mail.com".encode("utf-16-le"),
    "latin.yaml": "note: ol\xe1 ana@mail.com".encode("latin-1"),
    "monday.yaml.gz": gzip.compress(b"note: ana@mail.com"),
}


@pytest.mark.parametrize("name", UNUSUAL_FILES)
def test_check_reads_every_file(tmp_path: Path, name: str) -> None:
    """Whatever a file is called, and however it is encoded."""
    (tmp_path / name).write_bytes(UNUSUAL_FILES[name])
    report = inspect(tmp_path, ["mail.com"])
    assert any("an address: ana@" in each.what for each in report.findings)
    assert any("a secret that is known" in each.what for each in report.findings)


def test_check_reports_what_it_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that can't be read is a finding, so nobody takes it for clean."""

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "one.yaml").write_text("version: 1")
    monkeypatch.setattr(Path, "read_bytes", refuse)
    (found,) = inspect(tmp_path).findings
    assert found.what == "this file can't be read: Permission denied"


def test_check_finds_what_is_nested(tmp_path: Path) -> None:
    """JSON in a text in JSON counts as one text, however deep it is."""
    content = json.dumps({"password": "hunter22"})
    for _ in range(7):
        content = json.dumps({"inner": content})
    (tmp_path / "one.json").write_text(content)
    assert "the value of password: hunt…" in {each.what for each in inspect(tmp_path).findings}


TELLING: list[tuple[str, Any]] = [
    ("name", "Ana"), ("name", "ana souza"), ("name", "Иван Петров"), ("name", "王小明"),
    ("name", "Łukasz Żak"),
    ("Ana Souza", 1), ("Иван Петров", 1), ("Łukasz Żak", 1),
    ("from", "11987654321"), ("to", "005511987654321"), ("from", 11987654321),
    ("clave", "hunter22"), ("пароль", "hunter22"), ("密码", "hunter22"), ("wachtwoord", "hunter22"),
    ("kennwort", "hunter22"), ("pword", "hunter22"), ("userPw", "hunter22"), ("access_code", "471199"),
    ("text", "Your verification code is 471199"), ("text", "Seu código de verificação: 471199"),
    ("text", "471199 is your login code"), ("text", "call 07911 123456"), ("note", "call 0711 1234567"),
    ("note", "pat-na1-12345678-1234-1234-1234-123456789abc"),
    ("note", "-----BEGIN PGP PRIVATE KEY BLOCK-----"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), TELLING)
def test_check_finds_it(tmp_path: Path, name: str, value: Any) -> None:
    """Names in any script, numbers of somebody, and secrets in several languages, also in JSON in a text."""
    for at, content in enumerate(({name: value}, {"text": json.dumps([{name: value}])})):
        folder = tmp_path / str(at)
        folder.mkdir()
        (folder / "one.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        assert inspect(folder).findings, at


HARMLESS = {
    "canSendWithOpenTicket": "true", "CF-RAY": "8f1c2b3a4d5e6f70-GRU", "code": "20001",
    "X-Request-Id": "4f1c2b3a-1d5e-4f70-9a0b-1c2d3e4f5a6b", "x-request-id": "Zk3Jf9aQ2mX8bT5cV7nL1pR4",
    "X-Amzn-Trace-Id": "Root=1-67891233-abcdef012345678912345678", "text": "We are open 09-18.",
    "reason": "error code 40012",
    "note": "canSendWithOpenTicket", "date": "01-02-2026 12:00",
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_check_raises_no_false_alarm(tmp_path: Path, name: str) -> None:
    """Documented names, and IDs that only find a request in a log, are nothing."""
    (tmp_path / "one.json").write_text(json.dumps({"interactions": [{name: HARMLESS[name]}]}))
    assert inspect(tmp_path).findings == ()


@pytest.mark.parametrize("seed", [1, 12])
def test_recordings_of_demo_worlds_are_clean(tmp_path: Path, seed: int) -> None:
    """At most one false alarm in a hundred values, whoever lives there."""
    path = tmp_path / "world.yaml"
    with msgnb_mocks.serve(seed=seed) as servers, recorder(texts="masked").use_cassette(str(path)):
        login = servers.credentials
        with msgnb.Blip(login["blip"]["key"], base_url=login["blip"]["url"]) as bot:
            bot.contacts()
            bot.messages(bot.sessions()["session"][0], limit=5)
        with msgnb.SmsDrop(
            login["smsdrop"]["email"], login["smsdrop"]["password"], base_url=login["smsdrop"]["url"]
        ) as sms:
            sms.campaigns()
        settings = dict(login["netsapiens"])
        with msgnb.NetSapiens(settings.pop("url"), **settings) as pbx:
            pbx.messages(pbx.sessions()["session"][0], limit=5)
    report = inspect(tmp_path)
    assert report.values > 1000
    assert len(report.findings) <= 0.01 * report.values, report.findings


def test_vcr_logs_nothing_of_an_exchange(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Its modules log URLs, requests and responses as they were sent; none of that gets out."""
    caplog.set_level(logging.DEBUG)
    with Loopback([answers({})]) as server, recorder().use_cassette(str(tmp_path / "one.yaml")):
        requests.get(f"{server.url}/v1?token=s3cr3t-t0ken")
        by_httpx(f"{server.url}", [Sent("query", "/v1?token=s3cr3t-t0ken")])
    assert [
        each.name for each in caplog.records if each.name.startswith("vcr") and "t0ken" in each.getMessage()
    ] == []
