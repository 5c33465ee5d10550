"""Sessions, what is in them, and sending."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

OWN = "/domains/~/users/~"
NEW = "a" * 32
PNG = b64encode(b"png").decode()
SMS = {
    "type": "sms",
    "message": "Olá 😀",
    "destination": "+5511999998888",
    "from-number": "16195550101",
}
MMS = {**SMS, "type": "mms", "message": "media", "data": PNG, "mime-type": "image/png", "size": 3}
SENT = (202, {"code": 202, "message": "Accepted"})


def into(session: Any) -> Any:
    return f"{OWN}/messagesessions/{session}/messages"


def test_the_same_seed_gives_the_same_history(make: Any) -> None:
    """Two mocks of one seed have the same sessions."""
    assert make().sessions() == make().sessions()


def test_the_owner_has_most_sessions(pbx: Any) -> None:
    """The user whose password is handed out has most of the domain's sessions."""
    assert len(pbx.sessions()) > pbx.get("/domains/~/messagesessions/count")["total"] / 3


def test_sessions_come_newest_first(pbx: Any) -> None:
    """Sessions are listed by their last message, newest first."""
    times = [session["messagesession-last-datetime"] for session in pbx.sessions()]
    assert times == sorted(times, reverse=True)


def test_a_chat_has_a_row_for_each_participant(pbx: Any) -> None:
    """Each participant of a chat has an own row, with the others as the remote party."""
    rows = [row for row in pbx.get("/domains/~/messagesessions", limit=1000) if row["messagesession-name"]]
    assert {row["user"] for row in rows} == {"1001", "1002", "1004"}
    assert all(f"{row['user']}@" not in row["messagesession-remote"] for row in rows)
    assert all(row["messagesession-type"] == "group-chat" for row in rows)


def test_every_kind_of_message_is_there(pbx: Any) -> None:
    """The seeded history has SMS, MMS, chats and chats with media."""
    rows = pbx.get("/domains/~/messagesessions", limit=1000)
    found = [msg for row in rows for msg in pbx.messages(row["messagesession-id"], row["user"])]
    assert {message["type"] for message in found} == {"sms", "mms", "chat", "chat-media"}
    assert {message["direction"] for message in found} == {"orig", "term", ""}
    assert any(message["text"].isdigit() for message in found)


def test_a_session_tells_its_last_message(pbx: Any) -> None:
    """A session's last text and time are those of its newest message."""
    for session in pbx.sessions():
        newest = pbx.messages(session["messagesession-id"])[0]
        assert session["messagesession-last-message"] == newest["text"]
        assert session["messagesession-last-datetime"] == newest["timestamp"]


def test_a_list_is_cut_silently_at_a_hundred(pbx: Any) -> None:
    """Without a limit a long thread gives its newest hundred messages."""
    path = into(pbx.longest())
    assert pbx.get(path) == pbx.messages(pbx.longest())[:100]


def test_messages_are_paged_by_start(pbx: Any) -> None:
    """Pages laid side by side give the whole thread, newest first."""
    whole = pbx.messages(pbx.longest())
    pages = [pbx.messages(pbx.longest(), start=start, limit=200) for start in range(0, len(whole) + 200, 200)]
    assert [message for page in pages for message in page] == whole
    assert len(whole) >= 450
    times = [message["timestamp"] for message in whole]
    assert times == sorted(times, reverse=True)


def test_a_session_is_read_as_a_list(pbx: Any) -> None:
    """One session is answered as a list of one."""
    first = pbx.sessions()[0]
    assert pbx.get(f"{OWN}/messagesessions/{first['messagesession-id']}") == [first]


def test_what_is_sent_is_on_top_of_the_history(pbx: Any) -> None:
    """A message sent into a session is its newest one, and the session is on top."""
    session = pbx.longest()
    assert pbx.send("POST", into(session), SMS) == SENT
    assert pbx.messages(session)[0]["text"] == SMS["message"]
    assert pbx.sessions()[0]["messagesession-last-message"] == SMS["message"]


def test_an_unknown_id_begins_a_session(pbx: Any) -> None:
    """A message into an unknown id begins a session with that id."""
    pbx.send("POST", into(NEW), SMS)
    session = pbx.sessions()[0]
    assert session["messagesession-id"] == NEW
    assert session["messagesession-remote"] == "5511999998888"
    assert session["messagesession-last-status"] == "read"


@pytest.mark.parametrize("session", ["a" * 31, "a" * 31 + "-", "a" * 31 + "%20"])
def test_a_bad_session_id_is_refused(pbx: Any, session: Any) -> None:
    """A session id needs 32 letters, digits or underscores."""
    assert pbx.send("POST", into(session), SMS)[0] == 400


def test_starting_a_session_answers_the_message(pbx: Any) -> None:
    """A new session is answered with its message, which carries the new id."""
    status, message = pbx.send("POST", f"{OWN}/messages", SMS)
    assert status == 200
    assert pbx.messages(message["messagesession-id"]) == [message]


def test_each_start_makes_a_new_session(pbx: Any) -> None:
    """Starting twice with the same party makes two sessions."""
    ids = {pbx.send("POST", f"{OWN}/messages", SMS)[1]["messagesession-id"] for _ in range(2)}
    assert len(ids) == 2


def test_a_message_is_sent_a_moment_later(pbx: Any) -> None:
    """An SMS is being sent first and sent after some seconds."""
    pbx.send("POST", into(NEW), SMS)
    assert pbx.messages(NEW)[0]["status"] == "sending"
    pbx.world.clock.advance(seconds=3)
    assert pbx.messages(NEW)[0]["status"] == "sent"


def test_media_are_measured(pbx: Any) -> None:
    """The size of media is that of the decoded data."""
    pbx.send("POST", into(NEW), {**MMS, "size": "70"})
    message = pbx.messages(NEW)[0]
    assert (message["media-type"], message["media-size"]) == ("image/png", 3)


def test_a_group_sms_dials_all(pbx: Any) -> None:
    """A group SMS has all its numbers in one thread."""
    pbx.send("POST", into(NEW), {**SMS, "destination": ["16195551111", "6195552222"]})
    assert pbx.messages(NEW)[0]["dialed"] == "16195551111,16195552222"


def test_a_chat_reaches_its_participants(pbx: Any) -> None:
    """A chat is unread in the list of everybody else."""
    pbx.send("POST", into(NEW), {"type": "chat", "message": "hi", "destination": ["1002", "1003"]})
    theirs = pbx.get("/domains/~/users/1003/messagesessions")[0]
    assert (theirs["messagesession-id"], theirs["messagesession-last-status"]) == (NEW, "unread")
    assert pbx.messages(NEW, "1003") == pbx.messages(NEW)


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ({**SMS, "type": "fax"}, "type"),
        ({**SMS, "message": ""}, "message"),
        ({**SMS, "from-number": None}, "from-number is required"),
        ({**SMS, "from-number": "16195550103"}, "not assigned"),
        ({**SMS, "destination": None}, "destination is required"),
        ({**SMS, "destination": []}, "destination is required"),
        ({**SMS, "destination": "none"}, "not a phone number"),
        ({**MMS, "data": None}, "data is required"),
        ({**MMS, "data": "%%"}, "base64"),
        ({**MMS, "mime-type": None}, "mime-type"),
        ({"type": "chat", "message": "hi", "destination": "1999"}, "User 1999 does not exist"),
    ],
)
def test_a_message_that_lacks_something_is_refused(pbx: Any, message: Any, part: Any) -> None:
    """A message that lacks something is refused with its name, and nothing is sent."""
    status, body = pbx.send("POST", f"{OWN}/messages", message)
    assert (status, body["code"]) == (400, 400)
    assert part in body["message"]
    assert pbx.sessions()[0]["messagesession-last-message"] != message["message"]


def test_a_stranger_cannot_write_into_a_thread(pbx: Any) -> None:
    """Only who takes part may write into a thread."""
    message = {"type": "chat", "message": "hi", "destination": "1001"}
    assert pbx.as_user("1008").send("POST", into(pbx.longest()), message)[0] == 403


def test_a_chat_is_renamed_for_all(pbx: Any) -> None:
    """A new name is seen by every participant."""
    pbx.send("POST", into(NEW), {"type": "chat", "message": "hi", "destination": "1002"})
    assert pbx.send("PUT", f"{OWN}/messagesessions/{NEW}", {"session-name": "Team"}) == SENT
    assert pbx.get("/domains/~/users/1002/messagesessions")[0]["messagesession-name"] == "Team"


def test_participants_are_replaced(pbx: Any) -> None:
    """The list of participants is the final one: some come, some go."""
    pbx.send("POST", into(NEW), {"type": "chat", "message": "hi", "destination": "1002"})
    pbx.send("PUT", f"{OWN}/messagesessions/{NEW}", {"participants": "1001,1003"})
    assert pbx.messages(NEW, "1003")
    assert pbx.send("GET", f"/domains/~/users/1002/messagesessions/{NEW}")[0] == 404


def test_an_sms_session_has_no_participants_to_change(pbx: Any) -> None:
    """Only chats can be renamed or change participants."""
    for change in ({"session-name": "x"}, {"participants": "1001,1002"}):
        assert pbx.send("PUT", f"{OWN}/messagesessions/{pbx.longest()}", change)[0] == 400


def test_the_read_mark_is_set(pbx: Any) -> None:
    """A session is marked unread and read."""
    session = f"{OWN}/messagesessions/{pbx.longest()}"
    for mark in ("unread", "read"):
        pbx.send("PUT", session, {"messagesession-last-status": mark})
        assert pbx.get(session)[0]["messagesession-last-status"] == mark


def test_who_leaves_is_gone(pbx: Any) -> None:
    """Who leaves a chat has it no more, the others keep it."""
    pbx.send("POST", into(NEW), {"type": "chat", "message": "hi", "destination": ["1002", "1003"]})
    assert pbx.send("PUT", f"{OWN}/messagesessions/{NEW}/leave") == SENT
    assert pbx.send("GET", into(NEW))[0] == 404
    assert "1001" not in pbx.get("/domains/~/users/1002/messagesessions")[0]["messagesession-participants"]


def test_a_deleted_session_is_gone(pbx: Any) -> None:
    """A deleted session is neither listed nor counted nor read."""
    session, before = pbx.longest(), pbx.get(f"{OWN}/messagesessions/count")["total"]
    assert pbx.send("DELETE", f"{OWN}/messagesessions/{session}") == SENT
    assert pbx.get(f"{OWN}/messagesessions/count") == {"total": before - 1}
    assert pbx.send("GET", into(session))[0] == 404


def test_no_session_is_made_without_a_message(pbx: Any) -> None:
    """Posting to the list of sessions fails as it does on live servers."""
    assert pbx.send("POST", f"{OWN}/messagesessions", {})[0] == 500
