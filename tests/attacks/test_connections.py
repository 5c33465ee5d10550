"""Connections that carry more than one answer, break under TLS, or are redirected on and on."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import trustme

import msgnb

Handler = Callable[[socket.socket, int], None]
ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
WHO = "551100001111@0mn.io"


def refuse(peer: socket.socket) -> None:
    body = b'{"reason": {"code": 60, "description": "refused"}}'
    head = b"HTTP/1.1 400 Bad\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    peer.sendall(head + body)


class Server:
    """Reads requests, and lets a handler answer each with its number."""

    def __init__(self, handle: Handler, context: ssl.SSLContext | None = None) -> None:
        self.count = 0
        self._handle, self._context = handle, context
        self._listener = socket.create_server(("127.0.0.1", 0))
        scheme = "https" if context else "http"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(peer,), daemon=True).start()

    def _encrypt(self, peer: socket.socket) -> socket.socket:
        assert self._context
        try:
            return self._context.wrap_socket(peer, server_side=True)
        finally:
            peer.close()

    def _talk(self, accepted: socket.socket) -> None:
        with suppress(OSError), self._encrypt(accepted) if self._context else accepted as peer:
            while b"\r\n\r\n" in (content := peer.recv(65_536)):
                head, _, body = content.partition(b"\r\n\r\n")
                [length] = [
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                ] or [0]
                while len(body) < length:
                    body += peer.recv(65_536)
                self.count += 1
                self._handle(peer, self.count)


@pytest.fixture
def authority(tmp_path: Path) -> Iterator[tuple[ssl.SSLContext, Path]]:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    yield context, tmp_path / "ca.pem"


def outcomes(server: Server, ca: Path | None, count: int) -> list[str]:
    """What becomes of messages that are sent one after the other."""
    bot = msgnb.Blip("Ym90OmtleQ==", base_url=server.url, verify=str(ca) if ca else True, plan="none")
    found = []
    for number in range(count):
        try:
            found.append(bot.send_text(WHO, str(number)).state)
        except msgnb.MsgnbError as error:
            found.append(type(error).__name__)
    bot.close()
    server.close()
    return found


def test_an_interim_answer_is_not_followed_by_a_stranger() -> None:
    """The answer after `103 Early Hints` is not taken for that to the next request."""
    later = threading.Event()

    def handle(peer: socket.socket, number: int) -> None:
        if number == 1:
            peer.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            later.wait(0.2)
            peer.sendall(ACCEPTED)
        else:
            refuse(peer)

    assert outcomes(Server(handle), None, 2) == ["OutcomeUnknown", "Rejected"]


def test_an_answer_nobody_asked_for_is_not_taken(authority: tuple[ssl.SSLContext, Path]) -> None:
    """A second answer in the same encrypted record as the first is not that to the next request."""
    context, ca = authority

    def handle(peer: socket.socket, number: int) -> None:
        if number == 1:
            head = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nX-Pad: "
            # As many bytes as Python reads at once, so that the rest stays in the TLS layer.
            peer.sendall(head + b"a" * (8192 - len(head) - 4) + b"\r\n\r\n" + ACCEPTED)
        else:
            refuse(peer)

    assert outcomes(Server(handle, context), ca, 2) == ["sent", "Rejected"]


def test_tls_that_breaks_after_the_request_proves_nothing(authority: tuple[ssl.SSLContext, Path]) -> None:
    """Plain text on an encrypted connection, after the request was read: nobody knows."""
    context, ca = authority

    def handle(peer: socket.socket, _: int) -> None:
        socket.socket.send(peer, b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")

    assert outcomes(Server(handle, context), ca, 1) == ["OutcomeUnknown"]


def test_tls_that_is_never_made_proves_that_nothing_was_sent(authority: tuple[ssl.SSLContext, Path]) -> None:
    """A server without TLS, and a certificate that nobody trusts, end before a byte of the request leaves."""
    context, ca = authority
    plain = Server(lambda peer, _: peer.sendall(ACCEPTED))
    plain.url = plain.url.replace("http:", "https:")
    assert outcomes(plain, ca, 1) == ["Unreachable"]
    stranger = Server(lambda peer, _: peer.sendall(ACCEPTED), context)
    assert outcomes(stranger, None, 1) == ["Unreachable"]
    assert stranger.count == 0


def test_redirects_share_one_deadline() -> None:
    """A server that redirects a read on and on, slowly, does not keep it longer than its whole time."""
    stop = threading.Event()

    def handle(peer: socket.socket, _: int) -> None:
        stop.wait(0.1)
        peer.sendall(b"HTTP/1.1 307 On\r\nLocation: /campaigns/\r\nContent-Length: 0\r\n\r\n")

    server = Server(handle)
    sms = msgnb.SmsDrop("me@example.com", "p", base_url=server.url, timeout=(1, 1, 0.5))
    sms.connection.http.pause = lambda _: None
    with pytest.raises(msgnb.MsgnbError):
        sms.campaigns()
    # Without a deadline that they share, each attempt would follow thirty redirects.
    assert server.count < 60
    server.close()


def test_a_server_stores_no_cookies() -> None:
    """Cookies are not sent back: they could grow from answer to answer."""
    seen: list[bytes] = []

    def handle(peer: socket.socket, _: int) -> None:
        peer.sendall(ACCEPTED.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=" + b"x" * 3000 + b"\r\n\r\n"))

    server = Server(handle)
    bot = msgnb.Blip("Ym90OmtleQ==", base_url=server.url, plan="none")
    for _ in range(3):
        bot.send_text(WHO, "Hi")
    seen = [cookie.name.encode() for cookie in bot.connection.http._session.cookies]
    assert seen == []
    server.close()
