"""The other side of a conversation, who writes when the world says so."""

from __future__ import annotations

from typing import Any

import pytest


def test_a_new_number_begins_a_session(pbx: Any) -> None:
    """A message from an unknown number begins a session on top of the owner's list, unread."""
    found = pbx.mock.receive("+1 (212) 555-0176", "+16195550101", "Are you open?")
    top = pbx.sessions()[0]
    assert top["messagesession-id"] == found["session"]
    assert (top["messagesession-remote"], top["messagesession-last-status"]) == ("12125550176", "unread")
    message = pbx.messages(found["session"])[0]
    assert (message["id"], message["text"], message["direction"]) == (
        found["message"],
        "Are you open?",
        "orig",
    )


def test_an_answer_stays_in_its_session(pbx: Any) -> None:
    """Who was written to answers in the session that the question was sent in."""
    body = {"type": "sms", "message": "hello", "destination": "12125550176", "from-number": "16195550101"}
    pbx.send("POST", f"/domains/~/users/~/messagesessions/{'b' * 32}/messages", body)
    assert pbx.mock.receive("12125550176", "16195550101", "hi")["session"] == "b" * 32
    assert [row["text"] for row in pbx.messages("b" * 32)] == ["hi", "hello"]


def test_a_session_can_be_named(pbx: Any) -> None:
    """A session that is named is taken, such as a group's."""
    group = next(
        row
        for row in pbx.sessions()
        if "," in row["messagesession-remote"] and row["messagesession-sms-number"]
    )
    sender = group["messagesession-remote"].split(",")[0]
    session = group["messagesession-id"]
    assert pbx.mock.receive(sender, "16195550101", "all", session=session)["session"] == session


def test_users_chat(pbx: Any) -> None:
    """A user writes to another in the chat that they have, and both see it."""
    found = pbx.mock.receive("1002", "1001@harbor.example", "lunch?")
    assert pbx.messages(found["session"])[0]["from-user-id"] == "1002@harbor.example"
    assert pbx.messages(found["session"], user="1002")[0]["text"] == "lunch?"


def test_media_come_along(pbx: Any) -> None:
    """A message with media is an MMS with type and size."""
    found = pbx.mock.receive("12125550176", "16195550101", "see", media=("image/png", 77))
    message = pbx.messages(found["session"])[0]
    assert (message["type"], message["media-type"], message["media-size"]) == ("mms", "image/png", 77)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("12125550176", "19995550000"), "nobody has the number 19995550000; those of users are 16195550101"),
        (("hello", "16195550101"), "is no phone number"),
        (("12125550176", "1001"), "is no user"),
        (("12125550176", "16195550110"), "nobody has the number"),
    ],
)
def test_who_is_not_there_is_named(pbx: Any, arguments: Any, words: str) -> None:
    """A number or user that is not there is an error that says who is."""
    with pytest.raises(ValueError, match=words):
        pbx.mock.receive(*arguments, "hi")


def test_an_unknown_session_is_named(pbx: Any) -> None:
    """A session that the number has not is an error."""
    with pytest.raises(ValueError, match="no session 'x'"):
        pbx.mock.receive("12125550176", "16195550101", "hi", session="x")
