"""Every phone and chat of a world: who there is, what they got and said, and what they say now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from msgnb_mocks.world.ensemble import Ensemble
from msgnb_mocks.world.history import Heard

Key = tuple[str, str]
"""A platform and a person on it: a number, user or identity."""


@dataclass(frozen=True)
class Chat:
    """All that was said with one person on one platform, the oldest first."""

    platform: str
    who: str
    name: str
    lines: tuple[Heard, ...]

    @property
    def last(self) -> Heard:
        """What was said last."""
        return self.lines[-1]

    @property
    def answers(self) -> bool:
        """Whether the person can write, too."""
        return self.platform != "smsdrop"


class Chats:
    """The chats of an ensemble, as they are at each moment."""

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble

    @cached_property
    def _names(self) -> dict[str, str]:
        return {person.phone.removeprefix("+"): person.name for person in self._ensemble.world.people}

    def __contains__(self, key: Key) -> bool:
        platform, who = key
        known = self._ensemble.applications
        return platform in known and any(heard.contact == who for heard in known[platform].history())

    def all(self, words: str = "") -> list[Chat]:
        """The chats that have some words in them, the latest first."""
        found = [chat for chat in self._all() if _fits(chat, words.casefold())]
        return sorted(found, key=lambda chat: chat.last.at, reverse=True)

    def one(self, key: Key) -> Chat:
        """The chat with one person.

        Raises:
            KeyError: there is none.
        """
        found = next((chat for chat in self._all() if (chat.platform, chat.who) == key), None)
        if found is None:
            raise KeyError(f"no chat with {key[1]} on {key[0]}")
        return found

    def reply(self, platform: str, who: str, text: str) -> None:
        """Let a person write, in the session in which they were last.

        Raises:
            ValueError: there is nothing to say, or nobody can write on the platform.
        """
        if not text.strip():
            raise ValueError("an empty reply is not sent; write something first")
        last = self.one((platform, who)).last
        self._ensemble.receive(platform, from_=who, to=last.own, text=text, session=last.session)

    def _all(self) -> Iterator[Chat]:
        for platform, application in self._ensemble.applications.items():
            people: dict[str, list[Heard]] = {}
            for heard in application.history():
                people.setdefault(heard.contact, []).append(heard)
            for who, lines in people.items():
                yield Chat(platform, who, self._name(who), tuple(sorted(lines, key=lambda each: each.at)))

    def _name(self, who: str) -> str:
        return self._names.get(who.partition("@")[0].removeprefix("+"), "")


def _fits(chat: Chat, words: str) -> bool:
    return words in f"{chat.platform} {chat.who} {chat.name} {chat.last.text}".casefold()
