"""JSON that others wrote: the bodies of responses, and of posted events.

A body is read whatever half characters are in it, and is refused if it is nested so deeply that walking
through it would exhaust the stack.
"""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

DEEPEST = 64
"""How many levels of objects and lists a body may have; the deepest of any platform has about ten."""
_NO_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))
# Possessive, and to the end where a text is not closed: otherwise the search would begin anew at every quote.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)


def parse_json(content: bytes) -> Any:
    """Parse a body, with half characters replaced.

    Platforms shorten texts without regard to surrogate pairs, and half an emoji is not a character: orjson
    refuses it. One such text must not cost the whole response, so it is parsed again in a way that lets
    halves through, and each half becomes U+FFFD.

    Raises:
        ValueError: it is not JSON, or is nested more deeply than anything a platform sends. Whoever walks
            through such a body would run out of stack.
    """
    if _is_too_deep(content):
        raise ValueError("nested too deeply")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        parsed = json.loads(content)
    text = json.dumps(parsed, ensure_ascii=False)
    return orjson.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _is_too_deep(content: bytes) -> bool:
    """Whether a body is nested more deeply than `DEEPEST`."""
    # Fast for every usual body: brackets are counted, and the innermost pairs removed level by level.
    brackets = content.translate(None, _NO_BRACKETS)
    for _ in range(DEEPEST):
        if not brackets:
            return False
        inner = brackets.replace(b"{}", b"").replace(b"[]", b"")
        # Brackets within texts need not come in pairs.
        if len(inner) == len(brackets):
            break
        brackets = inner
    return _depth(content) > DEEPEST


def _depth(content: bytes) -> int:
    """The depth of a body, brackets within texts aside."""
    deepest = depth = 0
    for bracket in _TEXT.sub(b"", content).translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest
