"""What a key may contain is checked before it is used, and no message shows any of it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from canaries import Way, leaks, ways
from loopback import Loopback, answers

import msgnb
from msgnb.core.http import READ
from msgnb.core.secrets import hide, spellings

HEADER_KEYS = [name for name in ways() if name.endswith("key")]
PASSWORDS = ["netsapiens password", "smsdrop password"]


def made_with(way: Way, change: Any, url: str) -> Any:
    """A client whose secrets were changed."""
    changed = {name: change(value) for name, value in way.arguments.items() if name in way.given}
    return way.client(url, **changed)


@pytest.mark.parametrize("name", HEADER_KEYS)
@pytest.mark.parametrize("around", ["{}\n", "\r\n{}", "  {}\t", "{}\u2028"])
def test_what_surrounds_a_key_is_left_out(name: str, around: str, loopback: Loopback) -> None:
    """A key that was copied with the end of its line signs as the key itself."""
    way = ways()[name]
    loopback.script = [answers([])]
    made_with(way, around.format, loopback.url).connection.http.send("GET", "/x", policy=READ)
    key = way.arguments[next(iter(set(way.arguments) & set(way.given)))]
    assert loopback.seen[0].headers["authorization"].split() == [
        "Key" if way.platform == "blip" else "Bearer",
        key,
    ]


@pytest.mark.parametrize("name", HEADER_KEYS)
@pytest.mark.parametrize(
    ("inside", "words"),
    [
        ("\n", "a line break at position 21 of"),
        ("\r\nX-Admin:1\r\n", "a line break at position 21 of"),
        ("\x00", "an invisible character at position 21 of"),
        ("\x1b[2J", "an invisible character at position 21 of"),
        ("\u200b", "an invisible character at position 21 of"),
        ("ключ", "a character that no header can contain at position 21 of"),
        ("\ud83d", "an invisible character at position 21 of"),
        ("\x85", "a line break at position 21 of"),
        ("\xa0", "a blank at position 21 of"),
    ],
)
def test_what_a_key_cannot_contain_is_refused(name: str, inside: str, words: str) -> None:
    """A key that is wrapped or damaged is refused at once: the error says what is wrong, and where."""
    way = ways()[name]
    with pytest.raises(msgnb.SettingsError, match=f"key contains {words}") as caught:
        made_with(way, lambda key: key[:20] + inside + key[20:], "https://demo.example")
    assert not leaks(str(caught.value), way)
    assert all(key[:6] not in str(caught.value) for key in way.given.values())


@pytest.mark.parametrize("name", PASSWORDS)
def test_blanks_belong_to_a_password_and_line_ends_do_not(name: str, loopback: Loopback) -> None:
    """A password is sent with its blanks, and without the end of the line it was copied from."""
    way = ways()[name]
    loopback.script = [way.serves(answers([]))]
    with_blanks = lambda secret: f" {secret} \r\n"  # noqa: E731
    made_with(way, with_blanks, loopback.url).connection.http.send("GET", "/x", policy=READ)
    sent = loopback.seen[0]
    body = sent.json if sent.body.startswith(b"{") else _form(sent.body)
    assert body["password"] == f" {way.given['password']} "


def _form(body: bytes) -> dict[str, str]:
    from urllib.parse import parse_qsl

    return dict(parse_qsl(body.decode(), keep_blank_values=True))


@pytest.mark.parametrize("name", PASSWORDS)
@pytest.mark.parametrize("inside", ["\n", "\x00", "\ud83d"])
def test_what_a_password_cannot_contain_is_refused(name: str, inside: str) -> None:
    """A password with a control character, or half of one, is refused when the client is made."""
    way = ways()[name]
    with pytest.raises(msgnb.SettingsError, match=r"contains .* at position 5 of") as caught:
        made_with(way, lambda secret: secret[:4] + inside + secret[4:], "https://demo.example")
    assert all(secret[:4] not in str(caught.value) for secret in way.given.values())


@pytest.mark.parametrize("way", ways().values(), ids=ways())
@pytest.mark.parametrize("kind", [str.encode, list, len])
def test_what_is_no_text_is_refused(way: Way, kind: Any) -> None:
    """A secret of another type is refused by its type."""
    with pytest.raises(msgnb.SettingsError, match=r"is not a text but (bytes|list|int)") as caught:
        made_with(way, kind, "https://demo.example")
    assert not leaks(str(caught.value), way)


@pytest.mark.parametrize(
    "url",
    [
        "https://me:{}@demo.example",
        "me:{}@demo.example",
        "https://me:{}@",
        "ftp://me:{}@demo.example",
        "https://demo.example/?token={}",
        "https://demo.example/#{}",
        "https://demo.example\r\nX: {}",
        "https://me:{}@demo.example:port",
    ],
)
@pytest.mark.parametrize("way", ways().values(), ids=ways())
def test_a_url_with_a_secret_is_refused(way: Way, url: str) -> None:
    """A URL that contains a password or a query is refused, and not shown."""
    with pytest.raises(msgnb.SettingsError, match="base_url") as caught:
        way.client(url.format("canary-in-the-url"))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "organization", ["elsewhere.example/", "a b", "a\r\nb", "me:pw@elsewhere", "a#", "ä/ö"]
)
def test_an_organization_is_a_part_of_a_host_name(organization: str) -> None:
    """A key is not sent to another host because of what the organization contains."""
    with pytest.raises(msgnb.SettingsError, match="organization"):
        msgnb.Blip("bm9ib2R5OmhpZGRlbg==", organization=organization)


@pytest.mark.parametrize("before", ["", "u:", "us:", "use:"])
def test_a_password_is_hidden_within_base64(before: str) -> None:
    """Where a server repeats what was encoded together with a password, nothing of the password remains."""
    secret = "correct horse battery"
    coded = base64.b64encode(f"{before}{secret}:after".encode()).decode()
    shown = hide(f"Authorization: Basic {coded} is bad", [msgnb.Secret(secret)])
    assert "…" in shown
    for piece in shown.split()[2].rstrip("=").split("…"):
        for skipped in range(4):
            whole = "A" * skipped + piece
            decoded = base64.b64decode(whole[: len(whole) // 4 * 4])
            assert not [word for word in (b"corr", b"horse", b"tery") if word in decoded]


def test_a_short_secret_has_one_spelling() -> None:
    """What other words contain by chance is hidden only as it was written."""
    assert spellings("a b") == ["a b"]
    assert hide("a fine day", [msgnb.Secret("")]) == "a fine day"


@pytest.mark.parametrize("way", ways().values(), ids=ways())
def test_a_password_of_a_proxy_is_not_shown(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password in the URL of a proxy is in no attribute of a client and in no error."""
    monkeypatch.setenv("HTTPS_PROXY", "http://me:canary%2Fproxy@127.0.0.1:9")
    client = way.client("https://demo.example")
    assert "canary" not in f"{vars(client)}{vars(client.connection)}{vars(client.connection.http)}"
    assert client.connection.http.scrub("canary/proxy canary%2Fproxy") == "… …"
    with pytest.raises(msgnb.Unreachable) as caught:
        client.sessions(limit=1)
    assert "canary" not in str(caught.value)
