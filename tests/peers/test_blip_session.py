"""The library `blip-session`, as its users have it, against the mock in this process."""

from __future__ import annotations

import pytest

import msgnb

blip_session = pytest.importorskip("blip_session", reason="blip-session is not installed")

pytestmark = pytest.mark.peer("blip-session 0.0.3 (PyPI)")


@pytest.fixture
def bot(world: msgnb.testing.Offline) -> blip_session.BlipSession:
    return blip_session.BlipSession(f"Key {world.credentials['blip']['key']}")


def test_it_reads_the_event_tracks(bot: blip_session.BlipSession) -> None:
    """`process_command` of its README brings the categories."""
    command = {"to": "postmaster@analytics.msging.net", "method": "get", "uri": "/event-track"}
    answer = bot.process_command(command)
    assert answer["status"] == "success"
    assert answer["id"] == command["id"]
    assert {"category"} == set(answer["resource"]["items"][0])


def test_it_forces_a_list_into_being(bot: blip_session.BlipSession, world: msgnb.testing.Offline) -> None:
    """`force_command` of its README creates a list, which our client then reads."""
    identity = "your_distributionList@broadcast.msging.net"
    command = {
        "to": "postmaster@broadcast.msging.net",
        "method": "set",
        "type": "application/vnd.iris.distribution-list+json",
        "uri": "/lists",
        "resource": {"identity": identity},
    }
    assert bot.force_command(command, 4, 0.5)["status"] == "success"
    listing = {"to": "postmaster@broadcast.msging.net", "method": "get", "uri": "/lists"}
    assert identity in world.blip.process_command(listing)["resource"]["items"]


def test_it_sets_a_contact(bot: blip_session.BlipSession, world: msgnb.testing.Offline) -> None:
    """`send_command` of its README stores a contact, which our client then reads."""
    contact = {"identity": "11121023102013021@messenger.gw.msging.net", "name": "John Doe"}
    bot.send_command(
        {
            "method": "set",
            "uri": "/contacts",
            "type": "application/vnd.lime.contact+json",
            "resource": contact,
        }
    )
    contacts = world.blip.contacts()
    assert contacts.loc[contacts["contact"] == contact["identity"], "name"].item() == "John Doe"


def test_it_sends_a_message(bot: blip_session.BlipSession, world: msgnb.testing.Offline) -> None:
    """`send_message` of its README lands in the thread that our client reads."""
    bot.send_message(
        {"to": "551100001111@0mn.io", "type": "text/plain", "content": "Hello, how can I help you?"}
    )
    assert list(world.blip.messages("551100001111@0mn.io")["text"]) == ["Hello, how can I help you?"]


def test_a_wrong_key_is_refused() -> None:
    """With a wrong key it gets no answer, as from the real service."""
    with msgnb.offline():
        assert (
            blip_session.BlipSession("Key d3Jvbmc6a2V5").process_command({"method": "get", "uri": "/ping"})
            is None
        )
