"""`msgnb.forget`: one call that removes somebody from everything that msgnb stores on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgnb.campaigns.forgetting import forget_in_journals
from msgnb.campaigns.journal import default_folder
from msgnb.core.block_list import user_block_list
from msgnb.history.archive import Archive
from msgnb.tables.mentions import check_person, make_report, warn_not_found

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
        InvalidRequest: `who` is empty, or one of the campaigns is being sent.
        SettingsError: somebody was forgotten with a key that is not on this machine.
    """
    person = check_person(who, region)
    opened = [each if isinstance(each, Archive) else Archive(each) for each in _listed(archives)]
    blocked = user_block_list()
    blocked.load()
    blocked.add(person.canonical)
    rows = list(forget_in_journals(Path(journals) if journals else default_folder(), person))
    for archive in opened:
        found = archive.remove(person)
        rows += [(f"{archive.path}/{place}", kind, count) for place, kind, count in found]
    if not rows:
        close = [address for archive in opened for address in archive.addresses()]
        warn_not_found(person, close, "archives and journals")
    return make_report(rows)


def _listed(archives: Archive | str | Path | Iterable[Archive | str | Path]) -> list[Archive | str | Path]:
    return [archives] if isinstance(archives, Archive | str | Path) else list(archives)
