"""The pytest plugin, used as a user's tests use it."""

from __future__ import annotations

import re
import socket
import ssl
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import requests

import msgnb
from msgnb.testing.pytest_plugin import PlatformMock

TO = "551100001111@0mn.io"


def bot(url: str, key: str, to: str) -> None:
    """Somebody's own code, which knows nothing of msgnb."""
    message = {"id": "1", "to": to, "type": "text/plain", "content": "Hello!"}
    requests.post(f"{url}/messages", json=message, headers={"Authorization": f"Key {key}"}, timeout=10)


def test_own_code_is_tested_in_five_lines(blip_mock: PlatformMock) -> None:
    """Code that goes through requests reaches the mock at the real host, and what it sent is asserted."""
    assert blip_mock.url == "https://http.msging.net"
    bot(blip_mock.url, blip_mock.credentials["key"], TO)
    blip_mock.journal.assert_sent_once(to=TO, text="Hello!")
    assert blip_mock.client.messages(TO, limit=1)["text"][0] == "Hello!"
    assert blip_mock.received()[TO][-1] == "Hello!"


@pytest.mark.parametrize("again", [1, 2])
def test_each_test_has_a_world_of_its_own(blip_mock: PlatformMock, again: int) -> None:
    """Nothing of another test is there."""
    assert len(blip_mock.journal) == 0
    bot(blip_mock.url, blip_mock.credentials["key"], TO)
    assert len(blip_mock.journal.sent()) == 1


def test_platforms_share_one_world(
    blip_mock: PlatformMock, netsapiens_mock: PlatformMock, smsdrop_mock: PlatformMock, messaging_world: Any
) -> None:
    """All fixtures of a test are one world, with one clock and one journal."""
    assert blip_mock.world is netsapiens_mock.world is smsdrop_mock.world is messaging_world
    before = smsdrop_mock.clock.now()
    blip_mock.clock.advance(hours=2)
    assert (smsdrop_mock.clock.now() - before).total_seconds() >= 7200
    netsapiens_mock.receive("12125550176", "16195550101", "Are you open?")
    assert "Are you open?" in list(netsapiens_mock.client.sessions()["last_text"])


@pytest.mark.msgnb(server=True, tls=True, seed=8)
def test_other_clients_reach_a_port(smsdrop_mock: PlatformMock) -> None:
    """With a server, code that does not go through requests is tested, by HTTPS too."""
    trusted = ssl.create_default_context(cafile=smsdrop_mock.world.credentials["ca"])
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{smsdrop_mock.url}/api/users/me", timeout=10, context=trusted)
    refused.value.close()
    assert refused.value.code == 401
    assert smsdrop_mock.journal.entries[0].operation == "smsdrop.me"
    assert len(smsdrop_mock.client.campaigns()) > 3
    assert "Served world, seed 8" in repr(smsdrop_mock.world)


@pytest.mark.msgnb(faults=["503", {"kind": "reset-after", "operation": "smsdrop.campaigns.launch"}])
def test_faults_stand_in_the_mark(smsdrop_mock: PlatformMock) -> None:
    """What goes wrong is said in the mark; waiting moves the world's clock instead of taking time."""
    before = smsdrop_mock.clock.now()
    with pytest.raises(msgnb.Unreachable):
        smsdrop_mock.client.send_text("+22963588213", "Hello", sender="MyShop")
    assert smsdrop_mock.clock.now() > before
    smsdrop_mock.world.faults.rules.pop(0)
    with pytest.raises(msgnb.OutcomeUnknown):
        smsdrop_mock.client.send_text("+22963588213", "Hello", sender="MyShop")
    assert not smsdrop_mock.journal.twice()


def test_other_hosts_are_refused(smsdrop_mock: PlatformMock) -> None:
    """Neither requests nor a bare socket gets off this machine, and the words say why."""
    with pytest.raises(requests.ConnectionError, match=r"offline mode is on .*: example\.com is refused"):
        requests.get("https://example.com", timeout=5)
    with socket.socket() as plain, pytest.raises(ConnectionRefusedError, match=r"203\.0\.113\.1 is refused"):
        plain.connect(("203.0.113.1", 443))


def test_a_wrong_mark_is_an_error(pytester: pytest.Pytester) -> None:
    """Options that are not there or can't be, and faults that never happened, are errors in words."""
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.msgnb(port=1)
        def test_one(blip_mock): ...

        @pytest.mark.msgnb(tls=True)
        def test_two(blip_mock): ...

        @pytest.mark.msgnb(quirks=["nonsense"])
        def test_three(blip_mock): ...

        @pytest.mark.msgnb(faults=["503"])
        def test_four(blip_mock): ...
        """
    )
    done = pytester.runpytest_subprocess("-p", "no:randomly")
    done.assert_outcomes(errors=4, passed=1)
    done.stdout.fnmatch_lines(
        [
            "*does not know 'port'; it takes faults, quirks, seed, server, strict, tls by name*",
            "*@pytest.mark.msgnb(tls=True) needs server=True*",
            "*unknown quirks nonsense*",
            "*these faults never happened: 503 at *",
        ]
    )


def test_it_works_beside_xdist_and_costs_nothing_unasked(pytester: pytest.Pytester) -> None:
    """Workers have a world each; a test that asks for none loads none of it."""
    pytester.makepyfile(
        """
        import sys
        import pytest

        def test_nothing_is_loaded():
            assert not {"msgnb_mocks", "requests", "pandas"} & set(sys.modules)

        @pytest.mark.parametrize("n", range(4))
        def test_sends(smsdrop_mock, n):
            smsdrop_mock.client.send_text("+22963588213", f"Hello {n}", sender="MyShop")
            smsdrop_mock.journal.assert_sent_once(to="+22963588213", text=f"Hello {n}")
        """
    )
    # Other plugins load what they like.
    without = [word for name in ("recording", "xdist", "schemathesis") for word in ("-p", f"no:{name}")]
    plain = pytester.runpytest_subprocess(*without, "-k", "is_loaded")
    plain.assert_outcomes(passed=1)
    pytester.runpytest_subprocess("-n", "2", "-k", "test_sends").assert_outcomes(passed=4)


def test_the_five_minutes_do_what_they_say(pytester: pytest.Pytester) -> None:
    """The tutorial's bot and its tests run as they are written there."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "five-minutes.md").read_text(encoding="utf-8")
    (bot, *_), tests = (re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL) for kind in ("python", "py"))
    pytester.makepyfile(my_bot=bot, test_my_bot="\n".join(tests))
    done = pytester.runpytest_subprocess("-p", "no:recording")
    done.assert_outcomes(passed=len(tests))
