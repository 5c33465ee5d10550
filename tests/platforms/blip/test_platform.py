"""The BLiP descriptor: what it says of the platform, and the size of the client that it describes."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pytest

import msgnb
from msgnb.platforms.blip.platform import PLATFORM
from msgnb.platforms.message_kinds import Draft
from msgnb.platforms.resources import Resource

Offline = msgnb.testing.Offline
WHO = "5511999990001@wa.gw.msging.net"
KINDS = {kind.title: kind for kind in PLATFORM.message_kinds}
DRAFTS = {
    "Text": (Draft(WHO, None, "Hello"), "Hello"),
    "Picture or file at an address": (
        Draft(WHO, None, "The menu", url="https://example.com/a.pdf?page=1"), "The menu",
    ),
    "Link": (Draft(WHO, None, "", url="https://example.com"), "https://example.com"),
    "Menu": (Draft(WHO, None, "Tea?", options=("Yes", "No")), "Tea? [Yes] [No]"),
    "Quick replies": (Draft(WHO, None, "Tea?", options=("Yes", "No")), "Tea? [Yes] [No]"),
    "Place": (Draft(WHO, None, "Here", place="-19.92, -43.94"), "Here (-19.92, -43.94)"),
}  # fmt: skip


def run(line: str, bot: Any) -> msgnb.SendResult:
    """Run a line that a form shows."""
    found: msgnb.SendResult = eval(line, {"bot": bot, "msgnb": msgnb, "datetime": datetime})
    return found


def resources(client: msgnb.Client) -> dict[str, Any]:
    cls = type(client)
    names = [name for name in dir(cls) if isinstance(getattr(cls, name), cached_property)]
    return {name: getattr(client, name) for name in names}


def public_names(thing: Any) -> list[str]:
    return [name for name in dir(thing) if not name.startswith("_")]


def test_a_client_is_found_through_the_descriptor() -> None:
    """The descriptor leads to the client, and an example login makes one."""
    client = PLATFORM.client()(**PLATFORM.example_login)
    assert (type(client), client.platform, client.account) == (msgnb.Blip, PLATFORM.name, "nobody@msging.net")


def test_the_descriptor_loads_no_client() -> None:
    """Reading the descriptor loads neither the client nor requests nor pandas."""
    code = (
        "import sys, msgnb.platforms.blip.platform;"
        "print(sorted({'requests', 'pandas', 'msgnb.platforms.blip.client'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_client_shows_few_names() -> None:
    """A client shows at most 30 public names, and derives from the base class directly."""
    client = msgnb.Blip(**PLATFORM.example_login)
    assert len(public_names(client)) <= 30
    assert msgnb.Blip.__bases__ == (msgnb.Client,)


def test_a_resource_shows_few_names() -> None:
    """A resource shows at most 12 public names, derives from the base class directly, and can be called."""
    found = resources(msgnb.Blip(**PLATFORM.example_login))
    assert len(found) >= 13
    for name, resource in found.items():
        assert type(resource).__bases__ == (Resource,), name
        assert len(public_names(resource)) <= 12, name
        assert callable(resource), name


def test_the_key_is_a_secret_setting() -> None:
    """The settings are the arguments of the client; only the key is required, and it is secret."""
    assert PLATFORM.setting_names == ("key", "organization", "base_url", "plan")
    assert [setting.name for setting in PLATFORM.settings if setting.secret] == ["key"]
    assert PLATFORM.missing_settings(()) == ["key"]


@pytest.mark.parametrize(
    ("phone", "written", "identity"),
    [
        ("+5511999990001", "(11) 99999-0001", WHO),
        (None, "ana@0mn.io", "ana@0mn.io"),
        ("+5511999990001", "ana@0mn.io", "ana@0mn.io"),
        (None, "ana", None),
        (None, "@0mn.io", None),
    ],
)
def test_recipients_are_identities(phone: str | None, written: str, identity: str | None) -> None:
    """An identity stays as it is written, and a phone number is its identity on WhatsApp."""
    assert PLATFORM.addresses.normalize(phone, written) == identity


@pytest.mark.parametrize(
    ("columns", "preferred"),
    [(("contact", "phone"), "contact"), (("phone", "name"), None), (("input", "contact", "phone"), None)],
)
def test_contacts_are_addressed_by_their_identities(columns: tuple[str, ...], preferred: str | None) -> None:
    """In a table of contacts, the identities are preferred to the phone numbers."""
    assert PLATFORM.addresses.preferred_column(columns) == preferred


def test_what_is_no_identity_is_no_recipient() -> None:
    """A phone number is refused as a recipient, with an example of an identity."""
    PLATFORM.addresses.check_recipient(PLATFORM.addresses.recipient_example)
    with pytest.raises(msgnb.InvalidRequest, match="to: '5511999990001' is no identity"):
        PLATFORM.addresses.check_recipient("5511999990001")


def test_texts_are_not_counted_in_sms() -> None:
    """No kind of message is counted in SMS."""
    assert not PLATFORM.counts_sms
    assert not PLATFORM.addresses.goes_as_sms(WHO, "")
    assert not any(kind.counts_sms for kind in PLATFORM.message_kinds)


@pytest.mark.parametrize("title", KINDS)
def test_each_kind_of_message_is_sent_by_the_line_that_is_shown(world: Offline, title: str) -> None:
    """The Python line of each kind runs as it is shown, and sends what the form contains."""
    draft, shown = DRAFTS[title]
    result = run(KINDS[title].call(draft).code(PLATFORM.variable), world.blip)
    latest = world.blip.messages(WHO, limit=1)
    assert (latest["message"][0], latest["text"][0]) == (result.message, shown)


@pytest.mark.parametrize("title", KINDS)
def test_each_kind_of_message_is_scheduled_by_the_line_that_is_shown(world: Offline, title: str) -> None:
    """With a time, the line schedules the message for that time."""
    draft, shown = DRAFTS[title]
    at = datetime(2030, 5, 5, 15, 30, tzinfo=UTC)
    later = Draft(draft.to, None, draft.text, at, url=draft.url, options=draft.options, place=draft.place)
    result = run(KINDS[title].call(later).code(PLATFORM.variable), world.blip)
    row = world.blip.schedules().set_index("schedule").loc[result.message]
    assert (row["at"], row["text"], row["status"]) == (at, shown, "scheduled")
    assert world.blip.messages(WHO).empty


@pytest.mark.parametrize("title", KINDS)
def test_what_a_form_sends_is_what_its_line_says(world: Offline, title: str) -> None:
    """The call itself does what its line does."""
    draft, shown = DRAFTS[title]
    KINDS[title].call(draft).on(world.blip)
    assert world.blip.messages(WHO, limit=1)["text"][0] == shown


@pytest.mark.parametrize(
    ("title", "draft", "words"),
    [
        ("Menu", Draft(WHO, None, " ", options=("Yes",)), "text: is empty"),
        ("Quick replies", Draft(WHO, None, "Tea?"), "options: are missing; write one to a line"),
        ("Place", Draft(WHO, None, "", place="here"), "place: 'here' is no place; write latitude, longitude"),
        ("Link", Draft(WHO, None, "", url="example.com"), "uri: 'example.com' is no web address"),
    ],
)
def test_what_a_form_lacks_is_told(title: str, draft: Draft, words: str) -> None:
    """A draft that cannot be sent is refused, and the field is named."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        KINDS[title].call(draft)


def test_the_known_commands_can_be_read(world: Offline) -> None:
    """Each reading command without parts to fill in succeeds."""
    ready = [each for each in PLATFORM.commands if each.method == "get" and "{" not in each.uri]
    assert len(ready) > 10
    for each in ready:
        command = {"method": each.method, "uri": each.uri, **({"to": each.to} if each.to else {})}
        assert world.blip.process_command(command)["status"] == "success", each.title


def test_a_mock_is_not_spared(world: Offline) -> None:
    """Clients of the mocks send without a limit."""
    login = world.credentials["blip"]
    client = msgnb.Blip(login["key"], base_url=login["url"], **PLATFORM.mock_settings)
    pauses: list[float] = []
    client.connection.http.pause = pauses.append
    for _ in range(5):
        client.schedules.create(WHO, "later", at=timedelta(days=1))
    assert pauses == []
