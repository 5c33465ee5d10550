"""Compares recordings of the real platforms with the mocks: anyone with an account can check them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from msgnb.testing.audit import find_cassettes
from msgnb.testing.cassettes import Readable

if TYPE_CHECKING:
    import pandas as pd

    from msgnb_mocks.hosting.replay import Exchange


def compare(folder: str | Path) -> pd.DataFrame:
    """Replay the requests of all cassettes in a folder against the mocks, and compare the responses.

    >>> msgnb.testing.compare("cassettes/")

    Returns:
        One row for each operation: how sure the mock's contract is, how many exchanges were recorded, whether
        the mock responds alike, and which fields, JSON types and statuses differ.

    Raises:
        FileNotFoundError: there is no such folder, or no cassette in it.
    """
    import pandas as pd  # noqa: PLC0415 - loads when first used

    from msgnb_mocks.hosting.replay import compare as play  # noqa: PLC0415 - the mocks load when first used

    names = ["operation", "evidence", "recorded", "alike", "only_recorded", "only_mock", "types", "statuses"]
    exchanges = (exchange for path in find_cassettes(folder) for exchange in _exchanges(path))
    rows = [[getattr(each, name) for name in names] for each in play(exchanges)]
    return pd.DataFrame(rows, columns=names)


def _exchanges(path: Path) -> Iterator[Exchange]:
    from msgnb_mocks.core.operations import Request  # noqa: PLC0415
    from msgnb_mocks.hosting.replay import Exchange  # noqa: PLC0415

    for each in Readable.deserialize(path.read_text(encoding="utf-8"))["interactions"]:
        asked, answered = each["request"], each["response"]
        parts = urlsplit(asked["uri"])
        headers = {name.lower(): str(value[0]) for name, value in asked["headers"].items() if value}
        request = Request(asked["method"], parts.path, parts.query, headers, _bytes(asked.get("body")))
        yield Exchange(request, answered["status"]["code"], _bytes(answered["body"].get("string")))


def _bytes(body: str | bytes | None) -> bytes:
    return body.encode() if isinstance(body, str) else body or b""
