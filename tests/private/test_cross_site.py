"""Pages of other sites, and other users of this machine: what they send changes and shows nothing."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

import msgnb
import msgnb_mocks
from msgnb_mocks.core.journal import Entry

METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH")
FOREIGN: dict[str, dict[str, str]] = {
    "cross-site": {"Sec-Fetch-Site": "cross-site"},
    "another port": {"Sec-Fetch-Site": "same-site"},
    "two values": {"Sec-Fetch-Site": "same-origin, cross-site"},
    "unknown value": {"Sec-Fetch-Site": "other"},
    "no value": {"Sec-Fetch-Site": ""},
    "image": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "script": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"},
    "link": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
    "frame": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    "form": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Origin": "https://evil.example"},
    "origin": {"Origin": "https://evil.example"},
    "origin of another port": {"Origin": "http://127.0.0.1:1"},
    "origin of nobody": {"Origin": "null"},
    "origin of nobody, cross-site": {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    "origin, typed": {"Origin": "https://evil.example", "Sec-Fetch-Site": "none"},
    "origin without a scheme": {"Origin": "evil.example"},
    "referer": {"Referer": "https://evil.example/page"},
    "referer of another port": {"Referer": "http://127.0.0.1:1/"},
    "referer with our name in it": {"Referer": "https://evil.example/?http://{host}/"},
    "referer with our name in front": {"Referer": "http://{host}@evil.example/"},
    "rebinding": {"Host": "evil.example"},
}
OWN: dict[str, dict[str, str]] = {
    "program": {},
    "same origin": {"Sec-Fetch-Site": "same-origin", "Origin": "http://{host}", "Referer": "http://{host}/x"},
    "form of a page without a referrer": {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    "typed": {"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
}


@pytest.fixture
def servers() -> Iterator[msgnb_mocks.Servers]:
    with msgnb_mocks.serve(ui=True) as servers:
        servers.world.clock.freeze()
        yield servers


def ask(url: str, method: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
    """Send the bytes of a request as they are, and return the status and the whole response."""
    parts = urlsplit(url)
    host = parts.netloc
    sent = {"Host": host, "Content-Length": str(len(body)), "Connection": "close", **headers}
    target = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    lines = [f"{method} {target} HTTP/1.1"]
    lines += [f"{name}: {value.replace('{host}', host)}" for name, value in sent.items()]
    with closing(socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5)) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    return int(answer.split()[1]), answer


def state(servers: msgnb_mocks.Servers) -> tuple[Any, ...]:
    """Return everything that a request could change."""
    fired = [(rule.kind, rule.fired) for rule in servers.faults.rules]
    return fired, servers.world.clock.now(), servers.world.clock.frozen, len(servers.journal)


def targets(servers: msgnb_mocks.Servers) -> dict[str, str]:
    found = {name: servers.credentials[name]["url"] for name in servers.applications}
    return {**found, "ui": servers.credentials["ui"].partition("/phones")[0]}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN)
def test_nothing_changes_by_what_another_site_sends(
    servers: msgnb_mocks.Servers, headers: dict[str, str]
) -> None:
    """By any method, with every login: no fault is used up, no request noted, and no clock moved."""
    servers.faults.add("500")
    servers.faults.add("latency", operation="smsdrop.login")
    before, untouched = state(servers), servers.snapshot()
    signed = {"Authorization": f"Bearer {servers.credentials['token']}", **headers}
    paths = ("/", "/phones/clock", "/auth/login", "/commands")
    for url, path, method in product(targets(servers).values(), paths, METHODS):
        status, answer = ask(f"{url}{path}", method, signed, b"step=day&kind=500")
        assert status == 403, (url, path, method)
        assert b"access-control" not in answer.lower()
    assert state(servers) == before
    assert servers.diff(untouched).empty


@pytest.mark.parametrize("headers", OWN.values(), ids=OWN)
def test_programs_and_the_own_page_are_served(servers: msgnb_mocks.Servers, headers: dict[str, str]) -> None:
    """A program, a form of the page, and an address that a person typed."""
    signed = {"Authorization": f"Bearer {servers.credentials['token']}", **headers}
    found = targets(servers)
    before = servers.world.clock.now()
    assert ask(f"{found['ui']}/phones/clock", "POST", signed, b"step=hour")[0] == 303
    assert (servers.world.clock.now() - before).total_seconds() == 3600
    assert ask(f"{found['smsdrop']}/auth/login", "POST", headers)[0] == 422
    (entry,) = servers.journal
    assert isinstance(entry, Entry)
    assert entry.operation == "smsdrop.login"


# Links to the page

LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_link_with_the_token_opens_the_page(servers: msgnb_mocks.Servers, site: str) -> None:
    """As from JupyterLab on another port; the page is shown, and nothing changes."""
    before = state(servers)
    headers = {**LINK, "Sec-Fetch-Site": site, "Referer": "http://localhost:8888/lab"}
    status, answer = ask(servers.credentials["ui"], "GET", headers)
    assert status == 200
    assert b"Phones of the mock platforms" in answer
    assert state(servers) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Dest": "iframe"}, {"Sec-Fetch-Dest": "embed"}, {"Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Mode": "no-cors"}, {"Sec-Fetch-Mode": "cors"}, {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"Origin": "https://evil.example"},
        {"Host": "evil.example"},
    ],
    ids=str,
)  # fmt: skip
def test_nothing_but_a_link_opens_the_page(servers: msgnb_mocks.Servers, headers: dict[str, str]) -> None:
    """Not a frame, a script, a fetch, nor what is fetched early, even with the token."""
    assert ask(servers.credentials["ui"], "GET", {**LINK, **headers})[0] == 403
    assert ask(servers.credentials["ui"], "POST", LINK, b"step=day")[0] == 403


def test_a_link_needs_the_token_in_it(servers: msgnb_mocks.Servers) -> None:
    """The cookie, which a browser may send along, is not enough; nor is a wrong token."""
    cookie = read_cookie(servers)
    page = servers.credentials["ui"].partition("?")[0]
    for url in (page, f"{page}?token=", f"{page}?token=wrong", f"{page}clock?step=day"):
        assert ask(url, "GET", {**LINK, "Cookie": cookie})[0] == 403


# The token


def read_cookie(servers: msgnb_mocks.Servers, host: str | None = None) -> str:
    """Return the cookie that the page's first load sets."""
    headers = {"Host": host} if host else {}
    _, answer = ask(servers.credentials["ui"], "GET", headers)
    found = re.search(rb"Set-Cookie: ([^;]+);", answer)
    assert found
    return found[1].decode()


def read_view(servers: msgnb_mocks.Servers) -> str:
    """Return what the links of a page contain: `?view=…`."""
    _, answer = ask(servers.credentials["ui"], "GET", {})
    found = set(re.findall(rb'(?:href|src|action)="/phones/[^"?]*([^"]*)"', answer))
    assert len(found) == 1
    return found.pop().decode()


PATHS = (
    "/", "/phones", "/phones/", "/phones/?q=a", "/phones/events", "/phones/style.css", "/phones/script.js",
    "/phones/phone/blip/x", "/phones/clock", "/phones/faults", "/phones/faults/clear",
    "/phones/phone/blip/x/reply", "/phones/../phones/", "//phones/", "/phones/%2e%2e/",
)  # fmt: skip
WRONG: dict[str, dict[str, str]] = {
    "nothing": {},
    "empty": {"Authorization": "Bearer "},
    "wrong": {"Authorization": "Bearer wrong"},
    "one letter short": {"Authorization": "Bearer {short}"},
    "another scheme": {"Authorization": "Basic {token}"},
    "the cookie as a token": {"Authorization": "Bearer {cookie}"},
    "the token as a cookie": {"Cookie": "{name}={token}"},
    "the cookie of another port": {"Cookie": "msgnb-phones-1={cookie}"},
    "an empty cookie": {"Cookie": "{name}="},
    "the cookie alone": {"Cookie": "{name}={cookie}"},
    "the cookie of a page that asks": {"Cookie": "{name}={cookie}", "Sec-Fetch-Site": "same-origin"},
    "not ASCII": {"Authorization": "Bearer \xff\xfe", "Cookie": "{name}=\xff"},
}


@pytest.mark.parametrize("headers", WRONG.values(), ids=WRONG)
def test_without_the_token_nothing_is_shown_or_done(
    servers: msgnb_mocks.Servers, headers: dict[str, str]
) -> None:
    """Another user of this machine gets 403 from every page and form, whether it exists or not."""
    token = servers.credentials["token"]
    name, _, cookie = read_cookie(servers).partition("=")
    filled = {
        key: value.format(token=token, short=token[:-1], name=name, cookie=cookie)
        for key, value in headers.items()
    }
    servers.faults.add("500")
    before = state(servers)
    url = targets(servers)["ui"]
    for path, method in product(PATHS, ("GET", "POST", "HEAD", "DELETE")):
        status, answer = ask(f"{url}{path}", method, filled, b"step=day&kind=500&text=hi")
        assert status == 403, (path, method)
        assert token.encode() not in answer
        assert b"Set-Cookie" not in answer
    assert state(servers) == before


def test_each_way_to_show_the_token_is_taken(servers: msgnb_mocks.Servers) -> None:
    """In the address, in a header as Jupyter's clients write it, and as what the first load brings."""
    view = read_view(servers)
    token, page = servers.credentials["token"], servers.credentials["ui"].partition("?")[0]
    for url, headers in (
        (servers.credentials["ui"], {}),
        (page, {"Authorization": f"Bearer {token}"}),
        (page, {"Authorization": f"token {token}"}),
        (page + view, {"Cookie": f"other=1; {read_cookie(servers)}; \x01=;;"}),
    ):
        assert ask(url, "GET", headers)[0] == 200
    before = servers.world.clock.now()
    assert ask(f"{page}clock{view}", "POST", {"Cookie": read_cookie(servers)}, b"step=day")[0] == 303
    assert (servers.world.clock.now() - before).days == 1


def test_the_cookie_is_for_this_page_only(servers: msgnb_mocks.Servers) -> None:
    """No script reads it, no other site makes a browser send it, and no other path or port uses it."""
    token = servers.credentials["token"]
    _, answer = ask(servers.credentials["ui"], "GET", {})
    port = urlsplit(servers.credentials["ui"]).port
    (line,) = re.findall(rb"Set-Cookie: (.*)\r\n", answer)
    name, _, attributes = line.decode().partition(";")
    assert name.startswith(f"msgnb-phones-{port}=")
    assert attributes.strip() == "Path=/phones/; HttpOnly; SameSite=Strict"
    assert token not in line.decode()


def test_behind_another_port_the_cookie_has_the_name_of_that_port(servers: msgnb_mocks.Servers) -> None:
    """As with a forwarded port, where the browser knows another one."""
    cookie = read_cookie(servers, host="localhost:9999")
    assert cookie.startswith("msgnb-phones-9999=")
    page = servers.credentials["ui"].partition("?")[0]
    url = page + read_view(servers)
    assert ask(url, "GET", {"Host": "localhost:9999", "Cookie": cookie})[0] == 200


@pytest.mark.parametrize("view", ["", "?view=", "?view=wrong", "?view={cookie}", "?view={token}"])
def test_a_cookie_that_another_port_got_opens_nothing(servers: msgnb_mocks.Servers, view: str) -> None:
    """Neither with the headers of a browser, nor with itself or the token as the other secret."""
    page, cookie = servers.credentials["ui"].partition("?")[0], read_cookie(servers)
    end = view.format(cookie=cookie.partition("=")[2], token=servers.credentials["token"])
    before = state(servers)
    origin = page.removesuffix("/phones/")
    headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin", "Origin": origin, "Referer": page}
    for path in ("", "events", "script.js", "style.css", "phone/blip/x"):
        assert ask(f"{page}{path}{end}", "GET", headers)[0] == 403
    assert ask(f"{page}clock{end}", "POST", headers, b"step=day")[0] == 403
    assert state(servers) == before


def test_an_address_without_the_cookie_opens_nothing(servers: msgnb_mocks.Servers) -> None:
    """It may be in the history of a browser, or on a picture of the screen."""
    page = servers.credentials["ui"].partition("?")[0]
    assert ask(page + read_view(servers), "GET", {})[0] == 403


def test_what_a_browser_got_ends_with_the_servers() -> None:
    """Also if the token is a fixed one."""
    token, found = "a-token-that-is-chosen", []
    for _ in range(2):
        with msgnb_mocks.serve(ui=True, token=token) as servers:
            found.append((read_cookie(servers).partition("=")[2], read_view(servers)))
            page, port = servers.credentials["ui"].partition("?")[0], urlsplit(servers.credentials["ui"]).port
            (cookie, view), last = found[0], len(found) == 2
            status, _ = ask(page + view, "GET", {"Cookie": f"msgnb-phones-{port}={cookie}"})
            assert status == (403 if last else 200)


def test_every_link_and_form_of_each_page_works(servers: msgnb_mocks.Servers) -> None:
    """On the first page, that of a phone, and those about errors."""
    cookie, page = read_cookie(servers), servers.credentials["ui"].partition("?")[0]
    view = read_view(servers)
    contact = next(iter(servers.applications["netsapiens"].history())).contact
    for path in (
        f"{page}{view}&q=blip",
        f"{page}phone/netsapiens/{contact}{view}",
        f"{page}phone/blip/no{view}",
    ):
        _, answer = ask(path, "GET", {"Cookie": cookie})
        links = re.findall(rb'(?:href|src)="(/phones/[^"]*)"', answer)
        assert links
        for link in dict.fromkeys(links):
            assert ask(page.removesuffix("/phones/") + link.decode(), "GET", {"Cookie": cookie})[0] == 200
    _, answer = ask(f"{page}clock{view}", "POST", {"Cookie": cookie}, b"step=day")
    assert f"Location: /phones/{view}\r\n".encode() in answer


def test_the_token_is_nowhere_but_in_the_address(
    servers: msgnb_mocks.Servers, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in pages, titles, errors, the journal or logs; and browsers are told to send it to nobody."""
    caplog.set_level("DEBUG")
    token, page = servers.credentials["token"], servers.credentials["ui"].partition("?")[0]
    for path in ("", "nowhere", "phone/blip/nobody", "style.css", "script.js"):
        _, answer = ask(f"{page}{path}?token={token}", "GET", {})
        assert token.encode() not in answer
        assert b"Referrer-Policy: no-referrer" in answer
    _, answer = ask(f"{page}clock?token={token}", "POST", {}, b"step=back")
    assert token.encode() not in answer

    def fail(*_: object) -> None:
        raise RuntimeError("a mistake in the page")

    monkeypatch.setattr("msgnb_mocks.ui.pages.main", fail)
    status, answer = ask(servers.credentials["ui"], "GET", {})
    assert (status, token.encode() in answer) == (500, False)
    ask(f"{servers.credentials['blip']['url']}/?token={token}", "GET", {})
    assert "a mistake in the page" in caplog.text
    assert token not in caplog.text
    assert token not in repr([(entry, entry.path) for entry in servers.journal])
    assert token not in servers.journal.frame().to_csv()
    assert token not in repr(servers)


def test_tokens_are_new_each_time_and_long() -> None:
    """No two servers have the same one."""
    found = set()
    for _ in range(2):
        with msgnb_mocks.serve(ui=True) as servers:
            found.add(servers.credentials["token"])
    assert len(found) == 2
    assert min(map(len, found)) >= 32


@pytest.mark.parametrize(
    "token", ["short", "with blanks in it 12345", "1234567890123456\r\nSet-Cookie: a=b", "ä" * 20]
)
def test_a_token_that_cannot_protect_is_refused(token: str) -> None:
    """Too short, or not fit for an address; the message does not repeat it."""
    with pytest.raises(ValueError, match="the token is not valid") as caught:
        msgnb_mocks.serve(ui=True, token=token)
    assert token not in str(caught.value)


@pytest.mark.parametrize("way", ["option", "variable"])
def test_the_token_can_be_chosen(way: str) -> None:
    """By an option or the environment, for programs in other languages; it is printed with the address."""
    token = "chosen-by-the-test"
    command, environment = [sys.executable, "-m", "msgnb_mocks", "--ui"], dict(os.environ)
    if way == "option":
        command.append(f"--token={token}")
    else:
        environment["MSGNB_MOCKS_TOKEN"] = token
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout
        ready = orjson.loads(process.stdout.readline())
        try:
            assert ready["token"] == token
            assert ready["ui"].endswith(f"/phones/?token={token}")
            page = ready["ui"].partition("?")[0]
            assert ask(f"{page}clock", "POST", {"Authorization": f"Bearer {token}"}, b"step=day")[0] == 303
            assert ask(f"{page}clock", "POST", {}, b"step=day")[0] == 403
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(10)


# The receiver of events


@pytest.mark.parametrize(
    "headers",
    [each for name, each in FOREIGN.items() if "Host" not in each and "referer" not in name],
    ids=str,
)
def test_the_listener_takes_no_post_of_a_page(headers: dict[str, str]) -> None:
    """Whatever a browser sends, by any method, is answered as if there were no such address."""
    taken: list[Any] = []
    with msgnb.Listener() as listener:
        url = listener.add_route(taken.append)
        for method in METHODS:
            assert ask(url, method, headers, b'[{"id": 1}]')[0] == 404
        assert taken == []
        assert ask(url, "POST", {}, b'[{"id": 1}]')[0] == 200
    assert taken == [[{"id": 1}]]
