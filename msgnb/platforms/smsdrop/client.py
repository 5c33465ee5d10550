"""The SMSDrop client."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from msgnb import tables
from msgnb.campaigns.campaign import Campaign, MessageType
from msgnb.core.errors import InsufficientCredit, InvalidRequest, NotFound, NotSupported
from msgnb.core.http import DEFAULT_TIMEOUT, READ, WRITE, Hook, Http, Timeout, part
from msgnb.core.paging import by_offset
from msgnb.core.phones import international
from msgnb.core.responses import Explanation
from msgnb.core.secrets import Secret
from msgnb.core.sending import SendResult, new_id
from msgnb.core.tokens import MemoryStore, TokenStore
from msgnb.history.reading import Reader
from msgnb.platforms.base import Client
from msgnb.platforms.smsdrop import models
from msgnb.platforms.smsdrop import to_tables as rows
from msgnb.platforms.smsdrop.auth import LoginAuth
from msgnb.platforms.smsdrop.campaign_sender import Launched, SmsDropCourier
from msgnb.platforms.smsdrop.models import Subscription, User

if TYPE_CHECKING:
    import pandas as pd

    from msgnb.campaigns.run import Courier

ROOT = "https://smsdrop.edevtecapps.com"
PREFIX = "/api"
PAGE = 100


class SmsDrop(Client):
    """An account on SMSDrop.

    >>> sms = msgnb.SmsDrop("ana@example.com", password)
    >>> sms.send_message("Hello", "MyShop", "+22963588213")

    Args:
        email: of the account.
        password: of the account.
        base_url: another root, such as a mock server's.
        token_store: where tokens are kept: `MemoryStore` (the default), `RedisStore`, `NoStore` or your own.
        logger: gets one line an attempt, at debug level, without a secret.
        timeout: seconds to connect and to wait for the next byte.
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.

    Raises:
        SettingsError: e-mail or password is empty, or the address is none.
    """

    platform = "smsdrop"
    settings: ClassVar[Mapping[str, bool]] = {"email": False, "password": True, "base_url": False}
    required = ("email", "password")
    recipient_hint = "+22963588213"
    sender_hint = "MyShop"

    def __init__(
        self,
        email: str,
        password: str | Secret,
        base_url: str | None = None,
        token_store: TokenStore | None = None,
        logger: logging.Logger | None = None,
        *,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
    ) -> None:
        auth = LoginAuth(email, password, MemoryStore() if token_store is None else token_store)
        self._email = email
        self.http = auth.http = Http(
            self.platform,
            (base_url or ROOT).rstrip("/").removesuffix(PREFIX) + PREFIX,
            auth=auth,
            explain=_explain,
            timeout=timeout,
            verify=verify,
            on_attempt=on_attempt,
            logger=logger,
        )

    @property
    def account(self) -> str:
        """The account's e-mail."""
        return self._email

    # The platform's own verbs

    def send_message(
        self, message: str, sender: str, phone: str, dispatch_date: datetime | None = None
    ) -> Campaign:
        """Send a text to one phone; on SMSDrop that is a campaign of one recipient.

        Args:
            message: the text.
            sender: what the recipient sees: up to 11 letters and digits, or up to 18 digits.
            phone: with country code, as `+22963588213`.
            dispatch_date: when to send it, with a zone; now where it is `None`.

        Raises:
            InvalidRequest: text, sender, phone or date can't be right.
            InsufficientCredit: the campaign was created, but not launched.
            OutcomeUnknown: the answer got lost; `id` is the campaign's title.
        """
        return self.launch_campaign(Campaign(message, sender, [phone], defer_until=dispatch_date))

    def launch_campaign(self, campaign: Campaign) -> Campaign:
        """Create and launch a campaign, and return it as the platform has it.

        The campaign given is updated too, also when there is too little credit: it is created then, and
        `retry_campaign(campaign.id)` launches it later. One without a title gets one, by which it can be
        found should the answer get lost.

        Raises:
            InvalidRequest: the platform refuses a field; `fields` says which and why.
            InsufficientCredit: it was created, but not launched.
            OutcomeUnknown: the answer got lost; `id` is the campaign's title.
        """
        campaign.title = campaign.title or f"msgnb {new_id()}"
        answer = self.http.send(
            "POST", "/campaigns/", policy=WRITE, json=models.wire(campaign), id=campaign.title
        )
        if not _is_campaign(answer.body):
            words = "smsdrop: the answer to a launch holds no campaign"
            raise self.http.lost(words, WRITE, campaign.title, unsent=False)
        models.update(campaign, answer.body)
        campaign.teller = Launched(self, campaign)
        if answer.status == 201:
            raise _too_little(campaign.id or "")
        return campaign

    def retry_campaign(self, id: str) -> Campaign:  # noqa: A002 - the wire's word
        """Launch a campaign for which there was too little credit.

        Raises:
            InsufficientCredit: there still is.
            NotFound: there is no such campaign.
            OutcomeUnknown: the answer got lost.
        """
        answer = self.http.send("POST", "/campaigns/retry", policy=WRITE, json={"id": id}, id=id)
        if answer.status == 201:
            raise _too_little(id)
        # What the body of a retry holds is not documented: the campaign is read where it is not there.
        found = self._read(answer.body) if _is_campaign(answer.body) else self.read_campaign(id)
        if found is None:
            raise NotFound(f"smsdrop: campaign {id} was launched, and then there was none")
        return found

    def read_campaign(self, id: str) -> Campaign | None:  # noqa: A002
        """One campaign, `None` where there is no such."""
        try:
            answer = self.http.send("GET", f"/campaigns/{part(id)}", policy=READ)
        except NotFound:
            return None
        return self._read(answer.body)

    def read_campaigns(self, skip: int = 0, limit: int | None = None) -> list[Campaign]:
        """The campaigns in the platform's order.

        Args:
            skip: how many to leave out at the beginning.
            limit: the most to return; all where it is `None`.
        """
        return [self._read(row) for row in self._campaigns(skip, limit)]

    def read_subscription(self) -> Subscription:
        """The account's plan with its credit."""
        found = self._plan()
        created = found.get("created_at")
        return Subscription(
            str(found["id"]), int(found["nbr_sms"]), datetime.fromisoformat(created) if created else None
        )

    def read_me(self) -> User:
        """The account's profile."""
        found = self.http.send("GET", "/users/me", policy=READ).body
        rights = {key: found.get(key) for key in ("is_verified", "is_superuser")}
        return User(str(found["id"]), found["email"], found["is_active"], **rights)

    # Tables

    def sessions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The phones that campaigns went to, the latest first, as a table `sessions`.

        The platform knows no conversations; these are read out of all campaigns.

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the last campaign to each phone as a last column.
        """
        return rows.sessions(self._campaigns(), self.account, limit=limit, raw=raw)

    def messages(self, session: str, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """What one phone got over all campaigns, newest first, as a table `messages`.

        The status is what is sure of each single recipient: `unknown` for one of a campaign that reached
        some of them.

        Args:
            session: the phone, with country code.
            limit: the most rows; all where it is `None`.
            raw: add the campaigns as a last column.
        """
        phone = international(session, "session")
        return rows.messages(self._campaigns(), self.account, phone, limit=limit, raw=raw)

    def contacts(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The phones that campaigns went to, as a table `contacts`.

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the last campaign to each phone as a last column.
        """
        return rows.contacts(self._campaigns(), self.account, limit=limit, raw=raw)

    def subscriptions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The plan and its credit, as a table `subscriptions` of one row.

        Args:
            limit: the most rows.
            raw: add the platform's object as a last column.
        """
        return rows.credit(self._plan(), self.account, raw=raw).head(limit if limit is not None else 1)

    def campaigns(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The campaigns, as a table `campaigns` (SMSDrop 2).

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the campaigns themselves as a last column.
        """
        return rows.campaigns(self._campaigns(0, limit), self.account, raw=raw)

    def events(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:  # noqa: ARG002
        """SMSDrop has no events.

        Raises:
            NotSupported: always.
        """
        raise NotSupported("smsdrop has no events; campaigns() tells how far each one came")

    def send_text(
        self,
        to: str,
        text: str,
        *,
        sender: str | None = None,
        when: datetime | None = None,
        message_type: MessageType = MessageType.PLAIN_TEXT,
    ) -> SendResult:
        """Send a text to one phone, now or later.

        >>> sms.send_text("+22963588213", "Hello", sender="MyShop")

        Args:
            to: the phone, with country code.
            text: what to say.
            sender: what the recipient sees: up to 11 letters and digits, or up to 18 digits.
            when: when to send it, with a zone; now where it is `None`.
            message_type: plain, flash or Unicode.

        Raises:
            InvalidRequest: phone, text or sender can't be right.
            InsufficientCredit: the campaign was created, but not launched.
            OutcomeUnknown: the answer got lost; `id` is the campaign's title.
        """
        if not sender:
            raise InvalidRequest.of(sender="is missing; it is what the recipient sees")
        campaign = self.launch_campaign(
            Campaign(text, sender, [to], message_type=message_type, defer_until=when)
        )
        return SendResult(
            self.platform, to, "sent", session=international(to), campaign=campaign.id, answer=campaign
        )

    def _reader(self, *, raw: bool = False) -> Reader:
        return Mailings(self, raw=raw)

    def _campaigns(self, skip: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        def fetch(offset: int, wanted: int) -> list[Any]:
            params = {"skip": skip + offset, "limit": wanted}
            return list(self.http.send("GET", "/campaigns/", policy=READ, params=params).body)

        return by_offset(fetch, size=PAGE, key=lambda row: row["id"], what="campaigns", limit=limit)

    def _read(self, answer: Mapping[str, Any]) -> Campaign:
        found = models.read(answer)
        found.teller = Launched(self, found)
        return found

    def _courier(self, campaign: Campaign, due: datetime | None) -> Courier:
        if not campaign.sender:
            raise InvalidRequest.of(sender="is missing; it is what the recipients see")
        if campaign.template is not None:
            raise NotSupported("smsdrop knows no templates; give a text alone")
        return SmsDropCourier(self, campaign, due)

    def _credit(self) -> int:
        return self.read_subscription().nbr_sms

    def _plan(self) -> dict[str, Any]:
        found: dict[str, Any] = self.http.send("GET", "/subscriptions/", policy=READ).body
        return found


def _is_campaign(body: Any) -> bool:
    return isinstance(body, dict) and {"id", "message", "sender", "recipient_list"} <= body.keys()


def _too_little(campaign: str) -> InsufficientCredit:
    return InsufficientCredit(
        f"smsdrop: too little credit; campaign {campaign} was created, retry it when credit came",
        campaign=campaign,
        status=201,
    )


def _explain(body: Any) -> Explanation:
    """Reads FastAPI's two shapes of `detail`: a word, or a list of fields (SMSDrop 1)."""
    detail = body.get("detail") if isinstance(body, dict) else None
    if not isinstance(detail, list):
        return Explanation(str(detail) if detail else None)
    problems = {
        _field(item.get("loc") or ()): str(item.get("msg")) for item in detail if isinstance(item, dict)
    }
    return Explanation("; ".join(f"{name}: {why}" for name, why in problems.items()), fields=problems)


def _field(location: Any) -> str:
    return ".".join(str(step) for step in location if step != "body") or "body"


class Mailings:
    """How an account's history is read: all campaigns at once, then phone by phone out of them."""

    def __init__(self, client: SmsDrop, *, raw: bool) -> None:
        self._client = client
        self._raw = raw
        self._lock = threading.Lock()
        self._found: dict[str, list[dict[str, Any]]] | None = None

    def sessions(self, since: datetime | None) -> list[str]:  # noqa: ARG002 - all are read at once anyway
        """The phones that campaigns went to."""
        return list(self._phones())

    def read(
        self,
        session: str,
        since: datetime | None,  # noqa: ARG002
        until: datetime | None,  # noqa: ARG002
    ) -> tables.Rows:
        """The campaigns that went to one phone."""
        phone = international(session, "session")
        return rows.message_rows(self._phones().get(phone, ()), phone, self._client.account, raw=self._raw)

    def _phones(self) -> dict[str, list[dict[str, Any]]]:
        with self._lock:
            if self._found is None:
                self._found = rows.by_phone(self._client._campaigns())  # noqa: SLF001 - a part of it
            return self._found
