"""Recordings of exchanges (VCR cassettes) that hold no secret and are told apart as the platforms tell them.

* Secrets are hidden on both sides before anything is written: headers, and the values of telling names in
  JSON and form bodies, in the request and in the answer.
* BLiP's commands share one URL and carry random ids; they are told apart by method, uri and `to`.

In a `conftest.py`, with pytest-recording:

    from msgnb.testing import cassettes

    @pytest.fixture(scope="module")
    def vcr_config():
        return cassettes.vcr_config()

    def pytest_recording_configure(config, vcr):
        cassettes.register(vcr)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

HIDDEN = "hidden"
HEADERS = ("authorization", "cookie", "set-cookie", "x-api-key")
NAMES = frozenset(
    {"password", "client_secret", "access_token", "refresh_token", "refresh", "token", "passcode", "key"}
)
RANDOM = frozenset({"id", "call-id"})
MATCH_ON = ("method", "path", "query", "msgnb_body")


def vcr_config(*, rename: Callable[[str], str] = str) -> dict[str, Any]:
    """The configuration of VCR that hides secrets and tells exchanges apart.

    Args:
        rename: gives a request's URL as it is to be written, for example without a random port.
    """

    def before_request(request: Any) -> Any:
        request.uri = rename(request.uri)
        request.body = _scrubbed(request.body)
        return request

    def before_response(response: dict[str, Any]) -> dict[str, Any]:
        body = response["body"]
        return {
            **response,
            "body": {**body, "string": _scrubbed(body.get("string"))},
            "headers": {k: v for k, v in response["headers"].items() if k.lower() not in HEADERS},
        }

    return {
        "before_record_request": before_request,
        "before_record_response": before_response,
        "filter_headers": [(name, HIDDEN) for name in HEADERS],
        "match_on": MATCH_ON,
        "decode_compressed_response": True,
    }


def register(vcr: Any) -> None:
    """Teach a VCR the matcher of bodies that `vcr_config` names."""
    vcr.register_matcher("msgnb_body", _same_body)


def identity(body: Any) -> Any:
    """What tells a request's body apart: all of it but what is random, for a command method, uri and `to`."""
    content = _json(body)
    if isinstance(content, Mapping) and "uri" in content and "method" in content:
        return content["method"], content["uri"], content.get("to")
    if isinstance(content, Mapping):
        return {name: value for name, value in content.items() if name not in RANDOM}
    return _scrubbed(body)


def _same_body(one: Any, other: Any) -> None:
    assert identity(one.body) == identity(other.body), "the bodies differ"  # noqa: S101 - VCR's way to say no


def _scrubbed(body: Any) -> Any:
    content = _json(body)
    if content is not None:
        return orjson.dumps(_hidden(content))
    if isinstance(body, bytes | str) and body:
        form = parse_qsl(body.decode("utf-8", "replace") if isinstance(body, bytes) else body)
        if form:
            return urlencode([(name, HIDDEN if name in NAMES else value) for name, value in form]).encode()
    return body


def _json(body: Any) -> Any:
    if not body:
        return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _hidden(content: Any) -> Any:
    if isinstance(content, list):
        return [_hidden(item) for item in content]
    if isinstance(content, dict):
        return {
            name: HIDDEN if name in NAMES and isinstance(value, str) else _hidden(value)
            for name, value in content.items()
        }
    return content
