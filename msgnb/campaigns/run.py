"""Sends one campaign to many recipients, once to each, and resumes after any interruption.

* Each batch is written to the journal before it is sent. If the process dies, the next run looks up the batch
  that was in progress before it sends anything: if the platform has it, it was sent; otherwise it is sent now.
* A batch whose response was lost is looked up too, but only to learn that it was sent. One that is not found
  stays `unknown` and is never sent again automatically.
* The same error several times in a row ends the run; the remaining recipients are not attempted.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.campaigns.attempts import CREDIT, FailureStreak, attempt, make_result
from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.journal import (
    Batch,
    BatchResult,
    Clock,
    Header,
    Journal,
    RecipientStatus,
    open_journal,
    read_journal,
)
from msgnb.campaigns.plan import Plan, Recipient
from msgnb.campaigns.sender import CampaignSender, DeliveryStatus
from msgnb.campaigns.watching import Progress, View, watch
from msgnb.core.errors import InsufficientCredit, InvalidRequest, MsgnbError
from msgnb.core.pacing import Pacing
from msgnb.core.progress import progress_bar
from msgnb.core.sending import new_id

if TYPE_CHECKING:
    import pandas as pd

STOPPED = "not tried: it was stopped; send it again to go on"
SETTLE = timedelta(seconds=5)
"""How long a request may still be on its way after the process that sent it died."""
COLUMNS = tables.OUTCOMES.names
OWN = (*COLUMNS, "text")
"""The columns of outcomes that are not the recipients' own."""
_STATUSES = {"sent": "accepted", "unknown": "unknown"}

Confirm = Callable[[Plan], bool]


class Run:
    """One campaign that is being sent, or was.

    Args:
        plan: which recipient gets which text.
        sender: the platform's sender for this campaign.
        path: path of the journal.
        header: which campaign it is.
        clock: returns the platform's time.
        pause: waits for some seconds.
        per_second: how many requests may be made per second; no limit if `None`.
    """

    def __init__(
        self,
        plan: Plan,
        sender: CampaignSender,
        path: Path,
        header: Header,
        *,
        clock: Clock,
        pause: Callable[[float], None],
        per_second: int | None = None,
    ) -> None:
        self.plan = plan
        self.path = path
        self._sender = sender
        self._header = header
        self._clock = clock
        self._pause = pause
        self._pacing = Pacing({"": per_second} if per_second else {}, 0.0)
        self._statuses: Mapping[str, RecipientStatus] = read_journal(path).statuses if path.is_file() else {}
        self._stopped: str | None = None

    def remaining(self) -> Plan:
        """Return the plan for the recipients who have not received the campaign and may receive it."""
        done = {name for name, status in self._statuses.items() if status.state != "rejected"}
        return self.plan.without(done)

    def send(
        self, confirm: Confirm | None = None, *, view: View | None = None, stop: Event | None = None
    ) -> pd.DataFrame:
        """Send to all remaining recipients, and return the result for everybody as a table `outcomes`."""
        with open_journal(self.path, self._header, self._clock) as journal:
            self._statuses = journal.statuses
            self._look_up_open(journal)
            remaining = self.remaining()
            if not remaining.ready:
                self._warn(journal)
            elif confirm is None or confirm(remaining):
                _check_credit(remaining)
                self._send_all(journal, list(self._batches(remaining)), view, stop)
            self._look_up_unknown(journal)
        return self.frame()

    def watch(self, *, view: View | None = None, stop: Event | None = None) -> pd.DataFrame:
        """Wait until the campaign is complete or `stop` is set, with a progress view; return the outcomes."""
        title = self._header.title or self._header.text
        watch(lambda: self._sender.progress(self._sent()), self._pause, title, view=view, stop=stop)
        return self.outcomes()

    def outcomes(self) -> pd.DataFrame:
        """Return the result for each recipient, with the delivery status that the platform reports now."""
        return self.frame(self._sender.fetch_statuses(self._sent()))

    def frame(self, reported: Mapping[str, DeliveryStatus] | None = None) -> pd.DataFrame:
        """Return one row per recipient as a table `outcomes`, with the text and the recipients' own columns."""
        delivered = reported or {}
        rows = [self._row(each, delivered.get(each.recipient)) for each in self.plan.recipients]
        values = {name: [row.get(name) for row in rows] for name in COLUMNS}
        own: dict[str, Any] = {"text": [self._text(each) for each in self.plan.recipients]}
        for name in self.plan.extras.columns:
            own[f"{name}_" if name in OWN else name] = list(self.plan.extras[name])
        outcomes, extras = tables.OUTCOMES.frame(len(rows), values), tables.text_columns(own, len(rows))
        return tables.concat_columns(outcomes, extras).set_axis(self.plan.extras.index)

    def _row(self, recipient: Recipient, reported: DeliveryStatus | None) -> Mapping[str, Any]:
        row: dict[str, Any] = {"recipient": recipient.recipient}
        if recipient.problem:
            problem = {"error_code": recipient.problem, "error": recipient.reason, "attempts": 0}
            return row | {"state": "rejected"} | problem
        known = self._statuses.get(recipient.recipient)
        if known is None:
            return row | self._not_attempted()
        own = DeliveryStatus(_STATUSES.get(known.state, ""), known.error_code, known.error, known.at)
        return row | vars(known) | vars(reported or own)

    def _text(self, recipient: Recipient) -> str | None:
        """The text that was sent; the plan's text may have changed since then."""
        known = self._statuses.get(recipient.recipient) if recipient.problem is None else None
        return known.text if known and known.text else recipient.text

    def _not_attempted(self) -> dict[str, Any]:
        if self._stopped is None:
            return {"attempts": 0}
        return {"state": "rejected", "error_code": "untried", "error": self._stopped, "attempts": 0}

    def _sent(self) -> Mapping[str, RecipientStatus]:
        """The statuses of the plan's recipients to whom it was sent, or may have been."""
        names = (each.recipient for each in self.plan.ready)
        known = ((name, self._statuses.get(name)) for name in names)
        return {name: status for name, status in known if status and status.state != "rejected"}

    def _batches(self, remaining: Plan) -> Iterator[Batch]:
        """What is left to be sent, request by request; recipients that were rejected before come last."""
        waiting = self._waiting(remaining)
        yield from waiting
        served = {name for batch in waiting for name in batch.recipients}
        groups: dict[Hashable, list[Recipient]] = {}
        for each in sorted(remaining.ready, key=lambda each: each.recipient in self._statuses):
            if each.recipient not in served:
                groups.setdefault(self._sender.batch_key(each), []).append(each)
        for group in groups.values():
            for start in range(0, len(group), self._sender.batch_size):
                some = group[start : start + self._sender.batch_size]
                names = tuple(each.recipient for each in some)
                values = tuple(each.values for each in some) if self._header.template else ()
                yield Batch(new_id(), some[0].text or "", names, values)

    def _waiting(self, remaining: Plan) -> list[Batch]:
        """Batches that the platform created and holds back for lack of credit: they are launched, not resent."""
        groups: dict[str, dict[str, str]] = {}
        texts = {each.recipient: each.text or "" for each in remaining.ready}
        for name, status in self._statuses.items():
            if status.error_code == CREDIT and status.campaign:
                groups.setdefault(status.campaign, {})[name] = texts.get(name, "")
        return [
            Batch(new_id(), next(iter(group.values())), tuple(group), waiting=campaign)
            for campaign, group in groups.items()
            if group.keys() <= texts.keys()
        ]

    def _send_all(
        self, journal: Journal, batches: Sequence[Batch], view: View | None, stop: Event | None
    ) -> None:
        streak, states = FailureStreak(), Counter[str]()
        total = sum(len(batch.recipients) for batch in batches)
        with progress_bar(self._header.title or "campaign", total, hidden=view is not None) as bar:
            for batch in batches:
                if view:
                    view.show(Progress(total, states.total(), "on its way", over=False, verb="sent"))
                if streak.hopeless or (stop and stop.is_set()):
                    self._stopped = streak.words if streak.hopeless else STOPPED
                    break
                self._pacing.wait("", self._pause)
                result = self._send(journal, batch)
                streak.add(result)
                states[result.state] += len(batch.recipients)
                bar.set_postfix(states, refresh=False)
                bar.update(len(batch.recipients))

    def _send(self, journal: Journal, batch: Batch) -> BatchResult:
        journal.begin(batch)
        try:
            result = attempt(lambda: self._sender.send(batch))
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(f"Run it again to go on: {self.path} knows who has got it.")
            raise
        journal.end(batch, result)
        return result

    def _look_up_open(self, journal: Journal) -> None:
        """Find out what became of the batches that were in progress when a process died."""
        batches = list(journal.open.values())
        if not batches:
            return
        youngest = max(batch.begun_at or datetime.min.replace(tzinfo=UTC) for batch in batches)
        left = (youngest + SETTLE - self._clock()).total_seconds()
        if left > 0:
            self._pause(left)
        found = self._sender.look_up(batches)
        for batch in batches:
            if batch.key in found:
                journal.end(batch, make_result(found[batch.key]))
            else:
                journal.drop(batch)

    def _look_up_unknown(self, journal: Journal) -> None:
        """Find out which of the batches whose response was lost did arrive."""
        batches = list(journal.unknown.values())
        try:
            found = self._sender.look_up(batches) if batches else {}
        except MsgnbError:
            return
        for batch in batches:
            if batch.key in found:
                journal.end(batch, make_result(found[batch.key]))

    def _warn(self, journal: Journal) -> None:
        began = (journal.header.begun_at or "")[:16].replace("T", " ")
        words = f"nothing was sent: everybody has got this campaign, which began on {began} UTC ({self.path})"
        warnings.warn(f"{words}. To send it once more, give it another title.", UserWarning, stacklevel=4)


def _check_credit(plan: Plan) -> None:
    if plan.short:
        words = f"takes {plan.segments:,} SMS and the credit is {plan.credit:,}: {plan.short:,} are missing"
        raise InsufficientCredit(f"the campaign {words}; nothing was sent", campaign=None)


def resolve_due(campaign: Campaign, journal: Path, clock: Clock) -> datetime | None:
    """Return the time a campaign is planned for; a span counts from the time of the first run.

    Raises:
        InvalidRequest: the time had passed before the campaign was started.
    """
    begun = read_journal(journal).header if journal.is_file() else None
    if campaign.defer_by is not None:
        noted = begun.due if begun else None
        return datetime.fromisoformat(noted) if noted else clock() + timedelta(seconds=campaign.defer_by)
    due = campaign.defer_until
    if due and not begun and due <= clock():
        raise InvalidRequest.of(defer_until=f"{due:%Y-%m-%d %H:%M:%S %Z} is over already")
    return due
