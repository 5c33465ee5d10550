"""The phones and chats of a world: what each person received and sent, and their replies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from msgnb_mocks.core.messages import HistoryMessage
from msgnb_mocks.world.ensemble import Ensemble

Key = tuple[str, str]
"""A platform, and a person on it: a number, user or identity."""


@dataclass(frozen=True)
class Chat:
    """All messages with one person on one platform, the oldest first.

    Attributes:
        platform: the platform's name.
        who: the person's number, user or identity.
        name: the person's name, if it is known.
        lines: the messages.
        can_be_answered: whether the person can reply.
    """

    platform: str
    who: str
    name: str
    lines: tuple[HistoryMessage, ...]
    can_be_answered: bool

    @property
    def last(self) -> HistoryMessage:
        """The last message."""
        return self.lines[-1]


class Chats:
    """The chats of an ensemble; they are read from its mocks each time."""

    def __init__(self, ensemble: Ensemble) -> None:
        self._ensemble = ensemble

    @cached_property
    def _names(self) -> dict[str, str]:
        # The people of a world never change, while their chats do.
        return {person.phone.removeprefix("+"): person.name for person in self._ensemble.world.people}

    def __contains__(self, key: Key) -> bool:
        platform, who = key
        known = self._ensemble.applications
        return platform in known and any(each.contact == who for each in known[platform].history())

    def all(self, words: str = "") -> list[Chat]:
        """Return the chats that contain some words, the latest first."""
        found = [chat for chat in self._all() if _matches(chat, words.casefold())]
        return sorted(found, key=lambda chat: chat.last.at, reverse=True)

    def one(self, key: Key) -> Chat:
        """Return the chat with one person.

        Raises:
            KeyError: there is no such chat.
        """
        found = next((chat for chat in self._all() if (chat.platform, chat.who) == key), None)
        if found is None:
            raise KeyError(f"no chat with {key[1]} on {key[0]}")
        return found

    def reply(self, platform: str, who: str, text: str) -> None:
        """Let a person reply in their last session.

        Raises:
            ValueError: the text is empty, or nobody can reply on the platform.
        """
        if not text.strip():
            raise ValueError("an empty reply is not sent; write something first")
        last = self.one((platform, who)).last
        self._ensemble.receive(platform, from_=who, to=last.own, text=text, session=last.session)

    def _all(self) -> Iterator[Chat]:
        for platform, application in self._ensemble.applications.items():
            people: dict[str, list[HistoryMessage]] = {}
            for message in application.history():
                people.setdefault(message.contact, []).append(message)
            for who, messages in people.items():
                lines = tuple(sorted(messages, key=lambda each: each.at))
                yield Chat(platform, who, self._name(who), lines, application.can_be_answered)

    def _name(self, who: str) -> str:
        # On some platforms an identity begins with the phone number.
        return self._names.get(who.partition("@")[0].removeprefix("+"), "")


def _matches(chat: Chat, words: str) -> bool:
    return words in f"{chat.platform} {chat.who} {chat.name} {chat.last.text}".casefold()
