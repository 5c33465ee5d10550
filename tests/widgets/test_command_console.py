"""The console for BLiP's commands, without a screen."""

from __future__ import annotations

import ast
from typing import Any

import orjson
import pytest
from loopback import Loopback, answers, drops

import msgnb
from msgnb.platforms.registry import get_platform
from msgnb.widgets import CommandConsole
from msgnb_mocks.platforms.blip.commands import COMMANDS
from msgnb_mocks.platforms.blip.lime import parse_uri

WHO = "5511999990001@wa.gw.msging.net"
CONTACT = {"identity": WHO, "name": "<b>Ana</b> $5 and $6"}


@pytest.fixture
def console(world: msgnb.testing.Offline) -> CommandConsole:
    return CommandConsole(world.blip)


def fill(console: CommandConsole, **parts: str) -> None:
    for name, value in parts.items():
        getattr(console, name).value = value


def test_a_collection_is_a_table(console: CommandConsole) -> None:
    """A known command is filled in and sent; its collection is shown and kept as a table."""
    console.choose("Contacts: all")
    assert console.submit() is console.answer
    assert console.state == "sent"
    assert console.frame is not None
    assert len(console.frame) == 50
    assert "extras.plan" in console.frame.columns
    assert "50 items" in console._answer.html
    assert "<table" in console._answer.html


def test_bare_items_are_a_table_too(console: CommandConsole) -> None:
    """A collection of identities is a table with one column."""
    console.choose("Lists: all")
    console.submit()
    assert console.frame is not None
    assert list(console.frame.columns) == ["item"]


def test_everything_else_is_json(console: CommandConsole) -> None:
    """One document is shown as JSON, and an answer without one says so."""
    console.choose("Account")
    console.submit()
    assert console.frame is None
    assert "&quot;identity&quot;" in console._answer.html
    fill(console, method="set", uri="/contacts", to="postmaster@crm.msging.net", type="application/json",
         resource='{"identity": "a@0mn.io"}')  # fmt: skip
    console.submit()
    assert "brings no resource" in console._answer.html


def test_strangers_write_no_markup(console: CommandConsole, world: msgnb.testing.Offline) -> None:
    """Text in tables and in JSON is escaped, and prices stay as they are written."""
    world.blip.contacts.set(CONTACT)
    for uri in (f"/contacts/{WHO}", "/contacts?$take=1000"):
        fill(console, uri=uri, to="postmaster@crm.msging.net")
        console.submit()
        assert "<b>Ana" not in console._answer.html
        assert "&lt;b&gt;Ana&lt;/b&gt; $5 and $6" in console._answer.html


def test_a_change_is_sent_once(console: CommandConsole, world: msgnb.testing.Offline) -> None:
    """After a command that changed something the button is off until a part is changed."""
    console.choose("Contacts: change")
    fill(console, resource=console.resource.value.replace("{identity}", WHO))
    assert console.submit() is not None
    assert console.submit() is None
    assert len(console.history) == 1
    assert world.blip.contacts.get(WHO)["extras"] == {"plan": "Gold"}
    fill(console, resource=orjson.dumps({"identity": WHO, "name": "Bia"}).decode())
    assert console.submit() is not None


def test_reading_may_be_repeated(console: CommandConsole) -> None:
    """A command that only reads can be sent again as it is."""
    console.choose("Ping")
    assert console.submit() is not None
    assert console.submit() is not None
    assert len(console.history) == 2


def test_the_history_fills_in_what_was_sent(console: CommandConsole) -> None:
    """A command of the history is filled in, whole, and not sent."""
    console.choose("Lists: create")
    fill(console, resource='{"identity": "tea@broadcast.msging.net"}')
    console.submit()
    console.choose("Ping")
    console.submit()
    console.sent.value = "0"
    assert (console.method.value, console.uri.value) == ("set", "/lists")
    assert "tea@broadcast" in console.resource.value
    assert len(console.history) == 2
    assert "2 sent" in console.sent.spec["options"][0][1]


def test_the_python_line_does_the_same(console: CommandConsole, world: msgnb.testing.Offline) -> None:
    """The line below is Python, and its command is what was sent."""
    console.choose("Contacts: all")
    console.submit()
    line = console.python
    assert line in console._line.spec["code"].replace("&#x27;", "'").replace("&amp;", "&")
    argument = line.removeprefix("bot.process_command(").removesuffix(")")
    assert ast.literal_eval(argument) == console.history[-1]
    assert eval(line, {"bot": world.blip})["resource"] == console.answer["resource"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"uri": ""}, "must begin with / or lime://"),
        ({"uri": "contacts"}, "must begin with / or lime://"),
        ({"uri": "/contacts/{identity}"}, "{identity} is to be filled in"),
        ({"method": "set", "uri": "/lists", "type": "json"}, "is no MIME type"),
        (
            {"method": "set", "uri": "/lists", "type": "application/json", "resource": "{nonsense"},
            "is no JSON",
        ),
        (
            {"method": "set", "uri": "/buckets/x", "type": "text/plain", "resource": "{value}"},
            "{value} is to be",
        ),
    ],
)
def test_what_is_not_filled_in_is_told(loopback: Loopback, parts: dict[str, str], words: str) -> None:
    """An empty uri, a placeholder and a resource that is no JSON are told in the console; nothing is sent."""
    console = CommandConsole(msgnb.Blip("eDp5", base_url=loopback.url))
    fill(console, **parts)
    assert console.submit() is None
    assert console.state == "rejected"
    assert words in str(console.error)
    assert not loopback.seen
    assert console.python == ""


def test_a_failure_stands_in_the_console(console: CommandConsole) -> None:
    """A refusal of the platform is told in its words and with its code, and can be sent again."""
    fill(console, uri="/nonsense")
    assert console.submit() is None
    assert (console.state, console._button.disabled) == ("rejected", False)
    assert "LIME reason 62" in console.status.spec["words"]
    assert isinstance(console.error, msgnb.Rejected)


def test_a_lost_answer_is_not_known(loopback: Loopback) -> None:
    """A change whose answer got lost is unknown, sent once, and not sent again by a click."""
    loopback.script = [drops]
    console = CommandConsole(msgnb.Blip("eDp5", base_url=loopback.url))
    fill(console, method="delete", uri="/lists/a@broadcast.msging.net")
    console.submit()
    console.submit()
    assert (console.state, len(loopback.seen)) == ("unknown", 1)
    assert "Not known whether it was carried out" in console.status.spec["words"]


def test_nothing_is_raised_out_of_it(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault inside is told in the console, and an interruption too."""
    bot = msgnb.Blip("eDp5", base_url=loopback.url)
    console = CommandConsole(bot)
    for fault in (RuntimeError("broken"), KeyboardInterrupt()):

        def fails(_: Any, fault: BaseException = fault) -> Any:
            raise fault

        monkeypatch.setattr(bot, "process_command", fails)
        fill(console, uri="/ping")
        console.submit()
        assert console.state == "unknown"
        assert console.error is fault


def test_a_huge_answer_is_cut(loopback: Loopback) -> None:
    """Very many items, long cells and long JSON are cut where they are shown, and kept whole."""
    items = [{"text": "x" * 1000}] * 300
    body = {"method": "get", "status": "success", "id": "1"}
    resources = ({"total": 900, "items": items}, {"a": "y" * 50_000})
    loopback.script = [answers({**body, "resource": resource}) for resource in resources]
    console = CommandConsole(msgnb.Blip("eDp5", base_url=loopback.url))
    fill(console, uri="/threads")
    console.submit()
    assert console.frame is not None
    assert len(console.frame) == 300
    assert "300 items of 900, the first 100 are shown" in console._answer.html
    assert "x" * 201 not in console._answer.html
    console.submit()
    assert len(console._answer.html) < 25_000


@pytest.mark.parametrize("known", get_platform("blip").commands, ids=lambda known: known.title)
def test_every_known_command_is_one(known: Any) -> None:
    """Each known command is served at the node it names."""
    node = known.to.partition("@")[2] or "msging.net"
    path, _ = parse_uri(known.uri)
    assert any(
        operation.method == known.method
        and node in operation.postmasters
        and operation.match(path) is not None
        for operation in COMMANDS
    )


def test_an_unknown_title_is_told(console: CommandConsole) -> None:
    """A title that there is not is an error with those there are."""
    with pytest.raises(msgnb.InvalidRequest, match="'Nonsense' is none of Ping, Account"):
        console.choose("Nonsense")
    assert "CommandConsole of demobot@msging.net: get , ready" in repr(console)
