"""Messages of a world as a table: read from a table or a file, and written to one.

The columns are those of the table `messages`, so that a world can start from the messages of an account, or
of another world.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from msgnb_mocks.core.messages import HistoryMessage
from msgnb_mocks.world.world import Conversation

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = (
    "platform", "session", "message", "at", "direction", "sender", "recipient", "kind", "text", "media_type",
    "media_size", "campaign",
)  # fmt: skip
NEEDED = ("at", "direction", "sender", "recipient", "text")
DIRECTIONS = ("inbound", "outbound")
FORMATS = (".csv", ".json", ".jsonl", ".parquet")


def from_conversations(conversations: Iterable[Conversation], own: str) -> Iterator[HistoryMessage]:
    """Yield what was said in conversations, as the messages of an SMS platform.

    Contacts and sessions have the person's phone number.

    Args:
        conversations: conversations of a world.
        own: the account's number.
    """
    for conversation in conversations:
        phone = conversation.person.phone
        for number, line in enumerate(conversation.lines, 1):
            media_type, media_size = (line.media.mime, line.media.size) if line.media else ("", 0)
            yield HistoryMessage(
                line.at, line.inbound, line.text, phone, own, phone, f"{conversation.person.number}-{number}",
                media_type=media_type, media_size=media_size,
            )  # fmt: skip


def make_table(histories: Mapping[str, Iterable[HistoryMessage]]) -> pd.DataFrame:
    """Return the messages of each platform as one table."""
    import pandas as pd  # noqa: PLC0415 - loads when first used

    rows = [_row(platform, each) for platform, messages in histories.items() for each in messages]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    return found.assign(
        at=pd.to_datetime(found["at"], utc=True), media_size=found["media_size"].astype("Int64")
    )


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table to a file in one of the `FORMATS`.

    Raises:
        ValueError: the file's name ends in none of them.
    """
    suffix = _format(path)
    file = BytesIO()
    if suffix == ".parquet":
        frame.to_parquet(file, index=False)
    elif suffix == ".csv":
        frame.to_csv(file, index=False)
    else:
        frame.to_json(file, orient="records", lines=suffix == ".jsonl", date_format="iso", force_ascii=False)
    _replace(path, file.getvalue())


def _replace(path: Path, content: bytes) -> None:
    """Write a file that only the user can read: the messages may be real ones that `load` was given."""
    target = Path(os.path.realpath(path))
    draft = target.with_name(f".{token_hex(8)}.new")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def read(
    source: pd.DataFrame | Path, platform: str | None, known: Iterable[str]
) -> dict[str, list[HistoryMessage]]:
    """Return the messages of a table or a file by their platforms, the oldest first.

    Args:
        source: a table, or a file that contains one.
        platform: the platform of all rows, if there is no such column.
        known: the platforms that exist.

    Raises:
        ValueError: a column is missing, or a value is not valid; it is named.
    """
    frame = _read_file(source) if isinstance(source, Path) else source
    if platform is not None:
        frame = frame.assign(platform=platform)
    if missing := [name for name in ("platform", *NEEDED) if name not in frame.columns]:
        raise ValueError(
            f"the columns {', '.join(missing)} are missing; there are {', '.join(frame.columns)}"
        )
    found: dict[str, list[HistoryMessage]] = {}
    allowed = tuple(known)
    for number, row in enumerate(frame.to_dict("records")):
        name = row["platform"]
        if name not in allowed:
            raise ValueError(f"row {number}: no platform {name!r}; there are {', '.join(allowed)}")
        message = _parse_row(number, {key: _value(row.get(key)) for key in COLUMNS})
        found.setdefault(name, []).append(message)
    return {name: sorted(messages, key=lambda each: each.at) for name, messages in found.items()}


def _row(platform: str, message: HistoryMessage) -> dict[str, Any]:
    sender, recipient = (message.contact, message.own)[:: 1 if message.inbound else -1]
    return {
        "platform": platform,
        "session": message.session,
        "message": message.message,
        "at": message.at,
        "direction": DIRECTIONS[not message.inbound],
        "sender": sender,
        "recipient": recipient,
        "kind": message.kind,
        "text": message.text,
        "media_type": message.media_type or None,
        "media_size": message.media_size or None,
        "campaign": message.campaign or None,
    }


def _read_file(path: Path) -> pd.DataFrame:
    import pandas as pd  # noqa: PLC0415 - loads when first used

    suffix = _format(path)
    if suffix == ".parquet":
        return pd.read_parquet(path)
    if suffix == ".csv":
        # As numbers, phone numbers would lose their plus; and pandas takes a text such as "NA" for a missing
        # value.
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    return pd.read_json(path, orient="records", lines=suffix == ".jsonl", dtype=False)


def _format(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(f"{path.name} is no file of messages; its name ends in {', '.join(FORMATS)}")
    return suffix


def _value(value: Any) -> Any:
    """Return a cell's value; an empty text if it is missing."""
    return "" if value is None or value != value or str(value) in {"<NA>", "NaT"} else value  # noqa: PLR0124


def _parse_row(number: int, row: Mapping[str, Any]) -> HistoryMessage:
    if row["direction"] not in DIRECTIONS:
        raise ValueError(f"row {number}: the direction {row['direction']!r} is not {' or '.join(DIRECTIONS)}")
    inbound = row["direction"] == "inbound"
    contact, own = (row["sender"], row["recipient"])[:: 1 if inbound else -1]
    if not contact:
        raise ValueError(f"row {number}: there is no {'sender' if inbound else 'recipient'}")
    return HistoryMessage(
        _parse_time(number, row["at"]),
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


def _parse_time(number: int, value: Any) -> datetime:
    try:
        # The times of a table are Timestamps, those of a file are text; as text they look alike.
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"row {number}: {value!r} is no time like 2026-11-02T09:30:00+00:00") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
