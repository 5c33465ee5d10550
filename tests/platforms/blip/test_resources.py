"""The BLiP client's resources, end to end against the mock, and what leaves for them."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd
import pytest
from loopback import Loopback, answers

import msgnb
from msgnb import tables
from msgnb.core.paging import IncompleteWarning
from msgnb.core.times import parse_when
from msgnb.platforms.blip import content
from msgnb.platforms.blip.times import first_moment, last_moment
from msgnb_mocks import World
from msgnb_mocks.hosting.inprocess import InProcess
from msgnb_mocks.platforms.blip.state import Message

Offline = msgnb.testing.Offline
WHO = "5511999990001@wa.gw.msging.net"
NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)


def sent(loopback: Loopback) -> list[Any]:
    return [seen.json for seen in loopback.seen]


def success(resource: Any = None) -> Any:
    body = {"method": "get", "status": "success", "id": "1"}
    return answers({**body, "resource": resource} if resource else body)


@pytest.fixture
def bot(loopback: Loopback) -> msgnb.Blip:
    loopback.script = [success()]
    return msgnb.Blip("eDp5", base_url=loopback.url)


# Conversations


@pytest.fixture(params=[(), ("blip:inclusive-storage-date",)], ids=["bound left out", "bound taken in"])
def crowded(request: pytest.FixtureRequest) -> Any:
    """A bot with a thread of 5,000 messages, hundreds of them in one millisecond."""
    with InProcess(World(7), quirks=frozenset(request.param)) as inside:
        mock: Any = inside.applications["blip"]
        at = NOON - timedelta(days=20)
        thread = []
        for number in range(5000):
            # Most moments have some messages, some have more than a page holds.
            crowd = 1000 <= number < 1350 or number % 7
            at += timedelta() if crowd else timedelta(minutes=36)
            thread.append(Message(f"m{number}", at, bool(number % 2), "text/plain", str(number)))
        mock.state.threads[WHO] = thread
        login = inside.credentials["blip"]
        yield msgnb.Blip(login["key"], base_url=login["url"], plan="none")


def test_a_crowded_thread_is_read_whole(crowded: msgnb.Blip) -> None:
    """All 5,000 messages come once each, in order, whether or not the server takes its bound in."""
    found = crowded.messages(WHO)
    assert Counter(found["message"]) == Counter(f"m{number}" for number in range(5000))
    assert found["at"].is_monotonic_decreasing


@pytest.mark.parametrize("days", [(-15, -12), (-19, None), (None, -19), (-20, -20)])
def test_a_span_is_read_without_gap_or_more(crowded: msgnb.Blip, days: tuple[int | None, int | None]) -> None:
    """From a moment on and before another come exactly the messages that lie there."""
    since, until = (None if day is None else NOON + timedelta(days=day, seconds=17) for day in days)
    everything = crowded.messages(WHO)
    kept = (everything["at"] >= (since or NOON - timedelta(days=99))) & (everything["at"] < (until or NOON))
    found = crowded.messages(WHO, since=since, until=until)
    assert sorted(found["message"]) == sorted(everything[kept]["message"])
    assert len(found) < 5000 or days == (-19, None)


def test_a_span_does_not_read_what_lies_before_it(world: Offline) -> None:
    """A walk ends at the page that leads before its beginning."""
    who = max(world.blip.sessions()["session"], key=lambda name: len(world.blip.messages(name)))
    asked: list[msgnb.Attempt] = []
    login = world.credentials["blip"]
    client = msgnb.Blip(login["key"], base_url=login["url"], plan="none", on_attempt=asked.append)
    client.messages(who)
    whole = len(asked)
    assert len(client.messages(who, since=NOON - timedelta(days=2)))
    assert len(asked) - whole < whole


def test_a_routers_thread_is_read_at_its_own_address(loopback: Loopback, bot: msgnb.Blip) -> None:
    """A merged thread has another path."""
    bot.messages(WHO, merged=True)
    assert sent(loopback)[0]["uri"].startswith("/threads-merged/5511999990001%40wa.gw.msging.net?$skip=0")


@pytest.mark.parametrize(
    ("given", "words"),
    [(datetime(2026, 10, 1), "has a time but no zone"), ("yesterday", "'yesterday' is no time"),  # noqa: DTZ001
     ("2026-10-01T10:00", "no zone")],
)  # fmt: skip
def test_a_time_that_is_none_is_told(loopback: Loopback, bot: msgnb.Blip, given: Any, words: str) -> None:
    """A time without a zone and a text that is no time are refused before anything is asked."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        bot.messages(WHO, since=given)
    assert not loopback.seen


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ("2026-10-01", "2026-10-01T03:00:00.000Z", "2026-10-02T02:59:59.999Z"),
        (date(2026, 10, 1), "2026-10-01T03:00:00.000Z", "2026-10-02T02:59:59.999Z"),
        ("2026-10-01T00:00:00-03:00", "2026-10-01T03:00:00.000Z", "2026-10-01T03:00:00.000Z"),
        (datetime(2026, 10, 1, tzinfo=UTC), "2026-10-01T00:00:00.000Z", "2026-10-01T00:00:00.000Z"),
    ],
)
def test_days_have_the_platforms_borders(given: Any, first: str, last: str) -> None:
    """A day of the counters is one in Brazil, its end is part of it; a moment is itself."""
    assert (first_moment(given, "since"), last_moment(given, "until")) == (first, last)
    assert (first_moment(None, "since"), last_moment(None, "until")) == (None, None)
    assert parse_when("2026-10-01", "since") == datetime(2026, 10, 1, tzinfo=UTC)


def test_notifications_are_folded_into_messages(world: Offline) -> None:
    """What became of the messages of the last days is their status, with the time of each step."""
    world.blip.send_text(WHO, "hello")
    world.mocks.clock.advance(seconds=5)
    plain, asked = world.blip.messages(WHO), world.blip.messages(WHO, notifications=True)
    assert list(asked.columns) == [*plain.columns, *(column.name for column in tables.DELIVERIES.columns)]
    row = asked.iloc[0]
    assert row["status"] == "delivered"
    assert row["sent_at"] < row["delivered_at"]
    assert pd.isna(row["read_at"])
    pd.testing.assert_series_equal(asked.dtypes[len(plain.columns) :], tables.DELIVERIES.frame(0, {}).dtypes)


def test_old_messages_are_not_asked_about(world: Offline) -> None:
    """Only what was sent in the last three days is asked for: of older ones nothing is known."""
    asked: list[msgnb.Attempt] = []
    login = world.credentials["blip"]
    client = msgnb.Blip(login["key"], base_url=login["url"], plan="none", on_attempt=asked.append)
    who = world.blip.sessions()["session"].iloc[-1]
    messages = client.messages(who, notifications=True)
    recent = (messages["at"] >= NOON - timedelta(days=3)) & (messages["direction"] == "outbound")
    assert len(asked) == 1 + recent.sum()


def test_notifications_of_one_message_are_events(world: Offline) -> None:
    """The steps of one message are a table of events, those of the bot the last hundred."""
    name = world.blip.send_text(WHO, "hello").message
    world.mocks.clock.advance(seconds=60)
    found = world.blip.messages.notifications(name)
    assert sorted(found["action"]) == ["accepted", "consumed", "dispatched", "received"]
    assert (found.dtypes == tables.EVENTS.frame(0, {}).dtypes).all()
    assert set(found["event"]) == {name}
    assert len(world.blip.messages.notifications(limit=3)) == 3


def test_any_content_is_sent(world: Offline) -> None:
    """What the builders make is sent and read again as the text that a person sees."""
    shown = [
        (content.text("Olá"), "Olá"),
        (content.menu("Tea?", ["Yes", "No"]), "Tea? [Yes] [No]"),
        (content.image("https://x.example/a.jpg", text="The menu"), "The menu"),
        (content.location(-19.9, -43.9, text="Here"), "Here (-19.9, -43.9)"),
        (content.template("order_update", "Ana", "tomorrow"), "order_update: Ana, tomorrow"),
    ]
    for said, _ in shown:
        world.blip.send(WHO, said)
    assert list(world.blip.messages(WHO)["text"])[::-1] == [words for _, words in shown]


def test_metadata_go_along(loopback: Loopback, bot: msgnb.Blip) -> None:
    """Metadata are sent with the message; a plain text is one."""
    loopback.script = [answers(status=202)]
    bot.send(WHO, "Hi ${contact.name}", metadata={"#message.replaceVariables": "true"})
    [message] = sent(loopback)
    assert message["metadata"] == {"#message.replaceVariables": "true"}
    assert (message["type"], message["content"]) == ("text/plain", "Hi ${contact.name}")


# Contacts


def test_contacts_are_filtered_and_flattened(world: Offline) -> None:
    """A filter chooses, and extras get columns of their own when asked for."""
    everybody = world.blip.contacts(flatten=True)
    assert {"extras.code", "extras.plan"} <= set(everybody.columns)
    assert everybody["extras.plan"].dtype == everybody["name"].dtype
    name = everybody["name"][0]
    found = world.blip.contacts(f"(name eq '{name}')")
    assert set(found["name"]) == {name}
    assert (found.dtypes == tables.CONTACTS.frame(0, {}).dtypes).all()
    with pytest.raises(msgnb.Rejected, match="Unable to perform operation"):
        world.blip.contacts("nonsense")


def test_a_filter_is_escaped(loopback: Loopback, bot: msgnb.Blip) -> None:
    """Spaces, quotes and letters of all scripts leave as a uri may hold them."""
    bot.contacts("(name eq 'Zé & Co+')")
    uri = sent(loopback)[0]["uri"]
    assert " " not in uri
    assert "+" not in uri
    assert unquote(uri).endswith("$filter=(name eq 'Zé & Co+')")


def test_a_filter_has_its_end(loopback: Loopback, bot: msgnb.Blip) -> None:
    """With a filter nothing is asked for beyond 10,000, and that is said aloud."""

    def page(handler: Any) -> None:
        skip = int(re.search(r"skip=(\d+)", loopback.seen[-1].json["uri"])[1])
        success({"items": [{"identity": f"{skip + row}@x"} for row in range(1000)]})(handler)

    loopback.script = [page]
    with pytest.warns(IncompleteWarning, match="10,000 contacts with a filter and no more"):
        assert len(bot.contacts("(group eq 'x')")) == 10_000
    assert len(loopback.seen) == 10


def test_a_contact_is_set_merged_read_and_deleted(world: Offline) -> None:
    """`set` replaces, `merge` adds, and what is deleted is not found."""
    bot = world.blip
    bot.contacts.set({"identity": WHO, "name": "Ana", "extras": {"plan": "Gold"}})
    bot.contacts.merge({"identity": WHO, "extras": {"code": "1"}})
    assert bot.contacts.get(WHO)["extras"] == {"plan": "Gold", "code": "1"}
    bot.contacts.delete(WHO)
    with pytest.raises(msgnb.NotFound):
        bot.contacts.get(WHO)


def test_comments_are_kept(world: Offline) -> None:
    """A comment is added, listed and deleted."""
    made = world.blip.contacts.add_comment(WHO, "likes tea", author="ana%40x@blip.ai")
    assert [each["content"] for each in world.blip.contacts.comments(WHO)] == ["likes tea"]
    world.blip.contacts.delete_comment(WHO, made["id"])
    assert world.blip.contacts.comments(WHO) == []


# Event tracks and metrics


def test_events_are_counted_by_day(world: Offline) -> None:
    """Counters of one category or of all are numbers by day and action."""
    bot = world.blip
    assert set(bot.events.categories()) == {"payments", "accounts", "flow"}
    one = bot.events("payments", since="2026-10-10", until="2026-10-20")
    assert (one.dtypes == tables.EVENTS.frame(0, {}).dtypes).all()
    assert one["at"].dt.hour.eq(3).all()
    assert one["at"].between("2026-10-10", "2026-10-21").all()
    everything = bot.events()
    assert everything["count"].sum() == 600
    assert set(everything["topic"]) == {"payments", "accounts", "flow"}
    assert len(bot.events(limit=4)) == 4


def test_days_and_single_events_agree(world: Offline) -> None:
    """The events of some days are as many as their counters say, and have their contacts."""
    span = {"since": "2026-10-01", "until": "2026-10-31"}
    counted = world.blip.events("payments", **span).query("action == 'success-order'")["count"].sum()
    single = world.blip.events("payments", "success-order", **span)
    assert len(single) == counted > 0
    assert single["contact"].notna().all()
    assert single["extras"].str.contains("source").all()


def test_single_events_are_read_past_a_page(loopback: Loopback, bot: msgnb.Blip) -> None:
    """Details come in pages of 500, and equal ones are not taken for one."""
    event = {"category": "c", "action": "a", "storageDate": "2026-10-01T10:00:00.000Z"}
    loopback.script = [success({"items": [event] * 500}), success({"items": [event] * 20})]
    assert len(bot.events("c", "a")) == 520
    assert [re.search(r"skip=(\d+)", each["uri"])[1] for each in sent(loopback)] == ["0", "500"]


def test_an_event_is_tracked(world: Offline) -> None:
    """A tracked event is among today's, with all that was given."""
    world.blip.events.track("shop", "bought tea", contact=WHO, label="green", value=2.5, extras={"cups": "3"})
    row = world.blip.events("shop", "bought tea").iloc[0]
    assert (row["contact"], row["value"], row["extras"]) == (WHO, "2.5", '{"cups":"3"}')
    world.blip.events.delete("shop")
    assert "shop" not in world.blip.events.categories()


def test_metrics_are_a_table(world: Offline) -> None:
    """A metric has a row for each interval, with the platform's days."""
    found = world.blip.metrics("active-messages", since="2026-10-10", until="2026-10-19")
    assert (found.dtypes == tables.METRICS.frame(0, {}).dtypes).all()
    assert len(found) == 10
    assert found["start_at"].dt.hour.eq(3).all()
    assert world.blip.metrics("active-messages-per-domain", "NI")["domain"].is_unique


# Lists


def test_a_list_lives(world: Offline) -> None:
    """A list is made, filled from a table, sent to, looked at and deleted."""
    bot = world.blip
    assert bot.lists.create("tea") == "tea@broadcast.msging.net"
    people = bot.contacts(limit=12)
    outcomes = bot.lists.add("tea", people)
    assert (outcomes.dtypes == tables.OUTCOMES.frame(0, {}).dtypes).all()
    assert list(outcomes["state"]) == ["sent"] * 12
    assert set(bot.subscriptions("tea")["target"]) == set(people["contact"])
    sent = bot.lists.send("tea", "Hello ${contact.name}")
    world.mocks.clock.advance(seconds=30)
    assert bot.lists.delivery("tea", sent.message)["consumed"] == 12
    reached = bot.lists.outcomes("tea", sent.message)
    assert (set(reached["state"]), set(reached["status"])) == ({"sent"}, {"read"})
    first = people.iloc[0]
    assert bot.messages(first["contact"], limit=1)["text"][0] == f"Hello {first['name']}"
    bot.lists.remove("tea", [first["contact"]])
    assert len(bot.subscriptions("tea")) == 11
    bot.lists.delete("tea")
    assert "tea@broadcast.msging.net" not in bot.lists()


def test_the_members_of_one_list_are_a_table(world: Offline) -> None:
    """The members of a list are its rows of the memberships of all lists."""
    name = world.blip.lists()[0]
    everything = world.blip.subscriptions()
    found = world.blip.lists.members(name)
    assert list(found["target"]) == list(everything[everything["topic"] == name]["target"])
    pd.testing.assert_frame_equal(found, world.blip.subscriptions(name))
    assert len(world.blip.lists.members(name, limit=2)) == 2
    assert "raw" in world.blip.lists.members(name, limit=2, raw=True)


def test_the_delivery_of_a_large_list_is_read_whole(world: Offline) -> None:
    """A list with more members than a page of notifications has an outcome for each of them."""
    bot = world.blip
    bot.lists.create("many")
    bot.lists.add("many", [f"55119999{number:05}@wa.gw.msging.net" for number in range(130)])
    name = bot.lists.send("many", "hi").message
    world.mocks.clock.advance(seconds=30)
    assert list(bot.lists.outcomes("many", name)["status"]) == ["read"] * 130


def test_what_is_refused_again_and_again_is_given_up(world: Offline) -> None:
    """Five refusals for one reason end the work; the rest is told as not tried."""
    people = [f"{number}@0mn.io" for number in range(9)]
    outcomes = world.blip.lists.add("nobodys", people)
    assert list(outcomes["attempts"]) == [1] * 5 + [0] * 4
    assert list(outcomes["state"]) == ["rejected"] * 5 + ["skipped"] * (len(outcomes) - 5)
    assert (
        outcomes["error"]
        .iloc[-1]
        .startswith("not sent because of the previous error: The list does not exist")
    )
    assert set(outcomes["error_code"].iloc[:5]) == {"101"}


@pytest.mark.parametrize(
    ("members", "column", "words"),
    [("5511@x", "contact", "one text"), (["nobody"], "contact", "is no identity"),
     (pd.DataFrame({"who": ["a@b"]}), "contact", "'contact' is none of who")],
)  # fmt: skip
def test_members_that_can_not_be_are_told(
    loopback: Loopback, bot: msgnb.Blip, members: Any, column: str, words: str
) -> None:
    """One text, no identity and a missing column are refused, and nothing is sent."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        bot.lists.add("news", members, column=column)
    assert not loopback.seen


# Schedules


def test_a_message_is_scheduled_and_canceled(world: Offline) -> None:
    """A scheduled message is listed, sent at its time, or not where it was canceled."""
    bot = world.blip
    kept = bot.schedules.create(WHO, "now", at=timedelta(hours=1), name="Reminder")
    other = bot.schedules.create(WHO, content.menu("later", ["a"]), at=NOON + timedelta(hours=3))
    found = bot.schedules().set_index("schedule")
    assert (found.loc[kept.message, "name"], found.loc[kept.message, "status"]) == ("Reminder", "scheduled")
    assert found.loc[other.message, "text"] == "later [a]"
    bot.schedules.cancel(other.message)
    world.mocks.clock.advance(hours=5)
    assert list(bot.messages(WHO)["text"]) == ["now"]
    assert dict(bot.schedules().set_index("schedule")["status"]) == {
        kept.message: "executed",
        other.message: "canceled",
    }
    assert len(bot.schedules(since=NOON + timedelta(hours=2))) == 1


def test_content_is_sent_later(world: Offline) -> None:
    """With a time, `send` schedules its content, and the recipient gets it then."""
    planned = world.blip.send(WHO, content.menu("later", ["a"]), at=NOON + timedelta(hours=3))
    row = world.blip.schedules().set_index("schedule").loc[planned.message]
    assert (row["at"], row["text"]) == (NOON + timedelta(hours=3), "later [a]")
    assert world.blip.messages(WHO).empty
    world.mocks.clock.advance(hours=3)
    assert list(world.blip.messages(WHO)["text"]) == ["later [a]"]


def test_a_text_is_sent_later(world: Offline) -> None:
    """With a time or a span, `send_text` schedules the text; the result cancels it."""
    planned = world.blip.send_text(WHO, "later", at=timedelta(hours=1))
    assert planned.message is not None
    world.blip.schedules.cancel(planned.message)
    world.mocks.clock.advance(hours=2)
    assert world.blip.messages(WHO).empty


def test_metadata_are_scheduled_too(loopback: Loopback, bot: msgnb.Blip) -> None:
    """What is attached to a message goes along with its schedule."""
    bot.send(WHO, "Hi", at=timedelta(hours=1), metadata={"#message.replaceVariables": "true"})
    message = sent(loopback)[-1]["resource"]["message"]
    assert message["metadata"] == {"#message.replaceVariables": "true"}


@pytest.mark.parametrize(
    ("at", "words"),
    [(NOON - timedelta(days=9000), "at: .* is in the past"), (datetime(2030, 1, 1), "at: .* no zone")],  # noqa: DTZ001
)
def test_a_time_that_can_not_be_is_refused(loopback: Loopback, bot: msgnb.Blip, at: Any, words: str) -> None:
    """A time that has passed, or has no zone, is refused by its name, and nothing is planned."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        bot.send_text(WHO, "x", at=at)
    assert all(command["uri"] == "/ping" for command in sent(loopback))


@pytest.mark.parametrize("when", [timedelta(seconds=-1), NOON - timedelta(days=900)])
def test_a_time_that_is_over_is_refused(world: Offline, when: Any) -> None:
    """Neither a message nor a campaign is planned for the past."""
    world.blip.lists()  # tells the platform's time
    with pytest.raises(msgnb.InvalidRequest, match="is in the past"):
        world.blip.schedules.create(WHO, "x", at=when)
    with pytest.raises(msgnb.InvalidRequest, match="is in the past"):
        world.blip.campaigns.create("c", "t", "+5511999990001", flow_id="f", state_id="s", master_state="m",
                                   at=when)  # fmt: skip


# Campaigns


FLOW = {"flow_id": "f1", "state_id": "s1", "master_state": "router@msging.net"}


def test_a_campaign_reaches_its_recipients(world: Offline) -> None:
    """A campaign from a table is made, watched and told of, one row a recipient, with what failed."""
    bot = world.blip
    people = pd.DataFrame(
        {"phone": ["+55 11 99999-0001", "5511999990002", "+5511999990000"], "name": ["Ana", "Bia", "Zé"]}
    )
    made = bot.campaigns.create("Tea 1", "tea", people, params=["name"], **FLOW)
    world.mocks.clock.advance(minutes=5)
    outcomes = bot.campaigns.outcomes(made["id"])
    assert list(outcomes["recipient"]) == ["+5511999990001", "+5511999990002", "+5511999990000"]
    assert list(outcomes["state"]) == ["sent", "sent", "rejected"]
    assert list(outcomes["status"]) == ["read", "read", "failed"]
    assert (outcomes["error_code"].iloc[2], outcomes["error"].iloc[2]) == (
        "83",
        "The destination was not found",
    )
    row = bot.campaigns().set_index("campaign").loc[made["id"]]
    assert (row["title"], row["kind"], row["recipients"], row["delivered_percent"]) == (
        "Tea 1",
        "BATCH",
        3,
        66,
    )
    assert row["text"] == "tea"
    assert bot.campaigns.report(made["id"])["stateName"]
    bot.campaigns.delete(made["id"])
    with pytest.raises(msgnb.NotFound):
        bot.campaigns.report(made["id"])


def test_a_campaign_leaves_as_clients_send_it(loopback: Loopback, bot: msgnb.Blip) -> None:
    """One recipient is an individual campaign; parameters are named by number, in order."""
    loopback.script = [success({"id": "c1"})]
    people = pd.DataFrame({"phone": ["+5511999990001"], "name": ["Ana"], "city": ["Recife"]})
    bot.campaigns.create("n", "hello", people, params=["city", "name"], tags=["a"], **FLOW)
    [command] = sent(loopback)
    assert (command["to"], command["uri"]) == ("postmaster@activecampaign.msging.net", "/campaign/full")
    assert command["type"] == "application/vnd.iris.activecampaign.full-campaign+json"
    resource = command["resource"]
    assert resource["campaign"] == {
        "name": "n", "campaignType": "Individual", "flowId": "f1", "stateId": "s1",
        "masterState": "router@msging.net", "channelType": "WhatsApp", "tags": ["a"],
    }  # fmt: skip
    assert resource["audience"] == {
        "recipient": "+5511999990001",
        "messageParams": {"1": "Recife", "2": "Ana"},
    }
    assert resource["message"]["messageParams"] == ["1", "2"]


@pytest.mark.parametrize(
    ("recipients", "more", "words"),
    [
        ([], {}, "whom to send to"),
        (["hello"], {}, "recipients, row 0"),
        (["+5511999990001"], {"params": ["name"]}, "needs a DataFrame"),
        (pd.DataFrame({"phone": ["+5511999990001"]}), {"params": ["name"]}, "name not among phone"),
        (
            pd.DataFrame({"phone": ["+5511999990001"], "name": [None]}),
            {"params": ["name"]},
            "row 0: name is missing",
        ),
        (pd.DataFrame({"tel": ["+5511999990001"]}), {}, "phone not among tel"),
        (pd.DataFrame({"phone": [5511999990001]}), {}, "is a int"),
    ],
)
def test_a_campaign_that_can_not_be_is_told(
    loopback: Loopback, bot: msgnb.Blip, recipients: Any, more: Any, words: str
) -> None:
    """Nobody, no number, a missing column or value are refused with their row, and nothing is sent."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        bot.campaigns.create("n", "t", recipients, **FLOW, **more)
    assert not loopback.seen


@pytest.mark.parametrize("casing", [str, str.lower, str.upper])
def test_any_casing_is_read(loopback: Loopback, bot: msgnb.Blip, casing: Any) -> None:
    """Outcomes and campaigns are read whatever the casing of their keys."""

    def cased(value: Any) -> Any:
        if isinstance(value, dict):
            return {casing(key): cased(each) for key, each in value.items()}
        return [cased(each) for each in value] if isinstance(value, list) else value

    audience = {"recipient": "+5511999990001", "status": "FAILED", "processed": "2026-11-02T12:00:00Z"}
    person = {"RecipientIdentity": "5511999990001@wa.gw.msging.net", "Status": "FAILED", "ReasonCode": 81,
              "ReasonDescription": "no way"}  # fmt: skip
    summary = {"id": "c", "messageTemplate": "hello", "statusAudience": [person]}
    campaign = {"id": "c", "name": "n", "campaignType": "BATCH", "status": "processing"}
    listed = [success({"items": [cased(each)]}) for each in (audience, campaign, summary)]
    loopback.script = [listed[0], success(cased(summary)), *listed[1:]]
    row = bot.campaigns.outcomes("c").iloc[0]
    assert (row["state"], row["error_code"], row["error"]) == ("rejected", "81", "no way")
    found = bot.campaigns().iloc[0]
    assert (found["title"], found["text"], found["recipients"], found["delivered_percent"]) == (
        "n",
        "hello",
        1,
        0,
    )


# Contexts, buckets, resources


def test_variables_of_a_user_are_kept(world: Offline) -> None:
    """Variables are set as text or JSON, listed with their values, and deleted."""
    bot = world.blip
    assert bot.contexts(WHO) == {}
    bot.contexts.set(WHO, "city", "Recife")
    bot.contexts.set(WHO, "cart", {"tea": 2})
    assert bot.contexts(WHO) == {"city": "Recife", "cart": {"tea": 2}}
    assert bot.contexts.get(WHO, "cart") == {"tea": 2}
    bot.contexts.delete(WHO, "city")
    assert bot.contexts(WHO) == {"cart": {"tea": 2}}


@pytest.mark.parametrize("kind", ["buckets", "resources"])
def test_documents_are_kept(world: Offline, kind: str) -> None:
    """A document is kept under a name of any letters, listed, read and deleted."""
    documents: Any = getattr(world.blip, kind)
    documents.set("menu é 1", {"soup": 5})
    assert "menu é 1" in documents()
    assert documents.get("menu é 1") == {"soup": 5}
    documents.delete("menu é 1")
    with pytest.raises(msgnb.NotFound):
        documents.get("menu é 1")


def test_a_bucket_may_expire(world: Offline) -> None:
    """A bucket with a time is gone after it."""
    world.blip.buckets.set("soon", "x", expires=timedelta(seconds=30))
    world.mocks.clock.advance(seconds=31)
    with pytest.raises(msgnb.NotFound):
        world.blip.buckets.get("soon")


# Desk


def test_tickets_are_a_table(world: Offline) -> None:
    """Tickets are listed whole, filtered and split into open and closed ones."""
    bot = world.blip
    everything = bot.tickets()
    assert (everything.dtypes == tables.TICKETS.frame(0, {}).dtypes).all()
    assert len(everything) == len(bot.tickets(closed=True)) + len(bot.tickets(closed=False)) > 60
    customer = everything["contact"][0]
    mine = bot.tickets(f"(customerIdentity eq '{customer}')")
    assert set(mine["contact"]) == {customer}
    assert bot.tickets.get(mine["ticket"][0])["customerIdentity"] == customer
    done = bot.tickets(closed=True)
    assert (done["closed_at"] > done["opened_at"]).all()


@pytest.mark.parametrize("status", ["waiting", "Waiting", "OPEN"])
def test_tickets_are_chosen_by_status(world: Offline, status: str) -> None:
    """A status, in any case, selects the tickets that have it."""
    found = world.blip.tickets(status=status)
    everything = world.blip.tickets()
    wanted = everything[everything["status"] == status.capitalize()]
    assert sorted(found["ticket"]) == sorted(wanted["ticket"])
    assert len(found) > 0


def test_a_status_and_a_filter_go_together(world: Offline) -> None:
    """With a filter too, both must be true, also if the filter has alternatives."""
    waiting = world.blip.tickets(status="waiting")
    customer = waiting["contact"][0]
    either = f"customerIdentity eq '{customer}' or status eq 'Open'"
    found = world.blip.tickets(either, status="waiting")
    assert sorted(found["ticket"]) == sorted(waiting[waiting["contact"] == customer]["ticket"])


@pytest.mark.parametrize(
    ("arguments", "wanted", "closed"),
    [
        ({"status": "waiting"}, "status eq 'Waiting'", None),
        ({"status": "closedattendant"}, "status eq 'ClosedAttendant'", "true"),
        ({"status": "Transferred", "closed": False}, "status eq 'Transferred'", "false"),
        ({"filter": "team eq 'Default'"}, "team eq 'Default'", None),
        ({"filter": "team eq 'Default'", "status": "open"}, "status eq 'Open' and (team eq 'Default')", None),
    ],
)
def test_a_status_is_written_as_it_is_documented(
    loopback: Loopback, bot: msgnb.Blip, arguments: Any, wanted: str, closed: str | None
) -> None:
    """A status leaves in the platform's casing, and one of closed tickets asks for closed tickets."""
    bot.tickets(**arguments)
    query = parse_qs(urlsplit(sent(loopback)[0]["uri"]).query)
    assert (query["$filter"], query.get("$closed", [None])) == ([wanted], [closed])


@pytest.mark.parametrize(
    ("status", "words"),
    [("closed", "'closed' is not a status; use closed=True"), ("new", "'new' is none of waiting, assigned")],
)
def test_a_status_that_there_is_not_is_told(
    loopback: Loopback, bot: msgnb.Blip, status: str, words: str
) -> None:
    """A status that the platform does not know is refused with the remedy, and nothing is asked."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        bot.tickets(status=status)
    assert not loopback.seen


def test_the_desk_reports(world: Offline) -> None:
    """Reports are tables of their own columns; durations are durations, counts are numbers."""
    report = world.blip.tickets.report("attendants", since="2026-10-01", until="2026-11-02")
    assert report["averageWaitTime"].dtype == "timedelta64[us]"
    assert report["closedTickets"].sum() > 10
    productivity = world.blip.tickets.report(
        "attendants/productivity", since="2026-10-01", until="2026-11-02"
    )
    assert productivity["online"][0] == pd.Timedelta("2 days 00:58:27")
    timings = world.blip.tickets.report("timings", since="2026-10-01", until="2026-11-02")
    assert len(timings) == 1
    assert world.blip.tickets.live("tickets")["waiting"][0] >= 1
    assert len(world.blip.tickets.live("waiting-tickets")) >= 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda bot: bot.contacts.get("nobody"), "is no identity"),
        (lambda bot: bot.contacts.merge({"name": "x"}), "is no identity"),
        (lambda bot: bot.contacts.set({"identity": WHO, "extras": {"a": 1}}), "a: the values of extras"),
        (lambda bot: bot.contacts.add_comment(WHO, " "), "text: is empty"),
        (lambda bot: bot.events(action="x"), "whose action is that"),
        (lambda bot: bot.events.track("", "a"), "category: is empty"),
        (lambda bot: bot.events.track("c", "a", extras={"n": 1}), "n: texts only"),
        (lambda bot: bot.events.track("c", "a", contact="ana"), "is no identity"),
        (lambda bot: bot.metrics("users"), "'users' is none of active-messages"),
        (lambda bot: bot.metrics("active-messages", "W"), "'W' is none of D, M, NI"),
        (lambda bot: bot.tickets.report("sales", since=NOON, until=NOON), "'sales' is none of"),
        (lambda bot: bot.tickets.live("sales"), "'sales' is none of"),
        (lambda bot: bot.send(WHO, " "), "text: is empty"),
        (lambda bot: bot.lists.create("my list"), "is no identity"),
        (lambda bot: bot.campaigns.create(" ", "t", "+5511999990001", **FLOW), "needs a title"),
    ],
)  # fmt: skip
def test_bad_input_is_told_before_sending(loopback: Loopback, bot: msgnb.Blip, call: Any, words: str) -> None:
    """What can't be right is named with its remedy, and nothing leaves."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        call(bot)
    assert not loopback.seen
