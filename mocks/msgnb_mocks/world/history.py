"""One's own messages in a world: read from a table or a file, and written into one.

The columns are those of the table `messages`, so that what was read from an account, or from a world, can be
where another one starts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "platform", "session", "message", "at", "direction", "sender", "recipient", "kind", "text", "media_type",
    "media_size", "campaign",
)  # fmt: skip
NEEDED = ("at", "direction", "sender", "recipient", "text")
DIRECTIONS = ("inbound", "outbound")
FORMATS = (".csv", ".json", ".jsonl", ".parquet")


@dataclass(frozen=True)
class Heard:
    """One message between the account and somebody else; `own` is the account's number, user or identity."""

    at: datetime
    inbound: bool
    text: str
    contact: str
    own: str
    session: str
    message: str = ""
    kind: str = ""
    media_type: str = ""
    media_size: int = 0
    campaign: str = ""

    def row(self, platform: str) -> dict[str, Any]:
        """As a row of the table."""
        sender, recipient = (self.contact, self.own) if self.inbound else (self.own, self.contact)
        return {
            "platform": platform,
            "session": self.session,
            "message": self.message,
            "at": self.at,
            "direction": DIRECTIONS[not self.inbound],
            "sender": sender,
            "recipient": recipient,
            "kind": self.kind,
            "text": self.text,
            "media_type": self.media_type or None,
            "media_size": self.media_size or None,
            "campaign": self.campaign or None,
        }


def table(histories: Mapping[str, Iterable[Heard]]) -> pd.DataFrame:
    """What was said on each platform, as a table."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    rows = [heard.row(platform) for platform, some in histories.items() for heard in some]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.assign(
        at=pd.to_datetime(found["at"], utc=True), media_size=found["media_size"].astype("Int64")
    )


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table into a file of one of the `FORMATS`.

    Raises:
        ValueError: the file's name ends in none of them.
    """
    suffix = _format(path)
    if suffix == ".parquet":
        frame.to_parquet(path, index=False)
    elif suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_json(path, orient="records", lines=suffix == ".jsonl", date_format="iso", force_ascii=False)


def read(source: pd.DataFrame | Path, platform: str | None, known: Iterable[str]) -> dict[str, list[Heard]]:
    """The messages of a table or a file, by their platforms.

    Args:
        source: a table or a file of one.
        platform: that of all rows, where there is no such column.
        known: the platforms that there are.

    Raises:
        ValueError: a column is missing, or a row holds something else than it should; it is named.
    """
    frame = _read_file(source) if isinstance(source, Path) else source
    if platform is not None:
        frame = frame.assign(platform=platform)
    if missing := [name for name in ("platform", *NEEDED) if name not in frame.columns]:
        raise ValueError(
            f"the columns {', '.join(missing)} are missing; there are {', '.join(frame.columns)}"
        )
    found: dict[str, list[Heard]] = {}
    allowed = tuple(known)
    for number, row in enumerate(frame.to_dict("records")):
        name = row["platform"]
        if name not in allowed:
            raise ValueError(f"row {number}: no platform {name!r}; there are {', '.join(allowed)}")
        found.setdefault(name, []).append(_heard(number, {key: _value(row.get(key)) for key in COLUMNS}))
    return {name: sorted(some, key=lambda heard: heard.at) for name, some in found.items()}


def _read_file(path: Path) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    suffix = _format(path)
    if suffix == ".parquet":
        return pd.read_parquet(path)
    if suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    return pd.read_json(path, orient="records", lines=suffix == ".jsonl", dtype=False)


def _format(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"{path.name} is no file of messages; its name ends in {', '.join(FORMATS)}")
    return suffix


def _value(value: Any) -> Any:
    """A cell; an empty one is an empty text."""
    return "" if value is None or value != value or str(value) in {"<NA>", "NaT"} else value  # noqa: PLR0124


def _heard(number: int, row: Mapping[str, Any]) -> Heard:
    if row["direction"] not in DIRECTIONS:
        raise ValueError(f"row {number}: the direction {row['direction']!r} is not {' or '.join(DIRECTIONS)}")
    inbound = row["direction"] == "inbound"
    contact, own = (row["sender"], row["recipient"])[:: 1 if inbound else -1]
    if not contact:
        raise ValueError(f"row {number}: there is no {'sender' if inbound else 'recipient'}")
    return Heard(
        _moment(number, row["at"]),
        inbound,
        str(row["text"]),
        str(contact),
        str(own),
        str(row["session"] or contact),
        str(row["message"]),
        str(row["kind"]),
        str(row["media_type"]),
        int(float(row["media_size"] or 0)),
        str(row["campaign"]),
    )


def _moment(number: int, value: Any) -> datetime:
    try:
        # A table's own times are datetimes already; they are told apart by their text, whoever made them.
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"row {number}: {value!r} is no time like 2026-11-02T09:30:00+00:00") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
