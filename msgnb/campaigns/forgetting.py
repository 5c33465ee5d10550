"""How somebody is removed from the journals of campaigns.

Their address becomes a keyed hash, so that it stays known that a campaign was sent to somebody, while nobody
can tell to whom. A text that only they received is removed, and so are mentions of the address elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from msgnb.campaigns.journal import lock_journal
from msgnb.campaigns.journal_lines import read_content, write_content
from msgnb.core.block_list import mark_forgotten
from msgnb.core.private_files import replace_file
from msgnb.tables.mentions import REMOVED, KnownPerson


def forget_in_journals(folder: Path, person: KnownPerson) -> Iterator[tuple[str, str, int]]:
    """Remove somebody from all journals in a folder, and yield for each what was removed.

    Args:
        folder: the folder; other files in it stay.
        person: whom to remove.

    Raises:
        InvalidRequest: a campaign is being sent by another process.
    """
    for path in sorted(folder.glob("*.jsonl")):
        if count := _forget_in_journal(path, person):
            yield path.name, "journal entries", count
    # What a process left that was killed while it made a journal.
    for draft in folder.glob(".*.tmp"):
        draft.unlink(missing_ok=True)


def _forget_in_journal(path: Path, person: KnownPerson) -> int:
    with lock_journal(path) as content:
        found = read_content(content)
        if found is None:
            return 0
        lines = {number: _clean_line(line, person) for number, line in found.numbered.items()}
        changed = [number for number, line in lines.items() if line != found.numbered[number]]
        # A damaged line may name the person too. It is left out, and the gap still shows that it is missing.
        if changed or found.damaged:
            replace_file(Path(os.path.realpath(path)), write_content(lines, found.last))
        return len(changed)


def _clean_line(line: Mapping[str, Any], person: KnownPerson) -> dict[str, Any]:
    cleaned = {name: _clean(value, person) for name, value in line.items()}
    names = line.get("to", ())
    meant = [person.is_meant(name) for name in names]
    if names and all(meant):
        # Nobody else received this text, and it may be about them.
        cleaned["text"] = REMOVED
    if any(meant) and "values" in cleaned:
        rows = zip(meant, cleaned["values"], strict=False)
        cleaned["values"] = [[REMOVED] * len(row) if gone else row for gone, row in rows]
    return cleaned


def _clean(value: Any, person: KnownPerson) -> Any:
    if isinstance(value, str):
        return mark_forgotten(person.canonical) if person.is_meant(value) else person.clean_text(value)
    if isinstance(value, list):
        return [_clean(each, person) for each in value]
    if isinstance(value, dict):
        return {_clean(name, person): _clean(each, person) for name, each in value.items()}
    return value
