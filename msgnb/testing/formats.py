"""Bodies made of parts: multipart forms and XML."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from xml.etree import ElementTree as ET

BOUNDARY = "msgnb"
"""Between the parts of a recorded form; that of a client is random, and no request would be found again."""
_DELIMITER = re.compile(rb"--([^\r\n]{1,200})\r?\n")

_DECLARATION = re.compile(rb"<!(?!--|\[CDATA\[)")


@dataclass(frozen=True)
class Part:
    """A part of a multipart form; a file has a name, and other fields have none."""

    name: str
    content: bytes
    filename: str | None = None
    content_type: str | None = None


def parse_multipart(content: bytes) -> list[Part] | None:
    """Return the parts of a form; `None` if it is none, or isn't complete."""
    opening = _DELIMITER.match(content)
    if not opening:
        return None
    delimiter = b"--" + opening[1]
    pieces = re.split(rb"(?:^|\r?\n)" + re.escape(delimiter), content)
    if not pieces[-1].startswith(b"--") or pieces[-1].strip(b"-\r\n "):
        return None
    found = [_parse_part(piece) for piece in pieces[1:-1]]
    return None if None in found else [part for part in found if part]


def make_multipart(parts: Iterable[Part]) -> bytes:
    """Return a form of parts, with the recordings' own boundary."""
    return b"".join(map(_make_part, parts)) + f"--{BOUNDARY}--\r\n".encode()


def rewrite_xml(
    content: bytes, rename: Callable[[str], str], scrub: Callable[[str, str], str]
) -> bytes | None:
    """Return XML with other names and values; `None` if the content is not XML that can be rewritten.

    Comments and processing instructions are left out. A document that declares entities is not read.

    Args:
        content: the document.
        rename: returns the name of an element or attribute.
        scrub: returns the value of one.
    """
    if not content.lstrip().startswith(b"<") or _DECLARATION.search(content):
        return None
    try:
        root = ET.fromstring(content)  # noqa: S314 - entities were refused
    except (ET.ParseError, ValueError, LookupError):
        return None
    for element in root.iter():
        name = _local(element.tag)
        element.text = _scrubbed(element.text, name, scrub)
        element.tail = _scrubbed(element.tail, "", scrub)
        element.attrib = {rename(_local(key)): scrub(_local(key), each) for key, each in element.items()}
        element.tag = rename(name)
    return ET.tostring(root)


def _scrubbed(text: str | None, name: str, scrub: Callable[[str, str], str]) -> str | None:
    return scrub(name, text.strip()) if text and text.strip() else text


def _local(name: str) -> str:
    """Return a name without the URL of its namespace."""
    return name.rpartition("}")[2]


def _parse_part(piece: bytes) -> Part | None:
    head, blank, content = re.sub(rb"^[ \t]*\r?\n", b"", piece, count=1).partition(b"\r\n\r\n")
    if not blank:
        return None
    headers = BytesHeaderParser().parsebytes(head)
    name = headers.get_param("name", header="content-disposition")
    filename = headers.get_filename()
    kind = headers.get("content-type")
    return Part(name, content, filename, kind) if isinstance(name, str) else None


def _make_part(part: Part) -> bytes:
    filename = "" if part.filename is None else f'; filename="{part.filename}"'
    kind = f"Content-Type: {part.content_type}\r\n" if part.content_type else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{part.name}"{filename}\r\n{kind}\r\n'
    return head.encode() + part.content + b"\r\n"
