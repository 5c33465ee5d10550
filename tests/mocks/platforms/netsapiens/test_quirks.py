"""The other readings of the contract, each by itself."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from msgnb_mocks.platforms.netsapiens import QUIRKS

OWN = "/domains/~/users/~"
NEW = "a" * 32
SMS = {"type": "sms", "message": "941173465", "destination": "16195551111", "from-number": "16195550101"}
INTO = f"{OWN}/messagesessions/{NEW}/messages"


@pytest.mark.parametrize("quirk", QUIRKS)
def test_every_quirk_changes_something(make: Any, quirk: Any) -> None:
    """Each quirk makes at least one answer or post differ."""
    assert transcript(make(quirk)) != transcript(make())


def test_without_a_quirk_nothing_changes(make: Any) -> None:
    """Two mocks of the same seed answer and post the same."""
    assert transcript(make()) == transcript(make())


def transcript(pbx: Any) -> Any:
    """The answers to a round of calls that touches every reading, and what is posted."""
    hook = {"model": "call", "post-url": "https://hooks.example/x"}
    posted: list[Any] = []
    pbx.mock.state.publish = lambda model, users, event: posted.append((model, shape(event)))
    answers = [pbx.guarded().sign_in(), pbx.sign_in(password="no"), pbx.request("POST", INTO, SMS)]
    answers += [
        pbx.request("POST", f"{OWN}/messages", {**SMS, "type": "mms", "data": "eA==", "mime-type": "a/b"})
    ]
    answers += [pbx.request("POST", "/subscriptions", hook)]
    first = pbx.mock.state.subscriptions.copy().popitem()[0]
    answers += [pbx.request("DELETE", f"/subscriptions/{first}")]
    for path in ("messagesessions", "smsnumbers", "contacts", "calls"):
        answers += [
            pbx.request("GET", f"/domains/~/users/{user}/{path}") for user in ("1001", "1007", "1008")
        ]
    answers += [pbx.request("GET", f"/domains/~/{path}") for path in ("smsnumbers", "subscriptions")]
    answers += [pbx.request("GET", f"{OWN}/messagesessions/{pbx.longest()}/messages", start=100)]
    newest = pbx.request("GET", f"{OWN}/messagesessions", limit=1)
    found = orjson.loads(newest.body)
    row = found[0] if isinstance(found, list) else found
    answers += [newest, pbx.request("GET", f"{OWN}/messagesessions/{row['messagesession-id']}/messages")]
    for _ in range(210):
        last = pbx.request("GET", "/version")
    found = [(answer.status, shape(orjson.loads(answer.body))) for answer in answers]
    return [*found, last.status, posted]


def shape(value: Any) -> Any:
    """Keys and types, and those values that no two mocks make anew."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [shape(each) for each in value]
    return type(value).__name__, len(value) if isinstance(value, str) else value


def test_numeric_text_comes_as_numbers(make: Any) -> None:
    """By quirk numbers, texts and ids of digits are JSON numbers."""
    pbx = make("numeric-text")
    pbx.send("POST", INTO, SMS)
    message, session = pbx.messages(NEW)[0], pbx.sessions()[0]
    assert (message["text"], message["dialed"], session["messagesession-remote"]) == (
        941173465,
        16195551111,
        16195551111,
    )


def test_one_row_comes_bare(make: Any) -> None:
    """By quirk a list of one row is the bare object, an empty one stays a list."""
    pbx = make("single-row-object")
    for path in ("messagesessions", "smsnumbers", "contacts"):
        assert isinstance(pbx.get(f"/domains/~/users/1007/{path}"), dict)
        assert pbx.get(f"/domains/~/users/1008/{path}") == []


def test_an_empty_list_is_404(make: Any) -> None:
    """By quirk an empty list is answered with 404."""
    assert make("empty-list-404").send("GET", "/domains/~/users/1008/messagesessions")[0] == 404


def test_keys_end_in_timestamp(make: Any) -> None:
    """By quirk the keys of times end in -timestamp."""
    row = make("timestamp-keys").sessions()[0]
    assert "messagesession-last-timestamp" in row
    assert not [key for key in row if key.endswith("-datetime")]


def test_times_are_iso(make: Any) -> None:
    """By quirk a session's times carry their offset."""
    assert make("iso-datetimes").sessions()[0]["messagesession-last-datetime"].endswith("+00:00")


def test_sending_answers_the_message(make: Any) -> None:
    """By quirk sending into a session answers 200 with the message."""
    status, message = make("send-answers-message").send("POST", INTO, SMS)
    assert (status, message["messagesession-id"]) == (200, NEW)


def test_starting_answers_202(make: Any) -> None:
    """By quirk starting a session answers without the message."""
    pbx = make("start-answers-accepted")
    assert pbx.send("POST", f"{OWN}/messages", SMS) == (202, {"code": 202, "message": "Accepted"})


def test_start_is_ignored(make: Any) -> None:
    """By quirk every page of messages is the first."""
    pbx = make("ignore-start")
    assert pbx.messages(pbx.longest(), start=100, limit=50) == pbx.messages(pbx.longest(), limit=50)


def test_the_domains_numbers_need_dest(make: Any) -> None:
    """By quirk the domain's numbers are listed only with dest or number."""
    pbx = make("smsnumbers-needs-dest")
    assert pbx.send("GET", "/domains/~/smsnumbers")[0] == 400
    assert len(pbx.get("/domains/~/smsnumbers", dest="*")) == 10


def test_calls_have_old_names(make: Any) -> None:
    """By quirk active calls have the names of the published example."""
    assert {"orig_callid", "term_call_info"} <= make("v1-call-keys").get("/domains/~/calls")[0].keys()
