"""How somebody is removed from the journals of campaigns.

Their address becomes a keyed hash, so that it stays known that a campaign was sent to somebody, while nobody
can tell to whom. A text that only they received is removed, and so are mentions of the address elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgnb.campaigns.journal import JournalHeader, lock_journal
from msgnb.campaigns.journal_lines import read_content, write_content
from msgnb.core.block_list import PREFIX, mark_forgotten
from msgnb.core.errors import InvalidRequest
from msgnb.core.private_files import replace_file
from msgnb.tables.mentions import REMOVED, KnownPerson

_BEGINNING = b'{"journal":'
_DRAFTS = (".tmp", ".new")


def forget_in_journals(folder: Path, person: KnownPerson) -> list[tuple[str, str, int]]:
    """Remove somebody from all journals in a folder, and return for each what was removed.

    Args:
        folder: the folder; files that are no journals stay.
        person: whom to remove.

    Raises:
        InvalidRequest: journals could not be changed, for example because the campaign is being sent; it is
            raised after all others were searched.
    """
    found, problems = [], []
    # Neither folders nor links that lead nowhere.
    for path in sorted(path for path in folder.glob("*") if path.is_file()):
        if path.suffix in _DRAFTS:
            _remove_draft(path, person)
        elif path.suffix == ".jsonl" or _begins_as_journal(path):
            try:
                count = _forget_in_journal(path, person)
            except (InvalidRequest, OSError) as error:
                problems.append(str(error))
                continue
            if count:
                found.append((path.name, "journal entries", count))
    if problems:
        raise InvalidRequest.of(journals=f"{'; '.join(problems)}. Everything else was searched")
    return found


def list_recipients(folder: Path) -> set[str]:
    """Return everybody whom the campaigns with journals in a folder were sent to."""
    found: set[str] = set()
    for path in folder.glob("*.jsonl"):
        content = read_content(path.read_bytes()) if path.is_file() else None
        for line in content.numbered.values() if content else ():
            found |= {name for name in line.get("to", ()) if not name.startswith(PREFIX)}
    return found


def _begins_as_journal(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_BEGINNING)) == _BEGINNING


def _remove_draft(path: Path, person: KnownPerson) -> None:
    """Remove what a process left that was killed while it wrote, if the person is in it."""
    text = path.read_bytes().decode("utf-8", "replace")
    if person.clean_text(text) != text or PREFIX in text:
        path.unlink(missing_ok=True)


def _forget_in_journal(path: Path, person: KnownPerson) -> int:
    with lock_journal(path) as content:
        found = read_content(content)
        if found is None:
            return _clean_damaged(path, content, person)
        lines = {number: _clean_line(line, person) for number, line in found.numbered.items()}
        changed = [number for number, line in lines.items() if line != found.numbered[number]]
        # A line that is damaged, or cut off, may name the person too. It is left out, and the gap still shows
        # that it is missing.
        if changed or found.damaged or not content.endswith(b"\n"):
            replace_file(Path(os.path.realpath(path)), write_content(lines, found.last))
        header = lines.get(1, {})
        if "identity_hash" in header:
            target = path.with_name(JournalHeader(**_fields(header)).forgotten_file_name)
            if path.name != target.name and not path.is_symlink() and not target.exists():
                path.rename(target)
        return len(changed)


def _clean_damaged(path: Path, content: bytes, person: KnownPerson) -> int:
    """Remove mentions from a journal that can't be read; it was of no use before either."""
    text = content.decode("utf-8", "surrogateescape")
    cleaned = person.clean_text(text)
    if cleaned == text:
        return 0
    replace_file(Path(os.path.realpath(path)), cleaned.encode("utf-8", "surrogateescape"))
    return 1


def _fields(line: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "n"}


def _clean_line(line: Mapping[str, Any], person: KnownPerson) -> dict[str, Any]:
    cleaned = {name: _clean(value, person) for name, value in line.items()}
    if "platform" in line and cleaned != line:
        # The campaign must still be recognized, or everybody would get it again.
        cleaned["identity_hash"] = JournalHeader(**_fields(line)).hashed_identity
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
