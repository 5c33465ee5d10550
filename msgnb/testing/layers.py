"""What a text contains under its encodings: percent, base64, hex, gzip, escapes, and all of them again.

A secret can be in a text that doesn't show it.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import html
import re
import zlib
from collections.abc import Iterable, Iterator
from urllib.parse import unquote, unquote_plus

DEPTH = 4
LARGEST = 20_000_000
"""Bytes that a compressed text may have, so that a small one can't fill the memory."""
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Fa-f]{2}){6,}(?![0-9A-Za-z])")
_ESCAPES = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_UNREADABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ufffd]")
MOST_UNREADABLE = 0.2
"""What share of a decoded text may be unreadable; more tells that it was not encoded."""
_LINE_BREAK = re.compile(r"\\?\r?\n[ \t]*")
_GZIP, _ZLIB = b"\x1f\x8b", (b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda")


def decode_layers(text: str, depth: int = DEPTH) -> Iterator[str]:
    """Yield a text, and what is in it under up to `depth` encodings."""
    seen = {text}
    layer = [text]
    yield text
    for _ in range(depth):
        layer = [each for each in dict.fromkeys(_flat_decode(layer)) if each not in seen]
        yield from layer
        seen.update(layer)


def _flat_decode(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from _decode_once(text)


def decompress(content: bytes) -> bytes | None:
    """Return the content of gzip or zlib data; `None` if it is neither, or too large."""
    if not content.startswith((_GZIP, *_ZLIB)):
        return None
    reader = zlib.decompressobj(wbits=47)  # either format, told by its header
    try:
        found = reader.decompress(content, LARGEST)
    except zlib.error:
        return None
    return found if reader.eof and not reader.unused_data else None


def compress(content: bytes, like: bytes) -> bytes:
    """Return content in the format of other compressed data, always the same for the same content."""
    return gzip.compress(content, mtime=0) if like.startswith(_GZIP) else zlib.compress(content)


def _decode_once(text: str) -> Iterator[str]:
    if "%" in text:
        yield unquote(text)
    if "+" in text:
        yield unquote_plus(text)
    if "&" in text:
        yield html.unescape(text)
    if "\\" in text:
        yield _ESCAPES.sub(_unescape, text)
    if "\n" in text:
        yield _LINE_BREAK.sub("", text)
    for run in _HEX.findall(text):
        yield from _texts(bytes.fromhex(run))
    for run in _BASE64.findall(text):
        yield from _texts(_decode_base64(run))


def _unescape(found: re.Match[str]) -> str:
    code = found[1]
    if len(code) == 1:
        return _PLAIN.get(code, code)
    number = int(code[1:], 16)
    return chr(number) if number < 0x110000 else found[0]


def _decode_base64(run: str) -> bytes:
    usual = run.replace("-", "+").replace("_", "/")
    # One character of a group is no byte yet.
    usual = usual[: len(usual) - 1] if len(usual) % 4 == 1 else usual
    try:
        return base64.b64decode(usual + "=" * (-len(usual) % 4))
    except binascii.Error:
        return b""


def _texts(content: bytes) -> Iterator[str]:
    text = (decompress(content) or content).decode("utf-8", "replace")
    if text and len(_UNREADABLE.findall(text)) <= MOST_UNREADABLE * len(text):
        yield text
