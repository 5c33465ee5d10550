"""Pictures and other files that go with a message: read, weighed, recognised and written as base64."""

from __future__ import annotations

import mimetypes
from base64 import b64encode
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb.core.errors import InvalidRequest

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 18_000_000
"""Bytes. In base64 they become a third more, and operators refuse bodies over 25 MB (NetSapiens 8); what a
carrier takes along as MMS is often far less, around 1 MB."""
_TOLD_BY_CONTENT = ("image/", "audio/", "video/")


@dataclass(frozen=True)
class Media:
    """A file to send with a message: its bytes and its MIME type."""

    content: bytes = field(repr=False)
    mime_type: str

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.content)

    def wire(self) -> dict[str, Any]:
        """As the platform takes it (NetSapiens 3.2)."""
        data = b64encode(self.content).decode()
        return {"data": data, "mime-type": self.mime_type, "size": self.size}


def media_of(source: str | Path | bytes | Image | Media, mime_type: str | None = None) -> Media:
    """The media of a path, of bytes or of a picture of Pillow.

    >>> media_of("photo.jpg")
    Media(mime_type='image/jpeg')

    Args:
        source: a path as text or `Path`, the bytes themselves, or a `PIL.Image.Image`.
        mime_type: what it is; found out from content and name where it is `None`.

    Raises:
        InvalidRequest: there is no such file, it is empty or too large, or its type can't be told.
    """
    if isinstance(source, Media):
        return source
    content, name = _read(source)
    _weigh(len(content), name)
    found = mime_type or _mime_type(content, name)
    if not found or "/" not in found:
        raise InvalidRequest.of(
            mime_type=f"can't be told from {name or 'the bytes'}; give it, as 'image/png'"
        )
    return Media(content, found)


def _read(source: Any) -> tuple[bytes, str]:
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), ""
    if isinstance(source, str | Path):
        path = Path(source).expanduser()
        try:
            _weigh(path.stat().st_size, path.name)
            return path.read_bytes(), path.name
        except OSError as error:
            raise InvalidRequest.of(media=f"{source}: {error.strerror}") from None
    if callable(getattr(source, "save", None)):
        kept = BytesIO()
        source.save(kept, getattr(source, "format", None) or "PNG")
        return kept.getvalue(), ""
    kind = type(source).__name__
    raise InvalidRequest.of(media=f"is a {kind}; give a path, bytes or a picture of Pillow")


def _weigh(size: int, name: str) -> None:
    """Refuse what is empty or too large; a file before it is read."""
    what = name or "it"
    if not size:
        raise InvalidRequest.of(media=f"{what} is empty")
    if size > LARGEST:
        words = f"{what} has {size:,} bytes; the most that can be sent is {LARGEST:,}"
        raise InvalidRequest.of(media=f"{words}. Make it smaller, or send a link.")


def _mime_type(content: bytes, name: str) -> str | None:
    """By content, which can't be renamed; by name where the content tells only a container, or nothing."""
    import puremagic  # noqa: PLC0415 - loads when first used

    try:
        told = puremagic.from_string(content[:65_536], mime=True, filename=name or None)
    except (puremagic.PureError, ValueError):
        told = ""
    if told.startswith(_TOLD_BY_CONTENT):
        return told
    return mimetypes.guess_type(name)[0] or told or None
