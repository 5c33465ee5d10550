"""What an exchange with a platform proves.

A message must not go out twice, and must not be called failed if it may have arrived. Both follow from one
question about each exchange, and this module is the only place that answers it:

| what came back | what it proves |
| --- | --- |
| no connection: the name, the port or the certificate is wrong, or nobody answers | `not sent` |
| a status that the platform documents as "not processed" | `not sent` |
| 401 | `refused`: the signature is checked before anything else |
| another 4xx except 408, in the platform's own words | `refused` |
| a 4xx that the platform documents to come without words | `refused` |
| a 2xx with the body that the operation has | `done` |
| a drop, a time-out, a body that can't be read, 408, 3xx, 5xx, a 2xx or 4xx of somebody else | `unknown` |

Only `not sent` may be repeated, and `unknown` is the default. A proxy, a firewall or a captive portal speaks
in statuses too, so a status alone proves nothing unless the platform documents it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from msgnb.core.responses import Explanation, Failure, Response

Proof = Literal["not sent", "refused", "done", "unknown"]
Expected = Callable[[Response], bool]
"""Whether a success has the body that the operation has."""

UNAUTHORIZED = 401
TIMED_OUT = 408
"""A server that gave up waiting; a proxy may say so of a request that it passed on."""


@dataclass(frozen=True)
class Evidence:
    """What the statuses of a platform prove by themselves, each with its source.

    Attributes:
        not_processed: statuses of requests that were not processed.
        refused: statuses of requests that were refused, although the body is empty or its words are unknown.
    """

    not_processed: Mapping[int, str] = field(default_factory=dict)
    refused: Mapping[int, str] = field(default_factory=dict)

    def proves(
        self, result: Response | Failure, explanation: Explanation, expected: Expected | None = None
    ) -> Proof:
        """Return what an exchange proves.

        Args:
            result: the response, or why there is none.
            explanation: what the platform's reader of errors found in the body.
            expected: tells the operation's own success from others; by default any body that can be read.
        """
        if isinstance(result, Failure):
            return "not sent" if result.unsent else "unknown"
        if result.status in self.not_processed:
            return "not sent"
        if 200 <= result.status < 300:
            return "done" if result.ok and (expected is None or expected(result)) else "unknown"
        return "refused" if self._is_refusal(result, explanation) else "unknown"

    def _is_refusal(self, response: Response, explanation: Explanation) -> bool:
        if response.status == UNAUTHORIZED:
            return True
        if not 400 <= response.status < 500 or response.status == TIMED_OUT or response.unreadable:
            return False
        return response.status in self.refused or explanation.has_words


# Shapes of a body, for `expected`


def is_object(body: Any, *keys: str) -> bool:
    """Return whether a body is an object that has these keys."""
    return isinstance(body, dict) and all(key in body for key in keys)


def is_rows(body: Any, *, names: bool = False) -> bool:
    """Return whether a body is a list of objects; with `names`, of texts."""
    kind = str if names else dict
    return isinstance(body, list) and all(isinstance(row, kind) for row in body)
