"""The table `campaigns` of what msgnb sent itself, made from the journals.

A platform that has no campaigns of its own, or on which msgnb sends one as single messages, knows nothing of
them; their journals do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from msgnb import tables

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.campaigns.journal import Journal


def make_campaigns_table(journals: Sequence[Journal], now: datetime, *, raw: bool) -> pd.DataFrame:
    """Return one row per journal, as a table `campaigns`; `raw` is the journal's header."""
    headers = [journal.header for journal in journals]
    sent = [sum(status.state == "sent" for status in journal.statuses.values()) for journal in journals]
    values = {
        "platform": [header.platform for header in headers],
        "account": [header.account for header in headers],
        "campaign": [journal.path.stem for journal in journals],
        "title": [header.title for header in headers],
        "kind": ["by msgnb"] * len(journals),
        "text": [header.text for header in headers],
        "sender": [header.sender or None for header in headers],
        "status": [_status(journal, now) for journal in journals],
        "recipients": [len(journal.statuses) for journal in journals],
        "messages": sent,
        "created_at": [header.started_at for header in headers],
        "scheduled_at": [header.scheduled_at for header in headers],
    }
    objects = [vars(header) for header in headers] if raw else None
    return tables.CAMPAIGNS.frame(len(journals), values, raw=objects)


def _status(journal: Journal, now: datetime) -> str:
    scheduled_at = journal.header.scheduled_at
    if scheduled_at and datetime.fromisoformat(scheduled_at) > now:
        return "scheduled"
    return "sending" if journal.in_progress else "completed"
