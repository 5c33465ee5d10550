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
    "category", "amount", "time", "id", "host", "address", "person", "text", "url", "secret", "opaque"
]  # fmt: skip
"""What a value is.

`category`, `amount`, `time` and `id` (one that the platform generated) stay readable. The names of `host`
stay if they are the platform's own. `address` is whom a message goes to or comes from, `person` a name,
`text` what people write, `url` a URL or a path with a query. `secret` is hidden. `opaque` contains fields of
which the platform knows nothing, so none of their names counts.
"""
Holds = Kind | frozenset[str]
"""The kind of a value, or all values that it may have."""

YES_NO = frozenset({"yes", "no"})
CODES = frozenset(map(str, range(1000)))
"""HTTP statuses and reason codes. As amounts they might be one-time codes, which are longer."""
_STRICTNESS: tuple[Kind, ...] = (
    "amount", "time", "category", "id", "host", "url", "address", "person", "text", "opaque", "secret",
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
        hosts: domains of the platform; the labels that an account has before them are replaced.
    """

    fields: Mapping[str, Holds] = field(default_factory=dict)
    headers: Mapping[str, Holds] = field(default_factory=dict)
    parameters: Mapping[str, Holds] = field(default_factory=dict)
    paths: Mapping[str, Holds | None] = field(default_factory=dict)
    hosts: frozenset[str] = frozenset()


HTTP = Wire(
    headers={
        "accept": "category",
        "accept-encoding": "category",
        "accept-language": "category",
        "age": "amount",
        "allow": "category",
        "authorization": "secret",
        "cache-control": "category",
        "connection": "category",
        "content-encoding": "category",
        "content-language": "category",
        "content-length": "amount",
        "content-location": "url",
        "content-type": "category",
        "cookie": "secret",
        "date": "time",
        "expires": "time",
        "host": "host",
        "last-modified": "time",
        "location": "url",
        "origin": "url",
        "pragma": "category",
        "proxy-authorization": "secret",
        "referer": "url",
        "retry-after": "amount",
        "server": "category",
        "set-cookie": "secret",
        "transfer-encoding": "category",
        "user-agent": "category",
        "vary": "category",
    },
)
"""What HTTP itself documents (RFC 9110, RFC 6265)."""


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
