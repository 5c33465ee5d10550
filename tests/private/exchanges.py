"""Exchanges that contain planted values in every place where one may be, as a client sends them."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape, quoteattr

from loopback import Behaviour, answers
from planted import Planted

JSON, FORM, XML = "application/json", "application/x-www-form-urlencoded", "application/xml"
MULTIPART = "multipart/form-data; boundary=0123456789abcdef"


@dataclass(frozen=True)
class Sent:
    """A request, and what the server answers."""

    place: str
    path: str = "/v1/things"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    answer: Behaviour = field(default_factory=lambda: answers({"ok": True}))


def in_every_place(planted: Sequence[Planted]) -> Iterator[Sent]:
    """Yield exchanges; each place contains each of the values."""
    for start in range(0, len(planted), 40):
        yield from _short_places(planted[start : start + 40])
    for encode in (_plain, _base64, _gzip, _deflate, _gzip_base64, _hex):
        # The encodings are undone before the kind of a body matters, so two kinds are enough for each.
        for kind, make in (BODIES if encode is _plain else dict(list(BODIES.items())[:3:2])).items():
            body = make(planted)
            name = f"{kind} as {encode.__name__}"
            sent_kind = kind if encode is _plain else "application/octet-stream"
            yield Sent(f"request: {name}", headers={"Content-Type": sent_kind}, body=encode(body))
            yield Sent(f"response: {name}", answer=answers(encode(body)))
    error = "; ".join(f"{each.field} {each.value} is not known" for each in planted)
    yield Sent("error text", answer=answers({"detail": error, "reason": {"description": error}}, 422))


def _short_places(planted: Sequence[Planted]) -> Iterator[Sent]:
    headers = {f"X-{_header_name(each)}-{at}": _header(each.value) for at, each in enumerate(planted)}
    yield Sent("request headers", headers=headers)
    yield Sent("response headers", answer=answers({}, **headers))
    cookies = "; ".join(f"{_header_name(each)}{at}={quote(each.value)}" for at, each in enumerate(planted))
    yield Sent("cookies", headers={"Cookie": cookies})
    yield Sent("set-cookie", answer=answers({}, Set_Cookie=cookies))
    yield Sent("query", path=f"/v1/things?{urlencode([(each.field, each.value) for each in planted])}")
    yield Sent("path", path="/v1/" + "/".join(quote(each.value, safe="") for each in planted))
    for each in planted:
        where = f"https://ana:{quote(each.value, safe='')}@api.acme-dental.co.uk/{quote(each.value, safe='')}"
        yield Sent(
            "location", answer=answers({}, 201, Location=f"{where}?{urlencode({each.field: each.value})}")
        )
    token = base64.b64encode(f"robot:{planted[0].value}".encode()).decode()
    yield Sent("authorization", headers={"Authorization": f"Key {token}"}, answer=answers({"text": token}))


def _json(planted: Sequence[Planted]) -> bytes:
    flat = {f"{each.field}": each.value for each in planted}
    content = {
        "resource": {"items": [{"deep": {each.field: each.value}} for each in planted]},
        "list": [each.value for each in planted],
        "inner": json.dumps([{each.field: each.value} for each in planted]),
        "twice": json.dumps({"inner": json.dumps([{each.field: each.value} for each in planted])}),
        "encoded": [base64.b64encode(f"xy{each.value}z".encode()).decode() for each in planted],
        "extras": [{"id": each.value, "status": each.value, "type": each.value} for each in planted],
        "content": [f"please note {each.value}, thanks" for each in planted],
        "name": [each.value for each in planted],
        "uri": [f"/threads/{quote(each.value, safe='')}?{urlencode({'q': each.value})}" for each in planted],
        "numbers": [int(each.value) for each in planted if each.value.isdecimal()],
    }
    return json.dumps({**content, **flat, **{each.value: 1 for each in planted}}).encode()


def _form(planted: Sequence[Planted]) -> bytes:
    return urlencode([(each.field, each.value) for each in planted]).encode()


def _multipart(planted: Sequence[Planted]) -> bytes:
    boundary = b"--0123456789abcdef"
    parts = []
    for at, each in enumerate(planted):
        name, value = each.field.encode(), each.value.encode()
        safe = quote(each.value, safe=" @.+()-").encode()
        parts += [
            boundary + b'\r\nContent-Disposition: form-data; name="' + name + b'"\r\n\r\n' + value,
            boundary
            + b'\r\nContent-Disposition: form-data; name="file'
            + str(at).encode()
            + b'"; filename="'
            + safe
            + b'.txt"\r\nContent-Type: text/plain\r\n\r\n'
            + value
            + b"\r\n"
            + value,
        ]
    return b"\r\n".join([*parts, boundary + b"--\r\n"])


def _xml(planted: Sequence[Planted]) -> bytes:
    rows = "".join(
        f"<row of={quoteattr(each.value)}><field name={quoteattr(each.field)}>{escape(each.value)}</field>"
        f"tail {escape(each.value)}<!-- {escape(each.value).replace('-', '')} --></row>"
        for each in planted
    )
    return f"<rows>{rows}</rows>".encode()


def _text(planted: Sequence[Planted]) -> bytes:
    return "\n".join(f"{each.field} was {each.value}!" for each in planted).encode()


def _binary(planted: Sequence[Planted]) -> bytes:
    return b"\x00\xff\xfe\x89PNG" + b"\x00\xff".join(each.value.encode() for each in planted)


def _lime(planted: Sequence[Planted]) -> bytes:
    commands = [
        {
            "id": each.value, "method": "get", "to": f"{quote(each.value, safe='')}@wa.gw.msging.net",
            "uri": f"/contacts/{quote(each.value, safe='')}?$filter={quote(each.value)}&$take=10",
            "metadata": {"#command.uri": f"lime://{quote(each.value, safe='')}@msging.net/threads"},
        }
        for each in planted
    ]  # fmt: skip
    return json.dumps(commands).encode()


BODIES: dict[str, Callable[[Sequence[Planted]], bytes]] = {
    JSON: _json, FORM: _form, MULTIPART: _multipart, XML: _xml, "text/plain": _text,
    "application/octet-stream": _binary, "application/vnd.lime.command+json": _lime,
}  # fmt: skip


def _plain(body: bytes) -> bytes:
    return body


def _base64(body: bytes) -> bytes:
    return base64.b64encode(body)


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body)


def _deflate(body: bytes) -> bytes:
    return zlib.compress(body)


def _gzip_base64(body: bytes) -> bytes:
    return base64.b64encode(gzip.compress(body))


def _hex(body: bytes) -> bytes:
    return body.hex().encode()


def _header(value: str) -> str:
    plain = value.isascii() and value.isprintable() and value == value.strip()
    return value if plain else base64.b64encode(value.encode()).decode()


def _header_name(each: Planted) -> str:
    return "".join(letter for letter in each.field if letter.isascii() and letter.isalpha())
