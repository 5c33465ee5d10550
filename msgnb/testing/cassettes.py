"""Recordings of exchanges (VCR cassettes) that hold no secret and no person, and that people can read.

* Both sides are scrubbed before anything is written; see `msgnb.testing.scrubbing`.
* BLiP's commands share one URL and carry random ids; they are told apart by method, uri and `to`.
* Bodies are written as the values that they hold, and a request that was not recorded says which recorded one
  is nearest, and what differs.

In a `conftest.py`, with pytest-recording:

    from msgnb.testing import cassettes

    @pytest.fixture(scope="module")
    def vcr_config():
        return cassettes.vcr_config()

    def pytest_recording_configure(config, vcr):
        cassettes.register(vcr)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from weakref import WeakSet

import orjson

from msgnb.app.modes import current
from msgnb.testing.scrubbing import Scrubber

RANDOM = frozenset({"id", "call-id"})
WHO = frozenset({"username", "email", "client_id", "client_secret"})
MATCH_ON = ("method", "path", "query", "msgnb_body")
UNBROKEN = 1_000_000
KEY_VARIABLE = "MSGNB_MASK_KEY"
PUBLIC_KEY = "msgnb"
MOST_DIFFERENCES = 5
_IN_USE: WeakSet[Scrubber] = WeakSet()
"""What is known when a file is written may not have been when its first exchange was recorded."""


def vcr_config(
    *, rename: Callable[[str], str] = str, key: str | None = None, secrets: Iterable[str] = ()
) -> dict[str, Any]:
    """The configuration of VCR that hides secrets and people, and tells exchanges apart.

    Args:
        rename: gives a request's URL as it is to be written, for example without a random port.
        key: of the pseudonyms; that of the environment (`MSGNB_MASK_KEY`) without. Whoever replays needs the
            same one. Without any it is a public one: enough for a mock's people, not for real ones.
        secrets: values that are to be hidden wherever they are, beside those of telling names.
    """
    scrubber = Scrubber(key or os.environ.get(KEY_VARIABLE) or PUBLIC_KEY, secrets)
    _IN_USE.add(scrubber)

    def before_request(request: Any) -> Any:
        request.headers = scrubber.headers(request.headers)
        request.uri = scrubber.uri(rename(request.uri))
        request.body = scrubber.body(request.body)
        return request

    def before_response(response: dict[str, Any]) -> dict[str, Any]:
        body = response["body"]
        headers = scrubber.headers(response["headers"])
        return {**response, "headers": headers, "body": {**body, "string": scrubber.body(body.get("string"))}}

    return {
        "before_record_request": before_request,
        "before_record_response": before_response,
        "match_on": MATCH_ON,
        "decode_compressed_response": True,
    }


def register(vcr: Any) -> None:
    """Teach a VCR the matcher that `vcr_config` names, to write readable files, and to explain itself."""
    vcr.register_matcher("msgnb_body", _same_body)
    vcr.register_serializer("yaml", Readable)
    _explain()


class Readable:
    """A cassette as YAML, in which a JSON body is what it holds, and not one long line."""

    @staticmethod
    def serialize(cassette: dict[str, Any]) -> str:
        """The file's text."""
        import yaml  # noqa: PLC0415 - comes with vcrpy

        interactions = [
            {
                "request": {**each["request"], "body": _shown(each["request"].get("body"))},
                "response": {**each["response"], "body": _shown(each["response"]["body"].get("string"))},
            }
            for each in cassette["interactions"]
        ]
        content = {**cassette, "interactions": interactions}
        text: str = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=UNBROKEN)
        for scrubber in _IN_USE:
            text = scrubber.known(text)
        return text

    @staticmethod
    def deserialize(text: str) -> dict[str, Any]:
        """What VCR works with."""
        import yaml  # noqa: PLC0415 - comes with vcrpy

        cassette: dict[str, Any] = yaml.safe_load(text)
        for each in cassette["interactions"]:
            each["request"]["body"] = _hidden_away(each["request"].get("body"))
            body = each["response"]["body"]
            if not (isinstance(body, Mapping) and "string" in body):
                each["response"]["body"] = {"string": _hidden_away(body) or ""}
        return cassette


def identity(body: Any) -> Any:
    """What tells a request's body apart: all of it but what is random, for a command method, uri and `to`."""
    content = _json(body)
    if isinstance(content, Mapping) and "uri" in content and "method" in content:
        return {name: content.get(name) for name in ("method", "uri", "to")}
    if isinstance(content, Mapping):
        # Whoever replays a login may be somebody else: its secret is hidden anyway.
        ignored = RANDOM | WHO if "password" in content else RANDOM
        return {name: value for name, value in content.items() if name not in ignored}
    return _form(body) if content is None else content


def _form(body: Any) -> Any:
    """A form that holds a password without who signs in; other text as it is."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    if not isinstance(text, str) or "password=" not in text:
        return body
    return {name: value for name, value in parse_qsl(text) if name not in WHO}


def differences(recorded: Any, now: Any, place: str = "body") -> Iterator[str]:
    """Where two bodies differ, in words."""
    if isinstance(recorded, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*recorded, *now)):
            if name not in now:
                yield f"{place}.{name} is missing, recorded is {recorded[name]!r}"
            elif name not in recorded:
                yield f"{place}.{name} is {now[name]!r}, recorded is none"
            else:
                yield from differences(recorded[name], now[name], f"{place}.{name}")
    elif recorded != now:
        yield f"{place} is {now!r}, recorded is {recorded!r}"


def _same_body(one: Any, other: Any) -> None:
    found = list(differences(identity(other.body), identity(one.body)))[:MOST_DIFFERENCES]
    assert not found, "; ".join(found)  # noqa: S101 - VCR's way to say no


def _explain() -> None:
    """Let VCR's error name the nearest request, and show the one that failed as it would have been written.

    VCR itself shows it as it was sent, with what is secret in its URL.
    """
    from vcr.errors import CannotOverwriteExistingCassetteException as NotRecorded  # noqa: PLC0415

    if hasattr(NotRecorded, "msgnb_explains"):
        return
    made = NotRecorded.__init__

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if "failed_request" in kwargs:
            kwargs["failed_request"] = kwargs["cassette"]._before_record_request(kwargs["failed_request"])  # noqa: SLF001
        made(self, *args, **kwargs)
        if "failed_request" in kwargs:
            mode = current()
            on = f"{mode!r} is on: no request leaves\n" if mode and mode.name == "cassette" else ""
            why = _nearest(kwargs["cassette"], kwargs["failed_request"])
            self.args = (f"{on}{why}\n\n{self.args[0]}",)

    NotRecorded.__init__ = init
    NotRecorded.msgnb_explains = True


def _nearest(cassette: Any, request: Any) -> str:
    wanted = _line(request)
    recorded = sorted(
        cassette.requests, key=lambda each: SequenceMatcher(None, wanted, _line(each)).ratio(), reverse=True
    )
    if not recorded:
        return f"{wanted}\nis not recorded; the cassette is empty"
    nearest = recorded[0]
    found = [
        f"{name} is {now!r}, recorded is {before!r}"
        for name, before, now in (
            ("method", nearest.method, request.method),
            ("path", urlsplit(nearest.uri).path, urlsplit(request.uri).path),
            ("query", urlsplit(nearest.uri).query, urlsplit(request.uri).query),
        )
        if before != now
    ]
    found += list(differences(identity(nearest.body), identity(request.body)))[:MOST_DIFFERENCES]
    why = "; ".join(found) or "it is the same, and was played already"
    return f"{wanted}\nis not recorded; the nearest is\n{_line(nearest)}\n{why}"


def _line(request: Any) -> str:
    body = identity(request.body)
    shown = orjson.dumps(body, default=str).decode() if isinstance(body, Mapping | list) else str(body or "")
    return (
        f"{request.method} {urlsplit(request.uri).path}?{urlsplit(request.uri).query} {shown[:200]}".rstrip()
    )


def _shown(body: Any) -> Any:
    """A body as it is written: values where it holds JSON, otherwise the text or the bytes."""
    content = _json(body)
    return {"json": content} if isinstance(content, Mapping | list) else body


def _hidden_away(body: Any) -> Any:
    if isinstance(body, Mapping) and "json" in body:
        return orjson.dumps(body["json"]).decode()
    return body


def _json(body: Any) -> Any:
    if not body or not isinstance(body, bytes | str):
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
