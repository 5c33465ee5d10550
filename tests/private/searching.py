"""Searches a file for values in every layer. It shares no code with what scrubs, and decodes by itself."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_plus

import yaml
from planted import Planted


def find_planted(path: Path, planted: Iterable[Planted]) -> list[Planted]:
    """Return the values of which a trace is in a file, in any of its layers."""
    everything = "\n\0".join(layers_of_file(path))
    lowered = everything.lower()
    return [
        each
        for each in planted
        if any(trace in everything or trace.lower() in lowered for trace in each.traces)
    ]


def layers_of_file(path: Path) -> set[str]:
    """Return the text of a file, its values, and all that can be decoded from them."""
    text = path.read_text(encoding="utf-8")
    found: set[str] = set()
    pending = [text, *_values(yaml.safe_load(text))]
    for _ in range(5):
        fresh = [each for each in dict.fromkeys(pending) if each not in found]
        found.update(fresh)
        pending = [inner for each in fresh for inner in _decode(each)]
    return found


def _values(content: Any) -> list[str]:
    if isinstance(content, dict):
        return [each for key, value in content.items() for each in (str(key), *_values(value))]
    if isinstance(content, list):
        return [each for value in content for each in _values(value)]
    if isinstance(content, bytes):
        return _unpack(content)
    return [] if content is None else [str(content)]


def _decode(text: str) -> list[str]:
    found = [unquote(text), unquote_plus(text), html.unescape(text)]
    with suppress(ValueError):
        found += _values(json.loads(text))
    with suppress(ValueError):
        found.append(json.loads(f'"{text}"'))
    for run in set(re.findall(r"[A-Za-z0-9+/=_-]{16,}", text.replace("\n", ""))):
        usual = run.replace("-", "+").replace("_", "/").rstrip("=")
        for skip in range(4):
            part = usual[skip:]
            part = part[: len(part) - (len(part) % 4 == 1)]
            with suppress(ValueError):
                found += _unpack(base64.b64decode(part + "=" * (-len(part) % 4)))
    for run in set(re.findall(r"(?:[0-9a-fA-F]{2}){8,}", text)):
        found += _unpack(bytes.fromhex(run))
    return found


def _unpack(content: bytes) -> list[str]:
    for inflate in (gzip.decompress, zlib.decompress):
        with suppress(OSError, EOFError, zlib.error):
            content = inflate(content)
    text = content.decode("utf-8", "replace")
    readable = re.findall(r"[^\x00-\x08\x0e-\x1f\ufffd]{6,}", text)
    return [text, *readable] if len(readable) < 20 else [text]
