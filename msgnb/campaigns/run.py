"""Sends one campaign to many recipients, once to each, and resumes after any interruption.

Each batch is written to the journal before it is sent. So there are two kinds of batches whose result is not
known: those that were in progress when the process died, and those whose response was lost. Both are looked
up on the platform, the first kind before anything else is sent, both again in every later run. A batch that
is found was sent. One that is not found stays `unknown` and is never sent again by itself, unless the
platform guarantees that it would have been found by then, see `msgnb.campaigns.sender`. A person may decide
otherwise: `campaign.release`.

The first lost response of a run pauses it until the batch was looked up. The same error several times in a
row ends the run: the remaining recipients would meet it too, and can be sent to when its cause is gone.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from msgnb import tables
from msgnb.campaigns.attempts import CREDIT, FailureStreak, attempt, make_result
from msgnb.campaigns.campaign import Campaign
from msgnb.campaigns.journal import (
    Batch,
    BatchResult,
    Journal,
    JournalHeader,
    find_journal,
    open_journal,
)
from msgnb.campaigns.journal_lines import Clock
from msgnb.campaigns.plan import Plan, Recipient
from msgnb.campaigns.sender import CampaignSender, DeliveryStatus, Receipt
from msgnb.campaigns.statuses import RecipientStatus
from msgnb.campaigns.watching import Progress, ProgressView, watch
from msgnb.core.block_list import PREFIX
from msgnb.core.errors import InsufficientCredit, InvalidRequest, MsgnbError
from msgnb.core.pacing import Pacing
from msgnb.core.progress import progress_bar
from msgnb.core.sending import RESENDABLE, new_id

if TYPE_CHECKING:
    import pandas as pd

STOPPED = "not sent: the campaign was stopped; send it again to resume"
SHOWN = 3
"""How many recipients an error names."""
NOT_ATTEMPTED = "untried"
"""The error code of recipients that a run didn't get to."""
SETTLE = timedelta(seconds=5)
"""How long to wait before a batch is looked up, because it may be still in transit. A longer time that the
platform guarantees is waited for instead, but never more."""
LOST = "lost"
"""The error code of a batch that was in progress when the process died, and was not found."""
OUTCOME_COLUMNS = tables.OUTCOMES.names
RESERVED_COLUMNS = (*OUTCOME_COLUMNS, "text")
"""Columns of the outcomes that the recipients' own columns must not replace."""
_DELIVERY_STATUSES = {"sent": "accepted", "unknown": "unknown"}
"""The delivery status that follows from a state, until the platform reports one."""

Confirm = Callable[[Plan], bool]
"""Called with the plan of what is about to be sent; returns whether to send it."""


class Run:
    """One campaign that is being sent, or was sent before.

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
        header: JournalHeader,
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
        self._statuses: Mapping[str, RecipientStatus] = {}
        self._held: Mapping[str, frozenset[str]] = {}
        if journal := find_journal(path):
            self._take_over(journal)
        self._stopped: str | None = None

    def remaining(self) -> Plan:
        """Return the plan for the recipients who have not received the campaign and may receive it."""
        known = ((each.recipient, self._statuses.get(each.recipient)) for each in self.plan.ready)
        done = {name for name, status in known if status and status.state not in RESENDABLE}
        return self.plan.excluding(done)

    def send(
        self, confirm: Confirm | None = None, *, view: ProgressView | None = None, stop: Event | None = None
    ) -> pd.DataFrame:
        """Send to all remaining recipients, and return the results for all as a table `outcomes`.

        Args:
            confirm: called with the plan before anything is sent; nothing is sent unless it returns true.
            view: shows the progress instead of a progress bar.
            stop: once it is set, from another thread, no further request is made.

        Raises:
            InvalidRequest: another process is sending this campaign.
            InsufficientCredit: the campaign needs more SMS than the account has credits; nothing was sent.
        """
        with open_journal(self.path, self._header, self._clock) as journal:
            self._take_over(journal)
            self._look_up_open(journal)
            self._look_up_unknown(journal)
            remaining = self.remaining()
            if not remaining.ready:
                self._warn_nothing_left(journal)
            elif confirm is None or confirm(remaining):
                _check_credit(remaining)
                self._send_all(journal, list(self._make_batches(remaining)), view, stop)
                self._look_up_unknown(journal)
        return self.frame()

    def release(self, recipients: Collection[str], reason: str) -> None:
        """Let the next run send to recipients whose outcome is unknown; see `Campaign.release`."""
        with open_journal(self.path, self._header, self._clock) as journal:
            self._take_over(journal)
            known = ((name, self._statuses.get(name)) for name in recipients)
            if others := sorted(name for name, status in known if not status or status.state != "unknown"):
                words = f"{', '.join(others[:SHOWN])} can't be released: the outcome is not unknown"
                raise InvalidRequest.of(recipients=words)
            journal.release(recipients, reason)

    def _take_over(self, journal: Journal) -> None:
        """Use the statuses of a journal; whoever may be missing in a damaged one is doubtful."""
        journal.doubt(each.recipient for each in self.plan.ready)
        self._statuses, self._held = journal.statuses, journal.held

    def watch(self, *, view: ProgressView | None = None, stop: Event | None = None) -> pd.DataFrame:
        """Wait until the campaign is complete or `stop` is set, with a progress view; return the outcomes."""
        title = self._header.title or self._header.text
        watch(lambda: self._sender.progress(self._sent_statuses()), self._pause, title, view=view, stop=stop)
        return self.outcomes()

    def outcomes(self) -> pd.DataFrame:
        """Return the result for each recipient, with the delivery status that the platform reports now."""
        return self.frame(self._sender.fetch_statuses(self._sent_statuses()))

    def frame(self, reported: Mapping[str, DeliveryStatus] | None = None) -> pd.DataFrame:
        """Return one row per recipient, as a table `outcomes` with the text and the recipients' columns."""
        deliveries = reported or {}
        rows = [self._make_row(each, deliveries.get(each.recipient)) for each in self.plan.recipients]
        values = {name: [row.get(name) for row in rows] for name in OUTCOME_COLUMNS}
        own: dict[str, Any] = {"text": [self._sent_text(each) for each in self.plan.recipients]}
        for name in self.plan.extras.columns:
            own[f"{name}_" if name in RESERVED_COLUMNS else name] = list(self.plan.extras[name])
        outcomes, extras = tables.OUTCOMES.frame(len(rows), values), tables.text_columns(own, len(rows))
        return tables.concat_columns(outcomes, extras).set_axis(self.plan.extras.index)

    def _make_row(self, recipient: Recipient, reported: DeliveryStatus | None) -> Mapping[str, Any]:
        row: dict[str, Any] = {"recipient": recipient.recipient}
        if recipient.problem:
            problem = {"error_code": recipient.problem, "error": recipient.reason, "attempts": 0}
            return row | {"state": "skipped"} | problem
        status = self._statuses.get(recipient.recipient)
        if status is None:
            return row | self._not_attempted()
        own = DeliveryStatus(
            _DELIVERY_STATUSES.get(status.state, ""), status.error_code, status.error, status.at
        )
        return row | vars(status) | vars(reported or own)

    def _sent_text(self, recipient: Recipient) -> str | None:
        """Return the text that was sent; the text of a campaign with a title may have changed since then."""
        status = self._statuses.get(recipient.recipient) if recipient.problem is None else None
        return status.text if status and status.text else recipient.text

    def _not_attempted(self) -> dict[str, Any]:
        if self._stopped is None:
            return {"attempts": 0}
        return {"state": "skipped", "error_code": NOT_ATTEMPTED, "error": self._stopped, "attempts": 0}

    def _sent_statuses(self) -> Mapping[str, RecipientStatus]:
        """Return the statuses of the plan's recipients to whom it was sent, or may have been sent."""
        names = (each.recipient for each in self.plan.ready)
        known = ((name, self._statuses.get(name)) for name in names)
        return {name: status for name, status in known if status and status.state not in RESENDABLE}

    def _make_batches(self, remaining: Plan) -> Iterator[Batch]:
        """Yield what is left to be sent, request by request."""
        pending = self._pending_batches(remaining)
        yield from pending
        covered = {name for batch in pending for name in batch.recipients}
        groups: dict[Hashable, list[Recipient]] = {}
        # Recipients that were rejected before come last: what is wrong with them must not end the run early.
        for each in sorted(remaining.ready, key=lambda each: each.recipient in self._statuses):
            if each.recipient not in covered:
                groups.setdefault(self._sender.batch_key(each), []).append(each)
        for group in groups.values():
            for start in range(0, len(group), self._sender.batch_size):
                members = group[start : start + self._sender.batch_size]
                names = tuple(each.recipient for each in members)
                values = tuple(each.values for each in members) if self._header.template else ()
                yield Batch(new_id(), members[0].text or "", names, values)

    def _pending_batches(self, remaining: Plan) -> list[Batch]:
        """Return batches that the platform created and holds back for lack of credit.

        They are launched and not created again: otherwise they would be sent twice once there is credit.
        """
        groups: dict[str, dict[str, str]] = {}
        texts = {each.recipient: each.text or "" for each in remaining.ready}
        for name, status in self._statuses.items():
            if status.error_code == CREDIT and status.campaign:
                groups.setdefault(status.campaign, {})[name] = texts.get(name, "")
        return [
            Batch(new_id(), next(iter(group.values())), tuple(group), pending_campaign=campaign)
            for campaign, group in groups.items()
            # A pending campaign is launched for all of its recipients or not at all, and not for anybody who
            # has got the text otherwise in the meantime.
            if group.keys() <= texts.keys() and group.keys() == self._held.get(campaign, frozenset())
        ]

    def _send_all(
        self, journal: Journal, batches: Sequence[Batch], view: ProgressView | None, stop: Event | None
    ) -> None:
        streak, states = FailureStreak(), Counter[str]()
        total = sum(len(batch.recipients) for batch in batches)
        with progress_bar(self._header.title or "campaign", total, hidden=view is not None) as bar:
            for batch in batches:
                if view:
                    view.show(Progress(total, states.total(), "sending", finished=False, verb="sent"))
                if streak.hopeless or (stop and stop.is_set()):
                    self._stopped = streak.explanation if streak.hopeless else STOPPED
                    break
                self._pacing.wait("", self._pause)
                result = self._send(journal, batch)
                if result.state == "unknown" and not states["unknown"]:
                    result = self._look_up_lost(journal, batch, result)
                streak.add(result)
                states[result.state] += len(batch.recipients)
                bar.set_postfix(states, refresh=False)
                bar.update(len(batch.recipients))

    def _send(self, journal: Journal, batch: Batch) -> BatchResult:
        journal.begin(batch)
        try:
            result = attempt(lambda: self._sender.send(batch, partial(journal.refuse, batch)))
        except KeyboardInterrupt as interrupt:
            # The batch stays in progress in the journal, and the next run looks it up.
            interrupt.add_note(f"Run it again to resume. Progress is recorded in {self.path}.")
            raise
        journal.end(batch, result)
        return result

    def _look_up_lost(self, journal: Journal, batch: Batch, result: BatchResult) -> BatchResult:
        """Pause after the first lost response, and find out what became of its batch."""
        self._pause(self._settle_time().total_seconds())
        self._look_up_unknown(journal)
        return result if batch.key in journal.unknown else BatchResult("sent")

    def _look_up_open(self, journal: Journal) -> None:
        """Find out what became of the batches that were in progress when a process died."""
        batches = list(journal.in_progress.values())
        if not batches:
            return
        latest = max(batch.started_at or datetime.min.replace(tzinfo=UTC) for batch in batches)
        settle = self._settle_time()
        # The platform's clock may have moved since then, so the wait has a bound.
        left = min(latest + settle - self._clock(), settle)
        if left > timedelta():
            self._pause(left.total_seconds())
        found = self._look_up(batches)
        for batch in batches:
            if batch.key in found:
                journal.end(batch, make_result(found[batch.key]))
            elif self._sender.visible_after is not None and _not_forgotten(batch):
                journal.discard(batch)
            else:
                journal.end(batch, BatchResult("unknown", error_code=LOST, error=_LOST_WORDS))

    def _look_up_unknown(self, journal: Journal) -> None:
        """Find out which of the batches whose outcome is unknown did arrive."""
        batches = list(journal.unknown.values())
        try:
            found = self._look_up(batches)
        except MsgnbError:
            # They stay unknown. Everything else was sent, and its outcomes must not be lost to this error.
            return
        for batch in batches:
            if batch.key in found:
                journal.end(batch, make_result(found[batch.key]))

    def _look_up(self, batches: Sequence[Batch]) -> Mapping[str, Receipt]:
        """Look up batches on the platform, which knows nothing of the hashes of those who were forgotten."""
        known = [replace(batch, recipients=_not_forgotten(batch)) for batch in batches]
        asked = [batch for batch in known if batch.recipients]
        return self._sender.look_up(asked) if asked else {}

    def _settle_time(self) -> timedelta:
        return SETTLE if self._sender.visible_after is None else self._sender.visible_after

    def _warn_nothing_left(self, journal: Journal) -> None:
        started = (journal.header.started_at or "")[:16].replace("T", " ")
        words = (
            "nothing was sent: no recipients are left for this campaign, "
            f"started on {started} UTC ({self.path}). To send it again, use a different title."
        )
        # The level of the caller of `send_campaign`, so that a notebook shows the line of the cell.
        warnings.warn(words, UserWarning, stacklevel=4)


def _not_forgotten(batch: Batch) -> tuple[str, ...]:
    return tuple(name for name in batch.recipients if not name.startswith(PREFIX))


_LOST_WORDS = (
    "sending was interrupted, and the platform does not show whether the message arrived; ask the recipient, "
    "or release the recipient to send again"
)


def _check_credit(plan: Plan) -> None:
    if plan.shortfall:
        left = f"only {plan.credit:,} credits are left ({plan.shortfall:,} short)"
        words = f"the campaign needs {plan.segments:,} SMS, but {left}; nothing was sent"
        raise InsufficientCredit(words, campaign=None)


def resolve_send_time(campaign: Campaign, journal: Path, clock: Clock) -> datetime | None:
    """Return the time a campaign is planned for; `None` if it is to be sent now.

    A span such as `defer_by=3600` counts from the first run, whose time is in the journal: a campaign that is
    resumed must not be postponed.

    Raises:
        InvalidRequest: the time had passed before the campaign was started.
    """
    known = find_journal(journal)
    header = known.header if known else None
    if campaign.defer_by is not None:
        planned = header.scheduled_at if header else None
        return datetime.fromisoformat(planned) if planned else clock() + timedelta(seconds=campaign.defer_by)
    at = campaign.defer_until
    if at and not header and at <= clock():
        raise InvalidRequest.of(defer_until=f"{at:%Y-%m-%d %H:%M:%S %Z} is in the past")
    return at
