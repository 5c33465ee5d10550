"""What a platform states about itself, once.

A platform is a package with a `Platform` descriptor and a client. They are registered in the entry-point
groups `msgnb.platforms` and, for the mock, `msgnb.mocks`. Everything that the rest of msgnb wants to know
about a platform is in its descriptor: forms, profiles, modes, docs and the command line are derived from it,
and no other module contains a platform's name.

A descriptor is made when platforms are listed, so the module that contains it must not import the client:
`client` is a function that does. The defaults are those of a simple SMS platform whose recipients are phone
numbers, so that the descriptor of a small platform is short.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from msgnb.core.addresses import DomainUse
from msgnb.core.phones import parse_e164
from msgnb.platforms.message_kinds import TEXT, MessageKind
from msgnb.platforms.wire import Wire

if TYPE_CHECKING:
    from msgnb.core.exchange import Evidence

Capability = Literal[
    "campaigns", "contacts", "credit", "delivery status", "events", "history", "listen", "metrics",
    "receive", "schedule", "send", "templates", "tickets", "calls",
]  # fmt: skip
"""What a platform can do; the table of features in the docs is made of these."""


@dataclass(frozen=True)
class Setting:
    """One argument of a client that a profile may give.

    Args:
        name: the argument's name.
        help: one line that explains it, for forms and docs.
        example: an example of a value; a client that replays a recording signs in with it.
        secret: whether it must never be shown.
        label: its label in a form; derived from the name if empty.
    """

    name: str
    help: str = ""
    example: str = ""
    secret: bool = False
    label: str = ""

    @property
    def title(self) -> str:
        """The label in a form."""
        return self.label or self.name.replace("_", " ").capitalize()


class Addressing:
    """How a platform writes recipients and senders; by default as phone numbers in E.164 format.

    A platform with other addresses derives from it. Campaigns call `normalize` and `preferred_column`; the
    form that sends one message calls the rest.

    Attributes:
        recipient_example: an example of a recipient, for forms and docs.
        sender_example: an example of a sender; `None` if the account is always the sender.
    """

    recipient_example: str = "+22963588213"
    sender_example: str | None = None

    def normalize(self, phone: str | None, written: str) -> str | None:  # noqa: ARG002
        """Return the platform's address of a recipient; `None` if it has none.

        Two spellings of one recipient must give the same address, since duplicates are found by it.

        Args:
            phone: the recipient's phone number in E.164 format, if it has one.
            written: what the list of recipients contains.
        """
        return phone

    def preferred_column(self, columns: Collection[str]) -> str | None:  # noqa: ARG002
        """Return the column of a table that contains the recipients; `None` if it is to be detected.

        Args:
            columns: names of the table's columns.
        """
        return None

    def check_recipient(self, to: str) -> None:
        """Refuse what is not a recipient.

        Raises:
            InvalidRequest: it says what is wrong with `to`.
        """
        parse_e164(to, "to")

    def check_sender(self, sender: str) -> None:
        """Refuse what is not a sender; by default everything is accepted.

        Raises:
            InvalidRequest: it says what is wrong with `sender`.
        """

    def split(self, to: str) -> list[str]:
        """Return the recipients that are written in one field of a form; by default there is only one."""
        return [to]

    def goes_as_sms(self, to: str, sender: str) -> bool:  # noqa: ARG002
        """Return whether a text to this recipient is counted in SMS."""
        return True


@dataclass(frozen=True)
class KnownCommand:
    """A command that a console offers.

    Args:
        title: its name in the console.
        method: its method, such as `get`.
        uri: its path; parts in braces, such as `{identity}`, are filled in by the user.
        to: node that it is sent to; the platform's usual one if empty.
        type: MIME type of the resource.
        resource: an example of the resource.
    """

    title: str
    method: str
    uri: str
    to: str = ""
    type: str = ""
    resource: Any = None


def _no_senders(_client: Any) -> list[str]:
    return []


@dataclass(frozen=True)
class Platform:
    """A platform.

    Args:
        name: its name, as in `msgnb.connect(name)`, `world.<name>` and the column `platform`.
        title: its name in headings.
        variable: name of a variable for its client in examples.
        client: loads and returns the client class; called when a client is made.
        settings: arguments of the client that a profile may contain.
        sign_ins: sets of settings that are enough to sign in, the usual one first.
        supports: what it can do.
        addresses: how it writes recipients and senders.
        message_kinds: kinds of messages that the form offers.
        commands: commands that the console offers; it has no console if empty.
        topics: kinds of events that can be subscribed to; it has no form for subscriptions if empty.
        senders: returns the senders that the form offers for an account.
        counts_sms: whether texts are counted in SMS.
        largest_upload: size of the largest file that can be sent, in bytes.
        not_processed: HTTP statuses that prove that a request was not processed, each with its source.
        refused: HTTP statuses that prove a refusal even if the body is empty, each with its source.
        mock_settings: further arguments for clients of the mocks, such as one that turns off rate limits.
        domains: what the identities of a domain are; one that begins with a point stands for all below it.
        campaign_rate: the most requests of a campaign per second; no limit if `None`.
        wire: the documented names of its requests and responses. A recording replaces the values of all
            other names.

    Raises:
        ValueError: the name is not an identifier, or a sign-in uses a setting that doesn't exist.
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
    senders: Callable[[Any], list[str]] = _no_senders
    counts_sms: bool = True
    largest_upload: int = 18_000_000
    not_processed: Mapping[int, str] = field(default_factory=dict)
    refused: Mapping[int, str] = field(default_factory=dict)
    mock_settings: Mapping[str, Any] = field(default_factory=dict)
    domains: Mapping[str, DomainUse] = field(default_factory=dict)
    campaign_rate: int | None = None
    wire: Wire = field(default_factory=Wire)

    def __post_init__(self) -> None:
        # The name becomes an attribute of mock worlds and a part of environment variables.
        if not self.name.isidentifier() or not self.name.islower():
            raise ValueError(f"the name of a platform is a lowercase identifier, not {self.name!r}")
        unknown = {name for names in self.sign_ins for name in names} - set(self.setting_names)
        if unknown or not self.sign_ins:
            missing = ", ".join(sorted(unknown)) or "none are listed"
            raise ValueError(f"{self.name}: sign_ins must list settings: {missing}")

    @property
    def setting_names(self) -> tuple[str, ...]:
        """The names of all settings."""
        return tuple(setting.name for setting in self.settings)

    def setting(self, name: str) -> Setting:
        """Return the setting of a name.

        Raises:
            KeyError: there is no such setting.
        """
        return {setting.name: setting for setting in self.settings}[name]

    def missing_settings(self, given: Collection[str]) -> list[str]:
        """Return the settings that are still missing to sign in.

        There may be several ways to sign in. A setting that only one of the others has, such as an API key,
        selects that way; otherwise it is the usual one.

        Args:
            given: names of the settings that are known.
        """
        usual, *others = self.sign_ins
        chosen = next((names for names in others if (set(names) - set(usual)) & set(given)), usual)
        return [name for name in chosen if name not in given]

    @property
    def evidence(self) -> Evidence:
        """What its HTTP statuses prove by themselves."""
        from msgnb.core.exchange import Evidence  # noqa: PLC0415 - listing platforms loads no HTTP

        return Evidence(self.not_processed, self.refused)

    @property
    def example_login(self) -> dict[str, str]:
        """Settings with which a client can be made that never signs in, for example to replay a recording."""
        return {name: self.setting(name).example for name in self.sign_ins[0]}
