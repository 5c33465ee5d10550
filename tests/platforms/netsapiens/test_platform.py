"""What the descriptor says of NetSapiens."""

from __future__ import annotations

from typing import Any

import pytest

import msgnb
from msgnb.platforms.message_kinds import Draft, MessageKind, Upload
from msgnb.platforms.netsapiens.payloads import MODELS
from msgnb.platforms.netsapiens.platform import PLATFORM

PASSWORD = ("base_url", "client_id", "client_secret", "username", "password")
GIF = b"GIF89a" + bytes(20)
TEXT, MEDIA = PLATFORM.message_kinds


def draft(**fields: Any) -> Draft:
    return Draft(**({"to": "1002", "sender": None, "text": "Hi"} | fields))


def test_it_leads_to_the_client() -> None:
    """The client class is loaded by calling, and has the descriptor's name."""
    assert PLATFORM.client() is msgnb.NetSapiens
    assert msgnb.NetSapiens.platform == PLATFORM.name


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((), list(PASSWORD)),
        (("base_url", "username"), ["client_id", "client_secret", "password"]),
        (PASSWORD, []),
        (("api_key",), ["base_url"]),
        (("api_key", "base_url"), []),
    ],
)
def test_it_knows_what_is_missing_to_sign_in(given: tuple[str, ...], expected: list[str]) -> None:
    """A login takes five settings, an API key two."""
    assert PLATFORM.missing_settings(given) == expected


def test_settings_are_arguments_of_the_client() -> None:
    """The client takes every setting, and what is secret is marked."""
    examples = {setting.name: setting.example for setting in PLATFORM.settings if setting.example}
    assert msgnb.NetSapiens(**examples)  # type: ignore[arg-type]
    secret = {setting.name for setting in PLATFORM.settings if setting.secret}
    assert secret == {"client_secret", "password", "api_key", "passcode"}
    assert PLATFORM.example_login == {
        "base_url": "https://api.netsapiens.example", "client_id": "hidden", "client_secret": "hidden",
        "username": "nobody@nowhere.example", "password": "hidden",
    }  # fmt: skip


def test_campaigns_keep_to_the_descriptors_rate() -> None:
    """A connection spares the platform as the descriptor says."""
    client = msgnb.NetSapiens("api.example.com", api_key="k")
    assert client.connection.campaign_rate == PLATFORM.campaign_rate == 3


@pytest.mark.parametrize("to", ["18585551234", "+1 (858) 555-1234", "1002", "1002, 1004", "ana@example.com"])
def test_recipients_are_phones_and_users(to: str) -> None:
    """Phone numbers, users and groups of them are accepted."""
    PLATFORM.addresses.check_recipient(to)


@pytest.mark.parametrize(
    ("to", "words"), [("Ana Souza", "neither a phone number nor a user"), ("1002, +12", "is no phone number")]
)
def test_other_recipients_are_refused(to: str, words: str) -> None:
    """A name, and a phone number that is too short, are refused."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        PLATFORM.addresses.check_recipient(to)


def test_senders_are_phones() -> None:
    """A sender is a phone number."""
    PLATFORM.addresses.check_sender("18585550001")
    with pytest.raises(msgnb.InvalidRequest, match="sender: 'MyShop' is no phone number"):
        PLATFORM.addresses.check_sender("MyShop")


def test_examples_are_valid() -> None:
    """The examples pass the checks that they are examples for."""
    PLATFORM.addresses.check_recipient(PLATFORM.addresses.recipient_example)
    PLATFORM.addresses.check_sender(PLATFORM.addresses.sender_example or "")


@pytest.mark.parametrize(
    ("to", "sender", "expected"),
    [
        ("18585551234", "", True),
        ("18585551234, +18585551235", "", True),
        ("1002", "", False),
        ("1002, 18585551234", "", False),
        ("1002", "18585550001", True),
        ("", "", False),
    ],
)
def test_texts_to_phones_are_sms(to: str, sender: str, expected: bool) -> None:
    """A text is an SMS if all recipients are phones, or if there is a sender."""
    assert PLATFORM.addresses.goes_as_sms(to, sender) is expected


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        (TEXT, {}, "pbx.send_text('1002', 'Hi')"),
        (TEXT, {"to": "1002, 1004"}, "pbx.send_text(['1002', '1004'], 'Hi')"),
        (
            TEXT,
            {"sender": "18585550001", "thread": "s" * 32},
            f"pbx.send_text('1002', 'Hi', sender='18585550001', session='{'s' * 32}')",
        ),
        (MEDIA, {"file": Upload("menu.gif", "", GIF)}, "pbx.send_text('1002', 'Hi', media='menu.gif')"),
    ],
)
def test_a_kind_makes_its_call(kind: MessageKind, given: dict[str, Any], code: str) -> None:
    """Each kind makes the call that the line of Python says."""
    assert kind.call(draft(**given)).code(PLATFORM.variable) == code


def test_a_kind_is_sent(world: msgnb.testing.Offline) -> None:
    """The call of a kind sends what the form contains."""
    result = MEDIA.call(draft(file=Upload("menu.gif", "image/gif", GIF))).on(world.netsapiens)
    [message] = world.netsapiens.messages.read(result.session)
    assert (message["text"], message["media-type"]) == ("Hi", "image/gif")


def test_a_file_must_be_chosen() -> None:
    """The kind for files refuses a draft without one."""
    with pytest.raises(msgnb.InvalidRequest, match="file: is missing; choose one"):
        MEDIA.call(draft())


def test_the_accounts_numbers_are_offered(world: msgnb.testing.Offline) -> None:
    """Senders to choose from are the account's numbers."""
    assert PLATFORM.senders(world.netsapiens) == ["16195550101", "16195550102"]


def test_every_model_can_be_subscribed_to() -> None:
    """The topics are the platform's event models."""
    assert PLATFORM.topics == MODELS


def test_no_status_proves_more_than_its_source() -> None:
    """Only 429 is documented as not processed, and its source is named; 503 has none."""
    assert set(PLATFORM.not_processed) == {429}
    assert all("NetSapiens 8" in source for source in PLATFORM.not_processed.values())
