"""The page of phones: what it shows, what its forms do, and whom it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

import msgnb_mocks

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def servers() -> Iterator[msgnb_mocks.Servers]:
    with msgnb_mocks.serve(ui=True) as servers:
        servers.world.clock.freeze()
        yield servers


def root(servers: msgnb_mocks.Servers) -> str:
    """The address of the page, without the token."""
    found: str = servers.credentials["ui"].partition("/?")[0]
    return found


@pytest.fixture
def client(servers: msgnb_mocks.Servers) -> Iterator[requests.Session]:
    with requests.Session() as client:
        client.headers["Authorization"] = f"Bearer {servers.credentials['token']}"
        yield client


def phone(servers: msgnb_mocks.Servers, platform: str) -> str:
    """The address of somebody's phone."""
    contact = next(iter(servers.applications[platform].history())).contact
    return f"{root(servers)}/phone/{platform}/{requests.utils.quote(contact, safe='')}"


def test_every_phone_is_listed_and_can_be_searched(
    servers: msgnb_mocks.Servers, client: requests.Session
) -> None:
    """The list has people of all platforms, and finds them by name, number, platform and last text."""
    url = root(servers)
    assert all(f"badge {name}" in client.get(f"{url}/?q={name}").text for name in servers.applications)
    assert "No phone fits." in client.get(f"{url}/?q=nobody-like-this").text
    assert client.get(f"{url}/phone/blip/nobody").status_code == 404


@pytest.mark.parametrize("platform", ["blip", "netsapiens"])
def test_a_reply_arrives_in_the_sessions(
    servers: msgnb_mocks.Servers, client: requests.Session, platform: str
) -> None:
    """What is said as a person is the last line of that conversation, escaped, and of no other."""
    address = phone(servers, platform)
    answer = client.post(f"{address}/reply", data={"text": SCRIPT}, allow_redirects=False)
    location = answer.headers["Location"].partition("?view=")[0]
    assert (answer.status_code, location) == (303, "/phones" + address.partition(root(servers))[2])
    written = [each for each in servers.applications[platform].history() if each.text == SCRIPT]
    assert len(written) == 1
    assert written[0].inbound
    shown = client.get(address).text
    assert SCRIPT not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown


def test_what_cannot_be_done_is_told(servers: msgnb_mocks.Servers, client: requests.Session) -> None:
    """An empty reply, an answer to a campaign, a wrong step, fault or count: words, and nothing happens."""
    url = root(servers)
    for path, form, words in (
        (f"{phone(servers, 'blip')}/reply", {"text": "  "}, "an empty reply is not sent"),
        (f"{phone(servers, 'smsdrop')}/reply", {"text": "hi"}, "nobody can answer a campaign"),
        (f"{url}/clock", {"step": "back"}, "no step &#x27;back&#x27;"),
        (f"{url}/faults", {"kind": "boom"}, "no fault &#x27;boom&#x27;"),
        (f"{url}/faults", {"kind": "500", "operation": "smsdrop.nothing"}, "no operation"),
        (f"{url}/faults", {"kind": "500", "nth": "x"}, "is no count of requests"),
    ):
        answer = client.post(path, data=form)
        assert (answer.status_code, words in answer.text) == (422, True), path
    assert servers.faults.rules == []


def test_the_switches_move_clock_and_faults(servers: msgnb_mocks.Servers, client: requests.Session) -> None:
    """The clock is moved, run and stopped; a fault is added, counted and cleared."""
    url, clock = root(servers), servers.world.clock
    before = clock.now()
    client.post(f"{url}/clock", data={"step": "hour"})
    assert (clock.now() - before).total_seconds() == 3600
    client.post(f"{url}/clock", data={"step": "run"})
    assert not clock.frozen
    client.post(f"{url}/clock", data={"step": "freeze"})
    assert clock.frozen
    client.post(f"{url}/faults", data={"kind": "500", "operation": "smsdrop.login", "nth": "1"})
    assert requests.post(f"{servers.credentials['smsdrop']['url']}/auth/login").status_code == 500
    assert "500 at smsdrop.login: 1 times" in client.get(f"{url}/").text
    client.post(f"{url}/faults/clear")
    assert "Nothing goes wrong." in client.get(f"{url}/").text


def test_the_journal_comes_live(servers: msgnb_mocks.Servers, client: requests.Session) -> None:
    """A request to a mock is told at once to whoever listens, without what it held."""
    with client.get(f"{root(servers)}/events", stream=True, timeout=10) as events:
        lines = events.iter_lines(chunk_size=1)
        assert next(lines) == b"retry: 1000"
        requests.post(f"{servers.credentials['smsdrop']['url']}/auth/login", data={"password": "secret"})
        told = [next(lines) for _ in range(3)]
    assert told == [b"", b"id: 1", b'data: {"operation":"smsdrop.login","status":422,"platform":"smsdrop"}']


def test_a_form_leads_nowhere_else(servers: msgnb_mocks.Servers, client: requests.Session) -> None:
    """Where a form says to go on is a page of this server, or the first one."""
    url = root(servers)
    for back in ("https://evil.example/", "//evil.example", "/\r\nSet-Cookie: a=1"):
        answer = client.post(f"{url}/clock", data={"step": "minute", "back": back}, allow_redirects=False)
        location = answer.headers["Location"].partition("?view=")[0]
        assert (location, "Set-Cookie" in answer.headers) == ("/phones/", False)


@pytest.mark.parametrize("platform", ["ui", "smsdrop", "blip", "netsapiens"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example"},
    ],
)
def test_other_pages_are_refused(
    servers: msgnb_mocks.Servers, client: requests.Session, platform: str, headers: dict[str, str]
) -> None:
    """A page of another origin, or one under a name made to lead here, is refused before anything is done."""
    found = servers.credentials[platform]
    url = root(servers) if platform == "ui" else found["url"]
    for method in ("GET", "POST", "OPTIONS"):
        answer = client.request(method, f"{url}/clock", data={"step": "hour"}, headers=headers)
        assert answer.status_code == 403
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert len(servers.journal) == 0


def test_its_own_page_may_ask(servers: msgnb_mocks.Servers, client: requests.Session) -> None:
    """The same page's own origin is taken, by each of this machine's names."""
    url = root(servers)
    port = urlsplit(url).port
    for name in ("127.0.0.1", "localhost"):
        headers = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}"}
        answer = client.post(f"{url}/clock", data={"step": "hour"}, headers=headers, allow_redirects=False)
        assert answer.status_code == 303


def test_nothing_of_others_runs_in_it(servers: msgnb_mocks.Servers, client: requests.Session) -> None:
    """A policy lets only the page's own script and style in, and no frame around it; nothing is kept."""
    answer = client.get(root(servers) + "/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert "<style" not in answer.text
    assert "style=" not in answer.text
