"""What the documents of a platform say its requests and responses contain.

A recording keeps what is declared here and is neither secret nor personal. Everything else, such as a field
that the documents don't name, is replaced. So a name that is missing makes a recording less readable, and
never one that gives somebody away.

Each platform declares its own names in its package, and its descriptor leads to them:

    WIRE = Wire(
        fields={"id": "id", "status": frozenset({"QUEUED", "SENT"}), "to": "address", "body": "text"},
        parameters={"limit": "amount"},
        paths={"v1": None, "messages": "id"},
        hosts=frozenset({"api.echo-sms.example"}),
    )
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Literal, TypeVar

Kind = Literal[
    "amount", "time", "id", "host", "address", "person", "text", "url", "secret", "opaque"
]  # fmt: skip
"""What a value is.

`amount`, `time` and `id` (one that the platform generated) stay readable. The names of `host`
stay if they are the platform's own. `address` is whom a message goes to or comes from, `person` a name,
`text` what people write, `url` a URL or a path with a query. `secret` is hidden. `opaque` contains fields of
which the platform knows nothing, so none of their names counts.
"""
Holds = Kind | frozenset[str]
"""The kind of a value, or all values that it may have. A word of an open set may be a name or a password."""

YES_NO = frozenset({"yes", "no"})
CODES = frozenset(map(str, range(1000)))
"""HTTP statuses and reason codes. As amounts they might be one-time codes, which are longer."""
MEDIA_TYPES = frozenset({
    "", "application/json", "application/msword", "application/octet-stream", "application/pdf",
    "application/problem+json", "application/x-www-form-urlencoded", "application/xml", "application/zip",
    "audio/aac", "audio/amr", "audio/mp3", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "audio/webm",
    "image/bmp", "image/gif", "image/jpeg", "image/jpg", "image/png", "image/svg+xml", "image/webp",
    "multipart/form-data", "multipart/mixed", "text/calendar", "text/css", "text/csv", "text/html",
    "text/javascript", "text/plain", "text/vcard", "text/xml", "video/3gpp", "video/mp4", "video/mpeg",
    "video/quicktime", "video/webm",
})  # fmt: skip
"""Types of content that are registered, as far as messages and APIs have them."""
_CODINGS = frozenset({"gzip", "deflate", "br", "zstd", "compress", "identity", "chunked"})
_CACHING = frozenset({
    "no-cache", "no-store", "no-transform", "max-age", "s-maxage", "private", "public", "must-revalidate",
    "proxy-revalidate", "immutable",
})  # fmt: skip
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_LANGUAGES = frozenset(
    {"en", "en-US", "en-GB", "pt", "pt-BR", "pt-PT", "es", "es-ES", "fr", "fr-FR", "de", "de-DE"}
)
_SOFTWARE = frozenset({
    "python-requests", "python-httpx", "python-urllib3", "Python", "aiohttp", "msgnb", "curl", "uvicorn",
    "hypercorn", "gunicorn", "nginx", "openresty", "Apache", "cloudflare", "Kestrel", "Microsoft-IIS",
    "Microsoft-HTTPAPI", "envoy", "istio-envoy", "awselb",
})  # fmt: skip
"""Clients and servers that name themselves; each may be followed by its version."""
_STRICTNESS: tuple[Kind, ...] = (
    "amount", "time", "id", "host", "url", "address", "person", "text", "opaque", "secret",
)  # fmt: skip
_T = TypeVar("_T", bound=Holds | None)


@dataclass(frozen=True)
class Wire:
    """The documented names of a platform's requests and responses.

    Args:
        fields: fields of bodies, wherever in the body they are.
        headers: headers that HTTP itself doesn't define, in lower case.
        parameters: parameters of queries.
        paths: words of paths, each with what the part after it is, if that is no word itself.
        names: fields that are documented, and whose values are replaced or are fields themselves.
        hosts: domains of the platform; the labels that an account has before them are replaced.
    """

    fields: Mapping[str, Holds] = field(default_factory=dict)
    headers: Mapping[str, Holds] = field(default_factory=dict)
    parameters: Mapping[str, Holds] = field(default_factory=dict)
    paths: Mapping[str, Holds | None] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    hosts: frozenset[str] = frozenset()


HTTP = Wire(
    headers={
        "accept": MEDIA_TYPES | {"*/*"},
        "accept-encoding": _CODINGS,
        "accept-language": _LANGUAGES,
        "age": "amount",
        "allow": _METHODS,
        "authorization": "secret",
        "cache-control": _CACHING,
        "connection": frozenset({"keep-alive", "close", "upgrade"}),
        "content-encoding": _CODINGS,
        "content-language": _LANGUAGES,
        "content-length": "amount",
        "content-location": "url",
        "content-type": MEDIA_TYPES,
        "cookie": "secret",
        "date": "time",
        "expires": "time",
        "host": "host",
        "last-modified": "time",
        "location": "url",
        "origin": "url",
        "pragma": _CACHING,
        "proxy-authorization": "secret",
        "referer": "url",
        "retry-after": "amount",
        "server": _SOFTWARE,
        "set-cookie": "secret",
        "transfer-encoding": _CODINGS,
        "user-agent": _SOFTWARE,
        "api-key": "secret",
        "apikey": "secret",
        "cf-ray": "id",
        "idempotency-key": "id",
        "traceparent": "id",
        "x-access-token": "secret",
        "x-amzn-trace-id": "id",
        "x-api-key": "secret",
        "x-auth-token": "secret",
        "x-correlation-id": "id",
        "x-csrf-token": "secret",
        "x-request-id": "id",
        "vary": frozenset(
            {"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Origin", "Cookie"}
        ),
    },
)
"""What HTTP itself documents (RFC 9110, RFC 6265), and headers that have one meaning everywhere."""


def merge(wires: Iterable[Wire]) -> Wire:
    """Return one declaration of several.

    A recording may contain exchanges with several platforms, and behind a proxy or a test server the host
    does not tell which one it is. Where two platforms differ about a name, the stricter one counts.
    """
    wires = list(wires)
    return Wire(
        fields=_merged(each.fields for each in wires),
        headers=_merged(each.headers for each in wires),
        parameters=_merged(each.parameters for each in wires),
        paths=_merged(each.paths for each in wires),
        names=frozenset().union(*(each.names for each in wires)),
        hosts=frozenset().union(*(each.hosts for each in wires)),
    )


def _merged(declared: Iterable[Mapping[str, _T]]) -> dict[str, _T]:
    found: dict[str, list[_T]] = {}
    for names in declared:
        for name, holds in names.items():
            found.setdefault(name, []).append(holds)
    return {name: reduce(_stricter, several) for name, several in found.items()}


def _stricter(one: _T, other: _T) -> _T:
    if isinstance(one, frozenset) and isinstance(other, frozenset):
        return one | other  # type: ignore[return-value]  # both are sets of values
    return max(one, other, key=_rank)


def _rank(holds: Holds | None) -> int:
    if holds is None:
        return -2
    return -1 if isinstance(holds, frozenset) else _STRICTNESS.index(holds)
