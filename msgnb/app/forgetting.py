"""`msgnb.forget`: one call that removes somebody from everything that msgnb stores on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgnb.campaigns.forgetting import forget_in_journals, list_recipients
from msgnb.campaigns.journal import default_folder
from msgnb.core.block_list import user_block_list
from msgnb.core.errors import InvalidRequest, MsgnbError
from msgnb.history.archive import Archive
from msgnb.tables.mentions import KnownPerson, check_person, make_report, warn_not_found

if TYPE_CHECKING:
    import pandas as pd


def forget(
    who: str,
    *,
    archives: Archive | str | Path | Iterable[Archive | str | Path] = (),
    journals: str | Path | None = None,
    region: str | None = None,
) -> pd.DataFrame:
    """Remove somebody from archives and journals, and never send them a campaign again.

    >>> msgnb.forget("+55 11 99999-8888", archives="history/")

    All spellings of an address are one person, see `Archive.forget`. In journals a keyed hash takes the place
    of the address, so that it stays known that a campaign was sent. From now on campaigns skip the person
    with the error code `forgotten`, and syncs of these archives leave them out. Tables that you saved
    yourself, and what the platforms keep, are not touched.

    Args:
        who: a phone number, identity, email address or user.
        archives: the archives, or their folders.
        journals: the folder of the journals; the usual one if `None`.
        region: two-letter code of the country of numbers without a country code; by default that of `who`.

    Returns:
        One row per place and kind: `place`, `removed` (`messages`, `addresses`, `texts`, `checkpoints` or
        `journal entries`), and `count`. If it is empty, a warning names addresses that are close.

    Raises:
        InvalidRequest: `who` is empty or a phone number without a country, there is no such archive, or a
            campaign is being sent. Errors of files are raised after everything else was searched.
        SettingsError: somebody was forgotten with a key that is not on this machine.
    """
    person = check_person(who, region)
    opened = [_open(each) for each in _listed(archives)]
    folder = Path(journals) if journals else default_folder()
    blocked = user_block_list()
    blocked.load()
    blocked.add(person.canonical)
    rows, problems = [], []
    steps = [
        partial(forget_in_journals, folder, person),
        *(partial(_remove, each, person) for each in opened),
    ]
    for step in steps:
        try:
            rows += step()
        except MsgnbError as error:
            problems.append(error)
    if problems:
        # The first is raised; each says what was left.
        raise problems[0]
    if not rows:
        close = {address for archive in opened for address in archive.addresses()} | list_recipients(folder)
        warn_not_found(person, close, "archives and journals")
    return make_report(rows)


def unforget(who: str, *, region: str | None = None) -> None:
    """Let campaigns be sent to somebody again who was forgotten by mistake, or has come back.

    >>> msgnb.unforget("+55 11 99999-8888")

    What was removed stays removed, and archives still leave the person out.

    Args:
        who: a phone number, identity, email address or user.
        region: two-letter code of the country of numbers without a country code.

    Raises:
        InvalidRequest: `who` is empty, or a phone number without a country.
        SettingsError: somebody was forgotten with a key that is not on this machine.
    """
    blocked = user_block_list()
    blocked.load()
    blocked.remove(check_person(who, region).canonical)


def _remove(archive: Archive, person: KnownPerson) -> list[tuple[str, str, int]]:
    return [(f"{archive.path}/{place}", kind, count) for place, kind, count in archive.remove(person)]


def _open(archive: Archive | str | Path) -> Archive:
    if isinstance(archive, Archive):
        return archive
    opened = Archive(archive)
    if not opened.exists():
        raise InvalidRequest.of(archives=f"there is no archive in {archive}")
    return opened


def _listed(archives: Archive | str | Path | Iterable[Archive | str | Path]) -> list[Archive | str | Path]:
    return [archives] if isinstance(archives, Archive | str | Path) else list(archives)
