"""The mock bot, command by command, and the documented exchanges."""

from __future__ import annotations

import json
from typing import Any

import pytest

from msgnb_mocks import World
from msgnb_mocks.core.operations import Request, Response
from msgnb_mocks.platforms.blip import BlipMock

JOHN = "11121023102013021@messenger.gw.msging.net"
LIST = "your_distributionList@broadcast.msging.net"
BROADCAST = "postmaster@broadcast.msging.net"


@pytest.fixture
def bot() -> BlipMock:
    return BlipMock(World(7))


def post(bot: BlipMock, path: str, body: Any, key: str | None = None) -> Response:
    headers = {"authorization": f"Key {key or bot.credentials['key']}"}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return bot.handle(Request("POST", path, "", headers, content))


def command(bot: BlipMock, method: str, uri: str, resource: Any = None, to: str | None = None) -> Any:
    wire = {"id": "1", "method": method, "uri": uri, **({"to": to} if to else {})}
    if resource is not None:
        wire |= {"type": "application/json", "resource": resource}
    answer = post(bot, "/commands", wire)
    assert answer.status == 200
    return json.loads(answer.body)


def items(answer: Any) -> list[Any]:
    assert answer["status"] == "success", answer
    found: list[Any] = answer["resource"]["items"]
    return found


def a_long_thread(bot: BlipMock) -> str:
    return max(bot.state.threads, key=lambda identity: len(bot.state.threads[identity]))


def test_a_success_has_the_documented_envelope(bot: BlipMock) -> None:
    """An answer echoes id and method, names the postmaster and the bot, and repeats the uri."""
    answer = command(bot, "get", "/contacts?$take=1", to="postmaster@crm.msging.net")
    assert answer["id"] == "1"
    assert (answer["method"], answer["status"]) == ("get", "success")
    assert answer["from"].startswith("postmaster@crm.msging.net/")
    assert answer["to"] == "demobot@msging.net"
    assert answer["metadata"]["#command.uri"] == "lime://demobot@msging.net/contacts?$take=1"


@pytest.mark.parametrize(
    ("method", "uri", "to", "code"),
    [
        ("get", "/nonsense", None, 62),
        ("get", "/lists", None, 62),
        ("get", "/ping", "postmaster@nowhere.msging.net", 62),
        ("delete", "/contacts", None, 63),
        ("get", "/contacts/nobody@0mn.io", None, 67),
        ("get", "/threads?$take=101", None, 64),
        ("get", "/threads?$take=0", None, 64),
        ("get", "/threads/x@0mn.io?$take=1&storageDate=yesterday", None, 64),
        ("get", "/contacts?$filter=(nonsense)", None, 64),
        ("set", "/contacts", None, 64),
        ("set", "/campaign/full", "postmaster@activecampaign.msging.net", 64),
    ],
)
def test_a_failure_has_its_reason(bot: BlipMock, method: str, uri: str, to: str | None, code: int) -> None:
    """A failure is HTTP 200 with a LIME reason and without a resource."""
    answer = command(bot, method, uri, to=to)
    assert answer["status"] == "failure"
    assert answer["reason"]["code"] == code
    assert answer["reason"]["description"]
    assert "resource" not in answer


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b"[]",
        {"method": "get"},
        {"method": "get", "uri": "/ping"},
        {"id": "1", "method": "beg", "uri": "/ping"},
    ],
)
def test_what_is_no_command_is_refused(bot: BlipMock, body: Any) -> None:
    """A body that is no JSON or lacks id, method or uri is answered with 400."""
    assert post(bot, "/commands", body).status == 400


def test_a_wrong_key_is_refused(bot: BlipMock) -> None:
    """Without the bot's key the answer is 401 and empty."""
    answer = post(bot, "/commands", {"id": "1", "method": "get", "uri": "/ping"}, key="d3Jvbmc=")
    assert (answer.status, answer.body) == (401, b"")


def test_other_paths_and_methods_are_refused(bot: BlipMock) -> None:
    """Only POST on the three paths is served."""
    assert bot.handle(Request("GET", "/commands")).status == 405
    assert post(bot, "/elsewhere", {}).status == 404


@pytest.mark.parametrize("form", ["/contacts/{}", "/contacts/{}/", "lime://demobot@msging.net/contacts/{}"])
def test_uris_are_read_raw_escaped_and_absolute(bot: BlipMock, form: str) -> None:
    """An identity may be raw or escaped, and the uri absolute or with a slash at its end."""
    command(bot, "set", "/contacts", {"identity": JOHN, "name": "John"})
    for identity in (JOHN, JOHN.replace("@", "%40")):
        assert command(bot, "get", form.format(identity))["resource"]["name"] == "John"


def test_set_replaces_and_merge_changes_a_contact(bot: BlipMock) -> None:
    """`set` drops what is left out; `merge` keeps it, extras by their keys."""
    command(bot, "set", "/contacts", {"identity": JOHN, "name": "John", "extras": {"a": "1"}})
    command(bot, "merge", "/contacts", {"identity": JOHN, "extras": {"b": "2"}})
    merged = command(bot, "get", f"/contacts/{JOHN}")["resource"]
    assert (merged["name"], merged["extras"]) == ("John", {"a": "1", "b": "2"})
    command(bot, "set", "/contacts", {"identity": JOHN})
    assert command(bot, "get", f"/contacts/{JOHN}")["resource"] == {"identity": JOHN}


@pytest.mark.parametrize(
    "text", ["(name eq 'Zé')", "(startswith(name,'Z'))", "(substringof('é',name))", "(name%20eq%20'Z%C3%A9')"]
)
def test_contacts_are_filtered(bot: BlipMock, text: str) -> None:
    """The documented filters find a contact by its name."""
    command(bot, "set", "/contacts", {"identity": JOHN, "name": "Zé"})
    found = items(command(bot, "get", f"/contacts?$filter={text}"))
    assert JOHN in [contact["identity"] for contact in found]
    assert len(found) < len(bot.state.contacts)


@pytest.mark.parametrize("extras", [None, [], "x", 5])
@pytest.mark.parametrize("method", ["set", "merge"])
def test_a_contact_that_is_none_is_refused(bot: BlipMock, method: str, extras: Any) -> None:
    """Extras that are no object fail, and the contact is not kept."""
    assert command(bot, method, "/contacts", {"identity": JOHN, "extras": extras})["reason"]["code"] == 64
    assert JOHN not in bot.state.contacts


def test_a_filtered_walk_has_its_own_end(bot: BlipMock) -> None:
    """With a filter skip and take together stay below 10,000."""
    assert command(bot, "get", "/contacts?$skip=9999&$take=2&$filter=(name eq 'x')")["reason"]["code"] == 64


def test_an_empty_collection_has_no_total(bot: BlipMock) -> None:
    """A total of 0 is left out, the items are there and empty."""
    resource = command(bot, "get", "/threads/nobody@0mn.io")["resource"]
    assert resource["items"] == []
    assert "total" not in resource


def test_what_is_sent_is_read_next(bot: BlipMock) -> None:
    """A message is accepted without a body, and then the latest of its thread and of the log."""
    answer = post(bot, "/messages", {"id": "m1", "to": JOHN, "type": "text/plain", "content": "Olá"})
    assert (answer.status, answer.body) == (202, b"")
    latest = items(command(bot, "get", f"/threads/{JOHN}"))[0]
    assert (latest["id"], latest["direction"], latest["content"]) == ("m1", "sent", "Olá")
    assert items(command(bot, "get", "/messages?$take=1"))[0]["id"] == "m1"
    assert items(command(bot, "get", "/threads?$take=1"))[0]["identity"] == JOHN


def test_a_message_makes_its_way(bot: BlipMock) -> None:
    """A message is accepted, dispatched, received and consumed as the clock goes on; each is notified."""
    post(bot, "/messages", {"id": "m1", "to": JOHN, "type": "text/plain", "content": "hi"})
    seen = []
    for seconds in (0, 2, 2, 10):
        bot.state.world.clock.advance(seconds=seconds)
        seen.append(items(command(bot, "get", f"/threads/{JOHN}"))[0]["status"])
    assert seen == ["accepted", "dispatched", "received", "consumed"]
    events = [item["event"] for item in items(command(bot, "get", "/notifications?id=m1"))]
    assert events == ["consumed", "received", "dispatched", "accepted"]
    bot.state.world.clock.advance(days=4)
    assert items(command(bot, "get", "/notifications?id=m1")) == []


def test_a_message_without_an_id_is_not_notified(bot: BlipMock) -> None:
    """Who gives no id is told nothing of the message."""
    before = len(items(command(bot, "get", "/notifications")))
    post(bot, "/messages", {"to": JOHN, "type": "text/plain", "content": "hi"})
    assert len(items(command(bot, "get", "/notifications"))) == before


@pytest.mark.parametrize(
    "body",
    [
        {"type": "text/plain", "content": "x"},
        {"to": "nobody", "type": "text/plain", "content": "x"},
        {"to": JOHN, "content": "x"},
        {"to": JOHN, "type": "text/plain"},
    ],
)
def test_what_is_no_message_is_refused(bot: BlipMock, body: Any) -> None:
    """A message without recipient, type or content is answered with 400 and kept nowhere."""
    assert post(bot, "/messages", body).status == 400
    assert JOHN not in bot.state.threads


def walk(bot: BlipMock, identity: str, direction: str, start: str) -> list[str]:
    """The ids of a thread, page by page from a date on, with the last date as the next bound."""
    found: list[str] = []
    while True:
        uri = f"/threads/{identity}?$take=50&storageDate={start}&direction={direction}"
        page = items(command(bot, "get", uri))
        found += [item["id"] for item in page]
        if len(page) < 50:
            return found
        start = page[-1]["date"]


def test_the_bound_of_a_walk_is_left_out_or_taken_in() -> None:
    """The message of exactly storageDate is not part of the page, unless the quirk says so."""
    for quirks, part in ((frozenset[str](), False), (frozenset({"inclusive-storage-date"}), True)):
        bot = BlipMock(World(7), quirks=quirks)
        identity = a_long_thread(bot)
        edge = items(command(bot, "get", f"/threads/{identity}?$take=10"))[-1]
        uri = f"/threads/{identity}?storageDate={edge['date']}&direction=desc"
        assert (edge["id"] in [item["id"] for item in items(command(bot, "get", uri))]) is part


def test_a_thread_is_walked_in_both_directions(bot: BlipMock) -> None:
    """`asc` brings the oldest first after a date, `desc` the latest first before it."""
    identity = a_long_thread(bot)
    down = walk(bot, identity, "desc", "2027-01-01T00:00:00Z")
    up = walk(bot, identity, "asc", "2026-01-01T00:00:00Z")
    assert len(down) > 300
    assert down[0] == up[-1]


def test_tracks_are_counted_by_brazilian_days(bot: BlipMock) -> None:
    """Counters have one row a day and action, at 03:00 UTC, with the count as text."""
    analytics = "postmaster@analytics.msging.net"
    for _ in range(2):
        command(bot, "set", "/event-track", {"category": "c", "action": "a"}, to=analytics)
    (row,) = items(command(bot, "get", "/event-track/c", to=analytics))
    assert row == {"storageDate": "2026-11-02T03:00:00.000Z", "category": "c", "action": "a", "count": "2"}
    assert {"category": "c"} in items(command(bot, "get", "/event-track", to=analytics))


def test_details_are_of_today_without_dates(bot: BlipMock) -> None:
    """Without dates only today's events are told; with dates those between, both days included."""
    analytics = "postmaster@analytics.msging.net"
    command(bot, "set", "/event-track", {"category": "c", "action": "a"}, to=analytics)
    bot.state.world.clock.advance(days=2)
    assert items(command(bot, "get", "/event-track/c/a", to=analytics)) == []
    dated = "/event-track/c/a?startDate=2026-11-01&endDate=2026-11-02"
    assert len(items(command(bot, "get", dated, to=analytics))) == 1


def test_a_list_delivers_to_its_members(bot: BlipMock) -> None:
    """A message to a list reaches every member with its name, and the delivery is counted."""
    command(bot, "set", "/contacts", {"identity": JOHN, "name": "John"})
    command(bot, "set", "/lists", {"identity": LIST}, to=BROADCAST)
    command(bot, "set", f"/lists/{LIST}/recipients", JOHN, to=BROADCAST)
    message = {"id": "b1", "to": LIST, "type": "text/plain", "content": "Hello ${contact.name}"}
    assert post(bot, "/messages", message).status == 202
    assert items(command(bot, "get", f"/threads/{JOHN}"))[0]["content"] == "Hello John"
    bot.state.world.clock.advance(minutes=1)
    delivery = command(bot, "get", f"/lists/{LIST}/messages/b1", to=BROADCAST)["resource"]
    assert (delivery["status"], delivery["recipients"], delivery["consumed"]) == ("processed", 1, 1)


@pytest.mark.parametrize(
    ("method", "uri", "resource", "code"),
    [
        ("set", "/lists", {"identity": "nonsense"}, 60),
        ("set", "/lists/none@broadcast.msging.net/recipients", JOHN, 101),
        ("delete", "/lists/news@broadcast.msging.net/recipients/nobody@0mn.io", None, 101),
        ("get", "/lists/news@broadcast.msging.net/recipients/nobody@0mn.io", None, 67),
        ("delete", "/lists/none@broadcast.msging.net", None, 67),
    ],
)
def test_lists_refuse(bot: BlipMock, method: str, uri: str, resource: Any, code: int) -> None:
    """Lists that are none and members that are none have their codes."""
    assert command(bot, method, uri, resource, to=BROADCAST)["reason"]["code"] == code


def test_campaign_names_are_unique(bot: BlipMock) -> None:
    """A campaign is created once under its name, with its enumerations in upper case."""
    active = "postmaster@activecampaign.msging.net"
    resource = {
        "campaign": {"name": "unique", "campaignType": "Individual", "MasterState": "router@msging.net"},
        "audience": {"recipient": "+5511900000001"},
        "message": {"messageTemplate": "t"},
    }
    made = command(bot, "set", "/campaign/full", resource, to=active)["resource"]
    assert (made["campaignType"], made["masterState"]) == ("INDIVIDUAL", "router@msging.net")
    assert command(bot, "get", f"/campaigns/{made['id']}", to=active)["resource"] == made
    assert (
        items(command(bot, "get", f"/audiences/{made['id']}", to=active))[0]["recipient"] == "+5511900000001"
    )
    assert command(bot, "set", "/campaign/full", resource, to=active)["status"] == "failure"
