"""What a recording may not hold, wherever and however it was written."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import requests
from loopback import Loopback, answers
from vcr import VCR
from vcr.errors import CannotOverwriteExistingCassetteException
from vcr.request import Request

from msgnb.tables.masking import Masker
from msgnb.testing import cassettes, check, compare
from msgnb.testing.cassettes import make_scrubber

KEY = "a key that only these tests have"
SECRET = "pässword/1+2=3&4\"'"


def recorder(**options: Any) -> VCR:
    made = VCR(**cassettes.vcr_config(**{"key": KEY, **options}), record_mode="once")
    cassettes.register(made)
    return made


def places(secret: str) -> list[str]:
    """The same secret as clients and servers write it."""
    raw = secret.encode()
    return [
        secret,
        quote(secret, safe=""),
        quote_plus(secret),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        raw.hex(),
    ]


def test_a_known_secret_is_hidden_in_every_encoding() -> None:
    """Once a telling name gave it away, it is nowhere: not raw, not encoded, not in a URL or an answer."""
    scrubber = make_scrubber(KEY, texts="masked")
    assert scrubber.values({"password": SECRET}) == {"password": "hidden"}
    for written in places(SECRET):
        for text in (f"before {written} after", f"https://x.example/a/{written}?next={written}#{written}"):
            assert written not in scrubber.values(text, "text"), written
        assert written.encode() not in scrubber.body(f"<p>{written}</p>".encode()), written


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps({"deep": [{"password": SECRET}]}).encode(), "application/json"),
        (json.dumps({"password": SECRET}).encode(), "text/plain"),
        (f"a=1&password={quote_plus(SECRET)}".encode(), "application/x-www-form-urlencoded"),
        (
            f'--b\r\nContent-Disposition: form-data; name="password"\r\n\r\n{SECRET}\r\n--b--\r\n'.encode(),
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_a_body_of_any_kind_is_scrubbed_on_both_sides(tmp_path: Path, body: bytes, kind: str) -> None:
    """JSON whatever its type says, forms and multipart: the secret is in no recorded byte, and replays."""
    path = tmp_path / "cassette.yaml"
    echo = answers({"text": SECRET})
    with Loopback([echo]) as server, recorder(texts="masked").use_cassette(str(path)):
        url, cookies = server.url + f"/x?token={quote(SECRET)}", {"session": "cookie-value-1"}
        answer = requests.post(url, data=body, headers={"Content-Type": kind}, cookies=cookies)
        assert answer.json() == {"text": SECRET}
    written = path.read_text()
    assert not [place for place in [*places(SECRET), "cookie-value-1"] if place in written]
    again = requests.Session()
    with recorder(texts="masked").use_cassette(str(path)):
        headers = {"Content-Type": kind}
        assert again.post(url, data=body, headers=headers).json() == {"text": "hidden"}


def test_what_signs_in_is_learnt_from_its_header(tmp_path: Path) -> None:
    """A bot's key is hidden with what base64 hides in it, a bearer token and a cookie too."""
    scrubber = make_scrubber(KEY, texts="masked")
    token = base64.b64encode(b"mybot:AccessKey123").decode()
    scrubber.headers({"Authorization": f"Key {token}", "Cookie": "a=first-cookie; b=second-cookie"})
    scrubber.headers({"Set-Cookie": ["sid=third-cookie; Path=/; HttpOnly"]})
    words = f"{token} AccessKey123 first-cookie second-cookie third-cookie"
    assert scrubber.values(words, "text") == "hidden hidden hidden hidden hidden"


def test_people_have_pseudonyms_that_join() -> None:
    """The same person has the same pseudonym in a URL, an identity, a number, a list and a text."""
    scrubber = make_scrubber(KEY, texts="masked")
    contact = {
        "identity": "5511999998888@wa.gw.msging.net",
        "name": "Mariane Souza",
        "phoneNumber": "+5511999998888",
    }
    masked = scrubber.values({"resource": contact})["resource"]
    number = masked["phoneNumber"]
    assert number.startswith("+550")
    assert masked["identity"] == f"{number[1:]}@wa.gw.msging.net"
    assert masked["name"].startswith("Person ")
    uri = scrubber.uri("https://mock.example/contacts/5511999998888@wa.gw.msging.net?number=%2B5511999998888")
    assert uri == f"https://mock.example/contacts/{masked['identity']}?number=%2B{number[1:]}"
    text = scrubber.values("Olá Mariane, call +55 11 99999-8888 or mail mari@mail.com.br", "text")
    assert text.startswith(f"Olá {masked['name']}, call {number} or mail person-")
    assert scrubber.values({"recipient_list": ["+5511999998888"]}) == {"recipient_list": [number]}


def test_a_pseudonym_stays_as_it_is() -> None:
    """Masking twice changes nothing; another key makes others; bots and lists are nobody."""
    masker = Masker("one key of ours, with words", reserved=True)
    for mask, value in (
        (masker.phone, "+5511999998888"),
        (masker.phone, "12125550176"),
        (masker.name, "Ana Lima"),
        (masker.address, "ana@mail.com"),
        (masker.address, "3fa2b1c4d5e6f708.demobot@0mn.io"),
        (masker.address, "ana%40mail.com@blip.ai"),
    ):
        once = mask(value)
        assert once != value
        assert mask(once) == once
    other = Masker("another key of ours, with words", reserved=True)
    assert other.phone("+5511999998888") != masker.phone("+5511999998888")
    for nobody in ("demobot@msging.net", "news@broadcast.msging.net"):
        assert masker.address(nobody) == nobody


def test_a_request_that_was_not_recorded_names_the_nearest(tmp_path: Path) -> None:
    """The error shows the nearest recorded request, what differs, and no secret."""
    path = tmp_path / "cassette.yaml"

    def ask(uri: str, token: str = "") -> None:
        headers = {"Authorization": f"Key {token}"}
        command = {"id": uri, "method": "get", "uri": uri}
        requests.post(f"{server.url}/commands?token={token}", json=command, headers=headers)

    with Loopback([answers({}), answers({})]) as server, recorder().use_cassette(str(path)):
        ask("/threads", "very-secret-token")
        ask("/contacts?$take=100", "very-secret-token")
    with recorder().use_cassette(str(path)), pytest.raises(CannotOverwriteExistingCassetteException) as error:
        ask("/contacts?$take=10", "another-secret-token")
    words = str(error.value)
    assert "is not recorded; the nearest is\nPOST /commands?token=hidden" in words
    assert "body.uri is '/contacts?%24take=10', recorded is '/contacts?%24take=100'" in words
    assert "secret-token" not in words


def test_a_note_stands_before_the_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a note says comes first in the error about a request that was not recorded."""
    monkeypatch.setattr(cassettes, "_NOTES", [])
    vcr = recorder()
    for text in ("the tape is on", ""):
        cassettes.register(vcr, note=lambda text=text: text)  # type: ignore[misc]
    (tmp_path / "cassette.yaml").write_text("interactions: []\nversion: 1\n")
    with (
        vcr.use_cassette(str(tmp_path / "cassette.yaml")),
        pytest.raises(CannotOverwriteExistingCassetteException) as error,
    ):
        requests.get("http://127.0.0.1:1/threads")
    assert str(error.value).startswith(
        "the tape is on\nGET /threads?\nis not recorded; the cassette is empty"
    )


def test_a_cassette_can_be_read(tmp_path: Path) -> None:
    """A JSON body is written as what it holds, and other bodies as they are."""
    path = tmp_path / "cassette.yaml"
    with (
        Loopback([answers({"items": [{"text": "Olá 🚚"}]})]) as server,
        recorder(texts="masked").use_cassette(str(path)),
    ):
        before = requests.get(f"{server.url}/a").content
    assert "      json:\n        items:\n        - text: Olá 🚚\n" in path.read_text()
    with recorder(texts="masked").use_cassette(str(path)):
        assert json.loads(requests.get(f"{server.url}/a").content) == json.loads(before)


DIRTY = {
    "Authorization: Bearer abcdefgh12345678": "a credential: abcd…",
    "password: hunter22": "the value of password: hunt…",
    "uri: https://x.example/?access_token=0123456789abcdef": "the value of access_token: 0123…",
    "note: eyJhbGciOiJIUzI1.eyJzdWIiOiIxIn0.c2ln": "a JWT: eyJh…",
    "note: bXlib3Q6QWNjZXNzS2V5MTIz": "a name and a password: mybo…",
    "note: nss_gPGEUWBIgPGEUWBI": "an API key: nss_…",
    "email: ana@mail.com": "an address: ana@…",
    "identity: 5511999998888@wa.gw.msging.net": "an address: 5511…",
    "text: call +55 11 99999-8888": "a phone number: +55 …",
    "phoneNumber: '5511999998888'": "a phone number in phoneNumber: 5511…",
}


@pytest.mark.parametrize("line", DIRTY)
def test_what_was_missed_is_found(tmp_path: Path, line: str) -> None:
    """Each kind of secret and of person is found, with file and line, and shown by its beginning only."""
    (tmp_path / "one.yaml").write_text(f"version: 1\n{line}\n")
    assert f"{tmp_path / 'one.yaml'}:2: {DIRTY[line]}" in map(str, check(tmp_path))


def test_a_secret_that_is_known_is_found_in_every_encoding(tmp_path: Path) -> None:
    """A value that is given is found however it is written."""
    for number, written in enumerate(places("correct-horse")):
        (tmp_path / "one.yaml").write_text(f"note: {written}\n")
        found = next(iter(check(tmp_path, ["correct-horse"])))
        assert found.what == "a secret that is known", number


def test_our_own_cassettes_are_clean_and_agree_with_the_mocks() -> None:
    """Nothing is found in the project's recordings, and the mocks answer as they did."""
    folder = Path(__file__).resolve().parents[2] / "cassettes"
    assert check(folder) == []
    found = compare(folder)
    assert len(found) >= 12
    assert found["alike"].all(), found.to_string()


def test_a_difference_to_the_real_service_is_told(tmp_path: Path) -> None:
    """Names, types and statuses that the mock has otherwise are told by operation; unknown ones too."""
    path = tmp_path / "cassette.yaml"
    subscription = {"id": "1", "nbr_sms": "100", "created_at": "x", "bonus": {"sms": 3}}
    given = [answers(subscription), answers({}, 418), answers({})]
    with Loopback(given) as server, recorder().use_cassette(str(path)):
        for target in ("/api/subscriptions/", "/api/users/me", "/api/nowhere"):
            requests.get(server.url + target)
    found = compare(tmp_path).set_index("operation")
    subscription = found.loc["smsdrop.subscription"]
    (undeclared,) = subscription["only_recorded"]
    assert undeclared.startswith("field-")
    assert subscription["types"] == ["nbr_sms: string / integer"]
    assert found.loc["smsdrop.me", "statuses"] == ["418 / 200"]
    (unknown,) = [name for name in found.index if name.startswith("GET /api/Value%20")]
    assert found.loc[unknown, "only_recorded"] == ["(the mocks have no such operation)"]
    assert not found["alike"].any()


def test_a_folder_without_cassettes_is_an_error(tmp_path: Path) -> None:
    """A folder that holds none says so, before anybody takes it for clean."""
    with pytest.raises(FileNotFoundError, match="there is no cassette in"):
        check(tmp_path)


def test_the_pseudonyms_key_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each key makes other pseudonyms."""

    def masked() -> str:
        request = Request("GET", "https://mock.example/contacts/+5511999998888", None, {})
        return str(cassettes.vcr_config()["before_record_request"](request).uri)

    monkeypatch.setenv(cassettes.KEY_VARIABLE, "one long key of this test")
    first = masked()
    monkeypatch.setenv(cassettes.KEY_VARIABLE, "another long key of this test")
    assert masked() != first
