"""The interface that every platform client implements, with real defaults.

A platform's client is one class that derives from `Client` directly. It makes a `Connection` and has
resources, which are `cached_property`s, so that a client that is only used to send never makes the others.
What a platform does not support raises `NotSupported`; nothing returns `None` because it is not implemented.

A small platform overrides the tables it has, `send_text` and `history_reader`, and gets campaigns, the
archive and the forms from them. These use what is public here and nothing else: the tables, `send` and
`send_text`, `history_reader`, `campaign_sender`, `credit`, `connection`, and the platform's descriptor.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from msgnb.campaigns.journal import JournalHeader, find_path
from msgnb.campaigns.plan import Plan, make_plan
from msgnb.campaigns.run import Run, resolve_send_time
from msgnb.campaigns.sender import CampaignSender, OneByOne
from msgnb.core.errors import NotSupported, SettingsError
from msgnb.core.secrets import sealed
from msgnb.core.sending import SendResult
from msgnb.core.visible import escape_invisible
from msgnb.history.reading import WORKERS, History
from msgnb.platforms.registry import get_platform
from msgnb.platforms.resources import (
    Connection,
    JournaledCampaigns,
    ListTable,
    MessagesTable,
    PlannedTime,
    Unsupported,
    mark_source,
)

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Event

    import pandas as pd

    from msgnb.campaigns.campaign import Campaign
    from msgnb.campaigns.run import Confirm
    from msgnb.campaigns.watching import ProgressView
    from msgnb.core.times import When
    from msgnb.events.live import Live
    from msgnb.history.reader import HistoryReader


class Client(ABC):
    """One account on one platform. Use it as a context manager, or call `close` at the end.

    Args:
        connection: the connection to the account, which all resources share.

    Attributes:
        platform: the platform's name, as in its descriptor.
        connection: the connection to the account.
    """

    platform: ClassVar[str]

    def __init_subclass__(cls) -> None:
        # What a client is made with contains secrets, whoever wrote the client.
        if "__init__" in vars(cls):
            cls.__init__ = sealed(cls.__init__)  # type: ignore[method-assign]

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def account(self) -> str:
        """The account: bot identity, `user@domain` or account email."""
        return self.connection.account

    # Tables

    @cached_property
    def sessions(self) -> ListTable:
        """Conversations, newest first: a table `sessions`."""
        return Unsupported(f"{self.platform} has no sessions")

    @cached_property
    def messages(self) -> MessagesTable:
        """Messages of one session: a table `messages`."""
        return Unsupported(f"{self.platform} does not let messages be read")

    @cached_property
    def contacts(self) -> ListTable:
        """Contacts: a table `contacts`."""
        return Unsupported(f"{self.platform} has no contacts")

    @cached_property
    def subscriptions(self) -> ListTable:
        """Event subscriptions, memberships of lists, or a plan: a table `subscriptions`."""
        return Unsupported(f"{self.platform} has no subscriptions")

    @cached_property
    def campaigns(self) -> ListTable:
        """Campaigns: a table `campaigns`."""
        return JournaledCampaigns(self.connection)

    @cached_property
    def events(self) -> ListTable:
        """Events that the platform stores: a table `events`."""
        return Unsupported(f"{self.platform} stores no events")

    def history(
        self,
        *,
        since: When | None = None,
        until: When | None = None,
        sessions: Iterable[str] | None = None,
        workers: int = WORKERS,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Return every message of every session, newest first, as one table `messages`.

        >>> messages = client.history(since="2026-10-01")

        Sessions are read in parallel, within the platform's rate limit. It can be interrupted and resumed.

        Args:
            since: messages from this time on; a day, or a time with a zone. All if `None`.
            until: messages before this time.
            sessions: only these sessions; all sessions if `None`.
            workers: how many sessions are read at the same time, 1 to 32.
            raw: add the platform's own objects as a last column `raw`.

        Raises:
            InvalidRequest: a time has no zone, or the span or the number of workers is not valid.
            IncompleteHistory: it failed or was interrupted; the error has what was read so far, and its
                `resume()` continues from there.
            NotSupported: the platform does not let messages be read.
        """
        found = History(self.history_reader(raw=raw), since, until, workers, raw=raw).read(sessions)
        return mark_source(found, self.connection)

    def history_reader(self, *, raw: bool = False) -> HistoryReader:  # noqa: ARG002
        """Return a reader of the account's history, which `history` and archives use.

        Args:
            raw: keep the platform's own objects.

        Raises:
            NotSupported: the platform does not let messages be read.
        """
        raise NotSupported(f"{self.platform} does not let its history be read")

    # Sending

    def send(
        self, to: str, content: Any, *, sender: str | None = None, at: PlannedTime | None = None
    ) -> SendResult:
        """Send any content that the platform supports to one recipient; by default a text.

        Args:
            to: the recipient.
            content: what to send.
            sender: number or name that the recipient sees.
            at: when to send it: a time with a zone, a day, or a span from now; now if `None`.
        """
        return self.send_text(to, content, sender=sender, at=at)

    def send_text(
        self,
        to: str,  # noqa: ARG002
        text: str,  # noqa: ARG002
        *,
        sender: str | None = None,  # noqa: ARG002
        at: PlannedTime | None = None,  # noqa: ARG002
    ) -> SendResult:
        """Send a text to one recipient.

        Args:
            to: the recipient.
            text: the text.
            sender: number or name that the recipient sees.
            at: when to send it: a time with a zone, a day, or a span from now; now if `None`.

        Raises:
            NotSupported: the platform cannot send texts, or cannot send later.
        """
        raise NotSupported(f"{self.platform} cannot send texts")

    def credit(self) -> int | None:
        """Return the SMS credits that the account has left; `None` if the platform has no credits."""
        return None

    def plan_campaign(
        self,
        campaign: Campaign,
        recipients: Any = None,
        *,
        column: str | None = None,
        region: str | None = None,
        skip_missing: bool = False,
    ) -> Plan:
        """Preview a campaign: recipients, texts, and the SMS and credits that it takes. Sends nothing.

        >>> client.plan_campaign(msgnb.Campaign(text="Hi {name}!", sender="MyShop"), "people.csv")

        Args:
            campaign: what to send.
            recipients: anything that `msgnb.recipients` takes, or its table; on BLiP identities too. The
                campaign's own list if `None`.
            column: as in `msgnb.recipients`.
            region: as in `msgnb.recipients`.
            skip_missing: skip rows in which a value that the text uses is missing.

        Raises:
            InvalidRequest: a column that the text uses does not exist, or is empty in some row; or there are
                no recipients.
        """
        platform = get_platform(self.platform)
        given = campaign.recipient_list if recipients is None else recipients
        # Recipients may also be a path or a list, which have no columns.
        columns = list(getattr(given, "columns", ()))
        return make_plan(
            campaign,
            given,
            column=column or platform.addresses.preferred_column(columns),
            region=region,
            normalize=platform.addresses.normalize,
            credit=self.credit(),
            counts_sms=platform.counts_sms,
            skip_missing=skip_missing,
        )

    def send_campaign(
        self,
        campaign: Campaign,
        recipients: Any = None,
        *,
        column: str | None = None,
        region: str | None = None,
        skip_missing: bool = False,
        dry_run: bool = False,
        confirm: Confirm | None = None,
        journal: str | Path | None = None,
        per_second: int | None = None,
        view: ProgressView | None = None,
        stop: Event | None = None,
    ) -> pd.DataFrame:
        """Send a campaign once to each recipient, and return the results as a table `outcomes`.

        >>> outcomes = client.send_campaign(campaign, "people.csv")
        >>> client.send_campaign(campaign, outcomes.msg.failed())

        Each step is written to a journal on disk. After an error, a stop or a crash, run it again to resume:
        it sends to the recipients who have not received the campaign, and to no one twice. Recipients with an
        unknown result are never retried. Sending stops after the same error occurs five times in a row.

        Args:
            campaign: what to send. Each recipient receives it once; with another title it is sent again.
            recipients: as in `plan_campaign`.
            column: as in `msgnb.recipients`.
            region: as in `msgnb.recipients`.
            skip_missing: as in `plan_campaign`.
            dry_run: send nothing; recipients it would be sent to have no state in the result.
            confirm: called with the `Plan` of the remaining recipients before anything is sent; nothing is
                sent unless it returns true.
            journal: path of the journal; a file named after the campaign in the user's state folder if
                `None`.
            per_second: how many requests may be made per second.
            view: shows the progress instead of a progress bar: an object with `show(progress)`.
            stop: once it is set, from another thread, no further request is made; send again to resume.

        Returns:
            One row per row of the recipients, with the text it received and the source's other columns.

        Raises:
            InvalidRequest: see `plan_campaign`; also if the sender or the time is not valid, or another
                process is sending this campaign.
            InsufficientCredit: the campaign needs more SMS than the account has credits; nothing was sent.
            NotSupported: the platform cannot send later, or does not support templates.
        """
        plan = self.plan_campaign(
            campaign, recipients, column=column, region=region, skip_missing=skip_missing
        )
        connection = self.connection
        template = campaign.template.name if campaign.template else None
        header = JournalHeader(
            self.platform, connection.installation, connection.journal_account(), campaign.title,
            campaign.text, campaign.sender, template=template,
        )  # fmt: skip
        # Neither time nor recipients are part of the name, so that a second run finds the same journal.
        path = Path(journal) if journal else find_path(connection.journals_folder(), header)
        # After the path, since the journal of an earlier run has the time that a span was counted from.
        at = resolve_send_time(campaign, path, connection.now)
        run = Run(
            plan,
            self.campaign_sender(campaign, at),
            path,
            replace(header, scheduled_at=at.isoformat() if at else None),
            clock=connection.now,
            pause=connection.http.pause,
            per_second=per_second or connection.campaign_rate,
        )
        campaign.run = run
        outcomes = run.frame() if dry_run else run.send(confirm, view=view, stop=stop)
        return mark_source(outcomes, connection)

    def campaign_sender(self, campaign: Campaign, at: datetime | None) -> CampaignSender:
        """Return the platform's sender for one campaign; by default one that sends a text to each recipient.

        Args:
            campaign: the campaign.
            at: when to send it; now if `None`.

        Raises:
            InvalidRequest: the platform does not accept the campaign's sender.
            NotSupported: the platform cannot send later, or does not support templates.
        """
        if at is not None:
            raise NotSupported(f"{self.platform} can't send later; leave defer_until and defer_by out")
        if campaign.template is not None:
            raise NotSupported(f"{self.platform} knows no templates; give a text alone")
        return OneByOne(lambda to, text: self.send_text(to, text, sender=campaign.sender or None))

    # Events

    def listen(self, *topics: str) -> Live:  # noqa: ARG002
        """Receive events in real time; a platform accepts further arguments.

        Args:
            topics: kinds of events.

        Raises:
            NotSupported: the platform does not post events.
        """
        raise NotSupported(f"{self.platform} posts no events")

    def close(self) -> None:
        """Close the open connections."""
        self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        http = self.connection.http
        source = f" ({http.source})" if http.source else ""
        return escape_invisible(f"<{type(self).__name__} {self.account} at {http.base_url}{source}>", keep="")


def client_class(platform: str) -> type[Client]:
    """Return the client class of a platform.

    Raises:
        SettingsError: no platform of this name is installed; or its client can't be loaded, is not a
            `Client`, or belongs to another platform.
    """
    load_client = get_platform(platform).client
    try:
        found: object = load_client()
    except (Exception, SystemExit) as error:
        # The module is imported here, and that of a plug-in may raise anything.
        reason = f"{type(error).__name__}: {error}"
        raise SettingsError(f"the client of {platform} can't be loaded: {reason}") from error
    if not isinstance(found, type) or not issubclass(found, Client):
        raise SettingsError(f"the client of {platform}, {found!r}, is not a msgnb Client")
    # Tables and journals are stamped with the client's name, and looked up by the descriptor's.
    if found.platform != platform:
        raise SettingsError(f"the client of {platform}, {found!r}, is that of {found.platform}")
    return found
