"""The NetSapiens client."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgnb.core.errors import InvalidRequest, NotSupported
from msgnb.core.http import DEFAULT_TIMEOUT, Hook, Http, Timeout
from msgnb.core.secrets import Secret
from msgnb.core.sending import SendResult
from msgnb.core.tokens import TokenStore
from msgnb.platforms.base import Client
from msgnb.platforms.netsapiens import NAME
from msgnb.platforms.netsapiens.auth import Passcode, TokenAnswer, make_auth, make_login
from msgnb.platforms.netsapiens.calls import Calls, YesNo
from msgnb.platforms.netsapiens.campaign_sender import NetSapiensCampaignSender
from msgnb.platforms.netsapiens.connection import NetSapiensConnection, explain
from msgnb.platforms.netsapiens.contacts import Contacts
from msgnb.platforms.netsapiens.history import NetSapiensHistory
from msgnb.platforms.netsapiens.media import Encoded, load_media
from msgnb.platforms.netsapiens.messages import Messages
from msgnb.platforms.netsapiens.numbers import Numbers
from msgnb.platforms.netsapiens.payloads import Expiry, Wire, check_model, is_phone
from msgnb.platforms.netsapiens.sessions import Sessions
from msgnb.platforms.netsapiens.subscriptions import Subscriptions
from msgnb.platforms.resources import Unsupported

if TYPE_CHECKING:
    from datetime import datetime

    from msgnb.campaigns.campaign import Campaign
    from msgnb.campaigns.sender import CampaignSender
    from msgnb.events.listener import Listener
    from msgnb.events.live import Live
    from msgnb.history.reader import HistoryReader
    from msgnb.platforms.netsapiens.media import Source
    from msgnb.platforms.resources import PlannedTime

PREFIX = "/ns-api/v2"
HOUR = timedelta(hours=1)
SETTLE = timedelta(seconds=3)
"""How long after an event the platform posts it at the latest (NetSapiens 7.4)."""


class NetSapiens(Client):
    """A user of a NetSapiens PBX.

    >>> login = {"username": "123@example.com", "password": password}
    >>> pbx = msgnb.NetSapiens("api.example.com", client_id="cid", client_secret=secret, **login)
    >>> pbx.sessions()
    >>> msgnb.NetSapiens("api.example.com", api_key=key)

    Args:
        base_url: the server, such as `api.example.com` or `https://api.example.com`.
        client_id: ID of the application, from the operator.
        client_secret: secret of the application.
        username: the login, usually `user@domain`.
        password: password of the login.
        api_key: an API key, instead of all four.
        passcode: the second factor, if the platform requires one: six digits, valid for one sign-in, or a
            function that returns them. If `None`, the person at the keyboard is asked.
        account: `user@domain` whose messages are sent, for an API key that has no user of its own.
        sign_in: `token` for a pair of tokens, `jwt` for a JSON web token.
        token_store: where tokens are stored for later processes, such as `RedisStore` or `KeyringStore`; if
            `None`, they end with the process.
        timeout: seconds to connect and to wait for the next byte.
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.

    Raises:
        SettingsError: the URL is not valid, or there is too little or too much to sign in with.
    """

    platform = NAME
    connection: NetSapiensConnection

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str = "",
        client_secret: str | Secret = "",
        username: str = "",
        password: str | Secret = "",
        api_key: str | Secret | None = None,
        passcode: Passcode | None = None,
        account: str = "",
        sign_in: Literal["token", "jwt"] = "token",
        token_store: TokenStore | None = None,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
    ) -> None:
        login = make_login(client_id, client_secret, username, password, passcode)
        auth = make_auth(login, api_key, sign_in, token_store)
        # Each needs the other: `auth` signs the requests, and signs in by requests of its own.
        auth.http = Http(
            self.platform,
            _api_url(base_url),
            auth=auth,
            explain=explain,
            timeout=timeout,
            verify=verify,
            on_attempt=on_attempt,
        )
        super().__init__(NetSapiensConnection(auth.http, auth, account))

    # The verbs that users of netsapiens-asyncio know

    def get_token(self) -> TokenAnswer:
        """Sign in with the password, and with a second factor if the platform requires one.

        Other methods sign in by themselves, refresh the token before it expires, and sign in again if the
        server refuses it.

        Returns:
            The platform's response with `expires_at` (UTC) and `api_url`; its repr does not show the tokens.
            With an API key, what the platform reports of the key.

        Raises:
            AuthError: the login was refused, or a passcode is needed and no one is there to enter it.
        """
        return self.connection.sign_in()

    def send_message(
        self,
        message_type: str,
        message: str,
        destination: str | Sequence[str],
        from_number: str | None = None,
        messagesession: str | None = None,
        data: str | None = None,
        mime_type: str | None = None,
        size: int | None = None,
        *,
        media: Source | None = None,
        user: str = "~",
        domain: str = "~",
    ) -> Wire:
        """Send a message in a session, or start one (NetSapiens 3.2); see `messages.send`.

        >>> pbx.send_message("sms", "Hello", "18585551234", "18585550001")
        >>> pbx.send_message("mms", "The menu", ["18585551234", "18585551235"], media="menu.png")

        Args:
            message_type: `sms`, `mms`, `chat` or `chat-media`.
            message: the text; it may be empty if there are media.
            destination: phone numbers for SMS and MMS, user IDs for chat; several make a group.
            from_number: one of the user's numbers, for SMS and MMS; if `None`, the user's only number.
            messagesession: ID of the session to reply in; a new session if `None`.
            data: media in base64, instead of `media`.
            mime_type: MIME type of the media; detected if `media` is passed.
            size: size of the media in bytes, for `data`.
            media: a path, bytes or a Pillow image, at most 18 MB.
            user: the user who sends; `~` is oneself.
            domain: the domain; `~` is one's own.

        Returns:
            The platform's response, with the `messagesession-id` to reply in.

        Raises:
            InvalidRequest: session, recipients, media or sender are not valid.
            OutcomeUnknown: the response was lost; `id` is the session's ID.
        """
        if media is not None and data is not None:
            raise InvalidRequest.of(media="and data are both given; one of them is enough")
        return self.messages.send(
            destination,
            message,
            kind=message_type,
            sender=from_number,
            session=messagesession,
            media=Encoded(data, mime_type, size) if media is None else load_media(media, mime_type),
            user=user,
            domain=domain,
        )

    def get_messages(
        self,
        messagesession: str | None = None,
        domain: str = "~",
        user: str | None = None,
        limit: int | None = None,
    ) -> list[Wire]:
        """Return the messages of a session, or the sessions of a domain or user, as the platform sends them.

        Args:
            messagesession: the session's ID; sessions are returned if `None`.
            domain: the domain; `~` is one's own.
            user: the user; if `None`, the whole domain for sessions, and oneself for messages.
            limit: the most rows; all rows if `None`.

        Raises:
            InvalidRequest: the session's ID is not valid.
        """
        if messagesession is None:
            return self.sessions.read(user=user, domain=domain, limit=limit)
        return self.messages.read(messagesession, user=user or "~", domain=domain, limit=limit)

    def create_subscription(
        self,
        model: str,
        post_url: str,
        subscription_geo_support: str | None = "yes",
        reseller: str | None = None,
        domain: str | None = None,
        user: str | None = None,
        preferred_server: str | None = None,
        subscription_expires_datetime: Expiry | None = None,
        *,
        exist_ok: bool = False,
    ) -> Wire:
        """Subscribe a URL to events, and return the subscription; see `subscriptions.create`.

        >>> pbx.create_subscription("message", "https://example.com/events",
        ...                         subscription_expires_datetime=timedelta(days=30))
        """
        return self.subscriptions.create(
            model,
            post_url,
            expires=subscription_expires_datetime,
            exist_ok=exist_ok,
            user=user,
            domain=domain,
            reseller=reseller,
            geo_support=subscription_geo_support,
            preferred_server=preferred_server,
        )

    def read_subscription(self, subscription_id: str | None = None) -> Wire | list[Wire]:
        """Return one subscription as the platform sends it; all of them without an ID.

        Raises:
            NotFound: there is no subscription with this ID.
        """
        if subscription_id is None:
            return self.subscriptions.read()
        return self.subscriptions.get(subscription_id)

    def update_subscription(
        self,
        subscription_id: str,
        model: str | None = None,
        post_url: str | None = None,
        subscription_geo_support: str | None = None,
        subscription_expires_datetime: Expiry | None = None,
        preferred_server: str | None = None,
        error_count: int | None = None,
        posts_count: int | None = None,
    ) -> Wire:
        """Change a subscription, and return the platform's acknowledgement; see `subscriptions.update`."""
        return self.subscriptions.update(
            subscription_id,
            topic=model,
            url=post_url,
            expires=subscription_expires_datetime,
            geo_support=subscription_geo_support,
            preferred_server=preferred_server,
            error_count=error_count,
            posts_count=posts_count,
        )

    def delete_subscription(self, subscription_id: str, *, domain: str | None = None) -> Wire:
        """Delete a subscription, and return the platform's acknowledgement; see `subscriptions.delete`."""
        return self.subscriptions.delete(subscription_id, domain=domain)

    def read_calls(
        self, domain: str = "~", count: bool = False, user: str | None = None, callid: str | None = None
    ) -> Wire | list[Wire]:
        """Return the active calls of a domain or user, their number, or one call, as the platform sends them.

        Args:
            domain: the domain; `~` is one's own.
            count: return the number of the domain's calls, as `{"total": …}`.
            user: only the calls of this user.
            callid: only this call of the user.

        Raises:
            InvalidRequest: `count` is combined with `user` or `callid`, or `callid` is passed without `user`.
        """
        if count and (user or callid):
            raise InvalidRequest.of(count="goes with a domain only, not with user or callid")
        if callid and not user:
            raise InvalidRequest.of(callid="needs the user whose call it is")
        if count:
            return {"total": self.calls.count(domain=domain)}
        if callid and user:
            return self.calls.get(callid, user=user, domain=domain)
        return self.calls.read(user=user, domain=domain)

    def new_call(
        self,
        domain: str = "~",
        user: str = "~",
        synchronous: YesNo = "no",
        call_term_user: str = "",
        call_id: str | None = None,
        dial_rule_application: str = "call",
        call_orig_user: str | None = None,
        auto_answer_enabled: YesNo = "no",
        caller_id_number: str | None = None,
        callback_caller_id_number: str | None = None,
    ) -> Wire:
        """Make a call: the user's phone rings, and is then connected (NetSapiens 6); see `calls.create`.

        >>> pbx.new_call(call_term_user="18587645200")
        """
        if not call_term_user:
            raise InvalidRequest.of(call_term_user="is empty: whom to call?")
        return self.calls.create(
            call_term_user,
            user=user,
            domain=domain,
            call=call_id,
            synchronous=synchronous,
            dial_rule_application=dial_rule_application,
            call_orig_user=call_orig_user,
            auto_answer_enabled=auto_answer_enabled,
            caller_id_number=caller_id_number,
            callback_caller_id_number=callback_caller_id_number,
        )

    # Tables

    @cached_property
    def sessions(self) -> Sessions:
        """Message sessions: a table `sessions`, and the verbs to read and change them."""
        return Sessions(self.connection)

    @cached_property
    def messages(self) -> Messages:
        """Messages of one session: a table `messages`."""
        return Messages(self.connection, self.numbers)

    @cached_property
    def contacts(self) -> Contacts:
        """Contacts: a table `contacts`."""
        return Contacts(self.connection)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Event subscriptions: a table `subscriptions`, and the verbs to create, renew and delete them."""
        return Subscriptions(self.connection)

    @cached_property
    def calls(self) -> Calls:
        """Active calls: a table `calls`, and the verbs to make and end them."""
        return Calls(self.connection)

    @cached_property
    def numbers(self) -> Numbers:
        """Numbers that SMS and MMS are sent from: a table `numbers`."""
        return Numbers(self.connection)

    @cached_property
    def events(self) -> Unsupported:
        """NetSapiens stores no events; `listen` receives them as they happen."""
        return Unsupported("netsapiens keeps no events; listen('message', …) receives them as they happen")

    def history_reader(self, *, raw: bool = False) -> HistoryReader:
        """Return what reads the account's history."""
        return NetSapiensHistory(self.connection, self.sessions, self.messages, raw=raw)

    # Sending

    def send(
        self,
        to: str | Sequence[str],
        content: str | Source,
        *,
        sender: str | None = None,
        at: PlannedTime | None = None,
        session: str | None = None,
    ) -> SendResult:
        """Send a text, or media without a text.

        >>> pbx.send("1002", Path("menu.png"))

        Args:
            to: a phone number or user ID, as in `send_text`; several make a group.
            content: a text; or media: a `Path`, bytes or a Pillow image.
            sender: one of the user's numbers; if `None`, the user's only number.
            at: NetSapiens cannot send later.
            session: ID of the session to reply in; a new session if `None`.

        Raises:
            InvalidRequest: recipient, content, sender or session are not valid.
            NotSupported: `at` is passed.
            OutcomeUnknown: the response was lost; `id` is the session's ID.
        """
        text, media = (content, None) if isinstance(content, str) else ("", content)
        return self.send_text(to, text, sender=sender, at=at, session=session, media=media)

    def send_text(
        self,
        to: str | Sequence[str],
        text: str,
        *,
        sender: str | None = None,
        at: PlannedTime | None = None,
        session: str | None = None,
        media: Source | None = None,
    ) -> SendResult:
        """Send a text: as an SMS to a phone number, as a chat message to a user.

        >>> pbx.send_text("18585551234", "Hello", sender="18585550001")
        >>> pbx.send_text("1002", "The menu", media="menu.png")

        Args:
            to: a phone number or a user ID; several make a group. It is a phone number if there is a sender,
                or if it has a `+` or at least ten digits.
            text: the text; it may be empty if there are media.
            sender: one of the user's numbers; if `None`, the user's only number.
            at: NetSapiens cannot send later.
            session: ID of the session to reply in; a new session if `None`.
            media: a path, bytes or a Pillow image; makes it an MMS, or a chat message with media.

        Raises:
            InvalidRequest: recipient, sender, session or media are not valid, or there is nothing to send.
            NotSupported: `at` is passed.
            OutcomeUnknown: the response was lost; `id` is the session's ID.
        """
        if at is not None:
            raise NotSupported("netsapiens can't send later; leave at out")
        if not text.strip() and media is None:
            raise InvalidRequest.of(text="is empty")
        phones = bool(sender) or all(map(is_phone, [to] if isinstance(to, str) else to))
        plain, with_media = ("sms", "mms") if phones else ("chat", "chat-media")
        kind = plain if media is None else with_media
        response = self.messages.send(to, text, kind=kind, sender=sender, session=session, media=media)
        # Only a response with the message has its ID; an acknowledgement has none (NetSapiens 3.2).
        return self.connection.sent(
            to if isinstance(to, str) else ",".join(to),
            message=str(response["id"]) if response.get("id") else None,
            session=response["messagesession-id"],
            response=response,
        )

    def campaign_sender(self, campaign: Campaign, at: datetime | None) -> CampaignSender:
        """Return what sends a campaign as one SMS to each recipient.

        Raises:
            InvalidRequest: the sender is not one of the user's numbers.
            NotSupported: the campaign is planned for later, or has a template.
        """
        if at is not None:
            raise NotSupported("netsapiens can't send later; leave defer_until and defer_by out")
        if campaign.template is not None:
            raise NotSupported("netsapiens knows no templates; give a text alone")
        try:
            sender = self.numbers.choose(sender=campaign.sender or None)
        except InvalidRequest as error:
            raise InvalidRequest.of(sender=error.fields["from_number"]) from None
        return NetSapiensCampaignSender(self.messages, sender)

    # Events

    def listen(
        self,
        *topics: str,
        user: str | None = None,
        domain: str | None = None,
        lifetime: timedelta = HOUR,
        listener: Listener | None = None,
        keep: int = 10_000,
        settle: timedelta = SETTLE,
    ) -> Live:
        """Receive events in real time: subscribes, renews, and deletes the subscriptions at the end.

        >>> with pbx.listen("message", "messagesession") as live:
        ...     live.wait(lambda event: event.value == "yes", timeout=60)
        ...     live.frame()

        Args:
            topics: which events, such as `message`, `messagesession`, `call`, `voicemail`.
            user: the user whose events are received; `*` is all users. If `None`, all users for those who
                manage the domain, and oneself for others.
            domain: the domain; one's own if `None`.
            lifetime: how long a subscription outlives this process if it crashes; it is renewed after half of
                that time.
            listener: what receives the events, for a public URL; a new one on this machine if `None`.
            keep: the most events that are kept; older ones are dropped and counted.
            settle: how long to wait at the end for the posts of what has already happened; the platform
                posts every three seconds. A mock world tells when everything was posted.

        Raises:
            InvalidRequest: there is no topic, or an unknown one, or the lifetime is under ten seconds.
        """
        from msgnb.events.live import Live  # noqa: PLC0415 - loads when first used
        from msgnb.platforms.netsapiens.event_source import NetSapiensEventSource  # noqa: PLC0415

        if not topics:
            raise InvalidRequest.of(models="names no model; say which events, as listen('message')")
        models = tuple(dict.fromkeys(map(check_model, topics)))
        source = NetSapiensEventSource(
            self.connection, self.subscriptions, self.sessions, self.messages, user, domain
        )
        return Live(source, models, lifetime=lifetime, listener=listener, keep=keep, settle=settle)


def _api_url(base_url: str) -> str:
    """The URL of the API, which may be passed with or without scheme and path."""
    url = base_url if "://" in base_url else f"https://{base_url}"
    return url.rstrip("/").removesuffix(PREFIX) + PREFIX
