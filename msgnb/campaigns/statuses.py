"""What became of each recipient of a campaign, found by any spelling of an address."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass

from msgnb.core.addresses import canonical_address
from msgnb.core.block_list import PREFIX, mark_forgotten
from msgnb.core.sending import SendState


@dataclass(frozen=True)
class RecipientStatus:
    """What became of one recipient.

    Attributes:
        state: whether the platform accepted the message.
        key: key of the last batch that the recipient was part of.
        text: the text, if all recipients of the batch received the same.
        campaign: the platform's ID of the campaign or list, if there is one.
        message: the platform's ID of the message, if there is one.
        error_code: why it was not sent, as a code.
        error: why it was not sent.
        attempts: how often it was sent.
        at: when this became known, in ISO 8601.
    """

    state: SendState
    key: str
    text: str | None = None
    campaign: str | None = None
    message: str | None = None
    error_code: str | None = None
    error: str | None = None
    attempts: int = 1
    at: str | None = None


class Statuses(MutableMapping[str, RecipientStatus]):
    """The statuses by recipient; two spellings of an address are one recipient.

    Iterating yields the spelling that was seen first.
    """

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, RecipientStatus]] = {}
        self._hashed = False

    def __getitem__(self, recipient: str) -> RecipientStatus:
        return self._found[self._key(recipient)][1]

    def __setitem__(self, recipient: str, status: RecipientStatus) -> None:
        key = self._key(recipient)
        written = self._found[key][0] if key in self._found else recipient
        self._hashed |= recipient.startswith(PREFIX)
        self._found[key] = written, status

    def __delitem__(self, recipient: str) -> None:
        del self._found[self._key(recipient)]

    def __iter__(self) -> Iterator[str]:
        return (written for written, _ in self._found.values())

    def __len__(self) -> int:
        return len(self._found)

    def _key(self, recipient: str) -> str:
        """The canonical address, or the hash that took its place when the recipient was forgotten."""
        key = canonical_address(recipient)
        if self._hashed and key not in self._found:
            return mark_forgotten(recipient)
        return key
