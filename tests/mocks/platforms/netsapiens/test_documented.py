"""Documented requests, answered by the mock with the documented keys and JSON types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest

from msgnb_mocks.core.operations import Request

DATA = Path(__file__).parents[3] / "data" / "netsapiens.jsonl"
EXAMPLES = {line["name"]: line for line in map(orjson.loads, DATA.read_bytes().splitlines())}

NEW = "n" * 32
IDS_ARE_TEXT = {"id": "ids are text, and numbers by the quirk numeric-text"}
SPELT_DATETIME = {
    f"{key}-timestamp": f"schemas and live servers say {key}-datetime"
    for key in (
        "messagesession-last",
        "messagesession-start",
        "messagesession-last-email-reminder",
        "messagesession-agent-start",
        "deleted",
    )
}
SHORT_ANSWER = dict.fromkeys(
    ("user-scope", "reseller", "current-active-server"),
    "the published answer was shortened; the schema has the key",
)

NOT_COVERED = "the operation is not covered"
LEFT_OUT = {
    "calls.transfer": NOT_COVERED,
    "calls.answer": NOT_COVERED,
    "error.404.domain": "users are not listed; other operations answer the same text",
    "error.403.domain": "users are not listed; other operations answer the same text",
    **{name: "an event, which is posted and not asked for" for name in EXAMPLES if name.startswith("event.")},
    **{name: "an object to compare events with" for name in EXAMPLES if name.startswith("resource.")},
}


@dataclass(frozen=True)
class Play:
    """How a documented request is put to the mock, and where its answer may differ."""

    session: Callable[[Any], str] = field(default=lambda pbx: pbx.longest())
    body: Mapping[str, Any] = field(default_factory=dict)
    quirks: tuple[str, ...] = ()
    prepare: Callable[[Any], Any] = lambda _: None
    differs: Mapping[str, str] = field(default_factory=dict)
    some_keys: bool = False


def chat(pbx: Any, *, group: Any) -> Any:
    """The id of a seeded chat of the owner."""
    return next(
        row["messagesession-id"]
        for row in pbx.sessions()
        if not row["messagesession-sms-number"] and (row["messagesession-type"] == "group-chat") is group
    )


def a_group(pbx: Any) -> Any:
    return chat(pbx, group=True)


def a_pair(pbx: Any) -> Any:
    return chat(pbx, group=False)


def unknown(_: Any) -> Any:
    return NEW


def subscribed(pbx: Any) -> None:
    pbx.send("POST", "/subscriptions", EXAMPLES["subscriptions.create"]["request"]["body"])


def guarded(pbx: Any) -> None:
    pbx.login = pbx.guarded().login


def challenged(pbx: Any) -> None:
    guarded(pbx)
    pbx.login["passcode"] = pbx.mock.further_credentials["mfa"]["passcode"]
    pbx.login["access_token"] = orjson.loads(pbx.request("POST", "/tokens", password_of(pbx)).body)[
        "access_token"
    ]


def password_of(pbx: Any) -> Any:
    return {"grant_type": "password", **pbx.login}


def with_key(pbx: Any) -> None:
    pbx.with_key()


def with_jwt(pbx: Any) -> None:
    pbx.token = pbx.send("POST", "/jwt", password_of(pbx))[1]["token"]


OWN_NUMBER = {"from-number": "16195550101"}
COLLEAGUES = {"destination": ["1002", "1004"]}
PLAYED = {
    "tokens.password": Play(),
    "tokens.refresh": Play(),
    "tokens.bad-password": Play(body={"password": "wrong"}),
    "tokens.legacy-oauth2": Play(),
    "tokens.mfa.challenge": Play(prepare=guarded, quirks=("mfa-200",), some_keys=True),
    "tokens.mfa.second-step": Play(prepare=challenged),
    "apikeys.create.forbidden": Play(),
    "apikeys.update": Play(prepare=with_key),
    "jwt.read": Play(prepare=with_jwt),
    "jwt.create": Play(),
    "jwt.delegated": Play(body={"user": "1003", "domain": "harbor.example"}, prepare=with_key),
    "messagesessions.user.list": Play(differs=SPELT_DATETIME),
    "messagesession.get": Play(differs=SPELT_DATETIME),
    "messagesession.participants": Play(a_group, {"participants": "1001,1002,1003"}),
    "messagesession.rename": Play(a_group),
    "messagesession.leave": Play(a_group),
    "messagesession.delete": Play(),
    "messagesession.mark-read": Play(),
    "messagesessions.user.list.live-shape": Play(
        quirks=("numeric-text", "iso-datetimes"),
        differs=dict.fromkeys(
            (
                "messagesession-remote",
                "messagesession-sms-number",
                "messagesession-last-sender",
                "messagesession-last-message",
            ),
            "the one published row is an inbound SMS; chats and own messages have text",
        ),
        some_keys=True,
    ),
    "messages.list": Play(a_pair, differs=SPELT_DATETIME | IDS_ARE_TEXT),
    "messages.list.live-shape": Play(
        quirks=("numeric-text",),
        differs={"id": "published as text only", "text": "published as text only"},
        some_keys=True,
    ),
    "messages.send.chat": Play(a_pair, {"destination": "1002"}),
    "messages.send.group-chat": Play(unknown, COLLEAGUES),
    "messages.send.sms": Play(unknown, OWN_NUMBER),
    "messages.send.mms": Play(unknown, OWN_NUMBER),
    "smsnumbers.create": Play(body={"dest": "1001"}),
    "smsnumbers.delete": Play(),
    "smsnumbers.user.count": Play(),
    "smsnumbers.list.live-shape": Play(),
    "contacts.create": Play(),
    "contacts.shared.create": Play(),
    "calls.user.list": Play(quirks=("v1-call-keys",)),
    "calls.create": Play(),
    "subscriptions.create": Play(),
    "subscriptions.create.conflict": Play(prepare=subscribed),
    "subscriptions.read": Play(),
    "subscriptions.update": Play(),
    "subscriptions.create.live": Play(differs=SHORT_ANSWER),
    "subscriptions.list.active.live": Play(),
    "subscriptions.delete.body": Play(body={"domain": "harbor.example"}),
}


def test_every_example_is_played_or_left_out_for_a_reason() -> None:
    """Each documented example is either played or named with the reason why not."""
    assert PLAYED.keys() | LEFT_OUT.keys() == EXAMPLES.keys()
    assert not PLAYED.keys() & LEFT_OUT.keys()


@pytest.mark.parametrize("name", PLAYED)
def test_a_documented_request_is_answered_as_documented(make: Any, name: Any) -> None:
    """The answer has the documented status, keys and JSON types."""
    play, example = PLAYED[name], EXAMPLES[name]
    status, answer = put(make(*play.quirks), play, example["request"])
    documented = example.get("response", {})
    assert status == documented.get("status", 202 if name == "apikeys.update" else 200)
    body = documented.get("body")
    if name == "tokens.refresh":
        body = EXAMPLES["tokens.password"]["response"]["body"]
    if body is not None:
        assert type(answer) is type(body)
        compare(types(body), types(answer), play)


def put(pbx: Any, play: Any, documented: Any) -> Any:
    """Send a documented request with the mock's own values for its placeholders."""
    play.prepare(pbx)
    path, _, query = filled_path(pbx, play, documented["path"]).partition("?")
    body = filled_body(pbx, play, documented.get("body"))
    legacy = path.startswith("/ns-api/")
    raw = urlencode(body).encode() if legacy else orjson.dumps(body) if body else b""
    headers = {"authorization": f"Bearer {pbx.token}"}
    full = path if legacy else f"/ns-api/v2{path}"
    answer = pbx.mock.handle(Request(documented["method"], full, query, headers, raw))
    return answer.status, orjson.loads(answer.body)


def filled_path(pbx: Any, play: Any, path: Any) -> Any:
    """The documented path with ids of the mock."""
    hook = next(iter(pbx.mock.state.subscriptions))
    if path.startswith("/subscriptions/"):
        path = f"/subscriptions/{hook}"
    if path.startswith("/apikeys/"):
        path = f"/apikeys/{next(iter(pbx.mock.state.api_keys.values())).row['key-id']}"
    path = path.replace("{domain}", "~").replace("{user}", "1001").replace("{smsnumber}", "16195550110")
    if "{messagesession}" in path:
        path = path.replace("{messagesession}", play.session(pbx))
    return path.removesuffix(" (v1, form encoded)")


def filled_body(pbx: Any, play: Any, body: Any) -> Any:
    """The documented body with the mock's credentials and users."""
    if body is None:
        return None
    own = {**pbx.login, "refresh_token": next(reversed(pbx.mock.state.refreshable))}
    return {**body, **{key: own[key] for key in body if key in own}, **play.body}


def types(body: Any) -> Any:
    """Each key with the JSON types that it has, over all rows."""
    rows = body if isinstance(body, list) else [body]
    found = {}
    for row in rows:
        for key, value in row.items():
            found.setdefault(key, set()).add(type(value).__name__)
    return found


def compare(documented: Any, answered: Any, play: Any) -> None:
    """Check keys and types, but for what the play says to differ."""
    for key in documented.keys() - play.differs.keys():
        assert answered[key] <= documented[key], key
    renamed = {key.replace("-timestamp", "-datetime") for key in play.differs}
    if not play.some_keys:
        assert answered.keys() - documented.keys() <= renamed
