"""What the journal of the mocks shows has no secret in it, however a client wrote it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
import requests

import msgnb_mocks
from msgnb_mocks.core.hiding import is_secret_name

KEY = "Zk3v9Qd81mXw7Lr2Tn5c/+"
V2 = "/ns-api/v2"
CODED = quote(KEY, safe="")


def command(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "method": "set", "uri": "/resources/x", "type": "text/plain", **fields}


CASES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "a form in several parts": ("smsdrop", "POST", "/auth/login", {"files": {"password": (None, KEY)}}),
    "a file in a form": ("smsdrop", "POST", "/auth/login", {"files": {"contents": ("key.txt", KEY)}}),
    "an unknown field of a login": ("smsdrop", "POST", "/auth/login", {"data": {"contrasenha": KEY}}),
    "an unknown field in the query of a login": ("smsdrop", "POST", "/auth/login", {"params": {"a": KEY}}),
    "a nested field of a login": ("netsapiens", "POST", f"{V2}/tokens", {"json": {"a": {"b": [KEY]}}}),
    "a login that is plain text": ("netsapiens", "POST", f"{V2}/jwt", {"data": KEY}),
    "a login that is broken JSON": ("netsapiens", "POST", f"{V2}/jwt", {"data": f'{{"a": "{KEY}'}),
    "broken JSON elsewhere": ("blip", "POST", "/messages", {"data": f'{{"apiKey": "{KEY}'}),
    "a query inside a command": ("blip", "POST", "/commands", {"json": command(uri=f"/x?token={CODED}")}),
    "a path inside a command": ("blip", "POST", "/commands", {"json": command(uri=f"/tokens/{CODED}")}),
    "JSON as the text of a resource": (
        "blip", "POST", "/commands", {"json": command(resource=json.dumps({"secret_key": KEY}))},
    ),
    "JSON in JSON in JSON": (
        "blip", "POST", "/commands", {"json": command(resource=json.dumps([json.dumps({"jwt": KEY})]))},
    ),
    "a login in a URL": ("netsapiens", "POST", f"{V2}/nowhere", {"json": {"url": f"https://a:{KEY[:20]}@b.c"}}),
    "a key in a path": ("netsapiens", "GET", f"{V2}/apikeys/{CODED}", {}),
    "a token in a path": ("netsapiens", "DELETE", f"{V2}/jwt/{CODED}", {}),
    "a key in an unknown path": ("netsapiens", "GET", f"/v9/apikeys/{CODED}", {}),
}  # fmt: skip
NAMES = (
    "mfa_code", "jwt", "api-key", "client_assertion", "secret_key", "apiKey", "API_KEY", "newPassword",
    "refreshToken", "userpassword", "x-api-key", "passcode",
)  # fmt: skip


def shown(journal: Any) -> str:
    entries = [f"{each!r} {each.path} {each.request} {each.response}" for each in journal.entries]
    return f"{entries} {journal.frame().to_csv()} {journal!r}"


def search(servers: msgnb_mocks.Servers) -> list[str]:
    """Return how the key is shown, in which of its spellings."""
    text = shown(servers.journal)
    return [each for each in (KEY[:20], CODED) if each in text]


@pytest.fixture(scope="module")
def _servers() -> Any:
    with msgnb_mocks.serve(seed=7) as servers:
        yield servers


@pytest.fixture
def servers(_servers: msgnb_mocks.Servers) -> msgnb_mocks.Servers:
    _servers.journal.clear()
    return _servers


def send(servers: msgnb_mocks.Servers, platform: str, method: str, path: str, **more: Any) -> None:
    headers = {}
    if platform == "blip":
        headers["Authorization"] = f"Key {servers.credentials['blip']['key']}"
    if platform == "netsapiens":
        key = servers.credentials["further"]["netsapiens"]["api_key"]["api_key"]
        headers["Authorization"] = f"Bearer {key}"
    requests.request(method, servers.credentials[platform]["url"] + path, headers=headers, timeout=10, **more)


@pytest.mark.parametrize("case", CASES)
def test_no_secret_is_shown(servers: msgnb_mocks.Servers, case: str) -> None:
    """Neither in the request nor in the response that repeats it."""
    platform, method, path, more = CASES[case]
    send(servers, platform, method, path, **more)
    assert search(servers) == []
    assert "hidden" in shown(servers.journal)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["json", "data", "params"])
def test_a_name_is_recognized_in_every_spelling(servers: msgnb_mocks.Servers, name: str, way: str) -> None:
    """Also where no operation declares it, and where the value is a number."""
    send(servers, "smsdrop", "POST", "/nowhere", **{way: {name: KEY, f"{name}s": 938471}})
    assert search(servers) == []
    send(servers, "smsdrop", "POST", "/nowhere", json={name: 938471})
    assert servers.journal.entries[-1].request == {name: "hidden"}


@pytest.mark.parametrize(
    "name",
    ["token_type", "key-id", "monkey", "username", "grant_type", "expires_in", "mfa_type", "id", "shipping"],
)
def test_other_names_are_shown(name: str) -> None:
    """A journal that hides everything helps nobody."""
    assert not is_secret_name(name)


def test_what_is_no_secret_stays_as_it_was_sent(servers: msgnb_mocks.Servers) -> None:
    """A login's public fields, and the text of a message."""
    send(servers, "smsdrop", "POST", "/auth/login", data={"username": "ana@example.com", "password": KEY})
    assert servers.journal.entries[0].request == "username=ana%40example.com&password=hidden"
    servers.journal.clear()
    text = 'Is it 5 > 3? {"a": "b&c=d"} https://example.com/a?b=c%20d'
    send(servers, "smsdrop", "POST", "/nowhere", json={"text": text, "url": "https://e.x/a?b=c%20d"})
    assert servers.journal.entries[0].request == {"text": text, "url": "https://e.x/a?b=c%20d"}
