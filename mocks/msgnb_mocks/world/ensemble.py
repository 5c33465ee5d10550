"""The mocks of one world, with what surrounds them: request journal, faults, simulated people, snapshots.

Everything that carries requests, such as servers or the in-process transport, is an ensemble, and asks
`handler` for the responses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgnb_mocks.core.application import Application
from msgnb_mocks.core.faults import Broken, Faults, Pages
from msgnb_mocks.core.journal import NOTHING, Journal
from msgnb_mocks.core.operations import Evidence, Request, Response
from msgnb_mocks.core.registry import applications
from msgnb_mocks.world import history, snapshots
from msgnb_mocks.world.people import People
from msgnb_mocks.world.world import World

if TYPE_CHECKING:
    import pandas as pd

DIFFERENCES = ["platform", "kind", "key", "change", "before", "after"]
Handler = Callable[[Request], Response]
"""Serves requests."""


@dataclass(frozen=True)
class Snapshot:
    """A world at one time: the state of each platform, the time, and the number of the last request."""

    states: Mapping[str, snapshots.Saved]
    at: datetime
    last: int

    def __repr__(self) -> str:
        return f"<Snapshot of {self.at:%Y-%m-%d %H:%M:%S} UTC>"


class Ensemble:
    """The mocks of a world: one for each that is installed.

    Args:
        world: what they share.
        quirks: variations to switch on.
        strict: whether to reject operations that are only inferred.
        server: whether requests come through sockets.

    Attributes:
        world: what they share, with its clock.
        applications: the mocks by name, in the order of their ports.
        journal: the requests so far.
        faults: the faults, by rule.
        people: the people who reply by rule.
    """

    def __init__(self, world: World, *, quirks: frozenset[str], strict: bool, server: bool) -> None:
        self.world = world
        self.applications: dict[str, Application] = applications(world, quirks)
        operations = [each for mock in self.applications.values() for each in mock.operations]
        self.journal = Journal()
        self.faults = Faults((each.name for each in operations), seed=world.seed, server=server)
        self.people = People(self.applications, world.clock)
        self._pages = Pages()
        inferred = (each.name for each in operations if each.evidence is Evidence.INFERRED)
        self._rejected = frozenset(inferred if strict else ())

    def receive(self, platform: str, *, from_: str, to: str, text: str, **more: Any) -> dict[str, str]:
        """Let somebody write to the account, and return the IDs of the `session` and the `message`.

        >>> world.receive("acme", from_="12125550176", to="16195550101", text="Are you open?")

        Args:
            platform: the platform's name.
            from_: the number, user or identity that writes.
            to: the account's number, user or identity.
            text: the text.
            more: `session`, if it is not the one that the two have with each other; `media`, MIME type and
                size in bytes of an attached file.

        Raises:
            ValueError: there is no such platform, sender, recipient or session.
        """
        return self._get(platform).receive(from_, to, text, **more)

    def received(self, platform: str) -> dict[str, list[str]]:
        """Return the texts that each phone, user or identity of a platform received, the oldest first.

        Raises:
            ValueError: there is no such platform.
        """
        return self._get(platform).received()

    def wait_for_posts(self, seconds: float = 10) -> bool:
        """Wait until every event was posted, and return whether that was in time.

        Args:
            seconds: how long to wait for each platform.
        """
        return all(mock.wait_for_posts(seconds) for mock in self.applications.values())

    def make_credentials(self, urls: Mapping[str, str]) -> dict[str, Any]:
        """Return the `url` and what signs in for each platform, and `further` ways to sign in by platform.

        Args:
            urls: the URL of each platform.
        """
        found: dict[str, Any] = {
            name: {"url": url, **self.applications[name].credentials} for name, url in urls.items()
        }
        found["further"] = {
            name: {way: {"url": urls[name], **login} for way, login in mock.further_credentials.items()}
            for name, mock in self.applications.items()
            if mock.further_credentials
        }
        return found

    def snapshot(self) -> Snapshot:
        """Return the world as it is now, for `restore` and `diff`."""
        with self.world.lock:
            states = {name: snapshots.save(each.state) for name, each in self.applications.items()}
        return Snapshot(states, self.world.clock.now(), self.journal.last)

    def restore(self, snapshot: Snapshot) -> None:
        """Restore a snapshot: the platforms, the time and the journal."""
        with self.world.lock:
            for name, saved in snapshot.states.items():
                snapshots.restore(self.applications[name].state, saved)
            self.world.clock.set(snapshot.at)
        self.journal.rewind(snapshot.last)

    @contextmanager
    def fork(self) -> Iterator[Snapshot]:
        """Try something: at the end of the `with` statement the world is restored.

        >>> with world.fork():
        ...     world.acme.send_text("+22963588213", "Hello")
        """
        before = self.snapshot()
        try:
            yield before
        finally:
            self.restore(before)

    def diff(self, before: Snapshot, after: Snapshot | None = None) -> pd.DataFrame:
        """Return the differences between two snapshots, or between one and now.

        Returns:
            One row for each value that was added, removed or changed: platform, kind, key, change, and the
            values before and after.
        """
        import pandas as pd  # noqa: PLC0415 - loads when first used

        after = after or self.snapshot()
        rows = [
            (name, each.kind, each.key, each.change, each.before, each.after)
            for name, saved in after.states.items()
            for each in snapshots.differences(before.states[name], saved)
        ]
        return pd.DataFrame(rows, columns=DIFFERENCES)

    def load(self, source: pd.DataFrame | str | Path, platform: str | None = None) -> int:
        """Replace the history of platforms with other messages, and return how many there are.

        Args:
            source: a table with columns of the table `messages` (at, direction, sender, recipient and text at
                least), or a CSV, JSON or Parquet file that contains one.
            platform: the platform of all messages, if there is no such column.

        Raises:
            ValueError: a column is missing, or a value is not valid; it is named.
        """
        path = Path(source) if isinstance(source, str) else source
        found = history.read(path, platform, self.applications)
        for name, messages in found.items():
            self.applications[name].remember(messages)
        return sum(map(len, found.values()))

    def dump(self, path: str | Path | None = None) -> pd.DataFrame:
        """Return all messages as a table that `load` takes; also write it to a file if one is named.

        Raises:
            ValueError: the format of the file is unknown.
        """
        frame = history.make_table({name: each.history() for name, each in self.applications.items()})
        if path is not None:
            history.write(frame, Path(path))
        return frame

    def handler(self, name: str) -> Handler:
        """Return the function that serves a platform's requests, notes them, and simulates faults.

        It raises `Broken` if the connection is to break.
        """
        application, faults = self.applications[name], self.faults

        def handle(request: Request) -> Response:
            # Most requests take this short way, on which the operation need not be found.
            if not (faults.rules or self.people or self._rejected):
                response = application.handle(request)
                self.journal.note(application, request, response)
                return response
            # Replies that are due must be there before the request reads messages.
            self.people.speak()
            return (self._with_faults if faults.rules else self._noted)(application, request)

        return handle

    def _noted(self, application: Application, request: Request) -> Response:
        response = self._process(application, request)
        self.journal.note(application, request, response)
        return response

    def _process(self, application: Application, request: Request) -> Response:
        """Let the platform process a request, and people reply to it."""
        if self._rejected and (found := application.find_operation(request)) and found.name in self._rejected:
            words = f"strict mode: {found.name} is only inferred, nobody documents it"
            return Response.of({"detail": words}, 501)
        response = application.handle(request)
        # What was refused has reached nobody.
        if self.people and response.status < 400:
            self.people.hear(application.name, application.messages_in(request))
        return response

    def _with_faults(self, application: Application, request: Request) -> Response:
        """Apply the first rule that fires to a request."""
        found = application.find_operation(request)
        operation = found.name if found else None
        rule = self.faults.next_rule(operation)
        if rule is None:
            response = self._noted(application, request)
            self._pages.keep(operation, request, response)
            return response
        if rule.kind == "latency":
            self._wait(rule.seconds)
        done = self._process(application, request) if rule.fault.place == "after" else None
        received = rule.respond(self._pages, operation, request, done)
        # Noted before the connection breaks, because the platform may have processed the request.
        noted = done or received or NOTHING
        self.journal.note(application, request, noted, rule.kind, done=done is not None)
        if received is None:
            raise Broken(rule.kind, done, rule.seconds)
        if done is not None:
            self._pages.keep(operation, request, done)
        return received

    def _wait(self, seconds: float) -> None:
        """Let time pass: real time if the client's timeouts are real, too."""
        if self.faults.server:
            time.sleep(seconds)
        else:
            self.world.clock.advance(seconds=seconds)

    def _get(self, platform: str) -> Application:
        if platform not in self.applications:
            raise ValueError(f"no platform {platform!r}; there are {', '.join(self.applications)}")
        return self.applications[platform]
