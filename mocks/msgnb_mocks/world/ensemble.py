"""The three mocks of one world, and what surrounds them: journal, faults, people, snapshots.

Whatever carries requests, sockets or `responses`, is one of these, and asks `handler` for the answers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb_mocks.core.faults import Broken, Faults, Pages
from msgnb_mocks.core.journal import NOTHING, Journal
from msgnb_mocks.core.operations import Answer, Application, Evidence, Handler, Request, names_of
from msgnb_mocks.core.registry import platforms
from msgnb_mocks.world import history
from msgnb_mocks.world.people import People
from msgnb_mocks.world.snapshots import Saved, differences, put_back, save
from msgnb_mocks.world.world import World

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCES = ["platform", "kind", "key", "change", "before", "after"]


@dataclass(frozen=True)
class Snapshot:
    """A world as it was: what each platform remembered, the time, and how far the journal was."""

    states: Mapping[str, Saved]
    at: datetime
    noted: int

    def __repr__(self) -> str:
        return f"<Snapshot of {self.at:%Y-%m-%d %H:%M:%S} UTC>"


class Ensemble:
    """The mocks of a world.

    Attributes:
        world: what they share, with its clock.
        applications: the mocks by their names.
        journal: what clients asked, in its order.
        faults: what goes wrong, by rule.
        people: who answers what, by rule.
    """

    def __init__(self, world: World, *, quirks: frozenset[str], strict: bool, server: bool) -> None:
        self.world = world
        self.applications: dict[str, Application] = platforms(world, quirks)
        self.journal = Journal()
        self.faults = Faults(names_of(self.applications.values()), seed=world.seed, server=server)
        self.people = People(self.applications, world.clock)
        self._pages = Pages()
        self._inferred = _inferred(self.applications) if strict else frozenset()

    def receive(self, platform: str, *, from_: str, to: str, text: str, **more: Any) -> dict[str, str]:
        """Let somebody else write to the account, e.g. `receive("netsapiens", from_=…, to=…, text="hi")`.

        Args:
            platform: where.
            from_: the number, user or identity that writes.
            to: the number, user or identity written to.
            text: what is said.
            more: `session`, where it is not the one that the two have; `media`, MIME type and size in bytes.

        Returns:
            The ids of the `session` and the `message`.

        Raises:
            ValueError: there is no such platform, sender, recipient or session.
        """
        return self._known(platform).receive(from_, to, text, **more)

    def received(self, platform: str) -> dict[str, list[str]]:
        """What each phone, user or identity of a platform really got from clients, the oldest first.

        Raises:
            ValueError: there is no such platform.
        """
        return self._known(platform).received()

    def snapshot(self) -> Snapshot:
        """The world as it is now, to `restore` it or to tell the `diff`."""
        with self.world.lock:
            states = {name: save(each.state) for name, each in self.applications.items()}
        return Snapshot(states, self.world.clock.now(), self.journal.last)

    def restore(self, snapshot: Snapshot) -> None:
        """Make the world what it was: its platforms, its time and its journal."""
        with self.world.lock:
            for name, saved in snapshot.states.items():
                put_back(self.applications[name].state, saved)
            self.world.clock.set(snapshot.at)
        self.journal.rewind(snapshot.noted)

    @contextmanager
    def fork(self) -> Iterator[Snapshot]:
        """Try something: at the end of the `with` nothing of it has happened.

        >>> with world.fork():
        ...     world.smsdrop.send_campaign(campaign, phones, dry_run=False)
        """
        before = self.snapshot()
        try:
            yield before
        finally:
            self.restore(before)

    def diff(self, before: Snapshot, after: Snapshot | None = None) -> pd.DataFrame:
        """What became different from one snapshot to another, or to now.

        Returns:
            One row for each thing that was added, removed or changed: platform, kind, key, change, and the
            values before and after.
        """
        import pandas as pd  # noqa: PLC0415 - loads when first used

        after = after or self.snapshot()
        rows = [
            (name, each.kind, each.key, each.change, each.before, each.after)
            for name, saved in after.states.items()
            for each in differences(before.states[name], saved)
        ]
        return pd.DataFrame(rows, columns=DIFFERENCES)

    def load(self, source: pd.DataFrame | str | Path, platform: str | None = None) -> int:
        """Start from one's own messages: they take the place of the history of the platforms they are of.

        Args:
            source: a table with columns of the table `messages` (at, direction, sender, recipient and text at
                least), or a CSV, JSON or Parquet file of one.
            platform: that of all messages, where there is no column of it.

        Returns:
            How many messages there are.

        Raises:
            ValueError: a column is missing, or a row holds something else than it should; it is named.
        """
        path = Path(source) if isinstance(source, str) else source
        found = history.read(path, platform, self.applications)
        for name, sayings in found.items():
            self.applications[name].remember(sayings)
        return sum(map(len, found.values()))

    def dump(self, path: str | Path | None = None) -> pd.DataFrame:
        """All that was said on all platforms, as a table that `load` takes; into a file too if one is named.

        Raises:
            ValueError: the file's name ends in no format that is known.
        """
        frame = history.table({name: each.history() for name, each in self.applications.items()})
        if path is not None:
            history.write(frame, Path(path))
        return frame

    def handler(self, name: str) -> Handler:
        """What serves a platform's requests: notes them, and lets go wrong what the rules say.

        It raises `Broken` where the connection is to break.
        """
        application, faults = self.applications[name], self.faults

        def handle(request: Request) -> Answer:
            if not (faults.rules or self.people or self._inferred):
                answer = application.handle(request)
                self.journal.note(application, request, answer)
                return answer
            self.people.speak()
            return (self._played if faults.rules else self._plain)(application, request)

        return handle

    def _plain(self, application: Application, request: Request) -> Answer:
        answer = self._done(application, request)
        self.journal.note(application, request, answer)
        return answer

    def _done(self, application: Application, request: Request) -> Answer:
        """Do what is asked, and let people hear it."""
        if self._inferred and (name := application.operation_of(request)) in self._inferred:
            return Answer.of({"detail": f"strict mode: {name} is only inferred, nobody documents it"}, 501)
        answer = application.handle(request)
        if self.people and answer.status < 400:
            self.people.hear(application.name, application.said_in(request))
        return answer

    def _played(self, application: Application, request: Request) -> Answer:
        """Let the first rule that fires happen to a request."""
        operation = application.operation_of(request)
        rule = self.faults.of(operation)
        if rule is None:
            answer = self._plain(application, request)
            self._pages.keep(operation, request, answer)
            return answer
        if rule.kind == "latency":
            self._wait(rule.seconds)
        done = self._done(application, request) if rule.fault.place == "after" else None
        given = rule.given(self._pages, operation, request, done)
        noted = done or given or NOTHING
        self.journal.note(application, request, noted, rule.kind, done=done is not None)
        if given is None:
            raise Broken(rule.kind, done, rule.seconds)
        if done is not None:
            self._pages.keep(operation, request, done)
        return given

    def _wait(self, seconds: float) -> None:
        """Take a time: a real one where timeouts are real too."""
        if self.faults.server:
            time.sleep(seconds)
        else:
            self.world.clock.advance(seconds=seconds)

    def _known(self, platform: str) -> Application:
        if platform not in self.applications:
            raise ValueError(f"no platform {platform!r}; there are {', '.join(self.applications)}")
        return self.applications[platform]


def _inferred(applications: Mapping[str, Application]) -> frozenset[str]:
    """The operations that nobody documents, and no code of a client shows."""
    return frozenset(
        operation.name
        for application in applications.values()
        for operation in application.operations
        if operation.evidence is Evidence.INFERRED
    )
