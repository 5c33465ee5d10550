"""Mocks that other packages register: found, served and shown like our own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import msgnb
import msgnb_mocks
from msgnb_mocks import World, applications
from msgnb_mocks.core.contract import documented
from msgnb_mocks.core.openapi import document
from msgnb_mocks.core.operations import Request
from msgnb_mocks.core.registry import mocks
from msgnb_mocks.hosting.inprocess import InProcess
from msgnb_mocks.hosting.replay import Exchange, compare

TOY = Path(__file__).parent / "toy"
"""A folder as `pip install --target` would write it: a module, and the metadata of its distribution."""
ANA = "+22963588213"
OWN = "+12025550100"


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package is installed while the test runs."""
    mocks.cache_clear()
    monkeypatch.syspath_prepend(TOY)
    yield
    monkeypatch.undo()
    mocks.cache_clear()


@pytest.fixture
def inside(acme: None) -> Iterator[InProcess]:
    with InProcess(World(7)) as inside:
        yield inside


def ask(holder: Any, method: str, path: str, **options: Any) -> requests.Response:
    """A request of somebody's own client."""
    login = holder.credentials["acme"]
    headers = {"X-Api-Key": login["api_key"]}
    return requests.request(method, f"{login['url']}{path}", headers=headers, timeout=5, **options)


def test_it_stands_behind_our_own(acme: None) -> None:
    """A mock that is installed from elsewhere comes last, so that it moves nobody's port."""
    assert list(mocks())[:4] == ["blip", "netsapiens", "smsdrop", "acme"]
    assert list(applications(World(7))) == list(mocks())


def test_our_own_worlds_stay_as_they_are(acme: None) -> None:
    """What a mock makes of a seed does not depend on what else is installed."""
    for name, mock in applications(World(7)).items():
        alone = mocks()[name].application(World(7), frozenset())
        assert list(alone.history()) == list(mock.history())
        assert alone.credentials == mock.credentials


def test_it_is_served_in_process(inside: InProcess) -> None:
    """It replaces its real hosts, signs in by key, and lists sessions, messages and contacts."""
    assert inside.credentials["acme"]["url"] == "https://api.acme.example"
    sessions = ask(inside, "GET", "/sessions").json()
    assert len(sessions) == 10
    phone = sessions[0]["phone"]
    messages = ask(inside, "GET", f"/sessions/{phone}/messages").json()
    assert messages[-1] == sessions[0]["last"]
    assert phone in {contact["phone"] for contact in ask(inside, "GET", "/contacts").json()}
    assert requests.get("https://eu.acme.example/sessions", timeout=5).status_code == 401
    with pytest.raises(requests.ConnectionError, match=r"only .*, api\.acme\.example.* are there"):
        requests.get("https://acme.example/sessions", timeout=5)


def test_what_it_sends_is_received_and_in_the_journal(inside: InProcess) -> None:
    """A text is in the session, with its phone, and in the journal, with its operation."""
    assert ask(inside, "POST", "/messages", json={"to": ANA, "text": "Hello"}).status_code == 201
    assert ask(inside, "POST", "/messages", json={"to": ANA}).status_code == 400
    assert inside.received("acme") == {ANA: ["Hello"]}
    inside.journal.assert_sent_once(to=ANA, text="Hello", platform="acme")
    assert [entry.operation for entry in inside.journal] == ["acme.messages.send"] * 2
    assert inside.journal.undocumented() == []


def test_somebody_writes_to_it(inside: InProcess) -> None:
    """What is received is in the session with whoever wrote, and people reply by rule."""
    found = inside.receive("acme", from_=ANA, to=OWN, text="Are you open?", media=("image/png", 7))
    assert found["session"] == ANA
    inside.people.answer("Thanks!", hears="open", platform="acme")
    ask(inside, "POST", "/messages", json={"to": ANA, "text": "We are open"})
    texts = [each["text"] for each in ask(inside, "GET", f"/sessions/{ANA}/messages").json()]
    assert texts == ["Are you open?", "We are open", "Thanks!"]


def test_it_is_forked_and_loaded(inside: InProcess) -> None:
    """Snapshots, tables of messages and faults work without a line of its own."""
    before = inside.dump()
    with inside.fork() as snapshot:
        ask(inside, "POST", "/messages", json={"to": ANA, "text": "Hello"})
        assert list(inside.diff(snapshot)["platform"]) == ["acme"]
    assert inside.dump().equals(before)
    inside.load(before.query("platform == 'acme'").head(3))
    assert len(list(inside.applications["acme"].history())) == 3
    inside.faults.add("503", operation="acme.messages.send", nth=1)
    assert ask(inside, "POST", "/messages", json={"to": ANA, "text": "Hello"}).status_code == 503


def test_its_quirks_are_switched_on_by_name(acme: None) -> None:
    """A quirk that two platforms have is named with its platform; without it, it is unknown."""
    for quirks, status in (
        (set(), 200),
        ({"netsapiens:empty-list-404"}, 200),
        ({"acme:empty-list-404"}, 404),
    ):
        mock = applications(World(7), frozenset(quirks))["acme"]
        found = mock.handle(Request("GET", "/sessions/nobody/messages", headers=mock.signed_headers()))
        assert found.status == status
    with pytest.raises(ValueError, match=r"unknown quirks empty-list-404; known are acme:empty-list-404, "):
        applications(World(7), frozenset({"empty-list-404"}))


def test_it_is_served_on_a_port_and_shown_on_the_page_of_phones(acme: None) -> None:
    """Its port is the one after ours; its chats are listed, and a reply there is received."""
    with msgnb_mocks.serve(ui=True) as servers:
        assert list(servers.credentials)[:4] == ["blip", "netsapiens", "smsdrop", "acme"]
        sessions = ask(servers, "GET", "/sessions").json()
        page = requests.get(f"{servers.credentials['ui']}&q=acme", timeout=5).text
        assert "badge acme" in page
        phone = sessions[0]["phone"]
        root = servers.credentials["ui"].partition("?")[0]
        address = f"{root}phone/acme/{requests.utils.quote(phone, safe='')}"
        signed = {"Authorization": f"Bearer {servers.credentials['token']}"}
        replied = requests.post(f"{address}/reply", data={"text": "I wrote this"}, headers=signed, timeout=5)
        assert replied.status_code == 200
        assert ask(servers, "GET", "/sessions").json()[0]["last"]["text"] == "I wrote this"


def test_it_has_an_openapi_document(acme: None) -> None:
    """Its operations are described; it has no contract, and so nothing of it is undocumented."""
    mock = applications(World(7))["acme"]
    made = document(mock)
    assert set(made["paths"]) == {"/sessions", "/sessions/{phone}/messages", "/messages", "/contacts"}
    assert documented("acme.sessions.list") == {}


def test_its_recordings_are_compared(acme: None) -> None:
    """A recording with the real platform is replayed about somebody the mock knows."""
    body = b'[{"id": "9", "at": "x", "from": "a", "to": "b", "text": "c", "bonus": 1}]'
    request = Request("GET", "/sessions/+33123/messages", headers={"x-api-key": "real"})
    (found,) = compare([Exchange(request, 200, body)])
    assert (found.operation, found.only_recorded, found.statuses) == ("acme.messages.list", ["[].bonus"], [])


def test_a_world_of_msgnb_has_it_without_a_client(acme: None) -> None:
    """A mock without a client of msgnb is there for other clients; asking for its client is an error."""
    with msgnb.offline() as world:
        ask(world, "POST", "/messages", json={"to": ANA, "text": "Hello"})
        assert world.received("acme") == {ANA: ["Hello"]}
        assert "Hello" in world._repr_html_()
        assert "acme" not in world.platforms
        with pytest.raises(AttributeError, match="no attribute 'acme'"):
            _ = world.acme


def test_its_fixture_is_there(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """In other people's tests it has a fixture, named after it."""
    monkeypatch.setenv("PYTHONPATH", str(TOY))
    pytester.makepyfile(
        """
        import requests

        def test_sends(acme_mock):
            url, headers = acme_mock.url, {"X-Api-Key": acme_mock.credentials["api_key"]}
            requests.post(f"{url}/messages", json={"to": "+1", "text": "Hello"}, headers=headers)
            acme_mock.journal.assert_sent_once(to="+1", text="Hello")
            assert acme_mock.received() == {"+1": ["Hello"]}
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_an_entry_point_that_leads_elsewhere_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What is no mock of the entry point's own name is an error that names the entry point."""
    metadata = tmp_path / "wrong-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: wrong\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[msgnb.mocks]\nwrong = json:dumps\n")
    monkeypatch.syspath_prepend(tmp_path)
    mocks.cache_clear()
    with pytest.raises(ValueError, match=r"msgnb\.mocks:wrong \(json:dumps\) is not a mock named 'wrong'"):
        mocks()
    monkeypatch.undo()
    mocks.cache_clear()
