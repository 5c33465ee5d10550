"""The library `blip_sdk` 1.0.4, its extensions as they are, over HTTP; the transport is its user's."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest
from awaiting import run

import msgnb

blip_sdk = pytest.importorskip("blip_sdk", reason="blip_sdk is not installed")
pytestmark = pytest.mark.peer("blip_sdk 1.0.4 (PyPI)")

NAMES = ("id", "to", "method", "uri", "resource")


class Transport:
    """What an application gives the extensions: it posts a command and hands the answer back."""

    def __init__(self, login: dict[str, str]) -> None:
        self._url = f"{login['url']}/commands"
        self._headers = {"Authorization": f"Key {login['key']}", "Content-Type": "application/json"}

    async def process_command_async(self, command: Any) -> dict[str, Any]:
        wire = {name: value for name in NAMES if (value := getattr(command, name, None)) is not None}
        wire |= {"type": command.type_n} if command.type_n else {}
        with urlopen(Request(self._url, json.dumps(wire).encode(), self._headers)) as answer:
            return dict(json.loads(answer.read()))


def test_it_reads_threads() -> None:
    """The chat extension lists the threads and reads one."""
    with msgnb.testing.serve() as world:
        chat = blip_sdk.ChatExtension(Transport(world.credentials["blip"]))
        threads = run(chat.get_threads_async(take=10))["resource"]["items"]
        messages = run(chat.get_thread_async(threads[0]["identity"], take=5))["resource"]["items"]
    assert len(threads) == 10
    assert len(messages) == 5


def test_it_keeps_contexts() -> None:
    """The contexts extension sets, reads, lists and deletes a variable."""
    who = "551100001111@0mn.io"
    with msgnb.testing.serve() as world:
        contexts = blip_sdk.ContextsExtension(Transport(world.credentials["blip"]))
        assert run(contexts.set_context_variable(who, "step", "text/plain", "3"))["status"] == "success"
        assert run(contexts.get_context_variable(who, "step"))["resource"] == "3"
        assert run(contexts.get_context_variables(who))["resource"]["items"] == ["step"]
        assert run(contexts.delete_context_variable_async(who, "step"))["status"] == "success"
        assert run(contexts.get_context_variable(who, "step"))["reason"]["code"] == 67


def test_it_tracks_events() -> None:
    """The analytics extension tracks an event, and reads categories, counters and details."""
    with msgnb.testing.serve() as world:
        analytics = blip_sdk.AnalyticsExtension(Transport(world.credentials["blip"]), "msging.net")
        made = run(analytics.create_event_track_async("sdk", "tried", extras={"by": "test"}))
        categories = run(analytics.get_categories_async(take=100))["resource"]["items"]
        counters = run(analytics.get_category_actions_counter_async("sdk"))["resource"]["items"]
        details = run(analytics.get_event_details_async("sdk", "tried"))["resource"]["items"]
    assert made["status"] == "success"
    assert {"category": "sdk"} in categories
    assert [(each["action"], each["count"]) for each in counters] == [("tried", "1")]
    assert [each["extras"] for each in details] == [{"by": "test"}]
