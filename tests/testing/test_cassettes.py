"""The three clients against recordings: no mock, no network, no secret in the files.

`make cassettes` records them anew against the mock servers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from vcr import VCR
from vcr.errors import CannotOverwriteExistingCassetteException

import msgnb
import msgnb_mocks
from msgnb.testing import cassettes

ROOT = Path(__file__).resolve().parents[2] / "cassettes"
NOBODY = "http://127.0.0.1:1"
"""Where nobody listens: a request that is not in a recording fails."""
SESSION = "0123456789abcdef0123456789abcdef"
KEY = "the recordings of msgnb contain invented people"

SECRET = frozenset({"key", "client_secret", "password"})
NOTHING = "bm9ib2R5OmhpZGRlbg=="

Credentials = dict[str, Any]


@pytest.fixture(scope="module")
def credentials(request: pytest.FixtureRequest) -> Iterator[Credentials]:
    """Those of running mock servers while recording, otherwise such as work nowhere."""
    if request.config.getoption("--record-mode") in {None, "none"}:
        yield {
            name: {key: NOTHING if key in SECRET else value for key, value in mock.credentials.items()}
            | {"url": NOBODY}
            for name, mock in msgnb_mocks.applications(msgnb_mocks.World(7)).items()
        }
        return
    with msgnb_mocks.serve(seed=7) as servers:
        yield servers.credentials


@pytest.fixture(scope="module")
def vcr_config() -> dict[str, Any]:
    def rename(uri: str) -> str:
        parts = urlsplit(uri)
        return parts._replace(scheme="https", netloc="mock.example").geturl()

    # The people of a mock world are invented, so the key is no secret and the texts stay.
    return cassettes.vcr_config(rename=rename, key=KEY, texts="masked")


@pytest.fixture
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    return str(ROOT / request.node.name.split("_")[1])


@pytest.mark.vcr
def test_blip_reads_and_sends(credentials: Credentials) -> None:
    """BLiP's tables and a message come out of the recording, each command with its own answer."""
    login = credentials["blip"]
    with msgnb.Blip(login["key"], base_url=login["url"]) as bot:
        sessions = bot.sessions()
        contacts = bot.contacts()
        messages = bot.messages(sessions["session"][0], limit=5)
        sent = bot.send_message({"to": sessions["session"][0], "type": "text/plain", "content": "Olá 🚚"})
        after = bot.messages(sessions["session"][1], limit=5)
    assert len(sessions) > 10
    assert set(sessions["session"]) <= set(contacts["contact"])
    assert len(messages) == len(after) == 5
    assert set(messages["message"]).isdisjoint(after["message"])
    assert sent["id"]


@pytest.mark.vcr
def test_netsapiens_reads_and_sends(credentials: Credentials) -> None:
    """NetSapiens' sign-in, tables and an SMS come out of the recording."""
    login = dict(credentials["netsapiens"])
    with msgnb.NetSapiens(login.pop("url"), **login) as pbx:
        sessions = pbx.sessions()
        messages = pbx.messages(sessions["session"][0], limit=5)
        subscriptions = pbx.subscriptions()
        chat = pbx.send_message("chat", "hello", "1002", messagesession=SESSION)
    assert len(sessions) > 10
    assert 1 <= len(messages) <= 5
    assert set(subscriptions["kind"]) == {"events"}
    assert chat["messagesession-id"] == SESSION


@pytest.mark.vcr
def test_smsdrop_reads_and_sends(credentials: Credentials) -> None:
    """SMSDrop's login, tables and a campaign come out of the recording."""
    login = credentials["smsdrop"]
    with msgnb.SmsDrop(login["email"], login["password"], base_url=login["url"]) as sms:
        campaigns = sms.campaigns()
        credit = sms.subscriptions()["credit"].item()
        campaign = msgnb.Campaign("Hello", "22990112233", ["+22963588213"], title="From a cassette")
        launched = sms.launch_campaign(campaign)
    assert {"completed", "scheduled"} <= set(campaigns["status"])
    assert credit > 0
    assert (launched.status, launched.message_count) == ("PENDING", 1)


def test_a_command_is_not_answered_with_another_ones_recording(vcr_config: dict[str, Any]) -> None:
    """A command that was not recorded has no answer, though its URL is the same; one that was has its own."""
    recorder = VCR(**vcr_config, record_mode="none")
    cassettes.register(recorder)
    with (
        recorder.use_cassette(str(ROOT / "blip" / "test_blip_reads_and_sends.yaml")) as cassette,
        msgnb.Blip(NOTHING, base_url=NOBODY) as bot,
    ):
        with pytest.raises(CannotOverwriteExistingCassetteException):
            bot.process_command({"method": "get", "uri": "/never-recorded"})
        assert not cassette.play_count
        assert len(bot.contacts()) > 10
        assert cassette.play_count == 1


def test_no_recording_holds_a_secret() -> None:
    """No cassette holds a secret of the world it was recorded with, nor the value of a telling name."""
    world = msgnb_mocks.World(7)
    secrets = [
        value
        for platform in msgnb_mocks.applications(world).values()
        for name, value in platform.credentials.items()
        if name in SECRET
    ]
    texts = [path.read_text() for path in ROOT.glob("*/*.yaml")]
    assert len(texts) == 3
    for text in texts:
        assert not [secret for secret in secrets if secret in text]
        assert not re.search(r"(Bearer|Key) \S", text)
    assert any("access_token: hidden" in text for text in texts)
