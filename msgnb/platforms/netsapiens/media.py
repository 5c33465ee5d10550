"""Pictures and other files that are sent with a message: read, checked, recognized and encoded as base64."""

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
"""Bytes. In base64 a file becomes a third larger, and operators refuse bodies over 25 MB (NetSapiens 8); what
carriers deliver as MMS is often far less, around 1 MB."""
_RECOGNIZED_BY_CONTENT = ("image/", "audio/", "video/")


@dataclass(frozen=True)
class Media:
    """A file to send with a message: its bytes and its MIME type."""

    content: bytes = field(repr=False)
    mime_type: str

    @property
    def size(self) -> int:
        """The size in bytes."""
        return len(self.content)

    def wire(self) -> dict[str, Any]:
        """Return the fields of a message that carry it (NetSapiens 3.2)."""
        data = b64encode(self.content).decode()
        return {"data": data, "mime-type": self.mime_type, "size": self.size}


@dataclass(frozen=True)
class Encoded:
    """A file that somebody else encoded; what is `None` is not sent.

    Args:
        data: the content in base64.
        mime_type: the MIME type.
        size: the size of the content in bytes.
    """

    data: str | None = field(default=None, repr=False)
    mime_type: str | None = None
    size: int | None = None

    def wire(self) -> dict[str, Any]:
        """Return the fields of a message that carry it."""
        return {"data": self.data, "mime-type": self.mime_type, "size": self.size}


if TYPE_CHECKING:
    Source = str | Path | bytes | Image | Media


def load_media(source: Source, mime_type: str | None = None) -> Media:
    """Return the media in a file, in bytes or in a Pillow image.

    >>> load_media("photo.jpg")
    Media(mime_type='image/jpeg')

    Args:
        source: a path as text or `Path`, bytes, or a `PIL.Image.Image`; `Media` are returned unchanged.
        mime_type: the MIME type; detected from content and name if `None`.

    Raises:
        InvalidRequest: there is no such file, it is empty or too large, or its type cannot be detected.
    """
    if isinstance(source, Media):
        return source
    content, name = _read(source)
    _check_size(len(content), name)
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
            _check_size(path.stat().st_size, path.name)
            return path.read_bytes(), path.name
        except OSError as error:
            raise InvalidRequest.of(media=f"{source}: {error.strerror}") from None
    if callable(getattr(source, "save", None)):
        buffer = BytesIO()
        # A picture that was not read from a file has no format.
        source.save(buffer, getattr(source, "format", None) or "PNG")
        return buffer.getvalue(), ""
    kind = type(source).__name__
    raise InvalidRequest.of(media=f"is a {kind}; give a path, bytes or a picture of Pillow")


def _check_size(size: int, name: str) -> None:
    """Refuse content that is empty or too large; for a file, before it is read."""
    what = name or "it"
    if not size:
        raise InvalidRequest.of(media=f"{what} is empty")
    if size > LARGEST:
        words = f"{what} has {size:,} bytes; the most that can be sent is {LARGEST:,}"
        raise InvalidRequest.of(media=f"{words}. Make it smaller, or send a link.")


def _mime_type(content: bytes, name: str) -> str | None:
    """The type by content, which renaming doesn't change; by name if the content doesn't reveal it."""
    import puremagic  # noqa: PLC0415 - loads when first used

    try:
        # The beginning is enough to recognize a type, without searching megabytes for one.
        detected = puremagic.from_string(content[:65_536], mime=True, filename=name or None)
    except (puremagic.PureError, ValueError):
        detected = ""
    # Of documents the content often shows only the container, such as ZIP; the name tells more.
    if detected.startswith(_RECOGNIZED_BY_CONTENT):
        return detected
    return mimetypes.guess_type(name)[0] or detected or None
