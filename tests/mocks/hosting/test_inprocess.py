"""The mocks inside this process, as `requests` meets them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import requests

from msgnb_mocks import World
from msgnb_mocks.hosting.inprocess import InProcess

PING = {"id": "1", "method": "get", "uri": "/ping"}


@pytest.fixture
def inside() -> Iterator[InProcess]:
    with InProcess(World(7)) as inside:
        yield inside


def key(inside: InProcess) -> dict[str, str]:
    return {"Authorization": f"Key {inside.credentials['blip']['key']}"}


@pytest.mark.parametrize("host", ["http.msging.net", "acme.http.msging.net"])
def test_blips_hosts_are_served(inside: InProcess, host: str) -> None:
    """The shared host and every contract's host reach the bot."""
    answer = requests.post(f"https://{host}/commands", json=PING, headers=key(inside), timeout=5)
    assert answer.json()["status"] == "success"


def test_the_other_hosts_are_served(inside: InProcess) -> None:
    """SMSDrop's root and the PBX of the demo are reached too, with query and form."""
    login = inside.credentials["smsdrop"]
    form = {"username": login["email"], "password": login["password"]}
    assert requests.post(f"{login['url']}/auth/login", data=form, timeout=5).json()["access_token"]
    assert requests.get(f"{inside.credentials['netsapiens']['url']}/ns-api/v2/version", timeout=5).ok


@pytest.mark.parametrize("url", ["https://example.com/", "http://http.msging.net/commands"])
def test_every_other_host_is_refused(inside: InProcess, url: str) -> None:
    """Another host, or a known one without https, is refused by name, with what is there."""
    with pytest.raises(requests.ConnectionError, match=r"offline mode is on .* only http\.msging\.net"):
        requests.get(url, timeout=5)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_every_method_reaches_its_mock(inside: InProcess, method: str) -> None:
    """Whatever the method, the mock answers and not the network."""
    assert requests.request(method, "https://http.msging.net/nowhere", timeout=5).status_code == 404


def test_calls_are_not_kept(inside: InProcess) -> None:
    """However many calls there are, at most the last one is kept."""
    for _ in range(50):
        requests.post("https://http.msging.net/commands", json=PING, headers=key(inside), timeout=5)
    assert len(inside._mock.calls) <= 1


def test_threads_are_served(inside: InProcess) -> None:
    """Requests from other threads reach the mocks as well."""
    statuses: list[int] = []

    def ask() -> None:
        answer = requests.post("https://http.msging.net/commands", json=PING, headers=key(inside), timeout=5)
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8


def test_afterwards_requests_go_where_they_go() -> None:
    """When it is over, the hosts are no longer stood in for."""
    inside = InProcess(World(7))
    with inside:
        assert requests.post("https://http.msging.net/commands", json=PING, headers=key(inside), timeout=5).ok
    with pytest.raises(Exception, match=r"(?i)network|resolve|refused"):
        requests.post("https://http.msging.net/commands", json=PING, timeout=5)
