"""Other people, who answer by rule what the account's clients write to them.

An answer comes at once, or after some time of the world's clock: when the clock is moved there, with the
next request, or when the time has passed.
"""

from __future__ import annotations

import heapq
import itertools
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgnb_mocks.core.clock import Clock
from msgnb_mocks.core.operations import Application, Said

Text = str | Callable[[str], str | None]
"""What is answered: a text, or what makes one of what was heard; `None` is no answer."""


@dataclass
class Habit:
    """Who answers what to what; `answered` counts how often."""

    text: Text
    platform: str | None
    person: str | None
    hears: re.Pattern[str]
    after: timedelta
    answered: int = 0

    def fits(self, platform: str, said: Said) -> bool:
        """Whether it is an answer to this."""
        return (
            self.platform in {None, platform}
            and self.person in {None, said.to}
            and bool(self.hears.search(said.text))
        )

    def words(self, heard: str) -> str | None:
        """The answer to what was heard."""
        return self.text if isinstance(self.text, str) else self.text(heard)


class People:
    """Those who answer in a world.

    >>> world.people.answer("Yes, please", hears="confirm", after=30)
    """

    def __init__(self, applications: Mapping[str, Application], clock: Clock) -> None:
        self._applications = applications
        self._clock = clock
        self._habits: list[Habit] = []
        self._due: list[tuple[datetime, int, str, Said, str]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        clock.moved.append(self.speak)

    def __bool__(self) -> bool:
        return bool(self._habits)

    def answer(
        self,
        text: Text,
        *,
        hears: str | re.Pattern[str] = "",
        person: str | None = None,
        platform: str | None = None,
        after: float = 0.0,
    ) -> Habit:
        """Let people answer from now on; the first rule that fits counts.

        Args:
            text: what they answer, or a function that gets what they heard and returns it, or `None`.
            hears: a pattern that is found in what they answer to.
            person: whose answer it is, a number, user or identity; everybody's without.
            platform: where; on each that has answers without.
            after: seconds of the world's clock.

        Returns:
            The rule, which counts how often it was used.

        Raises:
            ValueError: nobody can answer on the platform, or the time is in the past.
        """
        if platform is not None and platform not in self._applications:
            raise ValueError(f"no platform {platform!r}; there are {', '.join(self._applications)}")
        if platform == "smsdrop":
            raise ValueError("smsdrop only sends: nobody can answer a campaign")
        if after < 0:
            raise ValueError(f"an answer can't come {-after:g} s before what it answers")
        habit = Habit(text, platform, person, re.compile(hears), timedelta(seconds=after))
        self._habits.append(habit)
        return habit

    def clear(self) -> None:
        """Let nobody answer any more."""
        with self._lock:
            self._habits.clear()
            self._due.clear()

    def hear(self, platform: str, sayings: list[Said]) -> None:
        """Take note of what was said to people."""
        if platform == "smsdrop":
            return
        for said in sayings:
            habit = next((each for each in self._habits if each.fits(platform, said)), None)
            words = habit and habit.words(said.text)
            if habit and words:
                habit.answered += 1
                self._plan(habit.after, platform, said, words)
        self.speak()

    def speak(self) -> None:
        """Say what is due by now."""
        while due := self._next():
            platform, said, words = due
            self._applications[platform].receive(said.to, said.by, words, session=said.session)

    def _plan(self, after: timedelta, platform: str, said: Said, words: str) -> None:
        with self._lock:
            heapq.heappush(self._due, (self._clock.now() + after, next(self._order), platform, said, words))
        if after and not self._clock.frozen:
            timer = threading.Timer(after.total_seconds(), self.speak)
            timer.daemon = True
            timer.start()

    def _next(self) -> tuple[str, Said, str] | None:
        with self._lock:
            if not self._due or self._due[0][0] > self._clock.now():
                return None
            return heapq.heappop(self._due)[2:]
