"""The NetSapiens client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from msgnb.answers import Explanation
from msgnb.client import Client
from msgnb.errors import InvalidRequest, NotFound, NotSupported
from msgnb.http import DEFAULT_TIMEOUT, READ, WRITE, Hook, Http, Timeout, part
from msgnb.netsapiens import rows
from msgnb.netsapiens.auth import TokenAnswer, TokenAuth
from msgnb.netsapiens.bodies import hyphenated, message_body, model_name, post_address, session_id
from msgnb.paging import Key, offset_pages
from msgnb.secrets import Secret
from msgnb.sending import SendResult, new_id

if TYPE_CHECKING:
    import pandas as pd

Wire = dict[str, Any]

API = "/ns-api/v2"
PAGE = 1000
"""The most rows that the platform gives at once; without a limit it cuts at 100 and says nothing."""


class NetSapiens(Client):
    """A user of a NetSapiens PBX.

    >>> login = {"username": "123@example.com", "password": word}
    >>> pbx = msgnb.NetSapiens("api.example.com", client_id="cid", client_secret=secret, **login)
    >>> pbx.sessions()

    Args:
        base_url: the server, as `api.example.com` or `https://api.example.com`.
        client_id: of the application, from the operator.
        client_secret: of the application.
        username: the login, usually `user@domain`.
        password: of the login.
        timeout: seconds to connect and to wait for the next byte.
        verify: `False`, or the path of a CA file, as in `requests`.
        on_attempt: called with an `Attempt` after every attempt.

    Raises:
        SettingsError: the address is none.
    """

    platform = "netsapiens"
    settings: ClassVar[Mapping[str, bool]] = {
        "base_url": False, "client_id": False, "client_secret": True, "username": False, "password": True,
    }  # fmt: skip
    required = ("base_url", "client_id", "client_secret", "username", "password")
    recipient_hint = "18585551234"
    sender_hint = "18585550001, or empty for a chat message"

    def __init__(
        self,
        base_url: str,
        *,
        client_id: str,
        client_secret: str | Secret,
        username: str,
        password: str | Secret,
        timeout: Timeout = DEFAULT_TIMEOUT,
        verify: bool | str = True,
        on_attempt: Hook | None = None,
    ) -> None:
        self._auth = TokenAuth(client_id, client_secret, username, password)
        self.http = Http(
            self.platform,
            _api(base_url),
            auth=self._auth,
            explain=_explain,
            timeout=timeout,
            verify=verify,
            on_attempt=on_attempt,
        )
        self._auth.http = self.http

    @property
    def account(self) -> str:
        """The login's `user@domain`."""
        return self._auth.username

    # The platform's own verbs

    def get_token(self) -> TokenAnswer:
        """Sign in by password.

        Other methods do this by themselves, refresh the token before it ends, and sign in anew where the
        server refuses it.

        Returns:
            The platform's answer with `expires_at` (UTC) and `api_url`; its tokens don't show in a notebook.

        Raises:
            AuthError: the login was refused.
        """
        return self._auth.sign_in()

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
    ) -> Wire:
        """Send a message into a session, or start one (NetSapiens 3.2).

        >>> pbx.send_message("sms", "Hello", "18585551234", "18585550001")

        Args:
            message_type: `sms`, `mms`, `chat` or `chat-media`.
            message: the text.
            destination: numbers for SMS and MMS, user ids for chat; several make a group.
            from_number: the user's own number; SMS and MMS need it.
            messagesession: the session to answer in; a new one is started where it is `None`.
            data: media in base64.
            mime_type: of the media.
            size: of the media in bytes.

        Returns:
            The platform's answer, with the `messagesession-id` to answer in.

        Raises:
            InvalidRequest: session id, destination or from-number can't be right.
            OutcomeUnknown: the answer got lost; `id` is the session's.
        """
        session = session_id(messagesession) if messagesession is not None else new_id()
        body = message_body(message_type, message, destination, from_number)
        media = {"data": data, "mime-type": mime_type, "size": size}
        body.update({key: value for key, value in media.items() if value is not None})
        # The client makes the id of a new session, so that an answer that got lost can be looked up.
        answer = self.http.send(
            "POST", _messages("~", "~", session), policy=WRITE, json=body, id=session
        ).body
        return {"messagesession-id": session, **(answer if isinstance(answer, dict) else {})}

    def get_messages(
        self,
        messagesession: str | None = None,
        domain: str = "~",
        user: str | None = None,
        limit: int | None = None,
    ) -> list[Wire]:
        """The messages of a session, or the sessions of a domain or user, as the platform sends them.

        Args:
            messagesession: the session; sessions are read where it is `None`.
            domain: `~` is one's own.
            user: for sessions `None` is the whole domain; for messages it is one's own user.
            limit: the most rows; all where it is `None`.

        Raises:
            InvalidRequest: the session's id can't be one.
        """
        if messagesession is None:
            path = _user(domain, user) if user else _domain(domain)
            return self._list(f"{path}/messagesessions", _session_key, "sessions", limit)
        return self._list(_messages(domain, user or "~", messagesession), _id, "messages", limit)

    def create_subscription(
        self,
        model: str,
        post_url: str,
        subscription_geo_support: str | None = "yes",
        reseller: str | None = None,
        domain: str | None = None,
        user: str | None = None,
        preferred_server: str | None = None,
        subscription_expires_datetime: str | None = None,
    ) -> Wire:
        """Subscribe a URL to events (NetSapiens 7).

        Args:
            model: one of `message`, `messagesession`, `call`, `cdr`, `voicemail`, `presence`, …
            post_url: where the platform posts them.
            subscription_geo_support: `yes` lets another server take over.
            reseller: a filter; `*` only for super users. The platform's default where it is `None`.
            domain: a filter likewise.
            user: a filter likewise.
            preferred_server: a bare host name.
            subscription_expires_datetime: `YYYY-MM-DD HH:MM:SS` in UTC; without it the subscription ends
                with the token that made it.

        Returns:
            The subscription.

        Raises:
            InvalidRequest: no such model, or the URL is none.
            Rejected: the same subscription exists (`status` 409).
        """
        body = hyphenated(
            model=model_name(model),
            post_url=post_address(post_url),
            subscription_geo_support=subscription_geo_support,
            reseller=reseller,
            domain=domain,
            user=user,
            preferred_server=preferred_server,
            subscription_expires_datetime=subscription_expires_datetime,
        )
        return cast(Wire, self.http.send("POST", "/subscriptions", policy=WRITE, json=body).body)

    def read_subscription(self, subscription_id: str | None = None) -> Wire | list[Wire]:
        """One subscription, or all.

        Raises:
            NotFound: there is none with this id.
        """
        if subscription_id is None:
            return self._list("/subscriptions", _id, "subscriptions", None)
        path = f"/subscriptions/{part(subscription_id)}"
        return cast(Wire, self.http.send("GET", path, policy=READ).body)

    def update_subscription(
        self,
        subscription_id: str,
        model: str | None = None,
        post_url: str | None = None,
        subscription_geo_support: str | None = None,
        subscription_expires_datetime: str | None = None,
        preferred_server: str | None = None,
        error_count: int | None = None,
        posts_count: int | None = None,
    ) -> Wire:
        """Change what is given of a subscription; `error_count` and `posts_count` can only be set to 0.

        Returns:
            The platform's acknowledgement.

        Raises:
            InvalidRequest: nothing to change, no such model, or a counter that is not 0.
            NotFound: there is none with this id.
        """
        for name, value in {"error_count": error_count, "posts_count": posts_count}.items():
            if value not in {None, 0}:
                raise InvalidRequest.of(**{name: f"{value!r} is not 0, the one value it can be set to"})
        body = hyphenated(
            model=None if model is None else model_name(model),
            post_url=None if post_url is None else post_address(post_url),
            subscription_geo_support=subscription_geo_support,
            subscription_expires_datetime=subscription_expires_datetime,
            preferred_server=preferred_server,
            error_count=error_count,
            posts_count=posts_count,
        )
        if not body:
            raise InvalidRequest.of(subscription="nothing to change is given")
        path = f"/subscriptions/{part(subscription_id)}"
        return cast(Wire, self.http.send("PUT", path, policy=WRITE, json=body).body or {})

    def delete_subscription(self, subscription_id: str) -> Wire:
        """Delete a subscription; returns the platform's acknowledgement.

        Raises:
            NotFound: there is none with this id.
        """
        path = f"/subscriptions/{part(subscription_id)}"
        return cast(Wire, self.http.send("DELETE", path, policy=WRITE).body or {})

    def read_calls(
        self, domain: str = "~", count: bool = False, user: str | None = None, callid: str | None = None
    ) -> Wire | list[Wire]:
        """The active calls of a domain or user, their count, or one of them (NetSapiens 6).

        Args:
            domain: `~` is one's own.
            count: count the domain's calls, as `{"total": …}`.
            user: only this user's.
            callid: only this call, of this user.

        Raises:
            InvalidRequest: `count` together with `user` or `callid`, or `callid` without `user`.
        """
        if count and (user or callid):
            raise InvalidRequest.of(count="goes with a domain only, not with user or callid")
        if callid and not user:
            raise InvalidRequest.of(callid="needs the user whose call it is")
        path = f"{_user(domain, user) if user else _domain(domain)}/calls"
        if count or callid:
            one = f"{path}/{part(callid) if callid else 'count'}"
            return cast(Wire, self.http.send("GET", one, policy=READ).body)
        return self._list(path, _call_key, "calls", None)

    def new_call(
        self,
        domain: str = "~",
        user: str = "~",
        synchronous: Literal["yes", "no"] = "no",
        call_term_user: str = "",
        call_id: str | None = None,
        dial_rule_application: str = "call",
        call_orig_user: str | None = None,
        auto_answer_enabled: Literal["yes", "no"] = "no",
        caller_id_number: str | None = None,
        callback_caller_id_number: str | None = None,
    ) -> Wire:
        """Make a call (NetSapiens 6).

        Args:
            domain: `~` is one's own.
            user: who calls; `~` is oneself.
            synchronous: `yes` answers with the call, `no` with an acknowledgement.
            call_term_user: whom to call.
            call_id: what to call it; made where it is `None`.
            dial_rule_application: how the next destination is chosen.
            call_orig_user: user, device or number that calls; the user where it is `None`.
            auto_answer_enabled: whether the caller's phone answers by itself.
            caller_id_number: what the called party sees.
            callback_caller_id_number: what the caller sees.

        Raises:
            InvalidRequest: nobody to call.
            OutcomeUnknown: the answer got lost; `id` is the call's.
        """
        if not call_term_user:
            raise InvalidRequest.of(call_term_user="is empty: whom to call?")
        call_id = call_id or new_id()
        body = {
            "synchronous": synchronous,
            "call-id": call_id,
            "call-term-user": call_term_user,
            "dial-rule-application": dial_rule_application,
            "call-orig-user": call_orig_user,
            "auto-answer-enabled": auto_answer_enabled,
            "caller-id-number": caller_id_number,
            "callback-caller-id-number": callback_caller_id_number,
        }
        body = {key: value for key, value in body.items() if value is not None}
        answer = self.http.send(
            "POST", f"{_user(domain, user)}/calls", policy=WRITE, json=body, id=call_id
        ).body
        return {"call-id": call_id, **(answer if isinstance(answer, dict) else {})}

    # Tables

    def sessions(
        self, *, user: str | None = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """The message sessions of a user or a domain, newest first, as a table `sessions` (NetSapiens 2).

        Args:
            user: `~` is oneself, `None` the whole domain.
            domain: `~` is one's own.
            limit: the most rows; all where it is `None`.
            raw: add the sessions themselves as a last column.
        """
        found = self.get_messages(None, domain, user, limit)
        frame = rows.sessions(found, self.account, raw=raw)
        return frame.sort_values("last_at", ascending=False, ignore_index=True, kind="stable")

    def messages(
        self,
        session: str,
        *,
        user: str = "~",
        domain: str = "~",
        limit: int | None = None,
        raw: bool = False,
    ) -> pd.DataFrame:
        """The messages of one session, newest first, as a table `messages` (NetSapiens 3.1).

        Args:
            session: the session's id.
            user: `~` is oneself.
            domain: `~` is one's own.
            limit: the most rows; all where it is `None`.
            raw: add the messages themselves as a last column.
        """
        pages = self._pages(_messages(domain, user, session), _id, "messages", limit)
        return rows.messages(pages, self.account, session, raw=raw)

    def contacts(
        self, *, user: str = "~", domain: str = "~", limit: int | None = None, raw: bool = False
    ) -> pd.DataFrame:
        """The contacts of a user, as a table `contacts` (NetSapiens 5).

        Args:
            user: `~` is oneself.
            domain: `~` is one's own.
            limit: the most rows; all where it is `None`.
            raw: add the contacts themselves as a last column.
        """
        found = self._list(f"{_user(domain, user)}/contacts", _contact_key, "contacts", limit)
        return rows.contacts(found, self.account, raw=raw)

    def subscriptions(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:
        """The event subscriptions, as a table `subscriptions` (NetSapiens 7.2).

        Args:
            limit: the most rows; all where it is `None`.
            raw: add the subscriptions themselves as a last column.
        """
        found = self._list("/subscriptions", _id, "subscriptions", limit)
        return rows.subscriptions(found, self.account, raw=raw)

    def campaigns(self, *, limit: int | None = None, raw: bool = False) -> pd.DataFrame:  # noqa: ARG002
        """NetSapiens has no campaigns.

        Raises:
            NotSupported: always.
        """
        raise NotSupported("netsapiens has no campaigns; send one message to each person, or to a group")

    def send_text(self, to: str, text: str, *, sender: str | None = None) -> SendResult:
        """Send a text as an SMS from a number, or as a chat message to a user where there is no sender.

        >>> pbx.send_text("18585551234", "Hello", sender="18585550001")

        Raises:
            InvalidRequest: `to` or `sender` is no number, or the text is empty.
            OutcomeUnknown: the answer got lost; `id` is the session's.
        """
        if not text.strip():
            raise InvalidRequest.of(text="is empty")
        answer = self.send_message("sms" if sender else "chat", text, to, sender)
        return SendResult(
            self.platform,
            to,
            "sent",
            message=str(answer["id"]) if answer.get("id") else None,
            session=answer["messagesession-id"],
            answer=answer,
        )

    def _list(self, path: str, key: Key, what: str, limit: int | None) -> list[Wire]:
        return list(chain.from_iterable(self._pages(path, key, what, limit)))

    def _pages(self, path: str, key: Key, what: str, limit: int | None) -> Iterator[list[Wire]]:
        def fetch(offset: int, wanted: int) -> list[Any]:
            params = {"limit": wanted, "start": offset}
            try:
                answer = self.http.send("GET", path, policy=READ, params=params).body
            except NotFound as error:
                # Some routes answer an empty list with 404 (NetSapiens 0, conventions).
                if offset or not _empty(error):
                    raise
                return []
            # Some routes answer one row as a bare object.
            return answer if isinstance(answer, list) else [answer] if answer else []

        return offset_pages(fetch, size=PAGE, key=key, what=what, limit=limit)


def _api(base_url: str) -> str:
    url = base_url if "://" in base_url else f"https://{base_url}"
    return url.rstrip("/").removesuffix(API) + API


def _domain(domain: str) -> str:
    return f"/domains/{part(domain)}"


def _user(domain: str, user: str) -> str:
    return f"{_domain(domain)}/users/{part(user)}"


def _messages(domain: str, user: str, session: str) -> str:
    return f"{_user(domain, user)}/messagesessions/{session_id(session)}/messages"


def _empty(error: NotFound) -> bool:
    """Whether a 404 means an empty list: it is the platform's, and names nothing that is missing."""
    reason = error.reason or ""
    return not any(words in reason for words in ("No Route", "does not exist", "HTML page"))


def _id(row: Mapping[str, Any]) -> Any:
    return row.get("id")


def _session_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row.get("messagesession-id"), row.get("user"), row.get("domain")


def _contact_key(row: Mapping[str, Any]) -> str:
    return str(row.get("unique-id") or row.get("uid") or row)


def _call_key(row: Mapping[str, Any]) -> str:
    return str(row.get("call-orig-call-id") or row.get("orig_callid") or row)


def _explain(body: Any) -> Explanation:
    if not isinstance(body, dict):
        return Explanation()
    message = body.get("message") or body.get("error")
    return Explanation(str(message) if message else None, body.get("code"))
