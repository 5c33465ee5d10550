"""The mocks on real loopback sockets, spoken to byte by byte."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

import msgnb_mocks
from msgnb_mocks.core.clock import Clock
from msgnb_mocks.core.operations import Operation, Request, Response
from msgnb_mocks.hosting.server import LARGEST_BODY, Server


class Echo:
    """Answers with what it was asked."""

    name = "echo"
    operations: tuple[Operation, ...] = ()
    credentials: dict[str, str] = {}  # noqa: RUF012
    further_credentials: dict[str, dict[str, str]] = {}  # noqa: RUF012
    clock = Clock()

    def receive(self, from_: str, to: str, text: str, **more: object) -> dict[str, str]:
        raise ValueError(to)

    def handle(self, request: Request) -> Response:
        return Response.of([request.method, request.path, request.query, request.body.decode()])


@pytest.fixture
def echo() -> Iterator[Server]:
    with Server(Echo()) as server:
        yield server


def exchange(server: Server, *parts: bytes) -> bytes:
    """Sends bytes and reads until the server closes."""
    with socket.create_connection(server.server_address[:2]) as connection:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_a_connection_is_kept(echo: Server) -> None:
    """Two requests on one connection get two answers."""
    answer = exchange(
        echo, b"GET /a?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\nPOST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nhi"
    )
    assert answer.count(b"HTTP/1.1 200 OK") == 2
    assert b'["GET","/a",{"x":"1"},""]' in answer
    assert b'["POST","/b",{},"hi"]' in answer


def test_a_connection_is_closed_on_request(echo: Server) -> None:
    """After `Connection: close` nothing more is answered."""
    request = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
    assert exchange(echo, request, request).count(b"200 OK") == 1


def test_chunks_are_put_together(echo: Server) -> None:
    """A body in chunks arrives whole."""
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert b'"hello"]' in exchange(echo, head, b"2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon here\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1), 413),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n", 413),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", 431),
    ],
)
def test_what_is_no_request_is_refused(echo: Server, request_: bytes, status: int) -> None:
    """Malformed and oversized requests get their status, and the server goes on."""
    assert exchange(echo, request_).startswith(b"HTTP/1.1 %d" % status)
    assert b"200 OK" in exchange(echo, b"GET / HTTP/1.1\r\n\r\n")


def test_a_refusal_arrives_while_the_body_is_still_sent(echo: Server) -> None:
    """Who sends too much reads why it was refused, and not a broken connection."""
    head = b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (LARGEST_BODY + 1)
    assert exchange(echo, head, *[b"x" * 100_000] * 40).startswith(b"HTTP/1.1 413")


def test_head_has_no_body(echo: Server) -> None:
    """HEAD is answered with the length and without the body."""
    answer = exchange(echo, b"HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n")
    assert answer.endswith(b"\r\n\r\n")


def test_a_busy_port_fails_at_once(echo: Server) -> None:
    """A port that is taken is named, with the platform it was for."""
    port = echo.server_address[1]
    with pytest.raises(OSError, match=f"port {port} can't be had for echo"):
        Server(Echo(), port)


def test_a_broken_request_holds_up_nobody(echo: Server) -> None:
    """While one connection never ends its request, others are served."""
    with socket.create_connection(echo.server_address[:2]) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf")
        assert requests.get(echo.url, timeout=5).ok


def test_many_threads_are_served(echo: Server) -> None:
    """Sixteen threads get the answers to their own requests."""
    wrong: list[int] = []

    def ask(number: int) -> None:
        with requests.Session() as session:
            for turn in range(20):
                answer = session.post(f"{echo.url}/{number}", data=str(turn), timeout=5).json()
                if answer != ["POST", f"/{number}", {}, str(turn)]:
                    wrong.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_serve_gives_each_platform_its_port() -> None:
    """`serve` listens on three ports, and the credentials sign in there."""
    with msgnb_mocks.serve(seed=7) as servers:
        urls = {servers.credentials[name]["url"] for name in ("blip", "netsapiens", "smsdrop")}
        login = servers.credentials["smsdrop"]
        form = {"username": login["email"], "password": login["password"]}
        answer = requests.post(f"{login['url']}/api/auth/login", data=form, timeout=5)
    assert len(urls) == 3
    assert answer.json()["access_token"]
    with pytest.raises(requests.ConnectionError):
        requests.get(login["url"], timeout=5)


@pytest.fixture
def process(request: pytest.FixtureRequest) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    command = [
        sys.executable,
        "-m",
        "msgnb_mocks",
        "--port",
        "0",
        "--seed",
        "7",
        *getattr(request, "param", ()),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout
        yield running, json.loads(running.stdout.readline())
        running.kill()


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_when_it_is_ready_and_ends_cleanly(
    process: tuple[subprocess.Popen[str], dict[str, Any]], name: signal.Signals
) -> None:
    """One line of JSON has all credentials; a signal ends the process with 0 and without a word."""
    running, ready = process
    assert set(ready) == {"blip", "netsapiens", "smsdrop", "further", "ca"}
    assert set(ready["blip"]) == {"url", "key"}
    assert set(ready["netsapiens"]) == {"url", "client_id", "client_secret", "username", "password"}
    assert set(ready["smsdrop"]) == {"url", "email", "password"}
    assert ready["ca"] is None
    running.send_signal(name)
    assert running.communicate(timeout=10) == ("", "")
    assert running.returncode == 0


@pytest.mark.parametrize("process", [("--tls",)], indirect=True)
def test_tls_is_trusted_by_its_own_authority_only(
    process: tuple[subprocess.Popen[str], dict[str, Any]],
) -> None:
    """With `--tls` the file of the authority makes the servers trusted, and is gone afterwards."""
    running, ready = process
    command = {"id": "1", "method": "get", "uri": "/ping"}
    key = {"Authorization": f"Key {ready['blip']['key']}"}
    url = f"{ready['blip']['url']}/commands"
    assert (
        requests.post(url, json=command, headers=key, verify=ready["ca"], timeout=5).json()["status"]
        == "success"
    )
    with pytest.raises(requests.exceptions.SSLError):
        requests.post(url, json=command, headers=key, timeout=5)
    running.terminate()
    running.wait(timeout=10)
    assert not Path(ready["ca"]).exists()


def test_the_command_names_a_wrong_quirk() -> None:
    """A quirk that is none ends the command with its name."""
    command = [sys.executable, "-m", "msgnb_mocks", "--quirk", "nonsense"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 1
    assert "unknown quirks nonsense" in done.stderr


def test_tls_without_its_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without trustme the command ends with 1 and names the extra, and `serve` raises the same."""
    hidden = "import sys; sys.modules['trustme'] = None; from msgnb_mocks.__main__ import main; "
    command = [sys.executable, "-c", f"{hidden}sys.exit(main(['--tls']))"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    words = "HTTPS needs trustme: pip install 'msgnb[tls]'"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"msgnb_mocks: {words}\n")
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(ImportError, match=r"pip install 'msgnb\[tls\]'"), msgnb_mocks.serve(tls=True):
        pass


def test_the_first_port_leaves_room_for_the_others() -> None:
    """A first port above which there is no room for the other mocks and the page of phones is refused."""
    command = [sys.executable, "-m", "msgnb_mocks", "--port", "65533"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
    assert done.returncode == 2
    assert "65533 is not between 0 and 65532" in done.stderr
