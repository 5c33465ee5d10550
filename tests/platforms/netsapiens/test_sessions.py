"""NetSapiens' sessions, numbers, calls and media: what leaves, and what comes back."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from loopback import Loopback, answers
from PIL import Image

import msgnb
from msgnb import tables
from msgnb.platforms.netsapiens import media as media_module
from msgnb.platforms.netsapiens import to_tables as rows
from msgnb.platforms.netsapiens.media import load_media

LOGIN = {"client_id": "c", "client_secret": "s", "username": "123@example.com", "password": "p"}
TOKEN = answers({"access_token": "a", "expires_in": 3600, "user": "123", "domain": "example.com"})
SESSION = "s" * 32
ONE = f"/ns-api/v2/domains/~/users/~/messagesessions/{SESSION}"
ACCEPTED = {"code": 202, "message": "Accepted"}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)

Pbx = msgnb.NetSapiens


@pytest.fixture
def pbx(loopback: Loopback) -> Pbx:
    loopback.script = [TOKEN, answers(ACCEPTED, status=202)]
    return msgnb.NetSapiens(loopback.url, **LOGIN)


def left(loopback: Loopback) -> tuple[str, str, Any]:
    """Method, path and body of the one request after the sign-in."""
    [seen] = loopback.seen[1:]
    return seen.method, seen.path, seen.json if seen.body else None


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda p: p.sessions.rename(SESSION, "Soccer"), "PUT", ONE, {"session-name": "Soccer"}),
        (
            lambda p: p.sessions.set_participants(SESSION, ["123", "2500"]), "PUT", ONE,
            {"participants": "123,2500"},
        ),
        (lambda p: p.sessions.mark(SESSION), "PUT", ONE, {"messagesession-last-status": "read"}),
        (
            lambda p: p.sessions.mark(SESSION, read=False), "PUT", ONE,
            {"messagesession-last-status": "unread"},
        ),
        (lambda p: p.sessions.leave(SESSION), "PUT", f"{ONE}/leave", None),
        (lambda p: p.sessions.delete(SESSION), "DELETE", ONE, None),
        (lambda p: p.calls.hang_up("c@h"), "DELETE", "/ns-api/v2/domains/~/users/~/calls/c@h", None),
        (
            lambda p: p.delete_subscription("a"), "DELETE", "/ns-api/v2/subscriptions/a",
            {"subscription_id": "a", "domain": "example.com"},
        ),
        (
            lambda p: p.delete_subscription("a", domain="d"), "DELETE", "/ns-api/v2/subscriptions/a",
            {"subscription_id": "a", "domain": "d"},
        ),
    ],
)  # fmt: skip
def test_each_change_leaves_as_documented(
    loopback: Loopback, pbx: Pbx, call: Any, method: str, path: str, body: Any
) -> None:
    """Each verb sends one request with the documented method, path and body, and returns the answer."""
    assert call(pbx) == ACCEPTED
    assert left(loopback) == (method, path, body)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: p.sessions.rename(SESSION, " "), "name: is empty"),
        (lambda p: p.sessions.rename("short", "x"), "'short' is not the ID of a session"),
        (lambda p: p.sessions.set_participants(SESSION, []), "names nobody"),
        (lambda p: p.sessions.set_participants(SESSION, ["2500", ""]), "names nobody"),
        (lambda p: p.sessions.set_participants(SESSION, ["2500"]), "is without 123; sessions.leave"),
        (lambda p: p.sessions.delete("a" * 31), "32 or more"),
        (lambda p: p.send_message("smoke", "x", "1"), "'smoke' is none of chat, sms, mms, chat-media"),
        (lambda p: p.send_message("chat", "", "1002"), "message: is empty"),
        (lambda p: p.send_message("chat-media", "x", "1002"), "media is missing"),
        (lambda p: p.send_message("chat-media", "x", "1002", data="aGk="), "its mime_type is missing"),
        (
            lambda p: p.send_message("chat", "x", "1002", media=PNG),
            "'chat' carries no media; 'chat-media' does",
        ),
        (
            lambda p: p.send_message("sms", "x", "18585551234", media=PNG),
            "'sms' carries no media; 'mms' does",
        ),
        (lambda p: p.send_message("chat-media", "x", "1", data="aGk=", media=PNG), "both given"),
        (lambda p: p.send_text("1002", ""), "text: is empty"),
    ],
)
def test_what_can_not_be_right_is_told_before_sending(
    loopback: Loopback, pbx: Pbx, call: Any, words: str
) -> None:
    """An empty name, nobody, a stray participant, a wrong kind, missing media: refused, nothing is sent."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        call(pbx)
    assert all(seen.path.endswith("/tokens") for seen in loopback.seen)


@pytest.mark.parametrize("answer", [[{"messagesession-id": SESSION}], {"messagesession-id": SESSION}])
def test_one_session_comes_bare_or_in_a_list(loopback: Loopback, pbx: Pbx, answer: Any) -> None:
    """One session is the object, whether the server wraps it or not."""
    loopback.script = [TOKEN, answers(answer)]
    assert pbx.sessions.get(SESSION) == {"messagesession-id": SESSION}


def test_an_old_server_is_asked_for_the_list(loopback: Loopback, pbx: Pbx) -> None:
    """A server that knows no single session is asked for the list; what is not in it is not found."""
    unknown = answers({"code": 404, "message": "No Route Found [92]"}, status=404)
    rows = [{"messagesession-id": "x" * 32}, {"messagesession-id": SESSION, "messagesession-name": "it"}]
    loopback.script = [TOKEN, unknown, answers(rows), unknown, answers(rows[:1])]
    assert pbx.sessions.get(SESSION)["messagesession-name"] == "it"
    with pytest.raises(msgnb.NotFound):
        pbx.sessions.get(SESSION)


@pytest.mark.parametrize(
    "script", [[answers({"total": 2})], [answers({"code": 404, "message": "No Route Found [92]"}, status=404),
                                         answers([{"messagesession-id": "a"}, {"messagesession-id": "b"}])]]
)  # fmt: skip
def test_sessions_are_counted_with_and_without_the_route(loopback: Loopback, pbx: Pbx, script: Any) -> None:
    """The count comes from the server, or from the list where the server has no count."""
    loopback.script = [TOKEN, *script]
    assert pbx.sessions.count() == 2


def test_a_domains_numbers_are_asked_for_with_dest(loopback: Loopback, pbx: Pbx) -> None:
    """The list of a domain says for whom, since some servers want to hear; a user's does not."""
    loopback.script = [TOKEN, answers([])]
    pbx.numbers(user=None)
    pbx.numbers()
    queries = [parse_qs(urlsplit(seen.path).query) for seen in loopback.seen[1:]]
    assert [query.get("dest") for query in queries] == [["*"], None]


def test_numbers_are_a_table(world: msgnb.testing.Offline) -> None:
    """A user's and a domain's numbers are the table `numbers`."""
    own, everybody = world.netsapiens.numbers(), world.netsapiens.numbers(user=None)
    assert list(own["number"]) == ["16195550101", "16195550102"]
    assert (own.dtypes == tables.NUMBERS.frame(0, {}).dtypes).all()
    assert own["mms"].all()
    assert set(everybody["application"]) == {"user", "callqueue", "available"}
    assert world.netsapiens.numbers.count() == 2


def numbers(*own: str) -> Any:
    return answers([{"number": number} for number in own])


@pytest.mark.parametrize(
    ("own", "given", "sent"),
    [
        (["18585550001"], None, "18585550001"),
        (["18585550001", "18585550002"], "18585550002", "18585550002"),
        (["18585550001"], "+1 858 555 0001", "+18585550001"),
        (["18585550001"], "8585550001", "8585550001"),
        (["8585550001"], "18585550001", "18585550001"),
    ],
)
def test_the_number_to_send_from_is_checked_or_chosen(
    loopback: Loopback, pbx: Pbx, own: list[str], given: str | None, sent: str
) -> None:
    """One's own number is taken in any spelling, and chosen where there is only one."""
    loopback.script = [TOKEN, numbers(*own), answers(ACCEPTED, status=202)]
    pbx.send_message("sms", "hi", "18585551234", given)
    assert loopback.seen[-1].json["from-number"] == sent


@pytest.mark.parametrize(
    ("own", "given", "words"),
    [
        (
            ["18585550001", "18585550002"],
            None,
            "is missing; the user's SMS numbers are 18585550001, 18585550002",
        ),
        ([], None, "is missing; the user has no SMS number"),
        (
            ["18585550001"],
            "18585550009",
            "'18585550009' is not the user's; the user's SMS numbers are 18585550001",
        ),
        ([], "18585550009", "the user has no SMS number"),
    ],
)
def test_a_number_that_is_not_ones_own_is_refused(
    loopback: Loopback, pbx: Pbx, own: list[str], given: str | None, words: str
) -> None:
    """A strange number, and none where there is a choice, are refused with the choice; nothing is sent."""
    loopback.script = [TOKEN, numbers(*own)]
    with pytest.raises(msgnb.InvalidRequest, match=words):
        pbx.send_message("sms", "hi", "18585551234", given)
    assert all(seen.method == "GET" for seen in loopback.seen[1:])


def test_numbers_are_read_once_and_again_when_one_is_new(loopback: Loopback, pbx: Pbx) -> None:
    """Many messages read the numbers once; one that is not among them makes them read anew."""
    sent = answers(ACCEPTED, status=202)
    loopback.script = [TOKEN, numbers("18585550001"), sent, sent, numbers("18585550001", "18585550002"), sent]
    for number in ("18585550001", "18585550001", "18585550002"):
        pbx.send_message("sms", "hi", "18585551234", number)
    assert [seen.method for seen in loopback.seen[1:]] == ["GET", "POST", "POST", "GET", "POST"]


@pytest.mark.parametrize("status", [403, 404])
def test_where_numbers_may_not_be_read_a_given_one_is_taken(
    loopback: Loopback, pbx: Pbx, status: int
) -> None:
    """A server that does not show the numbers is believed to know them; one has to be given then."""
    hidden = answers({"code": status, "message": "No Route Found [92]"}, status=status)
    loopback.script = [TOKEN, hidden, answers(ACCEPTED, status=202)]
    pbx.send_message("sms", "hi", "18585551234", "18585550001")
    assert loopback.seen[-1].json["from-number"] == "18585550001"
    loopback.script = [hidden]
    with pytest.raises(msgnb.InvalidRequest, match="does not let us read"):
        pbx.send_message("sms", "hi", "18585551234")


@pytest.mark.parametrize(
    ("to", "kind"),
    [("1002", "chat"), ("1002@example.com", "chat"), ("+18585551234", "sms"), ("18585551234", "sms"),
     ("(858) 555-1234", "sms"), (["18585551234", "18585551235"], "sms"), (["1002", "1004"], "chat")],
)  # fmt: skip
def test_a_text_goes_by_sms_to_phones_and_by_chat_to_users(
    loopback: Loopback, pbx: Pbx, to: Any, kind: str
) -> None:
    """The recipient decides the channel, where no sender is given."""
    loopback.script = [
        TOKEN,
        *([numbers("18585550001")] if kind == "sms" else []),
        answers(ACCEPTED, status=202),
    ]
    result = pbx.send_text(to, "hi")
    assert loopback.seen[-1].json["type"] == kind
    assert result.recipient == (to if isinstance(to, str) else ",".join(to))


def test_an_answer_stays_in_its_session(world: msgnb.testing.Offline) -> None:
    """The id that a first message returns takes the second one and the other side's answer."""
    pbx = world.netsapiens
    first = pbx.send_text("12125550176", "Shall we?", sender="16195550101")
    assert first.session is not None
    pbx.send_text("12125550176", "Tomorrow?", sender="16195550101", session=first.session)
    said = world.receive("netsapiens", from_="12125550176", to="16195550101", text="Yes")
    assert said["session"] == first.session
    messages = pbx.messages(first.session)
    assert sorted(messages["text"]) == ["Shall we?", "Tomorrow?", "Yes"]
    assert messages["direction"].value_counts().to_dict() == {"outbound": 2, "inbound": 1}


def test_a_group_chat_is_named_read_and_left(world: msgnb.testing.Offline) -> None:
    """A group is started, renamed, changed, marked, left and taken off the list."""
    pbx = world.netsapiens
    group = pbx.send_text(["1002", "1004"], "Hello all").session or ""
    pbx.sessions.rename(group, "Lunch")
    pbx.sessions.set_participants(group, ["1001", "1002", "1005"])
    pbx.sessions.mark(group, read=False)
    found = pbx.sessions.get(group)
    assert (found["messagesession-name"], found["messagesession-last-status"]) == ("Lunch", "unread")
    assert (
        found["messagesession-participants"] == "1001@harbor.example,1002@harbor.example,1005@harbor.example"
    )
    before = pbx.sessions.count()
    pbx.sessions.leave(group)
    assert pbx.sessions.count() == before - 1
    with pytest.raises(msgnb.NotFound):
        pbx.sessions.delete(group)


def test_another_users_view_is_theirs(world: msgnb.testing.Offline) -> None:
    """Read for another user, the account is theirs and the directions are as they see them."""
    chat = world.netsapiens.send_text("1002", "hello").session or ""
    theirs = world.netsapiens.messages(chat, user="1002")
    assert (theirs["account"][0], theirs["direction"][0]) == ("1002@harbor.example", "inbound")
    assert world.netsapiens.messages(chat)["direction"][0] == "outbound"


def test_calls_are_a_table(world: msgnb.testing.Offline) -> None:
    """Calls are counted, listed with their state, made and ended."""
    pbx = world.netsapiens
    before = pbx.calls.count()
    made = pbx.new_call(call_term_user="12125550176")
    calls = pbx.calls()
    assert (calls.dtypes == tables.CALLS.frame(0, {}).dtypes).all()
    call = calls.set_index("call").loc[made["call-id"]]
    assert (call["status"], call["called"], call["user"]) == ("ringing", "12125550176", "1001")
    assert pd.isna(call["answered_at"])
    assert (pbx.calls.count(), pbx.calls.count(user="1001")) == (before + 1, len(calls))
    pbx.calls.hang_up(made["call-id"])
    assert pbx.calls.count() == before
    with pytest.raises(msgnb.NotFound):
        pbx.calls.hang_up(made["call-id"])


def test_calls_are_read_under_both_names() -> None:
    """The published example's names and the hyphenated ones give the same row."""
    old = {
        "hostname": "h", "orig_callid": "c", "orig_user": "", "orig_name": "Pete", "ani": 18585551234,
        "dnis": "18587645200", "by_user": "2000", "time_begin": "2023-07-19 18:32:58",
        "time_answer": "0000-00-00 00:00:00", "term_call_info": "alerting", "media": "PCMU",
    }  # fmt: skip
    new = {
        "core-server": "h", "call-orig-call-id": "c", "call-orig-user": "", "call-orig-name": "Pete",
        "caller-id-number": "18585551234", "call-dialed-number": "18587645200", "call-by-user": "2000",
        "call-start-datetime": "2023-07-19 18:32:58", "call-answer-datetime": None,
        "term-orig-info": "alerting", "call-audio-codec": "PCMU",
    }  # fmt: skip
    one, other = (rows.calls([row], "a@b", raw=False) for row in (old, new))
    pd.testing.assert_frame_equal(one, other)
    assert (one["caller"][0], one["status"][0]) == ("18585551234", "ringing")


def test_lists_are_read_under_the_events_names() -> None:
    """Sessions and messages under the names of the first version are the same rows."""
    session = {"user": "2500", "domain": "d", "session_id": 123, "remote": 17145550353, "smsani": 18585550626,
               "last_mesg": 941173465, "last_mesg_type": "sms", "last_sender": 17145550353,
               "last_status": "unread", "last_timestamp": "2026-09-10 13:24:49"}  # fmt: skip
    row = rows.sessions([session], "a@b", raw=True).iloc[0]
    assert (row["session"], row["contact"], row["last_text"]) == ("123", "17145550353", "941173465")
    assert (row["kind"], row["last_direction"], row["unread"]) == ("sms", "inbound", 1)
    assert row["raw"] == session
    message = {"id": 7, "timestamp": "2026-09-10 13:24:49", "type": "mms", "direction": "orig",
               "from_num": 1555, "dialed": 1666, "text": {"odd": 1}, "term_uid": "6001@d",
               "media_type": "image/png", "media_size": 5}  # fmt: skip
    found = rows.messages([[message]], "6001@d", SESSION, raw=False).iloc[0]
    assert (found["sender"], found["recipient"], found["media_type"]) == ("1555", "1666", "image/png")
    assert (found["media_size"], found["text"]) == (5, '{"odd":1}')


@pytest.mark.parametrize("source", ["path", "text", "bytes", "picture", "media"])
def test_media_leave_from_anything(loopback: Loopback, pbx: Pbx, tmp_path: Path, source: str) -> None:
    """A path, bytes or a picture leave as base64 with the type and the size that were found out."""
    path = tmp_path / "renamed.jpg"
    path.write_bytes(PNG)
    loopback.script = [TOKEN, answers(ACCEPTED, status=202)]
    with Image.open(path) as picture:
        choices = {
            "path": path,
            "text": str(path),
            "bytes": PNG,
            "picture": picture,
            "media": load_media(PNG),
        }
        pbx.send_message("chat-media", "", ["1123", "1004"], media=choices[source])
    body = loopback.seen[-1].json
    content = base64.b64decode(body["data"])
    assert (body["type"], body["message"], body["mime-type"]) == ("chat-media", "media", "image/png")
    assert body["size"] == len(content) > 0
    assert source == "picture" or content == PNG


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(20), "x", "image/jpeg"),
        (b"GIF89a" + bytes(20), "x.png", "image/gif"),
        (b"%PDF-1.4 and so on", "x.pdf", "application/pdf"),
        (b"BEGIN:VCARD\nEND:VCARD", "card.vcf", "text/x-vcard"),
        (b"just words", "note.txt", "text/plain"),
        (b"ID3\x03" + bytes(30), "song.mp3", "audio/mpeg"),
    ],
)
def test_the_type_is_found_out(tmp_path: Path, content: bytes, name: str, expected: str) -> None:
    """What content can't tell the name does; a wrong name fools nobody."""
    path = tmp_path / name
    path.write_bytes(content)
    found = load_media(path).mime_type
    assert found == expected or (name.endswith(".vcf") and found == "text/vcard")


@pytest.mark.parametrize(
    ("source", "mime_type", "words"),
    [
        ("/nowhere/photo.jpg", None, "/nowhere/photo.jpg: No such file"),
        (b"", None, "it is empty"),
        (b"just words", None, "can't be told from the bytes; give it, as 'image/png'"),
        (PNG, "picture", "can't be told"),
        (7, None, "is a int; give a path, bytes or a picture"),
    ],
)
def test_media_that_can_not_be_sent_are_told(source: Any, mime_type: str | None, words: str) -> None:
    """A missing file, nothing, an unknown type and a number are errors that say what to give."""
    with pytest.raises(msgnb.InvalidRequest, match=words):
        load_media(source, mime_type)


def test_media_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes and files over the limit are refused with both sizes; a file is not even read."""
    monkeypatch.setattr(media_module, "LARGEST", 60)
    path = tmp_path / "big.png"
    path.write_bytes(PNG)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("it was read"))
    with pytest.raises(msgnb.InvalidRequest, match=r"big.png has 70 bytes; the most that can be sent is 60"):
        load_media(path)
    with pytest.raises(msgnb.InvalidRequest, match="it has 70 bytes"):
        load_media(PNG)


def test_media_arrive(world: msgnb.testing.Offline) -> None:
    """A picture sent to a phone and to a colleague is an MMS and a chat with media in the history."""
    pbx = world.netsapiens
    mms = pbx.send_text("12125550176", "Look!", sender="16195550101", media=PNG)
    chat = pbx.send_text("1002", "", media=Image.new("RGB", (3, 3)))
    for session, kind, text in ((mms.session, "mms", "Look!"), (chat.session, "chat", "media")):
        message = pbx.messages(session or "").iloc[0]
        assert (message["kind"], message["text"], message["media_type"]) == (kind, text, "image/png")
        assert message["media_size"] > 0
