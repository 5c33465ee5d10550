"""Simulated people who reply by rule to what the account's clients send them.

A reply comes immediately, or after some time of the world's clock: when the clock is advanced, with the next
request, or when the time has passed.
"""

from __future__ import annotations

import heapq
import itertools
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from msgnb_mocks.core.application import Application
from msgnb_mocks.core.clock import Clock
from msgnb_mocks.core.messages import OutboundMessage

Text = str | Callable[[str], str | None]
"""A reply: a text, or a function that makes one from the received text; `None` is no reply."""


@dataclass
class Habit:
    """A rule: who replies what to what.

    Attributes:
        text: the reply.
        platform: only on this platform.
        person: only this number, user or identity.
        hears: pattern of the texts that it replies to.
        after: delay of the reply.
        answered: how often it was used.
    """

    text: Text
    platform: str | None
    person: str | None
    hears: re.Pattern[str]
    after: timedelta
    answered: int = 0

    def matches(self, platform: str, message: OutboundMessage) -> bool:
        """Whether it replies to a message."""
        return (
            self.platform in {None, platform}
            and self.person in {None, message.to}
            and bool(self.hears.search(message.text))
        )

    def reply_to(self, text: str) -> str | None:
        """Return the reply to a text."""
        return self.text if isinstance(self.text, str) else self.text(text)


class People:
    """The simulated people of a world.

    >>> world.people.answer("Yes, please", hears="confirm", after=30)
    """

    def __init__(self, applications: Mapping[str, Application], clock: Clock) -> None:
        self._applications = applications
        self._clock = clock
        self._habits: list[Habit] = []
        self._due: list[tuple[datetime, int, str, OutboundMessage, str]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        clock.on_advance.append(self.speak)

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
        """Let people reply from now on; the first rule that matches a message is used.

        Args:
            text: the reply, or a function that is called with the received text and returns the reply or
                `None`.
            hears: pattern that is searched in the received text.
            person: only this number, user or identity replies; all people if `None`.
            platform: only on this platform; on all that people can reply on if `None`.
            after: delay in seconds of the world's clock.

        Returns:
            The rule, which counts how often it was used.

        Raises:
            ValueError: nobody can reply on the platform, or the delay is negative.
        """
        if platform is not None:
            if platform not in self._applications:
                raise ValueError(f"no platform {platform!r}; there are {', '.join(self._applications)}")
            self._applications[platform].check_can_be_answered()
        if after < 0:
            raise ValueError(f"an answer can't come {-after:g} s before what it answers")
        habit = Habit(text, platform, person, re.compile(hears), timedelta(seconds=after))
        self._habits.append(habit)
        return habit

    def clear(self) -> None:
        """Remove all rules and the replies that are due later."""
        with self._lock:
            self._habits.clear()
            self._due.clear()

    def hear(self, platform: str, messages: list[OutboundMessage]) -> None:
        """Plan the replies to messages."""
        if not self._applications[platform].can_be_answered:
            return
        for message in messages:
            habit = next((each for each in self._habits if each.matches(platform, message)), None)
            reply = habit and habit.reply_to(message.text)
            if habit and reply:
                habit.answered += 1
                self._plan(habit.after, platform, message, reply)
        self.speak()

    def speak(self) -> None:
        """Send the replies that are due by now."""
        while due := self._next():
            platform, message, reply = due
            self._applications[platform].receive(message.to, message.sender, reply, session=message.session)

    def _plan(self, after: timedelta, platform: str, message: OutboundMessage, reply: str) -> None:
        with self._lock:
            due = self._clock.now() + after
            # The counter keeps replies of one moment in order; without it the heap would compare messages,
            # which can't be compared.
            heapq.heappush(self._due, (due, next(self._order), platform, message, reply))
        # A frozen clock moves only if it is advanced, and that calls `speak`.
        if after and not self._clock.frozen:
            timer = threading.Timer(after.total_seconds(), self.speak)
            timer.daemon = True
            timer.start()

    def _next(self) -> tuple[str, OutboundMessage, str] | None:
        with self._lock:
            if not self._due or self._due[0][0] > self._clock.now():
                return None
            return heapq.heappop(self._due)[2:]
