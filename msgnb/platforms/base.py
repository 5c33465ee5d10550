"""What every platform's client offers: the tables, one way to send a text, and an end.

A platform is one folder with one class that obeys `Client`, and one line in `PLATFORMS`. What a platform has
not raises `NotSupported`; the platform's own verbs stand beside these methods in its class.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

from msgnb.core.errors import SettingsError
from msgnb.core.http import Http
from msgnb.core.sending import SendResult
from msgnb.history.reading import WORKERS

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Event

    import pandas as pd

    from msgnb.campaigns.campaign import Campaign
    from msgnb.campaigns.plan import Plan
    from msgnb.campaigns.run import Confirm, Courier
    from msgnb.campaigns.watching import View
    from msgnb.core.times import When
    from msgnb.history.reading import Reader

PLATFORMS: Mapping[str, str] = {
    "blip": "msgnb.platforms.blip:Blip",
    "netsapiens": "msgnb.platforms.netsapiens:NetSapiens",
    "smsdrop": "msgnb.platforms.smsdrop:SmsDrop",
}


class Client(Protocol):
    """One account on one platform. Use it as a context manager, or call `close` at the end."""

    platform: ClassVar[str]
    settings: ClassVar[Mapping[str, bool]]
    """The arguments that a profile may give, and whether each is a secret."""
    required: ClassVar[tuple[str, ...]]
    """The arguments that it can't do without."""
    recipient_hint: ClassVar[str]
    """How a recipient is written, by example."""
    sender_hint: ClassVar[str | None]
    """How a sender is written, by example; `None` where the account is always the sender."""
    priced: ClassVar[bool] = True
    """Whether texts go as SMS, of which each takes one or more."""
    http: Http
    journals: Path | None = None
    """Where the journals of campaigns are; the user's own folder for such where it is `None`."""
    per_second: int | None = None
    """How many requests of a campaign leave in a second, where the caller does not say."""

    @classmethod
    def lacking(cls, given: Collection[str]) -> list[str]:
        """The arguments that are missing beside those that are given."""
        return [name for name in cls.required if name not in given]

    @property
    def account(self) -> str:
        """Whose view it is: bot identity, user@domain or account e-mail."""
        ...

    def sessions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The conversations, newest first, as a table `sessions`."""
        ...

    def messages(self, session: str, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The messages of one session, newest first, as a table `messages`."""
        ...

    def history(
        self,
        *,
        since: When | None = None,
        until: When | None = None,
        sessions: Iterable[str] | None = None,
        workers: int = WORKERS,
        raw: bool = False,
    ) -> pd.DataFrame:
        """Every message of every session, newest first, as one table `messages`.

        >>> messages = client.history(since="2026-10-01")

        Sessions are read side by side, and no faster than the platform allows. It can be interrupted.

        Args:
            since: from that moment on; a day, or a time with a zone. All that is kept where it is `None`.
            until: before that moment.
            sessions: these sessions alone; all where it is `None`.
            workers: how many sessions are read at once, 32 at most.
            raw: add the messages themselves as a last column.

        Raises:
            InvalidRequest: a time has no zone, or the span or the number of workers can't be.
            IncompleteHistory: something went wrong on the way, or it was interrupted; the error carries what
                was read, and its `resume()` goes on from there.
        """
        from msgnb.history.reading import History  # noqa: PLC0415 - loads when first used

        return History(self._reader(raw=raw), since, until, workers, raw=raw).read(sessions)

    def _reader(self, *, raw: bool = False) -> Reader:
        """How the history is read here."""
        ...

    def contacts(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The contacts, as a table `contacts`."""
        ...

    def subscriptions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The subscriptions, as a table `subscriptions`."""
        ...

    def campaigns(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The campaigns, as a table `campaigns`."""
        ...

    def events(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The events that the platform keeps, as a table `events`."""
        ...

    def send_text(self, to: str, text: str, *, sender: str | None = None) -> SendResult:
        """Send a text to one recipient; `sender` is the number or name that the recipient sees."""
        ...

    def plan_campaign(
        self,
        campaign: Campaign,
        recipients: Any = None,
        *,
        column: str | None = None,
        region: str | None = None,
        skip_missing: bool = False,
    ) -> Plan:
        """Who would get what, how many SMS that takes, and what credit there is; nothing is sent.

        >>> client.plan_campaign(msgnb.Campaign(text="Hi {name}!", sender="MyShop"), "people.csv")

        Args:
            campaign: what is to be sent.
            recipients: anything that `msgnb.recipients` takes, or its table; on BLiP identities too. The
                campaign's own list where it is `None`.
            column: as in `msgnb.recipients`.
            region: as in `msgnb.recipients`.
            skip_missing: leave out the rows in which a value that the text names is missing.

        Raises:
            InvalidRequest: a column that the text names is not there, or empty in some row; or there is
                nobody.
        """
        from msgnb.campaigns.plan import planned  # noqa: PLC0415 - loads when first used

        given = campaign.recipient_list if recipients is None else recipients
        return planned(
            campaign,
            given,
            column=column or self._column(given),
            region=region,
            address=self._address,
            credit=self._credit(),
            priced=self.priced,
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
        view: View | None = None,
        stop: Event | None = None,
    ) -> pd.DataFrame:
        """Send a campaign once to each recipient, and tell what became of it, as a table `outcomes`.

        >>> outcomes = client.send_campaign(campaign, "people.csv")
        >>> client.send_campaign(campaign, outcomes.msg.failed())

        What it does is in a journal on disk. Run again, after an error, a stop or the death of the process,
        it goes on where it was: it sends to those who have not got it, and to nobody twice. Recipients whose
        outcome is unknown are never sent to again. It ends by itself after five times the same error.

        Args:
            campaign: what to send. It goes to each phone once; one with another title goes again.
            recipients: as in `plan_campaign`.
            column: as in `msgnb.recipients`.
            region: as in `msgnb.recipients`.
            skip_missing: as in `plan_campaign`.
            dry_run: send nothing: rows of those that it would go to have no state.
            confirm: called with the `Plan` of what is left before anything leaves; nothing does unless it
                returns true.
            journal: path of the journal; a file named after the campaign in the user's folder where it is
                `None`.
            per_second: how many requests may leave in a second.
            view: what shows how far it is, in the place of a bar: an object with `show(standing)`.
            stop: once it is set, from another thread, no further request leaves; sent again, it goes on.

        Returns:
            A row for each row of the recipients, with the text it got and the source's other columns.

        Raises:
            InvalidRequest: as in `plan_campaign`; or sender or time can't be right; or another process is
                sending this campaign.
            InsufficientCredit: all of it takes more SMS than the account has; nothing was sent.
            NotSupported: the platform can't send later, or knows no templates.
        """
        from msgnb.campaigns import run as bulk  # noqa: PLC0415 - loads when first used
        from msgnb.campaigns.journal import Header, folder  # noqa: PLC0415

        plan = self.plan_campaign(
            campaign, recipients, column=column, region=region, skip_missing=skip_missing
        )
        names = campaign.title, campaign.text, campaign.sender
        template = campaign.template.name if campaign.template else None
        header = Header(self.platform, self.http.base_url, self.account, *names, template=template)
        path = Path(journal) if journal else (self.journals or folder()) / header.file_name
        due = bulk.due_of(campaign, path, self._now)
        run = bulk.Run(
            plan,
            self._courier(campaign, due),
            path,
            replace(header, due=due.isoformat() if due else None),
            clock=self._now,
            pause=self.http.pause,
            per_second=per_second or self.per_second,
        )
        campaign.teller = run
        return run.frame() if dry_run else run.send(confirm, view=view, stop=stop)

    def _courier(self, campaign: Campaign, due: datetime | None) -> Courier:
        """What sends a campaign here, now or later.

        Raises:
            InvalidRequest: the platform can't send it so.
            NotSupported: it can't send later, or knows no templates.
        """
        ...

    def _address(self, phone: str | None, written: str) -> str | None:  # noqa: ARG002
        """What the platform calls a recipient; `None` where that is none."""
        return phone

    def _column(self, recipients: Any) -> str | None:  # noqa: ARG002
        """The column of recipients to look into first."""
        return None

    def _kept_campaigns(self, *, raw: bool) -> pd.DataFrame:
        """The campaigns of this account that msgnb sent by other means than the platform's own campaigns."""
        from msgnb.campaigns.journal import folder, kept  # noqa: PLC0415
        from msgnb.campaigns.run import campaigns  # noqa: PLC0415 - loads when first used

        found = kept(self.journals or folder(), self.platform, self.http.base_url, self.account)
        mine = [journal for journal in found if not journal.header.template]
        return campaigns(mine, self.http.now(), raw=raw)

    def _now(self) -> datetime:
        """The platform's time."""
        return self.http.now()

    def _credit(self) -> int | None:
        """SMS that the account has left, where the platform tells."""
        return None

    def close(self) -> None:
        """Close the open connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.account} at {self.http.base_url}>"


def client_class(platform: str) -> type[Client]:
    """The client of a platform.

    Raises:
        SettingsError: there is no such platform.
    """
    if platform not in PLATFORMS:
        raise SettingsError(f"no platform {platform!r}; the known ones are {', '.join(PLATFORMS)}")
    module, _, name = PLATFORMS[platform].partition(":")
    found: type[Client] = getattr(import_module(module), name)
    return found
