"""The receiver of posted events, on a real socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import requests

import msgnb


@pytest.fixture
def listener() -> Iterator[msgnb.Listener]:
    with msgnb.Listener() as listener:
        yield listener


def post(url: str, body: Any, **more: Any) -> int:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(url, data=data, timeout=30, **more).status_code


def test_a_post_is_answered_and_handed_over(listener: msgnb.Listener) -> None:
    """An array is answered with 200 and handed over as a list, a bare object as a list of one."""
    taken: list[Any] = []
    url = listener.add_route(taken.append)
    assert post(url, [{"id": 1}, {"id": 2}]) == 200
    assert post(url, {"id": 3}) == 200
    assert taken == [[{"id": 1}, {"id": 2}], [{"id": 3}]]


def test_each_address_is_its_own_and_not_to_be_guessed(listener: msgnb.Listener) -> None:
    """Every subscriber has a long random path, and gets what is posted there only."""
    one: list[Any] = []
    other: list[Any] = []
    urls = [listener.add_route(one.append), listener.add_route(other.append)]
    assert urls[0] != urls[1]
    assert min(len(url.rpartition("/")[2]) for url in urls) >= 32
    post(urls[0], [1])
    assert (one, other) == ([[1]], [])
    assert urls[0].rpartition("/")[2] not in repr(listener)


@pytest.mark.parametrize(
    ("body", "status"), [(b"this is no JSON", 400), (b"", 400), (b"7", 400), (b'"text"', 400), (b"[]", 200)]
)
def test_what_is_no_json_is_refused(listener: msgnb.Listener, body: bytes, status: int) -> None:
    """A body that is no JSON, or neither array nor object, is answered with 400; the next one is taken."""
    taken: list[Any] = []
    url = listener.add_route(taken.append)
    assert post(url, body) == status
    assert post(url, [{"id": 1}]) == 200
    assert taken[-1] == [{"id": 1}]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_50_megabytes_is_refused(listener: msgnb.Listener, chunked: bool) -> None:
    """A huge body is answered with 413, whether or not its length is told, and the next one is taken."""
    taken: list[Any] = []
    url = listener.add_route(taken.append)
    block = b" " * 1_000_000
    body = (block for _ in range(50)) if chunked else block * 50
    assert requests.post(url, data=body, timeout=30).status_code == 413
    assert post(url, [1]) == 200
    assert taken == [[1]]


def test_the_limit_is_exact() -> None:
    """A body of just the limit is taken, one byte more is not."""
    with msgnb.Listener(max_body=10) as listener:
        url = listener.add_route(lambda _: None)
        assert [post(url, b"[" + b" " * spaces + b"]") for spaces in (8, 9)] == [200, 413]


def test_a_wrong_path_or_method_is_told(listener: msgnb.Listener) -> None:
    """A path that nobody opened is 404, a method other than POST 405, and the right one goes on."""
    url = listener.add_route(lambda _: None)
    assert post(f"{listener.url}/events/guess", [1]) == 404
    assert post(listener.url, b"x" * 5_000_000) == 404
    answer = requests.get(url, timeout=5)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert post(url, [1]) == 200


def test_an_address_that_was_given_up_is_gone(listener: msgnb.Listener) -> None:
    """After `remove_route` an address is answered with 404."""
    url = listener.add_route(lambda _: None)
    listener.remove_route(url)
    assert post(url, [1]) == 404


def test_a_slow_sender_holds_up_nobody(listener: msgnb.Listener) -> None:
    """While one sender dawdles, others are answered."""
    url = listener.add_route(lambda _: None)
    host, port = listener.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as dawdler:
        path = url.removeprefix(listener.url)
        dawdler.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[".encode())
        assert post(url, [1]) == 200


def test_a_fault_of_the_taker_is_told_to_the_sender(
    listener: msgnb.Listener, caplog: pytest.LogCaptureFixture
) -> None:
    """Where a post can't be taken, the sender hears 500 and the log why."""

    def broken(_: list[Any]) -> None:
        raise RuntimeError("full")

    assert post(listener.add_route(broken), [1]) == 500
    assert "a post could not be taken" in caplog.text


def test_it_listens_on_this_machine_alone(listener: msgnb.Listener) -> None:
    """By default only this machine reaches it."""
    assert listener.url.startswith("http://127.0.0.1:")


def test_a_public_address_is_what_platforms_are_told() -> None:
    """With a public address that is what is told; its path may be cut off on the way or not."""
    with msgnb.Listener(public_url="https://tunnel.example/hooks/") as listener:
        taken: list[Any] = []
        url = listener.add_route(taken.append)
        assert url.startswith("https://tunnel.example/hooks/events/")
        local = f"http://127.0.0.1:{listener._port}"
        path = url.removeprefix("https://tunnel.example/hooks")
        assert [post(local + path, [1]), post(f"{local}/hooks{path}", [2])] == [200, 200]
        listener.remove_route(url)
        assert post(local + path, [3]) == 404
        assert taken == [[1], [2]]


def test_a_public_address_that_is_none_is_refused() -> None:
    """A public address without a scheme is an error that says how to write it."""
    with pytest.raises(msgnb.SettingsError, match="write it as https://host"):
        msgnb.Listener(public_url="tunnel.example")


def test_a_taken_port_is_told_at_once() -> None:
    """A port that somebody has is an error that names it and the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(msgnb.SettingsError, match=f"port {port} of 127.0.0.1 can't be had.*port=0"):
            msgnb.Listener(port).start()


def test_it_can_be_stopped_and_started_again() -> None:
    """Stopped, it is not there; started again, it is at the same address."""
    taken: list[Any] = []
    listener = msgnb.Listener()
    with pytest.raises(msgnb.SettingsError, match="no port yet"):
        _ = listener.url
    with listener:
        url = listener.add_route(taken.append)
    with pytest.raises(requests.ConnectionError):
        post(url, [1])
    with listener:
        assert post(url, [2]) == 200
    assert taken == [[2]]
