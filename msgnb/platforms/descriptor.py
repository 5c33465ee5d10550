"""What a platform says of itself, once.

A platform is a package with a `Platform` descriptor, a client, and entries in the entry-point groups
`msgnb.platforms` and, for its mock, `msgnb.mocks`. Everything that the rest of msgnb wants to know about a
platform is in its descriptor: forms, profiles, modes, docs and the command line are derived from it, and no other
module contains a platform's name. The defaults are those of a simple SMS platform whose recipients are phone
numbers, so that a small platform says little.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from msgnb.core.phones import international
from msgnb.platforms.message_kinds import TEXT, MessageKind

Capability = Literal[
    "campaigns", "contacts", "credit", "delivery status", "events", "history", "listen", "metrics",
    "receive", "schedule", "send", "templates", "tickets", "calls",
]  # fmt: skip
"""Something that a platform can do, or cannot; the table of features in the docs is made of these."""


@dataclass(frozen=True)
class Setting:
    """One argument of a client that a profile may give.

    Args:
        name: the argument's name.
        help: one line for people who fill in a form or a profile.
        example: a value to imitate; clients that replay a recording sign in with it.
        secret: whether it must never be shown.
        label: its label in a form; made from the name if empty.
    """

    name: str
    help: str = ""
    example: str = ""
    secret: bool = False
    label: str = ""

    @property
    def title(self) -> str:
        """Its label in a form."""
        return self.label or self.name.replace("_", " ").capitalize()


class Addressing:
    """How a platform writes recipients and senders; by default as phone numbers in E.164 format.

    Attributes:
        recipient_example: a recipient, to imitate.
        sender_example: a sender, to imitate; `None` if the account is always the sender.
    """

    recipient_example: str = "+22963588213"
    sender_example: str | None = None

    def normalize(self, phone: str | None, written: str) -> str | None:  # noqa: ARG002
        """Return the platform's address of a recipient; `None` if it has none.

        Args:
            phone: the recipient's phone number in E.164 format, if it has one.
            written: what the list of recipients contains.
        """
        return phone

    def preferred_column(self, columns: Collection[str]) -> str | None:  # noqa: ARG002
        """Return the column of a table that contains the recipients, if the platform knows better than guessing."""
        return None

    def check_recipient(self, to: str) -> None:
        """Refuse what cannot be a recipient.

        Raises:
            InvalidRequest: it says what is wrong with `to`.
        """
        international(to, "to")

    def check_sender(self, sender: str) -> None:
        """Refuse what cannot be a sender.

        Raises:
            InvalidRequest: it says what is wrong with `sender`.
        """

    def split(self, to: str) -> list[str]:
        """Return the recipients that are written in one field."""
        return [to]

    def goes_as_sms(self, to: str, sender: str) -> bool:  # noqa: ARG002
        """Whether a text to this recipient is counted in SMS."""
        return True


@dataclass(frozen=True)
class KnownCommand:
    """A command that a console offers; parts in braces, such as `{identity}`, are filled in by hand."""

    title: str
    method: str
    uri: str
    to: str = ""
    type: str = ""
    resource: Any = None


def _nobody(_client: Any) -> list[str]:
    return []


@dataclass(frozen=True)
class Platform:
    """A platform.

    Args:
        name: its name, as in `msgnb.connect(name)`, `world.<name>` and the column `platform`.
        title: its name for people.
        variable: what a client is called in examples.
        client: loads and returns the client class; it is called when a client is made.
        settings: the arguments that a profile may give.
        sign_ins: sets of settings of which one is enough to sign in, the usual one first.
        supports: what it can do.
        addresses: how it writes recipients and senders.
        message_kinds: the kinds of messages that the form offers.
        commands: commands that a console offers.
        topics: kinds of events that can be subscribed to.
        senders: returns the senders to offer in a form.
        counts_sms: whether texts are counted in SMS.
        largest_upload: bytes of the largest file that can be sent.
        id_pattern: regular expression that the platform's message IDs match.
        not_processed: HTTP statuses that prove that a request was not processed, each with its source.
        mock_settings: further settings for clients of the mocks, which need not be spared.
        campaign_rate: requests of a campaign per second, if the platform must be spared.
    """

    name: str
    title: str
    variable: str
    client: Callable[[], type]
    settings: tuple[Setting, ...]
    sign_ins: tuple[tuple[str, ...], ...]
    supports: frozenset[Capability]
    addresses: Addressing = field(default_factory=Addressing)
    message_kinds: tuple[MessageKind, ...] = (TEXT,)
    commands: tuple[KnownCommand, ...] = ()
    topics: tuple[str, ...] = ()
    senders: Callable[[Any], list[str]] = _nobody
    counts_sms: bool = True
    largest_upload: int = 18_000_000
    id_pattern: str = r"\S+"
    not_processed: Mapping[int, str] = field(default_factory=dict)
    mock_settings: Mapping[str, Any] = field(default_factory=dict)
    campaign_rate: int | None = None

    @property
    def setting_names(self) -> tuple[str, ...]:
        """The names of its settings."""
        return tuple(setting.name for setting in self.settings)

    def setting(self, name: str) -> Setting:
        """Return the setting of a name; raises `KeyError` if there is none."""
        return next(setting for setting in self.settings if setting.name == name)

    def lacking(self, given: Collection[str]) -> list[str]:
        """Return the settings that are missing to sign in.

        If a setting is given that only one of the other ways to sign in has, that way is meant; otherwise the
        usual one.
        """
        usual, *others = self.sign_ins
        meant = next((names for names in others if (set(names) - set(usual)) & set(given)), usual)
        return [name for name in meant if name not in given]

    @property
    def example_login(self) -> dict[str, str]:
        """Settings that look like those of an account, for where nobody signs in."""
        return {name: self.setting(name).example for name in self.sign_ins[0]}
