"""Reads the content of a message: the text that stands for it, and its media (BLiP 3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgnb import tables

MEDIA_LINK = "application/vnd.lime.media-link+json"
_TEXT_KEYS = ("text", "title", "name", "value", "uri", "key", "state")


def text_of(content: Any) -> str | None:
    """The text that a person would read, or the content as JSON where there is none.

    >>> text_of({"text": "Choose", "options": [{"text": "First"}, {"text": "Second"}]})
    'Choose [First] [Second]'
    """
    if not isinstance(content, Mapping):
        return tables.text(content)
    own = next((content[key] for key in _TEXT_KEYS if isinstance(content.get(key), str)), None)
    if own is None:
        return _inner(content) or tables.text(dict(content))
    labels = [text_of(option.get("label") or option) for option in content.get("options") or ()]
    return " ".join([own, *(f"[{label}]" for label in labels)])


def _inner(content: Mapping[str, Any]) -> str | None:
    if "latitude" in content and "longitude" in content:
        return f"{content['latitude']}, {content['longitude']}"
    for key in ("template", "header", "label", "replied", "value"):
        if isinstance(content.get(key), Mapping):
            return text_of(content[key])
    return None


def media_of(kind: str | None, content: Any) -> Mapping[str, Any]:
    """The `uri`, `type` and `size` of a media link; empty for other content."""
    return content if kind == MEDIA_LINK and isinstance(content, Mapping) else {}
