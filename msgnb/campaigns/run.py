"""Sends one campaign to many, once to each, whatever happens on the way.

* A platform gives a `Courier`: what it sends by one request, how it finds that again, and what it tells
  later.
* Each request is in the journal before it leaves. What was on its way when the process died is looked up
  first; what is there went out, what is not is sent.
* A request whose answer got lost is looked up too, but only to learn that it went out: what is not found
  stays unknown, and is never sent again by itself.
* The same error again and again ends the run: what is left is not tried.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Protocol

from msgnb import tables
from msgnb.campaigns.journal import Clock, Fate, Header, Journal, Part, Result, opened, read
from msgnb.campaigns.plan import Person, Plan
from msgnb.campaigns.watching import Standing, View, watch
from msgnb.core.errors import InsufficientCredit, InvalidRequest, MsgnbError, OutcomeUnknown, Rejected
from msgnb.core.pacing import Pacing
from msgnb.core.progress import progress
from msgnb.core.sending import new_id

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.campaigns.campaign import Campaign

SAME_ERRORS = 5
"""After so many refusals for the same reason nothing more is tried."""
NO_ANSWER = "no answer came"
CREDIT = "credit"
"""The code of what waits for credit."""
HOPELESS = frozenset({CREDIT, "AuthError"})
"""Codes after one of which nothing more is tried."""
STOPPED = "not tried: it was stopped; send it again to go on"
SETTLE = timedelta(seconds=5)
"""So long a request may be on its way to a platform after the one who sent it died."""
COLUMNS = tuple(column.name for column in tables.OUTCOMES.columns)
OWN = (*COLUMNS, "text")
"""The columns of outcomes that are not the recipients' own."""

Confirm = Callable[[Plan], bool]


@dataclass(frozen=True)
class Receipt:
    """What a platform calls a part that it took, and which of its recipients it refused, and why."""

    campaign: str | None = None
    message: str | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """What a platform tells of one recipient later."""

    status: str
    error_code: str | None = None
    error: str | None = None
    at: str | None = None


class Courier(Protocol):
    """How one platform sends one campaign."""

    most: int
    """Recipients of one request."""

    def kin(self, person: Person) -> Hashable:
        """What those have in common who can be sent to by one request."""
        ...

    def send(self, part: Part) -> Receipt:
        """Send a part; raises as the client does."""
        ...

    def find(self, parts: Sequence[Part]) -> Mapping[str, Receipt]:
        """Those of the parts that did arrive, by their keys."""
        ...

    def told(self, fates: Mapping[str, Fate]) -> Mapping[str, Told]:
        """What the platform tells of those it was sent for."""
        ...

    def standing(self, fates: Mapping[str, Fate]) -> Standing:
        """How far those have come that it was sent for."""
        ...


class Streak:
    """Counts refusals in a row for the same reason."""

    def __init__(self) -> None:
        self._reason: tuple[str | None, ...] = ()
        self._count = 0

    def add(self, result: Result) -> None:
        """Take in one more outcome; of unknown ones each has words of its own, which don't count."""
        words = NO_ANSWER if result.state == "unknown" else result.error
        given = () if result.state == "sent" else (result.error_code, words)
        self._count = self._count + 1 if given and given == self._reason else bool(given)
        self._reason = given

    @property
    def hopeless(self) -> bool:
        """Whether there is no point in going on."""
        return self._count >= SAME_ERRORS or any(code in HOPELESS for code in self._reason)

    @property
    def words(self) -> str:
        """What to say of those that were not tried."""
        return f"not tried, as before: {self._reason[-1]}" if self._reason else "not tried"


class Run:
    """One campaign on its way: sends it, and knows what became of it.

    Args:
        plan: who is to get what.
        courier: the platform's.
        path: of the journal.
        header: which campaign it is.
        clock: tells the platform's time.
        pause: waits for some seconds.
        per_second: how many requests may leave in a second; no limit where it is `None`.
    """

    def __init__(
        self,
        plan: Plan,
        courier: Courier,
        path: Path,
        header: Header,
        *,
        clock: Clock,
        pause: Callable[[float], None],
        per_second: int | None = None,
    ) -> None:
        self.plan = plan
        self.path = path
        self._courier = courier
        self._header = header
        self._clock = clock
        self._pause = pause
        self._pacing = Pacing({"": per_second} if per_second else {}, 0.0)
        self._fates: Mapping[str, Fate] = read(path).fates if path.is_file() else {}
        self._stopped: str | None = None

    def rest(self) -> Plan:
        """The plan for those who have not got it yet and may get it."""
        return self.plan.without({name for name, fate in self._fates.items() if fate.state != "rejected"})

    def send(
        self, confirm: Confirm | None = None, *, view: View | None = None, stop: Event | None = None
    ) -> pd.DataFrame:
        """Send it to all who have not got it, and tell what became of everybody, as a table `outcomes`."""
        with opened(self.path, self._header, self._clock) as journal:
            self._fates = journal.fates
            self._look_up_open(journal)
            rest = self.rest()
            if not rest.ready:
                self._warn(journal)
            elif confirm is None or confirm(rest):
                _check_credit(rest)
                self._send_all(journal, list(self._parts(rest)), view, stop)
            self._look_up_doubtful(journal)
        return self.frame()

    def watch(self, *, view: View | None = None, stop: Event | None = None) -> pd.DataFrame:
        """Wait for its end, visibly, or until `stop` is set; then what became of each recipient."""
        title = self._header.title or self.plan.campaign.text
        watch(lambda: self._courier.standing(self._sent()), self._pause, title, view=view, stop=stop)
        return self.outcomes()

    def outcomes(self) -> pd.DataFrame:
        """What became of each recipient, as far as the platform tells now."""
        return self.frame(self._courier.told(self._sent()))

    def frame(self, told: Mapping[str, Told] | None = None) -> pd.DataFrame:
        """A row for each of the recipients: a table `outcomes`, with the text and their own columns."""
        rows = [self._row(person, (told or {}).get(person.recipient)) for person in self.plan.people]
        values = {name: [row.get(name) for row in rows] for name in COLUMNS}
        own: dict[str, Any] = {"text": [self._text(person) for person in self.plan.people]}
        for name in self.plan.extras.columns:
            own[f"{name}_" if name in OWN else name] = list(self.plan.extras[name])
        frame = tables.beside(tables.OUTCOMES.frame(len(rows), values), tables.text_columns(own, len(rows)))
        return frame.set_axis(self.plan.extras.index)

    def _row(self, person: Person, told: Told | None) -> Mapping[str, Any]:
        who: dict[str, Any] = {"recipient": person.recipient}
        if person.problem:
            return who | {
                "state": "rejected",
                "error_code": person.problem,
                "error": person.reason,
                "attempts": 0,
            }
        fate = self._fates.get(person.recipient)
        if fate is None:
            return who | self._untried()
        told = told or Told(_STATUSES.get(fate.state, ""), fate.error_code, fate.error, fate.at)
        return who | vars(fate) | vars(told)

    def _text(self, person: Person) -> str | None:
        """What somebody got, or would get: the plan's text may have changed since."""
        fate = self._fates.get(person.recipient) if person.problem is None else None
        return fate.text if fate and fate.text else person.text

    def _untried(self) -> dict[str, Any]:
        if self._stopped is None:
            return {"attempts": 0}
        return {"state": "rejected", "error_code": "untried", "error": self._stopped, "attempts": 0}

    def _sent(self) -> Mapping[str, Fate]:
        """The fates of those of the plan whom it was sent to, or may have been."""
        people = (person.recipient for person in self.plan.ready)
        return {name: fate for name in people if (fate := self._fates.get(name)) and fate.state != "rejected"}

    def _parts(self, rest: Plan) -> Iterator[Part]:
        """What is left to be sent, request by request; what was refused before comes last."""
        waiting = self._waiting(rest)
        yield from waiting
        served = {name for part in waiting for name in part.recipients}
        groups: dict[Hashable, list[Person]] = {}
        for person in sorted(rest.ready, key=lambda each: each.recipient in self._fates):
            if person.recipient not in served:
                groups.setdefault(self._courier.kin(person), []).append(person)
        for people in groups.values():
            for start in range(0, len(people), self._courier.most):
                some = people[start : start + self._courier.most]
                names = tuple(person.recipient for person in some)
                values = tuple(person.values for person in some) if self.plan.campaign.template else ()
                yield Part(new_id(), some[0].text or "", names, values)

    def _waiting(self, rest: Plan) -> list[Part]:
        """What the platform has taken and waits for credit: it is launched, not sent anew."""
        groups: dict[str, dict[str, str]] = {}
        texts = {person.recipient: person.text or "" for person in rest.ready}
        for name, fate in self._fates.items():
            if fate.error_code == CREDIT and fate.campaign:
                groups.setdefault(fate.campaign, {})[name] = texts.get(name, "")
        return [
            Part(new_id(), next(iter(people.values())), tuple(people), waiting=campaign)
            for campaign, people in groups.items()
            if people.keys() <= texts.keys()
        ]

    def _send_all(
        self, journal: Journal, parts: Sequence[Part], view: View | None, stop: Event | None
    ) -> None:
        streak, states = Streak(), Counter[str]()
        total = sum(len(part.recipients) for part in parts)
        with progress(self._header.title or "campaign", total, hidden=view is not None) as bar:
            for part in parts:
                if view:
                    view.show(Standing(total, states.total(), "on its way", over=False, verb="sent"))
                if streak.hopeless or (stop and stop.is_set()):
                    self._stopped = streak.words if streak.hopeless else STOPPED
                    break
                self._pacing.wait("", self._pause)
                result = self._send(journal, part)
                streak.add(result)
                states[result.state] += len(part.recipients)
                bar.set_postfix(states, refresh=False)
                bar.update(len(part.recipients))

    def _send(self, journal: Journal, part: Part) -> Result:
        journal.begin(part)
        try:
            result = tried(lambda: self._courier.send(part))
        except KeyboardInterrupt as interrupt:
            interrupt.add_note(f"Run it again to go on: {self.path} knows who has got it.")
            raise
        journal.end(part, result)
        return result

    def _look_up_open(self, journal: Journal) -> None:
        """Learn what became of what was on its way when a process died, before anything else is sent."""
        parts = list(journal.open.values())
        if not parts:
            return
        youngest = max(part.begun_at or datetime.min.replace(tzinfo=UTC) for part in parts)
        left = (youngest + SETTLE - self._clock()).total_seconds()
        if left > 0:
            self._pause(left)
        found = self._courier.find(parts)
        for part in parts:
            if part.key in found:
                journal.end(part, _result(found[part.key]))
            else:
                journal.drop(part)

    def _look_up_doubtful(self, journal: Journal) -> None:
        """Learn which of the lost answers were to something that did arrive."""
        parts = list(journal.doubtful.values())
        try:
            found = self._courier.find(parts) if parts else {}
        except MsgnbError:
            return
        for part in parts:
            if part.key in found:
                journal.end(part, _result(found[part.key]))

    def _warn(self, journal: Journal) -> None:
        began = (journal.header.begun_at or "")[:16].replace("T", " ")
        words = f"nothing was sent: everybody has got this campaign, which began on {began} UTC ({self.path})"
        warnings.warn(f"{words}. To send it once more, give it another title.", UserWarning, stacklevel=4)


_STATUSES = {"sent": "accepted", "unknown": "unknown"}


def tried(send: Callable[[], Receipt]) -> Result:
    """What became of an attempt to send."""
    try:
        return _result(send())
    except OutcomeUnknown as error:
        return Result("unknown", message=error.id, error=str(error))
    except InsufficientCredit as error:
        return Result("rejected", campaign=error.campaign, error_code=CREDIT, error=str(error))
    except Rejected as error:
        code = error.code if error.code is not None else error.status
        return Result("rejected", error_code=tables.text(code), error=error.reason or str(error))
    except MsgnbError as error:
        return Result("rejected", error_code=type(error).__name__, error=str(error))


def _result(receipt: Receipt) -> Result:
    return Result("sent", receipt.campaign, receipt.message, refused=receipt.refused)


def _check_credit(plan: Plan) -> None:
    if plan.short:
        words = f"takes {plan.segments:,} SMS and the credit is {plan.credit:,}: {plan.short:,} are missing"
        raise InsufficientCredit(f"the campaign {words}; nothing was sent", campaign=None)


def due_of(campaign: Campaign, journal: Path, clock: Clock) -> datetime | None:
    """When a campaign is for; a span is counted from the time when it was begun.

    Raises:
        InvalidRequest: that was over before it was begun.
    """
    begun = read(journal).header if journal.is_file() else None
    if campaign.defer_by is not None:
        noted = begun.due if begun else None
        return datetime.fromisoformat(noted) if noted else clock() + timedelta(seconds=campaign.defer_by)
    due = campaign.defer_until
    if due and not begun and due <= clock():
        raise InvalidRequest.of(defer_until=f"{due:%Y-%m-%d %H:%M:%S %Z} is over already")
    return due


def campaigns(found: Sequence[Journal], now: datetime, *, raw: bool) -> pd.DataFrame:
    """Campaigns as their journals tell of them, as a table `campaigns`."""
    heads = [journal.header for journal in found]
    sent = [[fate for fate in journal.fates.values() if fate.state == "sent"] for journal in found]
    values = {
        "platform": [head.platform for head in heads],
        "account": [head.account for head in heads],
        "campaign": [journal.path.stem for journal in found],
        "title": [head.title for head in heads],
        "kind": ["by msgnb"] * len(found),
        "text": [head.text for head in heads],
        "sender": [head.sender or None for head in heads],
        "status": [_state(journal, now) for journal in found],
        "recipients": [len(journal.fates) for journal in found],
        "messages": [len(fates) for fates in sent],
        "created_at": [head.begun_at for head in heads],
        "scheduled_at": [head.due for head in heads],
    }
    return tables.CAMPAIGNS.frame(len(found), values, raw=[vars(head) for head in heads] if raw else None)


def _state(journal: Journal, now: datetime) -> str:
    due = journal.header.due
    if due and datetime.fromisoformat(due) > now:
        return "scheduled"
    return "sending" if journal.open else "completed"
