"""The whole NetSapiens client, end to end, against each reading of the contract and against all at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

import msgnb
from msgnb import tables
from msgnb_mocks import World
from msgnb_mocks.hosting.inprocess import InProcess
from msgnb_mocks.platforms.netsapiens import QUIRKS

SENDER, OWN = "12125550176", "16195550101"
READABLE = [quirk for quirk in QUIRKS if quirk != "late-lists"]
"""With `late-lists` nothing can be read right after it was sent; tests/attacks/test_late.py is about that."""
READINGS = [(), *[(quirk,) for quirk in READABLE], tuple(READABLE)]


@pytest.fixture(
    params=READINGS, ids=lambda quirks: quirks[0] if len(quirks) == 1 else f"{len(quirks)} quirks"
)
def inside(request: pytest.FixtureRequest) -> Iterator[InProcess]:
    quirks = frozenset(f"netsapiens:{quirk}" for quirk in request.param)
    with InProcess(World(7), quirks=quirks) as inside:
        yield inside


@pytest.fixture
def pbx(inside: InProcess) -> msgnb.NetSapiens:
    login = dict(inside.credentials["netsapiens"])
    return msgnb.NetSapiens(login.pop("url"), **login)


def as_user(inside: InProcess, user: str) -> msgnb.NetSapiens:
    mock: Any = inside.applications["netsapiens"]
    login = inside.credentials["netsapiens"] | {
        "username": f"{user}@harbor.example",
        "password": mock.state.users[user].password,
    }
    return msgnb.NetSapiens(login.pop("url"), **login)


def test_tables_are_read(pbx: msgnb.NetSapiens) -> None:
    """Every table has its columns and rows; ids and numbers are text, times are times."""
    sessions = pbx.sessions()
    contact = sessions["session"][1]
    found = {
        "sessions": sessions,
        "messages": pbx.messages(contact),
        "contacts": pbx.contacts(),
        "subscriptions": pbx.subscriptions(),
        "numbers": pbx.numbers(user=None),
        "calls": pbx.calls(user=None),
    }
    for table in tables.TABLES:
        if table.name in found:
            frame = found[table.name]
            assert len(frame), table.name
            assert (frame.dtypes == table.frame(0, {}).dtypes).all(), table.name
    assert sessions["last_at"].notna().all()
    assert found["calls"]["started_at"].notna().all()
    assert found["numbers"]["number"].str.fullmatch("[0-9]+").all()
    assert pbx.sessions.count() == len(sessions)
    assert pbx.calls.count() == len(found["calls"])


@pytest.mark.parametrize(("user", "rows"), [("1007", 1), ("1008", 0)])
def test_lists_of_one_and_none_are_read(inside: InProcess, user: str, rows: int) -> None:
    """A user with one row of everything, and one with nothing, have tables of that length."""
    pbx = as_user(inside, user)
    assert [len(pbx.sessions()), len(pbx.numbers()), len(pbx.contacts()), len(pbx.calls())] == [rows] * 4


def test_conversations_are_held(inside: InProcess, pbx: msgnb.NetSapiens) -> None:
    """A conversation goes back and forth in one session, is renamed, marked, left and deleted."""
    first = pbx.send_text(SENDER, "941173465", sender=OWN)
    assert first.session is not None
    said = inside.receive("netsapiens", from_=SENDER, to=OWN, text="007")
    assert said["session"] == first.session
    pbx.send_text(SENDER, "see", sender=OWN, session=first.session, media=b"GIF89a" + bytes(20))
    messages = pbx.messages(first.session)
    assert list(messages["text"]) in (["see", "007", "941173465"], ["see", "7", "941173465"])
    assert set(messages["kind"]) == {"sms", "mms"}
    pbx.sessions.mark(first.session)
    assert pbx.sessions.get(first.session)["messagesession-last-status"] == "read"
    pbx.sessions.delete(first.session)
    with pytest.raises(msgnb.NotFound):
        pbx.sessions.get(first.session)
    group = pbx.send_text(["1002", "1004"], "all").session or ""
    pbx.sessions.rename(group, "Team")
    pbx.sessions.set_participants(group, ["1001", "1002"])
    assert pbx.sessions.get(group)["messagesession-name"] == "Team"
    pbx.sessions.leave(group)


def test_subscriptions_are_kept(pbx: msgnb.NetSapiens) -> None:
    """A subscription is made, found again, renewed, reset and deleted."""
    made = pbx.create_subscription("message", "https://hooks.harbor.example/q", domain="harbor.example")
    with pytest.raises(msgnb.AlreadyExists):
        pbx.create_subscription("message", "https://hooks.harbor.example/q", domain="harbor.example")
    pbx.subscriptions.renew(made["id"], timedelta(days=2))
    pbx.update_subscription(made["id"], error_count=0, posts_count=0)
    found = pbx.subscriptions().set_index("subscription").loc[made["id"]]
    assert found["status"] == "pending"
    pbx.delete_subscription(made["id"])
    with pytest.raises(msgnb.NotFound):
        pbx.read_subscription(made["id"])


def test_events_come(inside: InProcess, pbx: msgnb.NetSapiens) -> None:
    """What happens is heard, once as new and once as told again, whatever names it comes under."""
    with pbx.listen("message", "messagesession", "call", "cdr", settle=timedelta()) as live:
        said = inside.receive("netsapiens", from_=SENDER, to=OWN, text="hello")
        live.wait(lambda event: event.topic == "message", timeout=10)
        live.wait(lambda event: event.topic == "messagesession", timeout=10)
        call = pbx.new_call(call_term_user=SENDER)
        live.wait(lambda event: event.action == "ringing", timeout=10)
        pbx.calls.hang_up(call["call-id"])
        live.wait(lambda event: event.topic == "cdr", timeout=10)
    found = live.frame().query("topic in ('message', 'messagesession')")
    assert set(found["session"]) == {said["session"]}
    assert found["duplicate_of"].notna().sum() == 1
    assert not any(url.startswith("http://127.0.0.1") for url in pbx.subscriptions()["target"])


def test_every_way_in_works(inside: InProcess) -> None:
    """Second factor, JWT and API key sign in."""
    for way, more in (("mfa", {}), ("mfa", {"sign_in": "jwt"}), ("api_key", {})):
        login = {**inside.credentials["further"]["netsapiens"][way], **more}
        assert len(msgnb.NetSapiens(login.pop("url"), **login).sessions())


def test_a_wrong_login_is_an_error(inside: InProcess) -> None:
    """A wrong password is an AuthError, however the server says so."""
    login = inside.credentials["netsapiens"] | {"password": "wrong"}
    with pytest.raises(msgnb.AuthError):
        msgnb.NetSapiens(login.pop("url"), **login).sessions()
