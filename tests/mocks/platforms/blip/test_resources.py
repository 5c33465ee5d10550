"""The mock bot's further resources: schedules, stores, comments, filters, metrics, desk, campaigns, plans."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from msgnb_mocks import World
from msgnb_mocks.core.operations import Request, Response
from msgnb_mocks.platforms.blip import BlipMock
from msgnb_mocks.platforms.blip.filters import parse_filter
from msgnb_mocks.platforms.blip.lime import Failure, stamp

JOHN = "11121023102013021@messenger.gw.msging.net"
CRM, LATER, STATS = (f"postmaster@{name}.msging.net" for name in ("crm", "scheduler", "analytics"))
DESK, ACTIVE, BROADCAST = (
    f"postmaster@{name}.msging.net" for name in ("desk", "activecampaign", "broadcast")
)
SCHEDULE = "application/vnd.iris.schedule+json"


@pytest.fixture
def bot() -> BlipMock:
    return BlipMock(World(7))


def post(bot: BlipMock, path: str, body: Any) -> Response:
    headers = {"authorization": f"Key {bot.credentials['key']}"}
    return bot.handle(Request("POST", path, "", headers, json.dumps(body).encode()))


def command(
    bot: BlipMock, method: str, uri: str, to: str | None = None, resource: Any = None, **more: Any
) -> Any:
    wire = {"id": "1", "method": method, "uri": uri, **({"to": to} if to else {}), **more}
    if resource is not None:
        wire = {"type": "application/json", "resource": resource} | wire
    return json.loads(post(bot, "/commands", wire).body)


def items(answer: Any) -> list[Any]:
    assert answer["status"] == "success", answer
    found: list[Any] = answer["resource"]["items"]
    return found


def schedule(bot: BlipMock, name: str, to: str, **span: float) -> Any:
    when = bot.state.now + timedelta(**span)
    message = {"id": name, "to": to, "type": "text/plain", "content": "later"}
    return command(bot, "set", "/schedules", LATER, {"message": message, "when": stamp(when)}, type=SCHEDULE)


def test_a_schedule_is_executed_when_its_time_has_come(bot: BlipMock) -> None:
    """A scheduled message is in its thread from its moment on, at that moment, and not before."""
    assert schedule(bot, "m1", JOHN, hours=1)["status"] == "success"
    assert items(command(bot, "get", f"/threads/{JOHN}")) == []
    bot.clock.advance(hours=2)
    [message] = items(command(bot, "get", f"/threads/{JOHN}"))
    assert (message["id"], message["date"][:16]) == ("m1", "2026-11-02T13:00")
    found = command(bot, "get", "/schedules/m1", LATER)["resource"]
    assert (found["status"], found["message"]["pp"]) == (
        "executed", "postmaster@scheduler.msging.net/demobot%40msging.net"
    )  # fmt: skip


def test_a_schedule_to_a_list_is_delivered(bot: BlipMock) -> None:
    """A scheduled message to a list reaches its members, and its delivery is counted."""
    schedule(bot, "m2", "clinic@broadcast.msging.net", minutes=1)
    bot.clock.advance(minutes=5)
    found = command(bot, "get", "/lists/clinic@broadcast.msging.net/messages/m2", BROADCAST)["resource"]
    assert (found["recipients"], found["status"]) == (10, "processed")


def test_a_canceled_schedule_is_not_executed(bot: BlipMock) -> None:
    """What is canceled in time is not sent; what was sent can't be canceled."""
    schedule(bot, "m3", JOHN, hours=1)
    assert command(bot, "delete", "/schedules/m3", LATER)["status"] == "success"
    bot.clock.advance(hours=2)
    assert items(command(bot, "get", f"/threads/{JOHN}")) == []
    assert command(bot, "delete", "/schedules/m3", LATER)["reason"]["code"] == 64
    assert command(bot, "delete", "/schedules/none", LATER)["reason"]["code"] == 67


def test_schedules_are_listed_since_a_time(bot: BlipMock) -> None:
    """All schedules, or those from a time on, are listed."""
    for number in range(3):
        schedule(bot, f"m{number}", JOHN, hours=number)
    assert len(items(command(bot, "get", "/schedules", LATER))) == 3
    since = "/schedules?since=2026-11-02T13:30:00Z"
    assert [each["message"]["id"] for each in items(command(bot, "get", since, LATER))] == ["m2"]


@pytest.mark.parametrize(
    "resource", [{}, {"message": {"id": "x"}}, {"message": {"id": "x", "to": "a@b", "type": "t"}}]
)
def test_what_is_no_schedule_is_refused(bot: BlipMock, resource: Any) -> None:
    """A schedule without message, destination or time fails."""
    assert command(bot, "set", "/schedules", LATER, resource)["reason"]["code"] == 64


def test_contexts_are_kept_by_user(bot: BlipMock) -> None:
    """A user's variables are set, listed with and without values, and deleted."""
    uri = f"/contexts/{JOHN}"
    assert command(bot, "get", uri)["reason"]["description"].startswith("There's no stored contexts")
    command(bot, "set", f"{uri}/city", resource="Recife", type="text/plain")
    assert items(command(bot, "get", uri)) == ["city"]
    assert items(command(bot, "get", f"{uri}?withContextValues=true")) == [
        {"name": "city", "type": "text/plain", "value": "Recife"}
    ]
    assert command(bot, "get", f"{uri}/city", "postmaster@builder.msging.net")["resource"] == "Recife"
    command(bot, "delete", f"{uri}/city")
    assert command(bot, "get", f"{uri}/city")["reason"]["code"] == 67


@pytest.mark.parametrize("kind", ["buckets", "resources"])
def test_documents_are_kept_by_name(bot: BlipMock, kind: str) -> None:
    """A document of any type is kept under its name, listed, read and deleted."""
    command(bot, "set", f"/{kind}/abcd%c3%a9%201234", resource={"a": 1}, type="application/x-my+json")
    assert "abcdé 1234" in items(command(bot, "get", f"/{kind}"))
    found = command(bot, "get", f"/{kind}/abcd%c3%a9%201234")
    assert (found["type"], found["resource"]) == ("application/x-my+json", {"a": 1})
    assert command(bot, "delete", f"/{kind}/abcd%c3%a9%201234")["status"] == "success"
    assert command(bot, "delete", f"/{kind}/abcd%c3%a9%201234")["reason"]["code"] == 67
    assert command(bot, "set", f"/{kind}/x")["reason"]["code"] == 64


def test_a_bucket_may_expire(bot: BlipMock) -> None:
    """A bucket with an expiration is gone after its milliseconds."""
    command(bot, "set", "/buckets/soon?expiration=30000", resource={}, type="application/json")
    assert command(bot, "get", "/buckets/soon")["status"] == "success"
    bot.clock.advance(seconds=31)
    assert command(bot, "get", "/buckets/soon")["reason"]["code"] == 67
    assert "soon" not in items(command(bot, "get", "/buckets"))


def test_contacts_have_comments(bot: BlipMock) -> None:
    """A comment is kept with its time, listed and deleted."""
    uri = f"/contacts/{JOHN}/comments"
    made = command(bot, "set", uri, CRM, {"content": "likes tea", "authorIdentity": "ana%40x@blip.ai"})[
        "resource"
    ]
    assert items(command(bot, "get", uri, CRM)) == [made]
    assert command(bot, "delete", f"{uri}/{made['id']}", CRM)["status"] == "success"
    assert command(bot, "delete", f"{uri}/{made['id']}", CRM)["reason"]["code"] == 67
    assert command(bot, "set", uri, CRM, {})["reason"]["code"] == 64


ROW = {"name": "Ana O'Neil", "Age": 30, "lastMessageDate": "2026-11-01T10:00:00.000Z", "closed": False}


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("name eq 'Ana O''Neil'", True),
        ("(NAME eq 'Ana')", False),
        ("age ne '31' and closed eq false", True),
        ("age eq '31' or (closed eq false and not (name eq 'x'))", True),
        ("startswith(name,'Ana') and substringof('Neil',name)", True),
        ("(lastmessagedate ge datetimeoffset'2026-11-01T07:00:00.000-03:00')", True),
        ("lastmessagedate gt datetimeoffset'2026-11-01T10:00:00Z'", False),
        ("city eq 'Recife'", False),
        ("city ne 'Recife'", True),
        ("city ge 'A'", False),
    ],
)
def test_filters_are_read(text: str, passes: bool) -> None:
    """Comparisons, functions, and, or, not and parentheses mean what they say; names in any case."""
    assert parse_filter(text)(ROW) is passes


@pytest.mark.parametrize(
    "text", ["", "name", "name eq", "name like 'x'", "(name eq 'x'", "upper(name,'x')", "a eq 'b' c"]
)
def test_what_is_no_filter_is_refused(text: str) -> None:
    """A filter that can't be read fails with its own text."""
    with pytest.raises(Failure, match="Unable to perform operation"):
        parse_filter(text)


@pytest.mark.parametrize(("interval", "rows"), [("D", 10), ("M", 1), ("NI", 1)])
def test_metrics_count_the_threads(bot: BlipMock, interval: str, rows: int) -> None:
    """A metric has a row for each day, month or the whole time, and all ways sum to the same."""
    span = "startDate=2026-10-10T03%3A00%3A00.000Z&endDate=2026-10-20T03%3A00%3A00.000Z"
    found = items(command(bot, "get", f"/metrics/received-messages/{interval}?{span}", STATS))
    assert len(found) == rows
    said = [message for thread in bot.state.threads.values() for message in thread if not message.sent]
    expected = sum("2026-10-10T03" <= stamp(message.at) < "2026-10-20T03" for message in said)
    assert sum(row["count"] for row in found) == expected > 0


def test_a_metric_may_be_split_by_channel(bot: BlipMock) -> None:
    """Active messages have a form with a row for each domain."""
    found = items(command(bot, "get", "/metrics/active-messages-per-domain/NI", STATS))
    assert len({row["domain"] for row in found}) == len(found) > 1


@pytest.mark.parametrize(
    ("uri", "code"), [("/metrics/nothing/D", 67), ("/metrics/sent-messages/W", 64),
                      ("/metrics/sent-messages/D?startDate=2027-01-01", 64)]
)  # fmt: skip
def test_wrong_metrics_are_refused(bot: BlipMock, uri: str, code: int) -> None:
    """An unknown metric or interval, and a span that ends before it begins, fail."""
    assert command(bot, "get", uri, STATS)["reason"]["code"] == code


def test_tickets_are_filtered_closed_and_opened(bot: BlipMock) -> None:
    """A ticket is made, found by its customer, opened by an agent, closed, and then among the closed ones."""
    made = command(bot, "set", "/tickets", DESK, {"customerIdentity": JOHN})["resource"]
    assert made["status"] == "Waiting"
    mine = f"/tickets?$filter=(CustomerIdentity%20eq%20'{JOHN}')"
    assert [each["id"] for each in items(command(bot, "get", mine, DESK))] == [made["id"]]
    for status in ("Open", "ClosedAttendant"):
        change = {"id": made["id"], "status": status, "agentIdentity": "ana%40x@blip.ai"}
        assert command(bot, "set", "/tickets/change-status", DESK, change)["status"] == "success"
    assert items(command(bot, "get", f"{mine}&$closed=false", DESK)) == []
    [closed] = items(command(bot, "get", f"{mine}&$closed=true", DESK))
    assert (closed["closed"], closed["agentIdentity"]) == (True, "ana%40x@blip.ai")
    assert command(bot, "get", f"/ticket/{made['id']}", DESK)["resource"] == closed
    assert items(command(bot, "get", f"/tickets/{made['id']}/messages", DESK)) == []


def test_the_desks_own_failures(bot: BlipMock) -> None:
    """A page too large and the filter that never works fail without a code, other things with one."""
    for uri, words in (
        ("/tickets?$take=101", "The take parameter can not be greater than 100"),
        ("/tickets?$filter=status%20eq%20'closed'", "Unable to perform operation 'status eq 'closed''"),
    ):
        assert command(bot, "get", uri, DESK)["reason"] == {"description": words}
    assert command(bot, "get", "/tickets/x/full-data", DESK)["reason"]["code"] == 62
    assert command(bot, "get", "/ticket/x", DESK)["reason"]["code"] == 67
    assert command(bot, "get", "/analytics/reports/tickets", DESK)["reason"]["code"] == 64
    assert command(bot, "get", "/monitoring/nothing", DESK)["reason"]["code"] == 67


def test_reports_agree_with_the_tickets(bot: BlipMock) -> None:
    """What the reports count is what the tickets are."""
    span = "?beginDate=2026-10-01&endDate=2026-11-02"
    closed = sum(each["status"].startswith("Closed") for each in bot.state.tickets.values())
    days = items(command(bot, "get", f"/analytics/reports/tickets{span}", DESK))
    assert sum(row["closed"] for row in days) <= closed
    teams = items(command(bot, "get", f"/analytics/reports/teams{span}", DESK))
    assert {row["name"] for row in teams} == {"Default", "Belo Horizonte"}
    timings = command(bot, "get", f"/analytics/reports/timings{span}", DESK)["resource"]
    assert all(len(value) >= len("00:00:00") for value in timings.values())
    now = command(bot, "get", "/monitoring/tickets?version=2", DESK)["resource"]
    assert (now["waiting"], now["closed"]) == (
        sum(each["status"] == "Waiting" for each in bot.state.tickets.values()), closed
    )  # fmt: skip


def test_a_router_has_no_desk() -> None:
    """By quirk tickets are an empty list and agents are not found."""
    bot = BlipMock(World(7), quirks=frozenset({"router-key"}))
    assert items(command(bot, "get", "/tickets", DESK)) == []
    assert (
        command(bot, "get", "/attendants", DESK)["reason"]["description"]
        == "The requested resource was not found"
    )


def test_a_campaign_goes_on_with_the_clock(bot: BlipMock) -> None:
    """Recipients are processed, sent, delivered and read one after the other; an unknown number fails."""
    people = [{"recipient": f"+551199000000{number}"} for number in (1, 2)] + [
        {"recipient": "+5511990000000"}
    ]
    resource = {
        "campaign": {"name": "c1", "campaignType": "Batch", "masterstate": "r@msging.net"},
        "audiences": people,
        "message": {"messageTemplate": "hello"},
    }
    made = command(bot, "set", "/campaign/full", ACTIVE, resource)["resource"]
    name = made["id"]
    seen = []
    for seconds in (0, 2, 10, 120):
        bot.clock.advance(seconds=seconds)
        seen.append([each["status"] for each in items(command(bot, "get", f"/audiences/{name}", ACTIVE))])
    assert seen[0] == ["PROCESSED"] * 3
    assert seen[-1] == ["READ", "READ", "FAILED"]
    assert command(bot, "get", f"/campaigns/{name}", ACTIVE)["resource"]["status"] == "completed"
    summary = command(bot, "get", f"/campaigns/{name}/summaries", ACTIVE)["resource"]
    assert [each["Status"] for each in summary["statusAudience"]] == seen[-1]
    assert summary["statusAudience"][2]["ReasonCode"] == 83
    report = command(bot, "get", f"/campaigns/{name}/reports?shouldHaveStateName=true", ACTIVE)["resource"]
    assert report["stateName"]
    assert items(command(bot, "get", f"/messages/{name}", ACTIVE))[0]["messageTemplate"] == "hello"
    assert command(bot, "delete", f"/campaigns/{name}", ACTIVE)["status"] == "success"
    assert command(bot, "get", f"/campaigns/{name}", ACTIVE)["reason"]["code"] == 67


def test_a_scheduled_campaign_waits(bot: BlipMock) -> None:
    """A campaign for later reaches nobody before its time."""
    when = stamp(bot.state.now + timedelta(hours=1))
    resource = {
        "campaign": {"name": "c2", "scheduled": when}, "audience": {"recipient": "+5511990000001"},
        "message": {"messageTemplate": "hello"},
    }  # fmt: skip
    name = command(bot, "set", "/campaign/full", ACTIVE, resource)["resource"]["id"]
    bot.clock.advance(minutes=50)
    assert command(bot, "get", f"/campaigns/{name}", ACTIVE)["resource"]["status"] == "scheduled"
    bot.clock.advance(minutes=20)
    assert items(command(bot, "get", f"/audiences/{name}", ACTIVE))[0]["status"] == "READ"


@pytest.mark.parametrize(
    ("plan", "path", "most"),
    [("free-plan", "/messages", 3), ("paid-plan", "/messages", 50), ("free-plan", "/commands", 48)],
)
def test_a_plan_has_its_limit(plan: str, path: str, most: int) -> None:
    """Above the plan's rate everything is 429 for two minutes, then all is well again."""
    bot = BlipMock(World(7), quirks=frozenset({plan}))
    body = {"id": "1", "to": JOHN, "type": "text/plain", "content": "x", "method": "get", "uri": "/ping"}
    assert [post(bot, path, body).status for _ in range(most + 1)].count(429) == 1
    bot.clock.advance(seconds=100)
    assert post(bot, "/commands", body).status == 429
    bot.clock.advance(seconds=21)
    assert post(bot, "/commands", body).status == 200


def test_a_generous_server_cuts_what_is_too_much() -> None:
    """By quirk a take above the limit gives as much as there may be."""
    bot = BlipMock(World(7), quirks=frozenset({"generous-take"}))
    assert len(items(command(bot, "get", "/tickets?$take=999999", DESK))) == len(bot.state.tickets)
    assert len(items(command(bot, "get", "/threads?$take=9999"))) == len(bot.state.threads)
