"""Everything that can be wrong before or after sending becomes a clear error, end to end."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from loopback import Loopback, answers, truncates

import msgnb

CLIENTS: dict[str, Callable[[str], msgnb.Client]] = {
    "blip": lambda url: msgnb.Blip("bm9ib2R5OmhpZGRlbg==", base_url=url),
    "netsapiens": lambda url: msgnb.NetSapiens(
        url, client_id="cid", client_secret="hidden", username="1001@example.com", password="hidden"
    ),
    "smsdrop": lambda url: msgnb.SmsDrop("ana@example.com", "hidden", base_url=url),
}


@pytest.fixture(params=CLIENTS)
def make(request: pytest.FixtureRequest) -> Callable[[str], msgnb.Client]:
    def quick(url: str) -> msgnb.Client:
        client = CLIENTS[request.param](url)
        client.connection.http.pause = lambda _: None
        return client

    return quick


def test_a_closed_port_is_unreachable(make: Callable[[str], msgnb.Client]) -> None:
    """Nobody listens: the error names the host and that there was no connection."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    with pytest.raises(msgnb.Unreachable, match=r"127\.0\.0\.1:\d+: .*no connection"):
        make(url).subscriptions()


def test_an_unknown_host_is_unreachable(
    make: Callable[[str], msgnb.Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that nobody knows is named."""

    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(msgnb.Unreachable, match=r"no\.such\.host"):
        make("https://no.such.host").subscriptions()


def test_a_page_instead_of_json_is_unreachable(
    make: Callable[[str], msgnb.Client], loopback: Loopback
) -> None:
    """The page of a hotel is no platform: the error says so and asks for base_url."""
    loopback.script = [answers(b"<!doctype html><title>Welcome</title>")]
    with pytest.raises(msgnb.Unreachable, match=r"HTML page instead of JSON.*base_url"):
        make(loopback.url).subscriptions()


def test_a_truncated_answer_is_unreachable(make: Callable[[str], msgnb.Client], loopback: Loopback) -> None:
    """An answer that breaks off is asked for again, and then is an error."""
    loopback.script = [truncates]
    with pytest.raises(msgnb.Unreachable, match="broke before the whole answer"):
        make(loopback.url).subscriptions()
    assert len(loopback.seen) == 4


@pytest.mark.parametrize("platform", ["blip", "netsapiens", "smsdrop"])
def test_wrong_credentials_are_told(world: msgnb.testing.Offline, platform: str) -> None:
    """Wrong credentials are an AuthError that says what to check, and shows none of them."""
    login = dict(world.credentials[platform])
    login["base_url"] = login.pop("url")
    login |= {name: "d3Jvbmc6Y2FuYXJ5" for name in ("key", "client_secret", "password") if name in login}
    with pytest.raises(msgnb.AuthError, match="Check") as caught:
        getattr(msgnb, type(getattr(world, platform)).__name__)(**login).subscriptions()
    assert "d3Jvbmc6Y2FuYXJ5" not in str(caught.value) + variables(caught.value)


def variables(error: BaseException) -> str:
    """The variables of our own code that a talkative traceback shows."""
    frames = traceback.walk_tb(error.__traceback__)
    ours = [frame for frame, _ in frames if "/msgnb/" in frame.f_code.co_filename]
    assert ours
    return "".join(repr(value) for frame in ours for value in frame.f_locals.values())


@pytest.mark.parametrize("body", [{}, {"token_type": "bearer"}, {"access_token": ""}])
@pytest.mark.parametrize("platform", ["netsapiens", "smsdrop"])
def test_a_success_without_a_token_is_no_success(loopback: Loopback, platform: str, body: Any) -> None:
    """A sign-in that is answered with 200 and no token is refused credentials."""
    loopback.script = [answers(body)]
    with pytest.raises(msgnb.AuthError, match="without a token"):
        CLIENTS[platform](loopback.url).subscriptions()
    assert len(loopback.seen) == 1


def send_sms(client: Any, **change: Any) -> Any:
    given = {
        "message_type": "sms",
        "message": "hi",
        "destination": "18585551234",
        "from_number": "18585550001",
    }
    return client.send_message(**(given | change))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"messagesession": "a" * 31}, "messagesession"),
        ({"messagesession": "a" * 31 + "-"}, "messagesession"),
        ({"destination": []}, "destination"),
        ({"destination": ""}, "destination"),
        ({"destination": "hello"}, "destination"),
        ({"destination": ["18585551234", "12"]}, "destination"),
        ({"from_number": "me"}, "from_number"),
    ],
)
def test_netsapiens_refuses_before_sending(loopback: Loopback, change: dict[str, Any], field: str) -> None:
    """A session id, recipient or sender that can't be right is named, and nothing leaves."""
    with pytest.raises(msgnb.InvalidRequest) as caught:
        send_sms(CLIENTS["netsapiens"](loopback.url), **change)
    assert list(caught.value.fields) == [field]
    assert isinstance(caught.value, ValueError)
    assert not loopback.seen


CAMPAIGN = {"message": "hi", "sender": "MyShop", "recipient_list": ["+22963588213"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sender": "ABCDEFGHIJKL"}, "sender"),
        ({"sender": "1234567890123456789"}, "sender"),
        ({"sender": " "}, "sender"),
        ({"message": ""}, "message"),
        ({"recipient_list": []}, "recipient_list"),
        ({"recipient_list": "+22963588213"}, "recipient_list"),
        ({"recipient_list": ["hello"]}, "recipient_list"),
        ({"recipient_list": ["+99963588213"]}, "recipient_list"),
        ({"recipient_list": [22963588213]}, "recipient_list"),
        ({"defer_by": 5, "defer_until": datetime(2026, 12, 1, tzinfo=UTC)}, "defer_by"),
        ({"defer_until": datetime(2026, 12, 1)}, "defer_until"),  # noqa: DTZ001 - that is the point
        ({"defer_by": -5}, "defer_by"),
    ],
)
def test_a_campaign_refuses_before_sending(change: dict[str, Any], field: str) -> None:
    """A campaign that can't be right can't be made; the error names the field and its value."""
    with pytest.raises(msgnb.InvalidRequest) as caught:
        msgnb.Campaign(**(CAMPAIGN | change))
    assert list(caught.value.fields) == [field]


@pytest.mark.parametrize("sender", ["ABCDEFGHIJK", "123456789012345678"])
def test_the_longest_senders_are_taken(sender: str) -> None:
    """Eleven letters and eighteen digits are allowed."""
    assert msgnb.Campaign(**(CAMPAIGN | {"sender": sender})).sender == sender


@pytest.mark.parametrize("to", ["nobody", "@wa.gw.msging.net", "5511@", "55 11@wa.gw.msging.net", ""])
def test_blip_refuses_before_sending(loopback: Loopback, to: str) -> None:
    """A recipient that is no identity is named, with an example of one."""
    with pytest.raises(msgnb.InvalidRequest, match=r"write it like 5511999998888@wa\.gw\.msging\.net"):
        CLIENTS["blip"](loopback.url).send_text(to, "hi")
    assert not loopback.seen


def test_blip_refuses_a_message_without_its_parts(loopback: Loopback) -> None:
    """A message without type and content says what is missing."""
    with pytest.raises(msgnb.InvalidRequest) as caught:
        msgnb.Blip("eDp5", base_url=loopback.url).send_message({"to": "551100001111@0mn.io"})
    assert set(caught.value.fields) == {"type", "content"}
    assert not loopback.seen


def test_an_empty_key_is_refused() -> None:
    """A key that is empty is refused when the client is made."""
    with pytest.raises(msgnb.SettingsError, match="key is empty or none"):
        msgnb.Blip("Key ")
